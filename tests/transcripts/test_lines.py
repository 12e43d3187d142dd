"""From lines to rows: what each line of a message adds to it. The decoder and the careful reading say the same."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldens import golden
from quotaline.transcripts.collected import Collected
from quotaline.transcripts.line import Line, decode
from quotaline.transcripts.records import read
from quotaline.transcripts.row import FULL_TIME, TIME, tomorrow
from transcript_lines import NOON, assistant, cost_state, owner

NEWEST = tomorrow(NOON + 86_400 * 60)


def fast(record: dict[str, Any]) -> Line:
    return decode(json.dumps(record))


def careful(record: dict[str, Any]) -> Line:
    line, _ = read(record)
    assert line is not None
    return line


def usage(**counters: Any) -> dict[str, Any]:
    record = assistant("m")
    record["message"]["usage"] = counters
    return record


WRITES = "cache_creation_input_tokens", "ephemeral_1h_input_tokens", "ephemeral_5m_input_tokens"


@pytest.mark.parametrize(
    ("written", "hour", "five", "counted"),
    [  # the sum and its two kinds as the line tells them (None: null, ...: absent); five minutes and an hour as they count
        (..., ..., ..., (0, 0)), (9, ..., ..., (9, 0)), (None, None, None, (0, 0)), (9, None, None, (9, 0)),
        (9, 4, 5, (5, 4)), (9, 4, ..., (5, 4)), (9, 9, 0, (0, 9)), (9, 4, 6, (6, 4)), (9, 4, 4, (5, 4)), (3, 4, ..., (0, 4)),
        (..., 4, 5, (5, 4)), (..., ..., 5, (5, 0)), (9, ..., 10, (10, 0)), (0, 1, 1, (1, 1)), (3, 4, None, (0, 4)),
        (5, 4, 0, (1, 4)), (3, 4, 1, (1, 4)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("decoded", [fast, careful])
def test_a_cache_write_is_of_two_kinds(written: Any, hour: Any, five: Any, counted: tuple[int, int], decoded: Any) -> None:
    kinds = {name: count for name, count in zip(WRITES[1:], (hour, five), strict=True) if count is not ...}
    told = {WRITES[0]: written} if written is not ... else {}
    for both in ({**told, "cache_creation": kinds}, told if not kinds else {**told, "cache_creation": {**kinds, "more": 1}}):
        found = decoded(usage(input_tokens=1, output_tokens=20, cache_read_input_tokens=300, **both)).message.usage
        assert found.counters() == (1, 20, *counted, 300, 0)


@pytest.mark.parametrize("decoded", [fast, careful])
def test_each_counter_has_its_place_and_null_counts_nothing(decoded: Any) -> None:
    tools = {"web_search_requests": 7, "web_fetch_requests": 9}
    assert decoded(usage(input_tokens=1)).message.usage.counters() == (1, 0, 0, 0, 0, 0)
    assert decoded(usage(output_tokens=1)).message.usage.counters() == (0, 1, 0, 0, 0, 0)
    assert decoded(usage(cache_read_input_tokens=1)).message.usage.counters() == (0, 0, 0, 0, 1, 0)
    assert decoded(usage(server_tool_use=tools)).message.usage.counters() == (0, 0, 0, 0, 0, 7)
    nothing = {"input_tokens": None, "output_tokens": None, "cache_read_input_tokens": None}
    assert decoded(usage(**nothing, server_tool_use=None, cache_creation=None)).message.usage.counters() == (0,) * 6
    assert decoded(usage(server_tool_use={"web_search_requests": None})).message.usage.counters() == (0,) * 6
    assert decoded(usage(server_tool_use={})).message.usage.counters() == (0,) * 6
    for largest in (10**12, 0):
        assert decoded(usage(input_tokens=largest)).message.usage.counters()[0] == largest


@pytest.mark.parametrize("value", [10**12 + 1, -1, 1.5, "x", "1" * 19, True, [], {}])
@pytest.mark.parametrize("name", ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"])
def test_a_counter_that_cannot_be_is_refused_by_the_decoder_and_costs_itself_in_the_careful_reading(
    name: str, value: object
) -> None:
    record = usage(**{"input_tokens": 5, "output_tokens": 5, name: value})
    line, bad = read(record)
    assert line is not None
    assert line.message is not None
    assert line.message.usage is not None
    others = {"input_tokens": 5, "output_tokens": 5} | {name: 0}
    assert bad
    assert line.message.usage.counters()[:2] == (others["input_tokens"], others["output_tokens"])
    if value is not True:
        with pytest.raises(ValueError, match="Expected `"):
            fast(record)


@pytest.mark.parametrize(("value", "count"), [("7", 7), ("1" * 12, 111_111_111_111), (7.0, 7), ("0" * 17 + "7", 7)])
def test_a_counter_in_another_form_is_the_number_that_it_says(value: object, count: int) -> None:
    for decoded in (careful,) if value == "0" * 17 + "7" else (fast, careful):
        found = decoded(usage(input_tokens=value)).message
        assert found is not None
        assert found.usage is not None
        assert found.usage.counters()[0] == count


def folded(*records: dict[str, Any], reading: Any = fast, owned: str | None = None) -> list[list[Any]]:
    """The rows of a file with these records, without its number."""
    kept = Collected(NEWEST, owned)
    for record in records:
        kept.record(reading(record))
    return [row[:-1] for row in kept.rows(7)]


LINES: dict[str, list[dict[str, Any]]] = {
    "one line": [assistant("m", input=1, output=2, cache_write_5m=3, cache_write_1h=4, cache_read=5, searches=6)],
    "each counter grows by itself": [
        assistant("m", input=5, output=1, cache_read=3), assistant("m", input=4, output=2, cache_write_1h=1, cache_write_5m=8),
    ],
    "the first time counts": [assistant("m", NOON + 5), assistant("m", NOON), assistant("m", NOON + 9)],
    "a subagent's copy first": [assistant("m", NOON, sidechain=True, request=None), assistant("m", NOON + 5, request=None)],
    "a subagent's copy last": [assistant("m", NOON + 5, request=None), assistant("m", NOON, sidechain=True, request=None)],
    "a subagent's copies": [
        assistant("m", NOON + 5, sidechain=True, request="a"), assistant("m", NOON, sidechain=True, request="b"),
    ],
    "an own line between two copies": [
        assistant("m", NOON + 1, sidechain=True, request=None), assistant("m", NOON + 5, request=None),
        assistant("m", NOON, sidechain=True, request=None), assistant("m", NOON + 3, request=None),
    ],
    "two requests": [assistant("m", request="a", input=1), assistant("m", request="b", input=2)],
    "fast in the second line": [assistant("m"), assistant("m", speed="fast")],
    "fast in the first line": [assistant("m", speed="fast"), assistant("m")],
    "in the US in the second line": [assistant("m"), assistant("m", geo="us")],
    "fast in the US": [assistant("m", speed="fast", geo="us", sidechain=True)],
    "other words for speed and place": [assistant("m", speed="slow", geo="eu")],
    "no id but the line's": [
        {**assistant("m", input=1), "message": {"usage": {"input_tokens": 1}}},
        {**assistant("m", input=1), "message": {"usage": {"input_tokens": 3}, "id": ""}},
        {**assistant("m", input=1), "uuid": "another", "message": {"usage": {"input_tokens": 7}, "id": None}},
    ],
    "no id at all": [{**assistant("m"), "uuid": "", "message": {"usage": {"input_tokens": 1}}}, assistant("n", input=2)],
    "no time": [{**assistant("m"), "timestamp": None}, {**assistant("m"), "timestamp": ""}, assistant("n", input=2)],
    "a time in the second line only": [{**assistant("m", input=4), "timestamp": None}, assistant("m", input=3)],
    "a time in the first line only": [assistant("m", input=3), {**assistant("m", input=4), "timestamp": None}],
    "no message, no usage, no model of theirs": [
        {**assistant("a"), "message": None}, {**assistant("b"), "message": {"id": "b"}}, assistant("c", model="<synthetic>"),
        {**assistant("d"), "isApiErrorMessage": True}, {**assistant("e"), "isApiErrorMessage": False},
    ],
    "bare": [{"type": "assistant", "timestamp": "2026-11-20", "message": {"id": "m", "usage": {}}}],
    "a fork's copy": [{**assistant("m"), "forkedFrom": {"sessionId": "origin"}}],
    "a fork of nobody": [{**assistant("m"), "forkedFrom": {"sessionId": None}}, {**assistant("n"), "forkedFrom": {}}],
    "whose it is": [assistant("m1"), owner("o1"), assistant("m2"), assistant("m1", input=9), owner("o2"), assistant("m3")],
}  # fmt: skip


def test_what_lines_add_to_their_message() -> None:
    shown = []
    for name, records in LINES.items():
        rows = folded(*records)
        assert rows == folded(*records, reading=careful), name
        shown += [f"=== {name}", *(" ".join(str(value) for value in row) for row in rows)]
    golden("transcripts/rows.txt", "\n".join(shown) + "\n")


ORDERED = ("each counter grows by itself", "the first time counts", "an own line between two copies", "fast in the US")


@pytest.mark.parametrize("name", ORDERED)
def test_the_order_of_a_messages_lines_changes_nothing(name: str) -> None:
    rows = {repr(folded(*records)) for records in itertools.permutations(LINES[name])}
    assert len(rows) == 1


counts = st.integers(0, 3)
parts = st.fixed_dictionaries(
    {"input": counts, "output": counts, "cache_write_5m": counts, "cache_write_1h": counts, "cache_read": counts,
     "searches": counts, "speed": st.sampled_from(["fast", "standard"]), "geo": st.sampled_from(["us", "eu"])}
)  # fmt: skip


@given(st.lists(st.tuples(parts, st.integers(0, 3), st.booleans()), min_size=1, max_size=5), st.randoms())
def test_a_message_is_the_sum_of_what_its_lines_say_in_any_order(said: Any, chance: Any) -> None:
    """Two implementations: the fold, and what the words say at once."""
    records = [assistant("m", NOON + at, request=None, sidechain=sidechain, **counted) for counted, at, sidechain in said]
    [row] = folded(*records)
    own = [at for _, at, sidechain in said if not sidechain] or [at for _, at, _ in said]
    flags = {
        1: any(counted["speed"] == "fast" for counted, _, _ in said),
        2: any(counted["geo"] == "us" for counted, _, _ in said),
        4: all(sidechain for _, _, sidechain in said),
    }
    names = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "searches")
    assert row[2] == (NOON + min(own)) * 1000
    assert row[6] == sum(flag for flag, is_set in flags.items() if is_set)
    assert row[8:14] == [max(counted[name] for counted, _, _ in said) for name in names]
    chance.shuffle(records)
    [again] = folded(*records)
    full = row.pop(FULL_TIME), again.pop(FULL_TIME)  # of lines that each have most of something the last one's
    assert row == again
    assert set(full) <= {None, *((NOON + at) * 1000 for _, at, _ in said)}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_the_line_with_the_largest_counters_says_when_a_message_was_whole(growth: list[int]) -> None:
    sums = list(itertools.accumulate(growth))
    [row] = folded(*(assistant("m", NOON + place, output=output) for place, output in enumerate([*sums, sums[-1]])))
    assert (NOON + len(sums) - 1) * 1000 == (row[FULL_TIME] or row[TIME])


def billed(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "input_tokens": more.pop("input", 0), "output_tokens": more.pop("output", 0), **more}


def with_iterations(*iterations: dict[str, Any], **said: Any) -> dict[str, Any]:
    record = assistant("m", **said)
    record["message"]["usage"]["iterations"] = list(iterations)
    return record


BESIDE: dict[str, list[dict[str, Any]]] = {
    "a known kind is in the sum": [with_iterations(billed("message", input=5), input=9)],
    "a billed kind stands beside": [
        with_iterations(billed("message"), billed("advisor_message", input=5, model="claude-a"), input=9),
    ],
    "a billed kind of the same model": [with_iterations(billed("compaction", output=5), speed="fast", geo="us", input=9)],
    "of another model it is not fast": [with_iterations(billed("compaction", output=5, model="b"), speed="fast", geo="us")],
    "of the same model, named": [with_iterations(billed("compaction", output=5, model="claude-opus-5-5"), speed="fast")],
    "with a speed of its own": [
        with_iterations(
            billed("compaction", output=5, speed="standard"), billed("compaction", output=6, speed="fast"), speed="fast",
        ),
        with_iterations(billed("compaction", output=5, speed="fast"), speed="standard"),
    ],
    "nothing counted": [with_iterations(billed("compaction"), input=9)],
    "it grows": [with_iterations(billed("compaction", output=5)), with_iterations(billed("compaction", output=7), geo="us")],
    "it comes later": [with_iterations(), with_iterations(billed("compaction", output=7))],
    "a kind that is not known": [with_iterations(billed("whatever", output=5), input=9)],
    "without a request": [
        with_iterations(billed("compaction", output=5), request=None),
        with_iterations(billed("compaction", output=6), request=None, sidechain=True),
    ],
    "two messages of one request": [
        with_iterations(billed("compaction", output=5), request="a"),
        {**with_iterations(request="a"), "message": {**with_iterations(billed("compaction", output=6))["message"], "id": "n"}},
    ],
    "two requests": [
        with_iterations(billed("compaction", output=5), request="a"),
        with_iterations(billed("compaction", output=6), request="b"),
    ],
}  # fmt: skip


def test_what_is_billed_beside_a_message() -> None:
    shown = []
    for name, records in BESIDE.items():
        shown += [f"=== {name}", *(" ".join(str(value) for value in row) for row in folded(*records, reading=careful))]
    golden("transcripts/billed.txt", "\n".join(shown) + "\n")


def test_what_a_file_says_of_its_sessions() -> None:
    kept = Collected(NEWEST, "before")
    for record in (owner("a"), cost_state(1.5), owner("b", session="s2"), cost_state(0), cost_state(10**9 - 0.5, session="s3")):
        assert kept.record(fast(record))
    assert (kept.owner, kept.owners, kept.costs) == ("b", {"s1": "a", "s2": "b"}, {"s1": "0", "s3": "999999999.5"})
    for dollars in (-0.01, 10**9):
        assert not kept.record(fast(cost_state(dollars)))
    assert not kept.record(fast({**assistant("m"), "timestamp": "never"}))
    assert kept.record(fast({"type": "cost-state", "totalCostUSD": 1}))
    assert kept.costs["s1"] == "0"


def test_rows_are_handed_on_once_with_the_files_number() -> None:
    kept = Collected(NEWEST, "before")
    kept.message(fast(assistant("m", input=1)))
    assert len(kept) == 1
    assert [(row[7], row[8], row[-1]) for row in kept.rows(7)] == [("before", 1, 7)]
    assert (len(kept), kept.rows(7)) == (0, [])
