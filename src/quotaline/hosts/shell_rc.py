"""EFFECT A marked block in `.bashrc`, `.zshrc` or `config.fish` that runs `quotaline init`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.errors import HostError
from quotaline.hosts import blocks, edit, launcher
from quotaline.prompt import paths

if TYPE_CHECKING:
    from collections.abc import Mapping

# A program that is gone, or an rc file that a script reads, costs nothing and says nothing.
BODIES = {
    "bash": 'if [[ $- == *i* && -x {program} ]]; then eval "$({program} init bash)"; fi\n',
    "zsh": 'if [[ -o interactive && -x {program} ]]; then eval "$({program} init zsh)"; fi\n',
    "fish": "if status is-interactive; and test -x {program}\n    {program} init fish | source\nend\n",
}


def rc_file(shell: str, env: Mapping[str, str]) -> Path:
    """The file that an interactive `shell` reads. Raises HostError where there is no home."""
    home = paths.home(env)
    if not home:
        raise HostError("There is no home folder to find the shell's configuration in; set HOME.")
    if shell == "bash":
        return Path(home, ".bashrc")
    if shell == "zsh":
        return Path(env.get("ZDOTDIR") or home, ".zshrc")
    return Path(env.get("XDG_CONFIG_HOME") or Path(home, ".config"), "fish", "config.fish")


def install(shell: str, env: Mapping[str, str]) -> edit.Change:
    """The block at the end, so that it comes after whatever sets a prompt. Raises HostError."""
    path = rc_file(shell, env)
    before = edit.read(path)
    text = None if before is None else decode(before)
    program = launcher.command()
    quoted = launcher.quote_fish(program) if shell == "fish" else shlex.quote(program)
    after = blocks.add(text, BODIES[shell].format(program=quoted))
    return edit.Change(path=path, before=before, after=encode(after), backup=text is None or blocks.remove(text) == text)


def uninstall(shell: str, env: Mapping[str, str]) -> edit.Change:
    """The file without the block."""
    return without_block(rc_file(shell, env))


def without_block(path: Path, scripts: Mapping[Path, str | None] | None = None, notes: tuple[str, ...] = ()) -> edit.Change:
    """Any host's file with our block taken out again, and our own `scripts` removed."""
    before = edit.read(path)
    after = None if before is None else blocks.remove(decode(before))
    rest = None if after is None else encode(after)
    return edit.Change(path=path, before=before, after=rest, scripts=dict(scripts or {}), backup=False, notes=notes)


def decode(data: bytes) -> str:
    """Text that encodes to the same bytes again, whatever they are."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` came from."""
    return text.encode("utf-8", "surrogateescape")
