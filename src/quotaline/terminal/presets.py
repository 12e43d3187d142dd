"""PURE Presets as lines: each one's name and summary over its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from quotaline.terminal.text import Flow, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quotaline.preview.presets import PresetPreview
    from quotaline.terminal.text import Line


def preset_lines(found: Iterable[PresetPreview], chosen: str) -> list[Line]:
    """Every preset; the one that is `chosen` says so."""
    lines: list[Line] = []
    for one in found:
        marks = [("yours", "muted")] if one.own else []
        marks += [("chosen", "ok")] if one.name == chosen else []
        marks += [(one.summary, "muted")] if one.summary else []
        lines.append(Flow([(one.name, "accent"), *marks]))
        if one.problem:
            lines.append(Words(one.problem, "warn", indent=2))
        elif not one.claude and not one.prompt:
            lines.append(Words("nothing to show yet", "muted", indent=2))
        lines += [*row_lines(one), Text()]
    return lines[:-1]


def row_lines(one: PresetPreview) -> list[Line]:
    """Claude Code's rows of a preset, then those of shells."""
    rows: list[Line] = [Text.from_ansi("  " + row) for row in one.claude]
    return [*rows, *(Text.assemble(("› ", "muted"), Text.from_ansi(row)) for row in one.prompt)]
