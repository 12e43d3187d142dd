"""PURE Stored readings → how good past forecasts were: each ended period is played again with what was known then."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.core.periods import same_period
from quotaline.core.windows import window_length
from quotaline.forecast.windows import FULL, forecast_window
from quotaline.model import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TURNS = 40
"""Forecasts that are replayed at most in one period, evenly apart."""
SEEN_TO = 0.1
"""A period counts when its last reading lies this share of its length before the reset, or later, or when it was full."""


class Score(Struct, frozen=True, kw_only=True):
    """How the forecasts of one window fared. Points are percent at the reset, capped at 100; hours are of the time of 100 %.

    `bias` is signed: positive forecast too much. `even_points` is the error of a straight line from the period's start.
    `reached` counts forecasts of a time that came, `false_alarms` of one that did not, `missed` none where one came.
    """

    id: str
    name: str
    periods: int
    forecasts: int
    points: float
    points_90: float
    bias: float
    even_points: float
    reached: int
    false_alarms: int
    missed: int
    hours: float | None


class Turn(Struct, frozen=True):
    """One replayed forecast: points forecast and come, a straight line's, and the times of 100 % forecast and come."""

    forecast: float
    came: float
    even: float
    forecast_full: float | None
    came_full: float | None


def backtest(readings: Iterable[Reading], now: float, activity: Sequence[tuple[float, float]] = ()) -> list[Score]:
    """The score of each window that has an ended period with enough readings. `activity` as in `forecast.filled`."""
    by_window: dict[str, list[Reading]] = {}
    for reading in readings:
        if isinstance(reading.value, Window) and reading.value.utilization is not None and reading.value.resets_at is not None:
            by_window.setdefault(reading.value.id, []).append(reading)
    return [score for key in sorted(by_window) if (score := _score(by_window[key], now, activity)) is not None]


def periods(readings: Sequence[Reading]) -> list[list[Reading]]:
    """The readings of one window by its periods, each oldest first."""
    found: list[list[Reading]] = []
    for reading in sorted(readings, key=lambda one: (_reset(one), one.as_of)):
        if found and same_period(_reset(found[-1][-1]), _reset(reading)):
            found[-1].append(reading)
        else:
            found.append([reading])
    return [sorted(period, key=lambda one: one.as_of) for period in found]


def _score(readings: Sequence[Reading], now: float, activity: Sequence[tuple[float, float]]) -> Score | None:
    span = window_length(readings[0].value.id)
    if span is None:
        return None
    ended = [period for period in periods(readings) if _reset(period[0]) <= now]
    replayed = [_replay(period, span, activity) for period in ended if _seen(period, span)]
    turns = [turn for period in replayed for turn in period]
    if not turns:
        return None
    errors = sorted(abs(turn.forecast - turn.came) for turn in turns)
    both = [turn.forecast_full - turn.came_full for turn in turns if turn.forecast_full and turn.came_full]
    return Score(
        id=readings[0].value.id,
        name=readings[-1].value.name,
        periods=sum(bool(period) for period in replayed),
        forecasts=len(turns),
        points=median(errors),
        points_90=errors[int(len(errors) * 0.9)],
        bias=median(turn.forecast - turn.came for turn in turns),
        even_points=median(abs(turn.even - turn.came) for turn in turns),
        reached=len(both),
        false_alarms=sum(turn.forecast_full is not None and turn.came_full is None for turn in turns),
        missed=sum(turn.forecast_full is None and turn.came_full is not None for turn in turns),
        hours=median(abs(error) for error in both) / 3600 if both else None,
    )


def _seen(period: Sequence[Reading], span: float) -> bool:
    return _reset(period[0]) - period[-1].as_of <= SEEN_TO * span or any(_used(reading) >= FULL for reading in period)


def _replay(period: Sequence[Reading], span: float, activity: Sequence[tuple[float, float]]) -> list[Turn]:
    reset, last = _reset(period[0]), period[-1]
    came = min(FULL, max(_used(reading) for reading in period))
    came_full = next((reading.as_of for reading in period if _used(reading) >= FULL), None)
    times = [reading.as_of for reading in period]
    moments = [at for at, _ in activity]
    turns: list[Turn] = []
    turn_at = reset - span
    while turn_at < last.as_of and (came_full is None or turn_at < came_full):
        turn_at += span / TURNS
        known = period[: bisect_right(times, turn_at)]
        if not known:
            continue
        used = activity[bisect_left(moments, reset - span) : bisect_right(moments, turn_at)]
        foreseen = forecast_window(known[-1], known, turn_at, used)
        if foreseen.at_reset is None:
            continue
        even = min(FULL, _used(known[-1]) * span / (turn_at - (reset - span)))
        turns.append(Turn(min(FULL, foreseen.at_reset), came, even, foreseen.limit_at, came_full))
    return turns


def _reset(reading: Reading) -> float:
    value = reading.value
    return value.resets_at or 0.0 if isinstance(value, Window) else 0.0


def _used(reading: Reading) -> float:
    return reading.value.utilization or 0.0
