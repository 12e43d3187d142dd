"""PURE A preset that is made piece by piece of another tool's configuration, and what of that had no equal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit
from msgspec import Struct

from quotaline.config.palettes import sgr
from quotaline.core.values import printable_with_icons
from quotaline.render.layout import FILL
from quotaline.render.paint import is_safe_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quotaline.config.segments import Tree

LONGEST_SEPARATOR = 8
LONGEST_TEXT = 40
MOST_ROWS, MOST_PIECES = 20, 60
"""Whoever has more of them has made a mistake, and a prompt would wait for it."""
DARK = 90  # of 255: what cannot be read on a black terminal
DARK_NUMBERS = (0, 16, *range(232, 240))  # black twice, and the first of the greys
USED = re.compile(r"\{([\w.]+)\.used:(pct|bar[0-9]{0,2})\}")
COPIED = ("level", "warn", "critical", "link", "colour", "priority")


class Equal(NamedTuple):
    """What stands for a piece of another tool's line: the shipped segment `base`, or `form` with its thresholds and colour.

    `raw` is the form without its label, `bar` the one that draws a bar, `clock` the one that tells a time of day. `level` is
    the field that the thresholds are held against, where it is not the base's; `counts`: at nothing it is hidden. `short` is
    shown where the form lacks a field.
    """

    base: str
    form: str = ""
    raw: str = ""
    bar: str = ""
    clock: str = ""
    level: str = ""
    counts: bool = False
    short: str = ""


class Imported(Struct, frozen=True, kw_only=True):
    """A preset as a tree; which pieces it was made of, each with our segment's name; what had no equal, by their names.

    `settings` are keys of config.toml beside it, with their values.
    """

    preset: dict[str, Any]
    settings: dict[str, str]
    taken: tuple[tuple[str, str], ...]
    without_equal: tuple[str, ...]


class Draft:
    """Rows, segments and style as they are added; `shipped` are the shipped segments as written."""

    def __init__(self, tool: str, shipped: Mapping[str, Tree]) -> None:
        self.tool, self.shipped = tool, shipped
        self.separator: str | None = None
        self.twelve_hours = False
        self.settings: dict[str, str] = {}
        self._rows: list[list[str]] = []
        self._segments: dict[str, Tree] = {}
        self._taken: dict[tuple[str, str], None] = {}
        self._without: dict[str, None] = {}

    def row(self) -> None:
        """Begin a row."""
        self._rows.append([])

    def add(self, theirs: str, equal: Equal, form: str = "", colour: str | None = None, **more: object) -> None:
        """Put a piece into the row: in `form`, or as the shipped segment is; in a colour and with `more` keys, if any."""
        if len(self._rows) > MOST_ROWS or len(self._rows[-1]) >= MOST_PIECES:
            self.without_equal(f"what is behind {MOST_ROWS} rows or {MOST_PIECES} pieces")
            return
        name = self._coloured(equal.base, colour) if not form else None
        if name is None:
            base = self.shipped.get(equal.base, {})
            segment: Tree = {"summary": f"{theirs} as in {self.tool}", "format": form or base["format"]}
            segment |= {key: base[key] for key in COPIED if key in base}
            segment |= {"short": equal.short} if equal.short else {}
            segment |= {"level": equal.level} if equal.level else {}
            segment |= {"hide_below": 1} if equal.counts else {}
            segment |= more
            segment |= {"colour": colour} if colour else {}
            name = self._named(f"{self.tool}-{re.sub('[^a-z0-9]+', '-', theirs.lower()).strip('-') or 'piece'}", segment)
        self._rows[-1].append(name)
        self._taken[theirs, name] = None

    def fill(self) -> None:
        """Push what follows in the row to the right edge."""
        self._rows[-1].append(FILL)

    def without_equal(self, what: str) -> None:
        """Note a piece or a setting that has no equal."""
        self._without[shown(what)] = None

    def finished(self, summary: str) -> Imported:
        """The preset."""
        rows = [row for row in self._rows if set(row) - {FILL}]
        preset: dict[str, Any] = {"summary": summary}
        style = {} if self.separator is None else {"separator": self.separator}
        style |= {"clock": "12h"} if self.twelve_hours else {}
        preset |= {"style": style} if style else {}
        preset["line"] = {"claude": {"rows": rows}}
        if self._segments:
            preset["segments"] = self._segments
        return Imported(preset=preset, settings=self.settings, taken=tuple(self._taken), without_equal=tuple(self._without))

    def _coloured(self, name: str, colour: str | None) -> str | None:
        """The shipped segment in this colour; None where it has another one already."""
        if colour is None and name not in self._segments:
            return name
        return name if self._segments.setdefault(name, {"colour": colour}) == {"colour": colour} else None

    def _named(self, name: str, segment: Tree) -> str:
        """A name that is free, or that of the same segment."""
        number, found = 1, name
        while self._segments.setdefault(found, segment) != segment:
            number += 1
            found = f"{name}-{number}"
        return found


def count(field: str, mark: str) -> Equal:
    """A number of things with a mark, hidden where there are none."""
    return Equal("", f"{mark}{{{field}}}", level=field, counts=True)


def left_instead(form: str) -> str:
    """A form that says what is left in place of what is used."""
    found = USED.sub(r"{\1.remaining:\2}", form)
    return found if found == form else found + " left"


def literal(text: object) -> str:
    """Somebody's text as it stands in a form."""
    return shown(text).replace("{", "{{").replace("}", "}}")


def shown(text: object) -> str:
    """Somebody's text as it may be shown: of one line, and not too long."""
    return printable_with_icons(str(text))[:LONGEST_TEXT]


def address(text: object) -> str | None:
    """An address that a segment may lead to; None for another."""
    return text.replace("{", "{{").replace("}", "}}") if isinstance(text, str) and is_safe_url(text) else None


def separator(text: object) -> str | None:
    """What stands between two pieces, with a blank on each side of a mark; None for what cannot."""
    if not isinstance(text, str) or not text:
        return None
    bare = printable_with_icons(text.strip())
    found = f" {bare} " if bare and bare != "," else f"{bare} "
    return found if len(found) <= LONGEST_SEPARATOR else None


def colour(name: str) -> str | None:
    """A colour of ours by its name, number or `#rrggbb`; None where there is none of that name."""
    return name if sgr(name) is not None else None


def without_background(text: str | None, background: str | None) -> str | None:
    """The colour of a text where the background that it stood on is gone: a dark one takes the background's."""
    return background if background and text and _is_dark(text) else text


def _is_dark(name: str) -> bool:
    if name.startswith("#"):
        red, green, blue = bytes.fromhex(name[1:])
        return 0.299 * red + 0.587 * green + 0.114 * blue < DARK
    return name == "black" or (name.isdecimal() and int(name) in DARK_NUMBERS)


def table(value: object) -> dict[str, Any]:
    """A table with names, whatever was there."""
    return {key: item for key, item in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}


def rows_of(value: object) -> list[Any]:
    """A list, whatever was there."""
    return value if isinstance(value, list) else []


def written_preset(tool: str, found: Imported) -> str:
    """The preset file of a tool's line."""
    return preset_text(found.preset, f"{tool}'s line; `quotaline config import {tool}` wrote it.")


def preset_text(preset: Mapping[str, Any], comment: str) -> str:
    """A preset as TOML, a row a line."""
    lines = [f"# {comment}", f"summary = {_toml(preset['summary'])}", ""]
    for name, keys in (("style", preset.get("style", {})),):
        lines += [f"[{name}]", *_keys(keys), ""] if keys else []
    rows = preset["line"]["claude"]["rows"]
    lines += ["[line.claude]", "rows = [", *(f"    {_toml(row)}," for row in rows), "]"]
    for name, keys in preset.get("segments", {}).items():
        lines += ["", f"[segments.{tomlkit.key(name).as_string()}]", *_keys(keys)]
    return "\n".join(lines) + "\n"


def _keys(keys: Mapping[str, Any]) -> Iterable[str]:
    width = max(map(len, keys))
    return [f"{key:<{width}} = {_toml(value)}" for key, value in keys.items()]


def _toml(value: Any) -> str:
    return "[" + ", ".join(map(_toml, value)) + "]" if isinstance(value, list) else str(tomlkit.item(value).as_string())
