"""PURE The output of `claude -p`, as it comes: bytes → the messages that quotaline reads, in a memory that does not grow.

`--output-format json` is one object, or with `--verbose` a list of messages; stream-json is a message a line. Where it is not
simply that, whole messages are looked for: behind damage, marks and NULs, without a newline between, over several lines.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.core.periods import parse_moment
from quotaline.core.values import UTF_16, decode_text
from quotaline.transcripts.records import whole_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Message = dict[str, Any]
OURS = frozenset(("result", "rate_limit_event", "system"))
MARKS = (b'"result"', b'"rate_limit_event"', b'"init"')
WHOLE = 4 << 20
"""Bytes up to which a line is kept as it is; of a longer one the long texts are left out."""
MOST = 8 << 20
"""Bytes kept of a line, or of lines that may be one value together: the last ones."""
LONGEST_TEXT = 1 << 16
DECODING = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_BODY = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_TEXT, _TEXTS = re.compile(_BODY, re.DOTALL), re.compile(rb'(?:[^"]++|"' + _BODY + b'")*+', re.DOTALL)


class _Dated(msgspec.Struct):
    type: str
    timestamp: str | None = None


_dated = msgspec.json.Decoder(_Dated).decode


class OutputReader:
    """`feed` what comes and in the end `finish`; each gives the messages of the kinds in `OURS` that are complete by then."""

    def __init__(self) -> None:
        self._timestamp: object = None
        self._head, self._begun = b"", False
        self._utf_16: codecs.IncrementalDecoder | None = None
        self._line = bytearray()
        self._long: _LongLine | None = None
        self._by_lines = False
        self._unread = bytearray()

    @property
    def moment(self) -> float | None:
        """The time, epoch seconds, of the last message so far that has one."""
        try:
            return parse_moment(self._timestamp)
        except ValueError:
            return None

    def feed(self, piece: bytes) -> Iterator[Message]:
        """Take over the next bytes."""
        first, *others = self._decoded(piece).split(b"\n")
        self._add(first)
        for following in others:
            yield from self._take(self._whole_line())
            self._add(following)

    def finish(self) -> Iterator[Message]:
        """What the end completes."""
        if not self._begun:
            self._add(self._begin())
        yield from self._take(self._whole_line())
        if not self._by_lines:
            yield from self._read(_strictly(self._unread) or _carefully(self._unread))

    def _decoded(self, piece: bytes) -> bytes:
        """The bytes as UTF-8."""
        if not self._begun:
            self._head += piece
            if len(self._head) < len(UTF_16[0]):
                return b""
            piece = self._begin()
        return piece if self._utf_16 is None else self._utf_16.decode(piece).encode("utf-8", "replace")

    def _begin(self) -> bytes:
        """The first bytes, which say how the rest is written."""
        self._begun = True
        if self._head.startswith(UTF_16):
            self._utf_16 = codecs.getincrementaldecoder("utf-16")("replace")
        return self._head

    def _add(self, piece: bytes) -> None:
        if self._long is not None:
            self._long.add(piece)
            return
        self._line += piece
        if len(self._line) > WHOLE:
            self._long = _LongLine()
            self._long.add(bytes(self._line))
            self._line.clear()

    def _whole_line(self) -> bytes:
        line = bytes(self._line) if self._long is None else self._long.text()
        self._line, self._long = bytearray(), None
        return line

    def _take(self, line: bytes) -> Iterator[Message]:
        """The messages of a line, if it holds any; else it is part of a value of several lines, or damaged."""
        found = _strictly(line) if any(mark in line for mark in MARKS) else self._date(line)
        if found is not None:
            self._by_lines = True
            yield from self._read(_carefully(self._unread))
            self._unread.clear()
            yield from self._read(found)
        elif self._by_lines:
            yield from self._read(_carefully(line))
        else:
            self._unread += line + b"\n"
            if len(self._unread) > 2 * MOST:
                del self._unread[:-MOST]

    def _date(self, line: bytes) -> list[Message] | None:
        """Note when a message of another kind was; None where the line is none."""
        try:
            self._timestamp = _dated(line).timestamp or self._timestamp
        except DECODING:
            return None
        return []

    def _read(self, found: Iterable[Message]) -> Iterator[Message]:
        for message in found:
            self._timestamp = message.get("timestamp") or self._timestamp
            if message["type"] in OURS:
                yield message


class _LongLine:
    """A line of which the long texts are left out; of what is then still too long the end is kept."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._rest = b""
        self._text: int | None = None  # where in `_kept` the text at hand begins

    def text(self) -> bytes:
        """What is kept."""
        return bytes(self._kept + self._rest)

    def add(self, piece: bytes) -> None:
        """Take over the next bytes."""
        piece, at = self._rest + piece, 0
        self._rest = b""
        while at < len(piece):
            if self._text is None:
                end = _TEXTS.match(piece, at).end()  # type: ignore[union-attr]
                opened = end < len(piece)  # a text that goes on in the next piece
                end += opened
                self._kept += piece[at:end]
                self._text = len(self._kept) if opened else None
            else:
                end = _TEXT.match(piece, at).end()  # type: ignore[union-attr]
                self._kept += piece[at:end]
                if len(self._kept) - self._text > LONGEST_TEXT:
                    del self._kept[self._text :]
                if piece[end : end + 1] == b'"':
                    self._kept += b'"'
                    self._text, end = None, end + 1
                elif end < len(piece):  # a backslash whose character is to come
                    self._rest = piece[end:]
                    break
            at = end
        if len(self._kept) > MOST:
            cut = len(self._kept) - MOST // 2
            del self._kept[:cut]
            self._text = None if self._text is None else max(0, self._text - cut)


def _strictly(text: bytes | bytearray) -> list[Message] | None:
    """The messages that a JSON text is or lists; None where it is neither."""
    try:
        value = msgspec.json.decode(text)
    except DECODING:
        return None
    if isinstance(value, dict):
        return [value] if _is_message(value) else None
    messages = [one for one in value if _is_message(one)] if isinstance(value, list) else []
    return messages or None


def _carefully(text: bytes | bytearray) -> Iterator[Message]:
    """The whole messages that are somewhere in a text."""
    if any(mark in text for mark in MARKS):
        yield from (value for value, _, _ in whole_objects(decode_text(bytes(text))) if _is_message(value))


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)
