"""EFFECT `quotaline export`: every number as metrics, for Prometheus and whoever else reads its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quotaline.commands.output import STDOUT, write_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.config.schema import Config
    from quotaline.ledger.counters import Counters
    from quotaline.locations import Locations
    from quotaline.refresh.all_accounts import AccountSnapshot

FORMS = ("prometheus", "openmetrics")
FOR_EVERYBODY = 0o644
PATIENCE = 10.0
"""Seconds for which another export may be at work."""


@click.command()
@click.option("--offline", is_flag=True, help="Export the snapshot as it is; read no source.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default=FORMS[0],
    metavar="FORM",
    help="prometheus, the classic text that node_exporter reads, or openmetrics.",
)
@click.option(
    "--output", "file", default=STDOUT, metavar="FILE", help="Replace FILE at once, readable for everybody; print nothing."
)
def export(*, offline: bool, form: str, file: str) -> int:
    """Print every number as Prometheus's text, for node_exporter's textfile collector and its friends.

    What is not known has no sample. With [accounts] every sample names its account, and all are exported.
    """
    import contextlib
    import os
    import time

    from quotaline.commands.load_config import load_config
    from quotaline.files import HeldError, lock
    from quotaline.locations import resolve_locations

    where, now = resolve_locations(os.environ), time.time()
    config = load_config(where)
    accounts = _accounts(config, where, now, offline=offline)
    with contextlib.ExitStack() as stack:
        if file != STDOUT and where.data_dir is not None:  # else an older counter could take the place of a newer one
            with contextlib.suppress(HeldError, OSError):
                stack.enter_context(lock(where.data_dir / "export.lock", PATIENCE))
        counters = _counters(accounts, config, now)
        write_output(file, _text(accounts, counters, config, now, form).encode(), mode=FOR_EVERYBODY)
    return 0


def _accounts(config: Config, where: Locations, now: float, *, offline: bool) -> list[AccountSnapshot]:
    """All of `[accounts]`, else the present one."""
    import os

    from quotaline.config.accounts import NamedAccount
    from quotaline.refresh.all_accounts import AccountSnapshot, account_snapshots
    from quotaline.refresh.current import current_snapshot

    if config.accounts:
        return account_snapshots(config, os.environ, now, offline=offline)
    present = NamedAccount(where.config_dir, dict(os.environ), where)
    return [AccountSnapshot((present.name,), (present,), current_snapshot(where, os.environ, now, offline=offline))]


def _counters(accounts: Sequence[AccountSnapshot], config: Config, now: float) -> list[Counters]:
    """The counters of each; without them where the ledger cannot be used, which is said on stderr."""
    from quotaline.errors import LedgerError
    from quotaline.ledger.store import short_waits
    from quotaline.usage.counters import account_counters

    try:
        with short_waits():
            return account_counters(accounts, config, now)
    except (LedgerError, OSError) as error:
        click.echo(f"quotaline: {error} The counters are left out.", err=True)
        return [{} for _ in accounts]


def _text(accounts: Sequence[AccountSnapshot], counters: Sequence[Counters], config: Config, now: float, form: str) -> str:
    from quotaline import __version__
    from quotaline.usage.exposition import openmetrics_text, prometheus_text
    from quotaline.usage.metrics import families, side_by_side
    from quotaline.usage.report import overview
    from quotaline.zone import local_zone

    found = {
        one.names[0]: families(overview(one.snapshot, now, local_zone()), one.snapshot, own, now, __version__)
        for one, own in zip(accounts, counters, strict=True)
    }
    text = openmetrics_text if form == "openmetrics" else prometheus_text
    return text(side_by_side(found) if config.accounts else next(iter(found.values())))
