"""EFFECT `quotaline usage`: every window, extra usage and local totals, each with its source, and why something is missing."""

import click

NO_DATA = 3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The machine interface; its schema is printed by --schema.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of --json.")
@click.option("--offline", is_flag=True, help="Show the snapshot as it is; read no source.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII characters only.")
def usage(*, as_json: bool = False, schema: bool = False, offline: bool = False, ascii_only: bool = False) -> int:
    """Show every window, extra usage and this machine's tokens, with bars, source, age, and why something is missing.

    Exit code 3 when there is no data at all.
    """
    from quotaline.report import overview, wire

    if schema:
        click.echo(wire.schema(), nl=False)
        return 0

    import os
    import time

    from quotaline.look import current
    from quotaline.notices import foreground
    from quotaline.places import places
    from quotaline.zone import local_zone

    where, now, zone = places(os.environ), time.time(), local_zone()
    config = foreground(where)
    snapshot = current(where, os.environ, now, offline=offline)
    view = overview.overview(snapshot, now, zone)
    if as_json:
        click.echo(wire.to_json(view))
    else:
        from quotaline.show.page import show

        show(view, snapshot, config, os.environ, now, ascii_only=ascii_only)
    return NO_DATA if view.empty else 0
