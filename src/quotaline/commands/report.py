"""EFFECT `quotaline report` and `quotaline history --html`: the history as one page for a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quotaline.commands.days import DAY
from quotaline.commands.output import STDOUT, write_output

if TYPE_CHECKING:
    from datetime import datetime

USUAL = "quotaline.html"


@click.command()
@click.argument("file", default=USUAL, metavar="[FILE]")
@click.option("--since", type=DAY, metavar="DAY", help="The first day: 2026-11-21, yesterday, 7d ago.")
@click.option("--until", type=DAY, metavar="DAY", help="The last day, itself included.")
@click.option("-p", "--project", metavar="NAME", help="One project only: its path, the path's last part, or a part of it.")
def report(*, file: str, since: datetime | None, until: datetime | None, project: str | None) -> int:
    """Write windows over time, extra usage and cost as one page for a browser, to FILE (quotaline.html), or to stdout with `-`.

    The page needs nothing else: no network, no other file. It is made to be printed and shown, too; it names your projects.
    """
    return write_page(file, since, until, project)


def write_page(file: str, since: datetime | None, until: datetime | None, project: str | None) -> int:
    """Write the page whole, 0600. Raises LedgerError, ConfigError, UsageError, and FileError where it cannot be written."""
    import os
    import time

    from quotaline.commands.current_ledger import current_ledger, find_project
    from quotaline.commands.imported import look, organisation
    from quotaline.commands.load_config import load_config
    from quotaline.core.values import printable
    from quotaline.locations import resolve_locations
    from quotaline.refresh.current import current_snapshot
    from quotaline.web.facts import Asked, Scene, gather
    from quotaline.web.page import html_page
    from quotaline.zone import local_zone

    where = resolve_locations(os.environ)
    config = load_config(where)
    with current_ledger(where) as ledger:
        chosen = None if project is None else find_project(ledger, project)
        asked = Asked(since=since.date() if since else None, until=until.date() if until else None, project=chosen)
        now = time.time()
        snapshot = current_snapshot(where, os.environ, now)
        look(config, where)
        facts = gather(Scene(ledger, where, config, snapshot, asked, now, local_zone(), organisation(config)))
    page = html_page(facts, config.style).encode()
    write_output(file, page)
    if file != STDOUT:
        click.echo(f"{printable(file)}: {len(page) / 1000:.0f} kB. Open it in a browser; it names your projects.")
    return 0
