"""EFFECT `quotaline fleet`: the database of a fleet: its tables, and who may do what in it."""

import click


@click.group()
def fleet() -> None:
    """One ledger of several machines in a PostgreSQL database: for whoever looks after it."""


@fleet.command()
def migrate() -> int:
    """Make the tables in the database of `fleet.url`, or bring them to this version."""
    import os

    from quotaline.commands.load_config import load_config
    from quotaline.errors import ConfigError
    from quotaline.fleet.migrate import SCHEMA, made_by
    from quotaline.locations import resolve_locations

    config = load_config(resolve_locations(os.environ))
    if config.fleet.url is None:
        raise ConfigError("There is no fleet: set `fleet.url` in config.toml.")
    before, now = made_by(config.fleet, os.environ)
    if now > SCHEMA:
        click.echo(f"The tables are of version {now}, made by a newer quotaline; they are left as they are.")
    elif before == now:
        click.echo(f"The tables are of version {now} already.")
    else:
        click.echo(f"The tables are of version {now} now. Next: `quotaline fleet roles` prints who may do what, as SQL.")
    return 0


@fleet.command()
def roles() -> int:
    """Print SQL that lets people see their own rows, leads their team's, and machines only push."""
    from quotaline.fleet.migrate import ROLES, script

    click.echo(script(ROLES), nl=False)
    return 0


@fleet.command()
@click.option("--after", type=click.IntRange(0), default=0, metavar="VERSION", help="Only the steps after that version.")
def sql(*, after: int) -> int:
    """Print the SQL of the tables, for who makes them by hand."""
    from quotaline.fleet.migrate import steps

    for step in steps(after):
        click.echo(step, nl=False)
    return 0
