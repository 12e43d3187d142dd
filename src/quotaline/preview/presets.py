"""EFFECT Every preset as it would look with the values of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.config import presets, segments
from quotaline.config.load import understand
from quotaline.errors import ConfigError
from quotaline.render.layout import draw

if TYPE_CHECKING:
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


def _preview(name: str, where: Locations, fields: Fields, *, own: bool, colour: bool, limit: int) -> PresetPreview:
    summary = ""
    try:
        tree = presets.chosen(name, presets.own_folder(where.config_file), "config.toml")
        summary = str(tree.get("summary", ""))
        config = understand(presets.lay_under({"preset": name}, tree), f"presets/{name}.toml")
        compiled = segments.compile_lines(config, segments.catalogue(config, segments.own_folder(where.config_file)))
    except ConfigError as error:
        return PresetPreview(name=name, summary=summary, own=own, problem=str(error))
    rows = {
        line: tuple(draw(compiled["lines"][line], compiled, fields, surface=surface, colour=colour, limit=limit))
        for line, surface in SHOWN
    }
    return PresetPreview(name=name, summary=summary, own=own, claude=rows["claude"], prompt=rows["prompt"])
