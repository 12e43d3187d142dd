"""A file too large to be held: its members are found wherever the pieces end, in a memory that does not grow."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotaline.errors import SourceError
from quotaline.sources import claude_json, large_json
from quotaline.sources.damaged_json import members

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(st.sampled_from(list('ab"\\{}[]:, \n\t\0\u00e9\ufeff\U0001f600')), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=20,
)
LOGIN = {"accountUuid": "u", "organizationType": "claude_max"}


def found(data: bytes, keys: list[str], piece: int) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_json, "PIECE", piece)
        source = io.BytesIO(data)
        return large_json.large_members(lambda _: source.read(piece), keys)


@given(st.dictionaries(TEXTS, JSON, max_size=5), st.sampled_from([None, 2]), st.booleans(), st.integers(100, 400))
@settings(max_examples=300, deadline=None)
def test_what_is_found_is_what_the_whole_text_says(
    value: dict[str, Any], indent: int | None, escaped: bool, piece: int
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escaped).encode()
    for data in (text, b"\xef\xbb\xbf" + text + b"\n\0\0"):
        kept = {key: json.loads(part) for key, part in found(data, list(value), piece).items()}
        assert {key: value[key] for key in kept} == kept
        assert kept.keys() == value.keys() or len(text) > piece


@given(st.dictionaries(TEXTS, JSON, max_size=4), st.integers(1, 40), st.data())
@settings(max_examples=300, deadline=None)
def test_damage_means_what_it_means_in_a_small_file(value: dict[str, Any], piece: int, data: st.DataObject) -> None:
    """With pieces shorter than a name, too: what is left out for its length is left out, and nothing else is found."""
    text = bytearray(json.dumps(value).encode())
    for _ in range(data.draw(st.integers(0, 3))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.sampled_from(b'"\\{}[]:,x'))
    try:
        parts: dict[str, bytes] | None = found(bytes(text), list(value), piece)
    except ValueError:
        parts = None
    try:
        whole: dict[str, Any] | None = members(bytes(text), value)
    except ValueError:
        whole = None
    assert (whole is None) == (parts is None)
    for key in (whole or {}).keys() & (parts or {}).keys():
        assert parts is not None
        assert whole is not None
        assert json.loads(parts[key], strict=False) == whole[key]


@pytest.mark.parametrize("text", [b"", b"[]", b"7", b"{", b'{"a": "', b"{} {}", b'{"a": 1}]', b'{"a": [1}', b"x{}", b"{}x"])
def test_what_is_no_whole_object_is_none(text: bytes) -> None:
    with pytest.raises(ValueError, match="not one whole object"):
        found(text, ["a"], 64)


def test_of_two_members_under_one_name_the_last_counts_also_when_it_is_too_long() -> None:
    assert {"a": b" 3", "b": b" 2"} == found(b'{"a": 1, "b": 2, "a": 3}', ["a", "b"], 16)
    for long in (b'"' + b"x" * 99 + b'"', b"[" + b"1, " * 99 + b"1]"):
        assert {"b": b" 2"} == found(b'{"a": 1, "b": 2, "a": ' + long + b"}", ["a", "b"], 16)


def test_a_text_that_a_piece_cuts_far_behind_its_beginning_is_no_longer_than_one_that_it_does_not_cut() -> None:
    text = b'{"a": "' + b"x" * 40 + b'", "b": "' + b"y" * 40 + b'"}'
    assert {"a": b' "' + b"x" * 40 + b'"', "b": b' "' + b"y" * 40 + b'"'} == found(text, ["a", "b"], 64)


def test_a_mebibyte_is_read_at_a_time() -> None:
    asked: list[int] = []

    def read(count: int) -> bytes:
        asked.append(count)
        return source.read(count)

    source = io.BytesIO(b'{"a": 1}'.ljust(3 << 20))
    assert {"a": b" 1"} == large_json.large_members(read, ["a"])
    assert [1 << 20] * 4 == asked


def fill(path: Path, megabytes: int) -> None:
    """A file with a login behind a history of many lines, with keys of the same name, and one endless text."""
    line = {
        "display": '{ [ \\ " do ' * 20,
        "pastedContents": {"1": {"content": "x" * 500}},
        "oauthAccount": {"accountUuid": "no"},
    }
    entry = json.dumps(line).encode() + b",\n"
    with path.open("wb") as file:
        file.write(b'{"projects": {"/p": {"history": [')
        while file.tell() < megabytes << 19:
            file.write(entry * 100)
        file.write(b'0], "endless": "')
        while file.tell() < megabytes << 20:
            file.write(b"y" * 100_000)
        file.write(b'"}}, "endless": "' + b"z" * 3_000_000 + b'", "oauthAccount": ' + json.dumps(LOGIN).encode() + b"}")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    code = """
import resource, sys
from quotaline.sources import claude_json, large_json
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(claude_json.read_account({"CLAUDE_CONFIG_DIR": sys.argv[1]}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    fill(tmp_path / ".claude.json", 80)
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    told, grown = done.stdout.splitlines()
    assert told == "('u', 'max')"
    assert int(grown) / (1 if sys.platform == "darwin" else 1024) < 24 * (1 << 20 if sys.platform == "darwin" else 1), (
        "megabytes"
    )


def test_a_large_file_says_what_a_small_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env, path = {"CLAUDE_CONFIG_DIR": str(tmp_path)}, tmp_path / ".claude.json"
    fill(path, 10)
    monkeypatch.setattr(claude_json, "HELD_FILE", 1 << 30)
    held = claude_json.read_account(env)
    monkeypatch.setattr(claude_json, "HELD_FILE", 1 << 20)
    assert ("u", "max") == held == claude_json.read_account(env)
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(SourceError, match=r"not the JSON that Claude Code writes; it is tried again"):
        claude_json.read(env, 0.0)


@pytest.mark.parametrize("piecewise", [False, True])
def test_what_is_larger_than_8_mebibytes_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, piecewise: bool
) -> None:
    path = tmp_path / ".claude.json"
    path.write_bytes(json.dumps({"oauthAccount": LOGIN}).encode().ljust((8 << 20) + piecewise))
    monkeypatch.setattr(claude_json, "_held" if piecewise else "_large", None)
    assert claude_json.read_account({"CLAUDE_CONFIG_DIR": str(tmp_path)}) == ("u", "max")


def test_a_refresh_reads_a_large_file_once_for_each_state_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counting(*arguments: Any) -> dict[str, bytes]:
        read.append(1)
        return large_members(*arguments)

    large_members = large_json.large_members
    monkeypatch.setattr(large_json, "large_members", counting)
    monkeypatch.setattr(claude_json, "HELD_FILE", 10)
    env, path = {"CLAUDE_CONFIG_DIR": str(tmp_path)}, tmp_path / ".claude.json"
    for plan in ("claude_max", "claude_pro"):
        path.write_text(json.dumps({"oauthAccount": {"accountUuid": "u", "organizationType": plan}}))
        os.utime(path, ns=(0, len(read)))
        assert {("u", plan.removeprefix("claude_"))} == {claude_json.read_account(env) for _ in range(3)}
    assert len(read) == 2
