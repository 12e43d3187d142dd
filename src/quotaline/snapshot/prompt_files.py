"""PURE A snapshot → one prompt file per surface, which a shell reads with its builtins.

    quotaline 1 WRITTEN EXPIRES TAG       after EXPIRES a shell starts a refresh
    UNTIL<tab>TEXT                        what the line is until UNTIL; one row, in order of time, for each change to come

Times are epoch seconds; TAG is another one for other frames, so that a shell reads on only where the head is new. The texts
are what `quotaline prompt` would print at that time, already escaped for the surface: a countdown that moves, a value whose
window has reset, a value that turned stale, each is a frame of its own. So a shell compares numbers and never calculates.
The rows of a line of several are separated by the byte 0x1f. `prompt.NAME-ascii` is for a locale without UTF-8.
"""

from __future__ import annotations

import functools
import math
import zlib
from typing import TYPE_CHECKING, Any

from quotaline.core import values
from quotaline.core.periods import DAY, HOUR, MINUTE, midnight, month_end
from quotaline.core.surfaces import PROMPT_FILES, SURFACES
from quotaline.core.windows import EXTRA_USAGE, field_prefix
from quotaline.render import layout
from quotaline.render.ascii import to_ascii
from quotaline.render.fields import gather_fields
from quotaline.render.paint import paint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = 1
FOREVER = 9_999_999_999

# How far ahead each minute, each tenth minute and each hour of a countdown has a frame of its own. A file is as old as that
# only where no prompt was drawn meanwhile, or where the refresh cannot write; its values are marked stale by then.
HORIZONS = ((5 * HOUR, 1), (DAY, 10), (8 * DAY, 60))


def render_prompt_files(kept: Mapping[str, Any], now: float, line: str = "prompt") -> dict[str, bytes]:
    """File name (`prompt.<surface>`) → content, from a snapshot as the prompt path reads it."""
    kept = shown_only(kept, kept["lines"].get(line) or [])
    written = int(values.number(kept.get("written_at")) or now)
    expires = written + max(1, int(values.number(kept.get("fresh_for")) or MINUTE))
    rows = kept["lines"].get(line) or []
    coloured = kept["style"].get("colour") != "never"
    once = functools.cache(paint)  # most pieces of a frame stand in the one before
    texts: dict[str, list[str]] = {surface: [] for surface in PROMPT_FILES}
    for until, arranged in frames(kept, rows, now):
        for surface, lines in texts.items():
            painted = layout.paint_rows(arranged, kept, surface, colour=coloured and SURFACES[surface].coloured, paint=once)
            lines.append(f"{until}\t" + "\x1f".join(painted) + "\n")
    files = {}
    for surface, lines in texts.items():
        text = "".join(lines)
        forms = {surface: text, **({f"{surface}-ascii": to_ascii(text)} if SURFACES[surface].ascii_form else {})}
        for name, form in forms.items():
            body = form.encode("utf-8", "replace")
            files[f"prompt.{name}"] = f"quotaline {VERSION} {written} {expires} {zlib.crc32(body):x}\n".encode() + body
    return files


def shown_only(kept: Mapping[str, Any], rows: Any) -> dict[str, Any]:
    """The snapshot with what these rows can show of it, now or later: a frame costs as much as the line, not as the account.

    A segment that has a fallback shows it where there is no window at all: for its sake the windows that last longest stay.
    """
    segments = [kept["segments"].get(name) for row in rows for name in row]
    segments = [segment for segment in segments if isinstance(segment, dict)]
    families = tuple(segment["each"] for segment in segments if segment.get("each"))
    forms = [form for segment in segments for form in (*segment["forms"], *(segment.get("fallback") or ())) if form]
    names = {part[0] for form in forms for part in form if isinstance(part, list)}
    names |= {segment.get("level") or "" for segment in segments}
    words = {name.partition(".")[0] for name in names}

    def shown(name: str) -> bool:
        return name.partition(".")[0] in words or name.startswith(families)

    readings = [reading for reading in kept.get("readings") or () if shown(_prefix(reading))]
    if any(segment.get("fallback") for segment in segments):
        others = [reading for reading in kept.get("readings") or () if not shown(_prefix(reading))]
        readings += [each for each in others if _prefix(each) == field_prefix(EXTRA_USAGE)]
        windows = [each for each in others if _prefix(each) != field_prefix(EXTRA_USAGE)]
        readings += sorted(windows, key=_lasts)[-1:]
    fields = {name: entry for name, entry in (kept.get("fields") or {}).items() if shown(name)}
    return {**kept, "readings": readings, "fields": fields}


def _prefix(reading: Mapping[str, Any]) -> str:
    value = reading["value"]
    return field_prefix(str(value.get("id") or value["type"]))


def _lasts(reading: Mapping[str, Any]) -> float:
    """Until when a window is there."""
    resets_at = values.number(reading["value"].get("resets_at"))
    return math.inf if resets_at is None else resets_at


def frames(kept: dict[str, Any], rows: Any, now: float) -> Iterator[tuple[int, list[list[tuple[str, str]]]]]:
    """`(until, rows of (text, sgr))`, each different from the one before; the last one holds for ever."""
    start = int(now)
    shown = None
    for moment in (start, *sorted(moment for moment in moments(kept, now) if moment > start)):
        arranged = layout.arrange(rows, kept, gather_fields(kept, [], float(moment)), long=False, limit=0)
        if shown is not None and arranged != shown:
            yield moment, shown
        shown = arranged
    if shown is not None:
        yield FOREVER, shown


def moments(kept: Mapping[str, Any], now: float) -> set[int]:
    """The whole seconds at which the line may change: resets, countdowns, untils, staleness, midnights, the month's end."""
    stale_after = values.number(kept.get("stale_after")) or float(HOUR)
    found = {int(now) + hour * HOUR for hour in range(1, 8 * 24)}
    found.add(_after((values.number(kept.get("written_at")) or now) + stale_after))
    for reading in kept.get("readings") or ():
        as_of, resets_at = values.number(reading.get("as_of")), values.number(reading["value"].get("resets_at"))
        if as_of is not None:
            found.add(_after(as_of + stale_after))
        if resets_at is not None:
            found.update(countdown(resets_at, now))
    for _value, until in (kept.get("fields") or {}).values():
        if until is not None:
            found.update(countdown(float(until), now))
    found.update(int(midnight(now, day)) for day in range(1, 9))
    found.add(int(month_end(now)))
    return found


def countdown(moment: float, now: float) -> set[int]:
    """The seconds at which the time left to `moment` reads differently, and the one at which there is none left."""
    found = {math.ceil(moment)}
    for minutes in range(int((min(moment, now + 8 * DAY) - now) // MINUTE) + 1 if moment > now else 0):
        ahead = minutes * MINUTE
        step = next((step for horizon, step in HORIZONS if ahead < horizon), 60)
        # counted from the reset, so that a step falls on the full ten minutes or the full hour of what is left
        left = int((moment - now) // MINUTE) - minutes
        if left % (60 if left >= DAY // MINUTE else step) == 0:
            found.add(_after(moment - left * MINUTE))
    return found


def _after(moment: float) -> int:
    """The first whole second later than `moment`."""
    return math.floor(moment) + 1
