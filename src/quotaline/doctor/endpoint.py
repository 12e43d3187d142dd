"""EFFECT The requester as `doctor` uses it: when a request is allowed, and, with --online, one request to the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from quotaline.config.schema import ClaudeCli, alpha_enabled, may_ask
from quotaline.doctor.check import Check
from quotaline.errors import LedgerError
from quotaline.files import HeldError, lock, private_dir, write_atomic
from quotaline.ledger import open_ledger
from quotaline.ratelimit.home import open_limiter
from quotaline.ratelimit.policy import explain_wait
from quotaline.ratelimit.requester import Requester
from quotaline.refresh.run import LOCK
from quotaline.snapshot.load import load_snapshot
from quotaline.snapshot.merge import merge
from quotaline.sources import claude_json
from quotaline.sources.usage_body import KNOWN_KEYS, new_keys
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.config.schema import Sources
    from quotaline.doctor.check import DoctorContext
    from quotaline.ledger import Ledger
    from quotaline.model import Reading, SourceState

BUDGET, ENDPOINT = "Budget", "Endpoint"
PATIENCE = 1.0
"""Seconds for which a refresh that is under way is waited for."""


def checks(context: DoctorContext) -> Iterator[Check]:
    """The budget, then the endpoint."""
    path = context.where.ledger
    if not may_ask(context.config):
        yield Check(group=BUDGET, name="next request", status="SKIP", message="No source that asks anybody is open.")
        yield Check(group=ENDPOINT, name="endpoint", status="SKIP", message="It is closed; nothing is ever sent.")
        return
    counted = context.where.request_ledger
    if path is None or counted is None or not (path.exists() or counted.exists() or context.online):
        yield Check(group=BUDGET, name="next request", status="PASS", message="Allowed now: none was ever made.")
        yield offline(context)
        return
    try:
        with open_ledger(path) as ledger, open_limiter(context.where, ledger) as limiter:
            yield budget(context, ledger, limiter)
            yield from online(context, ledger, limiter) if context.online else [offline(context)]
    except (LedgerError, OSError) as error:
        yield Check(
            group=BUDGET, name="next request", status="FAIL", message=f"{error}", remedy="see the ledger's checks below"
        )


def asking(
    context: DoctorContext, ledger: Ledger, limiter: Ledger, bodies: list[Any], sources: Sources | None = None
) -> Requester:
    """The runtime's requester, with the endpoint alone where no other sources are named."""
    uuid = current_account(context)
    assert context.where.limiter_dir is not None  # noqa: S101 - there is a ledger in it
    return Requester(
        ledger=ledger,
        limiter=limiter,
        limiter_dir=context.where.limiter_dir,
        env=context.env,
        sources=sources or structs.replace(context.config.sources, claude_cli=ClaudeCli(enabled=False)),
        now=context.now,
        zone=local_zone(),
        account=uuid,
        current_account=lambda: current_account(context),
        eager=True,
        watch=bodies.append,
    )


def current_account(context: DoctorContext) -> str | None:
    """The login's account, where its source is open."""
    return claude_json.read_account(context.env)[0] if context.config.sources.claude_json.enabled else None


def known(context: DoctorContext) -> tuple[Reading, ...]:
    """What the last snapshot knows."""
    return context.snapshot.readings if context.snapshot else ()


def budget(context: DoctorContext, ledger: Ledger, limiter: Ledger) -> Check:
    """When the next request is allowed, whoever asks."""
    decision = asking(context, ledger, limiter, []).next_request(known(context))
    wait = explain_wait(decision, context.now, local_zone(), context.config.style.clock)
    message = "Allowed now." if decision.allowed else wait
    return Check(group=BUDGET, name="next request", status="PASS", message=message)


def offline(context: DoctorContext) -> Check:
    """Without --online nothing is sent and no login is read."""
    if not alpha_enabled(context.config, "endpoint"):
        return Check(group=ENDPOINT, name="endpoint", status="SKIP", message="It is closed; nothing is ever sent to it.")
    return Check(group=ENDPOINT, name="endpoint", status="SKIP", message="Not asked; `quotaline doctor --online` asks it once.")


def online(context: DoctorContext, ledger: Ledger, limiter: Ledger) -> Iterator[Check]:
    """One request, if the budget allows it; its answer is kept like any other."""
    if not alpha_enabled(context.config, "endpoint"):
        yield offline(context)
        return
    bodies: list[Any] = []
    states: list[SourceState] = []
    found = asking(context, ledger, limiter, bodies).readings(known(context), states)
    for state in states:
        if state.note:
            yield Check(group=ENDPOINT, name="request", status="SKIP", message=state.note)
        elif state.problem:
            remedy = "the last good values stay, with their age"
            yield Check(group=ENDPOINT, name="request", status="FAIL", message=state.problem, remedy=remedy)
        else:
            address = context.config.sources.endpoint.base_url
            message = f"{address} answered with {state.readings} values; the login's scope is enough."
            yield Check(group=ENDPOINT, name="request", status="PASS", message=message)
    for body in bodies:
        yield shape(body)
    if found:
        keep(context, found)


def shape(body: object) -> Check:
    """Known keys and code names seen before are quiet; new ones are named, never their values."""
    keys = set(body) if isinstance(body, dict) else set()
    strange = new_keys(keys)
    if not strange:
        return Check(group=ENDPOINT, name="shape", status="PASS", message=f"{len(keys & KNOWN_KEYS)} known keys, no new ones.")
    message = f"The answer has keys that this quotaline does not know: {', '.join(strange)}."
    return Check(
        group=ENDPOINT, name="shape", status="WARN", message=message, remedy="a newer quotaline may show what they hold"
    )


def keep(context: DoctorContext, found: list[Reading]) -> None:
    """Lay an answer into the snapshot: it counted against the budget, so it is not thrown away."""
    path, folder = context.where.snapshot, context.where.cache_dir
    if path is None or folder is None:
        return
    try:
        with lock(private_dir(folder) / LOCK, PATIENCE):
            before = load_snapshot(path)
            if before is not None:
                merged = tuple(merge([*before.readings, *found], context.now))
                write_atomic(path, msgspec.json.encode(structs.replace(before, readings=merged)))
    except (OSError, HeldError):
        pass  # the next refresh asks again
