"""EFFECT The usage in many short spans of time at once, told apart by project, session, model, subagent or day."""

from __future__ import annotations

import math
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from quotaline.core.periods import DAY, LATEST
from quotaline.ledger.grouped import AGENTS
from quotaline.ledger.projects import IN_PROJECT, keep_only, projects
from quotaline.ledger.store import clear_errors
from quotaline.ledger.usage import QUARTER, STEP, SUMS, UsagePart, as_part
from quotaline.prices import model_name
from quotaline.transcripts.row import SIDECHAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import tzinfo
    from sqlite3 import Connection

    from quotaline.ledger.projects import Project

Key = Literal["project", "session", "model", "subagent", "day"]
KEYS: tuple[str, ...] = get_args(Key)
NOBODY = -1


class Which(NamedTuple):
    """Which messages count, and which of them are asked for.

    Those of `account` count, and those in `config_dirs` of no known account. Asked for is what lies from `start` until before
    `end`, epoch seconds, and in `project`, or in any.
    """

    account: str | None
    config_dirs: tuple[str, ...]
    start: float = 0.0
    end: float = math.inf
    project: Project | None = None


class SpanUsage(NamedTuple):
    """What `key` used in the span of this number; None is what was not asked for."""

    span: int
    key: str | None
    part: UsagePart


class Spans:
    """Spans of one ledger, looked into by one kind of key. Methods raise LedgerError."""

    def __init__(self, connection: Connection, by: Key, tz: tzinfo, which: Which) -> None:
        self._connection = connection
        with clear_errors():
            if which.project is not None:
                keep_only(connection, which.project)
            self._query, self._named = _query(connection, by, which), _named(connection, by, tz)
            connection.execute("CREATE TEMP TABLE IF NOT EXISTS span (span INTEGER PRIMARY KEY, first, last)")

    def usage(self, spans: Iterable[tuple[float, float]]) -> Iterator[SpanUsage]:
        """What was used after the start and not after the end of each span, epoch seconds."""
        rows = ((number, round(first * 1000), round(last * 1000)) for number, (first, last) in enumerate(spans))
        with clear_errors():
            self._connection.execute("DELETE FROM temp.span")
            self._connection.executemany("INSERT INTO temp.span VALUES (?, ?, ?)", rows)
            for span, asked, session, folder, *row in self._connection.execute(self._query):
                part = as_part(row)
                yield SpanUsage(span, self._named(session, folder, part) if asked else None, part)


def _query(connection: Connection, by: Key, which: Which) -> str:
    dirs = [str(number) for number, path in connection.execute("SELECT id, path FROM config_dir") if path in which.config_dirs]
    here = f"file_id IN (SELECT id FROM file WHERE config_dir_id IN ({', '.join(dirs)}))"  # noqa: S608 - names and numbers of our own
    if which.account is not None:
        (account,) = connection.execute("SELECT max(id) FROM account WHERE uuid = ?", (which.account,)).fetchone()
        owner = "coalesce(message.account_id, session.account_id)"
        here = f"iif({owner} IS NULL, {here}, {owner} = {account or NOBODY})"
    keys = {"session": "session_id, 0", "project": "session_id, project_id"}.get(by, "0, 0")
    unit = QUARTER if by == "day" else DAY
    asked = f"time >= {max(which.start, 0.0) * 1000!r} AND time < {min(which.end, LATEST) * 1000!r}"
    return f"""SELECT span, {asked} AND {IN_PROJECT if which.project is not None else "TRUE"}, {keys},
          time / ({unit} * 1000) * {unit // QUARTER}, name, flags & 7, {STEP}, {SUMS}
        FROM temp.span CROSS JOIN message ON time > first AND time <= last
        JOIN session ON session.id = session_id JOIN model ON model.id = model_id
        WHERE {here} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""  # noqa: S608


def _named(connection: Connection, by: Key, tz: tzinfo) -> Callable[[int, int, UsagePart], str]:
    """How a row's key is called: by the ids of its session and folder, or by what was used."""
    if by == "session":
        uuids = dict(connection.execute("SELECT id, uuid FROM session"))
        return lambda session, _folder, _part: uuids[session]
    if by == "project":
        paths = projects(connection)
        return lambda session, folder, _part: paths[session, folder]
    if by == "day":
        days = cache(lambda moment: datetime.fromtimestamp(moment, tz).date().isoformat())
        return lambda _session, _folder, part: days(part.time)
    if by == "model":
        return lambda _session, _folder, part: model_name(part.model)
    return lambda _session, _folder, part: AGENTS[bool(part.flags & SIDECHAIN)]
