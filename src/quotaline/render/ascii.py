"""PURE Painted text in ASCII, for a locale without UTF-8: what the `ascii` palette draws, else a question mark for each cell.

A shell in such a locale counts each byte as a cell: one `·` and the cursor is off by one.
"""

from quotaline.core.money import CURRENCIES
from quotaline.render.cells import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

GLYPHS = {
    "·": "|", "█": "#", "░": "-", "…": "..", "⇡": "+", "⇣": "-", "↻": "~", "▲": "^", "×": "x", "ǃ": "|", "≥": ">=", "→": "->",
    "›": ">", "±": "+-", "\ue0b1": ">",
    **{symbol: plain for symbol, plain in CURRENCIES.values() if not symbol.isascii()},
}  # fmt: skip


def wants_ascii(env: "Mapping[str, str]") -> bool:
    """Whether the locale of text has no UTF-8: LC_ALL, else LC_CTYPE, else LANG."""
    name = (env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or "").lower()
    return "utf-8" not in name and "utf8" not in name


class _Table(dict[int, str]):
    """Code point → ASCII, found out once for each."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = found = character if code < 128 else GLYPHS.get(character) or "?" * count(character)  # noqa: PLR2004
        return found


TABLE = _Table()


def to_ascii(text: str) -> str:
    """`text` with its own escapes, and nothing beyond ASCII."""
    return text if text.isascii() else text.translate(TABLE)
