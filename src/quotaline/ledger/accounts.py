"""EFFECT What the ledger knows of accounts: whose a session was, since when a login is one, when anybody last worked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from quotaline.ledger.store import clear_errors
from quotaline.transcripts.row import tomorrow

if TYPE_CHECKING:
    from quotaline.ledger.store import Ledger


def last_activity(ledger: Ledger) -> float | None:
    """The time of the newest message, epoch seconds; None in an empty ledger. Raises LedgerError."""
    query = "SELECT max(time) FROM message WHERE time < ?"  # an older version took in times of any century
    with clear_errors():
        (newest,) = ledger.connection.execute(query, (tomorrow(time.time()),)).fetchone()
    return None if newest is None else newest / 1000


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
