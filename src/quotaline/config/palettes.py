"""PURE What the words `ok`, `warn`, `money` … look like: palettes, named colours, and the glyphs of bars and separators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quotaline.config.schema import Style

ROLES = ("text", "muted", "accent", "money", "ok", "warn", "critical")

# Blue, orange and vermilion keep apart for every common kind of colour blindness; red against green does not.
PALETTES: dict[str, dict[str, str]] = {
    "default": {
        "text": "", "muted": "2", "accent": "38;5;75", "money": "38;5;222",
        "ok": "38;5;117", "warn": "38;5;214", "critical": "1;38;5;203",
    },
    "light": {
        "text": "", "muted": "38;5;242", "accent": "38;5;24", "money": "38;5;53",
        "ok": "38;5;25", "warn": "38;5;130", "critical": "1;38;5;161",
    },
    "ansi": {
        "text": "", "muted": "2", "accent": "36", "money": "33", "ok": "34", "warn": "33", "critical": "1;31",
    },
    "ascii": {
        "text": "", "muted": "2", "accent": "36", "money": "33", "ok": "34", "warn": "33", "critical": "1;31",
    },
    "mono": {"text": "", "muted": "2", "accent": "", "money": "", "ok": "", "warn": "1", "critical": "1;7"},
}  # fmt: skip

UNICODE_GLYPHS = {"separator": " · ", "bar": ["█", "░"], "ellipsis": "…", "problem": "×", "pace": ["⇡", "⇣"]}
ASCII_GLYPHS = {"separator": " | ", "bar": ["#", "-"], "ellipsis": "..", "problem": "x", "pace": ["+", "-"]}
UNICODE_GIT, ASCII_GIT = ["✓", "⇡", "⇣"], ["ok", "^", "v"]
"""A repository without changes, commits ahead of its upstream, and behind."""
USUAL = {"show": "used", "clock": "24h", "models": {}, "links": "auto"}
"""Keys of `[style]` that a snapshot holds where they are not as usual."""
NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
COLOUR_FORMS = f"a role ({', '.join(ROLES)}), a name ({', '.join(NAMES)}), bright-NAME, 0-255 or #rrggbb"


def sgr(colour: str) -> str | None:
    """SGR parameters of a colour by name, number or `#rrggbb`; a role stays a role; None when it is none of these."""
    if colour in ROLES:
        return colour
    bright, name = colour.startswith("bright-"), colour.removeprefix("bright-")
    if name in NAMES:
        return str((90 if bright else 30) + NAMES.index(name))
    if re.fullmatch(r"[0-9]{1,3}", colour) and int(colour) <= 255:  # noqa: PLR2004 - the 256-colour palette
        return f"38;5;{int(colour)}"
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return "38;2;" + ";".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return None


def style(given: Style, *, git: bool = False) -> dict[str, Any]:
    """The compiled `[style]`: roles as SGR parameters, glyphs, the marks of stale values and of problems.

    What is not as usual is there as well, and no more; with `git` the signs of a repository's state.
    """
    plain = given.palette == "ascii"
    glyphs = ASCII_GLYPHS if plain else UNICODE_GLYPHS
    if given.separator is not None and (not plain or given.separator.isascii()):
        glyphs = {**glyphs, "separator": given.separator}
    chosen = {name: getattr(given, name) for name in USUAL if getattr(given, name) != USUAL[name]}
    if git:
        chosen["git"] = ASCII_GIT if plain else UNICODE_GIT
    return {**chosen, "colour": given.colour, "roles": PALETTES[given.palette], "stale": "?", **glyphs}
