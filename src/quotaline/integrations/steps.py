"""EFFECT What of a newcomer's three steps is done: Claude Code's line, a message, the line in the shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from quotaline.core.surfaces import RC_SHELLS
from quotaline.errors import HostError
from quotaline.integrations import blocks, claude_code, json_text
from quotaline.integrations.change import read_config
from quotaline.integrations.hosts import CLAUDE_CODE, HOSTS
from quotaline.integrations.shell_rc import decode

if TYPE_CHECKING:
    from collections.abc import Mapping


class FirstSteps(NamedTuple):
    """Which steps are done; `shell` is the one of this login, or bash where quotaline does not know it."""

    claude_code: bool
    shell: str
    in_shell: bool


def first_steps(env: Mapping[str, str]) -> FirstSteps:
    """The steps as they are now."""
    name = Path(env.get("SHELL", "")).name
    shell = name if name in RC_SHELLS else "bash"
    return FirstSteps(is_installed(CLAUDE_CODE, env), shell, is_installed(shell, env))


def is_installed(host: str, env: Mapping[str, str]) -> bool:
    """Whether the host's file shows the line, by `install` or by hand; a file that cannot be read does not."""
    try:
        path = HOSTS[host].config_file(env)
        text = decode(read_config(path) or b"")
        if host != CLAUDE_CODE:
            return blocks.find(text).at is not None or names_us(text)
        found = json_text.get(text, path.name, claude_code.KEY) if text.removeprefix("\ufeff").strip() else None
    except HostError:
        return False
    value = found[0] if found else None
    return isinstance(value, dict) and "quotaline" in str(value.get("command"))


def names_us(text: str) -> bool:
    """Whether a line of a shell's file, and no comment, names quotaline."""
    return any("quotaline" in line and not line.lstrip().startswith("#") for line in text.splitlines())
