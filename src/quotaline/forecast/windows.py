"""PURE Stored readings × now → when a window reaches 100 %, how full it is at its reset, what the month will have cost.

The pace is a robust slope (Theil-Sen: the median of the slopes between all pairs of moments) over the last hours of the present
period. The moments lie evenly, so that busy minutes with many readings weigh no more than idle hours with few; the quartiles of
the same slopes give the range.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from quotaline.core.periods import DAY, HOUR, month_end, same_period
from quotaline.core.windows import is_budget, window_label, window_length
from quotaline.forecast.spending import between, counter, steps
from quotaline.model import ExtraUsage, Money, Reading, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FULL = 100.0
MOMENTS = 25
LEAST_READINGS, LEAST_SPAN = 3, 300.0
RECENT = {5.0 * HOUR: 2.0 * HOUR}
"""Seconds of the recent pace by the length of a window; a day for every longer one, so that a night is always part of it."""


class Forecast(Struct, frozen=True, kw_only=True):
    """What one window does if its recent pace holds. Percent 0-100 and above, epoch seconds, `slope` percent per second.

    `why` says in words why there is no forecast; then the numbers are None. `limit_at` None with a slope: 100 % is not reached
    before the reset. The range is `earliest` to `latest`; `latest` None: perhaps not before the reset.
    """

    id: str
    name: str
    label: str
    resets_at: float | None = None
    used: float | None = None
    why: str | None = None
    slope: float | None = None
    at_reset: float | None = None
    limit_at: float | None = None
    earliest: float | None = None
    latest: float | None = None


def forecast_windows(
    current: Sequence[Reading], history: Sequence[Reading], now: float, activity: Sequence[tuple[float, float]] = ()
) -> list[Forecast]:
    """One forecast per window of `current` (merged readings). `activity`: see `filled`."""
    return [forecast_window(reading, history, now, activity) for reading in current if isinstance(reading.value, Window)]


def forecast_window(
    reading: Reading, history: Iterable[Reading], now: float, activity: Sequence[tuple[float, float]] = ()
) -> Forecast:
    """The forecast for the window of `reading`, from the readings of its period in `history` that are not after `now`."""
    value = reading.value
    assert isinstance(value, Window)  # noqa: S101 - the caller chose a window
    short = window_label(value.id, value.name)
    bare = Forecast(id=value.id, name=value.name, label=short, resets_at=value.resets_at, used=value.utilization)
    span = window_length(value.id, value.extras.get("period"))
    if value.utilization is None:
        return structs.replace(bare, why="its source gave no number")
    if value.resets_at is None or value.resets_at <= now:
        return structs.replace(bare, why="the window has no reset to count towards")
    if span is None:
        return structs.replace(bare, why="nobody says how long its period is")
    if value.utilization >= FULL:
        return structs.replace(bare, slope=0.0, limit_at=reading.as_of, earliest=reading.as_of, latest=now)
    points = curve([*history, reading], value, now)
    began = value.resets_at - span
    since = max(began, now - RECENT.get(span, DAY))
    real = [at for at, _ in points if at >= since]
    covered = (max(real) - min(real)) if real else 0.0
    if len(real) < LEAST_READINGS or covered < max(LEAST_SPAN, span / 100):
        count = f"{len(real)} reading{'' if len(real) == 1 else 's'}"
        return structs.replace(bare, why=f"too little data: {count} over {int(covered // 60)} min")
    points = filled(points, activity, now)
    since = max(since, points[0][0])
    found = slopes(points, since, max(now, points[-1][0]))
    low, middle, high = found
    left = value.resets_at - now
    used = level(points, now)
    return structs.replace(
        bare,
        slope=middle,
        at_reset=used + middle * left,
        limit_at=_reached(used, middle, now, left),
        earliest=_reached(used, high, now, left),
        latest=_reached(used, low, now, left),
    )


def curve(readings: Iterable[Reading], window: Window, now: float) -> list[tuple[float, float]]:
    """`(as_of, percent)` of the window's present period, oldest first; inside a period it only rises."""
    seen: dict[float, float] = {}
    for reading in readings:
        value = reading.value
        if not isinstance(value, Window) or value.id != window.id or value.utilization is None or reading.as_of > now:
            continue
        if same_period(value.resets_at, window.resets_at):
            seen[reading.as_of] = max(value.utilization, seen.get(reading.as_of, 0.0))
    points, top = [], 0.0
    for at in sorted(seen):
        top = max(top, seen[at])
        points.append((at, top))
    return points


def filled(
    points: Sequence[tuple[float, float]], activity: Sequence[tuple[float, float]], now: float
) -> list[tuple[float, float]]:
    """The curve with what the transcripts say of the gaps: `activity` is `(moment, weight)`, oldest first, any unit of weight.

    Between two readings the rise is placed where the weight is. After the last one, each unit of weight is worth what
    a unit was worth before it. Without activity the curve stays as it is.
    """
    if not activity or not points:
        return list(points)
    result: list[tuple[float, float]] = [points[0]]
    rose = weighed = 0.0
    times = [at for at, _ in activity]
    for (start, low), (end, high) in pairwise(points):
        inside = activity[bisect_right(times, start) : bisect_left(times, end)]
        total = sum(weight for _, weight in inside)
        rose, weighed = rose + high - low, weighed + total
        reached = low
        for at, weight in inside if total > 0 else ():
            reached += (high - low) * weight / total
            result.append((at, min(high, reached)))
        result.append((end, high))
    worth = rose / weighed if weighed > 0 else 0.0
    at, reached = points[-1]
    for moment, weight in activity:
        if at < moment <= now and worth > 0:
            reached += weight * worth
            result.append((moment, min(FULL, reached)))
    return result


def level(points: Sequence[tuple[float, float]], moment: float) -> float:
    """The curve at `moment`: straight between two points, flat after the last."""
    place = bisect_right(points, (moment, float("inf")))
    if place == 0:
        return points[0][1]
    at, low = points[place - 1]
    if place == len(points):
        return low
    end, high = points[place]
    return low + (high - low) * (moment - at) / (end - at) if end > at else high


def slopes(points: Sequence[tuple[float, float]], start: float, end: float) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile of the slopes between all pairs of even moments, percent per second."""
    if end <= start:
        return 0.0, 0.0, 0.0
    from statistics import median, quantiles  # noqa: PLC0415 - with fractions and random, and many a window has no forecast yet

    moments = [start + (end - start) * step / (MOMENTS - 1) for step in range(MOMENTS)]
    levels = [level(points, moment) for moment in moments]
    found = [
        (levels[after] - levels[before]) / (moments[after] - moments[before])
        for before in range(MOMENTS)
        for after in range(before + 1, MOMENTS)
    ]
    low, _, high = quantiles(found, n=4, method="inclusive")
    return low, median(found), high


def binds_first(found: Iterable[Forecast]) -> Forecast | None:
    """The window of the plan that reaches 100 % first, None when none does before its reset."""
    reached = [one for one in found if one.limit_at is not None and not is_budget(one.id)]
    return min(reached, key=lambda one: (one.limit_at or 0.0, one.id), default=None)


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


def window_fields(found: Sequence[Forecast], now: float, stale_after: float) -> dict[str, tuple[Any, float | None]]:
    """Ready fields `name -> (value, until)`: each window's `at_reset`, `limit_at` with its range, or why there is no forecast.

    `limit.…` and `<window>.binds_first` tell of the window that is full first.
    """
    fields: dict[str, tuple[Any, float | None]] = {}
    for one in found:
        until = min(one.resets_at or now + stale_after, now + stale_after)
        values: dict[str, Any] = {
            "at_reset": one.at_reset,
            "limit_at": one.limit_at,
            "limit_earliest": one.earliest,
            "limit_latest": one.latest,
        }
        if one.resets_at is not None:
            values["no_forecast"] = one.why
        fields |= {f"{one.id}.{name}": (value, until) for name, value in values.items() if value is not None}
    first = binds_first(found)
    if first is not None and first.limit_at is not None and first.limit_at > now:
        until = min(first.limit_at, now + stale_after)
        fields |= {
            "limit.at": (first.limit_at, until),
            "limit.label": (first.label, until),
            f"{first.id}.binds_first": (True, until),
        }
    return fields


def _reached(used: float, slope: float, now: float, left: float) -> float | None:
    if slope <= 0 or used + slope * left < FULL:
        return None
    return now + max(0.0, FULL - used) / slope
