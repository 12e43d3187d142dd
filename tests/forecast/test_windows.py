import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.forecast.curve import filled
from quotaline.forecast.fields import WINDOW_NAMES
from quotaline.forecast.models import median_slope
from quotaline.forecast.month import month_end_spend
from quotaline.forecast.past import UNPROVEN_ERROR, Past
from quotaline.forecast.windows import Forecast, binds_first, forecast_window, window_fields
from quotaline.model import ExtraUsage, Money, Reading, Window
from usage_history import DAY, HOUR, MINUTE, NOW, at, spent, used

WEEK_END = NOW + 3 * DAY


def line(start: float, end: float, low: float, high: float, count: int = 20, **more: object) -> list[Reading]:
    """Readings on a straight line."""
    step = 1 / (count - 1)
    return [
        used(low + (high - low) * at * step, start + (end - start) * at * step, **more)  # type: ignore[arg-type]
        for at in range(count)
    ]


def test_an_even_pace_is_continued_to_the_reset() -> None:
    rows = line(NOW - 2 * HOUR, NOW, 20, 60)
    found = forecast_window(rows[-1], rows, NOW)
    assert found.at_reset is not None
    assert abs(found.at_reset - 100) < 0.01
    faster = line(NOW - 2 * HOUR, NOW, 0, 80)
    found = forecast_window(faster[-1], faster, NOW)
    assert found.limit_at is not None
    assert abs(found.limit_at - (NOW + 30 * MINUTE)) < 1


def test_where_the_limit_is_not_reached_before_the_reset_there_is_no_time() -> None:
    rows = line(NOW - 2 * HOUR, NOW, 10, 20)
    found = forecast_window(rows[-1], rows, NOW)
    assert found.limit_at is None
    assert found.at_reset is not None
    assert abs(found.at_reset - 30) < 0.01


def test_the_range_holds_the_time() -> None:
    rows = [*line(NOW - 2 * HOUR, NOW - HOUR, 10, 20), *line(NOW - HOUR, NOW, 20, 80)]
    found = forecast_window(rows[-1], rows, NOW)
    assert found.earliest is not None
    assert found.limit_at is None or found.earliest <= found.limit_at
    assert found.latest is None or found.limit_at is None or found.limit_at <= found.latest


def test_before_there_are_readings_enough_it_is_even_pace() -> None:
    """Three of five hours have passed: 20 percent then are 33 at the end, whatever two readings or four minutes say."""
    for rows in (line(NOW - HOUR, NOW, 10, 20, count=2), line(NOW - 4 * MINUTE, NOW, 10, 20), [used(20, NOW)]):
        found = forecast_window(rows[-1], rows, NOW)
        assert (found.model, found.why) == ("even", None)
        assert found.at_reset == pytest.approx(20 * 5 / 3)
        assert found.least == 20
        assert found.most == pytest.approx(20 * 5 / 3 + UNPROVEN_ERROR * 2 / 5)


def test_where_nothing_has_been_used_and_nothing_is_known_it_is_said() -> None:
    nothing = used(0, NOW)
    found = forecast_window(nothing, [nothing], NOW)
    assert (found.at_reset, found.why) == (None, "nothing of it has been used yet")
    assert window_fields([found], NOW, HOUR) == {"five_hour.no_forecast": (found.why, NOW + HOUR)}


def test_a_window_without_a_reset_has_no_forecast() -> None:
    rows = line(NOW - HOUR, NOW, 10, 20, resets_at=None)
    assert forecast_window(rows[-1], rows, NOW).why == "the window has no reset to count towards"


def test_only_the_present_period_counts() -> None:
    old = line(NOW - 6 * HOUR, NOW - 3 * HOUR, 0, 95, resets_at=NOW - 3 * HOUR)
    rows = line(NOW - 2 * HOUR, NOW, 5, 15)
    assert forecast_window(rows[-1], [*old, *rows], NOW) == forecast_window(rows[-1], rows, NOW)


def test_one_wild_reading_does_not_move_the_pace() -> None:
    rows = line(NOW - 2 * HOUR, NOW, 10, 30, count=60)
    before = forecast_window(rows[-1], rows, NOW).slope
    wild = [*rows[:30], used(29.9, rows[30].as_of), *rows[31:]]
    after = forecast_window(rows[-1], wild, NOW).slope
    assert before is not None
    assert after is not None
    assert after <= before * 1.6


def test_a_full_window_is_reached_already() -> None:
    rows = [*line(NOW - HOUR, NOW - MINUTE, 50, 99), used(100, NOW)]
    assert forecast_window(rows[-1], rows, NOW).limit_at == NOW
    assert "limit.at" not in window_fields([forecast_window(rows[-1], rows, NOW)], NOW, HOUR)


def test_the_window_that_is_full_first_binds() -> None:
    session = Forecast(id="five_hour", name="s", label="5h", limit_at=NOW + 2 * HOUR)
    week = Forecast(id="seven_day", name="w", label="7d", limit_at=NOW + HOUR)
    assert binds_first([session, week, Forecast(id="x", name="x", label="x")]) == week
    assert binds_first([]) is None


def test_a_weeks_pace_is_even_until_the_last_days_have_proved_better() -> None:
    rows = [
        *line(NOW - 4 * DAY, NOW - DAY, 0, 60, resets_at=WEEK_END, key="seven_day"),
        *line(NOW - DAY, NOW, 60, 65, resets_at=WEEK_END, key="seven_day"),
    ]
    found = forecast_window(rows[-1], rows, NOW)
    assert found.model == "even"
    assert found.at_reset == pytest.approx(65 * 7 / 4)
    past = Past(
        points={"even": [9.0, 9.0], "recent": [7.0, 7.0], "weekly": [9.0, 9.0]},
        rates={"even": [9.0, 9.0], "recent": [14.0, 14.0], "weekly": [9.0, 9.0]},
    )
    found = forecast_window(rows[-1], rows, NOW, past=past)
    assert (found.model, found.limit_at) == ("recent", None)
    assert found.at_reset == pytest.approx(80, abs=0.5)
    assert found.least == pytest.approx(74, abs=0.5), "3/7 of 14 points"
    assert found.most == pytest.approx(86, abs=0.5)


def test_ready_fields_end_with_what_they_speak_of() -> None:
    rows = line(NOW - 2 * HOUR, NOW, 0, 80)
    fields = window_fields([forecast_window(rows[-1], rows, NOW)], NOW, HOUR)
    names = {f"five_hour.{name}" for name in WINDOW_NAMES if name != "no_forecast"}
    assert {*names, "limit.at", "limit.label", "limit.error"} == set(fields)
    assert fields["limit.label"][0] == "5h"
    assert all(until is not None and NOW < until <= NOW + HOUR for _, until in fields.values())


def test_transcripts_place_the_rise_between_two_readings() -> None:
    points = [(0.0, 10.0), (100.0, 30.0)]
    assert filled(points, [(80.0, 1.0), (90.0, 3.0)], 100.0) == [(0.0, 10.0), (80.0, 15.0), (90.0, 30.0), (100.0, 30.0)]


def test_transcripts_go_on_from_the_last_reading() -> None:
    points = [(0.0, 10.0), (100.0, 30.0)]
    assert filled(points, [(50.0, 10.0), (120.0, 5.0), (500.0, 5.0)], 200.0)[-1] == (120.0, 40.0)
    assert filled(points, [], 200.0) == points
    assert filled(points, [(120.0, 5.0)], 200.0) == points


def test_the_months_end_continues_the_last_days() -> None:
    rows = [spent(0, NOW - 2 * DAY), spent(200, NOW)]
    left = at("2026-12-01T00:00") - NOW
    money, why = month_end_spend([rows[-1]], rows, NOW)
    assert why is None
    assert money == Money(200 + int(100 * left / DAY))


def test_the_months_end_never_passes_the_cap_and_needs_a_day_of_readings() -> None:
    rows = [spent(0, NOW - 2 * DAY), spent(4900, NOW, limit=5000)]
    assert month_end_spend([rows[-1]], rows, NOW)[0] == Money(5000)
    assert month_end_spend([rows[-1]], rows[1:], NOW) == (None, "too little data: 0 h of readings")
    nothing = Reading(value=ExtraUsage(is_enabled=True), source="endpoint", as_of=NOW)
    assert month_end_spend([nothing], [], NOW) == (None, "extra usage is not known")


@given(st.lists(st.tuples(st.floats(0, 7200), st.floats(0, 120)), min_size=1, max_size=30))
def test_a_forecast_is_sober_whatever_was_read(rows: list[tuple[float, float]]) -> None:
    history = [used(percent, NOW - ago) for ago, percent in rows]
    newest = max(history, key=lambda reading: reading.as_of)
    found = forecast_window(newest, history, NOW)
    assert (found.why is None) == (found.slope is not None)
    if found.slope is not None and (newest.value.utilization or 0) < 100:
        assert found.slope >= 0
        assert found.limit_at is None or NOW <= found.limit_at <= NOW + 2 * HOUR
        assert found.earliest is None or found.limit_at is None or found.earliest <= found.limit_at


def test_the_slope_of_nothing_is_nothing() -> None:
    assert median_slope([(0.0, 5.0)], 10.0, 10.0) == 0.0


def test_whole_percents_do_not_move_the_pace() -> None:
    """Claude Code floors: at six percent an hour most neighbouring readings are equal, and a few leap."""
    rows = [used(float(minute // 10), NOW - 2 * HOUR + minute * MINUTE) for minute in range(121)]
    found = median_slope([(row.as_of, row.value.utilization or 0.0) for row in rows], NOW - 2 * HOUR, NOW)
    assert abs(found * HOUR - 6) < 0.6


def test_a_spend_limit_is_forecast_by_the_period_that_its_source_names() -> None:
    def limit(percent: float, ago: float, **extras: str) -> Reading:
        value = Window(id="spend_limit", name="Spend limit", utilization=percent, resets_at=NOW + 5 * DAY, extras=extras)
        return Reading(value=value, source="statusline", as_of=NOW - ago)

    rows = [limit(at, (20 - at) * HOUR, period="monthly") for at in range(21)]
    assert forecast_window(rows[-1], rows, NOW).at_reset == pytest.approx(20 * 30 / 25)
    bare = [limit(at, (20 - at) * HOUR) for at in range(21)]
    assert forecast_window(bare[-1], bare, NOW).why == "nobody says how long its period is"
