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
    from quotaline.look import current
    from quotaline.notices import foreground
    from quotaline.places import places
    from quotaline.report.openmetrics import text
    from quotaline.report.overview import overview
    from quotaline.zone import local_zone

    where, now = places(os.environ), time.time()
    foreground(where)
    snapshot = current(where, os.environ, now, offline=offline)
    click.echo(text(overview(snapshot, now, local_zone()), snapshot, now, __version__), nl=False)
    return 0
