"""EFFECT The ledger's history in rows: by day, week, month, model, project, session, subagent or 5-hour block."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

from msgspec import Struct

from quotaline.core.periods import DAY, HOUR
from quotaline.ledger.blocks import block_hours
from quotaline.ledger.projects import IN_PROJECT, keep_only, projects
from quotaline.ledger.store import clear_errors
from quotaline.ledger.sums import BLOCK_HOURS
from quotaline.ledger.totals import summed
from quotaline.ledger.usage import (
    EARLIER,
    STEP,
    SUMS,
    UsagePart,
    as_part,
    project_usage,
    recorded_between,
    usage_between,
)
from quotaline.model import RECORD, TRANSCRIPTS, ModelUsage, TokenUsage
from quotaline.prices import model_name
from quotaline.transcripts.row import FIRST_MS, SIDECHAIN, tomorrow
from quotaline.zone import day_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from sqlite3 import Connection

    from quotaline.ledger.projects import Project
    from quotaline.prices import PriceBook

By = Literal["day", "week", "month", "model", "project", "session", "subagent", "block"]
WAYS: tuple[str, ...] = get_args(By)
AGENTS = ("main", "subagent")
RUNS = "recorded runs"  # whose totals hold their subagents'
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)  # nothing stands outside, and every zone can say when they are


class HistoryRow(Struct, frozen=True, kw_only=True):
    """What was used in one day, by one model, …; `key` names it.

    `cost_usd` sums the priced models only. `starts_at` and `ends_at` are epoch seconds, for spans of time. `runs` are those
    without transcripts, `recorded_usd` is what of the cost is theirs; of them `holding_earlier` have more than their own in it.
    Sessions also have their project, their account, and what the client itself said that they cost, which is no part of a sum.
    """

    key: str
    messages: int
    tokens: TokenUsage
    web_searches: int
    cost_usd: Decimal
    unpriced_models: tuple[str, ...]
    models: tuple[ModelUsage, ...]
    runs: int = 0
    holding_earlier: int = 0
    recorded_usd: Decimal = Decimal(0)
    starts_at: float | None = None
    ends_at: float | None = None
    project: str | None = None
    account: str | None = None
    client_cost_usd: Decimal | None = None

    @property
    def source(self) -> str:
        """`record` for what is from runs alone."""
        return RECORD if self.runs and not self.messages else TRANSCRIPTS


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
    with clear_errors():
        if project is not None:
            keep_only(connection, project)
        span = _reach(connection, tz, since, until)
        return _history(connection, by, tz, prices, span, one_project=project is not None, runs=runs)


def _history(
    connection: Connection,
    by: By,
    tz: tzinfo,
    prices: PriceBook,
    span: tuple[float, float] | None,
    *,
    one_project: bool,
    runs: bool,
) -> list[HistoryRow]:
    if span is None:
        return []
    start, end = span
    if by in {"session", "project", "subagent"}:
        return _grouped(connection, by, start, end, prices, which=IN_PROJECT if one_project else "TRUE", runs=runs)
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


def _grouped(
    connection: Connection, by: By, start: float, end: float, prices: PriceBook, *, which: str, runs: bool
) -> list[HistoryRow]:
    """By session, project or subagent: from the messages, `which` says of which; the sums know none of these."""
    keys = f"flags & {SIDECHAIN}, 0" if by == "subagent" else "session_id, project_id"
    query = f"""SELECT {keys}, time / ({DAY} * 1000) * 96, name, flags & 3, {STEP}, {SUMS} FROM message
        JOIN model ON model.id = model_id WHERE time >= ? AND time < ? AND {which} GROUP BY 1, 2, 3, 4, 5, 6"""  # noqa: S608
    paths, found = projects(connection), defaultdict[int | str, list[UsagePart]](list)
    first_in: dict[int, str] = {}
    for session, folder, *row in connection.execute(query, (start * 1000, end * 1000)):
        found[paths[session, folder] if by == "project" else session].append(as_part(row))
    recorded = recorded_between(connection, start, end, which) if runs else []
    for run in recorded:
        found[paths[run.session, run.folder] if by == "project" else run.session if by == "session" else RUNS].append(run.part)
    if by == "subagent":
        agents = [(key if key == RUNS else AGENTS[bool(key)], parts) for key, parts in found.items()]
        return dearest([history_row(str(agent), parts, prices) for agent, parts in agents])
    if by == "project":
        return dearest([history_row(str(path), parts, prices) for path, parts in found.items()])
    for (session, _), path in paths.items():
        first_in.setdefault(session, path)
    query = f"""SELECT session_id, session.uuid, min(time), max(time), account.uuid, client_cost
        FROM message JOIN session ON session.id = session_id LEFT JOIN account ON account.id = session.account_id
        WHERE time >= ? AND time < ? AND {which} GROUP BY 1 ORDER BY 3, 2"""  # noqa: S608
    times = connection.execute(query, (start * 1000, end * 1000)).fetchall()
    query = f"""SELECT session_id, session.uuid, min(time), max(time), account.uuid, client_cost
        FROM counted_run JOIN session ON session.id = session_id LEFT JOIN account ON account.id = session.account_id
        WHERE time >= ? AND time < ? AND {which} GROUP BY 1"""  # noqa: S608
    times += connection.execute(query, (start * 1000, end * 1000)).fetchall() if recorded else []
    return [
        history_row(
            uuid,
            found[key],
            prices,
            starts_at=first / 1000,
            ends_at=last / 1000,
            project=first_in[key],
            account=account,
            client_cost_usd=None if cost is None else Decimal(cost),
        )
        for key, uuid, first, last, account, cost in sorted(times, key=lambda row: (row[2], row[1]))
        if key in found
    ]


def history_row(key: str, parts: list[UsagePart], prices: PriceBook, **more: object) -> HistoryRow:
    """The parts as one row of that `key`; `more` are the row's other fields."""
    usage = summed(0, 0, parts, prices)
    return HistoryRow(
        key=key,
        messages=sum(part.messages for part in parts),
        tokens=usage.tokens,
        web_searches=sum(part.web_searches for part in parts),
        cost_usd=usage.cost_usd,
        unpriced_models=usage.unpriced_models,
        models=usage.models,
        runs=sum(part.runs for part in parts),
        holding_earlier=sum(part.runs for part in parts if part.flags & EARLIER),
        recorded_usd=sum((model.cost_usd for model in usage.models if model.source == RECORD and model.cost_usd), Decimal(0)),
        **more,  # type: ignore[arg-type]
    )


def dearest(rows: list[HistoryRow]) -> list[HistoryRow]:
    """The rows in order of cost."""
    return sorted(rows, key=lambda row: (-row.cost_usd, -row.tokens.total, row.key))


def total_row(rows: list[HistoryRow]) -> HistoryRow:
    """All rows as one, `total`."""
    unpriced = {model for row in rows for model in row.unpriced_models}
    return HistoryRow(
        key="total",
        messages=sum(row.messages for row in rows),
        tokens=sum((row.tokens for row in rows), TokenUsage()),
        web_searches=sum(row.web_searches for row in rows),
        cost_usd=sum((row.cost_usd for row in rows), Decimal(0)),
        unpriced_models=tuple(sorted(unpriced)),
        models=(),
        runs=sum(row.runs for row in rows),
        holding_earlier=sum(row.holding_earlier for row in rows),
        recorded_usd=sum((row.recorded_usd for row in rows), Decimal(0)),
    )
