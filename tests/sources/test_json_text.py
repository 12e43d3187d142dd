"""A text that strict JSON refuses is read on a second look, and its words never reach an error."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.sources.damaged_json import MOST_LEVELS, members
from quotaline.sources.json_text import decode_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5), st.booleans())
def test_the_second_look_reads_what_the_first_one_reads(value: dict[str, Any], indented: bool) -> None:
    text = json.dumps(value, indent=2 if indented else None).encode()
    assert value == members(text, value)
    assert {} == members(text, ())
    assert value == decode_json(b"\xef\xbb\xbf" + text + b"\0")


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()[:-1]))
def test_whatever_the_bytes_are_only_a_value_error_comes_of_them(data: bytes) -> None:
    found = [refusal(decode_json, data), refusal(lambda text: members(text, ["a"]), data)]
    assert {"", "not JSON", "not one whole object"} >= set(found)


def refusal(read: Callable[[bytes], object], data: bytes) -> str:
    """What the error says, which must not lead to another that could quote the text."""
    try:
        read(data)
    except ValueError as error:
        return "it leads to another" if error.__context__ else str(error)
    return ""


@pytest.mark.parametrize(
    "text", [b"", b"[{}]", b'{"a":1', b'{"a":1}{"a":2}', b'{"a":"1}', b'x{"a":1}', b'{"a":1}x', b"7", b'"a"']
)
def test_a_text_that_is_no_whole_object_has_no_members(text: bytes) -> None:
    with pytest.raises(ValueError, match="not one whole object"):
        members(text, ["a"])


def test_only_the_top_level_counts_the_last_one_wins_and_a_broken_value_is_left_out() -> None:
    text = b'{"x":{"a":1,"y":["a",{"a":2}],"s":"\\"a\\":3, }{"},"a":4,"b":{broken},"a":5,"\\u0063":6}'
    assert members(text, ["a", "b", "c"]) == {"a": 5, "c": 6}
    assert members(b'{"a":1,"b":2,"a":{broken}}', ["a", "b"]) == {"b": 2}


def test_nesting_beyond_any_figure_reads_as_null() -> None:
    for levels in (MOST_LEVELS - 1, MOST_LEVELS + 1, 980, 20_000):
        value = decode_json(b'{"a": 1, "b": NaN, "c": ' + b"[" * levels + b'"]"' + b"]" * levels + b', "d": 2}')
        assert (value["a"], value["d"]) == (1, 2)


@pytest.mark.parametrize("levels", [MOST_LEVELS - 1, MOST_LEVELS, MOST_LEVELS + 1, MOST_LEVELS + 2])
def test_the_deepest_level_that_is_read_is_the_last_one_allowed(levels: int) -> None:
    value, depth = decode_json(b"[" * levels + b"1" + b"]" * levels + b"\0"), 0  # the NUL makes it the second look
    while isinstance(value, list):
        value, depth = value[0] if value else None, depth + 1
    assert (depth, value) == (min(levels, MOST_LEVELS), 1 if levels <= MOST_LEVELS else None)
