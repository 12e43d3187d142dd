"""EFFECT Claude Code's own statistics, `stats-cache.json`: how many tokens a day had, also a day whose transcripts are gone.

Undocumented. It counts input and output and leaves the cache's tokens out, so no price follows from it; today is not in it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from quotaline.core.values import printable
from quotaline.errors import SourceError
from quotaline.ledger.imported import ImportedDay
from quotaline.sources.fields import table
from quotaline.sources.json_text import read_table

if TYPE_CHECKING:
    from pathlib import Path

NAME = "stats-cache.json"
LARGEST_FILE = 4 * 1024 * 1024
"""Bytes; ten years of days are some hundred kilobytes."""
MOST_TOKENS = 10**12
"""Of a model in a day; what is beyond it is no count."""
LONGEST_MODEL = 100
DAY = re.compile(r"20\d\d-\d\d-\d\d")


def read(path: Path) -> list[ImportedDay]:
    """The days of the file at `path`; one that cannot be understood costs itself. Raises SourceError where there is none."""
    body = read_table(path, LARGEST_FILE, "Claude Code")
    found: dict[str, dict[str, int]] = {}
    for key, entry in _entries(body.get("dailyModelTokens")):
        models = {printable(str(name))[:LONGEST_MODEL]: count for name, count in table(entry.get("tokensByModel")).items()}
        found[key] = {name: count for name, count in models.items() if name and _is_count(count)}
    counts = dict(_entries(body.get("dailyActivity")))
    days = [
        ImportedDay(
            key,
            models,
            *(_count(counts.get(key, {}).get(name)) for name in ("messageCount", "sessionCount", "toolCallCount")),
        )
        for key, models in sorted(found.items())
        if any(models.values())
    ]
    if not days:
        raise SourceError(f"{path.name} holds no day that can be understood.")
    return days


def _entries(rows: object) -> list[tuple[str, dict[str, Any]]]:
    """Each object with the day that it is about."""
    found = []
    for row in rows if isinstance(rows, list) else ():
        day = table(row).get("date")
        if isinstance(day, str) and DAY.fullmatch(day) and _is_day(day):
            found.append((day, table(row)))
    return found


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and _is_count(value) else None
