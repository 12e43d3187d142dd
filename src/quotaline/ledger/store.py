"""EFFECT The ledger's database: opened, brought to the present schema, closed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from quotaline.errors import LedgerError
from quotaline.files import private_dir
from quotaline.ledger.schema import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path
    from types import TracebackType

    from quotaline.ledger.importer import ImportReport
    from quotaline.model import LocalTotals
    from quotaline.prices import PriceBook

BUSY_SECONDS = 30.0
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
        """A write transaction: all of it or nothing, whoever else writes. Waits for others for up to 30 s."""
        with clear_errors():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def import_transcripts(
        self,
        config_dirs: Sequence[Path],
        *,
        progress: Callable[[int, int], None] | None = None,
        thorough: bool = False,
    ) -> ImportReport:
        """Read what was appended to the transcripts under `config_dirs`. `progress` is called with bytes done and bytes in all.

        Beyond some thousands of files those that rest take turns to be looked at; `thorough` looks at every one.
        """
        from quotaline.ledger.importer import import_transcripts  # noqa: PLC0415 - a reader of the ledger pays nothing for it

        with clear_errors():
            return import_transcripts(self, config_dirs, progress=progress, thorough=thorough)

    def local_totals(self, now: float, tz: tzinfo, *, five_hour_resets_at: float | None, prices: PriceBook) -> LocalTotals:
        """The open 5-hour block, the last 7 days and today in `tz`. A known window's reset decides where the block starts."""
        from quotaline.ledger.totals import local_totals  # noqa: PLC0415

        with clear_errors():
            return local_totals(self.connection, now, tz, five_hour_resets_at=five_hour_resets_at, prices=prices)

    def last_activity(self) -> float | None:
        """The time of the newest message, epoch seconds; None in an empty ledger."""
        with clear_errors():
            (newest,) = self.connection.execute("SELECT max(time) FROM message").fetchone()
        return None if newest is None else newest / 1000

    def session_owner(self, session_id: str) -> str | None:
        """The account that a session named last."""
        query = "SELECT account.uuid FROM session JOIN account ON account.id = account_id WHERE session.uuid = ?"
        with clear_errors():
            found = self.connection.execute(query, (session_id,)).fetchone()
        return found[0] if found else None

    def latest_owner(self, config_dir: Path) -> str | None:
        """The account that the newest transcript of `config_dir` named last."""
        query = """SELECT account.uuid FROM file JOIN account ON account.id = account_id
            JOIN config_dir ON config_dir.id = config_dir_id WHERE config_dir.path = ? ORDER BY mtime_ns DESC LIMIT 1"""
        with clear_errors():
            found = self.connection.execute(query, (str(config_dir),)).fetchone()
        return found[0] if found else None


@contextmanager
def clear_errors() -> Iterator[None]:
    """sqlite3's errors as LedgerError: one sentence of fact, one of what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        remedy = "If this stays so, move the file away: it is rebuilt."
        raise LedgerError(f"The ledger cannot be used: {error}. {remedy}") from error


def open_ledger(path: Path) -> Ledger:
    """Open the ledger at `path`, made when it is not there (0600 in 0700), and bring it to this version's schema.

    Raises LedgerError when it is not a database, was written by a newer quotaline, or stays locked.
    """
    try:
        private_dir(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
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
