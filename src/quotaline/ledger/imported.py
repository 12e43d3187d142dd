"""EFFECT What other programs' own statistics said of days and windows: kept beside the ledger's, and in none of its sums.

Claude Code deletes its transcripts, but keeps how many tokens a day had; Claude Desktop keeps how full the windows were. Both
are shown only where nothing of our own tells of that time.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from quotaline.core.periods import HOUR
from quotaline.core.windows import BY_ID, EXTRA_USAGE
from quotaline.ledger.store import clear_errors
from quotaline.model import ExtraUsage, Reading, Window

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from quotaline.ledger.store import Ledger

STATS_CACHE, CLAUDE_DESKTOP = "stats-cache", "claude-desktop"
NEAR = float(HOUR)
"""Seconds around a reading of our own in which no other one is shown: an unchanged value is kept once an hour."""
HOLDS = float(HOUR)
"""Seconds for which an imported level is drawn at the most; its window may have been reset since, which nobody told."""
_models = msgspec.json.Decoder(dict[str, int]).decode


class ImportedDay(NamedTuple):
    """A day as Claude Code counted it itself: `2026-02-16` of its own zone, tokens by model, counts where it told them."""

    day: str
    models: dict[str, int]
    messages: int | None = None
    sessions: int | None = None
    tool_calls: int | None = None

    @property
    def tokens(self) -> int:
        """Those of all models."""
        return sum(self.models.values())


class ImportedLevel(NamedTuple):
    """How full a window was: percent at `at` (epoch seconds), for everybody of an organisation's login."""

    organisation: str
    window: str
    at: float
    percent: float


def file_state(ledger: Ledger, path: str) -> str | None:
    """How the file at `path` was when it was imported last. Raises LedgerError."""
    with clear_errors():
        found = ledger.connection.execute("SELECT state FROM imported_file WHERE path = ?", (path,)).fetchone()
    return found[0] if found else None


def store_imported(
    ledger: Ledger, path: Path, state: str, *, days: Iterable[ImportedDay] = (), levels: Iterable[ImportedLevel] = ()
) -> None:
    """Keep what the file at `path` says, once, and in which `state` it was.

    A day that it tells less of than before stays as it was; of levels those are new that are newer. Raises LedgerError.
    """
    rows = [(str(path.parent), one.day, one.tokens, msgspec.json.encode(one.models).decode(), *one[2:]) for one in days]
    with ledger.transaction() as connection:
        connection.executemany(
            """INSERT INTO imported_day VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (config_dir, day) DO UPDATE SET
            tokens = excluded.tokens, models = excluded.models, messages = excluded.messages, sessions = excluded.sessions,
            tool_calls = excluded.tool_calls WHERE excluded.tokens >= tokens""",
            rows,
        )
        query = "SELECT organisation, window, max(at) FROM imported_level GROUP BY 1, 2"
        last = {(owner, window): at for owner, window, at in connection.execute(query)}
        new = [one for one in levels if one.at > last.get((one.organisation, one.window), 0.0)]
        connection.executemany("INSERT OR IGNORE INTO imported_level VALUES (?, ?, ?, ?)", new)
        connection.execute("INSERT OR REPLACE INTO imported_file VALUES (?, ?)", (str(path), state))


def imported_days(
    ledger: Ledger, known: Collection[str], since: str | None = None, until: str | None = None
) -> list[ImportedDay]:
    """The days, in their order, that are not among the `known`: what transcripts tell of a day is all that counts of it.

    `since` and `until` are days, both included. Several folders' counts of one day are added up. Raises LedgerError.
    """
    query = "SELECT day, models, messages, sessions, tool_calls FROM imported_day ORDER BY day, config_dir"
    found: dict[str, ImportedDay] = {}
    with clear_errors():
        for day, models, *counts in ledger.connection.execute(query):
            if day in known or (since and day < since) or (until and day > until):
                continue
            one = ImportedDay(day, _models(models), *counts)
            found[day] = _together(found[day], one) if day in found else one
    return list(found.values())


def _together(one: ImportedDay, other: ImportedDay) -> ImportedDay:
    models = {name: one.models.get(name, 0) + other.models.get(name, 0) for name in {**one.models, **other.models}}
    pairs = zip(one[2:], other[2:], strict=True)
    return ImportedDay(one.day, models, *(None if a is None and b is None else (a or 0) + (b or 0) for a, b in pairs))


def imported_readings(
    ledger: Ledger, organisation: str | None, own: Sequence[Reading], since: float, until: float
) -> list[Reading]:
    """The levels from `since` to `until` as readings, the oldest first; none where one of our `own` of that window is near.

    They are those of `organisation`; where it is not known, those of the only one that there is. Raises LedgerError.
    """
    with clear_errors():
        owners = [owner for (owner,) in ledger.connection.execute("SELECT DISTINCT organisation FROM imported_level")]
        if organisation is None and len(owners) != 1:
            return []
        query = "SELECT * FROM imported_level WHERE organisation = ? AND at >= ? AND at <= ? ORDER BY at, window"
        rows = ledger.connection.execute(query, (organisation or owners[0], since, until)).fetchall()
    times: dict[str, list[float]] = {}
    for reading in sorted(own, key=lambda one: one.as_of):
        times.setdefault(reading.value.id, []).append(reading.as_of)
    levels = (ImportedLevel(*row) for row in rows)
    return [_reading(one) for one in levels if not _near(times.get(one.window, []), one.at)]


def _near(times: Sequence[float], at: float) -> bool:
    place = bisect_left(times, at - NEAR)
    return place < len(times) and times[place] <= at + NEAR


def _reading(level: ImportedLevel) -> Reading:
    if level.window == EXTRA_USAGE:
        return Reading(
            value=ExtraUsage(is_enabled=True, utilization=level.percent), source=CLAUDE_DESKTOP, as_of=level.at, alpha=True
        )
    value = Window(id=level.window, name=BY_ID[level.window].name, utilization=level.percent)
    return Reading(value=value, source=CLAUDE_DESKTOP, as_of=level.at, alpha=True)
