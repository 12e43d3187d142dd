"""EFFECT What the page tells, gathered once: the rows of `history`, the overview of `usage`, the stored readings over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from quotaline.config.schema import alpha_enabled
from quotaline.core.periods import DAY, HOUR, WEEK
from quotaline.core.windows import window_length, window_order
from quotaline.forecast.drawn import extra_drawn
from quotaline.ledger.history import days_span, histories
from quotaline.ledger.imported import imported_days, imported_readings
from quotaline.ledger.readings import extra_usage_readings, readings_since
from quotaline.ledger.rows import total_row
from quotaline.ledger.skipped import skipped_lines
from quotaline.ledger.spans import Which
from quotaline.prices import PriceBook
from quotaline.terminal.text import with_own_names
from quotaline.usage.report import overview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, tzinfo

    from quotaline.config.schema import Config
    from quotaline.forecast.drawn import Drawn
    from quotaline.ledger import Ledger
    from quotaline.ledger.history import By
    from quotaline.ledger.imported import ImportedDay
    from quotaline.ledger.projects import Project
    from quotaline.ledger.rows import HistoryRow
    from quotaline.ledger.spans import Key
    from quotaline.locations import Locations
    from quotaline.model import Reading, Snapshot
    from quotaline.usage.report import Overview

WAYS: tuple[By, ...] = ("day", "model", "project", "subagent", "session")
LONG_WINDOWS = 5 * WEEK
"""Seconds for which windows of a week and longer are drawn where nothing is asked for; shorter ones for a week."""


class Asked(NamedTuple):
    """What the page is about: days of the zone, both included, and one project; None is all."""

    since: date | None = None
    until: date | None = None
    project: Project | None = None


class Over(NamedTuple):
    """One window or extra usage over time: its readings from `start` to `end`, epoch seconds, the oldest first.

    `imported` is what Claude Desktop saw where there is none of them.
    """

    readings: tuple[Reading, ...]
    imported: tuple[Reading, ...]
    start: float
    end: float

    @property
    def last(self) -> Reading:
        """The newest of all."""
        return max((*self.readings, *self.imported), key=lambda reading: reading.as_of)


class PageFacts(NamedTuple):
    """All that the page tells, as of `now`; rows as `history` has them, `view` as `usage`, money drawn by currency.

    `imported` are the days of which only Claude Code's own statistics tell.
    """

    now: float
    zone: tzinfo
    asked: Asked
    view: Overview
    rows: Mapping[By, list[HistoryRow]]
    total: HistoryRow
    over_time: tuple[Over, ...]
    drawn_days: tuple[Drawn, ...]
    drawn_projects: tuple[Drawn, ...]
    imported: tuple[ImportedDay, ...] = ()
    skipped: str | None = None


class Scene(NamedTuple):
    """Where all of it is read, as of `now`; days are those of `zone`, Claude Desktop's samples those of `organisation`."""

    ledger: Ledger
    where: Locations
    config: Config
    snapshot: Snapshot
    asked: Asked
    now: float
    zone: tzinfo
    organisation: str | None = None

    @property
    def prices(self) -> PriceBook:
        """What tokens cost, with the user's own prices."""
        return PriceBook(self.config.prices)


def gather(scene: Scene) -> PageFacts:
    """Read all of it. Raises LedgerError."""
    asked, connection = scene.asked, scene.ledger.connection
    rows = histories(connection, WAYS, scene.zone, scene.prices, since=asked.since, until=asked.until, project=asked.project)
    rows["model"] = with_own_names(rows["model"], scene.config.style.models)
    skipped = skipped_lines(scene.ledger)
    return PageFacts(
        now=scene.now,
        zone=scene.zone,
        asked=asked,
        view=overview(scene.snapshot, scene.now, scene.zone),
        rows=rows,
        total=total_row(rows["day"]),
        over_time=tuple(_over_time(scene)),
        drawn_days=_drawn(scene, "day"),
        drawn_projects=_drawn(scene, "project"),
        imported=tuple(_imported(scene, rows["day"])),
        skipped=skipped.sentence() if skipped else None,
    )


def _drawn(scene: Scene, by: Key) -> tuple[Drawn, ...]:
    """Who drew the extra dollars, as `history --extra` has it; nothing where none were."""
    where, asked = scene.where, scene.asked
    readings = extra_usage_readings(scene.ledger, where.config_dir, scene.snapshot.account.uuid)
    account = next((reading.account for reading in reversed(readings) if reading.account), None)
    span = days_span(scene.zone, asked.since, asked.until)
    which = Which(account, tuple(map(str, where.claude_dirs)), *span, asked.project)
    found = extra_drawn(scene.ledger.connection, readings, by, scene.zone, scene.prices, which=which, now=scene.now)
    return tuple(drawn for drawn in found if drawn.rows)


def _over_time(scene: Scene) -> Sequence[Over]:
    """Each window in the order of the overview, those that it does not show behind them."""
    where, asked, snapshot = scene.where, scene.asked, scene.snapshot
    begin, behind = days_span(scene.zone, asked.since, asked.until)
    end = min(scene.now, behind)
    since = begin if asked.since else end - LONG_WINDOWS
    own = [one for one in readings_since(scene.ledger, where.config_dir, snapshot.account.uuid, since) if one.as_of <= end]
    beside = []
    if alpha_enabled(scene.config, "claude_desktop"):
        beside = imported_readings(scene.ledger, scene.organisation, own, since, end)
    shown = [reading.value.id for reading in snapshot.readings]
    keys = {reading.value.id for reading in (*own, *beside)}
    found = []
    for key in sorted(keys, key=lambda key: (shown.index(key) if key in shown else len(shown), window_order(key))):
        short = (window_length(key) or WEEK) <= DAY
        start = end - WEEK if short and not asked.since else since
        kept, other = (
            tuple(one for one in readings if one.value.id == key and one.as_of >= start) for readings in (own, beside)
        )
        if kept or other:
            first = min(one.as_of for one in (*kept[:1], *other[:1]))
            found.append(Over(kept, other, min(max(start, min(first, end - DAY)), end - HOUR), end))
    return found


def _imported(scene: Scene, days: Sequence[HistoryRow]) -> list[ImportedDay]:
    """The days of which no transcript tells, of which nobody knows the project."""
    asked = scene.asked
    if asked.project is not None or not alpha_enabled(scene.config, "stats_cache"):
        return []
    since, until = (str(day) if day else None for day in (asked.since, asked.until))
    return imported_days(scene.ledger, {row.key for row in days}, since, until)
