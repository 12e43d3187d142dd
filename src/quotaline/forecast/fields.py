"""PURE Snapshot × readings over time → the ready fields of the forecast and of what extra usage does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.core.windows import EXTRA_USAGE
from quotaline.forecast.extra_usage import extra_usage_fields, extra_usage_rates
from quotaline.forecast.today import EVERY_DAY, Calendar, today_fields
from quotaline.forecast.windows import by_window, forecast_windows, window_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from quotaline.forecast.past import Past
    from quotaline.forecast.windows import Forecast
    from quotaline.model import Reading, Snapshot

Fields = dict[str, tuple[Any, float | None]]
WINDOW_NAMES = (
    "at_reset", "at_reset_least", "at_reset_most", "limit_at", "limit_earliest", "limit_latest", "limit_error", "forecast_by",
    "no_forecast", "binds_first",
)  # fmt: skip
MONTH_NAMES = ("extra.at_reset", "extra.no_forecast")
TODAY_NAMES = ("share_today", "used_today", "left_today")
SPENDING_NAMES = ("extra.today", "extra.mark", "extra.rate", "extra.crossed_at", "extra.crossed")


def forecast_parts(
    snapshot: Snapshot,
    history: Sequence[Reading],
    activity: Sequence[tuple[float, float]],
    now: float,
    zone: tzinfo,
    *,
    pasts: Mapping[str, Past] | None = None,
    work: Sequence[bool] | None = None,
) -> dict[str, Callable[[], Fields]]:
    """The parts of the forecast by name, each to be computed on its own: `name -> (value, until)` for `Snapshot.fields`.

    `pasts` are what each window's ended periods tell, `work` the days of work, Monday first. Money is as the snapshot reads it
    back. What an undocumented source said counts only while one is open.
    """
    current, stale_after = snapshot.readings, snapshot.stale_after
    opened = any(reading.alpha for reading in current)
    known = [reading for reading in history if opened or not reading.alpha]

    def plain(found: Fields) -> Fields:
        return {name: (msgspec.to_builtins(value), until) for name, (value, until) in found.items()}

    def windows() -> list[Forecast]:
        own = {key: past for key, past in (pasts or {}).items() if opened or not past.alpha}
        hour_of_week = None
        if any(past.hours for past in own.values()):
            from quotaline.forecast.profile import hours_of_week  # noqa: PLC0415 - for windows with a past

            hour_of_week = hours_of_week(zone)
        return forecast_windows(current, known, now, activity, pasts=own, hour_of_week=hour_of_week)

    def today() -> Fields:
        return today_fields(current, by_window(known), now, Calendar(now, zone, work or EVERY_DAY))

    def month() -> Fields:
        if all(reading.value.id != EXTRA_USAGE for reading in current):
            return {}
        from quotaline.forecast.month import month_end_fields  # noqa: PLC0415 - for those who have extra usage

        return month_end_fields(current, known, now)

    return {
        "meter": lambda: plain(extra_usage_fields(extra_usage_rates(current, known, now, zone), now, zone, stale_after)),
        "forecast of the month": lambda: plain(month()),
        "forecast": lambda: plain(window_fields(windows(), now, stale_after)),
        "today's share": today,
    }


def part_of(name: str) -> str | None:
    """Which part a ready field belongs to; None for one that is no part of the forecast."""
    prefix, _, rest = name.rpartition(".")
    if name in MONTH_NAMES:
        return "forecast of the month"
    if name in SPENDING_NAMES or prefix == "crossing":
        return "meter"
    if rest in TODAY_NAMES:
        return "today's share"
    return "forecast" if prefix == "limit" or rest in WINDOW_NAMES else None


def forecast_fields(
    snapshot: Snapshot, history: Sequence[Reading], activity: Sequence[tuple[float, float]], now: float, zone: tzinfo
) -> Fields:
    """All parts together."""
    parts = forecast_parts(snapshot, history, activity, now, zone)
    return {name: value for part in parts.values() for name, value in part().items()}
