import random
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.errors import Outcome
from quotaline.ratelimit.policy import (
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
from quotaline.sources.fields import LONGEST_BLOCK, retry_after_seconds

NOW = 1795244400.0
DICE = random.Random(7)


def at(seconds: float, *, active: float | None = 0.0, **changes: object) -> Situation:
    """`seconds` after NOW, a transcript having grown `active` seconds before that."""
    now = NOW + seconds
    return Situation(now=now, active_at=None if active is None else now - active, **changes)  # type: ignore[arg-type]


def after(outcome: Outcome, retry_after: float | None = None, times: int = 1, credentials: str | None = None) -> LimiterState:
    """The budget after `times` requests at NOW that all ended so."""
    budget = LimiterState()
    for _ in range(times):
        budget = record_outcome(budget, at(0, credentials=credentials), outcome, retry_after, DICE.random())
    return budget


def pause(budget: LimiterState) -> float:
    """Seconds from NOW to the next request of a user who is busy."""
    return decide([budget], at(0)).at - NOW


def test_who_never_asked_may_ask() -> None:
    assert decide([LimiterState()], at(0)).allowed


@pytest.mark.parametrize("eager", [True, False])
def test_two_requests_are_never_within_300_seconds_whatever_is_wished(eager: bool) -> None:
    asked = after(Outcome.ANSWERED)
    assert not decide([asked], at(FLOOR - 0.001, eager=eager)).allowed
    assert decide([asked], at(FLOOR, eager=eager)).allowed


@pytest.mark.parametrize(("idle", "expected"), [(0, 300), (299, 300), (700, 700), (5000, 1800)])
def test_the_pause_grows_with_the_idleness_up_to_half_an_hour(idle: float, expected: float) -> None:
    asked = after(Outcome.ANSWERED)
    situation = Situation(now=NOW + 1, active_at=NOW - idle)
    assert decide([asked], situation).at == NOW + expected


def test_work_taken_up_again_ends_the_long_pause_and_no_transcript_at_all_is_idle() -> None:
    asked = after(Outcome.ANSWERED)
    assert decide([asked], Situation(now=NOW + 400, active_at=NOW + 399)).allowed
    assert decide([asked], Situation(now=NOW + 400, active_at=None)).at == NOW + IDLE_CEILING
    assert decide([asked], Situation(now=NOW + 400, active_at=None, eager=True)).allowed


@given(st.floats(1, 1779))
def test_a_reset_calls_for_one_look_5_to_20_seconds_after_it(ahead: float) -> None:
    reset = NOW + ahead
    look = next_poll(NOW, Situation(now=NOW, active_at=None, resets=(reset, NOW - 1)))
    assert look == NOW + IDLE_CEILING or 5 <= look - reset <= 20
    assert look <= NOW + IDLE_CEILING
    assert next_poll(look, Situation(now=look, active_at=None, resets=(reset,))) == look + IDLE_CEILING


def test_a_look_after_a_reset_still_keeps_the_300_seconds() -> None:
    assert decide([after(Outcome.ANSWERED)], at(60, resets=(NOW + 10,))).at == NOW + FLOOR


@pytest.mark.parametrize(("retry_after", "expected"), [(1.0, 300), (299.0, 300), (1600.0, 1600), (3037.0, 3037), (1e9, 86400)])
def test_429_honours_retry_after_between_five_minutes_and_a_day(retry_after: float, expected: float) -> None:
    assert pause(after(Outcome.RATE_LIMITED, retry_after)) == expected


@pytest.mark.parametrize(("kind", "first"), [(Outcome.RATE_LIMITED, 300), (Outcome.NO_LIMITS, 3600)])
def test_429_without_a_time_doubles_with_jitter_up_to_a_day(kind: Outcome, first: float) -> None:
    """Without limits in the report of `claude` the server may have named a time that nobody told us."""
    pauses = [pause(after(kind, None, times)) for times in range(1, 12)]
    for doubled, found in enumerate(pauses):
        assert min(first * 2**doubled, LONGEST_BLOCK) <= found <= min(first * 2**doubled * 1.25, LONGEST_BLOCK)
    assert len({pause(after(kind)) for _ in range(9)}) == 9


def test_a_block_holds_for_the_eager_and_for_a_new_token_alike() -> None:
    blocked = after(Outcome.RATE_LIMITED, 3037.0, credentials="old")
    assert decide([blocked], at(3036, eager=True, credentials="new")).at == NOW + 3037


def test_the_strictest_of_account_and_token_decides() -> None:
    assert decide([LimiterState(), after(Outcome.RATE_LIMITED, 900.0)], at(600)).at == NOW + 900
    assert decide([after(Outcome.RATE_LIMITED, 900.0), LimiterState()], at(600)).at == NOW + 900


def test_401_waits_10_minutes_and_longer_each_time_unless_the_credentials_change() -> None:
    refused = after(Outcome.UNAUTHORIZED, credentials="old")
    assert decide([refused], at(599, credentials="old")).at == NOW + 600
    assert decide([refused], at(300, credentials="new")).allowed
    assert decide([refused], at(299, credentials="new")).at == NOW + FLOOR
    assert pause(after(Outcome.UNAUTHORIZED, times=2)) == 1200


def test_403_waits_a_day_unless_the_credentials_change() -> None:
    refused = after(Outcome.FORBIDDEN, credentials="old")
    assert decide([refused], at(86399, credentials="old")).at == NOW + 86400
    assert decide([refused], at(300, credentials="new")).allowed


def test_what_the_server_refused_to_our_token_does_not_keep_claude_from_asking_with_its_own() -> None:
    assert decide([after(Outcome.UNAUTHORIZED, credentials="ours")], at(300)).allowed


def test_other_failures_double_from_a_minute_to_half_an_hour_and_never_undercut_the_floor() -> None:
    pauses = [pause(after(Outcome.FAILED, None, times)) for times in range(1, 9)]
    assert pauses[:2] == [300, 300]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 1800


def test_an_answer_ends_every_back_off() -> None:
    healed = record_outcome(after(Outcome.RATE_LIMITED, None, 5), at(9999), Outcome.ANSWERED, None, DICE.random())
    assert (healed.failures, healed.blocked_until) == (0, 0.0)
    assert pause(record_outcome(healed, at(0), Outcome.RATE_LIMITED, None, DICE.random())) <= 375


def test_a_request_killed_before_its_answer_counts_as_one_that_failed() -> None:
    killed = LimiterState()
    for _ in range(7):
        killed = record_attempt(killed, at(0))
    assert decide([record_attempt(LimiterState(), at(0))], at(299)).at == NOW + FLOOR
    assert pause(killed) == 1800


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1600", 1600.0),
        (" 30 ", 30.0),
        ("1.5", 1.5),
        ("99999999999", LONGEST_BLOCK),
        ("0", None),
        ("-5", None),
        ("", None),
        (None, None),
        ("soon", None),
        ("²", None),
        ("1e9", None),
        ("Sat, 99 Nov 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_in_seconds(header: str | None, seconds: float | None) -> None:
    assert seconds == retry_after_seconds(header, NOW)


def test_retry_after_as_a_date() -> None:
    moment = datetime.fromtimestamp(NOW, UTC)
    assert retry_after_seconds(format_datetime(moment + timedelta(seconds=90), usegmt=True), NOW) == 90
    assert retry_after_seconds(format_datetime(moment - timedelta(seconds=90), usegmt=True), NOW) is None
    assert retry_after_seconds((moment + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S -0000"), NOW) == 90


def test_a_clock_that_was_set_back_does_not_block_for_ever() -> None:
    ahead = LimiterState(asked_at=NOW + 9e6, outcome=Outcome.RATE_LIMITED, blocked_until=NOW + 9e6 + 3600)
    kept = clamp_future_times(ahead, NOW)
    assert decide([kept], at(0)).at == NOW + FLOOR
    assert clamp_future_times(kept, NOW + 1) == kept
    assert clamp_future_times(LimiterState(asked_at=NOW - 1, blocked_until=NOW + 9e6), NOW).blocked_until == NOW + LONGEST_BLOCK


def test_a_sentence_says_why_not_and_when() -> None:
    zone = timezone(timedelta(hours=1))
    blocked = decide([after(Outcome.RATE_LIMITED, 1500.0)], at(0))
    assert explain_wait(blocked, NOW, zone) == (
        "The server said that there were too many requests (429); the next request is allowed at 08:25 (in 25 min)."
    )
    assert "at 2026-11-22 08:00 (in 24 h)" in explain_wait(Decision(False, NOW + 86400, "No"), NOW, zone)


@given(
    st.lists(st.tuples(st.sampled_from(list(Outcome)), st.none() | st.floats(1, 1e6), st.floats(0, 4000)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_no_history_allows_two_requests_within_300_seconds_or_one_inside_a_retry_after(
    steps: list[tuple[Outcome, float | None, float]], dice: random.Random
) -> None:
    now, budget, last, blocked = NOW, LimiterState(), -1e9, -1e9
    for outcome, retry_after, wait in steps:
        situation = Situation(now=now, active_at=now, eager=dice.random() < 0.5)
        if decide([budget], situation).allowed:
            assert now - last >= FLOOR
            assert now >= blocked
            last = now
            pending = outcome is Outcome.PENDING
            if outcome is Outcome.RATE_LIMITED and retry_after:
                blocked = now + min(retry_after, LONGEST_BLOCK)
            budget = (
                record_attempt(budget, situation)
                if pending
                else record_outcome(budget, situation, outcome, retry_after, dice.random())
            )
        now += wait
