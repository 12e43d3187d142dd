"""PURE The segments as lines: the table of all, one explained, and the list of fields and format specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.config.fields import FIELDS, SPECS, WINDOW_FIELDS
from quotaline.config.palettes import COLOUR_FORMS
from quotaline.config.segments import compile_segment, shipped_folder
from quotaline.preview.segments import meaning, why_absent
from quotaline.render.layout import render_form
from quotaline.render.paint import width
from quotaline.terminal.text import Line, cells, short, wrapped

if TYPE_CHECKING:
    from quotaline.locations import Locations
    from quotaline.preview.live import Live
    from quotaline.preview.segments import Preview

BESIDE = 72
SHOWN = 34


def table(found: list[Preview], limit: int) -> list[Line]:
    """Each segment with its value, or why it has none, and what it is."""
    names = max(width(one.name) for one in found) + 2
    lines: list[Line] = []
    for one in found:
        head: Line = [(one.name + " " * (names - width(one.name)), "accent")]
        summary = one.summary + (" (yours)" if one.own else "")
        if not one.shows:
            values: list[Line] = [[(text, "muted")] for text in wrapped(f"({one.why})", limit - names)]
            lines += [[*head, *values[0]], *([(" " * names, ""), *value] for value in values[1:])]
        else:
            head += _value(one, min(SHOWN, limit - names) if limit >= BESIDE else limit - names)
            lines.append(head)
        room = limit - names - SHOWN - 2
        gap = names + SHOWN + 2 - cells(lines[-1])
        if limit >= BESIDE and gap >= 2:  # noqa: PLR2004 - two blanks between columns
            texts = wrapped(summary, room)
            lines[-1] = [*lines[-1], (" " * gap, ""), (texts[0], "muted")]
            lines += [[(" " * (names + SHOWN + 2), ""), (text, "muted")] for text in texts[1:]]
        else:
            lines += [[(" " * names, ""), (text, "muted")] for text in wrapped(summary, limit - names)]
    hint = "`quotaline segments NAME` explains one; `--fields` lists what a segment may name."
    return [*lines, [], *([(text, "muted")] for text in wrapped(hint, limit))]


def _value(one: Preview, room: int) -> Line:
    line: Line = []
    for text, sgr in one.shows:
        left = room - cells(line) - (1 if line else 0)
        if left > 1:
            line += [(" ", ""), (short(text, left), sgr)] if line else [(short(text, left), sgr)]
    return line


def explained(one: Preview, state: Live, where: Locations, limit: int) -> list[Line]:
    """One segment: its forms at this moment, its fields, and its TOML."""
    segment = state.found.segments[one.name]
    lines: list[Line] = [[(one.name, "accent")], *([(text, "text")] for text in wrapped(one.summary, limit)), []]
    lines += _forms(one, state) if one.shows else [[(text, "muted")] for text in wrapped(f"Shows nothing: {one.why}.", limit)]
    lines.append([("In the lines: " + (", ".join(one.lines) or "none"), "muted")])
    lines += [[], [("Fields", "accent")]]
    for field in one.fields:
        known = field in state.fields or segment.each is not None
        note = meaning(field) + ("" if known else f" (absent: {why_absent(field, state.fields, state.missing)})")
        lines += [[("  " + field, "text")], *([("    " + text, "muted")] for text in wrapped(note, limit - 4))]
    folder = (where.config_file.parent if where.config_file else shipped_folder()) / "segments"
    path = folder / f"{one.name}.toml" if one.own else shipped_folder() / f"{one.name}.toml"
    title = where.tilde(path) if one.own else f"Copy this to {where.tilde(folder / path.name)} and change it"
    lines += [[], *([(text, "accent")] for text in wrapped(title, limit))]
    return [*lines, *([(text, "text")] for text in path.read_text(encoding="utf-8").splitlines())]


def _forms(one: Preview, state: Live) -> list[Line]:
    compiled: dict[str, Any] = compile_segment(state.found.segments[one.name])
    style = {**state.compiled["style"], "now": state.fields.now}
    each = compiled.get("each")
    prefixes = [key for key in state.fields.windows if key.startswith(each)] if each else [""]
    lines: list[Line] = []
    for prefix in prefixes:
        for name, form in zip(("long", "format", "short"), compiled["forms"], strict=True):
            text = render_form(form, state.fields, style, prefix) if form else None
            if text:
                lines.append([(f"  {name:<8}", "muted"), (text, one.shows[0][1])])
    return lines or [[("  fallback", "muted"), (" " + one.text, one.shows[0][1])]]


def fields(limit: int) -> list[Line]:
    """Every field and format spec, with its meaning."""
    lines: list[Line] = [[("Fields", "accent")], *_list(FIELDS, limit), []]
    windows = "Fields of a window: five_hour, seven_day, seven_day_MODEL, spend_limit; `window` in a segment with `each`"
    lines += [*([(text, "accent")] for text in wrapped(windows, limit))]
    lines += [*_list({f"WINDOW.{name}": text for name, text in WINDOW_FIELDS.items()}, limit), []]
    lines += [[("Formats, as in {extra.used:money}", "accent")], *_list(SPECS, limit), []]
    return [*lines, *([(text, "muted")] for text in wrapped(f"A colour is {COLOUR_FORMS}.", limit))]


def _list(entries: dict[str, str], limit: int) -> list[Line]:
    room = max(width(name) for name in entries) + 4
    lines: list[Line] = []
    for name, text in entries.items():
        texts = wrapped(text, limit - room)
        lines.append([("  " + name + " " * (room - 2 - width(name)), "text"), (texts[0], "muted")])
        lines += [[(" " * room, ""), (more, "muted")] for more in texts[1:]]
    return lines
