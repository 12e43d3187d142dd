"""EFFECT What is kept of each window's ended periods, as text: what is in it is the forecast's matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.ledger.store import clear_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.ledger.store import Ledger


def stored_pasts(ledger: Ledger, config_dir: str, account: str | None) -> dict[str, str]:
    """The texts by window of one config folder and account. Raises LedgerError."""
    query = "SELECT window, body FROM window_past WHERE config_dir = ? AND account = ?"
    with clear_errors():
        return dict(ledger.connection.execute(query, (config_dir, account or "")).fetchall())


def store_pasts(ledger: Ledger, config_dir: str, account: str | None, bodies: Mapping[str, str]) -> None:
    """Keep the texts of some windows in the place of those before. Raises LedgerError."""
    rows = [(config_dir, account or "", window, body) for window, body in bodies.items()]
    with ledger.transaction() as connection:
        connection.executemany("INSERT OR REPLACE INTO window_past VALUES (?, ?, ?, ?)", rows)
