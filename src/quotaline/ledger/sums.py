"""EFFECT The sums that are kept beside the messages: made anew for the quarters of an hour that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.ledger.usage import STEP, SUMS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

BLOCK_HOURS = 5
FOREVER = 1 << 62


def renew(connection: Connection, changed: Iterable[tuple[int]]) -> None:
    """Bring `usage_quarter` and `block` up to `message`, for the quarters in `changed` and those the database marked itself."""
    connection.executemany("INSERT OR IGNORE INTO stale_quarter VALUES (?)", changed)
    (first, last) = connection.execute("SELECT min(quarter), max(quarter) FROM stale_quarter").fetchone()
    if first is None:
        return
    connection.execute("DELETE FROM usage_quarter WHERE quarter IN (SELECT quarter FROM stale_quarter)")
    dirs = connection.execute("SELECT id FROM config_dir LIMIT 2").fetchall()
    whose = "(SELECT config_dir_id FROM file WHERE id = file_id)" if len(dirs) > 1 else str(dirs[0][0]) if dirs else "NULL"
    connection.execute(
        f"""INSERT INTO usage_quarter SELECT quarter, {whose}, model_id, flags & 3, {STEP}, {SUMS}
        FROM stale_quarter CROSS JOIN message ON time >= quarter * 900000 AND time < (quarter + 1) * 900000
        GROUP BY 1, 2, 3, 4, 5"""  # noqa: S608 - names of our own
    )
    _chain(connection, first // 4, last // 4)
    connection.execute("DELETE FROM stale_quarter")


def _chain(connection: Connection, first: int, last: int) -> None:
    """The 5-hour blocks anew, from the hour `first` on, until behind `last` they fall in with those that are there.

    A block starts at the hour of the first message that none before it holds. Five hours of silence end one as well, but then
    the block's own five hours are over too: it started no later than the silence did.
    """
    (before,) = connection.execute("SELECT max(start) FROM block WHERE start < ?", (first,)).fetchone()
    cursor, end = (first, first) if before is None else (before + 1, before + BLOCK_HOURS)
    while True:
        (start,) = connection.execute("SELECT min(quarter) / 4 FROM usage_quarter WHERE quarter >= ?", (end * 4,)).fetchone()
        stop = FOREVER if start is None else start
        connection.execute("DELETE FROM block WHERE start >= ? AND start < ?", (cursor, stop))
        if start is None:
            return
        added = connection.execute("INSERT OR IGNORE INTO block VALUES (?)", (start,)).rowcount
        if not added and start > last:
            return
        cursor, end = start + 1, start + BLOCK_HOURS
