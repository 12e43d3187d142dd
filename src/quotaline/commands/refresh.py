"""EFFECT `quotaline refresh`: refresh in the foreground, or detached for a prompt."""

import click


@click.command()
@click.option("--force", is_flag=True, help="Ignore freshness; the rate limit is respected all the same.")
@click.option("--background", is_flag=True, hidden=True, help="Started by a prompt: say nothing.")
def refresh(*, force: bool, background: bool) -> int:
    """Read every open source and write the snapshot that the prompts read.

    Exit code 1 when nothing could be read.
    """
    import os
    import time

    if background:
        from quotaline.refresh.background import main

        return main(force=force)

    from quotaline.commands.load_config import load_config
    from quotaline.core.formats import counted
    from quotaline.locations import resolve_locations
    from quotaline.refresh.run import refresh as run

    load_config(resolve_locations(os.environ))
    report = run(os.environ, time.time(), force=force)
    if report.status == "unwritable":
        click.echo("quotaline: the cache folder cannot be written; set QUOTALINE_CACHE_DIR to one that can.", err=True)
        return 1
    if report.status == "busy":
        click.echo("Another refresh is running; its snapshot will be here in a moment.")
        return 0
    snapshot = report.snapshot
    if snapshot is None:
        return 1
    if "git" in snapshot.style:
        from quotaline.refresh.git_step import look_at_repositories

        look_at_repositories(os.environ, snapshot, eager=force)
    for problem in snapshot.problems:
        click.echo(f"quotaline: {problem}", err=True)
    for state in snapshot.sources:
        noun = "total" if state.source in ("transcripts", "record") else "reading"
        click.echo(f"{state.source}: {state.problem or state.note or counted(state.readings, noun)}")
    return 0 if any(state.readings or state.note for state in snapshot.sources) else 1
