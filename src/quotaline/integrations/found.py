"""EFFECT What of the programs that can show the line is on this machine: Claude Code, shells, starship, tmux."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.core.surfaces import RC_SHELLS
from quotaline.errors import HostError
from quotaline.integrations import claude_code
from quotaline.integrations.change import read_config
from quotaline.integrations.hosts import CLAUDE_CODE, HOSTS
from quotaline.integrations.shell_rc import decode
from quotaline.integrations.steps import is_installed
from quotaline.other_tools.read import TOOLS
from quotaline.sources.client_version import Version, client_program, client_version

if TYPE_CHECKING:
    from collections.abc import Mapping

STARSHIP = re.compile(r"^[^#\n]*\bstarship init\b", re.MULTILINE)
"""What starts starship in a shell's file."""


class FoundHost(Struct, frozen=True, kw_only=True):
    """A program that can show the line: its file, whether the line is there already, whether it is this login's own shell."""

    name: str
    path: Path
    installed: bool = False
    own_shell: bool = False


class Found(Struct, frozen=True, kw_only=True):
    """What is on this machine. `version` is Claude Code's, None where it does not tell; `program`: PATH has it.

    `held` is the command line of somebody else in Claude Code's slot, `problem` why its settings cannot be read. `usual` are
    the hosts that are offered first: those that have the line already, else Claude Code and where this login looks.
    """

    hosts: tuple[FoundHost, ...]
    usual: tuple[str, ...]
    program: bool
    version: Version | None = None
    held: str | None = None
    problem: str = ""

    @property
    def held_by(self) -> str:
        """The name of the tool in the slot, if it is a known one; else ""."""
        return next((tool for tool in TOOLS if tool in (self.held or "")), "")


def look_around(env: Mapping[str, str], claude: str = "claude") -> Found:
    """What is there; `claude` is the command that starts Claude Code. Raises HostError where there is no home."""
    settings = claude_code.settings_file(env)
    version = client_version(claude, env)
    login = _login_shell(env)
    hosts = [FoundHost(name=CLAUDE_CODE, path=settings, installed=is_installed(CLAUDE_CODE, env))]
    for name in (name for name in HOSTS if name != CLAUDE_CODE):
        there = is_installed(name, env)
        if there or name == login or shutil.which(name, path=env.get("PATH")):
            hosts.append(FoundHost(name=name, path=HOSTS[name].config_file(env), installed=there, own_shell=name == login))
    held, problem = None, ""
    try:
        held = claude_code.held_by(env)
    except HostError as error:
        problem = str(error)
    return Found(
        hosts=tuple(hosts),
        usual=_usual(hosts),
        program=client_program(claude, env) is not None,
        version=version,
        held=held,
        problem=problem,
    )


def _login_shell(env: Mapping[str, str]) -> str:
    """The login's shell, if the line can be shown there; bash where nobody says which it is and it is here."""
    name = Path(env.get("SHELL", "")).name
    if not name:
        return "bash" if shutil.which("bash", path=env.get("PATH")) else ""
    return name if name in RC_SHELLS else ""


def _usual(hosts: list[FoundHost]) -> tuple[str, ...]:
    there = [host.name for host in hosts if host.installed]
    if there:
        return tuple(dict.fromkeys((CLAUDE_CODE, *there)))
    own = next((host for host in hosts if host.own_shell), None)
    if own is None:
        return (CLAUDE_CODE,)
    beside = any(host.name == "starship" for host in hosts) and _starts_starship(own.path)
    return (CLAUDE_CODE, "starship" if beside else own.name)


def _starts_starship(path: Path) -> bool:
    """Whether a shell's file draws the prompt by starship, where the line then has its place."""
    try:
        return STARSHIP.search(decode(read_config(path) or b"")) is not None
    except HostError:
        return False
