"""PURE A row of usage: where each value stands in it, and between which times one can be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

FAST, US, SIDECHAIN = 1, 2, 4
# Places in a row: behind the six counters stand the part, when the line with the largest counters was written (None: the
# first), and, while the file is read, the time as it was written.
TIME, SESSION, PROJECT, MODEL, FLAGS, OWNER, COUNTERS, PART, FULL_TIME, WRITTEN = 2, 3, 4, 5, 6, 7, slice(8, 14), 14, 15, 16

DAY_MS: Final = 86_400_000
FIRST_MS: Final = 946_684_800_000  # 2000: no API message is older
THIS_RELEASE_MS: Final = 1_795_219_200_000  # 2026-11-21
END_MS: Final = 4_102_444_800_000  # 2100


def milliseconds(timestamp: str, newest: int) -> int:
    """ISO 8601 → milliseconds since the epoch; a time without zone is UTC. Raises ValueError outside 2000 to `newest`."""
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    time = round(moment.timestamp() * 1000)
    if not FIRST_MS <= time < newest:
        raise ValueError("No API message is that old, or newer than tomorrow.")
    return time


def tomorrow(now: float) -> int:
    """The first millisecond that a message cannot have at `now`, epoch seconds.

    A clock that stands before this release is wrong: it must not cost the messages of a better one.
    """
    at = int(now * 1000)
    return at + DAY_MS if at >= THIS_RELEASE_MS else END_MS
