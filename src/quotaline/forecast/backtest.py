"""PURE Stored readings → how good past forecasts were: each ended period is played again with what was known then."""

from __future__ import annotations

from datetime import UTC
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.core.windows import window_length
from quotaline.forecast.curve import FULL
from quotaline.forecast.models import reached
from quotaline.forecast.past import Past, choose
from quotaline.forecast.profile import hours_of_week
from quotaline.forecast.replay import end_of, fold, periods, replay, reset_of, seen
from quotaline.model import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from quotaline.forecast.models import Path
    from quotaline.forecast.replay import Turn

TURNS = 40
"""Forecasts that are replayed at most in one period, evenly apart."""


class Score(Struct, frozen=True, kw_only=True):
    """How the forecasts of one window fared. Points are percent at the reset, capped at 100; hours are of the time of 100 %.

    `points` and all without another word are of the model that was chosen at the time, `model` is the one that is now;
    `even_points`, `recent_points` and `weekly_points` are of each model where it could say something, else of even pace.
    `bias` is signed: positive forecast too much. `reached` counts forecasts of a time that came, `false_alarms` of one that
    did not, `missed` none where one came.
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
    recent_points: float
    weekly_points: float
    model: str


def backtest(
    readings: Iterable[Reading], now: float, activity: Sequence[tuple[float, float]] = (), zone: tzinfo = UTC
) -> list[Score]:
    """The score of each window that has an ended period with enough readings. `activity` as in `curve.filled`."""
    by_window: dict[str, list[Reading]] = {}
    for reading in readings:
        if isinstance(reading.value, Window) and reading.value.utilization is not None and reading.value.resets_at is not None:
            by_window.setdefault(reading.value.id, []).append(reading)
    return [score for key in sorted(by_window) if (score := _score(by_window[key], now, activity, zone)) is not None]


def _score(readings: Sequence[Reading], now: float, activity: Sequence[tuple[float, float]], zone: tzinfo) -> Score | None:
    window = readings[-1].value
    assert isinstance(window, Window)  # noqa: S101 - the caller sorted windows
    span = window_length(window.id, window.extras.get("period"))
    if span is None:
        return None
    past, hour_of_week, replayed = Past(), hours_of_week(zone), 0
    turns: list[tuple[Turn, Path]] = []
    for period in periods(readings):
        if reset_of(period[0]) > now:
            continue
        if seen(period, span):
            order, made = choose(past, span), replay(period, past, hour_of_week, activity=activity, turns=TURNS)
            turns += [(turn, next(turn.paths[name] for name in order if name in turn.paths)) for turn in made]
            replayed += bool(made)
        past = fold(past, period, hour_of_week, activity)
    if not turns:
        return None
    off = [end_of(path) - turn.came for turn, path in turns]
    errors = sorted(abs(error) for error in off)
    full = [(reached(path, FULL), turn.came_full) for turn, path in turns]
    both = [foreseen - came for foreseen, came in full if foreseen and came]
    return Score(
        id=window.id,
        name=window.name,
        periods=replayed,
        forecasts=len(turns),
        points=median(errors),
        points_90=errors[int(len(errors) * 0.9)],
        bias=median(off),
        even_points=_of_model("even", turns),
        reached=len(both),
        false_alarms=sum(foreseen is not None and came is None for foreseen, came in full),
        missed=sum(foreseen is None and came is not None for foreseen, came in full),
        hours=median(abs(error) for error in both) / 3600 if both else None,
        recent_points=_of_model("recent", turns),
        weekly_points=_of_model("weekly", turns),
        model=choose(past, span)[0],
    )


def _of_model(name: str, turns: Sequence[tuple[Turn, Path]]) -> float:
    """The median error of one model over all turns; where it could say nothing, of even pace or whatever could."""
    paths = [(turn, turn.paths.get(name) or turn.paths.get("even") or path) for turn, path in turns]
    return median(abs(end_of(path) - turn.came) for turn, path in paths)
