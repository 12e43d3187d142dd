"""The merge rule over made histories: several sessions, sources, raised limits, redeemed resets and clocks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from quotaline.core.inbox import write_if_changed
from quotaline.core.merge import HOLDS_FOR, merge_session
from quotaline.core.rate_limits import session_readings
from quotaline.model import Reading, Window
from quotaline.snapshot.merge import merge
from quotaline.sources import inbox

NOW = 1_795_244_400.0  # 2026-11-21 07:00:00 UTC
RESET = NOW + 9 * 3600
SESSIONS = ("a", "b", "c")

# seconds that pass, then who is told what happened: a session answers, a session is drawn again, the server's own answer is
# read, usage rises by so many points, or falls to so many (a raised limit, a redeemed reset)
steps = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.one_of(
            st.tuples(st.just("answer"), st.sampled_from(SESSIONS)),
            st.tuples(st.just("redraw"), st.sampled_from(SESSIONS)),
            st.tuples(st.just("endpoint"), st.just("")),
            st.tuples(st.just("rise"), st.integers(1, 30).map(str)),
            st.tuples(st.just("fall"), st.integers(0, 20).map(str)),
        ),
    ),
    min_size=1,
    max_size=25,
)


@given(steps)
@settings(max_examples=150)
def test_what_is_shown_is_what_the_server_held_when_anybody_was_told_last(
    tmp_path_factory: Any, history: list[tuple[int, tuple[str, str]]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("cache")
    now, level = NOW, 10
    told: list[tuple[float, int]] = []  # when, and what the server held then
    held: dict[str, int] = {}
    answers: dict[str, int] = {}
    exact: list[Reading] = []
    kept: list[Reading] = []
    for pause, (what, who) in history:
        now += pause
        if what == "rise":
            level = min(100, level + int(who))
        elif what == "fall":
            level = min(level, int(who))
        elif what == "answer":
            told.append((now, level))
            held[who] = level
            answers[who] = answers.get(who, 0) + 1
        elif what == "endpoint":
            told.append((now, level))
            value = Window(id="seven_day", name="Weekly", utilization=float(level), resets_at=RESET + 86_400)
            exact = [Reading(value=value, source="endpoint", as_of=now)]
        if what in ("answer", "redraw") and who in held:
            limits = {"seven_day": {"used_percentage": held[who], "resets_at": RESET + 86_400}}
            write_if_changed(str(folder), who, limits, now, answers[who])
        kept = merge([*kept, *exact, *inbox.read(folder, now)], now)
        if not told:
            assert kept == []
            continue
        shown = kept[0].value.utilization
        fresh = {float(used) for at, used in told if at > now - HOLDS_FOR} | {float(told[-1][1])}
        assert shown in fresh
        assert shown >= told[-1][1]


numbers = st.integers(0, 110).map(float)
moments = st.integers(-7200, 0).map(lambda ago: NOW + ago)
resets = st.sampled_from([None, RESET, RESET + 1, RESET + 3600, NOW - 5])
sources = st.sampled_from(
    [("statusline", "a"), ("statusline", "b"), ("statusline", None), ("endpoint", None), ("claude-json", None)]
)


@given(st.tuples(numbers, moments, resets), st.tuples(numbers, moments, resets, sources))
def test_the_line_and_the_refresh_choose_the_same_reading(
    mine: tuple[float, float, float | None], theirs: tuple[float, float, float | None, tuple[str, str | None]]
) -> None:
    used, mine_at, mine_reset = mine
    other, at, reset, (source, session) = theirs
    limit = {"used_percentage": used} | ({} if mine_reset is None else {"resets_at": mine_reset})
    own = session_readings({"seven_day": limit}, mine_at, NOW, "a")
    value = Window(id="seven_day", name="Weekly", utilization=other, resets_at=reset)
    kept = Reading(value=value, source=source, as_of=at, session=session)
    plain = json.loads(msgspec.json.encode(kept))
    drawn = merge_session(own, [plain], NOW)
    value = Window(id="seven_day", name="Weekly", utilization=used, resets_at=mine_reset)
    as_types = [Reading(value=value, source="statusline", as_of=mine_at, session="a")] * len(own)
    refreshed = merge([*as_types, kept], NOW)
    assert [(one["value"]["utilization"], one["as_of"]) for one in drawn] == [
        (one.value.utilization, one.as_of) for one in refreshed
    ]
