"""EFFECT The rows of the first import, added to a table without indexes and triggers, which are made at the end.

All of it is one transaction: `kill -9` undoes the dropping with the rest, and nobody else ever sees the table without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from sqlite3 import Connection

MOST_AGAIN = 50_000  # rows that wait in memory, some 25 MB


class FirstImport:
    """Adds rows while no message is in the ledger yet; the transaction has begun. Rows are as `importer.STORE` takes them.

    A message that was there before, a copy in a fork or in a subagent, waits for the indexes: `finish` gives it back. Messages
    are told apart by the hash of their id. Where two share one, the second waits without need.
    """

    def __init__(self, connection: Connection, insert: str) -> None:
        self._connection, self._insert = connection, insert
        self._seen: set[int] = set()
        self._again: list[list[Any]] = []
        query = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'message' AND type IN ('index', 'trigger')"
        self._dropped = connection.execute(query).fetchall()
        for kind, name, _ in self._dropped:
            connection.execute(f"DROP {kind} {name}")

    @property
    def full(self) -> bool:
        """Whether too many rows wait."""
        return len(self._again) > MOST_AGAIN

    def add(self, rows: Iterable[list[Any]]) -> None:
        """Add the rows of messages that were not there yet."""
        self._connection.executemany(self._insert, self._new(rows))

    def _new(self, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
        seen, again = self._seen, self._again
        for row in rows:
            message = hash(row[0])
            if message in seen:
                again.append(row)
            else:
                seen.add(message)
                yield row

    def finish(self) -> list[list[Any]]:
        """Make the indexes and triggers; the rows that are still to be stored with their help."""
        for _, _, definition in self._dropped:
            self._connection.execute(definition)
        return self._again
