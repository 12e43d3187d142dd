"""EFFECT What Claude Desktop keeps of the windows, `plan-usage-history.json`: percent each quarter of an hour for 30 days.

Undocumented. It names the organisation and no reset.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.core import paths
from quotaline.core.periods import CLOCK_JITTER, parse_moment
from quotaline.core.values import short_label
from quotaline.core.windows import EXTRA_USAGE, FIVE_HOUR
from quotaline.errors import SourceError
from quotaline.ledger.imported import ImportedLevel
from quotaline.sources.fields import BadFieldError, percent, table
from quotaline.sources.json_text import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "plan-usage-history.json"
LARGEST_FILE = 8 * 1024 * 1024
"""Bytes; thirty days of samples are some 300 kilobytes."""
WINDOWS = {"fh": FIVE_HOUR, "sd": "seven_day", "xu": EXTRA_USAGE}
"""Its own key of a window → ours."""
FIRST = 1_577_836_800.0
"""2020, before which no sample was taken."""


def path_of(env: Mapping[str, str]) -> Path:
    """Where Claude Desktop keeps it: below `~/Library/Application Support` on macOS, else in the folder of configurations."""
    home = Path(paths.home(env))
    mac = home / "Library" / "Application Support" / "Claude"
    return (mac if mac.is_dir() else Path(env.get("XDG_CONFIG_HOME") or home / ".config", "Claude")) / NAME


def read(path: Path, now: float) -> list[ImportedLevel]:
    """The levels in the file, the oldest first; a sample that cannot be understood costs itself. Raises SourceError."""
    body = read_table(path, LARGEST_FILE, "Claude Desktop")
    samples = body.get("samples")
    found = [level for sample in (samples if isinstance(samples, list) else ()) for level in _levels(table(sample), now)]
    if not found:
        raise SourceError(f"{path.name} holds no sample that can be understood.")
    return sorted(found, key=lambda one: (one.at, one.window))


def _levels(sample: Mapping[str, object], now: float) -> list[ImportedLevel]:
    owner, used = short_label(sample.get("org")), table(sample.get("u"))
    try:
        at = parse_moment(sample.get("t"))
    except ValueError:
        return []
    if owner is None or at is None or not FIRST <= at <= now + CLOCK_JITTER:
        return []
    found = []
    for key, window in WINDOWS.items():
        try:
            level = percent(used.get(key))
        except BadFieldError:
            continue
        if level is not None:
            found.append(ImportedLevel(owner, window, at, level))
    return found
