"""PURE Snapshot × readings over time → the ready fields of the meter and of the forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.forecast.extra_usage import extra_usage_fields, extra_usage_rates
from quotaline.forecast.windows import forecast_windows, month_end_fields, window_fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from quotaline.model import Reading, Snapshot


def forecast_fields(
    snapshot: Snapshot, history: Sequence[Reading], activity: Sequence[tuple[float, float]], now: float, zone: tzinfo
) -> dict[str, tuple[Any, float | None]]:
    """`name -> (value, until)` for `Snapshot.fields`, money as the snapshot reads it back.

    What an undocumented source said counts only while one is open.
    """
    current, stale_after = snapshot.readings, snapshot.stale_after
    opened = any(reading.alpha for reading in current)
    known = [reading for reading in history if opened or not reading.alpha]
    found = {
        **extra_usage_fields(extra_usage_rates(current, known, now, zone), now, zone, stale_after),
        **month_end_fields(current, known, now),
        **window_fields(forecast_windows(current, known, now, activity), now, stale_after),
    }
    return {name: (msgspec.to_builtins(value), until) for name, (value, until) in found.items()}
