"""EFFECT Every preset as it would look with the values of one moment."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.config import presets, segments
from quotaline.config.load import read_text, understand
from quotaline.errors import ConfigError
from quotaline.render.layout import draw

if TYPE_CHECKING:
    from quotaline.config.schema import Config
    from quotaline.locations import Locations
    from quotaline.render.fields import Fields

SHOWN = (("claude", "claude"), ("prompt", "plain"))
"""The lines that a preset is shown by, and the surface whose forms are taken."""


class PresetPreview(Struct, frozen=True, kw_only=True):
    """One preset: its rows for Claude Code and for prompts, painted where `colour` was asked for; or what is wrong with it."""

    name: str
    summary: str
    own: bool
    claude: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    problem: str = ""


def preset_previews(where: Locations, fields: Fields, *, colour: bool, limit: int) -> list[PresetPreview]:
    """Each preset alone, without what config.toml says of lines and segments, in rows of at most `limit` cells."""
    own = presets.own_folder(where.config_file)
    mine = segments.read_folder(own, "presets")[0]
    return [_preview(name, where, fields, own=name in mine, colour=colour, limit=limit) for name in presets.read_presets(own)]


def with_preset(
    name: str, where: Locations, fields: Fields, *, colour: bool, limit: int, tree: segments.Tree | None = None
) -> PresetPreview:
    """The person's own lines as they would be with the preset `name`, or `tree` under that name. Raises ConfigError."""
    own = presets.own_folder(where.config_file)
    written = tomllib.loads(read_text(where.config_file)) if where.config_file else {}
    preset = presets.chosen(name, own, "config.toml") if tree is None else tree
    config = understand(presets.lay_under({**written, "preset": name}, preset))
    rows = _rows(config, where, fields, colour=colour, limit=limit)
    return PresetPreview(
        name=name, summary=str(preset.get("summary", "")), own=False, claude=rows["claude"], prompt=rows["prompt"]
    )


def _preview(name: str, where: Locations, fields: Fields, *, own: bool, colour: bool, limit: int) -> PresetPreview:
    summary = ""
    try:
        tree = presets.chosen(name, presets.own_folder(where.config_file), "config.toml")
        summary = str(tree.get("summary", ""))
        config = understand(presets.lay_under({"preset": name}, tree), f"presets/{name}.toml")
        rows = _rows(config, where, fields, colour=colour, limit=limit)
    except ConfigError as error:
        return PresetPreview(name=name, summary=summary, own=own, problem=str(error))
    return PresetPreview(name=name, summary=summary, own=own, claude=rows["claude"], prompt=rows["prompt"])


def _rows(config: Config, where: Locations, fields: Fields, *, colour: bool, limit: int) -> dict[str, tuple[str, ...]]:
    compiled = segments.compile_lines(config, segments.catalogue(config, segments.own_folder(where.config_file)))
    return {
        line: tuple(draw(compiled["lines"][line], compiled, fields, surface=surface, colour=colour, limit=limit))
        for line, surface in SHOWN
    }
