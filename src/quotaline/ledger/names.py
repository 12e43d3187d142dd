"""EFFECT The ids that stand for names in the ledger's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


class Names(dict[str, int]):
    """The ids of one table's names, found or given when first asked for."""

    def __init__(self, connection: Connection, table: str, column: str) -> None:
        super().__init__()
        self._connection, self._table, self._column = connection, table, column

    def __missing__(self, name: str) -> int:
        query = f"SELECT id FROM {self._table} WHERE {self._column} = ?"  # noqa: S608 - names of our own
        found = self._connection.execute(query, (name,)).fetchone()
        if found is None:
            add = f"INSERT INTO {self._table} ({self._column}) VALUES (?)"  # noqa: S608
            self[name] = int(self._connection.execute(add, (name,)).lastrowid or 0)
        else:
            self[name] = found[0]
        return self[name]
