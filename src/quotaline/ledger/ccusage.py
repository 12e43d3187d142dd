"""EFFECT The ledger's messages as ccusage groups its entries.

An entry of ccusage is one line of a message: of all that tell of it the one with the most tokens, in the first file by path. So
its time, project and session are those of that line and of that file.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, NamedTuple

from quotaline.core.periods import DAY
from quotaline.ledger.store import clear_errors
from quotaline.ledger.usage import STEP, SUMS, UsagePart, as_part
from quotaline.transcripts.row import FIRST_MS, tomorrow
from quotaline.zone import day_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path
    from sqlite3 import Connection

Grain = Literal["day", "hour", "price"]
"""What is told apart of the time: local days, hours that hold their end and not their beginning, or nothing but prices."""
Place = Literal["project", "session", "nothing"]

_MOMENT = "coalesce(full_time, time)"
_DAY_MS = DAY * 1000
_SUBAGENTS, _NESTED, _FLAT = "subagents", 4, 2


class Entries(NamedTuple):
    """Entries of one model, price, span of time and place; `first` and `last` are their times, milliseconds since the epoch.

    Where the day, the project or the session is not told apart it is "".
    """

    first: int
    last: int
    day: str
    project: str
    session: str
    part: UsagePart


def entries(
    connection: Connection,
    config_dirs: Sequence[Path],
    span: tuple[float, float],
    tz: tzinfo = UTC,
    *,
    grain: Grain = "day",
    place: Place = "nothing",
) -> Iterator[Entries]:
    """The entries of these folders from the start until before the end of `span`, epoch seconds, in order of time.

    Days are those of `tz`. Raises LedgerError.
    """
    with clear_errors():
        places = _places(connection, config_dirs, place)
        first_day, when = None, f"({_MOMENT} - 1) / 3600000" if grain == "hour" else "0"
        if grain == "day":
            first_day, when = _day_number(connection, tz)
        query = f"""SELECT min({_MOMENT}), max({_MOMENT}), place, {when},
              {_MOMENT} / {_DAY_MS} * 96, name, flags & 3, {STEP}, {SUMS}
            FROM message JOIN temp.place ON place.file_id = coalesce(full_file_id, message.file_id)
            JOIN model ON model.id = model_id WHERE {_MOMENT} >= ? AND {_MOMENT} < ?
            GROUP BY 4, 3, 5, 6, 7, 8 ORDER BY 1"""  # noqa: S608 - names and numbers of our own
        reach = max(FIRST_MS, span[0] * 1000), min(tomorrow(time.time()), span[1] * 1000)
        for first, last, number, day, *row in connection.execute(query, reach):
            project, session = places[number]
            name = (first_day + timedelta(days=day)).isoformat() if first_day else ""
            yield Entries(first, last, name, project, session, as_part(row))


def _day_number(connection: Connection, tz: tzinfo) -> tuple[date, str]:
    """The first local day with messages, and SQL for the number of a message's day from there on.

    Days follow each other in runs of 24 hours each, but for the last one, in which the clock is changed.
    """
    query = f"SELECT min(time), max(coalesce(full_time, time)) FROM message WHERE time >= {FIRST_MS} AND time < ?"  # noqa: S608
    oldest, newest = connection.execute(query, (tomorrow(time.time()),)).fetchone()
    first = datetime.fromtimestamp((oldest or FIRST_MS) / 1000, tz).date()
    start, last = round(day_start(first, tz) * 1000), newest or FIRST_MS
    runs: list[list[int]] = []  # each its beginning, the number of its first day, how many days it has
    for number in count():
        if start > last:
            break
        if runs and start - runs[-1][0] == runs[-1][2] * _DAY_MS:
            runs[-1][2] += 1
        else:
            runs.append([start, number, 1])
        start = round(day_start(first + timedelta(days=number + 1), tz) * 1000)
    cases = (
        f"WHEN {_MOMENT} >= {begin} THEN {number} + min(({_MOMENT} - {begin}) / {_DAY_MS}, {days - 1})"
        for begin, number, days in reversed(runs)
    )
    return first, f"CASE {' '.join(cases)} ELSE 0 END"


def _places(connection: Connection, config_dirs: Sequence[Path], place: Place) -> list[tuple[str, str]]:
    """Fill `temp.place` with the files of the folders, and the number of the project or session that each belongs to."""
    numbers: dict[tuple[str, str], int] = {}
    rows = []
    query = "SELECT file.id, file.path, config_dir.path FROM file JOIN config_dir ON config_dir.id = config_dir_id"
    wanted = set(map(str, config_dirs))
    for file_id, path, config_dir in connection.execute(query):
        if config_dir in wanted:
            project, session, folder = session_of(path, config_dir)
            key = {"project": (project, ""), "session": (folder, session), "nothing": ("", "")}[place]
            rows.append((file_id, numbers.setdefault(key, len(numbers))))
    connection.execute("DROP TABLE IF EXISTS temp.place")
    connection.execute("CREATE TEMP TABLE place (file_id INTEGER PRIMARY KEY, place INTEGER)")
    connection.executemany("INSERT INTO temp.place VALUES (?, ?)", rows)
    return list(numbers)


def session_of(path: str, config_dir: str) -> tuple[str, str, str]:
    """A transcript's project, session, and the folder of its session, all of them from its path, as ccusage names them."""
    parts = PurePath(path).relative_to(PurePath(config_dir, "projects")).parts
    if len(parts) == _FLAT:
        return parts[0], parts[1].removesuffix(".jsonl"), parts[0]
    if len(parts) >= _NESTED and parts[-2] == _SUBAGENTS:
        return parts[0], parts[-3], str(PurePath(*parts[:-3]))
    folder = str(PurePath(*parts[:-2])) if len(parts) > _FLAT else "Unknown Project"
    return parts[0], parts[-2] if len(parts) > 1 else "unknown", folder
