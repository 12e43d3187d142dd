"""PURE A snapshot × a line → what it shows from now on: one frame for each change to come, as long as nothing new is read.

Each segment is looked at in those moments only in which it may change: where a window of its own ends, where a value turns
stale, and step by step with the time that is left, where it shows that.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from quotaline.core import values
from quotaline.core.periods import DAY, HOUR, MINUTE, WEEK, midnight, month_end
from quotaline.core.windows import EXTRA_USAGE, field_prefix
from quotaline.render import layout
from quotaline.render.fields import gather_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Piece = tuple[str, ...]
Frame = tuple[int, list[list[Piece]]]

FOREVER = 9_999_999_999

# How far ahead each minute, each tenth minute and each hour of a countdown has a frame of its own. A file is as old as that
# only where no prompt was drawn meanwhile, or where the refresh cannot write; its values are marked stale by then.
HORIZONS = ((5 * HOUR, 1), (DAY, 10), (8 * DAY, 60))
MOVING = ("age", "left", "pace")  # the fields of a window that are reckoned from the time


def frames(kept: Mapping[str, Any], rows: Any, now: float) -> Iterator[Frame]:
    """`(until, rows of (text, sgr))`, each different from the one before; the last one holds for ever."""
    segments = {name: kept["segments"].get(name) for row in rows for name in row}
    changes: dict[int, dict[str, list[Piece]]] = {}
    for name, segment in segments.items():
        if isinstance(segment, dict):
            for moment, pieces in changes_of(name, kept, now):
                changes.setdefault(moment, {})[name] = pieces
    pieces_of: dict[str, list[Piece]] = {}
    mark = layout.problem_mark(kept)
    shown = None
    for moment in sorted(changes) or [int(now)]:
        pieces_of |= changes.get(moment, {})
        arranged = [row for row in ([piece for name in names for piece in pieces_of.get(name, ())] for names in rows) if row]
        if arranged and mark:
            arranged[0].append(mark)
        if shown is not None and arranged != shown:
            yield moment, shown
        shown = arranged
    if shown is not None:
        yield FOREVER, shown


def changes_of(name: str, kept: Mapping[str, Any], now: float) -> Iterator[tuple[int, list[Piece]]]:
    """What a segment shows from `now` on, and from each second on at which that is something else."""
    segment = kept["segments"][name]
    own = shown_only(kept, segment)
    before = None
    for moment in sorted({int(now), *(moment for moment in moments(own, segment, now) if moment > now)}):
        arranged = layout.arrange([[name]], own, gather_fields(own, [], float(moment)), long=False, limit=0)
        pieces = arranged[0] if arranged else []
        if pieces != before:
            yield moment, pieces
        before = pieces


def shown_only(kept: Mapping[str, Any], segment: Mapping[str, Any]) -> dict[str, Any]:
    """The snapshot with what a segment can show of it, now or later: a frame costs as much as the line, not as the account.

    A segment that has a fallback shows it where there is no window at all: for its sake the windows that last longest stay.
    """
    families = (segment["each"],) if segment.get("each") else ()
    words = {name.partition(".")[0] for name, _ in _named(segment)}

    def shown(name: str) -> bool:
        return name.partition(".")[0] in words or name.startswith(families)

    readings = [reading for reading in kept.get("readings") or () if shown(_prefix(reading))]
    if segment.get("fallback"):
        others = [reading for reading in kept.get("readings") or () if not shown(_prefix(reading))]
        readings += [each for each in others if _prefix(each) == field_prefix(EXTRA_USAGE)]
        windows = [each for each in others if _prefix(each) != field_prefix(EXTRA_USAGE)]
        readings += sorted(windows, key=_lasts)[-1:]
    fields = {name: entry for name, entry in (kept.get("fields") or {}).items() if shown(name)}
    return {**kept, "readings": readings, "fields": fields, "problems": ()}


def _named(segment: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The fields that a segment names, each with its spec, and the one that its colour follows."""
    forms = [form for form in (*segment["forms"], *(segment.get("fallback") or ())) if form]
    shown = {(part[0], part[1]) for form in forms for part in form if isinstance(part, list)}
    return shown | {(segment.get("level") or "", "")}


def _prefix(reading: Mapping[str, Any]) -> str:
    value = reading["value"]
    return field_prefix(str(value.get("id") or value["type"]))


def _lasts(reading: Mapping[str, Any]) -> float:
    """Until when a window is there."""
    resets_at = values.number(reading["value"].get("resets_at"))
    return math.inf if resets_at is None else resets_at


def moments(kept: Mapping[str, Any], segment: Mapping[str, Any], now: float) -> set[int]:
    """The whole seconds at which a segment may change: resets, countdowns, untils, staleness, dates, the month's end."""
    named = _named(segment)
    moving = {name.rpartition(".")[2] for name, _ in named} & set(MOVING)
    stale_after = values.number(kept.get("stale_after")) or float(HOUR)
    found = {_after((values.number(kept.get("written_at")) or now) + stale_after), int(month_end(now))}
    if "age" in moving:
        found.update(int(now) + hour * HOUR for hour in range(1, 8 * 24))
    dates: list[float | None] = []
    for reading in kept["readings"]:
        as_of, resets_at = values.number(reading.get("as_of")), values.number(reading["value"].get("resets_at"))
        if as_of is not None:
            found.add(_after(as_of + stale_after))
        if resets_at is not None:
            found.update(countdown(resets_at, now) if moving else (math.ceil(resets_at),))
            dates.append(resets_at)
    for value, until in kept["fields"].values():
        if until is not None:
            found.add(math.ceil(until))
        dates.append(values.number(value))
    if any(spec == "clock" for _, spec in named):
        found.update(int(midnight(now, day)) for day in range(1, 9))
        found.update(_after(date - WEEK) for date in dates if date is not None)
    return found


def countdown(moment: float, now: float) -> set[int]:
    """The seconds at which the time left to `moment` reads differently, and the one at which there is none left."""
    found = {math.ceil(moment)}
    minutes = int((moment - now) // MINUTE)
    last = minutes
    for horizon, step in HORIZONS:
        # counted from the reset, so that a step falls on the full ten minutes or the full hour of what is left
        steps = range(last - last % step, max(minutes - horizon // MINUTE, -1), -step)
        found.update(_after(moment - left * MINUTE) for left in steps if left < DAY // MINUTE or left % 60 == 0)
        last = minutes - horizon // MINUTE
    return found


def _after(moment: float) -> int:
    """The first whole second later than `moment`."""
    return math.floor(moment) + 1
