"""EFFECT What `setup` changes after its last question, through the functions of `install` and `config set`, and how it ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from quotaline.commands.install import backups, carry_out, notes
from quotaline.commands.load_config import load_config
from quotaline.commands.next_steps import needed_steps, numbers_are_known
from quotaline.config import edit
from quotaline.doctor.check import worst
from quotaline.doctor.run import doctor_context, run_checks
from quotaline.errors import ConfigError, QuotalineError
from quotaline.integrations import claude_code
from quotaline.integrations.change import apply_change
from quotaline.integrations.hosts import CLAUDE_CODE, HOSTS
from quotaline.other_tools.draft import written_preset
from quotaline.refresh.current import current_snapshot
from quotaline.snapshot.load import load_snapshot
from quotaline.terminal import page
from quotaline.terminal.checks import short_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quotaline.commands.setup_questions import Answers
    from quotaline.config.schema import Config
    from quotaline.integrations.change import Change
    from quotaline.integrations.found import Found
    from quotaline.locations import Locations
    from quotaline.other_tools.draft import Imported


def show_changes(answers: Answers, config: Config, where: Locations, env: Mapping[str, str]) -> int:
    """Show each change and make none; 1 when one could not be made."""
    failed = False
    click.echo()
    for host in answers.hosts:
        try:
            carry_out(planned(host, answers, env), host, dry_run=True, done="", already="shows the line already")
        except QuotalineError as error:
            failed = True
            click.echo(f"{host}: {error}")
    for key, value in settings(answers, config):
        path = where.tilde(where.config_file) if where.config_file else "config.toml"
        click.echo(f"{path}: `{key} = {value}` would be set.")
    click.echo("Nothing was changed.")
    return 1 if failed else 0


def carry_out_setup(
    answers: Answers,
    config: Config,
    found: Found,
    *,
    taken_over: Mapping[str, Imported],
    where: Locations,
    env: Mapping[str, str],
) -> int:
    """Make every change that is needed, look at the result, say what is next; 1 when something could not be done.

    `taken_over` are presets that are not written yet.
    """
    failed, there = False, list[str]()
    click.echo()
    for host in answers.hosts:
        try:
            _install(host, planned(host, answers, env), where)
            there.append(host)
        except QuotalineError as error:
            failed = True
            click.echo(f"{host}: {error}")
    for key, value in settings(answers, config):
        try:
            if where.config_file is None:
                raise ConfigError("There is no home folder for config.toml; set QUOTALINE_CONFIG to a file.")
            if key == "preset" and value in taken_over:
                edit.put_preset(where.config_file, value, written_preset(value, taken_over[value]))
            else:
                edit.put(where.config_file, key, value)
            click.echo(f"{key} = {value}: set in {where.tilde(where.config_file)}")
        except QuotalineError as error:
            failed = True
            click.echo(f"{key}: {error}")
    failed = _check(where, env) or failed
    told = numbers_are_known(load_snapshot(where.snapshot))
    click.echo("\nNext")
    steps = list(needed_steps(there, told=told))[::-1]
    if CLAUDE_CODE in there and found.held_by and not answers.chain and answers.preset != found.held_by:
        steps.append(f"`quotaline config import {found.held_by}`: its segments, in your line")
    for step in steps or ["`quotaline`: everything that is known, and why something is missing"]:
        click.echo(f"  · {step}")
    if there:
        click.echo("Undo: " + "; ".join(f"quotaline uninstall {host}" for host in there))
    return 1 if failed else 0


def planned(host: str, answers: Answers, env: Mapping[str, str]) -> Change:
    """The change that `quotaline install HOST` would make. Raises HostError."""
    if host != CLAUDE_CODE:
        return HOSTS[host].install(env)
    held = claude_code.held_by(env) is not None
    return claude_code.install(env, chain=held and answers.chain, replace=held and not answers.chain)


def settings(answers: Answers, config: Config) -> Iterator[tuple[str, str]]:
    """The keys of config.toml that the answers change, with their values as TOML."""
    if answers.preset is not None and answers.preset != config.preset:
        yield "preset", answers.preset
    if answers.alpha is not None and answers.alpha != config.enable_alpha_features:
        yield "enable_alpha_features", str(answers.alpha).lower()


def _install(host: str, change: Change, where: Locations) -> None:
    changes = [one for one in (change, *change.more) if one.needed]
    for one in changes:
        apply_change(one)
    for one in changes or [change]:
        click.echo(f"{host}: {'set' if changes else 'is there already'} in {where.tilde(one.path)}")
    for kept in backups(changes):
        click.echo(f"  the file as it was: {where.tilde(kept)}")
    for note in notes(change):
        click.echo(f"  {note}")


def _check(where: Locations, env: Mapping[str, str]) -> bool:
    """Read what is there, and print what the doctor says of it; whether a check failed."""
    now = time.time()
    told = numbers_are_known(current_snapshot(where, env, now))
    context = doctor_context(env, now, online=False)
    if context.broken is None:
        load_config(where)  # says once what undocumented sources are
    checks = run_checks(context)
    click.echo()
    page.print_page(lambda _: short_lines(checks, waiting=not told), context.config, env)
    return worst(checks) == "FAIL"
