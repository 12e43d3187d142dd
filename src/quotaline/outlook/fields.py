"""PURE Snapshot × readings over time → the ready fields of the meter and of the forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.outlook.forecast import forecast_fields, forecasts, month_end_fields
from quotaline.outlook.meter import meter, meter_fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from quotaline.model import Reading, Snapshot


def outlook(
    snapshot: Snapshot, history: Sequence[Reading], activity: Sequence[tuple[float, float]], now: float, zone: tzinfo
) -> dict[str, tuple[Any, float | None]]:
    """`name -> (value, until)` for `Snapshot.fields`, money as the snapshot reads it back.

    What an undocumented source said counts only while one is open.
    """
    current, stale_after = snapshot.readings, snapshot.stale_after
    opened = any(reading.alpha for reading in current)
    known = [reading for reading in history if opened or not reading.alpha]
    found = {
        **meter_fields(meter(current, known, now, zone), now, zone, stale_after),
        **month_end_fields(current, known, now),
        **forecast_fields(forecasts(current, known, now, activity), now, stale_after),
    }
    return {name: (msgspec.to_builtins(value), until) for name, (value, until) in found.items()}
