"""EFFECT Rows that only the messages tell, since the sums know none of it: by session, project, main agent or subagent."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from quotaline.core.periods import DAY
from quotaline.ledger.projects import projects
from quotaline.ledger.rows import HistoryRow, dearest, history_row
from quotaline.ledger.usage import STEP, SUMS, RecordedPart, UsagePart, as_part, recorded_between
from quotaline.transcripts.row import SIDECHAIN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from sqlite3 import Connection

    from quotaline.prices import PriceBook

AGENTS = ("main", "subagent")
RUNS = "recorded runs"  # whose totals hold their subagents'
GROUPED = frozenset({"session", "project", "subagent"})


class _Used(NamedTuple):
    """What was used in a session and a folder, by their ids, by a subagent or not."""

    session: int
    folder: int
    sidechain: int
    part: UsagePart


class Messages:
    """The messages from `start` until before `end`, epoch seconds, those that `which` chooses, and the runs beside them.

    They are read once for all `ways` in which they are told apart: of a year's messages that is most of the time.
    """

    def __init__(
        self, connection: Connection, start: float, end: float, *, which: str, ways: Collection[str], runs: bool
    ) -> None:
        self._connection, self._start, self._end, self._which, self._runs = connection, start, end, which, runs
        self._keys = "session_id, project_id" if {"session", "project"} & set(ways) else "0, 0"
        self._keys += f", flags & {SIDECHAIN}" if "subagent" in ways else ", 0"

    def rows(self, by: str, prices: PriceBook) -> list[HistoryRow]:
        """The rows of one of the ways, which is one of GROUPED."""
        if by == "session":
            return self._sessions(prices)
        if by == "subagent":
            agents = [(AGENTS[bool(one.sidechain)], one.part) for one in self._used]
            return _dearest([*agents, *((RUNS, run.part) for run in self._recorded)], prices)
        paths = self._paths
        found = [(paths[one.session, one.folder], one.part) for one in self._used]
        return _dearest([*found, *((paths[run.session, run.folder], run.part) for run in self._recorded)], prices)

    @cached_property
    def _used(self) -> list[_Used]:
        query = f"""SELECT {self._keys}, time / ({DAY} * 1000) * 96, name, flags & 3, {STEP}, {SUMS}
            FROM message JOIN model ON model.id = model_id WHERE time >= ? AND time < ? AND {self._which}
            GROUP BY 1, 2, 3, 4, 5, 6, 7"""  # noqa: S608 - names of our own
        rows = self._connection.execute(query, (self._start * 1000, self._end * 1000))
        return [_Used(session, folder, sidechain, as_part(row)) for session, folder, sidechain, *row in rows]

    @cached_property
    def _recorded(self) -> list[RecordedPart]:
        return recorded_between(self._connection, self._start, self._end, self._which) if self._runs else []

    @cached_property
    def _paths(self) -> dict[tuple[int, int], str]:
        return projects(self._connection)

    def _sessions(self, prices: PriceBook) -> list[HistoryRow]:
        found: dict[int, list[UsagePart]] = defaultdict(list)
        for one in self._used:
            found[one.session].append(one.part)
        for run in self._recorded:
            found[run.session].append(run.part)
        first_in: dict[int, str] = {}
        for (session, _), path in self._paths.items():
            first_in.setdefault(session, path)
        times = [*self._times("message"), *(self._times("counted_run") if self._recorded else ())]
        return [
            history_row(
                uuid,
                found[key],
                prices,
                starts_at=first / 1000,
                ends_at=last / 1000,
                project=first_in[key],
                account=account,
                client_cost_usd=None if cost is None else Decimal(cost),
            )
            for key, uuid, first, last, account, cost in sorted(times, key=lambda row: (row[2], row[1]))
            if key in found
        ]

    def _times(self, table: str) -> list[tuple[int, str, int, int, str | None, str | None]]:
        """Each session's id, name, first and last time (milliseconds), account, and cost by the client's own count."""
        query = f"""SELECT session_id, session.uuid, min(time), max(time), account.uuid, client_cost
            FROM {table} JOIN session ON session.id = session_id LEFT JOIN account ON account.id = session.account_id
            WHERE time >= ? AND time < ? AND {self._which} GROUP BY 1"""  # noqa: S608 - as above
        return self._connection.execute(query, (self._start * 1000, self._end * 1000)).fetchall()


def _dearest(keyed: Iterable[tuple[str, UsagePart]], prices: PriceBook) -> list[HistoryRow]:
    found: dict[str, list[UsagePart]] = defaultdict(list)
    for key, part in keyed:
        found[key].append(part)
    return dearest([history_row(key, parts, prices) for key, parts in found.items()])
