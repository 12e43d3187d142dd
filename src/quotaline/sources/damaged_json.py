"""PURE JSON of other programs that the strict decoder refused: one odd value costs itself only.

Seen in files that JavaScript wrote: half an emoji (cut in two by `slice`), a byte order mark, NULs behind the text,
`1e400`, `NaN`, integers of hundreds of digits, UTF-16, bytes that are no UTF-8, and nesting deeper than a decoder goes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from quotaline.core.values import BLANK, decode_text, parse_digits

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LEVELS = 64
"""What is nested deeper reads as null: no figure that we know stands there."""
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{}:,]', re.DOTALL)


def loads(data: bytes) -> Any:
    """The value in a JSON text. Raises ValueError, without a word of the text, where it is none."""
    return _loads(_text(data))


def members(data: bytes, keys: Iterable[str]) -> dict[str, Any]:
    """The values of `keys` in the JSON object `data`, of its top level only; one that is broken is left out.

    For a text that the strict decoder refused: nothing else in it is looked at. Raises ValueError where it is no whole object.
    """
    found: dict[str, Any] = {}
    text, wanted = _text(data), set(keys)
    depth = end = 0
    key, start, word = None, None, ""
    for match in TOKEN.finditer(text):
        mark, at, end = match[0], match.start(), match.end()
        if mark == '"' or (depth == 0 and (mark != "{" or at)):
            raise ValueError("not one whole object")
        if end - at > 1:
            word = mark if start is None else word
        elif mark in "[{":
            depth += 1
        elif depth == 1 and mark == ":":
            key, start = read_name(word), end
        elif mark in "]},":
            if depth == 1 and key in wanted:
                _keep(found, key, text[start:at])
            if depth == 1:
                key, start, word = None, None, ""
            depth -= mark != ","
    if depth or not end or text[end:]:
        raise ValueError("not one whole object")
    return found


def _keep(found: dict[str, Any], key: str | None, text: str) -> None:
    try:
        found[str(key)] = _loads(text)
    except ValueError:
        found.pop(str(key), None)


def read_name(word: str) -> str | None:
    """What a member's name says, its quotes and escapes undone; None for what is none."""
    try:
        return str(json.loads(word, strict=False))
    except ValueError:
        return None


def _text(data: bytes) -> str:
    return decode_text(data).strip(BLANK)


def _loads(text: str) -> Any:
    """Raises ValueError without the text, which the library's own error would carry."""
    try:
        return json.loads(_flat(text), strict=False, parse_int=parse_digits)
    except (ValueError, RecursionError):
        pass
    raise ValueError("not JSON")


def _flat(text: str) -> str:
    """The text with null for what is nested too deep."""
    pieces: list[str] = []
    depth = copied = start = 0
    for match in TOKEN.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
            if depth == MOST_LEVELS + 1:
                start = match.start()
        elif match[0] in ("]", "}"):
            if depth == MOST_LEVELS + 1:
                pieces += [text[copied:start], "null"]
                copied = match.end()
            depth -= 1
    return "".join([*pieces, text[copied:]]) if pieces else text
