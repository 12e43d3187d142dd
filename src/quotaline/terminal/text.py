"""PURE Times, spans, money and counts as the overview writes them, and how its words wrap."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from msgspec import Struct, structs
from rich import get_console
from rich.cells import cell_len, chop_cells
from rich.containers import Lines
from rich.text import Text

from quotaline.core import formats
from quotaline.core.model_names import own_name
from quotaline.core.money import format_money
from quotaline.core.periods import MINUTE
from quotaline.render.ascii import GLYPHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

Row = TypeVar("Row", bound=Struct)
Line: TypeAlias = "RenderableType"
"""A line, or a table of lines; its styles are roles of the palette."""
Piece: TypeAlias = tuple[str, str]
"""A text and its role in the palette."""

ASCII = str.maketrans({**GLYPHS, "┃": "|", "✓": "ok", "✗": "x"})


def countdown(moment: float, now: float, clock: str = "24h") -> str:
    """`in 2h13m, Tue 15:00 CET`: local time, with its zone."""
    return f"in {formats.format_left(moment - now)}, {clock_with_zone(moment, now, clock)}"


def clock_with_zone(moment: float, now: float, clock: str = "24h") -> str:
    """`Tue 15:00 CET`: the prompt's clock with its zone."""
    return f"{formats.format_clock(moment, now, clock)} {time.strftime('%Z', time.localtime(moment))}".rstrip()


def ago(moment: float, now: float) -> str:
    """`9m ago`; a value of this minute is `just now`."""
    age = now - moment
    return "just now" if age < MINUTE else f"{formats.format_left(age)} ago"


def money(amount: Decimal, unit: str) -> str:
    """An amount of a currency, exact: its digits after the point are the currency's."""
    places = max(0, -int(amount.as_tuple().exponent))
    return format_money([int(amount.scaleb(places)), unit.upper(), places]) or ""


def dollars(amount: str) -> str:
    """An exact decimal of dollars, rounded to the cent for reading, as an estimate."""
    return "~" + (format_money([int(round(Decimal(amount), 2).scaleb(2)), "USD", 2]) or "")


def percent(value: float) -> str:
    """`42%`, cut like Claude's own."""
    return f"{int(value)}%"


def short(text: str, limit: int) -> str:
    """A text of at most `limit` cells, with an ellipsis where it was cut; rich's own puts a blank for half a wide character."""
    return text if cell_len(text) <= limit else chop_cells(text, limit - 1)[0] + "…"


def with_own_names(rows: Iterable[Row], names: Mapping[str, str], field: str = "key") -> list[Row]:
    """Rows with the user's own names for the models that `field` names, for people."""
    called = ((row, getattr(row, field)) for row in rows)
    return [structs.replace(row, **{field: (name and own_name(names, name)) or name}) for row, name in called]


def wrapped(text: str, limit: int) -> list[str]:
    """Words over lines of at most `limit` cells; a word that is longer still is cut into pieces, none is lost.

    rich begins the line after a long word with the blank behind it, so the cuts are made before.
    """
    pieces = (piece for word in text.split() for piece in (chop_cells(word, limit) or [word]))
    return [line.plain.rstrip() for line in Text(" ".join(pieces)).wrap(get_console(), limit)]


class Words(Text):
    """Text of one style that wraps at its words, `indent` blanks before each line; any other text stays on its line."""

    def __init__(self, text: str, style: str = "", indent: int = 0) -> None:
        super().__init__(text, style)
        self.indent = " " * indent

    def wrap(self, console: Console, width: int, **_options: Any) -> Lines:  # noqa: ARG002 - rich's signature
        """Its lines of at most `width` cells."""
        return Lines(Text(self.indent + line, self.style) for line in wrapped(self.plain, width - len(self.indent)))


class Flow:
    """Pieces side by side, ` · ` between them, as many on a line as it holds; a longer one breaks at its spaces."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = pieces

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines. A break takes the separator's place, which no wrapping of one text does."""
        limit, lines = options.max_width, list[Text]()
        for text, role in self.pieces:
            parts = [text] if cell_len(text) <= limit else wrapped(text, limit)
            if lines and len(parts) == 1 and lines[-1].cell_len + 3 + cell_len(text) <= limit:
                lines[-1].append(" · ", "muted").append(text, role)
            else:
                lines += [Text.assemble((part, role)) for part in parts]
        return iter(lines)
