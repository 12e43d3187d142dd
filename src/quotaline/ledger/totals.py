"""EFFECT The three spans that every surface shows: the open 5-hour block, the last 7 days, today."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from quotaline.ledger.line import FAST
from quotaline.ledger.spans import Part, parts_between
from quotaline.ledger.sums import BLOCK_HOURS
from quotaline.model import LocalTotals, LocalUsage, ModelUsage, TokenUsage
from quotaline.prices import PriceBook, model_name

if TYPE_CHECKING:
    from sqlite3 import Connection

HOUR = 3600
FIVE_HOURS = BLOCK_HOURS * HOUR
SEVEN_DAYS = 7 * 24 * HOUR


def local_totals(
    connection: Connection, now: float, tz: tzinfo, *, five_hour_resets_at: float | None, prices: PriceBook
) -> LocalTotals:
    """The spans that hold `now`; `five_hour` is None while no block is open.

    Where a real window is known and still open, the block is that window; otherwise it is guessed from the messages.
    """
    starts = block_start(connection, now)
    if five_hour_resets_at is not None and five_hour_resets_at - FIVE_HOURS <= now < five_hour_resets_at:
        starts = five_hour_resets_at - FIVE_HOURS
    midnight, next_midnight = day_of(now, tz)
    return LocalTotals(
        five_hour=None if starts is None else usage(connection, starts, starts + FIVE_HOURS, prices),
        seven_day=usage(connection, now - SEVEN_DAYS, now, prices),
        today=usage(connection, midnight, next_midnight, prices),
    )


def block_start(connection: Connection, now: float) -> float | None:
    """Where the guessed 5-hour block that holds `now` starts, epoch seconds."""
    (start,) = connection.execute("SELECT max(start) FROM block WHERE start <= ?", (now // HOUR,)).fetchone()
    return start * HOUR if start is not None and now < (start + BLOCK_HOURS) * HOUR else None


def day_of(now: float, tz: tzinfo) -> tuple[float, float]:
    """The midnights around `now` in `tz`, epoch seconds: 23, 24 or 25 hours apart."""
    day = datetime.fromtimestamp(now, tz).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=tz)
    return day.timestamp(), following.timestamp()


def usage(connection: Connection, start: float, end: float, prices: PriceBook) -> LocalUsage:
    """What was used from `start` until before `end`, per model and together."""
    return summed(start, end, parts_between(connection, start, end), prices)


def summed(start: float, end: float, parts: list[Part], prices: PriceBook) -> LocalUsage:
    """The parts as one; a model without a price counts in tokens and is named, one without a price for fast mode as such."""
    tokens: dict[str, TokenUsage] = {}
    costs: dict[str, Decimal | None] = {}
    for part in parts:
        name, cost = model_name(part.model), part.cost(prices)
        if cost is None and part.flags & FAST:
            name += " (fast)"
        tokens[name] = tokens.get(name, TokenUsage()) + part.tokens
        before = costs.get(name, Decimal(0))
        costs[name] = None if cost is None or before is None else before + cost
    models = tuple(ModelUsage(model=name, tokens=tokens[name], cost_usd=costs[name]) for name in sorted(tokens))
    return LocalUsage(
        starts_at=start,
        ends_at=end,
        tokens=sum(tokens.values(), TokenUsage()),
        cost_usd=sum((model.cost_usd for model in models if model.cost_usd is not None), Decimal(0)),
        unpriced_models=tuple(model.model for model in models if model.cost_usd is None),
        models=models,
    )
