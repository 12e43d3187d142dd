"""PURE An ended period → points risen and hours run by hour of the week, added to those of the periods before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from quotaline.core.periods import HOUR, WEEK
from quotaline.forecast.curve import FULL, level
from quotaline.forecast.models import HOURS_OF_WEEK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

HALF_LIFE = 4.0 * WEEK
"""Seconds of a window's own time after which a period counts half."""


def add_period(
    rose: Sequence[float],
    hours: Sequence[float],
    points: Sequence[tuple[float, float]],
    *,
    reset: float,
    span: float,
    hour_of_week: Callable[[float], int],
) -> tuple[list[float], list[float]]:
    """`rose` and `hours` with the period that ended at `reset`, whose curve is `points`.

    From its start to the first point it is taken to have risen evenly. What comes after 100 % does not count: nobody knows what
    would have been used.
    """
    fades = 0.5 ** (span / HALF_LIFE)
    new_rose = [value * fades for value in rose] or [0.0] * HOURS_OF_WEEK
    new_hours = [value * fades for value in hours] or [0.0] * HOURS_OF_WEEK
    start = reset - span
    whole = [(start, 0.0), *(point for point in points if point[0] > start)]
    end = next((at for at, percent in whole if percent >= FULL), reset)
    while start < end:
        until = min(end, (start // HOUR + 1) * HOUR)
        hour = hour_of_week(start)
        new_rose[hour] += level(whole, until) - level(whole, start)
        new_hours[hour] += (until - start) / HOUR
        start = until
    return [round(value, 3) for value in new_rose], [round(value, 3) for value in new_hours]


def hours_of_week(zone: tzinfo) -> Callable[[float], int]:
    """Which hour of the week a moment lies in, by the local clock of its hour's middle; 0 is Monday's first."""
    found: dict[int, int] = {}

    def hour_of_week(moment: float) -> int:
        hour = int(moment // HOUR)
        if hour not in found:
            local = datetime.fromtimestamp(hour * HOUR + HOUR // 2, zone)
            found[hour] = local.weekday() * 24 + local.hour
        return found[hour]

    return hour_of_week
