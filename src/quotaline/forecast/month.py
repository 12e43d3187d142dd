"""PURE Stored readings of extra usage × now → what it will have come to at the month's end."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from quotaline.core.periods import DAY, HOUR, month_end
from quotaline.forecast.spending import between, counter, steps
from quotaline.model import ExtraUsage, Money, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence


def month_end_spend(current: Sequence[Reading], history: Sequence[Reading], now: float) -> tuple[Money | None, str | None]:
    """What extra usage will have come to at the month's end if the last seven days' pace holds, or why nobody can say."""
    newest = next((reading for reading in current if isinstance(reading.value, ExtraUsage)), None)
    if newest is None or not isinstance(newest.value, ExtraUsage) or newest.value.used is None:
        return None, "extra usage is not known"
    unit, rows = counter([*history, newest], now)
    covered = min(7 * DAY, now - rows[0][0]) if rows else 0.0
    if unit is None or covered < DAY:
        return None, f"too little data: {int(covered // HOUR)} h of readings"
    recent = Decimal(between(steps(rows), now - covered, now))
    more = recent * Decimal(month_end(now) - now) / Decimal(covered)
    amount = rows[-1][1] + int(more)
    limit = newest.value.limit
    if limit is not None and (limit.currency, limit.exponent) == (unit.currency, unit.exponent):
        amount = max(rows[-1][1], min(amount, limit.amount))
    return Money(amount, unit.currency, unit.exponent), None


def month_end_fields(current: Sequence[Reading], history: Sequence[Reading], now: float) -> dict[str, tuple[Any, float | None]]:
    """Ready field `extra.at_reset`, or `extra.no_forecast` that says why not, while extra usage is on."""
    if not any(isinstance(reading.value, ExtraUsage) and reading.value.is_enabled for reading in current):
        return {}
    money, why = month_end_spend(current, history, now)
    return {"extra.no_forecast" if money is None else "extra.at_reset": (why if money is None else money, month_end(now))}
