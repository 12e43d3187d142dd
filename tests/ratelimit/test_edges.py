"""The rate limiter where its rules turn, and after more failures than anybody has seen."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.errors import Outcome
from quotaline.ratelimit.policy import (
    FAILURE_FIRST,
    FAILURE_LONGEST,
    FLOOR,
    IDLE_CEILING,
    Decision,
    LimiterState,
    Situation,
    clamp_future_times,
    decide,
    explain_wait,
    next_poll,
    record_attempt,
    record_outcome,
)
from quotaline.sources.fields import LONGEST_BLOCK

NOW = 1795244400.0
MOMENT = Situation(now=NOW)
FAILURES = st.integers(0, 10**6)


@pytest.mark.parametrize("failures", [5, 20, 21, 1023, 1024, 5000, 10**6])
@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.PENDING])
def test_the_network_may_be_dead_for_years(failures: int, outcome: Outcome) -> None:
    state = LimiterState(asked_at=NOW - 1800, outcome=outcome, failures=failures)
    assert record_attempt(state, MOMENT).blocked_until == NOW + FAILURE_LONGEST
    assert record_outcome(state, MOMENT, Outcome.FAILED, None, 1.0).blocked_until == NOW + FAILURE_LONGEST


@given(FAILURES, st.sampled_from(Outcome), st.none() | st.floats(0, 10**9), st.floats(0, 1))
def test_no_pause_is_shorter_or_longer_than_its_kind_allows(
    failures: int, outcome: Outcome, retry_after: float | None, luck: float
) -> None:
    state = LimiterState(asked_at=NOW - 60, outcome=outcome, failures=failures)
    pause = record_outcome(state, MOMENT, outcome, retry_after, luck).blocked_until - NOW
    shortest, longest = {
        Outcome.ANSWERED: (-NOW, -NOW),
        Outcome.RATE_LIMITED: (FLOOR, LONGEST_BLOCK), Outcome.NO_LIMITS: (FLOOR, LONGEST_BLOCK),
        Outcome.UNAUTHORIZED: (600.0, LONGEST_BLOCK), Outcome.FORBIDDEN: (LONGEST_BLOCK, LONGEST_BLOCK),
    }.get(outcome, (FAILURE_FIRST, FAILURE_LONGEST))  # fmt: skip
    assert shortest <= pause <= longest


def test_each_failure_doubles_the_pause_until_the_longest() -> None:
    state, pauses = LimiterState(), []
    for _ in range(7):
        state = record_attempt(state, MOMENT)
        pauses.append(state.blocked_until - NOW)
    assert pauses == [60, 120, 240, 480, 960, 1800, 1800]


def test_a_request_is_allowed_on_the_second_and_not_before() -> None:
    asked = LimiterState(asked_at=NOW)
    for late, allowed in ((FLOOR - 0.001, False), (FLOOR, True)):
        assert decide([asked], Situation(now=NOW + late, eager=True)).allowed == allowed
    for late, allowed in ((IDLE_CEILING - 0.001, False), (IDLE_CEILING, True)):
        assert decide([asked], Situation(now=NOW + late)).allowed == allowed


@pytest.mark.parametrize(
    ("idle", "pause"),
    [(0, FLOOR), (299, FLOOR), (300, 300), (301, 301), (1799, 1799), (1800, 1800), (9000, 1800), (None, 1800)],
)
def test_the_pause_is_the_idleness_between_its_bounds(idle: float | None, pause: float) -> None:
    assert next_poll(NOW, Situation(now=NOW, active_at=None if idle is None else NOW - idle)) == NOW + pause


def test_a_reset_calls_for_a_look_only_after_it_and_only_once() -> None:
    for reset, early in ((NOW, False), (NOW + 1, True), (NOW + IDLE_CEILING - 5, False), (NOW + IDLE_CEILING, False)):
        poll = next_poll(NOW, Situation(now=NOW, resets=(reset,)))
        assert (poll < NOW + IDLE_CEILING) == early
        assert poll <= NOW + IDLE_CEILING
        assert not early or reset + 5 <= poll <= reset + 20


@pytest.mark.parametrize(
    ("seconds", "span"),
    [(0, "1 min"), (30, "1 min"), (89, "1 min"), (91, "2 min"), (119 * 60, "119 min"), (7169, "119 min"), (7171, "2 h"),
     (7200, "2 h"), (2.4 * 3600, "2 h"), (2.6 * 3600, "3 h"), (24 * 3600, "24 h")],
)  # fmt: skip
def test_a_wait_is_told_in_minutes_below_two_hours_and_in_hours_from_there(seconds: float, span: str) -> None:
    assert explain_wait(Decision(False, NOW + seconds, "Why"), NOW, UTC).endswith(f"(in {span}).")


def test_times_of_a_wrong_clock_are_discarded_and_those_on_the_edge_are_not() -> None:
    for ahead in (0.0, 0.001):
        state = LimiterState(asked_at=NOW + ahead, blocked_until=NOW + 1000)
        found = clamp_future_times(state, NOW)
        assert (found.asked_at, found.blocked_until) == (NOW, NOW + (FLOOR if ahead else 1000))
    for late in (0.0, 0.001):
        state = LimiterState(asked_at=NOW, blocked_until=NOW + LONGEST_BLOCK + late)
        assert clamp_future_times(state, NOW).blocked_until == NOW + LONGEST_BLOCK


def test_what_remembers_nothing_forbids_nothing() -> None:
    assert decide([LimiterState()], Situation(now=0.5)).allowed
    assert LimiterState().blocked_until == 0.0
