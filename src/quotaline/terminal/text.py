"""PURE Times, spans, money and counts as the overview writes them; the prompt's own formats wherever it has one."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from quotaline.core import formats
from quotaline.core.money import format_money
from quotaline.core.periods import MINUTE
from quotaline.render.paint import width

if TYPE_CHECKING:
    from collections.abc import Sequence

Piece: TypeAlias = tuple[str, str]
"""A text and its role in the palette."""
Line: TypeAlias = list[Piece]

TITLES = {
    "five_hour": "Session (5h)", "seven_day": "Weekly", "weekly_model": "Weekly by model", "extra_usage": "Extra usage",
    "spend_limit": "Spend limit", "everything": "Everything",
}  # fmt: skip
ASCII = str.maketrans({"·": "|", "…": "..", "→": "->", "█": "#", "░": "-", "┃": "|", "€": "EUR ", "£": "GBP ", "¥": "JPY ",
                       "₹": "INR ", "₩": "KRW ", "⇡": "+", "⇣": "-", "▲": "^", "≥": ">=", "✓": "ok", "✗": "x"})  # fmt: skip


def title(key: str, name: str = "") -> str:
    """A window's name, short enough for a column."""
    return TITLES.get(key) or name or key


def countdown(moment: float, now: float) -> str:
    """`in 2h13m, Tue 15:00 CET`: local time, with its zone."""
    return f"in {formats.format_left(moment - now)}, {clock_with_zone(moment, now)}"


def clock_with_zone(moment: float, now: float) -> str:
    """`Tue 15:00 CET`: the prompt's clock with its zone."""
    return f"{formats.format_clock(moment, now)} {time.strftime('%Z', time.localtime(moment))}".rstrip()


def ago(moment: float, now: float) -> str:
    """`9m ago`; a value of this minute is `just now`."""
    age = now - moment
    return "just now" if age < MINUTE else f"{formats.format_left(age)} ago"


def money(amount: Decimal, unit: str) -> str:
    """An amount of a currency, exact: its digits after the point are the currency's."""
    exponent = amount.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return format_money([int(amount.scaleb(places)), unit.upper(), places]) or ""


def dollars(amount: str) -> str:
    """An exact decimal of dollars, rounded to the cent for reading, as an estimate."""
    return "~" + (format_money([int(round(Decimal(amount), 2).scaleb(2)), "USD", 2]) or "")


def percent(value: float) -> str:
    """`42%`, cut like Claude's own."""
    return f"{int(value)}%"


def cells(line: Sequence[Piece]) -> int:
    """Terminal cells of a line."""
    return sum(width(text) for text, _ in line)


def flow(pieces: Sequence[Piece], limit: int) -> list[Line]:
    """Pieces side by side, ` · ` between them, as many on a line as `limit` cells hold; a longer one breaks at its spaces."""
    lines: list[Line] = []
    for text, role in pieces:
        parts = [text] if width(text) <= limit else wrapped(text, limit)
        joined = lines and len(parts) == 1 and cells(lines[-1]) + 3 + width(parts[0]) <= limit
        if joined:
            lines[-1] += [(" · ", "muted"), (parts[0], role)]
        else:
            lines += [[(part, role)] for part in parts]
    return lines


def head(text: str, limit: int) -> str:
    """As much of a text's start as `limit` cells hold; one character at the least."""
    end = len(text)
    while end > 1 and width(text[:end]) > limit:
        end -= 1
    return text[:end]


def short(text: str, limit: int) -> str:
    """A text of at most `limit` cells, with an ellipsis where it was cut."""
    return text if width(text) <= limit else head(text, limit - 1) + "…"


def wrapped(text: str, limit: int) -> list[str]:
    """Words over lines of at most `limit` cells; a word that is longer still is cut into pieces, none is lost."""
    lines = [""]
    for word in text.split():
        rest = word
        while rest:
            room = limit - width(lines[-1]) - (1 if lines[-1] else 0)
            if width(rest) <= room:
                lines[-1] += (" " if lines[-1] else "") + rest
                rest = ""
            elif lines[-1]:
                lines.append("")
            else:
                lines[-1] = head(rest, limit)
                rest = rest[len(lines[-1]) :]
                lines.append("")
    return [line for line in lines if line] or [""]
