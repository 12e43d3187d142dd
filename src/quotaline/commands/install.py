"""EFFECT `quotaline install HOST`: show the change, keep a backup, write it whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quotaline.commands.suggestions import Host
from quotaline.core.surfaces import RC_SHELLS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from quotaline.integrations.change import Change

HOSTS = ("claude-code", *RC_SHELLS, "starship", "tmux")


@click.command()
@click.argument("host", type=Host(HOSTS))
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

    from quotaline.core.values import printable
    from quotaline.integrations import claude_code
    from quotaline.integrations import hosts as known

    if (chain or replace) and host != known.CLAUDE_CODE:
        raise click.UsageError("--chain and --replace are for claude-code.")
    if chain and replace:
        raise click.UsageError("--chain and --replace exclude each other.")
    env = os.environ
    if host != known.CLAUDE_CODE:
        change = known.HOSTS[host].install(env)
    else:
        held = None if chain or replace else claude_code.held_by(env)
        if held is not None and sys.stdin.isatty():
            click.echo(f"Another command holds Claude Code's status line:\n\n    {printable(held)}\n")
            answer = click.prompt(
                "Show its rows above ours, take its place, or leave it", type=click.Choice(["chain", "replace", "leave"])
            )
            if answer == "leave":
                return 1
            chain, replace = answer == "chain", answer == "replace"
        change = claude_code.install(env, chain=chain, replace=replace)
    code = carry_out(change, host, dry_run=dry_run, done="installed", already="is installed already")
    if not dry_run:
        from quotaline.commands.next_steps import tell_next_steps

        tell_next_steps(host)
    return code


def carry_out(planned: Change, host: str, *, dry_run: bool, done: str, already: str) -> int:
    """Show a change and make it, unless nothing would be different or it is only to be shown."""
    from quotaline.integrations.change import apply_change

    changes = [one for one in (planned, *planned.more) if one.needed]
    if not changes:
        click.echo(f"{host}: {already}; nothing to change in {planned.path}.")
    for one in changes:
        click.echo(one.diff(), nl=False)
    if dry_run and changes:
        click.echo(f"{host}: nothing was written.")
        return 0
    for one in changes:
        apply_change(one)
    if changes:
        click.echo(f"{host}: {done}.")
    for kept in backups(changes):
        click.echo(f"The file as it was: {kept}")
    for note in notes(planned):
        click.echo(note)
    return 0


def backups(changes: Iterable[Change]) -> list[Path]:
    """Where the files that changes have replaced are kept as they were."""
    from quotaline.integrations.change import backup_of

    made = (one for one in changes if one.backup and one.before is not None and one.before != one.after)
    return [backup_of(one.path.resolve()) for one in made]


def notes(planned: Change) -> list[str]:
    """What the person should know of a change, a sentence each."""
    return list(dict.fromkeys(note for one in (planned, *planned.more) for note in one.notes))
