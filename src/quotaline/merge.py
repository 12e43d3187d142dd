"""PURE Readings of one account x now -> one reading per window.

The rule, for each window:

1. A reading whose `resets_at` is not after `now` is dropped: its period is over. One without a number speaks only where none
   has one.
2. The newest reading names the period. Periods are the same when their resets agree after rounding to the minute, or within
   2 s (the server's times jitter by a second); no reset is a period of its own.
3. Readings of other periods are dropped. If one of them is older, the reset has moved: the result carries
   `{"rebaselined": true}` in its extras.
4. Within the period the newest reading wins, but a statusline reading only ever raises: an idle Claude Code session repeats old
   numbers with a new time. The highest session wins over lower sessions, and a lower session does not replace another source's
   reading that is less than an hour old.

Extra usage: a reading from before this calendar month (UTC, like the server's `overageResetsAt`) is dropped, the newest wins,
and of equally new ones the higher. So it falls only when a newer reading says so, and is then marked `rebaselined` as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import structs

from quotaline.model import ExtraUsage, Reading, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

SAME_RESET_WITHIN = 2.0
HOLDS_FOR = 3600.0
"""How long another source's reading stands against a lower percentage on stdin, in seconds."""

V = TypeVar("V", Window, ExtraUsage)

_FIRST = {"five_hour": 0, "seven_day": 1, "extra_usage": 3}


def merge(readings: Sequence[Reading], now: float) -> list[Reading]:
    """One reading per window id that is still open at `now`: sessions, weeks, other windows by id, then extra usage.

    The order of `readings` does not matter, and merging the result again changes nothing.
    """
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.value.id, []).append(reading)
    merged = []
    for key in sorted(groups, key=lambda key: (_FIRST.get(key, 2), key)):
        chosen = _extra(groups[key], now) if key == "extra_usage" else _window(groups[key], now)
        if chosen is not None:
            merged.append(chosen)
    return merged


def same_period(one: float | None, other: float | None) -> bool:
    """Whether two `resets_at` (epoch seconds) name the same period."""
    if one is None or other is None:
        return one is other
    return round(one / 60) == round(other / 60) or abs(one - other) <= SAME_RESET_WITHIN


def _window(readings: list[Reading], now: float) -> Reading | None:
    live = [r for r in readings if _resets_at(r) is None or (_resets_at(r) or 0) > now]
    live = [r for r in live if _level(r) is not None] or live
    if not live:
        return None
    newest = max(live, key=_recency)
    moved = any(r.as_of < newest.as_of and not same_period(_resets_at(r), _resets_at(newest)) for r in live)
    period = [r for r in live if same_period(_resets_at(r), _resets_at(newest))]
    told = [r for r in period if r.source != "statusline"]
    sessions = [r for r in period if r.source == "statusline"]
    if told:
        best = max(told, key=_recency)
        later = [r for r in sessions if _recency(r) > _recency(best)]
        if later and best.as_of > now - HOLDS_FOR:
            later.append(best)
        sessions = later or [best]
    chosen = max(sessions, key=lambda r: (_level(r) or 0, *_recency(r)))
    return _mark(chosen) if moved else chosen


def _extra(readings: list[Reading], now: float) -> Reading | None:
    live = [r for r in readings if r.as_of >= _month_start(now)]
    live = [r for r in live if isinstance(r.value, ExtraUsage) and (r.value.used or not r.value.is_enabled)] or live
    if not live:
        return None
    newest = max(live, key=_recency)
    fell = any(r.as_of < newest.as_of and _falls(r, newest) for r in live)
    return _mark(newest) if fell else newest


def _falls(older: Reading, newer: Reading) -> bool:
    before, after = older.value, newer.value
    if not isinstance(before, ExtraUsage) or not isinstance(after, ExtraUsage) or not before.used or not after.used:
        return False
    return before.used.currency == after.used.currency and after.used.decimal() < before.used.decimal()


def _month_start(now: float) -> float:
    return datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def _resets_at(reading: Reading) -> float | None:
    return reading.value.resets_at if isinstance(reading.value, Window) else None


def _level(reading: Reading) -> float | None:
    """The number by which readings of one period are compared."""
    value = reading.value
    if value.utilization is not None:
        return value.utilization
    used = value.used_money if isinstance(value, Window) else value.used
    return None if used is None else float(used.decimal())


def _recency(reading: Reading) -> tuple[float, float, float, bytes]:
    """Newest last; equally new ones by later reset, then higher level, then by a total order that means nothing."""
    return (reading.as_of, _resets_at(reading) or 0.0, _level(reading) or 0.0, msgspec.json.encode(reading))


def _mark(reading: Reading) -> Reading:
    value: Window | ExtraUsage = structs.replace(reading.value, extras=reading.value.extras | {"rebaselined": True})
    return structs.replace(reading, value=value)
