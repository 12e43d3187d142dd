"""PURE A page that is longer than the screen: which of its rows are seen, what a key does, what the last row says."""

from __future__ import annotations

import re
from typing import NamedTuple

KEYS = {
    b"\x1b[A": "up", b"\x1bOA": "up", b"k": "up", b"\x1b[B": "down", b"\x1bOB": "down", b"j": "down",
    b" ": "page down", b"\x1b[6~": "page down", b"b": "page up", b"\x1b[5~": "page up",
    b"g": "top", b"\x1b[H": "top", b"\x1bOH": "top", b"\x1b[1~": "top",
    b"G": "bottom", b"\x1b[F": "bottom", b"\x1bOF": "bottom", b"\x1b[4~": "bottom",
    b"q": "end", b"r": "refresh", b"\x0c": "redraw",
}  # fmt: skip
KEY = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|[^\x1b]", re.DOTALL)


class Screenful(NamedTuple):
    """The rows of a page of `rows` that are seen from `top` on where there is room for `height`."""

    top: int
    rows: int
    height: int

    @property
    def end(self) -> int:
        """The first row below."""
        return min(self.rows, self.top + self.height)


def actions(typed: bytes) -> list[str]:
    """What the keys in `typed` mean; other keys mean nothing."""
    return [KEYS[key] for key in KEY.findall(typed) if key in KEYS]


def screenful(top: int, rows: int, height: int) -> Screenful:
    """What is seen of `rows` on a screen with room for `height` of them, from `top` if the page goes on so long."""
    height = max(1, height)
    return Screenful(max(0, min(top, rows - height)), rows, height)


def moved(seen: Screenful, action: str) -> int:
    """The top after an action; it may lie beyond the page."""
    page = max(1, seen.height - 1)
    steps = {"up": -1, "down": 1, "page down": page, "page up": -page, "top": -seen.rows, "bottom": seen.rows}
    return max(0, seen.top + steps.get(action, 0))


def footer(seen: Screenful, note: str) -> list[tuple[str, str]]:
    """The last row in pieces: what the keys do, where on the page we are, and a note."""
    pieces = [("q ends", "muted"), ("r refreshes", "muted")]
    if seen.height < seen.rows:
        pieces.append((f"↑↓ {seen.top + 1}-{seen.end} of {seen.rows}", "text"))
    return [*pieces, *([(note, "warn")] if note else [])]
