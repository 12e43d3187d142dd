"""Messages are found in whatever `claude -p` prints, in whatever pieces it comes, in a memory that does not grow."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.sources import claude_output
from quotaline.sources.claude_output import OutputReader
from results import init, limits, lines, result

if TYPE_CHECKING:
    from collections.abc import Iterable

ASSISTANT = {"type": "assistant", "message": {"content": "a \"result\" {'type': 1}"}, "timestamp": "2026-11-24T23:39:52.744Z"}
RESULT = result(1, name="r1")
STREAM = [init(), ASSISTANT, limits(five_hour=0.42, resets_at=1795570790), RESULT]
OURS = [message for message in STREAM if message is not ASSISTANT]


def read(*pieces: bytes) -> list[dict[str, Any]]:
    reader = OutputReader()
    return [*(message for piece in pieces for message in reader.feed(piece)), *reader.finish()]


def cut(text: bytes, places: Iterable[int]) -> list[bytes]:
    ends = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


FORMS: dict[str, tuple[bytes, list[dict[str, Any]]]] = {
    "json": (json.dumps(RESULT).encode(), [RESULT]),
    "pretty": (json.dumps(RESULT, indent=2).encode(), [RESULT]),
    "a list on a line": (json.dumps(STREAM).encode() + b"\n", OURS),
    "a pretty list": (json.dumps(STREAM, indent=1).encode(), OURS),
    "stream": (lines(*STREAM), OURS),
    "stream without its last newline": (lines(*STREAM)[:-1], OURS),
    "CR LF": (lines(*STREAM).replace(b"\n", b"\r\n"), OURS),
    "glued": (b"".join(json.dumps(message).encode() for message in STREAM), OURS),
    "a mark": (b"\xef\xbb\xbf" + lines(*STREAM), OURS),
    "NULs and damage": (b"\0\0" + lines(*STREAM[:2]) + b'{"type":"ass' + lines(*STREAM[2:]) + b"\0", OURS),
    "UTF-16": (("\ufeff" + lines(*STREAM).decode()).encode("utf-16-le"), OURS),
    "UTF-16, the other way": (("\ufeff" + json.dumps(RESULT, indent=1)).encode("utf-16-be"), [RESULT]),
    "a text before": (b"Warning: something\n\n" + lines(*STREAM), OURS),
    "half an emoji": (lines(init()) + b'{"x":"\\ud83d",' + lines(RESULT)[1:], [init(), {"x": "\ud83d", **RESULT}]),
    "numbers that are none": (
        b'{"a":NaN,"b":1e400,' + lines(RESULT)[1:],
        [{"a": "a number that is none", "b": float("inf"), **RESULT}],
    ),
    "nothing": (b"", []),
    "a byte": (b"{", []),
    "brackets": (b"[" * 9999, []),
    "an empty list": (b"[]", []),
    "another language": (b"\xff\xfe\n" * 99, []),
}


def alike(messages: list[dict[str, Any]]) -> str:
    """NaN is unequal to itself."""
    return json.dumps(messages).replace("NaN", '"a number that is none"')


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_message_is_found_in_every_form(form: str, size: int) -> None:
    text, messages = FORMS[form]
    assert alike(messages) == alike(read(*(text[at : at + size] for at in range(0, len(text), size))))


@given(st.sampled_from(sorted(FORMS)), st.lists(st.integers(0, 1 << 16), max_size=9))
def test_the_pieces_in_which_it_comes_mean_nothing(form: str, places: list[int]) -> None:
    text, messages = FORMS[form]
    assert alike(messages) == alike(read(*cut(text, places)))


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_what_is_no_output_of_claude_costs_nothing(junk: bytes, places: list[int]) -> None:
    assert all(isinstance(message, dict) for message in read(*cut(junk, places)))


def test_a_message_is_there_as_soon_as_its_line_is() -> None:
    reader = OutputReader()
    assert [init()] == list(reader.feed(lines(init())))
    assert [] == list(reader.feed(lines(RESULT)[:-1]))
    assert [RESULT] == list(reader.feed(b"\n"))


def test_the_moment_is_the_last_messages_that_has_one() -> None:
    reader = OutputReader()
    assert reader.moment is None
    list(reader.feed(lines(ASSISTANT, {"type": "user"}, {"type": "user", "timestamp": 5})))
    assert 1795563592.744 == reader.moment
    list(reader.feed(lines({"type": "user", "timestamp": "tomorrow"})))
    assert reader.moment is None


@given(st.text(max_size=60), st.lists(st.integers(0, 500), max_size=9))
def test_the_long_texts_of_a_long_line_are_left_out_and_nothing_else(text: str, places: list[int]) -> None:
    whole, longest = claude_output.WHOLE, claude_output.LONGEST_TEXT
    claude_output.WHOLE, claude_output.LONGEST_TEXT = 40, 30
    try:
        message = {"type": "result", text[:9]: [text, {"a\\": "\\", "b": text}], "end": 'a "b" \\'}
        data = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
        (found,) = read(*cut(data, places))
        assert {"type", "end"} <= set(found)
        assert 'a "b" \\' == found["end"]
        if len(data) <= 40 or len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) <= 30:
            assert json.loads(data) == found
    finally:
        claude_output.WHOLE, claude_output.LONGEST_TEXT = whole, longest


@pytest.mark.parametrize("form", ["one text", "many texts", "many lines", "no line at all", "a list"])
def test_what_is_kept_does_not_grow_with_the_output(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_output, "WHOLE", 4096)
    monkeypatch.setattr(claude_output, "MOST", 8192)
    monkeypatch.setattr(claude_output, "LONGEST_TEXT", 2048)
    end = json.dumps(RESULT).encode()
    first, piece, last = {
        "one text": (b'{"text":"', b"x\\n" * 99, b'",' + end[1:]),
        "many texts": (b'{"texts":["', b'a","' * 99, b'"],' + end[1:]),
        "many lines": (b"", lines(ASSISTANT), end),
        "no line at all": (b"", b"xx\n" * 99, end),
        "a list": (b"[", json.dumps(ASSISTANT).encode() + b",", end + b"]"),
    }[form]
    reader, found = OutputReader(), []
    for part in (first, *[piece] * 3000, last):
        found += list(reader.feed(part))
        kept = [
            value for value in [*vars(reader).values(), *vars(reader._long or reader).values()] if isinstance(value, bytearray)
        ]
        assert sum(map(len, kept)) < 8 * 8192
    found += list(reader.finish())
    if form == "many texts":  # its beginning is gone, so that it is no message any more
        assert [] == found
    else:
        assert "r1" == found[-1]["uuid"]
