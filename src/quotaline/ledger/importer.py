"""EFFECT What was appended to the transcripts → rows of the ledger, in transactions that can each be the last one.

Storing is idempotent: a message that comes again changes nothing but what has grown. So two imports at once, or one that was
killed and starts again, lose nothing and double nothing, and there is no lock beside the database's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.ledger.find import find
from quotaline.ledger.sums import renew
from quotaline.ledger.workers import scan_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from sqlite3 import Connection

    from quotaline.ledger.scan import Scanned
    from quotaline.ledger.store import Ledger

CHUNK_ROWS = 16_384  # of one transaction: some 8 MB of memory, and what is lost to `kill -9`

STORE = """
INSERT INTO message (message_id, request_id, time, session_id, project_id, model_id, flags, account_id,
  input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, file_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (message_id, request_id) DO UPDATE SET
  {first}
  time = min(time, excluded.time),
  flags = (flags | excluded.flags) & 3 | (flags & excluded.flags & 4),
  {largest}
WHERE {earlier} OR flags <> ((flags | excluded.flags) & 3 | (flags & excluded.flags & 4)) OR {grown}
"""
_EARLIER = "(excluded.time, excluded.flags & 4, excluded.file_id) < (time, flags & 4, file_id)"
_COUNTERS = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "web_searches")
STORE = STORE.format(
    first="".join(
        f"{column} = CASE WHEN {_EARLIER} THEN excluded.{column} ELSE {column} END,\n  "
        for column in ("session_id", "project_id", "account_id", "file_id")
    ),
    largest=", ".join(f"{column} = max({column}, excluded.{column})" for column in _COUNTERS),
    earlier=_EARLIER,
    grown=" OR ".join(f"excluded.{column} > {column}" for column in _COUNTERS),
)


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import did. `unreadable` names files and folders, with the reason, the first time they cannot be read."""

    files_read: int = 0
    bytes_read: int = 0
    lines_skipped: int = 0
    unreadable: tuple[str, ...] = ()


def import_transcripts(
    ledger: Ledger, config_dirs: Sequence[Path], *, progress: Callable[[int, int], None] | None, thorough: bool
) -> ImportReport:
    """Bring the ledger up to the transcripts under `config_dirs`."""
    jobs, problems = find(ledger.connection, config_dirs, thorough=thorough)
    if not jobs:
        return ImportReport(unreadable=tuple(problems))
    files = size = skipped = done = 0
    total = sum(max(job.size - job.offset, 0) for job in jobs)
    pending: list[Scanned] = []
    rows = 0
    store = _Store(ledger)
    for scanned in scan_all(jobs):
        pending.append(scanned)
        rows += len(scanned.rows)
        if scanned.whole:
            files += scanned.problem is None
            size += scanned.bytes_read
            skipped += scanned.skipped
            done += max(scanned.state.size - scanned.state.offset, 0)
        if rows >= CHUNK_ROWS:
            store.write(pending)
            pending, rows = [], 0
            if progress:
                progress(size, max(total, size))
    store.write(pending)
    if progress:
        progress(size, size)
    return ImportReport(files_read=files, bytes_read=size, lines_skipped=skipped, unreadable=(*problems, *store.problems))


class _Names(dict[str, int]):
    """The ids of one table's names, found or given when first asked for."""

    def __init__(self, connection: Connection, table: str, column: str) -> None:
        super().__init__()
        self._connection, self._table, self._column = connection, table, column

    def __missing__(self, name: str) -> int:
        find = f"SELECT id FROM {self._table} WHERE {self._column} = ?"  # noqa: S608 - names of our own
        found = self._connection.execute(find, (name,)).fetchone()
        if found is None:
            add = f"INSERT INTO {self._table} ({self._column}) VALUES (?)"  # noqa: S608
            self[name] = int(self._connection.execute(add, (name,)).lastrowid or 0)
        else:
            self[name] = found[0]
        return self[name]


class _Store:
    """Writes what was scanned."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.problems: list[str] = []

    def write(self, results: list[Scanned]) -> None:
        """One transaction: rows, the sums that they change, what files say of sessions, and where to go on in each file."""
        with self._ledger.transaction() as connection:
            names = [_Names(connection, *name) for name in (("session", "uuid"), ("project", "path"), ("model", "name"))]
            sessions, projects, models = names
            accounts: dict[str | None, Any] = _Names(connection, "account", "uuid")  # type: ignore[assignment]
            accounts[None] = None
            stale = set()
            values = []
            for scanned in results:
                for row in scanned.rows:
                    stale.add((row[2] // 900_000,))
                    ids = (sessions[row[3]], projects[row[4]], models[row[5]], row[6], accounts[row[7]])
                    values.append((*row[:3], *ids, *row[8:]))
            connection.executemany(STORE, values)
            for scanned in results:
                if scanned.whole:
                    self._keep(connection, scanned, sessions, accounts)
            renew(connection, stale)

    def _keep(self, connection: Connection, scanned: Scanned, sessions: _Names, accounts: dict[str | None, Any]) -> None:
        state = scanned.state
        if scanned.problem is not None:
            update = "UPDATE file SET problem = ? WHERE id = ? AND problem IS NULL"
            if connection.execute(update, (scanned.problem, state.file_id)).rowcount:
                self.problems.append(f"{state.path}: {scanned.problem}")
            return
        for session, account in (scanned.owners or {}).items():
            connection.execute("UPDATE session SET account_id = ? WHERE id = ?", (accounts[account], sessions[session]))
        for session, cost in (scanned.costs or {}).items():
            connection.execute("UPDATE session SET client_cost = ? WHERE id = ?", (cost, sessions[session]))
        connection.execute(
            """UPDATE file SET inode = ?, size = ?, mtime_ns = ?, read_to = ?, guard = ?, guarded = ?, account_id = ?,
                skipping = ?, problem = NULL WHERE id = ?""",
            (
                scanned.inode,
                state.size,
                scanned.mtime_ns,
                state.offset,
                state.guard,
                state.guarded,
                accounts[state.owner],
                state.skipping,
                state.file_id,
            ),
        )
