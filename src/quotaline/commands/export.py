"""EFFECT `quotaline export`: OpenMetrics text."""

import click


@click.command()
@click.option("--offline", is_flag=True, help="Export the snapshot as it is; read no source.")
def export(*, offline: bool) -> int:
    """Print every number as OpenMetrics text, for Prometheus's textfile collector and its friends.

    What is not known has no sample.
    """
    import os
    import time

    from quotaline import __version__
    from quotaline.commands.load_config import load_config
    from quotaline.locations import resolve_locations
    from quotaline.refresh.current import current_snapshot
    from quotaline.usage.openmetrics import text
    from quotaline.usage.report import overview
    from quotaline.zone import local_zone

    where, now = resolve_locations(os.environ), time.time()
    load_config(where)
    snapshot = current_snapshot(where, os.environ, now, offline=offline)
    click.echo(text(overview(snapshot, now, local_zone()), snapshot, now, __version__), nl=False)
    return 0
