"""EFFECT `quotaline uninstall HOST`: what was there before, byte for byte where nothing else changed."""

import click

from quotaline.commands.install import HOSTS, carry_out
from quotaline.commands.suggestions import Host


@click.command()
@click.argument("host", type=Host(HOSTS))
@click.option("--dry-run", is_flag=True, help="Show the change and write nothing.")
def uninstall(host: str, *, dry_run: bool) -> int:
    """Take the line out of HOST's configuration again."""
    import os

    from quotaline.integrations import hosts as known

    change = known.HOSTS[host].uninstall(os.environ)
    return carry_out(change, host, dry_run=dry_run, done="uninstalled", already="is not installed")
