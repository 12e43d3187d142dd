"""EFFECT `quotaline install HOST`: show the change, keep a backup, write it whole."""

import click

HOSTS = ("claude-code", "bash", "zsh", "fish", "starship", "tmux")


@click.command()
@click.argument("host", type=click.Choice(HOSTS))
@click.option("--dry-run", is_flag=True, help="Show the change and write nothing.")
@click.option("--chain", is_flag=True, help="claude-code: keep the command that holds the slot, its rows above ours.")
@click.option("--replace", is_flag=True, help="claude-code: take the place of the command that holds the slot.")
def install(host: str, *, dry_run: bool, chain: bool, replace: bool) -> int:
    """Show the line in HOST by editing its configuration.

    The change is shown as a diff and the file is kept as `NAME.quotaline-backup`. Twice is as once; `quotaline uninstall
    HOST` undoes it.
    """
    import os
    import sys

    from quotaline.hosts import claude_code, shell_rc, starship, tmux

    if (chain or replace) and host != "claude-code":
        raise click.UsageError("--chain and --replace are for claude-code.")
    if chain and replace:
        raise click.UsageError("--chain and --replace exclude each other.")
    env = os.environ
    if host == "claude-code":
        held = None if chain or replace else claude_code.held_by(env)
        if held is not None and sys.stdin.isatty():
            click.echo(f"Another command holds Claude Code's status line:\n\n    {held}\n")
            answer = click.prompt(
                "Show its rows above ours, take its place, or leave it", type=click.Choice(["chain", "replace", "leave"])
            )
            if answer == "leave":
                return 1
            chain, replace = answer == "chain", answer == "replace"
        change = claude_code.install(env, chain=chain, replace=replace)
    elif host == "starship":
        change = starship.install(env)
    elif host == "tmux":
        change = tmux.install(env)
    else:
        change = shell_rc.install(host, env)
    return carry_out(change, host, dry_run=dry_run, done="installed", already="is installed already")


def carry_out(change: "object", host: str, *, dry_run: bool, done: str, already: str) -> int:
    """Show a `hosts.edit.Change` and make it, unless nothing would be different or it is only to be shown."""
    from quotaline.hosts import edit

    assert isinstance(change, edit.Change)  # noqa: S101 - the type without its import when help is asked for
    if not change.needed:
        click.echo(f"{host}: {already}; nothing to change in {change.path}.")
        return 0
    click.echo(change.diff(), nl=False)
    if dry_run:
        click.echo(f"{host}: nothing was written.")
        return 0
    edit.apply(change)
    click.echo(f"{host}: {done}.")
    if change.backup and change.before is not None and change.before != change.after:
        click.echo(f"The file as it was: {edit.backup_of(change.path.resolve())}")
    for note in change.notes:
        click.echo(note)
    return 0
