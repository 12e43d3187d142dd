"""EFFECT presets/*.toml and the user's own: ready lines with their style, laid under what config.toml says itself.

A preset is a part of a configuration, `[line]`, `[segments]` and `[style]`, with a summary. `preset = "NAME"` chooses it; a key
that config.toml has counts, whatever the preset says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import field

from quotaline.config.explain import Strict, convert, listed
from quotaline.config.schema import DEFAULT_PRESET, Line, Style
from quotaline.config.segments import Tree, read_folder
from quotaline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED_ORDER = (DEFAULT_PRESET, "minimal", "money", "two-line", "full", "agent", "powerline-plain", "powerline")


class Preset(Strict, frozen=True, kw_only=True):
    """One preset file."""

    summary: str = ""
    line: dict[str, Line] = field(default_factory=dict)
    segments: dict[str, dict[str, Any]] = field(default_factory=dict)
    style: Style = Style()


def shipped_folder() -> Path:
    """Where the shipped presets are: in the wheel, or at the top of a source tree."""
    here = Path(__file__).resolve()
    packaged = here.parents[1] / "_data" / "presets"
    return packaged if packaged.is_dir() else here.parents[3] / "presets"


def own_folder(config_file: Path | None) -> Path | None:
    """The user's presets beside the configuration file; None where there is no place for one."""
    return config_file.parent / "presets" if config_file else None


def read_presets(own: Path | None) -> dict[str, Tree]:
    """Every preset as written, by name, in the order in which they are shown; one of one's own replaces a shipped one.

    One that cannot be read is left out: `chosen` says so where it is asked for.
    """
    shipped, mine = read_folder(shipped_folder(), "presets")[0], read_folder(own, "presets")[0]
    names = [name for name in SHIPPED_ORDER if name in shipped]
    return {name: mine.get(name) or shipped[name] for name in names} | {name: mine[name] for name in sorted(mine)}


def chosen(name: str, own: Path | None, place: str) -> Tree:
    """The preset `name` as written, checked. Raises ConfigError where there is none, or it is none."""
    found, problems = read_folder(own, "presets")
    if name in problems:
        raise ConfigError(problems[name])
    tree = found.get(name) or read_folder(shipped_folder(), "presets")[0].get(name)
    if tree is None:
        raise ConfigError(f"{place}: `preset` is {name!r}; allowed are {listed(read_presets(own))}.")
    convert(tree, Preset, f"presets/{name}.toml")
    return tree


def lay_under(tree: Tree, preset: Mapping[str, Any]) -> Tree:
    """The configuration's tree with what a preset says where it says nothing itself. A line's rows are one value."""
    under = {key: value for key, value in preset.items() if key != "summary"}
    return _merged(tree, under)


def _merged(over: Tree, under: Mapping[str, Any]) -> Tree:
    found = dict(over)
    for key, value in under.items():
        mine = over.get(key)
        if key not in over:
            found[key] = value
        elif isinstance(mine, dict) and isinstance(value, dict):
            found[key] = _merged(mine, value)
    return found
