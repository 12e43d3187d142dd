"""Values that nobody promised, at the edges of what is read, kept and written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.core import values
from quotaline.core.child_env import of_session, without_session
from quotaline.core.values import (
    as_money,
    decode_text,
    encode_json,
    loads_json,
    number,
    parse_digits,
    printable,
    quote_json,
    read_small_file,
    short_label,
    slug,
    without_controls,
)

LARGEST = sys.float_info.max


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (LARGEST, LARGEST), (-LARGEST, -LARGEST), (float("inf"), None), (float("-inf"), None), (float("nan"), None),
        (10**400, None), (-(10**400), None), (True, None), (None, None), ([], None), (7, 7), ("7", 7.0),
        (" 7.5e1 ", 75.0), ("x", None),
        ("inf", None), ("nan", None), ("", None),
    ],
)  # fmt: skip
def test_a_number_is_finite(value: object, found: float | None) -> None:
    assert number(value) == found
    assert type(number(value)) is type(found)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}), ('\ufeff \0{"a": 1}\0\n', {"a": 1}),
        ("NaN", None),
        ("[NaN, Infinity, -Infinity]", [None, None, None]), ("[1", None), ("[1] 2", None), ("", None), ('"a\nb"', "a\nb"),
        ('"\\ud83d"', "\ud83d"), ("1" * 5000, float("inf")), ('{"a": ' + "9" * 5000 + ', "b": 1}', {"a": float("inf"), "b": 1}),
    ],
)  # fmt: skip
def test_a_text_is_json_or_nothing(text: str, value: object) -> None:
    assert loads_json(text) == value
    assert values._scan('{"a": 1}', values._Rules) == {"a": 1}


def test_deep_nesting_is_read_and_what_is_deeper_is_nothing() -> None:
    limit = sys.getrecursionlimit()
    deepest = 9000 if sys.version_info[:2] != (3, 12) else 1000  # that one has a limit of its own for what is written in C
    for levels in (900, deepest):
        found, depth = loads_json("[" * levels + "]" * levels), 1
        while found:
            found, depth = found[0], depth + 1
        assert depth == levels
    assert loads_json("[" * 200_000 + "]" * 200_000) is None
    assert sys.getrecursionlimit() == limit


def test_without_the_accelerator_the_library_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "make_scanner", None)
    assert loads_json('{"a": [NaN, 1]}') == {"a": [None, 1]}
    assert loads_json("[1") is None


def test_digits_without_end_are_infinite() -> None:
    assert (parse_digits("12"), parse_digits("-12"), parse_digits("9" * 5000)) == (12, -12, float("inf"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"abc", "abc"), (b"\xff", "\ufffd"), ("é".encode(), "é"), (b"\xff\xfea\0b\0", "ab"), (b"\xfe\xff\0a\0b", "ab"),
        (b"\xff\xfea\0b", "a"), (b"\xff\xfe", ""), (b"", ""),
    ],
)  # fmt: skip
def test_a_text_is_utf_8_or_utf_16_behind_its_mark(data: bytes, text: str) -> None:
    assert decode_text(data) == text


def test_what_is_written_is_no_deeper_and_no_longer_than_any_limits() -> None:
    deep: Any = 1
    for _ in range(6):
        deep = [deep]
    assert encode_json(deep) == "[[[[[[1]]]]]]"
    assert encode_json([deep]) == "[[[[[[null]]]]]]"
    assert encode_json({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}) == '{"a":{"b":{"c":{"d":{"e":{"f":null}}}}}}'
    assert json.loads(encode_json(list(range(65)))) == list(range(64))
    assert json.loads(encode_json({str(n): n for n in range(65)})) == {str(n): n for n in range(64)}
    assert encode_json("x" * 4097) == '"' + "x" * 4096 + '"'
    assert encode_json({"k" * 4097: 1}) == '{"' + "k" * 4096 + '":1}'
    assert encode_json([None, True, False, 1.5, float("nan"), 10**400, b"x"]) == "[null,true,false,1.5,null,null,null]"


@given(st.text(), st.booleans())
def test_a_quoted_text_is_the_text(text: str, only_ascii: bool) -> None:
    written = quote_json(text, only_ascii=only_ascii)
    assert json.loads(written) == text
    assert written.isascii() or not only_ascii


@pytest.mark.parametrize(
    ("text", "plain", "ascii_only"),
    [
        ("\x1f", "\\u001f", "\\u001f"), (" ~", " ~", " ~"), ("\x7f", "\\u007f", "\\u007f"),
        ("\x9f\n", "\\u009f\\n", "\\u009f\\n"),
        ("\xa0\n", "\xa0\\n", "\\u00a0\\n"), ('"\\', '\\"\\\\', '\\"\\\\'), ("é", "é", "\\u00e9"),
        ("\uffff\n", "\uffff\\n", "\\uffff\\n"),
        ("\U00010000\n", "\U00010000\\n", "\\ud800\\udc00\\n"), ("\U0001f600", "\U0001f600", "\\ud83d\\ude00"),
        ("\U0010ffff", "\\udbff\\udfff", "\\udbff\\udfff"),
    ],
)  # fmt: skip
def test_only_what_must_be_is_escaped(text: str, plain: str, ascii_only: str) -> None:
    assert quote_json(text) == f'"{ascii_only}"'
    if text != "\U0010ffff":
        assert quote_json(text, only_ascii=False) == f'"{plain}"'


def test_a_small_file_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 100)
    assert read_small_file(str(path)) == b"x" * 100
    assert read_small_file(str(path), 100) == b"x" * 100
    assert read_small_file(str(path), 99) == b""
    assert read_small_file(str(tmp_path)) == b""
    assert read_small_file(str(tmp_path / "none")) == b""
    assert read_small_file("a\0b") == b""
    with path.open("wb") as file:
        file.truncate(16 << 20)
    assert len(read_small_file(str(path))) == 16 << 20
    with path.open("ab") as file:
        file.write(b"x")
    assert read_small_file(str(path)) == b""


@pytest.mark.parametrize(
    ("value", "money"),
    [
        ([1, "USD", 0], [1, "USD", 0]), ((1, "USD", 9), [1, "USD", 9]), ([1, "USD", 10], None), ([1, "USD", -1], None),
        ([1, "USD"], None), ([1, "USD", 2, 3], None), (["1", "USD", 2], None), ([1, 5, 2], None), ([1, "USD", "2"], None),
        ("USD", None),
        ({"a": 1, "b": 2, "c": 3}, None),
    ],
)  # fmt: skip
def test_money_is_an_amount_a_currency_and_its_decimals(value: object, money: list[object] | None) -> None:
    assert as_money(value) == money


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("Fable", "Fable"), ("  a \n b\t", "a b"), ("x" * 41, "x" * 40), ("x" * 39 + " y", "x" * 39), ("", None),
        (" \0\x1b ", None),
        (None, None), (5, None), (" " * 400 + "x", None), (" " * 399 + "x", "x"), ("\u202eab", "ab"),
    ],
)  # fmt: skip
def test_a_label_is_one_short_line(value: object, label: str | None) -> None:
    assert short_label(value) == label


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Fable", "fable"), ("Opus 5.5", "opus_5_5"), ("É", "ue9"), ("aéb", "a_ue9_b"), ("!!", "u21_u21"),
        ("!" * 9, "_".join(["u21"] * 8)),
        ("a" * 41, "a" * 40), ("-a-", "a"), ("Straße", "strasse"),
    ],
)  # fmt: skip
def test_a_slug_is_made_of_letters_and_digits(name: str, key: str) -> None:
    assert slug(name) == key


def test_what_moves_a_cursor_is_taken_out() -> None:
    ranges = [(0, 0x20), (0x7F, 0xA0), (0x200E, 0x2010), (0x2028, 0x202F), (0x2066, 0x206A), (0xD800, 0xE000)]
    for low, high in ranges:
        gone = {low, (low + high) // 2, high - 1}
        kept = {code for code in (low - 1, high) if code >= 0}
        assert [code for code in gone if without_controls(chr(code))] == []
        assert [code for code in kept if without_controls(chr(code)) != chr(code)] == []
    assert without_controls("\ue0a0x") == "\ue0a0x"
    assert printable("a\x1bb\u202ec") == "abc"
    assert printable("plain") == "plain"


@pytest.mark.parametrize(
    ("name", "is_of_session"),
    [
        ("PATH", False), ("CLAUDECODE", True), ("CLAUDE_CODE_MESSAGING_TOKEN", True), ("AI_AGENT", True), ("AI_AGENTS", True),
        ("CLAUDE_CONFIG_DIR", False), ("CLAUDE_SECURESTORAGE_CONFIG_DIR", False), ("CLAUDE_CODE_USE_BEDROCK", False),
        ("CLAUDE_CODE_OAUTH_TOKEN", False), ("CLAUDE_CODE_DISABLE_X", False), ("XCLAUDE", False), ("CLAUDE_CONFIG_DIRS", True),
    ],
)  # fmt: skip
def test_a_childs_environment_has_the_settings_and_nothing_of_the_session(name: str, is_of_session: bool) -> None:
    assert of_session(name) is is_of_session
    assert without_session({name: "1"}) == ({} if is_of_session else {name: "1"})
