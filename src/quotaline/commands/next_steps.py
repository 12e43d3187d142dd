"""EFFECT How `install` and `setup` end: the line as it will look, what to do next, and how to undo it."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import click

from quotaline.config.load import load_or_default
from quotaline.core.surfaces import RC_SHELLS
from quotaline.core.windows import is_budget
from quotaline.errors import HostError
from quotaline.integrations import claude_code
from quotaline.integrations.change import read_config
from quotaline.integrations.hosts import CLAUDE_CODE
from quotaline.integrations.steps import first_steps, is_installed
from quotaline.locations import resolve_locations
from quotaline.preview.sample import line_drawn_by
from quotaline.snapshot.load import load_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from quotaline.config.schema import Config
    from quotaline.model import Snapshot


def tell_next_steps(host: str) -> None:
    """Say what is left to do after HOST was installed."""
    where = resolve_locations(os.environ)
    config, compiled, _ = load_or_default(where.config_file)
    told = numbers_are_known(load_snapshot(where.snapshot))
    drawn = _preview(compiled, os.environ) if host == CLAUDE_CODE else ""
    if drawn.strip():
        click.echo(f"\nIt will look like this{'' if told else ', with your numbers after the first answer'}:\n")
        click.echo("".join(f"  {line}\n" for line in drawn.splitlines()), nl=False)
    click.echo("\nNext")
    for step in (*needed_steps((host,), told=told), *_further_steps(config)):
        click.echo(f"  · {step}")
    click.echo(f"Undo: quotaline uninstall {host}")


def numbers_are_known(snapshot: Snapshot | None) -> bool:
    """Whether a window of the account's was read once; budgets are known without one."""
    return snapshot is not None and any(not is_budget(reading.value.id) for reading in snapshot.readings)


def _preview(compiled: dict[str, object], env: Mapping[str, str]) -> str:
    """What the command in Claude Code's settings prints for the sample."""
    try:
        settings = json.loads(read_config(claude_code.settings_file(env)) or b"{}")
    except (HostError, ValueError):
        return ""
    slot = settings.get(claude_code.KEY) if isinstance(settings, dict) else None
    command = slot.get("command") if isinstance(slot, dict) else None
    return line_drawn_by(command, compiled, time.time()) if isinstance(command, str) else ""


def needed_steps(hosts: Iterable[str], *, told: bool) -> Iterator[str]:
    """What is left to do before the line is seen in these hosts; `told`: numbers are known already."""
    for host in hosts:
        if host in RC_SHELLS:
            yield f"open a new {host}, or `exec {host}`" + ("" if told else "; nothing shows until the first number is there")
    if not is_installed(CLAUDE_CODE, os.environ):
        yield "`quotaline install claude-code`: the numbers come from Claude Code's status line"
    elif not told:
        yield "send one message in Claude Code; a session that is open shows the line by itself"


def _further_steps(config: Config) -> Iterator[str]:
    steps = first_steps(os.environ)
    if not steps.in_shell:
        yield f"`quotaline install {steps.shell}`: the same numbers in your shell"
    if not config.enable_alpha_features:
        yield "`quotaline config set enable_alpha_features true`: dollars and each model's week, from undocumented sources"
    yield "`quotaline`: everything that is known, and why something is missing"
