"""EFFECT A refresh's look at other programs' own statistics: a file is read when it is new or has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.config.schema import alpha_enabled
from quotaline.errors import SourceError
from quotaline.ledger import open_ledger
from quotaline.ledger.imported import file_state, store_imported
from quotaline.sources import claude_desktop, stats_cache

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from quotaline.config.schema import Config
    from quotaline.ledger import Ledger
    from quotaline.ledger.imported import ImportedDay, ImportedLevel
    from quotaline.locations import Locations


def import_statistics(config: Config, where: Locations, env: Mapping[str, str], now: float) -> None:
    """Keep what the open ones of them say; a damaged one is told by the doctor and looked at again when it changes.

    Raises LedgerError.
    """
    files = statistics_files(config, where, env)
    if files and where.ledger is not None:
        with open_ledger(where.ledger) as ledger:
            for path in files:
                _import(ledger, path, now)


def statistics_files(config: Config, where: Locations, env: Mapping[str, str]) -> list[Path]:
    """The files of the open sources that are there; one folder under two names has one."""
    found: list[Path] = []
    if alpha_enabled(config, "stats_cache"):
        found += [folder.resolve() / stats_cache.NAME for folder in where.claude_dirs]
    if alpha_enabled(config, "claude_desktop") and where.home is not None:
        found.append(claude_desktop.path_of(env))
    return [path for path in dict.fromkeys(found) if path.exists()]


def read_statistics(path: Path, now: float) -> tuple[list[ImportedDay], list[ImportedLevel]]:
    """What one of these files says of days, and of windows. Raises SourceError."""
    if path.name == stats_cache.NAME:
        return stats_cache.read(path), []
    return [], claude_desktop.read(path, now)


def _import(ledger: Ledger, path: Path, now: float) -> None:
    try:
        facts = path.stat()
    except OSError:
        return
    state = f"{facts.st_ino} {facts.st_size} {facts.st_mtime_ns}"
    if file_state(ledger, str(path)) != state:
        try:
            days, levels = read_statistics(path, now)
        except SourceError:
            days, levels = [], []
        store_imported(ledger, path, state, days=days, levels=levels)
