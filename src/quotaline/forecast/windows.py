"""PURE Stored readings × now → when a window reaches 100 % and how full it is at its reset, each with its usual error.

The models are asked in the order that the window's own past gives them, until one can say something. What it was off by until
now is the range, which grows with the time ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from quotaline.core.windows import is_budget, window_label, window_length
from quotaline.forecast.curve import FULL
from quotaline.forecast.models import MODELS, reached
from quotaline.forecast.past import Past, choose, known_of, usual_error
from quotaline.model import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from quotaline.forecast.models import Known, Path

NOTHING_KEPT = Past()


class Forecast(Struct, frozen=True, kw_only=True):
    """What one window does if it goes on as `model` says. Percent 0-100 and above, epoch seconds, `slope` percent per second.

    `why` says in words why there is no forecast; then the numbers are None. `limit_at` None with a slope: 100 % is not reached
    before the reset. `least` to `most` is the range of `at_reset`, `earliest` to `latest` that of `limit_at`; `latest` None:
    perhaps not before the reset. `error` is by how many seconds `limit_at` may be off, the larger of both sides.
    """

    id: str
    name: str
    label: str
    resets_at: float | None = None
    used: float | None = None
    why: str | None = None
    model: str | None = None
    slope: float | None = None
    at_reset: float | None = None
    least: float | None = None
    most: float | None = None
    limit_at: float | None = None
    earliest: float | None = None
    latest: float | None = None
    error: float | None = None


def forecast_windows(
    current: Sequence[Reading],
    history: Sequence[Reading],
    now: float,
    activity: Sequence[tuple[float, float]] = (),
    *,
    pasts: Mapping[str, Past] | None = None,
    hour_of_week: Callable[[float], int] | None = None,
) -> list[Forecast]:
    """One forecast per window of `current` (merged readings). `activity`: see `curve.filled`; `pasts` are by window."""
    rows = by_window(history)
    return [
        forecast_window(
            reading,
            rows.get(reading.value.id, ()),
            now,
            activity,
            past=(pasts or {}).get(reading.value.id, NOTHING_KEPT),
            hour_of_week=hour_of_week,
        )
        for reading in current
        if isinstance(reading.value, Window)
    ]


def by_window(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    """Readings by what they are of, in their order."""
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.value.id, []).append(reading)
    return found


def forecast_window(
    reading: Reading,
    history: Iterable[Reading],
    now: float,
    activity: Sequence[tuple[float, float]] = (),
    *,
    past: Past = NOTHING_KEPT,
    hour_of_week: Callable[[float], int] | None = None,
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
    known = known_of(
        value, [*history, reading], now, span, activity=activity, past=past, hour_of_week=hour_of_week or (lambda _: 0)
    )
    for model in choose(past, span) if known else ():
        path = MODELS[model](known) if known else None
        if known is not None and path is not None:
            return _told(bare, known, model, path, usual_error(past, model))
    return structs.replace(bare, why="nothing of it has been used yet")


def _told(bare: Forecast, known: Known, model: str, path: Path, off: float) -> Forecast:
    """The forecast that a model's path gives, `off` points in a whole period."""
    (start, low), (end, high) = path[0], path[1]
    limit_at = reached(path, FULL)
    earliest = reached(_beside(path, off / known.span), FULL)
    latest = reached(_beside(path, -off / known.span), FULL)
    error = None
    if limit_at is not None:
        earliest = min(limit_at, earliest or limit_at)
        error = max(limit_at - earliest, (latest or known.resets_at) - limit_at)
    return structs.replace(
        bare,
        model=model,
        slope=(high - low) / (end - start),
        at_reset=path[-1][1],
        least=_beside(path, -off / known.span)[-1][1],
        most=_beside(path, off / known.span)[-1][1],
        limit_at=limit_at,
        earliest=earliest,
        latest=latest,
        error=error,
    )


def _beside(path: Path, pace: float) -> Path:
    """The path if it went by `pace` percent a second faster; what is used stays used."""
    start, used = path[0]
    beside: Path = []
    for at, percent in path:
        used = max(used, percent + pace * (at - start))
        beside.append((at, used))
    return beside


def binds_first(found: Iterable[Forecast]) -> Forecast | None:
    """The window of the plan that reaches 100 % first, None when none does before its reset."""
    reached = [one for one in found if one.limit_at is not None and not is_budget(one.id)]
    return min(reached, key=lambda one: (one.limit_at or 0.0, one.id), default=None)


def window_fields(found: Sequence[Forecast], now: float, stale_after: float) -> dict[str, tuple[Any, float | None]]:
    """Ready fields `name -> (value, until)`: what each window will be at, each with its range, or why there is no forecast.

    `limit.…` and `<window>.binds_first` tell of the window that is full first.
    """
    fields: dict[str, tuple[Any, float | None]] = {}
    stale = float(int(now + stale_after))  # whole seconds and hundredths of a percent: each prompt reads them
    for one in found:
        until = min(one.resets_at or stale, stale)
        percents = {"at_reset": one.at_reset, "at_reset_least": one.least, "at_reset_most": one.most}
        moments = {
            "limit_at": one.limit_at,
            "limit_earliest": one.earliest,
            "limit_latest": one.latest,
            "limit_error": one.error,
        }
        values: dict[str, Any] = {name: value and round(value, 2) for name, value in percents.items()}
        values |= {name: value and float(int(value)) for name, value in moments.items()}
        values["forecast_by"] = one.model
        if one.resets_at is not None:
            values["no_forecast"] = one.why
        fields |= {f"{one.id}.{name}": (value, until) for name, value in values.items() if value is not None}
    first = binds_first(found)
    if first is not None and first.limit_at is not None and first.limit_at > now:
        until = min(first.limit_at, stale)
        fields |= {
            "limit.at": (fields[f"{first.id}.limit_at"][0], until),
            "limit.label": (first.label, until),
            f"{first.id}.binds_first": (True, until),
        }
        if first.error is not None:
            fields["limit.error"] = (fields[f"{first.id}.limit_error"][0], until)
    return fields
