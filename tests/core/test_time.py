"""No reading is newer than now."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quotaline.core.periods import CLOCK_JITTER, DAY, not_from_the_future

NOW = 1_795_251_000.0
times = st.floats(0, 2**32)


@given(as_of=times, now=times)
def test_no_reading_is_newer_than_now_and_one_that_was_not_is_left_alone(as_of: float, now: float) -> None:
    assert not_from_the_future(as_of, now) <= now
    assert as_of > now or not_from_the_future(as_of, now) == as_of
    assert not_from_the_future(not_from_the_future(as_of, now), now) == not_from_the_future(as_of, now)


@given(ahead=st.floats(CLOCK_JITTER + 0.01, 1e9), age=st.floats(0, DAY - 0.01))
def test_what_a_clock_that_ran_ahead_wrote_loses_to_whatever_was_read_since(ahead: float, age: float) -> None:
    assert not_from_the_future(NOW + ahead, NOW) < NOW - age


def test_a_jitter_is_now() -> None:
    assert not_from_the_future(NOW + CLOCK_JITTER, NOW) == NOW
    assert not_from_the_future(NOW + CLOCK_JITTER + 0.1, NOW) == NOW - DAY
