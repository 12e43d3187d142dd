"""PURE What `setup` found on this machine, and the line as it will look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from quotaline.integrations.hosts import CLAUDE_CODE
from quotaline.sources.client_version import RATE_LIMITS
from quotaline.terminal.presets import row_lines
from quotaline.terminal.text import Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from quotaline.integrations.found import Found, FoundHost
    from quotaline.preview.presets import PresetPreview
    from quotaline.terminal.text import Line

MARKS = {True: ("✓", "ok"), False: ("·", "muted")}


def found_lines(found: Found, tilde: Callable[[Path], str]) -> list[Line]:
    """Every program that can show the line, with its file; those that show it already have a mark."""
    names = max(cell_len(host.name) for host in found.hosts)
    table = Table.grid(Column(width=1), Column(width=names), Column(), padding=(0, 2, 0, 0))
    for host in found.hosts:
        table.add_row(Text(*MARKS[host.installed]), Text(host.name), Words(f"{_state(host, found)}; {tilde(host.path)}"))
    return [Text("On this machine", "accent"), table, *(Words(found.problem, "warn") for _ in range(bool(found.problem)))]


def _state(host: FoundHost, found: Found) -> str:
    if host.name != CLAUDE_CODE:
        return "shows the line" if host.installed else "your shell" if host.own_shell else "no line yet"
    version = ".".join(map(str, found.version or ()))
    told = [f"version {version}" if version else "its version is not known" if found.program else "not found in PATH"]
    if found.version is not None and found.version < RATE_LIMITS:
        told.append(f"too old to tell its limits (`claude update`: {'.'.join(map(str, RATE_LIMITS))} does)")
    if host.installed:
        told.append("shows the line")
    elif found.held is not None:
        told.append(f"its status line is {found.held_by or 'another command'}'s")
    elif not found.problem:
        told.append("its status line is free")
    return ", ".join(told)


def look_lines(look: PresetPreview, opening: str, *, made: bool) -> list[Line]:
    """The line in Claude Code and in shells as it will look, after some words; `made`: with made numbers."""
    values = "made numbers, as none of yours are known yet" if made else "your own numbers"
    return [Words(f"{opening} ({values}; preset {look.name}):"), *row_lines(look)]
