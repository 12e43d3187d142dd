"""PURE THE table of hosts: the programs that `install` and `uninstall` know, and where each keeps its configuration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from quotaline.core.surfaces import RC_SHELLS
from quotaline.integrations import claude_code, shell_rc, starship, tmux

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from quotaline.integrations.change import Change

CLAUDE_CODE = "claude-code"


class Host(NamedTuple):
    """A program that shows the line. Each function takes the environment, and raises HostError where there is no home."""

    config_file: Callable[[Mapping[str, str]], Path]
    install: Callable[[Mapping[str, str]], Change]
    uninstall: Callable[[Mapping[str, str]], Change]


SHELL_HOSTS = {
    **{
        shell: Host(partial(shell_rc.rc_file, shell), partial(shell_rc.install, shell), partial(shell_rc.uninstall, shell))
        for shell in RC_SHELLS
    },
    "starship": Host(starship.config_file, starship.install, starship.uninstall),
    "tmux": Host(tmux.config_file, tmux.install, tmux.uninstall),
}
"""Those that have a marked block in their configuration."""
HOSTS = {CLAUDE_CODE: Host(claude_code.settings_file, claude_code.install, claude_code.uninstall), **SHELL_HOSTS}
