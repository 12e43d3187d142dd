"""EFFECT The ledger's database: opened, brought to the present schema, closed."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self

from quotaline.core.values import printable
from quotaline.errors import LedgerError
from quotaline.files import private_dir
from quotaline.ledger.schema import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

BUSY_SECONDS = 30.0
READER_SECONDS = 1.0
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_waits: ContextVar[list[float]] = ContextVar("waits")
MAKE_ROOM = "The disk is full: make room on it and run this again; nothing in the ledger is lost."
NO_LOCKS = "The file system has no working locks: set QUOTALINE_DATA_DIR to a folder on a local disk."
HELD = "Another program holds it: run this again when that one is done."
REBUILD = "It is damaged: move the file away, and it is rebuilt from the transcripts that are still there."
NO_WRITE = "See the permissions of the file and of its folder, and whether the disk is mounted read-only."
REMEDIES = {
    sqlite3.SQLITE_CORRUPT: REBUILD,
    sqlite3.SQLITE_NOTADB: REBUILD,
    sqlite3.SQLITE_FULL: MAKE_ROOM,
    sqlite3.SQLITE_BUSY: HELD,
    sqlite3.SQLITE_LOCKED: HELD,
    sqlite3.SQLITE_PROTOCOL: NO_LOCKS,
    sqlite3.SQLITE_NOLFS: NO_LOCKS,
    sqlite3.SQLITE_READONLY: NO_WRITE,
    sqlite3.SQLITE_PERM: NO_WRITE,
    sqlite3.SQLITE_CANTOPEN: NO_WRITE,
    sqlite3.SQLITE_NOMEM: "There is not enough memory: run this again when there is more.",
    sqlite3.SQLITE_IOERR: "The disk or its file system reports an error: see to it and run this again; the file is kept.",
}
LOCKS = {
    sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_RDLOCK, sqlite3.SQLITE_IOERR_UNLOCK, sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
}  # fmt: skip
CACHE_KILOBYTES = 32 << 10  # the index of messages stays in memory while the first import writes it all over


class Ledger:
    """An open ledger; a context manager. Methods raise LedgerError when the database cannot be used."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; what was not committed is forgotten."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of it or nothing, whoever else writes. Waits for others 30 s, or as `short_waits` says."""
        with clear_errors():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite ends one by itself where the disk is full or broken
                    self.connection.execute("ROLLBACK")
                raise


@contextmanager
def clear_errors() -> Iterator[None]:
    """sqlite3's errors as LedgerError: one sentence of fact, one of what to do."""
    try:
        yield
    except sqlite3.Error as error:
        waits = _waits.get(None)
        if waits is not None and getattr(error, "sqlite_errorcode", 0) & 0xFF in LOCKED:
            waits[0] = 0.0
        what = printable(str(error))[:200]  # it may quote what stands in a damaged page
        raise LedgerError(f"The ledger cannot be used: {what}. {remedy(error)}") from error


def remedy(error: sqlite3.Error) -> str:
    """What to do about an error of SQLite, in a sentence. Only of a file that is damaged is it said to move it away."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in LOCKS:
        return NO_LOCKS
    return REMEDIES.get(code & 0xFF, "If this stays so, please report it; the file is kept as it is.")


@contextmanager
def short_waits(seconds: float = READER_SECONDS) -> Iterator[None]:
    """For a command that somebody waits for and that has an answer without the ledger.

    Ledgers opened in the block wait `seconds` for one that another program has locked, and once that was in vain not at all.
    """
    token = _waits.set([seconds])
    try:
        yield
    finally:
        _waits.reset(token)


def open_ledger(path: Path) -> Ledger:
    """Open the ledger at `path`, made when it is not there (0600 in 0700), and bring it to this version's schema.

    Raises LedgerError when it is not a database, was written by a newer quotaline, or stays locked.
    """
    try:
        private_dir(path.parent)
        _make(path)
        connection = sqlite3.connect(path, timeout=_waits.get([BUSY_SECONDS])[0], isolation_level=None)
    except OSError as error:
        todo = MAKE_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Check the folder's permissions."
        raise LedgerError(f"The ledger {path} cannot be opened: {error.strerror}. {todo}") from error
    except sqlite3.Error as error:
        raise LedgerError(f"The ledger {path} cannot be opened: {error}. {remedy(error)}") from error
    try:
        with clear_errors():
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return Ledger(connection)


def _make(path: Path) -> None:
    """An empty file where there is none. Raises LedgerError for what is no file: SQLite would wait for a FIFO."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except IsADirectoryError:
        raise LedgerError(f"The ledger {path} cannot be opened: it is a folder. Move it away.") from None
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
    if not regular:
        raise LedgerError(f"The ledger {path} cannot be opened: it is not a regular file. Move it away.")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
    if _version(connection) != len(MIGRATIONS):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)  # another process may have been faster
        if not 0 <= version <= len(MIGRATIONS):
            raise LedgerError(f"The ledger {path} was written by a newer quotaline. Update quotaline to read it.")
        migrate(connection, version)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Take the steps from `version` on. Raises LedgerError where the tables are not those of that version."""
    try:
        for step in MIGRATIONS[version:]:
            for statement in _statements(step):
                connection.execute(statement)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_ERROR:
            raise
        message = f"The ledger cannot be brought from schema {version} to {len(MIGRATIONS)}: {error}"
        raise LedgerError(f"{message}. It stays as it is; please report it.") from error


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _statements(script: str) -> Iterator[str]:
    """The statements of `script`: `executescript` would commit the transaction that holds them together."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
