"""PURE Readings of one window → its present period as a curve: `(moment, percent)`, oldest first, which only rises."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from quotaline.core.periods import same_period
from quotaline.model import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FULL = 100.0
FALL = 2.0
"""Points beyond which a lower reading is a fall: two sources of one number, one cut and one rounded, lie one point apart."""


def curve_since_fall(readings: Iterable[Reading], window: Window, now: float) -> tuple[list[tuple[float, float]], float | None]:
    """The window's present period since its last fall, from the readings that are not after `now`; when it fell, if to nothing.

    A lower reading counts for nothing while the next one is as high as before. Where that is low too, or there is none yet, the
    limit was raised or a reset redeemed: what was before says nothing of what comes.
    """
    seen: dict[float, float] = {}
    for reading in readings:
        value = reading.value
        if not isinstance(value, Window) or value.id != window.id or value.utilization is None or reading.as_of > now:
            continue
        if same_period(value.resets_at, window.resets_at):
            seen[reading.as_of] = max(value.utilization, seen.get(reading.as_of, 0.0))
    moments = sorted(seen)
    points: list[tuple[float, float]] = []
    top, began_anew = 0.0, None
    for at, after in zip(moments, [*moments[1:], *moments[-1:]], strict=True):
        if top - max(seen[at], seen[after]) > FALL:
            points, top = [], 0.0
            began_anew = at if seen[at] <= FALL else None
        top = max(top, seen[at])
        points.append((at, top))
    return points, began_anew


def curve(readings: Iterable[Reading], window: Window, now: float) -> list[tuple[float, float]]:
    """The points of `curve_since_fall`."""
    return curve_since_fall(readings, window, now)[0]


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
