"""PURE Snapshot × readings over time → the ready fields of the forecast and of what extra usage does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.forecast.extra_usage import extra_usage_fields, extra_usage_rates
from quotaline.forecast.windows import forecast_windows, month_end_fields, window_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from quotaline.model import Reading, Snapshot


Fields = dict[str, tuple[Any, float | None]]
WINDOW_NAMES = ("at_reset", "limit_at", "limit_earliest", "limit_latest", "no_forecast", "binds_first")
MONTH_NAMES = ("extra.at_reset", "extra.no_forecast")
SPENDING_NAMES = ("extra.today", "extra.mark", "extra.rate", "extra.crossed_at", "extra.crossed")


def forecast_parts(
    snapshot: Snapshot, history: Sequence[Reading], activity: Sequence[tuple[float, float]], now: float, zone: tzinfo
) -> dict[str, Callable[[], Fields]]:
    """The parts of the forecast by name, each to be computed on its own: `name -> (value, until)` for `Snapshot.fields`.

    Money is as the snapshot reads it back. What an undocumented source said counts only while one is open.
    """
    current, stale_after = snapshot.readings, snapshot.stale_after
    opened = any(reading.alpha for reading in current)
    known = [reading for reading in history if opened or not reading.alpha]

    def plain(found: Fields) -> Fields:
        return {name: (msgspec.to_builtins(value), until) for name, (value, until) in found.items()}

    return {
        "meter": lambda: plain(extra_usage_fields(extra_usage_rates(current, known, now, zone), now, zone, stale_after)),
        "forecast of the month": lambda: plain(month_end_fields(current, known, now)),
        "forecast": lambda: plain(window_fields(forecast_windows(current, known, now, activity), now, stale_after)),
    }


def part_of(name: str) -> str | None:
    """Which part a ready field belongs to; None for one that is no part of the forecast."""
    prefix, _, rest = name.rpartition(".")
    if name in MONTH_NAMES:
        return "forecast of the month"
    if name in SPENDING_NAMES or prefix == "crossing":
        return "meter"
    return "forecast" if prefix == "limit" or rest in WINDOW_NAMES else None


def forecast_fields(
    snapshot: Snapshot, history: Sequence[Reading], activity: Sequence[tuple[float, float]], now: float, zone: tzinfo
) -> Fields:
    """All parts together."""
    parts = forecast_parts(snapshot, history, activity, now, zone)
    return {name: value for part in parts.values() for name, value in part().items()}
