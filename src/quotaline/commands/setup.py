"""EFFECT `quotaline setup`: from nothing to a line: what is there, how it looks, four questions, the installs, the result."""

from __future__ import annotations

import click

from quotaline.commands.install import HOSTS
from quotaline.commands.suggestions import Host

NO_TERMINAL = (
    "Nothing was changed: there is no terminal to ask at. `quotaline setup --yes` takes what is usual, "
    "`quotaline setup --dry-run` shows what that is."
)


@click.command()
@click.option("--host", "hosts", type=Host(HOSTS), multiple=True, help="Show the line there; may be given several times.")
@click.option("--chain", is_flag=True, help="Keep the command that holds Claude Code's status line, its rows above ours.")
@click.option("--replace", is_flag=True, help="Take that command's place.")
@click.option("--preset", help="The ready line and style; `quotaline presets` shows them.")
@click.option("--alpha/--no-alpha", default=None, help="Open the undocumented sources: dollars and each model's week.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: what is usual, or is set already.")
@click.option("--dry-run", is_flag=True, help="Ask nothing, show each change and make none.")
def setup(
    *, hosts: tuple[str, ...], chain: bool, replace: bool, preset: str | None, alpha: bool | None, yes: bool, dry_run: bool
) -> int:
    """Set the line up: find Claude Code and shells, show the line, ask at most four questions, install, check.

    What an option says is not asked. Nothing is changed before the last answer; Ctrl-C leaves everything as it is. Again is
    harmless: what is installed or set stays. `quotaline uninstall HOST` undoes each host. Exit code 1 when a host could not be
    set up, a check failed, or nobody could be asked.
    """
    import os
    import sys
    import time

    from quotaline.commands.setup_changes import carry_out_setup, show_changes
    from quotaline.commands.setup_looks import Looks
    from quotaline.commands.setup_questions import Answers, ask
    from quotaline.config.load import load_or_default
    from quotaline.config.presets import own_folder, read_presets
    from quotaline.integrations.found import look_around
    from quotaline.locations import resolve_locations
    from quotaline.other_tools.read import line_of

    if chain and replace:
        raise click.UsageError("--chain and --replace exclude each other.")
    env, where = os.environ, resolve_locations(os.environ)
    config, _, problems = load_or_default(where.config_file)
    found = look_around(env, config.sources.claude_cli.command)
    answers = Answers(
        hosts=tuple(dict.fromkeys(hosts)) or found.usual,
        chain=not replace,
        preset=None if problems else preset or config.preset,
        alpha=None if problems else config.enable_alpha_features if alpha is None else alpha,
    )
    presets = list(read_presets(own_folder(where.config_file)))
    theirs = line_of(found.held_by, env) if found.held_by and found.held_by not in presets else None
    taken_over = {} if theirs is None else {found.held_by: theirs}
    looks = Looks(where, config, env, time.time(), {name: one.preset for name, one in taken_over.items()})
    looks.found(found)
    for problem in problems:
        click.echo(f"{problem} Presets and sources are left as they are.")
    if answers.preset is not None:
        looks.line(answers.preset, alpha=bool(answers.alpha))
    if dry_run:
        return show_changes(answers, config, where, env) or (1 if problems else 0)
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(f"quotaline: {NO_TERMINAL}", err=True)
        return 1
    if not yes:
        said = {"hosts": hosts, "chain": chain or replace, "preset": preset, "alpha": alpha is not None}
        click.echo("\nEnter takes what stands in [ ]; Ctrl-C changes nothing.\n")
        try:
            answers = ask(
                answers,
                found,
                given=[name for name, value in said.items() if value],
                presets=[*presets, *taken_over],
                looks=looks,
            )
        except click.Abort:
            click.echo("\nNothing was changed.")
            return 1
    return carry_out_setup(answers, config, found, taken_over=taken_over, where=where, env=env) or (1 if problems else 0)
