"""EFFECT A refresh's turn to ask: `claude -p /usage`, then the endpoint, where what the files gave is not fresh enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from quotaline.errors import LedgerError
from quotaline.ledger import open_ledger
from quotaline.model import SourceState
from quotaline.ratelimit.home import open_limiter
from quotaline.ratelimit.requester import Requester
from quotaline.snapshot.merge import merge
from quotaline.snapshot.missing import missing
from quotaline.snapshot.reasons import with_client_reason, without_client_reason
from quotaline.sources import claude_json
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Config
    from quotaline.locations import Locations
    from quotaline.model import Snapshot
    from quotaline.ratelimit.requester import SharedLimiter

UNKNOWN = "The ledger keeps count of requests and cannot be used, so nothing was asked."


def ask_remote_sources(
    snapshot: Snapshot, config: Config, where: Locations, env: Mapping[str, str], now: float, *, eager: bool
) -> Snapshot:
    """The snapshot with what was asked for, if anything was; it may take as long as `claude -p /usage` does, 45 s at most.

    `eager` ignores freshness, never the budget. Raises nothing.
    """
    if where.ledger is None or where.limiter_dir is None:
        return structs.replace(snapshot, sources=(*snapshot.sources, SourceState(source="endpoint", problem=UNKNOWN)))

    def current_account() -> str | None:
        return claude_json.read_account(env)[0] if config.sources.claude_json.enabled else None

    states = list(snapshot.sources)
    try:
        with open_ledger(where.ledger) as ledger, open_limiter(where, ledger) as limiter:
            found = Requester(
                ledger=ledger,
                limiter=limiter,
                limiter_dir=where.limiter_dir,
                env=env,
                sources=config.sources,
                now=now,
                zone=local_zone(),
                account=snapshot.account.uuid,
                current_account=current_account,
                eager=eager,
                clock=config.style.clock,
                shared=_shared(snapshot.account.uuid, config, where, env),
            ).readings(snapshot.readings, states)
    except (LedgerError, OSError):
        found = []
        states.append(SourceState(source="endpoint", problem=UNKNOWN))
    readings = with_client_reason(merge([*without_client_reason(snapshot.readings), *found], now), states)
    return structs.replace(
        snapshot,
        readings=tuple(readings),
        sources=tuple(states),
        missing=tuple(missing(readings, config, states)),
    )


def _shared(account: str | None, config: Config, where: Locations, env: Mapping[str, str]) -> SharedLimiter | None:
    """What the other machines of a fleet did with this login; None without a fleet, or while nobody knows whose it is."""
    if config.fleet.url is None or account is None or where.ledger is None:
        return None
    from quotaline.fleet.permission import FleetLimiter  # noqa: PLC0415 - for those who have a fleet

    return FleetLimiter(config.fleet, where.ledger, env, account)
