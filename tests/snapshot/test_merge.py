import random
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.core.merge import HOLDS_FOR
from quotaline.core.periods import same_period
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.snapshot.merge import merge

NOW = 1795244400.0  # 2026-11-21 07:00 UTC
RESET = NOW + 3 * 3600


def window(
    used: float | None,
    as_of: float,
    source: str = "endpoint",
    *,
    resets_at: float | None = RESET,
    session: str | None = None,
    window_id: str = "five_hour",
) -> Reading:
    value = Window(id=window_id, name=window_id, utilization=used, resets_at=resets_at)
    return Reading(value=value, source=source, as_of=as_of, session=session)


def spent(amount: int | None, as_of: float, *, enabled: bool = True, currency: str = "USD") -> Reading:
    used = None if amount is None else Money(amount, currency)
    return Reading(value=ExtraUsage(is_enabled=enabled, used=used), source="endpoint", as_of=as_of)


def only(readings: list[Reading], now: float = NOW) -> Reading:
    [reading] = merge(readings, now)
    return reading


def test_a_window_whose_reset_has_passed_is_dropped() -> None:
    assert merge([window(42, NOW - 60, resets_at=NOW)], NOW) == []
    assert merge([window(42, NOW - 60, resets_at=NOW + 0.1)], NOW) != []


def test_the_newest_reading_wins_inside_one_period_and_may_be_lower() -> None:
    assert only([window(50, NOW - 100), window(48, NOW - 10, "claude-json")]).value.utilization == 48


def test_a_sessions_own_newer_reading_replaces_its_older_one_up_or_down() -> None:
    """anthropics/claude-code#52497: the server raised the limit, 60 became 2 % with the same reset."""
    before, after = window(60, NOW - 30, "statusline", session="a"), window(2, NOW - 1, "statusline", session="a")
    assert after == only([before, after])
    assert after == only([after, before])


@pytest.mark.parametrize("source", ["statusline", "endpoint"])
def test_a_higher_reading_of_another_origin_counts_while_it_is_fresh_and_no_longer(source: str) -> None:
    session = window(42, NOW - 1, "statusline", session="a")
    fresh, idle = (window(60, NOW - ago, source, session="b") for ago in (HOLDS_FOR - 0.1, HOLDS_FOR))
    assert fresh == only([fresh, session])
    assert session == only([idle, session])


def test_of_another_session_only_its_newest_reading_counts() -> None:
    session = window(42, NOW - 1, "statusline", session="a")
    before, after = window(60, NOW - 30, "statusline", session="b"), window(41, NOW - 20, "statusline", session="b")
    assert session == only([session, before, after])


def test_an_idle_session_never_outvotes_what_the_server_says_now() -> None:
    idle = window(90, NOW - 9000, "statusline", session="a")
    assert only([idle, window(2, NOW - 8000)]).value.utilization == 2


def test_a_session_raises_an_older_reading_of_another_source() -> None:
    assert only([window(60, NOW - 240), window(61.5, NOW - 1, "statusline", session="a")]).value.utilization == 61.5


def test_a_newer_reading_of_another_source_stands_above_all_sessions() -> None:
    assert only([window(60, NOW - 1), window(61.5, NOW - 240, "statusline", session="a")]).value.utilization == 60


def test_a_reset_that_moved_is_told_as_a_re_baseline() -> None:
    before = window(90, NOW - 240, "statusline", session="a")
    after = window(0, NOW - 1, "statusline", session="b", resets_at=RESET + 7200)
    found = only([before, after])
    assert found.value.utilization == 0
    assert found.value.extras == {"rebaselined": True}


def test_a_period_that_simply_ended_is_no_re_baseline() -> None:
    found = only([window(90, NOW - 240, resets_at=NOW - 1), window(3, NOW - 1, resets_at=RESET)])
    assert found.value.extras == {}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (RESET, RESET + 0.9, True),
        (RESET - 0.3, RESET + 0.1, True),
        (RESET + 29.6, RESET + 30.4, True),
        (RESET + 0.5, RESET + 61, False),
        (None, None, True),
        (None, RESET, False),
    ],
)
def test_resets_are_compared_after_rounding_to_the_minute_and_jitter_splits_no_period(
    one: float | None, other: float | None, same: bool
) -> None:
    assert same == same_period(one, other) == same_period(other, one)


def test_a_window_without_a_reset_is_kept_and_newer_than_the_period_before() -> None:
    found = only([window(90, NOW - 240), window(0, NOW - 1, resets_at=None)])
    assert (found.value.utilization, found.value.extras) == (0, {"rebaselined": True})


def test_a_reading_without_a_number_speaks_only_where_none_has_one() -> None:
    assert only([window(42, NOW - 240), window(None, NOW - 1)]).value.utilization == 42
    assert only([window(None, NOW - 1)]).value.utilization is None


def test_the_order_is_session_week_other_windows_extra_usage() -> None:
    ids = ["extra_usage", "seven_day_fable", "spend_limit", "seven_day", "five_hour", "cinder_cove"]
    readings = [window(1, NOW, window_id=window_id) for window_id in ids[1:]] + [spent(1, NOW)]
    assert [reading.value.id for reading in merge(readings, NOW)] == [
        "five_hour",
        "seven_day",
        "cinder_cove",
        "seven_day_fable",
        "spend_limit",
        "extra_usage",
    ]


def test_the_servers_order_outlives_a_newer_reading_that_lists_nothing() -> None:
    def listed(window_id: str, position: int | None, as_of: float, source: str = "endpoint") -> Reading:
        reading = window(as_of - NOW + 1000, as_of, source, window_id=window_id)
        return msgspec.structs.replace(reading, value=msgspec.structs.replace(reading.value, position=position))

    readings = [
        listed("seven_day_zephyr", 0, NOW - 9),
        listed("seven_day_aurora", 1, NOW - 9),
        listed("seven_day_aurora", 0, NOW - 99),
        listed("seven_day_zephyr", None, NOW - 1, "statusline"),
        listed("seven_day_able", None, NOW - 1),
    ]
    for order in (readings, readings[::-1]):
        merged = merge(order, NOW)
        assert [reading.value.id.rpartition("_")[2] for reading in merged] == ["zephyr", "aurora", "able"]
        assert merged == merge(merged, NOW)


def test_extra_usage_falls_only_when_a_newer_reading_says_so_and_is_then_marked() -> None:
    assert only([spent(1240, NOW - 10), spent(1100, NOW - 90)]) == spent(1240, NOW - 10)
    assert only([spent(1240, NOW - 10), spent(1100, NOW - 10)]) == spent(1240, NOW - 10)
    fallen = only([spent(1100, NOW - 10), spent(1240, NOW - 90)])
    assert isinstance(fallen.value, ExtraUsage)
    assert (fallen.value.used, fallen.value.extras) == (Money(1100), {"rebaselined": True})


def test_extra_usage_of_last_month_is_not_this_months() -> None:
    first = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert merge([spent(1240, first - 1)], first) == []
    assert only([spent(1240, first - 1), spent(3, first)], first + 60) == spent(3, first)


def test_extra_usage_switched_off_is_news_and_an_enabled_one_without_money_is_none() -> None:
    assert only([spent(1240, NOW - 90), spent(None, NOW - 10, enabled=False)]) == spent(None, NOW - 10, enabled=False)
    assert only([spent(1240, NOW - 90), spent(None, NOW - 10)]) == spent(1240, NOW - 90)


def test_another_currency_is_no_fall() -> None:
    assert only([spent(90, NOW - 10), spent(1240, NOW - 90, currency="JPY")]).value.extras == {}


TIMES = st.integers(-9000, 0).map(lambda seconds: NOW + seconds)
RESETS = st.none() | st.builds(
    lambda hours, jitter: NOW + 3600 * hours + jitter, st.integers(-1, 3), st.sampled_from([-0.9, 0.0, 0.4])
)
READINGS = st.lists(
    st.builds(
        lambda used, as_of, source, resets_at, window_id: window(
            used, as_of, source, resets_at=resets_at, session="s", window_id=window_id
        ),
        st.none() | st.integers(0, 120).map(float),
        TIMES,
        st.sampled_from(["statusline", "claude-json", "endpoint"]),
        RESETS,
        st.sampled_from(["five_hour", "seven_day_fable"]),
    )
    | st.builds(spent, st.none() | st.integers(0, 9999), TIMES, enabled=st.booleans()),
    max_size=12,
)


@given(READINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_readings_does_not_matter(readings: list[Reading], dice: random.Random) -> None:
    shuffled = dice.sample(readings, len(readings))
    assert merge(readings, NOW) == merge(shuffled, NOW)


@given(READINGS)
def test_merging_the_result_again_changes_nothing(readings: list[Reading]) -> None:
    once = merge(readings, NOW)
    assert once == merge(once, NOW)


@given(READINGS)
def test_saying_the_same_thing_twice_changes_nothing(readings: list[Reading]) -> None:
    assert merge(readings, NOW) == merge(readings + readings, NOW)


@given(READINGS)
def test_nothing_is_made_up_and_nothing_live_vanishes(readings: list[Reading]) -> None:
    merged = merge(readings, NOW)
    for reading in merged:
        like = [
            r.value for r in readings if (r.value.id, r.source, r.as_of) == (reading.value.id, reading.source, reading.as_of)
        ]
        assert reading.value.utilization in [value.utilization for value in like]
    live = {
        r.value.id for r in readings if not isinstance(r.value, Window) or r.value.resets_at is None or r.value.resets_at > NOW
    }
    assert live == {reading.value.id for reading in merged}


@given(READINGS)
def test_the_newest_reading_of_a_period_is_shown_or_a_fresh_and_higher_one(readings: list[Reading]) -> None:
    numbers = [r for r in readings if isinstance(r.value, Window) and r.value.utilization is not None]
    for merged in merge(numbers, NOW):
        assert isinstance(merged.value, Window)
        live = [
            r
            for r in numbers
            if isinstance(r.value, Window)
            and r.value.id == merged.value.id
            and (r.value.resets_at is None or r.value.resets_at > NOW)
            and same_period(r.value.resets_at, merged.value.resets_at)
        ]
        newest = max(r.as_of for r in live)
        at_newest = [r.value.utilization or 0 for r in live if r.as_of == newest]
        if merged.as_of < newest:
            assert merged.as_of > NOW - HOLDS_FOR
            assert (merged.value.utilization or 0) > min(at_newest)


@given(READINGS)
def test_adding_an_older_reading_of_a_source_that_is_exact_changes_no_number(readings: list[Reading]) -> None:
    told = [r for r in readings if r.source == "endpoint" and r.value.utilization is not None]
    older = [window(99, NOW - 9001, "claude-json", window_id=window_id) for window_id in {r.value.id for r in told}]
    assert [r.value.utilization for r in merge(told, NOW)] == [
        r.value.utilization for r in merge(told + older, NOW) if r.as_of != NOW - 9001
    ]
