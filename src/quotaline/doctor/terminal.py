"""EFFECT The terminal: width, colours, and whether bars and dots can be drawn."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from quotaline.doctor.check import Check
from quotaline.render.ascii import wants_ascii
from quotaline.render.paint import wants_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Terminal"
NARROW = 40
FEW = ("linux", "vt100", "vt220", "ansi", "cons25")
COLOURS = {"truecolor": "16 million colours", "24bit": "16 million colours"}


def checks(context: DoctorContext) -> Iterator[Check]:
    """Width, colours, glyphs."""
    yield width(context)
    yield colours(context)
    yield glyphs(context)


def width(context: DoctorContext) -> Check:
    """COLUMNS, or the terminal's own width."""
    given = context.env.get("COLUMNS", "")
    try:
        columns = int(given) if given.isdecimal() else os.get_terminal_size().columns
    except OSError:
        return Check(group=GROUP, name="width", status="SKIP", message="This is not a terminal.")
    if columns < NARROW:
        message = f"{columns} columns: the line drops segments, the least important first."
        return Check(
            group=GROUP, name="width", status="WARN", message=message, remedy="give `priority` to those you want to keep"
        )
    return Check(group=GROUP, name="width", status="PASS", message=f"{columns} columns.")


def colours(context: DoctorContext) -> Check:
    """What the palette asks for against what the terminal says it can do."""
    style = context.config.style
    if not wants_colour(style.colour, context.env, default=True):
        reason = "style.colour is never" if style.colour == "never" else "NO_COLOR or FORCE_COLOR says so"
        return Check(group=GROUP, name="colours", status="PASS", message=f"None: {reason}.")
    term, more = context.env.get("TERM", ""), context.env.get("COLORTERM", "")
    many = more in COLOURS or term.partition("-")[0] not in FEW
    if term in ("", "dumb"):
        return Check(group=GROUP, name="colours", status="SKIP", message=f"TERM is {term or 'not set'}: no telling.")
    if not many and style.palette in ("default", "light"):
        message = f"TERM={term} knows 16 colours at the most, and the palette {style.palette} uses 256."
        return Check(
            group=GROUP, name="colours", status="WARN", message=message, remedy="quotaline config set style.palette ansi"
        )
    message = f"{COLOURS.get(more, '256 colours' if many else '16 colours')}, palette {style.palette}."
    return Check(group=GROUP, name="colours", status="PASS", message=message)


def glyphs(context: DoctorContext) -> Check:
    """Whether the locale can carry what the palette draws with; shells ask the same variables."""
    if context.config.style.palette == "ascii":
        return Check(group=GROUP, name="glyphs", status="PASS", message="ASCII only.")
    if wants_ascii(context.env):
        message = "The locale (LC_ALL, LC_CTYPE or LANG) has no UTF-8: shells draw the line in ASCII."
        remedy = "use a UTF-8 locale where the terminal knows bars and dots"
        return Check(group=GROUP, name="glyphs", status="WARN", message=message, remedy=remedy)
    return Check(group=GROUP, name="glyphs", status="PASS", message="The locale carries bars and dots.")
