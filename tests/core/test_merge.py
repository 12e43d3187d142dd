"""The rule of merging is one: what a session's line shows is what a refresh would make of the same readings."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotaline.core.merge import HOLDS_FOR, merge_session
from quotaline.core.periods import month_start
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.snapshot.merge import merge
from usage_history import DAY, HOUR, NOW, at, spent, used

Shown = dict[str, tuple[Any, ...]]

# few values, so that exact ties come up all the time
FEW = {"resets_at": st.sampled_from([NOW + HOUR, NOW + HOUR + 0.9, NOW + 6 * HOUR])}
AGES = st.sampled_from([0.0, 1.0, 300.0, HOLDS_FOR - 1, HOLDS_FOR, HOLDS_FOR + 1, 5 * HOUR])
RESETS = st.sampled_from([None, NOW - 1, NOW, NOW + HOUR, NOW + HOUR + 0.9, NOW + HOUR + 20, NOW + 6 * HOUR])
LEVELS = st.sampled_from([None, 0.0, 41.0, 42.0, 100.0])


def reading(
    level: float | None, age: float, source: str = "statusline", *, key: str = "five_hour",
    resets_at: float | None = NOW + HOUR, session: str | None = None,
) -> Reading:  # fmt: skip
    value = Window(id=key, name=key, utilization=level, resets_at=resets_at)
    return Reading(value=value, source=source, as_of=NOW - age, session=session)


ANY = {"key": st.sampled_from(["five_hour", "seven_day"]), "resets_at": RESETS}
SESSIONS = st.builds(reading, LEVELS, AGES, session=st.sampled_from(["a", "b"]), **ANY)
OTHERS = st.builds(reading, LEVELS, AGES, st.sampled_from(["claude-json", "endpoint"]), **ANY)
TIES = st.one_of(
    st.builds(reading, st.sampled_from([41.0, 42.0]), st.sampled_from([0.0, 30.0]), session=st.sampled_from(["a", "b"]), **FEW),
    st.builds(
        reading,
        st.sampled_from([41.0, 42.0]),
        st.sampled_from([0.0, 30.0]),
        st.sampled_from(["claude-json", "endpoint"]),
        **FEW,
    ),
)
MONEY = st.builds(spent, st.sampled_from([0, 1240, 1300]), st.sampled_from([NOW, NOW - 300, month_start(NOW) - 1]))


def plain(readings: list[Reading]) -> list[dict[str, Any]]:
    """As they stand in a snapshot."""
    built: list[dict[str, Any]] = msgspec.to_builtins(readings)
    return built


def shown(readings: list[dict[str, Any]]) -> Shown:
    """What a person sees of each, and whence; neither a mark for history nor which of two sessions said the very same."""
    return {
        str(one["value"].get("id") or one["value"]["type"]): (
            one["value"].get("utilization"), one["value"].get("resets_at"), one["value"].get("used"), one["source"],
            one["as_of"],
        )
        for one in readings
    }  # fmt: skip


@given(st.lists(SESSIONS | OTHERS | MONEY, max_size=7), st.lists(SESSIONS, max_size=2, unique_by=lambda one: one.value.id))
def test_a_session_and_a_refresh_choose_the_same_reading_in_every_order(history: list[Reading], own: list[Reading]) -> None:
    """`kept` is what an earlier refresh made of the history, `own` what the session was just handed."""
    kept = merge(history, NOW)
    own = [one for one in own if one.value.utilization is not None and (_reset(one) is None or (_reset(one) or 0) > NOW)]
    expected = shown(plain(merge([*kept, *own], NOW)))
    for mine in permutations(plain(own)):
        for theirs in (plain(kept), plain(kept)[::-1]):
            assert shown(merge_session(list(mine), theirs, NOW)) == expected
    for together in permutations([*kept, *own][:4]):
        assert merge([*together, *[*kept, *own][4:]], NOW) == merge([*kept, *own], NOW)


@settings(max_examples=500)
@given(st.lists(TIES, min_size=2, max_size=4))
def test_readings_that_tie_have_one_winner_in_every_order(readings: list[Reading]) -> None:
    """Of two the session's line and the refresh choose the same, whichever of them is the session's own."""
    assert len({msgspec.json.encode(merge(order, NOW)) for order in permutations(readings)}) == 1
    for first, second in permutations(readings, 2):
        expected = shown(plain(merge([first, second], NOW)))
        assert shown(merge_session(plain([first]), plain([second]), NOW)) == expected


def _reset(one: Reading) -> float | None:
    return one.value.resets_at if isinstance(one.value, Window) else None


def test_an_equal_but_newer_reading_of_the_session_takes_the_place_of_its_older_one() -> None:
    """Else its age grows while Claude Code says the same number again and again, until it is marked as old."""
    own = plain([reading(42.0, 0.0, session="a")])
    for age, session in ((300.0, "a"), (HOLDS_FOR / 2, "a"), (HOLDS_FOR / 2, "b")):
        [found] = merge_session(own, plain([reading(42.0, age, session=session)]), NOW)
        assert (found["as_of"], found["session"]) == (NOW, "a")


@pytest.mark.parametrize(
    ("older", "newer", "level"),
    [
        (reading(60.0, 30.0, session="a"), reading(41.0, 0.0, session="a"), 41.0),  # of one session its newest, up or down
        (reading(60.0, 30.0, session="b"), reading(41.0, 0.0, session="a"), 60.0),  # another's higher one while it is fresh
        (reading(41.0, 30.0, session="b"), reading(60.0, 0.0, session="a"), 60.0),
        (reading(60.0, 30.0, session="b"), reading(41.0, 0.0, "endpoint"), 41.0),  # the server's own newest word, up or down
        (reading(60.0, 30.0, "claude-json"), reading(41.0, 0.0, "endpoint"), 41.0),
        (reading(60.0, 30.0, "endpoint"), reading(41.0, 0.0, session="a"), 60.0),
    ],
)
def test_the_newest_counts_and_beside_a_sessions_a_fresh_higher_one_of_others(
    older: Reading, newer: Reading, level: float
) -> None:
    assert [one.value.utilization for one in merge([older, newer], NOW)] == [level]
    assert [one["value"]["utilization"] for one in merge_session(plain([newer]), plain([older]), NOW)] == [level]


def test_another_sources_higher_reading_holds_while_it_is_fresh_and_not_on_the_edge() -> None:
    own = plain([reading(41.0, 0.0, session="a")])
    for age, level in ((HOLDS_FOR - 0.001, 60.0), (HOLDS_FOR, 41.0)):
        [found] = merge_session(own, plain([reading(60.0, age, "endpoint")]), NOW)
        assert found["value"]["utilization"] == level, age


def test_extra_usage_counts_from_the_first_second_of_its_month() -> None:
    start = month_start(NOW)
    for as_of, there in ((NOW - 5 * DAY, True), (start, True), (start - 0.001, False)):
        assert bool(merge([spent(1240, as_of)], NOW)) == there
        assert bool(merge_session([], plain([spent(1240, as_of)]), NOW)) == there


def test_extra_usage_ends_with_the_month_of_utc_on_its_second() -> None:
    december = at("2026-12-01T00:00Z")
    for now, there in ((december - 0.001, True), (december, False)):
        kept = plain([Reading(value=ExtraUsage(is_enabled=True, used=Money(1)), source="endpoint", as_of=december - 60)])
        assert bool(merge_session([], kept, now)) == there


def test_a_window_ends_on_the_second_of_its_reset() -> None:
    kept = plain([used(42, NOW - 60, resets_at=NOW)])
    assert [merge_session([], kept, now) for now in (NOW - 0.001, NOW)] == [kept, []]
