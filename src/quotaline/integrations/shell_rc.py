"""EFFECT A marked block in `.bashrc`, `.zshrc` or `config.fish` that runs `quotaline init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.core import paths
from quotaline.core.surfaces import SURFACES
from quotaline.errors import HostError
from quotaline.integrations import blocks, change, launcher

if TYPE_CHECKING:
    from collections.abc import Mapping


def rc_file(shell: str, env: Mapping[str, str]) -> Path:
    """The file that an interactive `shell` reads. Raises HostError where there is no home."""
    home = paths.home(env)
    if not home:
        raise HostError("There is no home folder to find the shell's configuration in; set HOME.")
    variable, folder, name = SURFACES[shell].rc or ("", "", "")
    return Path(env.get(variable) or Path(home, folder), name)


def install(shell: str, env: Mapping[str, str]) -> change.Change:
    """The block at the end, so that it comes after whatever sets a prompt. Raises HostError."""
    path = rc_file(shell, env)
    before = change.read_config(path)
    text = None if before is None else decode(before)
    program = launcher.quote(launcher.command(), shell)
    after = blocks.add(text, SURFACES[shell].rc_block.format(program=program))
    return change.Change(path=path, before=before, after=encode(after), backup=text is None or blocks.remove(text) == text)


def uninstall(shell: str, env: Mapping[str, str]) -> change.Change:
    """The file without the block."""
    return without_block(rc_file(shell, env))


def without_block(path: Path, scripts: Mapping[Path, str | None] | None = None, notes: tuple[str, ...] = ()) -> change.Change:
    """Any host's file with our block taken out again, and our own `scripts` removed."""
    before = change.read_config(path)
    after = None if before is None else blocks.remove(decode(before))
    rest = None if after is None else encode(after)
    return change.Change(path=path, before=before, after=rest, scripts=dict(scripts or {}), backup=False, notes=notes)


def decode(data: bytes) -> str:
    """Text that encodes to the same bytes again, whatever they are."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` came from."""
    return text.encode("utf-8", "surrogateescape")
