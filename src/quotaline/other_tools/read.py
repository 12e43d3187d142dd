"""EFFECT THE table of the tools whose configuration can be taken over, and one of these read: bytes → a preset of ours."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from quotaline.config import load, presets, segments
from quotaline.core import paths
from quotaline.errors import ConfigError
from quotaline.files import read_file
from quotaline.other_tools import ccline, ccstatusline, claude_powerline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quotaline.other_tools.draft import Imported

LARGEST = 1024 * 1024  # bytes of a tool's configuration


class Tool(NamedTuple):
    """A status line of others: where under home its configuration is (the first that is there counts), and in what form."""

    places: tuple[str, ...]
    read: Callable[[object, Mapping[str, segments.Tree]], Imported]
    toml: bool = False


TOOLS = {
    "ccstatusline": Tool((".config/ccstatusline/settings.json",), ccstatusline.read),
    "claude-powerline": Tool((".claude/claude-powerline.json", ".config/claude-powerline/config.json"), claude_powerline.read),
    "ccline": Tool((".claude/ccline/config.toml",), ccline.read, toml=True),
}


def usual_file(tool: str, env: Mapping[str, str]) -> Path:
    """Where the tool has its configuration. Raises ConfigError where it has none in its usual places."""
    home = paths.home(env)
    places = [Path(home, place) for place in TOOLS[tool].places] if home else []
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        looked = " or ".join(f"~/{place}" for place in TOOLS[tool].places)
        raise ConfigError(f"There is no configuration of {tool} at {looked}; name its file.")
    return found


def line_of(tool: str, env: Mapping[str, str]) -> Imported | None:
    """The preset that the tool's own configuration is; None where it has none that can be taken over."""
    try:
        path = usual_file(tool, env)
        return imported(tool, bytes_of(path), path.name)
    except ConfigError:
        return None


def bytes_of(path: Path) -> bytes:
    """A file's bytes. Raises ConfigError."""
    try:
        return read_file(path, LARGEST)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error


def imported(tool: str, data: bytes, name: str) -> Imported:
    """The preset that the tool's configuration is; `name` is what it is called in a sentence. Raises ConfigError."""
    form = "TOML" if TOOLS[tool].toml else "JSON"
    if not data.strip():
        raise ConfigError(f"{name} is empty; it is no configuration of {tool}.")
    try:
        text = data.decode("utf-8-sig")
        tree: object = tomllib.loads(text) if TOOLS[tool].toml else json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(f"{name} is not {form}; it is no configuration of {tool}.") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{name} holds no table; it is no configuration of {tool}.")
    found = TOOLS[tool].read(tree, segments.shipped())
    if not found.taken:
        raise ConfigError(f"Nothing in {name} has an equal here; is it a configuration of {tool}?")
    config = load.understand(presets.lay_under({}, found.preset), name)
    segments.catalogue(config, None)
    return found
