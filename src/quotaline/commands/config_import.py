"""EFFECT `quotaline config import`: another status line's configuration, shown as a preset of ours, written and chosen."""

from __future__ import annotations

import os
import sys
import time
import tomllib
from typing import TYPE_CHECKING, Any

import click

from quotaline.commands.load_config import load_config
from quotaline.commands.setup_looks import Looks
from quotaline.commands.suggestions import did_you_mean
from quotaline.config.edit import put, put_preset
from quotaline.config.load import read_text
from quotaline.config.schema import DEFAULT_PRESET
from quotaline.core.spawn_refresh import CONFIG_STAMP, spawn_refresh
from quotaline.errors import ConfigError
from quotaline.locations import resolve_locations
from quotaline.other_tools.draft import written_preset
from quotaline.other_tools.read import LARGEST, TOOLS, bytes_of, imported, usual_file
from quotaline.terminal import page
from quotaline.terminal.text import Flow, Words

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.other_tools.draft import Imported
    from quotaline.terminal.text import Line

MOST_NAMES = 40
UNDOCUMENTED = ("{extra.", "{seven_day_", "'extra'", "'extra_left'")
"""What names them in a preset as Python writes it."""


def import_from(tool: str, file: str | None, *, dry_run: bool) -> int:
    """Show the preset that the tool's configuration is, and unless `dry_run` write and choose it. Raises ConfigError."""
    if tool not in TOOLS:
        raise click.UsageError(f"There is no tool {tool!r}{did_you_mean(tool, TOOLS)}; known are {', '.join(TOOLS)}.")
    from pathlib import Path

    where = resolve_locations(os.environ)
    if where.config_file is None:
        raise ConfigError("There is no home folder for config.toml; set QUOTALINE_CONFIG to a file.")
    if file == "-":
        name, data = "standard input", sys.stdin.buffer.read(LARGEST + 1)[:LARGEST]
    else:
        path = Path(file) if file else usual_file(tool, os.environ)
        name, data = where.tilde(path), bytes_of(path)
    config = load_config(where)
    found = imported(tool, data, name)
    click.echo(f"{tool}: {name}")
    looks = Looks(where, config, os.environ, time.time(), {tool: found.preset})
    looks.line(tool, alpha=config.enable_alpha_features)
    click.echo()
    page.print_page(lambda _: told(found, closed=not config.enable_alpha_features), config, os.environ)
    beside = {key: value for key, value in found.settings.items() if not is_written(where.config_file, key)}
    for key, value in found.settings.items():
        click.echo(f"{key} = {value} comes along." if key in beside else f"{key} stays as config.toml has it.")
    over = counted_above(where.config_file, found.preset)
    if over:
        click.echo(f"config.toml itself says {', '.join(over)}: that counts, until `quotaline config unset` takes it out.")
    if dry_run:
        click.echo("Nothing was changed.")
        return 0
    kept = put_preset(where.config_file, tool, written_preset(tool, found))
    for key, value in beside.items():
        put(where.config_file, key, value)
    if kept is not None:
        click.echo(f"The preset {tool} as it was: {where.tilde(kept)}")
    click.echo(
        f"Written to {where.tilde(where.config_file.parent / 'presets' / (tool + '.toml'))} and chosen as preset {tool}."
    )
    former = config.preset if config.preset != tool else DEFAULT_PRESET
    undo = [f"quotaline config set preset {former}", *(f"quotaline config unset {key}" for key in beside)]
    click.echo(f"Undo: {'; '.join(undo)}")
    spawn_refresh(str(where.cache_dir or ""), os.environ, time.time(), CONFIG_STAMP)
    return 0


def told(found: Imported, *, closed: bool) -> list[Line]:
    """What was taken, and what has no equal; `closed`: undocumented sources are."""
    pairs = [theirs if theirs == ours else f"{theirs} → {ours}" for theirs, ours in found.taken]
    lines: list[Line] = [Words("Taken", "accent"), Flow([(pair, "text") for pair in pairs])]
    if found.without_equal:
        names = list(found.without_equal)
        shown = names[:MOST_NAMES] + ([f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else [])
        lines += [Words("Without an equal", "accent"), Flow([(name, "text") for name in shown])]
    if closed and any(part in str(found.preset) for part in UNDOCUMENTED):
        lines.append(
            Words("Dollars and each model's week show with `quotaline config set enable_alpha_features true`.", "muted")
        )
    return lines


def is_written(path: Path, key: str) -> bool:
    """Whether config.toml says anything of a dotted key."""
    node: Any = tomllib.loads(read_text(path))
    for step in key.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    return node is not None


def counted_above(path: Path, preset: dict[str, Any]) -> list[str]:
    """The keys of config.toml that the preset says as well, and that count."""
    written = tomllib.loads(read_text(path))

    def same(mine: dict[str, Any], theirs: dict[str, Any], before: str = "") -> list[str]:
        keys = []
        for key in mine.keys() & theirs.keys():
            if isinstance(mine[key], dict) and isinstance(theirs[key], dict):
                keys += same(mine[key], theirs[key], f"{before}{key}.")
            else:
                keys.append(before + key)
        return sorted(keys)

    return same({key: written[key] for key in ("line", "segments", "style") if key in written}, preset)
