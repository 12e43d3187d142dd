"""EFFECT The inbox: what each Claude Code session was handed on stdin and the prompt path left for us. Documented, so no alpha.

One file per session in `<cache dir>/inbox/*.json`, replaced whole at each render:

    {"version": 1, "session": "<id>", "as_of": 1795251000.2, "rate_limits": {...}}

What `rate_limits` holds is said in `core/rate_limits.py`. A broken file is no file, a broken window is no window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from quotaline.core.merge import SESSION_SOURCE
from quotaline.core.periods import DAY, not_from_the_future
from quotaline.core.rate_limits import known_since, parse_rate_limits
from quotaline.core.values import short_label
from quotaline.files import read_file
from quotaline.model import Reading, Window
from quotaline.sources.fields import BadFieldError, number, table
from quotaline.sources.json_text import decode_json

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
KEPT_FOR = 8.0 * DAY
_LARGEST_FILE = 256 * 1024


def read(cache_dir: Path, now: float) -> list[Reading]:
    """The readings of all sessions; files that nobody has written for 8 days are removed. No inbox is no readings.

    A time ahead of `now` was written by a clock that ran ahead: see `not_from_the_future`.
    """
    found: list[Reading] = []
    for path in sorted(_files(cache_dir / "inbox")):
        try:
            status = path.stat()
            if status.st_mtime < now - KEPT_FOR:
                path.unlink()
            elif path.suffix == ".json" and not path.name.startswith("."):
                found.extend(parse(decode_json(read_file(path, _LARGEST_FILE)), now))
        except (OSError, ValueError):
            continue  # gone, being replaced or broken: the next render writes it anew
    return found


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


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
