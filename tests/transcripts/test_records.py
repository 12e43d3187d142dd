"""Whole records are found whatever stands around them, and nothing raises."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotaline.transcripts import records
from quotaline.transcripts.job import Job, Scanned
from quotaline.transcripts.records import read, search
from quotaline.transcripts.row import tomorrow
from quotaline.transcripts.scan import CHUNK, KEPT, LITTLE, scan
from transcript_lines import NOON, assistant, cost_state, dump, owner, stamp, tool_result

if TYPE_CHECKING:
    from pathlib import Path

OTHERS: list[dict[str, Any]] = [
    tool_result("x"),
    {"type": "summary", "summary": "s"},
    cost_state(1.5),
    owner("a"),
    {"type": ["string", "null"]},
]
TORN = dump(assistant("torn", input=999))[:-1]
HALVES = [TORN[:at] for at in (1, 2, 40, 300, len(TORN) - 40, len(TORN) - 2)] + [dump(tool_result("t"))[:90]]
JUNK = [
    *(b"\0" * 70, b"\xef\xbb\xbf", b"\r", b" ", b"[", b'{"', b'{"a":', b'"', b"\\", b"null", b"\xff\xfe", b"{}"),
    *(b"[" * 3000, b'{"a":' * 60),
]
junk = st.lists(st.sampled_from(JUNK + HALVES) | st.binary(max_size=12), max_size=3).map(b"".join)


def found(data: bytes, path: Path) -> tuple[dict[str, int], Scanned]:
    """Input tokens of each message of a file with these bytes, and the last result."""
    path.write_bytes(data)
    results = list(scan(Job(1, str(path), ahead=len(data)), bytearray(CHUNK)))
    return {row[0]: row[8] for result in results for row in result.rows}, results[-1]


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.tuples(junk, st.integers(0, len(OTHERS) + 4), st.booleans()), max_size=8), rest=junk)
def test_no_bytes_between_records_lose_one(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[bytes, int, bool]], rest: bytes
) -> None:
    data, truth = b"", {}
    for number, (before, kind, ends) in enumerate(parts):
        record = OTHERS[kind] if kind < len(OTHERS) else assistant(f"m{number}", input=number + 1)
        data += before + dump(record)[:-1] + b"\n" * ends
        if kind >= len(OTHERS):
            truth[f"m{number}"] = number + 1
    kept, _ = found(data + rest + b"\n", tmp_path_factory.mktemp("t") / "s.jsonl")
    assert truth == {key: count for key, count in kept.items() if key != "torn"}


def test_what_is_appended_while_a_file_is_read_is_left_for_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [dump(assistant(f"m{number}", input=number)) for number in (1, 2)]
    looked = os.fstat

    def before_the_second(descriptor: int) -> os.stat_result:
        facts = list(looked(descriptor))
        facts[6] = len(lines[0])
        return os.stat_result(facts)

    monkeypatch.setattr(os, "fstat", before_the_second)
    kept, last = found(b"".join(lines), tmp_path / "s.jsonl")
    assert {"m1": 1} == kept
    assert (len(lines[0]), len(lines[0]), len(lines[0])) == (last.state.size, last.state.offset, last.bytes_read)


def test_a_record_behind_nesting_too_deep_to_read_is_found(tmp_path: Path) -> None:
    kept, last = found(b'{"a":' * 1500 + dump(assistant("m", input=7)), tmp_path / "s.jsonl")
    assert kept == {"m": 7}
    assert last.skipped == 1


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from([b"{", b"}", b'"', b":", b"a", b"\\", b"1"])).map(b"".join))
def test_no_line_raises(data: bytes) -> None:
    assert [] == search(data).lines


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
PLACES = [(), ("message",), ("message", "usage"), ("message", "usage", "cache_creation")]


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(PLACES), value=VALUES, data=st.data())
def test_an_odd_value_anywhere_costs_its_own_record_at_the_most(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str, ...], value: Any, data: st.DataObject
) -> None:
    line = assistant("odd", input=5)
    holder: dict[str, Any] = line
    for key in place:
        holder = holder[key]
    holder[data.draw(st.sampled_from(sorted(holder)))] = value
    text = json.dumps(line).encode() + b"\n" + dump(assistant("m1", input=1))
    kept, _ = found(text, tmp_path_factory.mktemp("t") / "s.jsonl")
    assert kept["m1"] == 1


@pytest.mark.parametrize("odd", [{"type": ["string", "null"]}, {"type": {"a": 1}}, [], 1, "x", None, {"type": None}, 10**400])
def test_an_odd_line_costs_itself_only(tmp_path: Path, odd: Any) -> None:
    lines = dump(assistant("m1", input=1)) + json.dumps(odd).encode() + b"\n" + dump(assistant("m2", input=2))
    assert {"m1": 1, "m2": 2} == found(lines, tmp_path / "s")[0]


def test_a_torn_record_is_counted_and_the_whole_one_behind_it_kept(tmp_path: Path) -> None:
    kept, last = found(TORN[:200] + dump(assistant("m1", input=1)), tmp_path / "s")
    assert ({"m1": 1}, 1) == (kept, last.skipped)


@pytest.mark.parametrize(
    "around",
    [(b"\xef\xbb\xbf", b""), (b"\0\0", b"\0"), (b"", b"\r"), (b"", dump(assistant("m2", input=2))[:-1])],
)
def test_what_loses_nothing_is_not_counted(tmp_path: Path, around: tuple[bytes, bytes]) -> None:
    kept, last = found(around[0] + dump(assistant("m1", input=1))[:-1] + around[1] + b"\n", tmp_path / "s")
    assert (1, 0) == (kept["m1"], last.skipped)


@pytest.mark.parametrize("size", [LITTLE, CHUNK + KEPT])
def test_a_record_at_the_end_of_a_long_line_is_found_in_a_first_reading_too(tmp_path: Path, size: int) -> None:
    glued = dump(tool_result("x" * size))[:-1] + dump(assistant("m1", input=1))
    assert {"m1": 1} == found(glued, tmp_path / "s")[0]


def test_a_hole_in_the_file_is_no_line(tmp_path: Path) -> None:
    kept, last = found(b"\0" * (CHUNK * 3 + 5) + dump(assistant("m1", input=1)), tmp_path / "s")
    assert ({"m1": 1}, 0) == (kept, last.skipped)


@pytest.mark.parametrize("end", [b"", b"\0\0", b"\r"])
def test_a_whole_record_without_a_newline_counts(tmp_path: Path, end: bytes) -> None:
    data = dump(assistant("m1", input=1)) + dump(assistant("m2", input=2))[:-1] + end
    kept, last = found(data, tmp_path / "s")
    assert {"m1": 1, "m2": 2} == kept
    assert last.state.offset == len(dump(assistant("m1", input=1))), "it is read again when its end is there"


def test_a_half_written_line_with_a_record_inside_counts_nothing(tmp_path: Path) -> None:
    progress = b'{"type":"progress","uuid":"u","data":{"message":' + dump(assistant("inner", input=9))[:-1] + b',"more":{}'
    assert {} == found(progress, tmp_path / "s")[0]
    assert {} == found(progress + b"}}\n", tmp_path / "t")[0]


@pytest.mark.parametrize(
    "when", ["1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", stamp(NOON + 9e8)]
)
def test_a_time_that_cannot_be_does_not_enter(tmp_path: Path, when: str) -> None:
    kept, last = found(dump({**assistant("far", input=1), "timestamp": when}, assistant("m1", input=1)), tmp_path / "s")
    assert ({"m1": 1}, 1) == (kept, last.skipped)


def test_one_line_with_an_impossible_time_does_not_cost_its_message(tmp_path: Path) -> None:
    far = {**assistant("m1", input=1), "timestamp": "1970-01-01T00:00:00Z"}
    for lines in ((far, assistant("m1", input=1)), (assistant("m1", input=1), far)):
        assert {"m1": 1} == found(dump(*lines), tmp_path / "s")[0]


def test_tomorrow_is_the_edge_unless_the_clock_is_wrong() -> None:
    assert (NOON + 86400 * 3) * 1000 == tomorrow(NOON + 86400 * 2)
    assert tomorrow(0.0) > NOON * 1000


@pytest.mark.parametrize("kind", ["fifo", "folder", "device"])
def test_what_is_no_regular_file_is_refused_unread(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "s.jsonl"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    (only,) = scan(Job(1, str(path)), bytearray(CHUNK))
    assert ("not a regular file", 0, []) == (only.problem, only.bytes_read, only.rows)


@pytest.mark.parametrize(
    ("usage", "bad"),
    [({"input_tokens": 1}, False), ({}, False), (None, False), (5, True), ([], True), ({"input_tokens": "x"}, True)],
)
def test_a_usage_that_is_none_is_told_and_an_absent_one_is_not(usage: object, bad: bool) -> None:
    line, makes_no_sense = read({"type": "assistant", "message": {"id": "m", "usage": usage}})
    assert line is not None
    assert makes_no_sense is bad


@pytest.mark.parametrize(("told", "holds"), [(True, True), (False, False), (None, False), (1, False), ("true", False)])
def test_a_line_is_of_a_subagent_or_an_error_only_where_it_says_true(told: object, holds: bool) -> None:
    line, _ = records.read({**assistant("m1"), "isSidechain": told, "isApiErrorMessage": told})
    assert line is not None
    assert (line.is_sidechain, line.is_api_error_message) == (holds, holds)


def test_what_is_whole_in_a_line_and_what_is_lost() -> None:
    one, other, half = (dump(assistant(name))[:-1] for name in ("m1", "m2", "m3"))
    half = half[:-40]
    for data, ids, whole, damaged in (
        (one, ["m1"], [True], False), (one + other, ["m1", "m2"], [True, True], False),
        (one + half, ["m1"], [True], True), (one + other + half, ["m1", "m2"], [True, True], True),
        (b"x" + one, ["m1"], [True], True), (b"x" + one + half, ["m1"], [False], True),
        (b"x" + one + b" \0\r" + other + half, ["m1", "m2"], [False, False], True),
        (b" \t" + one + b"\0 ", ["m1"], [True], False), (b"{}" + one + b"{}", ["m1"], [False], True),
        (one + b"x" + other, ["m1", "m2"], [True, True], True), (one + b"x" + other + b"y", ["m1", "m2"], [True, False], True),
    ):  # fmt: skip
        found = search(data)
        assert [line.message and line.message.id for line in found.lines] == ids
        assert (found.whole, found.damaged) == (whole, damaged), data[:3]


@pytest.mark.parametrize(("starts", "found"), [(19_999, 1), (20_000, 0)])
def test_a_line_is_given_up_after_so_many_starts(starts: int, found: int) -> None:
    assert len(search(b'{"a"x' * starts + dump(assistant("m1"))).lines) == found


@pytest.mark.parametrize(("mebibytes", "found"), [(15.5, 1), (16.5, 0)])
def test_a_line_is_given_up_after_so_many_characters(mebibytes: float, found: int) -> None:
    """Each of 200 starts reads to the break at the end: 16 Mi characters, and twice the line's own, are tried."""
    step, record = b'{"a":[1,', dump(assistant("m1"))
    tries = sum(len(step) * (200 - number) for number in range(200))
    for size in (round(((mebibytes * (1 << 20)) - tries + 2 * 200 * len(step) + 2 * len(record)) / 198),):
        assert len(search(step * 200 + b"1," * (size // 2) + b"x" + record).lines) == found
