"""PURE What is kept of a window's ended periods: how far each model was off in them, and when in the week it was used.

It is brought up to date when a period ends (`replay.fold`): a refresh in between reads what is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from quotaline.core.periods import HOUR
from quotaline.forecast.curve import curve_since_fall, filled, level
from quotaline.forecast.models import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from quotaline.model import Reading, Window

KEPT = 24
"""Periods whose errors are kept: half a year of weeks, five days of sessions."""
LEAST_PERIODS = 2
"""Ended periods below which errors are chance: until then the models are asked in the order of UNPROVEN."""
UNPROVEN = {5.0 * HOUR: ("recent", "even", "weekly")}
"""That order by the length of a window: a session is one sitting, and goes on as it went of late."""
UNPROVEN_LONGER = ("even", "weekly", "recent")
"""That order for every longer one: of made people without a past, a day's pace erred twice as much over a week as even pace."""
BETTER = 0.85
"""A model stands in for even pace if its mean error was below this share of that one's: between equals the plainest is kept."""
UNPROVEN_ERROR = 80.0
"""The error of a model without a past of its own, in points for a whole period: of nine made periods of ten it was less."""


class Past(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a window. It is up to date for the period that ends at `reset`: all before `until` is in it.

    `points` are by model the mean errors of the percent at the reset, capped at 100, of the last periods, oldest first; `rates`
    those of the way there, in points for a whole period. `rose` and `hours` are as in `Known`, older periods counting less.
    `of` is what the percents are shares of, where that may change; `alpha` says whether an undocumented source told of it.
    """

    reset: float = 0.0
    until: float = 0.0
    points: dict[str, list[float]] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)
    rose: list[float] = field(default_factory=list)
    hours: list[float] = field(default_factory=list)
    of: str = ""
    alpha: bool = False

    @property
    def periods(self) -> int:
        """How many ended periods the errors are of."""
        return len(self.points.get("even", ()))


def choose(past: Past, span: float) -> tuple[str, ...]:
    """The models in the order in which they are asked for a window of `span` seconds, the one that erred least so far first."""
    unproven = UNPROVEN.get(span, UNPROVEN_LONGER)
    if past.periods < LEAST_PERIODS:
        return unproven
    errors = {name: sum(points) / len(points) for name, points in past.points.items()}
    best = min(errors, key=lambda name: errors[name] / (1.0 if name == "even" else BETTER))
    return tuple(dict.fromkeys((best, "even", *unproven)))


def usual_error(past: Past, model: str) -> float:
    """By how many points for a whole period a model is off: the median of the ended ones, else UNPROVEN_ERROR."""
    rates = sorted(past.rates.get(model, ()))
    return rates[len(rates) // 2] if past.periods >= LEAST_PERIODS else UNPROVEN_ERROR


def known_of(
    window: Window,
    readings: Iterable[Reading],
    now: float,
    span: float,
    *,
    activity: Sequence[tuple[float, float]] = (),
    past: Past,
    hour_of_week: Callable[[float], int],
) -> Known | None:
    """What the models are asked with; None without a reading. `activity`: see `curve.filled`."""
    read, began_anew = curve_since_fall(readings, window, now)
    resets_at = window.resets_at
    if not read or resets_at is None:
        return None
    points = filled(read, activity, now)
    return Known(
        points=points,
        readings=[at for at, _ in read],
        used=level(points, now),
        now=now,
        began=max(resets_at - span, began_anew or 0.0),
        resets_at=resets_at,
        span=span,
        rose=past.rose,
        hours=past.hours,
        hour_of_week=hour_of_week,
    )
