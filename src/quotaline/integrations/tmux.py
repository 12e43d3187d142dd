"""EFFECT A marked block in tmux's configuration that adds the line to `status-right`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.core import paths
from quotaline.core.shell_code import shipped
from quotaline.errors import HostError
from quotaline.integrations import blocks, change, launcher
from quotaline.integrations.shell_rc import decode, encode, without_block

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "tmux.conf"
SCRIPT = "tmux.sh"


def config_file(env: Mapping[str, str]) -> Path:
    """The configuration that is there, else `~/.tmux.conf`. Raises HostError where there is no home."""
    home = paths.home(env)
    if not home:
        raise HostError("There is no home folder to find tmux's configuration in; set HOME.")
    usual, xdg = Path(home, ".tmux.conf"), Path(env.get("XDG_CONFIG_HOME") or Path(home, ".config"), "tmux", NAME)
    return xdg if xdg.exists() and not usual.exists() else usual


def install(env: Mapping[str, str]) -> change.Change:
    """The block at the end. Raises HostError where the script's path cannot stand in a tmux format."""
    path = config_file(env)
    before = change.read_config(path)
    text = None if before is None else decode(before)
    place = launcher.kept_file(SCRIPT, env)
    job = f"#(/bin/sh {shlex.quote(str(place))}{{}})"
    if any(character in str(place) for character in "#(){},%\"'\\$\n"):
        raise HostError(f"tmux cannot run a script at {place}. Set QUOTALINE_DATA_DIR to a plainer path and run this again.")
    after = blocks.add(
        text,
        shipped(NAME).replace("@JOB@", job.format("")).replace("@FIRST@", job.format(" first")),
        change.missing_folders(path),
    )
    return change.Change(
        path=path,
        before=before,
        after=encode(after),
        scripts={place: launcher.kept_text(SCRIPT, env)},
        backup=text is None or blocks.remove(text) == text,
        notes=(f"A running tmux shows it after `tmux source-file {shlex.quote(str(path))}`.",),
    )


def uninstall(env: Mapping[str, str]) -> change.Change:
    """The file without the block."""
    return without_block(
        config_file(env), {launcher.kept_file(SCRIPT, env): None}, ("A running tmux drops it when it is started anew.",)
    )
