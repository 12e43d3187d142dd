"""PURE An ended period → what each model would have said in it, with what was known then, and what is kept of that."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from quotaline.core.periods import same_period
from quotaline.core.windows import window_length
from quotaline.forecast.curve import FULL, curve, filled, level
from quotaline.forecast.models import MODELS
from quotaline.forecast.past import KEPT, known_of
from quotaline.forecast.profile import add_period
from quotaline.model import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from quotaline.forecast.models import Known, Path
    from quotaline.forecast.past import Past

TURNS = 20
"""Forecasts that are replayed in one period, evenly apart."""
SEEN_TO = 0.1
"""A period counts when its last reading lies this share of its length before the reset, or later, or when it was full."""


class Turn(NamedTuple):
    """One replayed moment: what was known, each model's path, the percent that came, until when, and when 100 % did."""

    known: Known
    paths: dict[str, Path]
    came: float
    came_at: float
    came_full: float | None


def periods(readings: Iterable[Reading]) -> list[list[Reading]]:
    """The readings of one window by its periods, each oldest first."""
    found: list[list[Reading]] = []
    for reading in sorted(readings, key=lambda one: (reset_of(one), one.as_of)):
        if found and same_period(reset_of(found[-1][-1]), reset_of(reading)):
            found[-1].append(reading)
        else:
            found.append([reading])
    return [sorted(period, key=lambda one: one.as_of) for period in found]


def seen(period: Sequence[Reading], span: float) -> bool:
    """Whether the end of a period is known."""
    last = period[-1]
    return reset_of(last) - last.as_of <= SEEN_TO * span or any(used_of(reading) >= FULL for reading in period)


def replay(
    period: Sequence[Reading],
    past: Past,
    hour_of_week: Callable[[float], int],
    *,
    activity: Sequence[tuple[float, float]] = (),
    turns: int = TURNS,
) -> list[Turn]:
    """What each model would have said in an ended period, oldest first, with what was known then."""
    window = period[-1].value
    assert isinstance(window, Window)  # noqa: S101 - the caller sorted windows
    reset, span = reset_of(period[-1]), window_length(window.id, window.extras.get("period"))
    if span is None:
        return []
    whole = curve(period, window, period[-1].as_of)
    came = min(FULL, whole[-1][1])
    came_full = next((at for at, percent in whole if percent >= FULL), None)
    times, moments = [reading.as_of for reading in period], [at for at, _ in activity]
    found: list[Turn] = []
    at = reset - span
    while at < min(period[-1].as_of, came_full or reset):
        at += span / turns
        until = bisect_right(times, at)
        if not until or not whole[0][0] <= at < reset:  # what was before a fall says nothing of what came
            continue
        used = activity[bisect_left(moments, reset - span) : bisect_right(moments, at)]
        known = known_of(window, period[:until], at, span, activity=used, past=past, hour_of_week=hour_of_week)
        if known is None:
            continue
        paths = {name: path for name, model in MODELS.items() if (path := model(known)) is not None}
        if paths:
            found.append(Turn(known, paths, came, came_full or reset, came_full))
    return found


def fold(
    past: Past,
    period: Sequence[Reading],
    hour_of_week: Callable[[float], int],
    activity: Sequence[tuple[float, float]] = (),
) -> Past:
    """What is kept after one more period has ended."""
    points = {name: list(errors) for name, errors in past.points.items()}
    rates = {name: list(errors) for name, errors in past.rates.items()}
    window = period[-1].value
    assert isinstance(window, Window)  # noqa: S101 - the caller sorted windows
    span = window_length(window.id, window.extras.get("period"))
    if span is None:
        return past
    turns = replay(period, past, hour_of_week, activity=activity) if seen(period, span) else []
    turns = [turn for turn in turns if "even" in turn.paths and turn.known.now < turn.came_at]
    for name in MODELS if turns else ():
        paths = [turn.paths.get(name, turn.paths["even"]) for turn in turns]
        errors = [abs(end_of(path) - turn.came) for path, turn in zip(paths, turns, strict=True)]
        away = [abs(level(path, turn.came_at) - turn.came) for path, turn in zip(paths, turns, strict=True)]
        ahead = sum(turn.came_at - turn.known.now for turn in turns) / span
        points[name] = [*points.get(name, ()), round(sum(errors) / len(errors), 2)][-KEPT:]
        rates[name] = [*rates.get(name, ()), round(sum(away) / ahead, 2)][-KEPT:]
    reset = reset_of(period[-1])
    whole = filled(curve(period, window, reset), activity, reset)
    rose, hours = add_period(past.rose, past.hours, whole, reset=reset, span=span, hour_of_week=hour_of_week)
    return structs.replace(past, points=points, rates=rates, rose=rose, hours=hours)


def end_of(path: Path) -> float:
    """The percent at the reset, 100 at the most."""
    return min(FULL, path[-1][1])


def reset_of(reading: Reading) -> float:
    """When the window of a reading starts anew."""
    value = reading.value
    return value.resets_at or 0.0 if isinstance(value, Window) else 0.0


def used_of(reading: Reading) -> float:
    """The percent of a reading."""
    return reading.value.utilization or 0.0
