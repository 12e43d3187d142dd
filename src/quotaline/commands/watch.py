"""EFFECT `quotaline watch`: the overview, live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from quotaline.terminal.watched import Watched

NO_SCREEN = "This terminal (TERM=dumb) cannot be drawn anew, so the page is printed once."


@click.command()
@click.option("--all", "all_accounts", is_flag=True, help="Every account that [accounts] names, side by side.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII characters only.")
def watch(*, all_accounts: bool = False, ascii_only: bool = False) -> int:
    """Show the overview live: drawn anew when the snapshot changes, and each minute.

    It asks nobody by itself: where the snapshot is old it starts the background refresh that prompts start. q or Ctrl-C ends
    it, r asks for a refresh, which the rate limiter may refuse; arrows, j, k, space, b, g and G scroll. In a pipe the page is
    printed once.
    """
    import os
    import sys
    import time

    from quotaline.commands.load_config import load_config
    from quotaline.locations import resolve_locations
    from quotaline.terminal import page
    from quotaline.terminal.watched import Watched, WatchedAccounts

    where = resolve_locations(os.environ)
    config, now = load_config(where), time.time()
    watched = (WatchedAccounts if all_accounts else Watched)(where, os.environ, config, now)
    terminal = sys.stdout is not None and sys.stdout.isatty()
    if terminal and os.environ.get("TERM") not in ("dumb", "unknown"):
        return _live(watched, ascii_only=ascii_only)
    if terminal:
        click.echo(f"quotaline: {NO_SCREEN}", err=True)
    watched.refresh_if_due(now)
    if sys.stdout is not None:
        screen = page.console(config, os.environ)
        lines = watched.lines(now, screen.width)
        page.print_lines(screen, lines, config, ascii_only=ascii_only or page.needs_ascii(config))
    return 0


def _live(watched: Watched, *, ascii_only: bool) -> int:
    """Draw until a key or a signal ends it; the exit code."""
    import os
    import sys

    from quotaline.terminal.alternate_screen import end_by
    from quotaline.terminal.viewer import Viewer

    ended = None
    try:
        with Viewer(watched, os.environ, ascii_only=ascii_only) as viewer:
            ended = viewer.run()
    except OSError:  # the terminal is gone, and nobody sees a page
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if ended is None else end_by(ended)
