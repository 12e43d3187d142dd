"""EFFECT What was appended to the transcripts → rows of the ledger, in transactions that can each be the last one.

Storing is idempotent: a message that comes again changes nothing but what has grown. So two imports at once, or one that was
killed and starts again, lose nothing and double nothing, and there is no lock beside the database's own.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct

from quotaline.ledger.first_import import FirstImport
from quotaline.ledger.names import Names
from quotaline.ledger.store import clear_errors
from quotaline.ledger.sums import renew
from quotaline.transcripts.discover import discover
from quotaline.transcripts.row import MODEL, OWNER, PROJECT, SESSION, TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from sqlite3 import Connection
    from types import TracebackType

    from quotaline.ledger.store import Ledger
    from quotaline.transcripts.job import Scanned

BATCH_ROWS = 8192  # rows kept in memory, some 4 MB
COMMIT_SECONDS = 1.0  # what is lost to `kill -9`, and how long another writer waits
FIRST_SECONDS = 10.0  # the same for the first transaction of an empty ledger

INSERT = """
INSERT INTO message (message_id, request_id, time, session_id, project_id, model_id, flags, account_id,
  input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, part, full_time, file_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
STORE = """{insert}
ON CONFLICT (message_id, request_id, part) DO UPDATE SET
  {first}
  full_time = CASE WHEN {fuller} THEN coalesce(excluded.full_time, excluded.time) ELSE coalesce(full_time, time) END,
  full_file_id = CASE WHEN {fuller} THEN excluded.file_id ELSE coalesce(full_file_id, file_id) END,
  flags = (flags | excluded.flags) & 3 | (flags & excluded.flags & 4),
  {largest}
WHERE {earlier} OR {fuller} OR flags <> ((flags | excluded.flags) & 3 | (flags & excluded.flags & 4)) OR {grown}
"""
_EARLIER = "(excluded.flags & 4, excluded.time, excluded.file_id) < (flags & 4, time, file_id)"
_TOKENS = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")
_HERE = "(flags & 4, {})".format(" + ".join(f"-{column}" for column in _TOKENS))
_NEW = "(excluded.flags & 4, {})".format(" + ".join(f"-excluded.{column}" for column in _TOKENS))
_PATH = "(SELECT path FROM file WHERE id = {})"
# The copy outside a subagent, with the most tokens, in the first file by path: how others tell which copy counts.
_FULLER = f"""({_NEW} < {_HERE} OR {_NEW} = {_HERE} AND excluded.file_id <> coalesce(full_file_id, file_id)
  AND {_PATH.format("excluded.file_id")} < {_PATH.format("coalesce(full_file_id, file_id)")})"""
_COUNTERS = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "web_searches")
STORE = STORE.format(
    insert=INSERT,
    first="".join(
        f"{column} = CASE WHEN {_EARLIER} THEN excluded.{column} ELSE {column} END,\n  "
        for column in ("session_id", "project_id", "account_id", "file_id", "time")
    ),
    largest=", ".join(f"{column} = max({column}, excluded.{column})" for column in _COUNTERS),
    earlier=_EARLIER,
    fuller=_FULLER,
    grown=" OR ".join(f"excluded.{column} > {column}" for column in _COUNTERS),
)
FOLDER = """
INSERT INTO session_folder VALUES (?, ?, ?)
ON CONFLICT (session_id, project_id) DO UPDATE SET first = excluded.first WHERE excluded.first < first
"""


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import did. `unreadable` names files and folders, with the reason, the first time they cannot be read."""

    files_read: int = 0
    bytes_read: int = 0
    lines_skipped: int = 0
    unreadable: tuple[str, ...] = ()


def import_transcripts(
    ledger: Ledger,
    config_dirs: Sequence[Path],
    *,
    progress: Callable[[int, int], None] | None = None,
    thorough: bool = False,
) -> ImportReport:
    """Read what was appended to the transcripts under `config_dirs`. `progress` is called with bytes done and bytes in all.

    Beyond some thousands of files those that rest take turns to be looked at; `thorough` looks at every one. Raises
    LedgerError.
    """
    with clear_errors():
        return _import(ledger, config_dirs, progress, thorough=thorough)


def _import(
    ledger: Ledger, config_dirs: Sequence[Path], progress: Callable[[int, int], None] | None, *, thorough: bool
) -> ImportReport:
    jobs, problems = discover(ledger.connection, config_dirs, thorough=thorough)
    if not jobs:
        return ImportReport(unreadable=tuple(problems))
    from quotaline.transcripts.workers import scan_all  # noqa: PLC0415 - most refreshes have nothing to read

    total = sum(job.ahead for job in jobs)
    files = done = skipped = 0
    with _Store(ledger) as store:
        for scanned in scan_all(jobs):
            store.add(scanned)
            if scanned.whole:
                files += scanned.problem is None
                done += scanned.bytes_read
                skipped += scanned.skipped
                if progress:
                    progress(done, max(total, done))
    return ImportReport(files_read=files, bytes_read=done, lines_skipped=skipped, unreadable=(*problems, *store.problems))


def _empty(connection: Connection) -> bool:
    """Whether no message is there yet."""
    return connection.execute("SELECT 1 FROM message LIMIT 1").fetchone() is None


class _Store:
    """Writes what was scanned: rows in large batches, a commit every `COMMIT_SECONDS` and at the end.

    What an empty ledger is filled with in `FIRST_SECONDS` is one transaction, since the indexes are made at its end.

    Each commit holds the rows, the sums that they change, what the files say of sessions, and where to go on in each file.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._connection = ledger, ledger.connection
        self._pending: list[Scanned] = []
        self._rows = 0
        self._stale: set[int] = set()
        self._folders: dict[tuple[int, int], int] = {}
        self._begun: float | None = None
        self._first: FirstImport | None = None
        self.problems: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._write()
            self._commit()
        elif self._begun is not None:
            self._connection.execute("ROLLBACK")

    def add(self, scanned: Scanned) -> None:
        """Take over one result."""
        self._pending.append(scanned)
        self._rows += len(scanned.rows)
        if self._rows >= BATCH_ROWS:
            self._write()
            if self._due():
                self._commit()

    def _due(self) -> bool:
        """Whether it is time to commit."""
        if self._first and self._first.full:
            return True
        limit = FIRST_SECONDS if self._first else COMMIT_SECONDS
        return self._begun is not None and time.monotonic() - self._begun > limit

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._begun = time.monotonic()
        if _empty(self._connection):
            self._first = FirstImport(self._connection, INSERT)
        self._sessions = Names(self._connection, "session", "uuid")
        self._transcribed = Names(self._connection, "session", "uuid")
        self._projects = Names(self._connection, "project", "path")
        self._models = Names(self._connection, "model", "name")
        self._accounts = Names(self._connection, "account", "uuid")

    def _commit(self) -> None:
        if self._begun is not None:
            if self._first:
                self._connection.executemany(STORE, self._first.finish())
                self._first = None
            renew(self._connection, ((quarter,) for quarter in self._stale))
            told = "UPDATE session SET transcribed = 1 WHERE id = ? AND NOT transcribed"
            self._connection.executemany(told, ((session,) for session in self._transcribed.values()))
            self._connection.executemany(FOLDER, ((*pair, first) for pair, first in self._folders.items()))
            self._stale.clear()
            self._folders.clear()
            self._connection.execute("COMMIT")
            self._begun = None

    def _write(self) -> None:
        if self._begun is None:
            self._begin()
        if self._first is None:
            self._connection.executemany(STORE, self._values())
        else:
            self._first.add(self._values())
        for scanned in self._pending:
            if scanned.whole:
                self._keep(scanned)
        self._pending.clear()
        self._rows = 0

    def _values(self) -> Iterator[list[Any]]:
        """The rows, in which ids now stand for names. Written out, since it is done for each message of a history."""
        stale, folders, accounts = self._stale, self._folders, self._accounts
        sessions, projects, models = self._transcribed, self._projects, self._models
        for scanned in self._pending:
            for row in scanned.rows:
                stale.add(row[TIME] // 900_000)
                row[MODEL] = models[row[MODEL]]
                row[SESSION], row[PROJECT] = pair = sessions[row[SESSION]], projects[row[PROJECT]]
                if row[TIME] < folders.get(pair, row[TIME] + 1):
                    folders[pair] = row[TIME]
                if row[OWNER] is not None:
                    row[OWNER] = accounts[row[OWNER]]
                yield row

    def _account(self, uuid: str | None) -> int | None:
        return None if uuid is None else self._accounts[uuid]

    def _keep(self, scanned: Scanned) -> None:
        """What a file says of sessions, and where to go on in it."""
        connection, state = self._connection, scanned.state
        if scanned.problem is not None:
            update = "UPDATE file SET problem = ? WHERE id = ? AND problem IS NULL"
            if connection.execute(update, (scanned.problem, state.file_id)).rowcount:
                self.problems.append(f"{state.path}: {scanned.problem}")
            return
        for session, account in (scanned.owners or {}).items():
            values = (self._account(account), self._sessions[session])
            connection.execute("UPDATE session SET account_id = ? WHERE id = ?", values)
        for session, cost in (scanned.costs or {}).items():
            connection.execute("UPDATE session SET client_cost = ? WHERE id = ?", (cost, self._sessions[session]))
        connection.execute(
            """UPDATE file SET inode = ?, size = ?, mtime_ns = ?, read_to = ?, guard = ?, guarded = ?, account_id = ?,
                skipping = ?, skipped = iif(?, 0, skipped) + ?, problem = NULL WHERE id = ?""",
            (
                *(scanned.inode, state.size, scanned.mtime_ns, state.offset, state.guard, state.guarded),
                *(self._account(state.owner), state.skipping, scanned.anew, scanned.skipped, state.file_id),
            ),
        )
