"""EFFECT What other programs' own statistics tell of days and windows of which nothing here does, for those who opened them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.config.schema import alpha_enabled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from quotaline.config.schema import Config
    from quotaline.ledger import Ledger
    from quotaline.ledger.imported import ImportedDay
    from quotaline.ledger.rows import HistoryRow
    from quotaline.locations import Locations
    from quotaline.model import Reading


def days_beside(
    ledger: Ledger, config: Config, where: Locations, rows: Sequence[HistoryRow], days: tuple[date | None, date | None]
) -> list[ImportedDay]:
    """The days from the first to the last of `days` that Claude Code's own statistics know and no row tells of."""
    if not alpha_enabled(config, "stats_cache"):
        return []
    from quotaline.ledger.imported import imported_days

    look(config, where)
    since, until = (str(day) if day else None for day in days)
    return imported_days(ledger, {row.key for row in rows}, since, until)


def readings_beside(
    ledger: Ledger, config: Config, where: Locations, own: Sequence[Reading], span: tuple[float, float]
) -> list[Reading]:
    """What Claude Desktop kept of the windows in `span` (epoch seconds) where no reading of our `own` is near."""
    if not alpha_enabled(config, "claude_desktop"):
        return []
    from quotaline.ledger.imported import imported_readings

    look(config, where)
    return imported_readings(ledger, organisation(config), own, *span)


def organisation(config: Config) -> str | None:
    """The organisation that is logged in, as far as an open source tells."""
    import os

    from quotaline.sources.claude_json import read_organisation

    return read_organisation(os.environ) if alpha_enabled(config, "claude_json") else None


def look(config: Config, where: Locations) -> None:
    """Read the statistics that are new, as a refresh does. Raises LedgerError."""
    if not config.enable_alpha_features:
        return
    import os
    import time

    from quotaline.refresh.imported_step import import_statistics

    import_statistics(config, where, os.environ, time.time())
