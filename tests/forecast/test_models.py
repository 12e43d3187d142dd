"""What a forecast is from the first reading on: the odd histories in a table, and what holds of every one."""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from quotaline.forecast.models import HOURS_OF_WEEK, MODELS, YOUNGEST
from quotaline.forecast.past import Past
from quotaline.forecast.profile import hours_of_week
from quotaline.forecast.windows import Forecast, forecast_window
from usage_history import DAY, HOUR, MINUTE, NOW, at, used

if TYPE_CHECKING:
    from quotaline.model import Reading

SPAN = 5 * HOUR


def readings(*points: tuple[float, float], resets_in: float = 2 * HOUR, key: str = "five_hour") -> list[Reading]:
    """`(minutes ago, percent)`, oldest first."""
    return [used(percent, NOW - ago * MINUTE, resets_at=NOW + resets_in, key=key) for ago, percent in points]


ODD: dict[str, tuple[list[Reading], str | None, float]] = {
    "none but the one that is shown": (readings((0, 30)), "even", 50),
    "all equal": (readings((120, 30), (60, 30), (0, 30)), "recent", 30),
    "all in one minute": (readings((0.9, 28), (0.5, 29), (0.1, 30)), "even", 50),
    "a gap of days, within a week": (readings((3 * 1440, 10), (0, 30), resets_in=3 * DAY, key="seven_day"), "even", 52.5),
    "the limit was raised": (readings((120, 60), (60, 80), (30, 40), (20, 42), (0, 45)), "recent", 65),
    "the limit was raised just now": (readings((120, 60), (60, 80), (0, 45)), "even", 75),
    "a saved reset was redeemed": (readings((120, 60), (60, 80), (30, 0), (20, 10), (0, 30)), "recent", 150),
    "a saved reset was redeemed just now": (readings((120, 60), (30, 80), (20, 1), (10, 10)), "even", 70),
    "one source cuts, another rounds": (readings((120, 10), (80, 11), (79, 10), (40, 12), (39, 11), (0, 12)), "recent", 14),
    "an old answer came late": (readings((120, 10), (60, 20), (30, 5), (10, 28), (0, 30)), "recent", 50),
    "the clock ran ahead": (readings((-60, 90), (120, 10), (60, 20), (0, 30)), "recent", 50),
    "the period has just begun": (readings((0, 1), resets_in=SPAN - MINUTE), "even", 1 / YOUNGEST),
    "the reset lies two periods ahead": (readings((0, 10), resets_in=2 * SPAN), "even", 10 + 10 / YOUNGEST * 2),
    "over": (readings((0, 30), resets_in=0), None, 0),
    "nothing used": (readings((60, 0), (0, 0)), None, 0),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_history(name: str) -> None:
    rows, model, at_reset = ODD[name]
    newest = max((row for row in rows if row.as_of <= NOW), key=lambda row: row.as_of)
    found = forecast_window(newest, rows, NOW)
    assert found.model == model
    assert (found.why is None) == (model is not None)
    if model is not None:
        assert found.at_reset == pytest.approx(at_reset, rel=0.05)


PASTS = st.one_of(
    st.just(Past()),
    st.builds(
        lambda points, rates, rose: Past(
            points=dict(zip(MODELS, points, strict=True)),
            rates=dict(zip(MODELS, rates, strict=True)),
            rose=rose,
            hours=[2.0] * 168,
        ),
        st.lists(st.lists(st.floats(0, 100), min_size=3, max_size=3), min_size=3, max_size=3),
        st.lists(st.lists(st.floats(0, 400), min_size=3, max_size=3), min_size=3, max_size=3),
        st.lists(st.floats(0, 50), min_size=HOURS_OF_WEEK, max_size=HOURS_OF_WEEK),
    ),
)
ROWS = st.lists(st.tuples(st.floats(-60, 7 * 1440), st.floats(0, 130)), min_size=1, max_size=20)


def of(rows: list[tuple[float, float]], ahead: float, key: str, past: Past, busy: list[tuple[float, float]]) -> Forecast:
    history = readings(*rows, resets_in=ahead, key=key)
    bare = used(30, NOW, resets_at=NOW + ahead, key=key)
    newest = max((row for row in history if row.as_of <= NOW), default=bare, key=lambda row: row.as_of)
    activity = sorted((NOW - ago * MINUTE, weight) for ago, weight in busy)
    return forecast_window(newest, history, NOW, activity, past=past, hour_of_week=hours_of_week(UTC))


@settings(max_examples=150, deadline=None)
@given(
    ROWS, st.floats(-HOUR, 14 * DAY), st.sampled_from(["five_hour", "seven_day"]), PASTS,
    st.lists(st.tuples(st.floats(-5, 1440), st.floats(0, 1e6)), max_size=8),
)  # fmt: skip
def test_a_forecast_is_sober_whatever_was_read(
    rows: list[tuple[float, float]], ahead: float, key: str, past: Past, busy: list[tuple[float, float]]
) -> None:
    """Never NaN, never before now or after the reset; the range holds the point; what is used stays used."""
    found = of(rows, ahead, key, past, busy)
    numbers = [value for name in found.__struct_fields__ if isinstance(value := getattr(found, name), float)]
    assert all(math.isfinite(number) for number in numbers)
    assert (found.why is None) == (found.slope is not None)
    if found.model is None:
        return
    assert found.at_reset is not None
    assert found.least is not None
    assert found.most is not None
    assert (found.used or 0) - 2 <= found.least <= found.at_reset <= found.most
    assert (found.limit_at is not None) == (found.at_reset >= 100)
    if found.limit_at is not None:
        assert found.earliest is not None
        assert found.error is not None
        assert NOW <= found.earliest <= found.limit_at <= (found.latest or math.inf)
        assert max(found.limit_at, found.latest or 0) <= NOW + ahead
        assert 0 <= found.error <= ahead
        late = (found.latest or NOW + ahead) - found.limit_at
        assert found.error == max(found.limit_at - found.earliest, late)


@settings(max_examples=60)
@given(st.floats(1, 90), st.floats(0.1, 9), st.floats(2 * MINUTE, SPAN - MINUTE), st.floats(1, HOUR))
def test_more_used_or_more_time_left_is_no_less_at_the_reset(percent: float, more: float, ahead: float, longer: float) -> None:
    def even(value: float, reset: float) -> Forecast:
        return forecast_window(one := used(value, NOW, resets_at=NOW + reset), [one], NOW)

    less, fuller = even(percent, ahead), even(percent + more, ahead)
    assert (fuller.at_reset or 0) > (less.at_reset or 0)
    assert (fuller.limit_at or math.inf) <= (less.limit_at or math.inf)
    longer_left = even(percent, min(SPAN, ahead + longer))
    assert (longer_left.at_reset or 0) >= (less.at_reset or 0)


def test_earlier_weeks_are_a_prior_where_nothing_has_been_used_yet() -> None:
    """Ten points in each of Monday's office hours: on Sunday evening the week looks like the ones before."""
    rose, hours = [0.0] * HOURS_OF_WEEK, [2.0] * HOURS_OF_WEEK
    rose[9:17] = [20.0] * 8
    sunday = at("2026-11-22T20:00")
    nothing = used(0, sunday, resets_at=sunday + 7 * DAY, key="seven_day")
    found = forecast_window(nothing, [], sunday, past=Past(rose=rose, hours=hours), hour_of_week=hours_of_week(UTC))
    assert found.model == "weekly"
    assert found.at_reset == pytest.approx(80, rel=0.4)
    assert found.limit_at is None


def test_the_hours_of_the_week_say_when_it_will_be_full() -> None:
    """By even pace it would be full on Sunday; who works on Mondays only fills it on Monday."""
    rose, hours = [0.0] * HOURS_OF_WEEK, [8.0] * HOURS_OF_WEEK
    rose[9:17] = [8 * 12.0] * 8
    saturday = at("2026-11-21T12:00")
    half = used(60, saturday, resets_at=at("2026-11-25T12:00"), key="seven_day")
    proved = {"even": [20.0] * 2, "recent": [20.0] * 2, "weekly": [4.0] * 2}
    past = Past(points=proved, rates=proved, rose=rose, hours=hours)
    found = forecast_window(half, [], saturday, past=past, hour_of_week=hours_of_week(UTC))
    assert found.model == "weekly"
    assert found.limit_at is not None
    assert at("2026-11-23T09:00") < found.limit_at < at("2026-11-23T17:00")
    even = forecast_window(half, [], saturday)
    assert (even.limit_at or math.inf) > at("2026-11-23T09:00")


def test_a_busier_period_goes_on_busier() -> None:
    """In the middle of a week of which seventy points are usual, thirty-five are used, or seventy."""
    past = Past(rose=[5.0] * HOURS_OF_WEEK, hours=[12.0] * HOURS_OF_WEEK, points={}, rates={})
    middle, found = at("2026-11-26T12:00"), []
    proved = {"even": [20.0] * 2, "recent": [20.0] * 2, "weekly": [4.0] * 2}
    for percent in (35, 70):
        reading = used(percent, middle, resets_at=middle + 3.5 * DAY, key="seven_day")
        more = structs.replace(past, points=proved, rates=proved)
        found.append(forecast_window(reading, [], middle, past=more, hour_of_week=hours_of_week(UTC)))
    assert [one.model for one in found] == ["weekly"] * 2
    assert [(one.at_reset or 0) - (one.used or 0) for one in found] == pytest.approx([35, 59.5], abs=0.5)


@pytest.mark.parametrize(
    ("zone", "moment", "hour"),
    [
        ("UTC", "2026-11-23T00:00", 0), ("UTC", "2026-11-22T23:59", 167), ("Europe/Berlin", "2026-11-22T23:00", 0),
        ("America/New_York", "2026-11-23T05:00", 0), ("Asia/Kolkata", "2026-11-22T18:00", 0),
        ("Europe/Berlin", "2026-03-29T00:30", 145), ("Europe/Berlin", "2026-03-29T01:30", 147),
    ],
)  # fmt: skip
def test_the_hour_of_the_week_is_the_clocks(zone: str, moment: str, hour: int) -> None:
    """An hour that begins at half past, as in Kolkata, is told by its middle; 02:30 is skipped where clocks go ahead."""
    assert hours_of_week(ZoneInfo(zone))(at(moment)) == hour
