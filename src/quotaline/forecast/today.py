"""PURE A long window × the days of work until its reset → today's share: the points that may be used so that it lasts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.core.periods import DAY
from quotaline.core.windows import window_length
from quotaline.forecast.curve import FULL, curve_since_fall
from quotaline.model import Reading, Window
from quotaline.zone import midnight

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

EVERY_DAY = (True,) * 7


class TodayShare(Struct, frozen=True, kw_only=True):
    """Points of a window: today's whole `share`, `used` of it since midnight, and what is `left`, never below zero."""

    share: float
    used: float
    left: float


class Calendar:
    """The local days from today on, each made when it is asked for.

    `work` says of each day of the week, Monday first, whether it is one of work.
    """

    def __init__(self, now: float, zone: tzinfo, work: Sequence[bool] = EVERY_DAY) -> None:
        self._now, self._zone, self._work = now, zone, work
        self._weekday = datetime.fromtimestamp(now, zone).weekday()
        self._midnights = [midnight(now, zone), midnight(now, zone, days=1)]
        self.today, self.tomorrow = self._midnights

    def days_of_work(self, start: float, end: float) -> list[float]:
        """Which part of each day from today on lies between two moments, 0-1; nothing of a day off."""
        parts: list[float] = []
        while self._midnights[len(parts)] < end:
            number = len(parts)
            if len(self._midnights) == number + 1:
                self._midnights.append(midnight(self._now, self._zone, days=number + 1))
            begins, ends = self._midnights[number], self._midnights[number + 1]
            part = max(0.0, min(end, ends) - max(start, begins)) / (ends - begins)
            parts.append(part if self._work[(self._weekday + number) % len(self._work)] else 0.0)
        return parts


def today_share(window: Window, readings: Sequence[Reading], now: float, calendar: Calendar) -> TodayShare | None:
    """Today's share of a window that is longer than a day; None where its reset or its number is not known.

    What is left at midnight is shared among the days of work until the reset, the last one in part; where none of them is
    ahead, today may use all of it. Where nobody read before midnight, what was used until today's first reading counts as
    used before.
    """
    span, resets_at = window_length(window.id, window.extras.get("period")), window.resets_at
    if span is None or span <= DAY or resets_at is None or resets_at <= now or window.utilization is None:
        return None
    began = resets_at - span
    points, anew = curve_since_fall(readings, window, now)
    before = [percent for at, percent in points if at <= calendar.today]
    if began >= calendar.today or (anew or 0.0) >= calendar.today:
        base = 0.0
    else:
        base = before[-1] if before else points[0][1] if points else window.utilization
    base = min(base, window.utilization)
    parts = calendar.days_of_work(max(began, calendar.today), resets_at)
    part = parts[0] / sum(parts) if any(parts) else 1.0
    share, used = max(0.0, FULL - base) * part, window.utilization - base
    return TodayShare(share=share, used=used, left=max(0.0, share - used))


def today_fields(
    current: Sequence[Reading], history: Mapping[str, Sequence[Reading]], now: float, calendar: Calendar
) -> dict[str, tuple[Any, float | None]]:
    """Ready fields `WINDOW.share_today`, `.used_today` and `.left_today`, true until midnight or the reset."""
    fields: dict[str, tuple[Any, float | None]] = {}
    for reading in current:
        window = reading.value
        if not isinstance(window, Window):
            continue
        found = today_share(window, [*history.get(window.id, ()), reading], now, calendar)
        if found is not None:
            until = min(calendar.tomorrow, window.resets_at or calendar.tomorrow)
            values = {"share_today": found.share, "used_today": found.used, "left_today": found.left}
            fields |= {f"{window.id}.{name}": (round(value, 2), until) for name, value in values.items()}
    return fields
