"""EFFECT The 5-hour blocks: those of the messages, which `sums` keeps, and of the runs without transcripts beside them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from quotaline.core.periods import HOUR
from quotaline.ledger.accounts import in_dirs
from quotaline.ledger.sums import BLOCK_HOURS
from quotaline.ledger.usage import has_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from sqlite3 import Connection

    from quotaline.ledger.accounts import Dirs

LOOK_BACK = 48  # hours in which a pause is looked for at first


def block_start(connection: Connection, now: float, dirs: Dirs = None) -> float | None:
    """Where the guessed 5-hour block of `dirs` that holds `now` starts, epoch seconds."""
    present = int(now // HOUR)
    for start in reversed(block_hours(connection, present - BLOCK_HOURS + 1, present + 1, dirs=dirs)):
        return float(start * HOUR)
    return None


def block_hours(connection: Connection, first: int, behind: int, *, runs: bool = True, dirs: Dirs = None) -> list[int]:
    """The hours since the epoch, from `first` until before `behind`, at which a block starts, as guessed.

    With runs in between, or of some folders only, they are told anew from the last pause of five hours on, which ends every
    block before it.
    """
    known = "SELECT start FROM block WHERE start >= ? AND start < ? ORDER BY start"
    if dirs is None and not (runs and has_runs(connection)):
        return [start for (start,) in connection.execute(known, (first, behind))]
    back = LOOK_BACK
    while True:
        edge = first - back
        hours = _busy(connection, edge, behind, dirs)
        sure = [place for place, hour in enumerate(hours) if hour - (hours[place - 1] if place else edge) >= BLOCK_HOURS]
        begins = [place for place in sure if place == 0 or hours[place] <= first]
        if begins or not hours or edge <= 0:
            return [start for start in _chain(hours[max(begins, default=0) :]) if start >= first]
        back *= 4


def _busy(connection: Connection, first: int, behind: int, dirs: Dirs) -> list[int]:
    """The hours with usage, in their order."""
    here = in_dirs(dirs)
    query = f"""SELECT DISTINCT quarter / 4 FROM usage_quarter WHERE quarter >= ? AND quarter < ? AND {here}
        UNION SELECT time / 3600000 FROM counted_run WHERE time >= ? AND time < ? AND {here} ORDER BY 1"""  # noqa: S608 - numbers
    limits = (first * 4, behind * 4, first * HOUR * 1000, behind * HOUR * 1000)
    return [hour for (hour,) in connection.execute(query, limits)]


def _chain(hours: Iterable[int]) -> Iterator[int]:
    """A block starts at the first hour that none before it holds."""
    end = -math.inf
    for hour in hours:
        if hour >= end:
            end = hour + BLOCK_HOURS
            yield hour
