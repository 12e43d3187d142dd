"""EFFECT The ledger for a command that prints from it: opened, and all that is new in the transcripts read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.skipped import skipped_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from quotaline.ledger import Ledger
    from quotaline.ledger.projects import Project
    from quotaline.locations import Locations

WORTH_A_BAR = 32 << 20  # bytes that are read before anybody wonders
NAMED = 3  # projects that a refusal names


@contextmanager
def current_ledger(where: Locations) -> Iterator[Ledger]:
    """The ledger; what of the transcripts could not be read is said on stderr. Raises LedgerError."""
    from quotaline.errors import LedgerError
    from quotaline.ledger import open_ledger

    if where.ledger is None:
        raise LedgerError("There is no place for the ledger. Set QUOTALINE_DATA_DIR.")
    with open_ledger(where.ledger) as ledger:
        for problem in _import(ledger, where.claude_dirs):
            click.echo(f"quotaline: {problem}", err=True)
        yield ledger


def find_project(ledger: Ledger, name: str) -> Project:
    """The project that `name` means. Raises UsageError where it means none or several."""
    from quotaline.core.values import printable
    from quotaline.ledger.projects import find_projects
    from quotaline.ledger.store import clear_errors

    with clear_errors():
        found = find_projects(ledger.connection, name)
    if len(found) == 1:
        return found[0]
    some = ", ".join(project.path for project in found[:NAMED]) + (" and more" if len(found) > NAMED else "")
    what = f"{len(found)} projects: {some}. Give more of the path" if found else "no project here. `--by project` lists them"
    raise click.UsageError(printable(f'"{name}" means {what}.'))


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
