"""EFFECT `quotaline usage`: every window, extra usage and local totals, each with its source, and why something is missing."""

import click

NO_DATA = 3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The machine interface; its schema is printed by --schema.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of --json.")
@click.option("--all", "all_accounts", is_flag=True, help="Every account that [accounts] names, side by side.")
@click.option("--offline", is_flag=True, help="Show the snapshot as it is; read no source.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII characters only.")
@click.option("--fleet", is_flag=True, help="The machines of your fleet instead: today, seven days, this month.")
def usage(
    *,
    as_json: bool = False,
    schema: bool = False,
    all_accounts: bool = False,
    offline: bool = False,
    ascii_only: bool = False,
    fleet: bool = False,
) -> int:
    """Show every window, extra usage and this machine's tokens, with bars, source, age, and why something is missing.

    Exit code 3 when there is no data at all.
    """
    from quotaline.usage.as_json import schema as json_schema
    from quotaline.usage.as_json import to_json
    from quotaline.usage.report import overview

    if fleet and (all_accounts or offline):
        raise click.UsageError("--fleet asks the fleet's database; it stands without --all and --offline.")
    if schema:
        click.echo(json_schema(all_accounts=all_accounts), nl=False)
        return 0

    import os
    import time

    from quotaline.commands.load_config import load_config
    from quotaline.integrations.steps import first_steps
    from quotaline.locations import resolve_locations
    from quotaline.refresh.current import current_snapshot
    from quotaline.zone import local_zone

    where, now, zone = resolve_locations(os.environ), time.time(), local_zone()
    config = load_config(where)
    if all_accounts:
        from quotaline.commands.accounts import print_accounts

        return 0 if print_accounts(config, as_json=as_json, offline=offline, ascii_only=ascii_only) else NO_DATA
    if fleet:
        from quotaline.commands.fleet_usage import print_machines

        return print_machines(config, as_json=as_json, ascii_only=ascii_only)
    snapshot = current_snapshot(where, os.environ, now, offline=offline)
    steps = first_steps(os.environ)
    view = overview(snapshot, now, zone, line_installed=steps.claude_code)
    if as_json:
        click.echo(to_json(view))
    else:
        from quotaline.terminal.page import print_usage

        print_usage(view, snapshot, config, os.environ, now, ascii_only=ascii_only, steps=steps)
    return NO_DATA if view.empty else 0
