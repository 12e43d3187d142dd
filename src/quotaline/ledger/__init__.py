"""EFFECT The ledger: what the transcripts add up to, kept in SQLite, though Claude Code deletes them."""

from quotaline.errors import LedgerError
from quotaline.ledger.store import Ledger, open_ledger

__all__ = ["Ledger", "LedgerError", "open_ledger"]
