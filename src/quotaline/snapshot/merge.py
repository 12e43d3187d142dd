"""PURE Readings of one account × now → one reading per window, by the rule of `core/merge.py`.

Where a reset has moved, or extra usage has fallen, the result carries `{"rebaselined": true}` in its extras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from quotaline.core.merge import Candidate, choose_extra_usage, choose_window, origin_of
from quotaline.core.periods import month_start
from quotaline.core.windows import EXTRA_USAGE, window_order
from quotaline.model import ExtraUsage, Reading, Window

if TYPE_CHECKING:
    from collections.abc import Sequence


def merge(readings: Sequence[Reading], now: float) -> list[Reading]:
    """One reading per window id that is still open at `now`: session, week, other windows in the server's order, extra usage.

    The order of `readings` does not matter, and merging the result again changes nothing.
    """
    merged = [merge_window(key, group, now) for key, group in by_window(readings).items()]
    return [reading for reading in merged if reading is not None]


def by_window(readings: Sequence[Reading]) -> dict[str, list[Reading]]:
    """The readings of each window id, in the order of a report."""
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.value.id, []).append(reading)
    return {key: groups[key] for key in sorted(groups, key=lambda key: window_order(key, _place(groups[key])))}


def merge_window(key: str, readings: list[Reading], now: float) -> Reading | None:
    """The one reading of a window, or of extra usage, that is true at `now`; None where all its periods are over."""
    if key == EXTRA_USAGE:
        return _extra_usage(readings, now)
    chosen, place = _window(readings, now), _place(readings)
    if chosen is None or place is None or not isinstance(chosen.value, Window) or chosen.value.position == place:
        return chosen
    return structs.replace(chosen, value=structs.replace(chosen.value, position=place))


def _place(readings: list[Reading]) -> int | None:
    """Where the newest source that lists this window has it."""
    values = [(one.as_of, one.value.position) for one in readings if isinstance(one.value, Window)]
    return max(((as_of, position) for as_of, position in values if position is not None), default=(0.0, None))[1]


def _window(readings: list[Reading], now: float) -> Reading | None:
    found = [_candidate(reading, _level(reading)) for reading in readings]
    chosen, moved = choose_window(found, now)
    if chosen is None:
        return None
    reading = readings[found.index(chosen)]
    return _rebaselined(reading) if moved else reading


def _extra_usage(readings: list[Reading], now: float) -> Reading | None:
    found = [_candidate(reading, (_level(reading) or 0.0) if _says_something(reading) else None) for reading in readings]
    chosen = choose_extra_usage(found, now)
    if chosen is None:
        return None
    newest = readings[found.index(chosen)]
    this_month = [reading for reading in readings if reading.as_of >= month_start(now)]
    fell = any(reading.as_of < newest.as_of and _falls(reading, newest) for reading in this_month)
    return _rebaselined(newest) if fell else newest


def _candidate(reading: Reading, level: float | None) -> Candidate:
    resets_at = reading.value.resets_at if isinstance(reading.value, Window) else None
    origin = origin_of(reading.source, reading.session)
    return Candidate(reading.as_of, resets_at, level, origin, (reading.source, msgspec.json.encode(reading)))


def _level(reading: Reading) -> float | None:
    """The number by which readings of one period are compared."""
    value = reading.value
    if value.utilization is not None:
        return value.utilization
    used = value.used_money if isinstance(value, Window) else value.used
    return None if used is None else float(used.decimal())


def _says_something(reading: Reading) -> bool:
    """Extra usage that is on and names no amount says nothing; that it is off is news."""
    value = reading.value
    return isinstance(value, ExtraUsage) and (value.used is not None or not value.is_enabled)


def _falls(older: Reading, newer: Reading) -> bool:
    before, after = older.value, newer.value
    if not isinstance(before, ExtraUsage) or not isinstance(after, ExtraUsage) or not before.used or not after.used:
        return False
    return before.used.currency == after.used.currency and after.used.decimal() < before.used.decimal()


def _rebaselined(reading: Reading) -> Reading:
    value: Window | ExtraUsage = structs.replace(reading.value, extras=reading.value.extras | {"rebaselined": True})
    return structs.replace(reading, value=value)
