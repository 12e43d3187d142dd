"""EFFECT A `[custom.quotaline]` module for starship: one small process, no Python."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.core import paths
from quotaline.core.shell_code import shipped
from quotaline.errors import HostError
from quotaline.integrations import blocks, change, launcher
from quotaline.integrations.shell_rc import decode, encode, without_block

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "starship.toml"
SCRIPT = "starship.sh"


def config_file(env: Mapping[str, str]) -> Path:
    """Starship's configuration. Raises HostError where there is no home."""
    chosen, home = env.get("STARSHIP_CONFIG"), paths.home(env)
    if not (chosen or home):
        raise HostError("There is no home folder to find starship's configuration in; set HOME or STARSHIP_CONFIG.")
    return Path(chosen) if chosen else Path(home, ".config", NAME)


def install(env: Mapping[str, str]) -> change.Change:
    """The module in its block. Raises HostError for a file that is not TOML or has such a module of its own."""
    path = config_file(env)
    before = change.read_config(path)
    text = None if before is None else decode(before)
    rest = blocks.remove(text) if text is not None else None
    tree = _parsed(rest or "", path)
    custom = tree.get("custom")
    if isinstance(custom, dict) and "quotaline" in custom:
        raise HostError(f"{path} has a [custom.quotaline] of its own. Take it out and run this again.")
    place = launcher.kept_file(SCRIPT, env)
    body = shipped(NAME).replace('"@SCRIPT@"', json.dumps(str(place), ensure_ascii=False))
    after = blocks.add(text, body, change.missing_folders(path))
    _parsed(after, path)
    notes = []
    shown = tree.get("format")
    if isinstance(shown, str) and not any(word in shown for word in ("$all", "$custom", "${custom.quotaline}")):
        notes.append("Your `format` names its modules one by one: put ${custom.quotaline} into it where the line should be.")
    return change.Change(
        path=path,
        before=before,
        after=encode(after),
        scripts={place: launcher.kept_text(SCRIPT, env)},
        backup=text is None or text == rest,
        notes=tuple(notes),
    )


def uninstall(env: Mapping[str, str]) -> change.Change:
    """The file without the block."""
    return without_block(config_file(env), {launcher.kept_file(SCRIPT, env): None})


def _parsed(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise HostError(f"{path} is not valid TOML: {error}. Mend it there and run this again.") from error
