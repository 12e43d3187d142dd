"""EFFECT A JSON object that is too large to be held in memory: the text of a few of its members, read piece by piece.

What stands between them is passed over by its brackets and quotes alone, at the speed of a regular expression.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quotaline.core.values import BLANK
from quotaline.sources.damaged_json import read_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PIECE = 1 << 20
"""Bytes read at a time, and the longest member or name that is kept: memory is a few times that, whatever the file's size."""
_BODY = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_FLAT = rb'(?:[^"{}\[\]]++|"' + _BODY + rb'")*+'
_NESTED = _FLAT
for _ in range(3):  # what is nested deeper, or cut by the end of a piece, is passed over bracket by bracket
    _NESTED = rb'(?:[^"{}\[\]]++|"' + _BODY + rb'"|\{' + _NESTED + rb"\}|\[" + _NESTED + rb"\])*+"
BODY, STRING, PAST = (re.compile(form, re.DOTALL) for form in (_BODY, b'"' + _BODY + b'"', _NESTED))
BETWEEN = re.compile(rb'[^"{}\[\]:,]*+')
AROUND = re.compile(rb"(?:[ \t\r\n\0]|\xef\xbb\xbf)*+")
assert set(BLANK) == set(" \t\r\n\0\ufeff")  # noqa: S101 - the same as AROUND


def large_members(read: Callable[[int], bytes], keys: Iterable[str]) -> dict[str, bytes]:
    """The texts of `keys` in the one JSON object that `read(count)` gives, of its top level only; of two the last.

    A member or a name of more than `PIECE` bytes is left out. Raises ValueError where it is no whole object.
    """
    return _Reader(read, frozenset(keys)).members()


class _Reader:
    """`_at` is the place in `_buffer` up to which all is understood; nothing before `_from` is needed any more."""

    def __init__(self, read: Callable[[int], bytes], keys: frozenset[str]) -> None:
        self._read, self._keys = read, keys
        self._buffer = b""
        self._at = self._from = self._depth = 0
        self._key: str | None = None
        self._word: bytes | None = None
        self._named = False
        self._found: dict[str, bytes] = {}

    def members(self) -> dict[str, bytes]:
        self._around()
        if self._here() != b"{":
            raise ValueError("not one whole object")
        self._at, self._depth = self._at + 1, 1
        while self._depth:
            if self._depth == 1:
                self._member()
            else:
                self._at = PAST.match(self._buffer, self._at).end()  # type: ignore[union-attr]
                self._bracket(self._here())
        self._around()
        if self._here():
            raise ValueError("not one whole object")
        return self._found

    def _around(self) -> None:
        """Pass over what may stand around the object."""
        while True:
            self._at = AROUND.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            if len(self._buffer) - self._at >= 3 or not self._more():  # noqa: PLR2004 - a byte order mark may be cut
                return

    def _member(self) -> None:
        """One step on the top level."""
        self._at = BETWEEN.match(self._buffer, self._at).end()  # type: ignore[union-attr]
        mark = self._here()
        if mark == b":":
            name = read_name(self._word.decode("utf-8", "replace")) if self._word else None
            self._key, self._named = name if name in self._keys else None, True
            self._at += 1
            self._from = self._at
        elif mark in (b",", b"}", b"]"):
            if self._key is not None:
                self._found[self._key] = self._buffer[self._from : self._at]
            self._key, self._word, self._named = None, None, False
            self._at += 1
            self._depth -= mark != b","
        else:
            self._bracket(mark)

    def _bracket(self, mark: bytes) -> None:
        """Go on behind a bracket, behind a string, or in what comes next."""
        if mark == b'"':
            self._string()
        elif mark in (b"{", b"["):
            self._at, self._depth = self._at + 1, self._depth + 1
        elif mark in (b"}", b"]"):
            self._at, self._depth = self._at + 1, self._depth - 1
        elif not self._more():
            raise ValueError("not one whole object")

    def _string(self) -> None:
        while (match := STRING.match(self._buffer, self._at)) is None:
            if len(self._buffer) - self._at > PIECE:
                self._endless()
                return
            if not self._more():
                raise ValueError("not one whole object")
        if self._depth == 1 and not self._named:
            self._word = match[0]
        self._at = match.end()

    def _endless(self) -> None:
        """Pass over a string that is longer than what is kept; `_more` leaves its member out."""
        self._word, self._at = None, self._at + 1
        while True:
            self._at = BODY.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            if self._here() == b'"':
                self._at += 1
                return
            if not self._more():
                raise ValueError("not one whole object")

    def _leave_out(self) -> None:
        """Keep no member under the name at hand: the last one of that name is too long."""
        if self._key is not None:
            self._found.pop(self._key, None)
            self._key = None

    def _here(self) -> bytes:
        """The byte at hand; b"" at the end of what was read so far."""
        return self._buffer[self._at : self._at + 1]

    def _more(self) -> bool:
        """Read a piece more, and forget what is not needed; false at the end of the file."""
        if self._at - self._from > PIECE:
            self._leave_out()
        start = self._at if self._key is None else self._from
        piece = self._read(PIECE)
        self._buffer = self._buffer[start:] + piece
        self._at, self._from = self._at - start, 0
        return bool(piece)
