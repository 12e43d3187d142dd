"""EFFECT `quotaline history --fleet` and `quotaline usage --fleet`: what a fleet used, as far as one may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import date

    from quotaline.config.schema import Config
    from quotaline.locations import Locations


def print_history(
    where: Locations, config: Config, by: str | None, days: tuple[date | None, date | None], *, as_json: bool, as_csv: bool
) -> int:
    """Print the fleet's rows `by` something. Raises FleetError."""
    import os

    from quotaline.fleet.look import WAYS, fleet_history
    from quotaline.ledger.history import days_span
    from quotaline.ledger.rows import total_row
    from quotaline.prices import PriceBook
    from quotaline.terminal import history as show
    from quotaline.terminal.page import print_page
    from quotaline.zone import local_zone

    _check(config)
    if by not in WAYS:
        raise click.UsageError(f"--fleet is --by {', '.join(WAYS[:-1])} or {WAYS[-1]}.")
    zone = local_zone()
    rows = fleet_history(
        config.fleet,
        os.environ,
        by,  # type: ignore[arg-type]
        zone,
        PriceBook(config.prices),
        span=days_span(zone, *days),
        own_projects=lambda: _own_projects(where),
    )
    total = total_row(rows)
    if as_json:
        click.echo(show.as_json(by, rows, total))
    elif as_csv:
        click.echo(show.as_csv(rows), nl=False)
    else:
        print_page(lambda width: show.table(by, rows, total, width, place="the fleet"), config, os.environ)
    return 0


def print_machines(config: Config, *, as_json: bool, ascii_only: bool) -> int:
    """Print each machine with what it used today, in seven days and this month. Raises FleetError."""
    import os
    import time

    from quotaline.fleet.look import fleet_machines
    from quotaline.prices import PriceBook
    from quotaline.terminal import fleet as show
    from quotaline.terminal import page
    from quotaline.zone import local_zone

    _check(config)
    now = time.time()
    machines = fleet_machines(config.fleet, os.environ, now, local_zone(), PriceBook(config.prices))
    if as_json:
        click.echo(show.as_json(machines, now))
    else:
        screen = page.console(config, os.environ)
        lines = show.table(machines, now, screen.width)
        page.print_lines(screen, lines, config, ascii_only=ascii_only or page.needs_ascii(config))
    return 0


def _check(config: Config) -> None:
    from quotaline.errors import ConfigError

    if config.fleet.url is None:
        raise ConfigError("There is no fleet: set `fleet.url` in config.toml.")


def _own_projects(where: Locations) -> list[str]:
    """This machine's projects as the fleet would name them if it knew their names."""
    from quotaline.errors import LedgerError
    from quotaline.ledger import open_ledger
    from quotaline.ledger.projects import projects

    if where.ledger is None or not where.ledger.exists():
        return []
    try:
        with open_ledger(where.ledger) as ledger:
            return sorted({where.tilde(path) for path in projects(ledger.connection).values()})
    except LedgerError:
        return []
