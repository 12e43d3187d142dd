"""EFFECT The ledger's history in rows: by day, week, month, model, project, session, subagent or 5-hour block."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

from quotaline.core.periods import HOUR
from quotaline.ledger.blocks import block_hours
from quotaline.ledger.grouped import GROUPED, Messages
from quotaline.ledger.projects import IN_PROJECT, keep_only
from quotaline.ledger.rows import dearest, history_row
from quotaline.ledger.store import clear_errors
from quotaline.ledger.sums import BLOCK_HOURS
from quotaline.ledger.usage import project_usage, usage_between
from quotaline.prices import model_name
from quotaline.transcripts.row import FIRST_MS, tomorrow
from quotaline.zone import day_start

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from sqlite3 import Connection

    from quotaline.ledger.projects import Project
    from quotaline.ledger.rows import HistoryRow
    from quotaline.ledger.usage import UsagePart
    from quotaline.prices import PriceBook

By = Literal["day", "week", "month", "model", "project", "session", "subagent", "block"]
WAYS: tuple[str, ...] = get_args(By)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)  # nothing stands outside, and every zone can say when they are


def history(
    connection: Connection,
    by: By,
    tz: tzinfo,
    prices: PriceBook,
    *,
    since: date | None = None,
    until: date | None = None,
    project: Project | None = None,
    runs: bool = True,
) -> list[HistoryRow]:
    """The rows with usage, in order of time, or of cost for models, projects and subagents.

    `since` and `until` are days of `tz`, both included; `project` is the only one that counts; without `runs` the transcripts
    alone do. Raises LedgerError.
    """
    return histories(connection, (by,), tz, prices, since=since, until=until, project=project, runs=runs)[by]


def histories(
    connection: Connection,
    ways: Collection[By],
    tz: tzinfo,
    prices: PriceBook,
    *,
    since: date | None = None,
    until: date | None = None,
    project: Project | None = None,
    runs: bool = True,
) -> dict[By, list[HistoryRow]]:
    """The same in several `ways`, for which the messages are read once. Raises LedgerError."""
    with clear_errors():
        if project is not None:
            keep_only(connection, project)
        span = _reach(connection, tz, since, until)
        if span is None:
            return {by: [] for by in ways}
        one = project is not None
        messages = Messages(connection, *span, which=IN_PROJECT if one else "TRUE", ways=ways, runs=runs)
        return {
            by: messages.rows(by, prices)
            if by in GROUPED
            else _summed(connection, by, tz, prices, span, one_project=one, runs=runs)
            for by in ways
        }


def _summed(
    connection: Connection,
    by: By,
    tz: tzinfo,
    prices: PriceBook,
    span: tuple[float, float],
    *,
    one_project: bool,
    runs: bool,
) -> list[HistoryRow]:
    """By a span of time or by model: from the sums, or from one project's messages."""
    start, end = span
    between: Callable[[float, float], list[UsagePart]]
    between = partial(project_usage if one_project else usage_between, connection, runs=runs)
    if by == "model":
        named: dict[str, list[UsagePart]] = defaultdict(list)
        for part in between(start, end):
            named[model_name(part.model)].append(part)
        return dearest([history_row(name, parts, prices) for name, parts in named.items()])
    spans = _blocks(connection, start, end, runs=runs) if by == "block" else _calendar(by, start, end, tz)
    rows = []
    for key, first, last in spans:
        parts = between(max(first, start), min(last, end))
        if parts:
            rows.append(history_row(key, parts, prices, starts_at=first, ends_at=last))
    return rows


def _reach(connection: Connection, tz: tzinfo, since: date | None, until: date | None) -> tuple[float, float] | None:
    """From the first moment asked for that has messages or runs to the end of the last; None without any.

    An older version took messages of any time into the ledger: those that no message can have are left out.
    """
    query = """SELECT min(oldest), max(newest) FROM (
        SELECT min(time) AS oldest, max(time) AS newest FROM message WHERE time >= :first AND time < :behind
        UNION ALL SELECT min(time), max(time) FROM counted_run WHERE time >= :first AND time < :behind)"""
    limits = {"first": FIRST_MS, "behind": tomorrow(time.time())}
    oldest, newest = connection.execute(query, limits).fetchone()
    if oldest is None:
        return None
    start, end = days_span(tz, since, until)
    start, end = max(start, oldest / 1000), min(end, newest / 1000 + 0.001)
    return (start, end) if start < end else None


def days_span(tz: tzinfo, since: date | None, until: date | None) -> tuple[float, float]:
    """From the beginning of the day `since` until the end of `until` in `tz`, epoch seconds; all time without."""
    start = day_start(max(since, FIRST_DAY), tz) if since else 0.0
    end = day_start(min(max(until, FIRST_DAY), LAST_DAY) + timedelta(days=1), tz) if until else float("inf")
    return start, end


def _calendar(by: By, start: float, end: float, tz: tzinfo) -> Iterator[tuple[str, float, float]]:
    """The days, ISO weeks or months of `tz` that the span touches: their name and their midnights."""
    day = datetime.fromtimestamp(start, tz).date()
    if by == "week":
        day -= timedelta(days=day.weekday())
    elif by == "month":
        day = day.replace(day=1)
    while (first := day_start(day, tz)) < end:
        if by == "month":
            following, key = (day + timedelta(days=31)).replace(day=1), f"{day:%Y-%m}"
        elif by == "week":
            following, key = day + timedelta(days=7), f"{day:%G-W%V}"
        else:
            following, key = day + timedelta(days=1), day.isoformat()
        yield key, first, day_start(following, tz)
        day = following


def _blocks(connection: Connection, start: float, end: float, *, runs: bool) -> Iterator[tuple[str, float, float]]:
    """The 5-hour blocks that the span touches, as guessed."""
    first_hour = math.floor(start / HOUR) - BLOCK_HOURS + 1
    for hour in block_hours(connection, first_hour, math.ceil(end / HOUR), runs=runs):
        first = hour * HOUR
        yield f"{datetime.fromtimestamp(first, UTC):%Y-%m-%dT%H:%MZ}", first, first + BLOCK_HOURS * HOUR
