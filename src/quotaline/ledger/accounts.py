"""EFFECT What the ledger knows of accounts: whose a session was, since when a login is one, when anybody last worked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from quotaline.ledger.store import clear_errors
from quotaline.transcripts.row import tomorrow

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from sqlite3 import Connection

    from quotaline.ledger.store import Ledger

    Dirs = tuple[int, ...] | None
    """The ids of an account's config folders in the ledger; None where they are all that it knows."""


def own_dirs(connection: Connection, config_dirs: Collection[Path]) -> Dirs:
    """The folders of this account: what was used in others, by other accounts of this machine, is not its own."""
    known = dict(connection.execute("SELECT path, id FROM config_dir").fetchall())
    mine = {str(path) for path in config_dirs}
    return None if known.keys() <= mine else tuple(key for path, key in known.items() if path in mine)


def in_dirs(dirs: Dirs) -> str:
    """SQL that chooses the sums and runs of these folders."""
    return "TRUE" if dirs is None else f"config_dir_id IN ({', '.join(map(str, dirs))})"


def messages_in(dirs: Dirs) -> str:
    """SQL that chooses the messages of these folders."""
    return "TRUE" if dirs is None else f"file_id IN (SELECT id FROM file WHERE {in_dirs(dirs)})"  # noqa: S608 - numbers


def last_activity(ledger: Ledger, dirs: Dirs = None) -> float | None:
    """The time of the newest message in `dirs`, epoch seconds; None where there is none. Raises LedgerError."""
    # an older version took in times of any century
    query = f"SELECT time FROM message WHERE time < ? AND {messages_in(dirs)} ORDER BY time DESC LIMIT 1"  # noqa: S608 - numbers
    with clear_errors():
        newest = ledger.connection.execute(query, (tomorrow(time.time()),)).fetchone()
    return None if newest is None else float(newest[0] / 1000)


def session_owner(ledger: Ledger, session_id: str) -> str | None:
    """The account that a session named last. Raises LedgerError."""
    query = "SELECT account.uuid FROM session JOIN account ON account.id = account_id WHERE session.uuid = ?"
    with clear_errors():
        found = ledger.connection.execute(query, (session_id,)).fetchone()
    return found[0] if found else None


def login_since(ledger: Ledger, config_dir: str, account: str, now: float) -> float:
    """Since when `account` has been the login of `config_dir`, as far as refreshes saw it; 0.0 for the first one ever."""
    with ledger.transaction() as connection:
        found = connection.execute("SELECT account, since FROM login WHERE config_dir = ?", (config_dir,)).fetchone()
        if found and found[0] == account:
            return min(float(found[1]), now)
        since = now if found else 0.0
        connection.execute("INSERT OR REPLACE INTO login VALUES (?, ?, ?)", (config_dir, account, since))
        return since
