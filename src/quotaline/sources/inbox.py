"""EFFECT The inbox: what each Claude Code session was handed on stdin and the prompt path left for us. Documented, so no alpha.

One file per session in `<cache dir>/inbox/*.json`, replaced whole at each render:

    {"version": 1, "session": "<id>", "as_of": 1795251000.2, "rate_limits": {...}}

What `rate_limits` holds is said in `core/rate_limits.py`. A broken file is no file, a broken window is no window.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from quotaline.core.merge import SESSION_SOURCE
from quotaline.core.periods import DAY, HOUR, not_from_the_future
from quotaline.core.rate_limits import known_since, parse_rate_limits
from quotaline.core.values import short_label
from quotaline.files import read_file
from quotaline.model import Reading, Window
from quotaline.sources.fields import BadFieldError, number, table
from quotaline.sources.json_text import decode_json

VERSION = 1
KEPT_FOR = 8.0 * DAY
OVER_FOR = float(HOUR)
"""Seconds after the last reset until a file is removed: a clock that runs ahead for a moment costs no file."""
_LARGEST_FILE = 256 * 1024


def read(cache_dir: Path, now: float) -> list[Reading]:
    """The readings of all sessions. No inbox is no readings.

    Files whose windows are all over, and those that nobody has written for 8 days, are removed. A file with a window that is
    not over stays, even beside newer ones: its session may be drawn again, and the file tells that this is no news.

    A time ahead of `now` was written by a clock that ran ahead: see `not_from_the_future`.
    """
    found: list[Reading] = []
    for entry in sorted(_entries(cache_dir / "inbox"), key=lambda entry: entry.name):
        try:
            if entry.stat().st_mtime < now - KEPT_FOR:
                os.unlink(entry.path)  # noqa: PTH108 - a Path for each of thousands costs more than the call
            elif entry.name.endswith(".json") and not entry.name.startswith("."):
                readings = parse(decode_json(read_file(Path(entry.path), _LARGEST_FILE)), now)
                found += readings
                if readings and all(_is_over(reading.value, now - OVER_FOR) for reading in readings):
                    os.unlink(entry.path)  # noqa: PTH108
        except (OSError, ValueError):
            continue  # gone, being replaced or broken: the next render writes it anew
    return found


def _is_over(window: object, now: float) -> bool:
    return isinstance(window, Window) and window.resets_at is not None and window.resets_at <= now


def parse(content: object, now: float) -> list[Reading]:
    """The readings in one decoded inbox file; [] for whatever is not one."""
    file = table(content)
    try:
        as_of = number(file.get("as_of"))
    except BadFieldError:
        return []
    if file.get("version") != VERSION or as_of is None:
        return []
    session, limits = short_label(file.get("session")), file.get("rate_limits")
    since = known_since(limits, not_from_the_future(as_of, now))
    windows = msgspec.convert(parse_rate_limits(limits, now), list[Window])
    return [Reading(value=window, source=SESSION_SOURCE, as_of=since, session=session) for window in windows]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
