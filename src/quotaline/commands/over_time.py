"""EFFECT `quotaline history --plot` and `--backtest`: the stored readings over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from quotaline.core.periods import WEEK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quotaline.config.schema import Config
    from quotaline.ledger import Ledger
    from quotaline.locations import Locations
    from quotaline.model import Reading

T = TypeVar("T")


def plot(where: Locations, config: Config, since: float | None, until: float | None) -> int:
    """Draw each window from `since` to `until` (epoch seconds); the last seven days where nothing is said."""
    import os
    import time

    from quotaline.commands.imported import readings_beside
    from quotaline.terminal.page import print_page
    from quotaline.terminal.plot import plots

    end = min(time.time(), until or time.time())
    start = since if since is not None else end - WEEK

    def known(ledger: Ledger) -> list[Reading]:
        own = stored(ledger, where, start)
        beside = readings_beside(ledger, config, where, own, (start, end))
        return sorted([*own, *beside], key=lambda reading: reading.as_of) if beside else own

    readings = with_ledger(where, known)
    print_page(lambda width: plots(readings, start, end, width, config.style.clock), config, os.environ)
    return 0


def backtest(where: Locations, config: Config, since: float | None, *, as_json: bool) -> int:
    """Replay the stored readings and print what the forecasts erred by."""
    import os
    import time

    import msgspec

    from quotaline.forecast.backtest import backtest as scored
    from quotaline.ledger.readings import activity
    from quotaline.terminal.page import print_page
    from quotaline.terminal.plot import scores
    from quotaline.zone import local_zone

    start = since or 0.0

    def known(ledger: Ledger) -> tuple[Sequence[Reading], list[tuple[float, float]]]:
        return stored(ledger, where, start), activity(ledger, start)

    readings, used = with_ledger(where, known)
    found = scored(readings, time.time(), used, local_zone())
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode({"schema_version": 1, "windows": found}), indent=2))
        return 0
    print_page(lambda width: scores(found, width), config, os.environ)
    return 0


def stored(ledger: Ledger, where: Locations, since: float) -> list[Reading]:
    """The readings of the account that the snapshot names, oldest first."""
    from quotaline.ledger.readings import readings_since
    from quotaline.snapshot.load import load_snapshot

    snapshot = load_snapshot(where.snapshot)
    return readings_since(ledger, where.config_dir, snapshot.account.uuid if snapshot else None, since)


def with_ledger(where: Locations, work: Callable[[Ledger], T]) -> T:
    """What `work` finds in the ledger. Raises LedgerError."""
    from quotaline.errors import LedgerError
    from quotaline.ledger import open_ledger

    if where.ledger is None:
        raise LedgerError("There is no place for the ledger. Set QUOTALINE_DATA_DIR.")
    with open_ledger(where.ledger) as ledger:
        return work(ledger)
