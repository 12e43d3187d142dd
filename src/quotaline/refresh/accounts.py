"""EFFECT Whose readings are whose: those of a login that is no longer the present one are never shown.

`.claude.json` names the login, and its readings carry it. What a Claude Code session was handed on stdin names no account, so
its transcript's `session-owner` line does; a session that has none counts as the former login's until it reports something new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.config.schema import alpha_enabled
from quotaline.errors import LedgerError
from quotaline.ledger import open_ledger
from quotaline.ledger.accounts import login_since, session_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quotaline.config.schema import Config
    from quotaline.locations import Locations
    from quotaline.model import Reading


def only_current_account(readings: Sequence[Reading], account: str | None, where: Locations, now: float) -> list[Reading]:
    """The readings that may be shown while `account` is logged in; all of them while nobody knows who is."""
    if account is None or where.ledger is None:
        return list(readings)
    try:
        with open_ledger(where.ledger) as ledger:
            since = login_since(ledger, where.config_dir, account, now)
            owners = {session: session_owner(ledger, session) for session in {r.session for r in readings if r.session}}
    except (LedgerError, OSError):
        return [reading for reading in readings if reading.account in (None, account)]
    return [reading for reading in readings if is_current_account(reading, account, since, owners.get)]


def is_current_account(reading: Reading, account: str, since: float, owner: Callable[[str], str | None]) -> bool:
    """Whether a reading is `account`'s, who has been logged in since `since`."""
    owned_by = reading.account or (owner(reading.session) if reading.session else None)
    return owned_by == account if owned_by else reading.as_of >= since


def still_open(reading: Reading, config: Config) -> bool:
    """Whether a reading of an earlier refresh may still be shown: its source is still open."""
    return not reading.alpha or alpha_enabled(config, reading.source.replace("-", "_"))
