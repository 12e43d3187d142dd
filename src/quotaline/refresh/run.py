"""EFFECT The only conductor: lock → sources → merge → ledger → snapshot, prompt files; each stage with a net of its own."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, structs

from quotaline.alerts.delivery import AlertRun, remove_old_hook_marks
from quotaline.config.guard_limits import guard_limits
from quotaline.config.last_good import read_last_good
from quotaline.config.load import load_or_default, understand
from quotaline.config.schema import EVERY_DAY, Budgets, Config, alpha_enabled, may_ask
from quotaline.core.periods import not_from_the_future
from quotaline.core.snapshot import config_state
from quotaline.files import HeldError, lock, private_dir, remove_scratch
from quotaline.forecast.fields import forecast_parts, part_of
from quotaline.locations import Locations, resolve_locations, single_folder_env
from quotaline.model import Account, Missing, Snapshot, SourceState
from quotaline.prices import PriceBook
from quotaline.refresh.accounts import only_current_account, still_open
from quotaline.refresh.budget_step import budget_fields_of, budget_limits_of, with_budgets
from quotaline.refresh.file_sources import read_files
from quotaline.refresh.ledger_step import BUDGET, update_ledger
from quotaline.refresh.organisation_step import may_ask_organisation, with_organisation
from quotaline.refresh.shell_files import renew_shell_files
from quotaline.refresh.stages import Stages
from quotaline.snapshot.load import load_snapshot
from quotaline.snapshot.local_fields import SPANS, local_fields
from quotaline.snapshot.merge import by_window, merge_window
from quotaline.snapshot.missing import keep_unread, missing, why_fields
from quotaline.snapshot.publish import publish
from quotaline.snapshot.reasons import with_client_reason, without_client_reason
from quotaline.sources import claude_json
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo
    from pathlib import Path

    from quotaline.model import Reading
    from quotaline.refresh.fleet_step import FleetStep

LOCK, FLEET = "refresh.lock", "fleet"
SOON = 5.0  # a snapshot younger than this was made by somebody who asked at the same time


class RefreshResult(Struct, frozen=True, kw_only=True):
    """How a refresh ended. `snapshot` is what is on disk now, if anything; `config` is what was followed, if it was read."""

    status: Literal["written", "fresh", "busy", "unwritable"]
    snapshot: Snapshot | None = None
    config: Config | None = None


def refresh(env: Mapping[str, str], now: float, *, force: bool = False) -> RefreshResult:
    """Read every source that may be read and write the snapshot; while another refresh holds the lock, `busy`.

    `force` ignores freshness, never the rate limit. A configuration that cannot be followed is told in `Snapshot.problems`, and
    the last good one is used. What fails on the way costs its own stage and is told in `Snapshot.faults`. Raises nothing.
    """
    where = resolve_locations(env)
    if where.cache_dir is None or where.snapshot is None:
        return RefreshResult(status="unwritable")
    try:
        private_dir(where.cache_dir)
        with lock(where.cache_dir / LOCK):
            before = load_snapshot(where.snapshot)
            age = now - before.written_at if before else None
            recent = before is not None and before.config_state == config_state(str(where.config_file or ""))
            if before and recent and age is not None and 0 <= age < (0.0 if force else min(SOON, before.fresh_for)):
                return RefreshResult(status="fresh", snapshot=before)
            work = _Refresh(where, env, now, before)
            snapshot = work.run(where.cache_dir, eager=force)
            return RefreshResult(status="written", snapshot=snapshot, config=work.config)
    except HeldError:
        return RefreshResult(status="busy", snapshot=load_snapshot(where.snapshot))
    except OSError:
        return RefreshResult(status="unwritable", snapshot=load_snapshot(where.snapshot))


class _Refresh:
    """One refresh under its lock: what it works with, and its stages in order."""

    def __init__(self, where: Locations, env: Mapping[str, str], now: float, before: Snapshot | None) -> None:
        self._where, self._env, self._now, self._before = where, single_folder_env(env), now, before
        self._fleet: FleetStep | None = None
        self._stages = Stages(before.faults if before else (), now)
        self.config: Config | None = None

    def run(self, cache_dir: Path, *, eager: bool) -> Snapshot:
        """Every stage; the snapshot that was written. Raises OSError where it cannot be."""
        now, before, attempt = self._now, self._before, self._stages.attempt
        loaded = attempt("configuration", lambda: load_or_default(self._where.config_file, cache_dir), None)
        self.config, compiled, problems = loaded or (self._last_config(cache_dir), _compiled(before), [])
        config, zone = self.config, attempt("time zone", local_zone, UTC)
        snapshot = self._collect(config, compiled, problems)
        reports = may_ask_organisation(config, self._env, eager=eager)
        if before is None or may_ask(config) or reports:  # an import or an answer may take a while: nobody need wait for it
            early = structs.replace(snapshot, fields={**(before.fields if before else {}), **snapshot.fields})
            publish(cache_dir, early, now, self._stages)
        if may_ask(config):
            snapshot = attempt("question to the server", lambda: self._ask(snapshot, config, eager=eager), snapshot)
        snapshot = attempt("missing", lambda: keep_unread(snapshot, before, config), snapshot)
        snapshot = self._add_ledger_facts(snapshot, config, zone)
        if config.enable_alpha_features:
            attempt("import of other programs' statistics", lambda: self._import_statistics(config), None)
        if reports:
            ask = partial(with_organisation, snapshot, config, self._where, self._env, now)
            snapshot = attempt("organisation's report", ask, snapshot)
        if config.accounts:
            snapshot = self._add_accounts(snapshot, config)
        snapshot = structs.replace(snapshot, faults=self._stages.faults)
        why = attempt("missing", lambda: why_fields(snapshot, alpha=config.enable_alpha_features), {})
        snapshot = structs.replace(snapshot, fields={**snapshot.fields, **why})
        alerts = attempt("alerts", lambda: AlertRun(cache_dir, config.alert, snapshot, before, now), None)
        if alerts is not None:
            shown = attempt("alerts", alerts.fields, {})
            snapshot = structs.replace(snapshot, fields={**snapshot.fields, **shown})
        snapshot = publish(cache_dir, snapshot, now, self._stages)
        if alerts is not None:
            attempt("alerts", lambda: alerts.deliver(self._env), None)
        attempt("cleaning", lambda: self._clean(cache_dir), None)
        if self._where.data_dir is not None:
            attempt("shells' files", partial(renew_shell_files, self._where.data_dir / "shell"), None)
        if self._fleet is not None:
            attempt(FLEET, partial(self._fleet.visit, snapshot, eager=eager), None)
        return snapshot if snapshot.faults == self._stages.faults else publish(cache_dir, snapshot, now, self._stages)

    def _last_config(self, cache_dir: Path) -> Config:
        """The last configuration that was understood, else the defaults."""
        kept = self._stages.attempt("configuration", lambda: read_last_good(cache_dir, understand), None)
        return kept.config if kept else Config()

    def _clean(self, cache_dir: Path) -> None:
        """Remove what broken runs and finished sessions left."""
        remove_old_hook_marks(cache_dir, self._now)
        folders = (cache_dir, cache_dir / "inbox", self._where.data_dir)
        remove_scratch(folders, self._now, beside=self._where.config_file)

    def _collect(self, config: Config, compiled: dict[str, Any], problems: list[str]) -> Snapshot:
        """A new snapshot from the sources that are files, and from what the one before still knows."""
        now, before, attempt = self._now, self._before, self._stages.attempt
        nobody = (before.account.uuid, before.account.plan) if before else (None, None)
        uuid, plan = (None, None)
        if alpha_enabled(config, "claude_json"):
            uuid, plan = attempt("login", lambda: claude_json.read_account(self._env), nobody)
        fresh, states = read_files(config, self._where.cache_dir, self._env, now, self._stages)
        if config.fleet.url is not None:
            fresh += attempt(FLEET, lambda: self._read_fleet(config, uuid, states), [])
        kept = [
            structs.replace(reading, as_of=not_from_the_future(reading.as_of, now))
            for reading in without_client_reason(before.readings if before else ())
            if still_open(reading, config)
        ]
        mine = [reading for reading in [*kept, *fresh] if reading.account in (None, uuid)]
        owned = attempt("accounts", lambda: only_current_account([*kept, *fresh], uuid, self._where, now), mine)
        readings = with_client_reason(self._merge(owned), states)
        return Snapshot(
            written_at=now,
            fresh_for=config.refresh.fresh_for,
            stale_after=config.refresh.stale_after,
            account=Account(config_dir=self._where.config_dir, uuid=uuid, plan=plan),
            readings=tuple(readings),
            local=before.local if before else None,
            fields={"account.plan": (plan, None)} if plan else {},
            missing=attempt("missing", lambda: tuple(missing(readings, config, states)), before.missing if before else ()),
            sources=tuple(states),
            problems=tuple(problems),
            guard=attempt(
                "guard", lambda: guard_limits(config.guard, config.refresh.stale_after), before.guard if before else {}
            ),
            **compiled,
        )

    def _merge(self, readings: list[Reading]) -> list[Reading]:
        """One reading per window; where that fails for one, the newest of that window stays as it is."""
        merged = []
        for key, group in by_window(readings).items():
            newest = max(group, key=lambda reading: reading.as_of)
            found = self._stages.attempt("windows", partial(merge_window, key, group, self._now), newest)
            merged += [] if found is None else [found]
        return merged

    def _read_fleet(self, config: Config, account: str | None, states: list[SourceState]) -> list[Reading]:
        from quotaline.refresh.fleet_step import FleetStep  # noqa: PLC0415 - for those who have a fleet

        self._fleet = FleetStep(config, self._where, self._env, self._now)
        return self._fleet.readings(account, states)

    def _ask(self, snapshot: Snapshot, config: Config, *, eager: bool) -> Snapshot:
        from quotaline.refresh.remote import ask_remote_sources  # noqa: PLC0415 - most refreshes ask nobody

        return ask_remote_sources(snapshot, config, self._where, self._env, self._now, eager=eager)

    def _add_accounts(self, snapshot: Snapshot, config: Config) -> Snapshot:
        from quotaline.refresh.accounts_step import accounts_fields  # noqa: PLC0415 - for those who have several

        told = self._stages.attempt("accounts", lambda: accounts_fields(config, self._env, snapshot, self._now), {})
        return structs.replace(snapshot, fields={**snapshot.fields, **told})

    def _import_statistics(self, config: Config) -> None:
        from quotaline.refresh.imported_step import import_statistics  # noqa: PLC0415 - for those who opened them

        import_statistics(config, self._where, self._env, self._now)

    def _add_ledger_facts(self, snapshot: Snapshot, config: Config, zone: tzinfo) -> Snapshot:
        """The snapshot with what the ledger knows: local totals, the forecast; the last good ones where a part fails."""
        now, attempt, old = self._now, self._stages.attempt, self._before.fields if self._before else {}
        prices = attempt("prices", lambda: PriceBook(config.prices), None) or PriceBook()
        home = str(self._where.home or "~")
        limits = () if config.budget == Budgets() else attempt(BUDGET, lambda: budget_limits_of(config, home), ())
        facts = update_ledger(
            self._where, now, snapshot, prices, before=self._before, limits=limits, stages=self._stages, zone=zone
        )
        snapshot = structs.replace(snapshot, readings=with_budgets(snapshot.readings, facts.budgets, limits))
        if self._fleet is not None:
            snapshot = attempt(FLEET, partial(self._fleet.with_facts, snapshot, limits), snapshot)
        totals = facts.totals or snapshot.local
        last = {name: value for name, value in old.items() if name.partition(".")[0] in SPANS}
        fields = {**snapshot.fields, **attempt("totals", lambda: local_fields(totals, now), last)}
        if limits:
            last = {name: value for name, value in old.items() if name.partition(".")[0] in ("budget", "health")}
            fields |= attempt(BUDGET, lambda: budget_fields_of(snapshot, now), last)
        told, work = (facts.history, facts.activity, now, zone), attempt("today's share", lambda: days_of_work(config), None)
        parts = attempt("forecast", lambda: forecast_parts(snapshot, *told, pasts=facts.pasts, work=work), {})
        for part, compute in parts.items():
            last = {name: value for name, value in old.items() if part_of(name) == part}
            fields |= attempt(part, compute, last)
        gaps = (Missing("transcripts", facts.skipped.rstrip("."), "run `quotaline doctor`"),) if facts.skipped else ()
        return structs.replace(
            snapshot,
            local=totals,
            fields=fields,
            sources=(*snapshot.sources, *facts.states),
            missing=(*snapshot.missing, *gaps),
        )


def days_of_work(config: Config) -> tuple[bool, ...] | None:
    """The days that today's share of a week is reckoned by; None where each is one."""
    if config.pace.days == EVERY_DAY:
        return None
    from quotaline.config.pace_days import pace_days  # noqa: PLC0415 - for those who work on some days

    return pace_days(config.pace.days)


def _compiled(before: Snapshot | None) -> dict[str, Any]:
    """The lines of the last snapshot, ready for drawing."""
    return {part: getattr(before, part) for part in ("segments", "lines", "style", "config_state")} if before else {}
