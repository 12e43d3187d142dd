"""EFFECT The only conductor: lock → sources → merge → ledger → snapshot, prompt files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import filelock
from msgspec import Struct, structs

from quotaline.alerts.delivery import AlertRun, remove_old_hook_marks
from quotaline.config.guard_limits import guard_limits
from quotaline.config.load import load_or_default
from quotaline.config.schema import alpha_enabled, may_ask
from quotaline.errors import SourceError
from quotaline.files import private_dir
from quotaline.forecast.fields import forecast_fields
from quotaline.locations import Locations, resolve_locations
from quotaline.model import Account, Snapshot, SourceState
from quotaline.prices import PriceBook
from quotaline.refresh.accounts import only_current_account
from quotaline.refresh.ledger_step import update_ledger
from quotaline.snapshot.load import load_snapshot
from quotaline.snapshot.local_fields import local_fields
from quotaline.snapshot.merge import merge
from quotaline.snapshot.missing import missing
from quotaline.snapshot.publish import publish
from quotaline.sources import claude_json, inbox
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quotaline.config.schema import Config
    from quotaline.model import Reading

SOON = 5.0  # a snapshot younger than this was made by somebody who asked at the same time


class RefreshResult(Struct, frozen=True, kw_only=True):
    """How a refresh ended. `snapshot` is what is on disk now, if anything."""

    status: Literal["written", "fresh", "busy", "unwritable"]
    snapshot: Snapshot | None = None


def refresh(env: Mapping[str, str], now: float, *, force: bool = False) -> RefreshResult:
    """Read every source that may be read and write the snapshot; one refresh at a time, the loser leaves.

    `force` ignores freshness, never the rate limit. A configuration that cannot be followed is told in
    `Snapshot.problems`, and the defaults are used. Raises nothing that a source, the ledger or the disk may cause.
    """
    where = resolve_locations(env)
    if where.cache_dir is None or where.snapshot is None:
        return RefreshResult(status="unwritable")
    try:
        private_dir(where.cache_dir)
        with filelock.FileLock(where.cache_dir / "refresh.lock", timeout=0, mode=0o600):
            before = load_snapshot(where.snapshot)
            age = now - before.written_at if before else None
            if before and age is not None and 0 <= age < (0.0 if force else min(SOON, before.fresh_for)):
                return RefreshResult(status="fresh", snapshot=before)
            config, compiled, problems = load_or_default(where.config_file)
            snapshot = collect(where, env, now, before, config=config, compiled=compiled, problems=problems)
            if before is None or may_ask(config):  # a first import or an answer may take a while: nobody need wait for it
                early = structs.replace(snapshot, fields={**(before.fields if before else {}), **snapshot.fields})
                publish(where.cache_dir, early, now)
            if may_ask(config):
                from quotaline.refresh.remote import ask_remote_sources  # noqa: PLC0415 - most refreshes ask nobody

                snapshot = ask_remote_sources(snapshot, config, where, env, now, eager=force)
            snapshot = add_ledger_facts(snapshot, where, now, PriceBook(config.prices))
            alarm = AlertRun(where.cache_dir, config.alert, snapshot, before, now)
            snapshot = structs.replace(snapshot, fields={**snapshot.fields, **alarm.fields()})
            publish(where.cache_dir, snapshot, now)
            alarm.deliver(env)
            remove_old_hook_marks(where.cache_dir, now)
            return RefreshResult(status="written", snapshot=snapshot)
    except filelock.Timeout:
        return RefreshResult(status="busy", snapshot=load_snapshot(where.snapshot))
    except OSError:
        return RefreshResult(status="unwritable", snapshot=load_snapshot(where.snapshot))


def collect(
    where: Locations,
    env: Mapping[str, str],
    now: float,
    before: Snapshot | None,
    *,
    config: Config,
    compiled: dict[str, Any],
    problems: list[str],
) -> Snapshot:
    """A new snapshot from the sources that are files, and from what the one before still knows."""
    uuid, plan = claude_json.read_account(env) if alpha_enabled(config, "claude_json") else (None, None)
    states: list[SourceState] = []
    fresh = read_sources(where, env, now, config, states)
    kept = [reading for reading in (before.readings if before else ()) if still_open(reading, config)]
    readings = merge(only_current_account([*kept, *fresh], uuid, where, now), now)
    fields: dict[str, tuple[Any, float | None]] = {"account.plan": (plan, None)} if plan else {}
    return Snapshot(
        written_at=now,
        fresh_for=config.refresh.fresh_for,
        stale_after=config.refresh.stale_after,
        account=Account(config_dir=where.config_dir, uuid=uuid, plan=plan),
        readings=tuple(readings),
        local=before.local if before else None,
        fields=fields,
        missing=tuple(missing(readings, config, states)),
        sources=tuple(states),
        problems=tuple(problems),
        guard=guard_limits(config.guard, config.refresh.stale_after),
        **compiled,
    )


def add_ledger_facts(snapshot: Snapshot, where: Locations, now: float, prices: PriceBook) -> Snapshot:
    """The snapshot with what the ledger knows: local totals, the meter, the forecast; what it has where there is no ledger."""
    facts = update_ledger(where, now, snapshot, prices)
    totals = facts.totals or snapshot.local
    forecast = forecast_fields(snapshot, facts.history, facts.activity, now, local_zone())
    return structs.replace(
        snapshot,
        local=totals,
        fields={**snapshot.fields, **local_fields(totals), **forecast},
        sources=(*snapshot.sources, facts.state),
    )


def still_open(reading: Reading, config: Config) -> bool:
    """Whether a reading of an earlier refresh may still be shown: its source is still open."""
    return not reading.alpha or alpha_enabled(config, reading.source.replace("-", "_"))


def read_sources(
    where: Locations, env: Mapping[str, str], now: float, config: Config, states: list[SourceState]
) -> list[Reading]:
    """Ask each source in order, cheapest and safest first; one that fails costs its own readings only."""
    readings: list[Reading] = []
    cache_dir = where.cache_dir
    if cache_dir is not None:
        readings += read_source("statusline", lambda: inbox.read(cache_dir, now), states)
    if alpha_enabled(config, "claude_json"):
        readings += read_source("claude-json", lambda: claude_json.read(env, now), states)
    return readings


def read_source(source: str, read: Callable[[], list[Reading]], states: list[SourceState]) -> list[Reading]:
    """One source's readings, and how it fared."""
    try:
        readings = read()
    except SourceError as error:
        states.append(SourceState(source=source, problem=str(error)))
        return []
    states.append(SourceState(source=source, readings=len(readings)))
    return readings
