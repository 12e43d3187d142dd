"""EFFECT The inbox: what each Claude Code session was handed on stdin and the prompt path left for us. Documented, so no alpha.

One file per session in `<cache dir>/inbox/*.json`, replaced whole at each render:

    {"version": 1, "session": "<id>", "as_of": 1795251000.2, "rate_limits": {
        "five_hour": {"used_percentage": 42, "resets_at": 1795251475}, "seven_day": {...},
        "spend_limit": {"used_percentage": 104.2, "resets_at": 1796083200, "used_usd": 521.0, "limit_usd": 500.0,
                        "period": "monthly"},
        "model_scoped": [{"display_name": "Fable", "utilization": 77, "resets_at": "2026-11-24T09:59:59.5+00:00"}]}}

Every field is optional; a broken file is no file, a broken window is no window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.model import Reading, Window
from quotaline.sources.fields import BadFieldError, dollars, label, moment, number, percent, share, table
from quotaline.sources.usage_body import model_scoped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = 1
KEPT_FOR = 8 * 86400.0
_LARGEST_FILE = 256 * 1024
_NAMES = {"five_hour": "Session (5h)", "seven_day": "Weekly", "spend_limit": "Spend limit"}


def read(cache_dir: Path, now: float) -> list[Reading]:
    """The readings of all sessions; files that nobody has written for 8 days are removed. No inbox is no readings.

    A time ahead of `now` counts as `now`, so that a clock put back does not make one session the newest for ever.
    """
    found: list[Reading] = []
    for path in sorted(_files(cache_dir / "inbox")):
        try:
            status = path.stat()
            if status.st_mtime < now - KEPT_FOR:
                path.unlink()
            elif path.suffix == ".json" and not path.name.startswith(".") and status.st_size <= _LARGEST_FILE:
                found.extend(parse(msgspec.json.decode(path.read_bytes()), now))
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue  # gone, being replaced or broken: the next render writes it anew
    return found


def parse(content: object, now: float) -> list[Reading]:
    """The readings in one decoded inbox file; [] for whatever is not one."""
    file = table(content)
    limits = table(file.get("rate_limits"))
    try:
        as_of = number(file.get("as_of"))
    except BadFieldError:
        return []
    if file.get("version") != VERSION or as_of is None:
        return []
    session = label(file.get("session"))
    return [Reading(value=window, source="statusline", as_of=min(as_of, now), session=session) for window in _windows(limits)]


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _windows(limits: dict[str, Any]) -> Iterator[Window]:
    for key, name in _NAMES.items():
        try:
            window = _window(key, name, limits.get(key))
        except BadFieldError:
            continue
        if window is not None:
            yield window
    yield from model_scoped(limits.get("model_scoped"), [])


def _window(key: str, name: str, value: object) -> Window | None:
    """One window as Claude Code hands it over; None when it holds no number. Raises BadFieldError."""
    block = table(value)
    used, limit = dollars(block.get("used_usd")), dollars(block.get("limit_usd"))
    utilization = percent(block.get("used_percentage"))
    if utilization is None:
        utilization = share(used, limit)
    if utilization is None and used is None:
        return None
    period = label(block.get("period"))
    return Window(
        id=key,
        name=name,
        utilization=utilization,
        resets_at=moment(block.get("resets_at")),
        used_money=used,
        limit_money=limit,
        extras={"period": period} if period else {},
    )
