"""EFFECT The terminal: width, colours, and whether bars and dots can be drawn."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from quotaline.config.palettes import UNICODE_GLYPHS
from quotaline.doctor.check import Check
from quotaline.render.paint import wants_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Terminal"
NARROW = 40
FEW = ("linux", "vt100", "vt220", "ansi", "cons25")
COLOURS = {"truecolor": "16 million colours", "24bit": "16 million colours"}


def checks(scene: DoctorContext) -> Iterator[Check]:
    """Width, colours, glyphs."""
    yield width(scene)
    yield colours(scene)
    yield glyphs(scene)


def width(scene: DoctorContext) -> Check:
    """COLUMNS, or the terminal's own width."""
    told = scene.env.get("COLUMNS", "")
    try:
        columns = int(told) if told.isdecimal() else os.get_terminal_size().columns
    except OSError:
        return Check(group=GROUP, name="width", status="SKIP", says="This is not a terminal.")
    if columns < NARROW:
        says = f"{columns} columns: the line drops segments, the least important first."
        return Check(group=GROUP, name="width", status="WARN", says=says, remedy="give `priority` to those you want to keep")
    return Check(group=GROUP, name="width", status="PASS", says=f"{columns} columns.")


def colours(scene: DoctorContext) -> Check:
    """What the palette asks for against what the terminal says it can do."""
    style = scene.config.style
    if not wants_colour(style.colour, scene.env, default=True):
        reason = "style.colour is never" if style.colour == "never" else "NO_COLOR or FORCE_COLOR says so"
        return Check(group=GROUP, name="colours", status="PASS", says=f"None: {reason}.")
    term, more = scene.env.get("TERM", ""), scene.env.get("COLORTERM", "")
    many = more in COLOURS or term.partition("-")[0] not in FEW
    if term in ("", "dumb"):
        return Check(group=GROUP, name="colours", status="SKIP", says=f"TERM is {term or 'not set'}: no telling.")
    if not many and style.palette in ("default", "light"):
        says = f"TERM={term} knows 16 colours at the most, and the palette {style.palette} uses 256."
        return Check(group=GROUP, name="colours", status="WARN", says=says, remedy="quotaline config set style.palette ansi")
    says = f"{COLOURS.get(more, '256 colours' if many else '16 colours')}, palette {style.palette}."
    return Check(group=GROUP, name="colours", status="PASS", says=says)


def glyphs(scene: DoctorContext) -> Check:
    """Whether stdout can carry what the palette draws with."""
    if scene.config.style.palette == "ascii":
        return Check(group=GROUP, name="glyphs", status="PASS", says="ASCII only.")
    encoding = sys.stdout.encoding or "ascii"
    try:
        "".join([*UNICODE_GLYPHS["bar"], str(UNICODE_GLYPHS["ellipsis"])]).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        says = f"Output is {encoding}, which has no bars and dots; shells show what quotaline prints as it is."
        remedy = "use a UTF-8 locale, or quotaline config set style.palette ascii"
        return Check(group=GROUP, name="glyphs", status="WARN", says=says, remedy=remedy)
    return Check(group=GROUP, name="glyphs", status="PASS", says=f"{encoding} carries █ ░ · …")
