"""EFFECT The only conductor: lock → sources → merge → ledger → snapshot, prompt files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import filelock
import msgspec
from msgspec import Struct, structs

from quotaline import config as configuration
from quotaline import segments
from quotaline.alarm import Alarm, forget_asked
from quotaline.asking.owners import of_login
from quotaline.bookkeeping import keep_books
from quotaline.errors import ConfigError, SourceError
from quotaline.files import private_dir
from quotaline.guard import limits_of
from quotaline.localfields import local_fields
from quotaline.merge import merge
from quotaline.model import SNAPSHOT_VERSION, Account, Snapshot, SourceState
from quotaline.outlook.fields import outlook
from quotaline.places import Places, places
from quotaline.prices import PriceBook
from quotaline.publish import publish
from quotaline.report.missing import missing
from quotaline.sources import claude_json, inbox
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from quotaline.config import Config
    from quotaline.model import Reading

SOON = 5.0  # a snapshot younger than this was made by somebody who asked at the same time


class Report(Struct, frozen=True, kw_only=True):
    """How a refresh ended. `snapshot` is what is on disk now, if anything."""

    status: Literal["written", "fresh", "busy", "unwritable"]
    snapshot: Snapshot | None = None


def load_snapshot(path: Path | None) -> Snapshot | None:
    """The snapshot as types; anything wrong with it is no snapshot."""
    try:
        snapshot = msgspec.json.decode(path.read_bytes(), type=Snapshot) if path else None
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None
    return snapshot if snapshot and snapshot.version == SNAPSHOT_VERSION else None


def refresh(env: Mapping[str, str], now: float, *, force: bool = False) -> Report:
    """Read every source that may be read and write the snapshot; one refresh at a time, the loser leaves.

    `force` ignores freshness, never the rate limit. A configuration that cannot be followed is told in
    `Snapshot.problems`, and the defaults are used. Raises nothing that a source, the ledger or the disk may cause.
    """
    where = places(env)
    if where.cache_dir is None or where.snapshot is None:
        return Report(status="unwritable")
    try:
        private_dir(where.cache_dir)
        with filelock.FileLock(where.cache_dir / "refresh.lock", timeout=0, mode=0o600):
            before = load_snapshot(where.snapshot)
            age = now - before.written_at if before else None
            if before and age is not None and 0 <= age < (0.0 if force else min(SOON, before.fresh_for)):
                return Report(status="fresh", snapshot=before)
            config, compiled, problems = configured(where)
            snapshot = take(where, env, now, before, config=config, compiled=compiled, problems=problems)
            if before is None or may_ask(config):  # a first import or an answer may take a while: nobody need wait for it
                early = structs.replace(snapshot, fields={**(before.fields if before else {}), **snapshot.fields})
                publish(where.cache_dir, early, now)
            if may_ask(config):
                from quotaline.asking.turn import with_answers  # noqa: PLC0415 - most refreshes ask nobody

                snapshot = with_answers(snapshot, config, where, env, now, eager=force)
            snapshot = with_local(snapshot, where, now, PriceBook(config.prices))
            alarm = Alarm(where.cache_dir, config.alert, snapshot, before, now)
            snapshot = structs.replace(snapshot, fields={**snapshot.fields, **alarm.fields()})
            publish(where.cache_dir, snapshot, now)
            alarm.deliver(env)
            forget_asked(where.cache_dir, now)
            return Report(status="written", snapshot=snapshot)
    except filelock.Timeout:
        return Report(status="busy", snapshot=load_snapshot(where.snapshot))
    except OSError:
        return Report(status="unwritable", snapshot=load_snapshot(where.snapshot))


def take(
    where: Places,
    env: Mapping[str, str],
    now: float,
    before: Snapshot | None,
    *,
    config: Config,
    compiled: dict[str, Any],
    problems: list[str],
) -> Snapshot:
    """A new snapshot from the sources that are files, and from what the one before still knows."""
    uuid, plan = claude_json.read_account(env) if alpha(config, "claude_json") else (None, None)
    states: list[SourceState] = []
    fresh = read_sources(where, env, now, config, states)
    kept = [reading for reading in (before.readings if before else ()) if still_open(reading, config)]
    readings = merge(of_login([*kept, *fresh], uuid, where, now), now)
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
        guard=limits_of(config.guard, config.refresh.stale_after),
        **compiled,
    )


def with_local(snapshot: Snapshot, where: Places, now: float, prices: PriceBook) -> Snapshot:
    """The snapshot with what the ledger knows: local totals, the meter, the forecast; what it has where there is no ledger."""
    books = keep_books(where, now, snapshot, prices)
    totals = books.totals or snapshot.local
    told = outlook(snapshot, books.history, books.activity, now, local_zone())
    return structs.replace(
        snapshot,
        local=totals,
        fields={**snapshot.fields, **local_fields(totals), **told},
        sources=(*snapshot.sources, books.state),
    )


def configured(where: Places) -> tuple[Config, dict[str, Any], list[str]]:
    """The user's configuration and its compiled lines; the defaults and one problem where it cannot be followed."""
    try:
        config = configuration.load(where.config_file)
        found = segments.catalogue(config, segments.own_folder(str(where.config_file or "")))
        return config, segments.compile_lines(config, found), []
    except ConfigError as error:
        config = configuration.Config()
        return config, segments.compile_lines(config, segments.catalogue(config, None)), [str(error)]


def alpha(config: Config, source: str) -> bool:
    """Whether an undocumented source may be read: the switch, and the source's own."""
    return config.enable_alpha_features and bool(getattr(config.sources, source).enabled)


def may_ask(config: Config) -> bool:
    """Whether a source that asks somebody may be read."""
    return alpha(config, "claude_cli") or alpha(config, "endpoint")


def still_open(reading: Reading, config: Config) -> bool:
    """Whether a reading of an earlier refresh may still be shown: its source is still open."""
    return not reading.alpha or alpha(config, reading.source.replace("-", "_"))


def read_sources(where: Places, env: Mapping[str, str], now: float, config: Config, states: list[SourceState]) -> list[Reading]:
    """Ask each source in order, cheapest and safest first; one that fails costs its own readings only."""
    readings: list[Reading] = []
    cache_dir = where.cache_dir
    if cache_dir is not None:
        readings += ask("statusline", lambda: inbox.read(cache_dir, now), states)
    if alpha(config, "claude_json"):
        readings += ask("claude-json", lambda: claude_json.read(env, now), states)
    return readings


def ask(source: str, read: Callable[[], list[Reading]], states: list[SourceState]) -> list[Reading]:
    """One source's readings, and how it fared."""
    try:
        readings = read()
    except SourceError as error:
        states.append(SourceState(source=source, problem=str(error)))
        return []
    states.append(SourceState(source=source, readings=len(readings)))
    return readings
