"""EFFECT What was spent of each budget in its present period, at list price, as readings of windows."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, NamedTuple

from quotaline.core.periods import DAY, HOUR
from quotaline.ledger.accounts import in_dirs, messages_in
from quotaline.ledger.blocks import block_hours
from quotaline.ledger.projects import projects, within
from quotaline.ledger.store import clear_errors
from quotaline.ledger.sums import BLOCK_HOURS
from quotaline.ledger.totals import summed
from quotaline.ledger.usage import QUARTER, STEP, SUMS, as_part, recorded_between, usage_between
from quotaline.model import Money, Reading, Window
from quotaline.zone import day_start, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, tzinfo
    from sqlite3 import Connection

    from quotaline.config.budgets import BudgetLimit
    from quotaline.ledger.accounts import Dirs
    from quotaline.ledger.store import Ledger
    from quotaline.ledger.usage import UsagePart
    from quotaline.model import LocalUsage
    from quotaline.prices import PriceBook

SOURCE = "transcripts"


class BudgetUse(NamedTuple):
    """A budget in its present period: the `reading` of now, and its `history` of the last day, a quarter of an hour each."""

    reading: Reading
    history: list[Reading]


def budget_use(
    ledger: Ledger,
    limits: Sequence[BudgetLimit],
    now: float,
    zone: tzinfo,
    prices: PriceBook,
    *,
    dirs: Dirs,
    block: LocalUsage | None,
) -> list[BudgetUse]:
    """Each budget whose period runs at `now`: the days of `zone`, weeks from Monday, months, the 5-hour `block`.

    Only what was used in `dirs`, this account's, counts. `extras` say that it is an `estimate`, and `at_least` where the
    price of a model is not known. Raises LedgerError.
    """
    found = []
    with clear_errors():
        for limit in limits:
            if limit.in_fleet:
                continue
            span = _period(limit.period, now, zone, block)
            if span is not None:
                part = _Part(ledger.connection, dirs, limit.project)
                found.append(_use(limit, part, span, now, prices))
    return found


def budget_past(
    ledger: Ledger,
    limit: BudgetLimit,
    since: float,
    now: float,
    *,
    zone: tzinfo,
    prices: PriceBook,
    dirs: Dirs,
) -> list[Reading]:
    """A budget's readings, one an hour, of the periods that ended after `since` and until `now`. Raises LedgerError."""
    found = []
    with clear_errors():
        part = _Part(ledger.connection, dirs, limit.project)
        for start, end in (
            _ended_blocks(ledger, since, now, dirs) if limit.period == "block" else _ended(limit, since, now, zone)
        ):
            level = Decimal(0)
            rose: dict[float, Decimal] = defaultdict(Decimal)
            for piece in part.between(start, end, HOUR):
                rose[min(end - 1, piece.time + HOUR)] += piece.cost(prices) or 0
            for at in sorted({start, end - 1, *rose}):
                level += rose[at]
                found.append(budget_reading(limit, level, end, at, SOURCE))
    return found


def _ended(limit: BudgetLimit, since: float, now: float, zone: tzinfo) -> Iterator[tuple[float, float]]:
    """When each of its periods began and ended, oldest first."""
    span = _period(limit.period, since, zone, None)
    while span is not None and span[1] <= now:
        yield span
        span = _period(limit.period, span[1], zone, None)


def _ended_blocks(ledger: Ledger, since: float, now: float, dirs: Dirs) -> Iterator[tuple[float, float]]:
    first, behind = (int(moment // HOUR) - BLOCK_HOURS + 1 for moment in (since, now))
    for hour in block_hours(ledger.connection, first, behind, dirs=dirs):
        yield hour * HOUR, (hour + BLOCK_HOURS) * HOUR


def _period(period: str, now: float, zone: tzinfo, block: LocalUsage | None) -> tuple[float, float] | None:
    """When the period that holds `now` begins and ends, epoch seconds; None while no 5-hour block is open."""
    today = datetime.fromtimestamp(now, zone).date()
    if period == "daily":
        return midnight(now, zone), midnight(now, zone, days=1)
    if period == "weekly":
        return midnight(now, zone, days=-today.weekday()), midnight(now, zone, days=7 - today.weekday())
    if period == "monthly":
        return month_span(today, zone)
    return None if block is None else (block.starts_at, block.ends_at)


class _Part:
    """The messages and runs that a budget is about: those of this account's folders, and of its project, if it is of one."""

    def __init__(self, connection: Connection, dirs: Dirs, project: str | None) -> None:
        self._connection, self._dirs, self._project = connection, dirs, project

    def between(self, start: float, end: float, grain: int) -> list[UsagePart]:
        """The usage from `start` until before `end`: from the sums, but that of a project from the messages."""
        if self._project is None:
            return usage_between(self._connection, start, end, grain=grain, dirs=self._dirs)
        query = f"""SELECT session_id, project_id, time / ({grain} * 1000) * {grain // QUARTER}, name, flags & 3, {STEP}, {SUMS}
            FROM message JOIN model ON model.id = model_id
            WHERE time >= ? AND time < ? AND {messages_in(self._dirs)} GROUP BY 1, 2, 3, 4, 5, 6"""  # noqa: S608 - numbers
        rows = self._connection.execute(query, (start * 1000, end * 1000)).fetchall()
        runs = recorded_between(self._connection, start, end, in_dirs(self._dirs))
        found = [((session, folder), as_part(row)) for session, folder, *row in rows]
        found += [((run.session, run.folder), run.part) for run in runs]
        paths = projects(self._connection)
        return [part for pair, part in found if within(paths[pair], self._project)]


def _use(limit: BudgetLimit, part: _Part, span: tuple[float, float], now: float, prices: PriceBook) -> BudgetUse:
    start, end = span
    spent = summed(start, end, part.between(start, end, DAY), prices)
    recent = max(start, now - DAY)
    rose: dict[float, Decimal] = defaultdict(Decimal)
    for piece in part.between(recent, end, QUARTER):  # another machine's clock may be ahead
        rose[min(now, max(recent, piece.time + QUARTER))] += piece.cost(prices) or 0
    level = spent.cost_usd - sum(rose.values())
    history = [budget_reading(limit, level, end, recent, SOURCE)]
    for at in sorted(rose):
        level += rose[at]
        history.append(budget_reading(limit, level, end, at, SOURCE))
    more = {"at_least": True} if spent.unpriced_models else {}
    return BudgetUse(budget_reading(limit, spent.cost_usd, end, now, SOURCE, **more), history)


def month_span(day: date, zone: tzinfo) -> tuple[float, float]:
    """When the calendar month of `day` begins and ends in `zone`, epoch seconds."""
    first = day.replace(day=1)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return day_start(first, zone), day_start(following, zone)


def budget_reading(limit: BudgetLimit, cost: Decimal, ends: float, at: float, source: str, **more: bool) -> Reading:
    """The budget as it stood at `at`, its share cut to a tenth of a percent: what is not spent does not say 100."""
    share = (cost * 10_000 / limit.limit.amount).quantize(Decimal("0.1"), ROUND_DOWN)
    window = Window(
        id=limit.id,
        name=limit.name,
        utilization=float(share),
        resets_at=ends,
        used_money=Money.dollars(cost),
        limit_money=limit.limit,
        extras={"period": limit.period, "estimate": True, **more},
    )
    return Reading(value=window, source=source, as_of=at)
