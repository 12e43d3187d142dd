"""PURE Readings of a monthly counter → steps: how much it rose between two readings, each dollar once.

The counter starts anew each calendar month (UTC). Inside a month it only rises: what falls and rises again (another source's
older answer, credits that ended and came back) counts once. A month whose first reading is lower than the last month's highest
started at zero. One whose first reading is not lower may be the old month's counter, which the server cleared late: then only
the difference counts, until the counter falls below where it came in. So what is counted in a month never exceeds what the
counter showed in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.core.periods import month_end, month_start
from quotaline.model import ExtraUsage, Money, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Step(Struct, frozen=True):
    """The counter rose by `amount` minor units (never negative) after `start` and not after `end`, epoch seconds."""

    start: float
    end: float
    amount: int


def counter(readings: Iterable[Reading], now: float) -> tuple[Money | None, list[tuple[float, int]]]:
    """`(as_of, minor units)` of extra usage, oldest first, in the newest reading's currency, which comes first (amount 0).

    Readings in another currency or from the future are left out; another exponent of the same currency is converted.
    """
    amounts = [(r.as_of, r.value.used) for r in readings if isinstance(r.value, ExtraUsage) and r.value.used and r.as_of <= now]
    if not amounts:
        return None, []
    unit = max(amounts, key=lambda row: (row[0], row[1].currency, row[1].exponent))[1]
    rows = [(at, _units(used, unit.exponent)) for at, used in amounts if used.currency == unit.currency]
    return Money(0, unit.currency, unit.exponent), sorted(rows)


def _units(money: Money, exponent: int) -> int:
    shift = exponent - money.exponent
    return int(money.decimal().scaleb(exponent)) if shift else money.amount


def steps(rows: Sequence[tuple[float, int]]) -> list[Step]:
    """What the counter rose by between its readings (oldest first), without the steps of nothing."""
    found: list[Step] = []
    before: float | None = None
    month, following, base, counted, top, entry = 0.0, 0.0, 0, 0, 0, None
    for at, used in rows:
        if before is None:
            month, following, base, top = month_start(at), month_end(at), used, used
        elif at >= following:
            month, following, counted = month_start(at), month_end(at), 0
            base, entry = (0, None) if used < top else (top, top)
            top = used
        elif entry is not None and used < entry:
            base, entry, top = 0, None, used
        top = max(top, used)
        rose = used - base - counted
        if before is not None and rose > 0:
            counted += rose
            found.append(Step(max(before, month) if base == 0 else before, at, rose))
        before = at
    return found


def between(found: Iterable[Step], start: float, end: float) -> int:
    """Minor units spent after `start` and not after `end`; a step that lies across an edge counts in proportion, cut."""
    return sum(_share(step, start, end) for step in found if step.start <= end and start <= step.end)


def _share(step: Step, start: float, end: float) -> int:
    first, last, low, high = (round(moment * 1000) for moment in (step.start, step.end, start, end))
    if first == last:
        return step.amount if low < last <= high else 0
    overlap = min(last, high) - max(first, low)
    return step.amount * overlap // (last - first) if overlap > 0 else 0
