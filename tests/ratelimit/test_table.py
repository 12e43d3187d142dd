"""Every outcome after every other one: how long nobody is asked, and in which words that is told."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from goldens import golden
from quotaline.errors import Outcome
from quotaline.ratelimit.policy import (
    ADMIN_KEY,
    LOGIN,
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
from samples import NOW


def test_each_outcome_after_each_other() -> None:
    shown = []
    for rules, name in ((LOGIN, "a login"), (ADMIN_KEY, "an admin key")):
        moment = Situation(now=NOW, credentials="c", rules=rules, active_at=NOW)
        later = Situation(now=NOW + 1, credentials="c", rules=rules, active_at=NOW)
        other = Situation(now=NOW + 1, credentials="d", rules=rules, active_at=NOW, eager=True)
        for outcome in Outcome:
            for before, failures in (
                (Outcome.ANSWERED, 0),
                (outcome, 1),
                (outcome, 2),
                (outcome, 20),
                (outcome, 21),
                (Outcome.PENDING, 3),
            ):
                state = LimiterState(asked_at=NOW - 900, outcome=before, failures=failures)
                for retry_after, luck in ((None, 0.0), (None, 1.0), (10.0, 0.5), (1000.0, 0.5), (1e6, 0.5)):
                    if retry_after and outcome is not Outcome.RATE_LIMITED:
                        continue
                    after = record_outcome(state, moment, outcome, retry_after, luck)
                    asked, again = decide([after], later), decide([after], other)
                    when = f"{outcome} after {failures} of {before}, retry after {retry_after}, luck {luck}"
                    blocked = f"blocked {max(0, after.blocked_until - NOW):g}, {after.failures} in a row"
                    shown.append(f"{name}: {when}: {blocked}, next {asked.at - NOW:g} or {again.at - NOW:g}: {asked.why}")
    golden("ratelimit/outcomes.txt", "\n".join(shown) + "\n")


@pytest.mark.parametrize(
    ("outcome", "failures", "blocked", "counted"),
    [
        (Outcome.ANSWERED, 0, 60, 1),
        (Outcome.FAILED, 1, 120, 2),
        (Outcome.PENDING, 4, 960, 5),
        (Outcome.FAILED, 5, 1800, 6),
        (Outcome.RATE_LIMITED, 5, 60, 1),
    ],
)
def test_an_attempt_counts_as_a_failure_until_it_is_answered(
    outcome: Outcome, failures: int, blocked: float, counted: int
) -> None:
    after = record_attempt(LimiterState(outcome=outcome, failures=failures, asked_at=5.0), Situation(now=NOW, credentials="c"))
    assert after == LimiterState(
        asked_at=NOW, outcome=Outcome.PENDING, blocked_until=NOW + blocked, failures=counted, credentials="c"
    )


def test_the_strictest_word_counts() -> None:
    states = [LimiterState(asked_at=NOW - age) for age in (300, 100, 200)] + [LimiterState()]
    assert decide(states, Situation(now=NOW, active_at=NOW)) == Decision(
        False, NOW + 200, "There is at most one request in 5 minutes"
    )
    assert decide([LimiterState(asked_at=NOW - 300)], Situation(now=NOW, active_at=NOW)).allowed
    assert decide([LimiterState(asked_at=NOW - 60)], Situation(now=NOW, active_at=NOW, rules=ADMIN_KEY)).at == NOW + 240
    assert decide([LimiterState(asked_at=NOW - 60)], Situation(now=NOW, eager=True, rules=ADMIN_KEY)).allowed
    idle = decide([LimiterState(asked_at=NOW - 900)], Situation(now=NOW))
    assert (idle.at, idle.why) == (NOW + 900, "No transcript has grown for a while, so values are read less often")
    assert decide([], Situation(now=NOW)).allowed


@pytest.mark.parametrize(
    ("active", "resets", "pause"),
    [
        (None, (), 1800), (0, (), 300), (-300, (), 300), (-301, (), 301), (-1800, (), 1800), (-1801, (), 1800), (60, (), 300),
        (None, (0.0,), 1800), (None, (1795,), 1800), (0, (-1.0,), 300),
    ],
)  # fmt: skip
def test_a_value_is_read_again_the_later_the_longer_nobody_works(
    active: float | None, resets: tuple[float, ...], pause: float
) -> None:
    situation = Situation(
        now=NOW, active_at=None if active is None else NOW + active, resets=tuple(NOW + one for one in resets)
    )
    assert next_poll(NOW, situation) == NOW + pause


def test_a_reset_is_looked_at_5_to_20_seconds_after_it() -> None:
    looks = [next_poll(NOW, Situation(now=NOW, resets=(NOW + second,))) - NOW - second for second in range(1, 900)]
    assert (min(looks), max(looks)) == pytest.approx((5.0, 20.0), abs=0.05)
    assert looks[0] == pytest.approx(next_poll(NOW - 5, Situation(now=NOW, resets=(NOW + 1.4,))) - NOW - 1.4)


@pytest.mark.parametrize(
    ("asked", "blocked", "after"),
    [
        (0, 86_400, (0, 86_400)), (0, 86_401, (0, 86_400)), (1, 5, (0, 5)), (1, 301, (0, 300)), (1, 86_401, (0, 300)),
        (None, 86_401, (None, 86_400)),
        (None, 5, (None, 5)),
    ],
)  # fmt: skip
def test_times_that_a_wrong_clock_wrote_end(asked: float | None, blocked: float, after: tuple[float | None, float]) -> None:
    state = LimiterState(asked_at=None if asked is None else NOW + asked, blocked_until=NOW + blocked)
    found = clamp_future_times(state, NOW)
    assert (None if found.asked_at is None else found.asked_at - NOW, found.blocked_until - NOW) == after


@pytest.mark.parametrize(
    ("seconds", "span"),
    [
        (0, "1 min"),
        (89, "1 min"),
        (91, "2 min"),
        (119.4 * 60, "119 min"),
        (119.6 * 60, "2 h"),
        (149 * 60, "2 h"),
        (151 * 60, "3 h"),
        (86_400, "24 h"),
    ],
)
def test_a_wait_is_told_in_minutes_or_hours_and_with_its_day(seconds: float, span: str) -> None:
    shown = explain_wait(Decision(allowed=False, at=NOW + seconds, why="So"), NOW, UTC)
    day = "2026-11-22 " if seconds >= 17 * 3600 else ""
    clock = f"{(7 * 60 + int(seconds // 60)) // 60 % 24:02d}:{int(seconds // 60) % 60:02d}"
    assert shown == f"So; the next request is allowed at {day}{clock} (in {span})."
    tokyo = explain_wait(Decision(allowed=False, at=NOW + 8 * 3600, why="So"), NOW, ZoneInfo("Asia/Tokyo"))
    assert tokyo == "So; the next request is allowed at 2026-11-22 00:00 (in 8 h)."
