"""PURE What is known of a window × a model → the way it goes on: `(moment, percent)` from now to the reset, which only rises.

A model is a function that returns None where it cannot say anything. `past.choose` says which is asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

from msgspec import Struct

from quotaline.core.periods import DAY, HOUR
from quotaline.forecast.curve import level

Path: TypeAlias = "list[tuple[float, float]]"

HOURS_OF_WEEK = 168
MOMENTS = 25
"""Even moments that the recent pace is the slopes between: 300 pairs, of which the median costs a third of a millisecond."""
LEAST_READINGS, LEAST_SPAN = 3, 300.0
RECENT = {5.0 * HOUR: 2.0 * HOUR}
"""Seconds of the recent pace by the length of a window; a day for every longer one, so that a night is always part of it."""
YOUNGEST = 0.05
"""Share of a period before which even pace takes it as that old: one percent after a minute is no 300 at the end."""
LEAST_HOURS = 24.0
"""Hours of earlier periods below which they are no profile."""
SMOOTHING = 2.0
"""Hours at the mean pace that each hour of the week begins with: one busy Monday at nine says little of the next one."""
INERTIA = 15.0
"""Points at the usual pace that a period begins with, when its own pace is held against the usual one."""


class Known(Struct, frozen=True, kw_only=True):
    """What is known of a window at `now`: its curve (`points`, with activity after the last reading), `used` percent.

    `readings` are the moments at which it was read, `began` when its period did, `span` its length in seconds. `rose`
    and `hours` are by hour of the week the points that earlier periods rose by, and for how long they ran; `hour_of_week`
    tells the one of a moment, 0 is Monday's first.
    """

    points: Sequence[tuple[float, float]]
    readings: Sequence[float]
    used: float
    now: float
    began: float
    resets_at: float
    span: float
    hour_of_week: Callable[[float], int]
    rose: Sequence[float] = ()
    hours: Sequence[float] = ()


def recent(known: Known) -> Path | None:
    """The pace of the last hours goes on: a robust slope (Theil-Sen), which neither one wild reading nor idle hours move."""
    since = max(known.began, known.now - RECENT.get(known.span, DAY))
    real = [at for at in known.readings if at >= since]
    covered = max(real) - min(real) if real else 0.0
    if len(real) < LEAST_READINGS or covered < max(LEAST_SPAN, known.span / 100):
        return None
    since = max(since, known.points[0][0])
    return _straight(known, median_slope(known.points, since, max(known.now, known.points[-1][0])))


def even(known: Known) -> Path | None:
    """The whole period is as its part until now. Where nothing was used yet, nobody knows."""
    age = max(known.now - known.began, YOUNGEST * known.span)
    return _straight(known, known.used / age) if known.used > 0 else None


def weekly(known: Known) -> Path | None:
    """Each hour of the week is as in earlier periods, all of them as much busier or idler as this period was until now."""
    if sum(known.hours) < max(LEAST_HOURS, known.span / HOUR):
        return None
    mean = sum(known.rose) / sum(known.hours)
    paces = [(rose + SMOOTHING * mean) / (ran + SMOOTHING) for rose, ran in zip(known.rose, known.hours, strict=True)]
    usual = sum(rose for _, rose in _hourly(known.began, known.now, paces, known.hour_of_week))
    busier = (known.used + INERTIA) / (usual + INERTIA)
    path = [(known.now, known.used)]
    for end, rose in _hourly(known.now, known.resets_at, paces, known.hour_of_week):
        path.append((end, path[-1][1] + busier * rose))
    return path


MODELS: dict[str, Callable[[Known], Path | None]] = {"recent": recent, "even": even, "weekly": weekly}


def median_slope(points: Sequence[tuple[float, float]], start: float, end: float) -> float:
    """The median of the slopes between all pairs of even moments, percent per second."""
    if end <= start:
        return 0.0
    moments = [start + (end - start) * step / (MOMENTS - 1) for step in range(MOMENTS)]
    levels = [level(points, moment) for moment in moments]
    found = sorted(
        (levels[after] - levels[before]) / (moments[after] - moments[before])
        for before in range(MOMENTS)
        for after in range(before + 1, MOMENTS)
    )
    return (found[len(found) // 2 - 1] + found[len(found) // 2]) / 2


def reached(path: Path, percent: float) -> float | None:
    """When the path first comes to `percent`; None where it does not."""
    if path[0][1] >= percent:
        return path[0][0]
    for (start, low), (end, high) in pairwise(path):
        if high >= percent:
            return min(end, start + (end - start) * (percent - low) / (high - low))
    return None


def _straight(known: Known, slope: float) -> Path:
    return [(known.now, known.used), (known.resets_at, known.used + slope * (known.resets_at - known.now))]


def _hourly(
    start: float, end: float, paces: Sequence[float], hour_of_week: Callable[[float], int]
) -> list[tuple[float, float]]:
    """`(moment, points)` for each hour of the clock between two moments, the first and the last in part: its end, its rise."""
    found = []
    while start < end:
        until = min(end, (start // HOUR + 1) * HOUR)
        found.append((until, paces[hour_of_week(start)] * (until - start) / HOUR))
        start = until
    return found
