"""PURE The segments as lines: the table of all, one explained, and the list of fields and format specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import tomlkit
from rich.cells import cell_len
from rich.console import Group
from rich.table import Column, Table
from rich.text import Text

from quotaline.config.fields import FIELDS, SPECS, WINDOW_FIELDS
from quotaline.config.palettes import COLOUR_FORMS, ROLES
from quotaline.config.segments import shipped_folder
from quotaline.core.values import printable
from quotaline.files import read_file
from quotaline.preview.segments import meaning, why_absent
from quotaline.render.layout import render_form
from quotaline.terminal.page import style_of
from quotaline.terminal.text import Words, short, wrapped

if TYPE_CHECKING:
    from rich.style import Style

    from quotaline.locations import Locations
    from quotaline.preview.live import Live
    from quotaline.preview.segments import Preview
    from quotaline.terminal.text import Line

BESIDE = 72
SHOWN = 34


def table(found: list[Preview], limit: int) -> list[Line]:
    """Each segment with its value, or why it has none, and what it is."""
    names = max(cell_len(one.name) for one in found) + 2
    room = limit - names
    rows = Table.grid(Column(width=names), Column(width=room))
    for one in found:
        summary = Words(one.summary + (" (yours)" if one.own else ""), "muted")
        why = [Text.assemble((text, "muted")) for text in wrapped(f"({one.why})", room)]
        *above, value = [_value(one, min(SHOWN, room) if limit >= BESIDE else room)] if one.shows else why
        if limit >= BESIDE and value.cell_len <= SHOWN:
            beside = Table.grid(Column(width=SHOWN + 2), Column(width=room - SHOWN - 2))
            beside.add_row(value, summary)
            below: list[Line] = [beside]
        else:
            below = [value, summary]
        rows.add_row(Text(one.name, "accent"), Group(*above, *below))
    return [rows, Text(), Words("`quotaline segments NAME` explains one; `--fields` lists what a segment may name.", "muted")]


def _value(one: Preview, room: int) -> Text:
    line = Text()
    for text, sgr in one.shows:
        left = room - line.cell_len - bool(line)
        if left > 1:
            line.append(" " if line else "").append(short(text, left), _style(sgr))
    return line


def _style(sgr: str) -> str | Style:
    return sgr if sgr in ROLES else style_of(sgr)


def explained(one: Preview, state: Live, where: Locations) -> list[Line]:
    """One segment: its forms at this moment, its fields, and its TOML."""
    segment = state.found.segments[one.name]
    lines: list[Line] = [Text(one.name, "accent"), Words(one.summary), Text()]
    lines += _forms(one, state) if one.shows else [Words(f"Shows nothing: {one.why}.", "muted")]
    lines += [Text(f"In the lines: {', '.join(one.lines) or 'none'}", "muted"), Text(), Text("Fields", "accent")]
    for field in one.fields:
        known = field in state.fields or segment.each is not None
        note = meaning(field) + ("" if known else f" (absent: {why_absent(field, state.fields, state.missing)})")
        lines += [Text(f"  {field}"), Words(note, "muted", indent=4)]
    folder = (where.config_file.parent if where.config_file else shipped_folder()) / "segments"
    path = folder / f"{one.name}.toml" if one.own else shipped_folder() / f"{one.name}.toml"
    title = where.tilde(path) if one.own else f"Copy this to {where.tilde(folder / path.name)} and change it"
    if one.own and not path.is_file():
        title = "In config.toml, or in its preset"
        toml = tomlkit.dumps({"segments": {one.name: _told(msgspec.to_builtins(segment))}}).splitlines()
    else:
        toml = read_file(path).decode("utf-8", "replace").splitlines()
    return [*lines, Text(), Words(title, "accent"), *(Text(printable(line)) for line in toml)]


def _told(tree: dict[str, Any]) -> dict[str, Any]:
    """A segment without the keys that it does not have."""
    return {key: _told(value) if isinstance(value, dict) else value for key, value in tree.items() if value is not None}


def _forms(one: Preview, state: Live) -> list[Line]:
    compiled: dict[str, Any] = state.compiled["segments"][one.name]
    style = {**state.compiled["style"], "now": state.fields.now}
    each = compiled.get("each")
    prefixes = [key for key in state.fields.windows if key.startswith(each)] if each else [""]
    lines: list[Line] = []
    for prefix in prefixes:
        for name, form in zip(("long", "format", "short"), compiled["forms"], strict=True):
            text = render_form(form, state.fields, style, prefix) if form else None
            if text:
                lines.append(Text.assemble((f"  {name:<8}", "muted"), (text, _style(one.shows[0][1]))))
    return lines or [Text.assemble(("  fallback", "muted"), (" " + one.text, _style(one.shows[0][1])))]


def fields(limit: int) -> list[Line]:
    """Every field and format spec, with its meaning."""
    windows = "Fields of a window: five_hour, seven_day, seven_day_MODEL, spend_limit; `window` in a segment with `each`"
    named = {f"WINDOW.{name}": text for name, text in WINDOW_FIELDS.items()}
    lines: list[Line] = [Text("Fields", "accent"), _list(FIELDS, limit), Text()]
    lines += [Words(windows, "accent"), _list(named, limit), Text()]
    lines += [Text("Formats, as in {extra.used:money}", "accent"), _list(SPECS, limit), Text()]
    return [*lines, Words(f"A colour is {COLOUR_FORMS}.", "muted")]


def _list(entries: dict[str, str], limit: int) -> Table:
    room = max(cell_len(name) for name in entries) + 4
    rows = Table.grid(Column(width=room), Column(width=limit - room))
    for name, text in entries.items():
        rows.add_row(Text(f"  {name}"), Words(text, "muted"))
    return rows
