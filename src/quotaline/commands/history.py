"""EFFECT `quotaline history`: tokens and what they cost at list price, from the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.skipped import skipped_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from datetime import datetime
    from pathlib import Path

    from quotaline.ledger import Ledger

WAYS = ("day", "week", "month", "model", "project", "session", "block")
DAY = click.DateTime(["%Y-%m-%d", "%Y%m%d"])
WORTH_A_BAR = 32 << 20  # bytes that are read before anybody wonders


@click.command()
@click.option("--by", type=click.Choice(WAYS), default="day", show_default=True, help="What a row is.")
@click.option("--since", type=DAY, metavar="YYYY-MM-DD", help="The first day, in your time zone.")
@click.option("--until", type=DAY, metavar="YYYY-MM-DD", help="The last day, itself included.")
@click.option("--json", "as_json", is_flag=True, help="For programs: exact dollars, times in UTC.")
@click.option("--csv", "as_csv", is_flag=True, help="For spreadsheets.")
@click.option("--plot", is_flag=True, help="Draw the windows over time instead: the last seven days, or --since and --until.")
@click.option("--backtest", is_flag=True, help="Replay the stored readings instead: what past forecasts erred by.")
def history(
    *, by: str, since: datetime | None, until: datetime | None, as_json: bool, as_csv: bool, plot: bool, backtest: bool
) -> int:
    """Show the tokens of this machine and their list price, from the ledger: also what Claude Code has deleted since.

    Copies of a message in resumed and forked sessions and in subagents count once. A block is five hours from the first
    message's hour on. A sum without the price of a model is marked.
    """
    import os

    from quotaline.commands.load_config import load_config
    from quotaline.errors import LedgerError
    from quotaline.ledger import open_ledger
    from quotaline.ledger.history import history as rows_of
    from quotaline.ledger.history import total_row
    from quotaline.locations import resolve_locations
    from quotaline.prices import PriceBook
    from quotaline.terminal import history as show
    from quotaline.terminal.page import console, needs_ascii, print_lines
    from quotaline.zone import local_zone

    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    where = resolve_locations(os.environ)
    config = load_config(where)
    if plot or backtest:
        from quotaline.commands import over_time

        start, end = (day.timestamp() if day else None for day in (since, until and until + timedelta(days=1)))
        return over_time.plot(where, config, start, end) if plot else over_time.backtest(where, config, start, as_json=as_json)
    if where.ledger is None:
        raise LedgerError("There is no place for the ledger. Set QUOTALINE_DATA_DIR.")
    with open_ledger(where.ledger) as ledger:
        for problem in _import(ledger, where.claude_dirs):
            click.echo(f"quotaline: {problem}", err=True)
        days = (since.date() if since else None, until.date() if until else None)
        rows = rows_of(ledger.connection, by, local_zone(), PriceBook(config.prices), since=days[0], until=days[1])  # type: ignore[arg-type]
    total = total_row(rows)
    if as_json:
        click.echo(show.as_json(by, rows, total))
    elif as_csv:
        click.echo(show.as_csv(rows), nl=False)
    else:
        screen = console(config, os.environ)
        print_lines(screen, show.table(by, rows, total, screen.width), config, ascii_only=needs_ascii(config))
    return 0


def _import(ledger: Ledger, config_dirs: tuple[Path, ...]) -> list[str]:
    """Read what is new, every file looked at; a bar on a terminal when that takes long. What could not be read, ever."""
    import contextlib
    import sys

    with contextlib.ExitStack() as stack:
        report = import_transcripts(ledger, config_dirs, thorough=True, progress=_bar(stack) if sys.stderr.isatty() else None)
    problems = [f"{name}; it is left out." for name in report.unreadable]
    skipped = skipped_lines(ledger)
    return [*problems, skipped.sentence()] if skipped else problems


def _bar(stack: ExitStack) -> Callable[[int, int], None]:
    """A progress bar on stderr with bytes and the time left, that appears when there is enough to read."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading transcripts"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None)
    shown = False

    def progress(done: int, total: int) -> None:
        nonlocal shown
        if total >= WORTH_A_BAR and not shown:
            shown = True
            stack.enter_context(bar)
        bar.update(task, completed=done, total=total)

    return progress
