"""EFFECT The ledger's database: opened, brought to the present schema, closed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self

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
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")


@contextmanager
def clear_errors() -> Iterator[None]:
    """sqlite3's errors as LedgerError: one sentence of fact, one of what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        waits = _waits.get(None)
        if waits is not None and getattr(error, "sqlite_errorcode", 0) & 0xFF in LOCKED:
            waits[0] = 0.0
        remedy = "If this stays so, move the file away: it is rebuilt."
        raise LedgerError(f"The ledger cannot be used: {error}. {remedy}") from error


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
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=_waits.get([BUSY_SECONDS])[0], isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"The ledger {path} cannot be opened: {error}. Check the folder's permissions.") from error
    try:
        with clear_errors():
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return Ledger(connection)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
    if _version(connection) != len(MIGRATIONS):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)  # another process may have been faster
        if version > len(MIGRATIONS):
            raise LedgerError(f"The ledger {path} was written by a newer quotaline. Update quotaline to read it.")
        for step in MIGRATIONS[version:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")


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
