"""Whole histories: what is foreseen of each window and of the money, number by number, and two ways of reckoning compared."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from statistics import median
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldens import golden
from quotaline.forecast.backtest import backtest
from quotaline.forecast.curve import curve, filled, level
from quotaline.forecast.extra_usage import extra_usage_fields, extra_usage_rates
from quotaline.forecast.fields import part_of
from quotaline.forecast.models import median_slope
from quotaline.forecast.month import month_end_fields
from quotaline.forecast.replay import periods
from quotaline.forecast.spending import Step, between, counter, steps
from quotaline.forecast.windows import binds_first, forecast_windows, window_fields
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.zone import local_zone
from usage_history import DAY, HOUR, MINUTE, NOW, spent, used


def rising(key: str, resets_in: float, *points: tuple[float, float]) -> list[Reading]:
    """Readings of one window: `(seconds ago, percent)`."""
    return [used(percent, NOW - ago, resets_at=NOW + resets_in, key=key) for ago, percent in points]


FIVE, WEEK = "five_hour", "seven_day"
WINDOWS: dict[str, tuple[list[Reading], list[tuple[float, float]]]] = {
    "steady, not full": (rising(FIVE, 2 * HOUR, (2 * HOUR, 10), (HOUR, 20), (1800, 25), (0, 30)), []),
    "steady, full before the reset": (rising(FIVE, 2 * HOUR, (2 * HOUR, 20), (HOUR, 50), (1800, 65), (0, 80)), []),
    "full at the reset on the second": (rising(FIVE, 2 * HOUR, (HOUR, 40), (1800, 50), (0, 60)), []),
    "faster of late": (rising(FIVE, 2 * HOUR, (2 * HOUR, 10), (HOUR, 12), (1800, 30), (600, 50), (0, 60)), []),
    "older than the recent pace": (rising(FIVE, HOUR, (4 * HOUR, 50), (3 * HOUR, 60), (HOUR, 61), (1800, 62), (0, 63)), []),
    "two readings": (rising(FIVE, HOUR, (HOUR, 50), (0, 60)), []),
    "one reading": (rising(FIVE, HOUR, (0, 60)), []),
    "three readings over too little time": (rising(FIVE, HOUR, (299, 50), (100, 55), (0, 60)), []),
    "three readings over just enough": (rising(FIVE, HOUR, (300, 50), (100, 55), (0, 60)), []),
    "a week over too little time": (rising(WEEK, DAY, (6047, 50), (100, 55), (0, 60)), []),
    "a week over just enough": (rising(WEEK, DAY, (6048, 50), (100, 55), (0, 60)), []),
    "a week with a night in it": (rising(WEEK, 2 * DAY, (20 * HOUR, 40), (12 * HOUR, 52), (3 * HOUR, 52), (0, 58)), []),
    "a week, a day and an hour ago": (rising(WEEK, 2 * DAY, (25 * HOUR, 10), (23 * HOUR, 40), (12 * HOUR, 45), (0, 50)), []),
    "before the period began": (rising(FIVE, 4.5 * HOUR, (HOUR, 1), (1200, 2), (600, 4), (0, 8)), []),
    "flat": (rising(FIVE, HOUR, (HOUR, 50), (1800, 50), (0, 50)), []),
    "falling": (rising(FIVE, HOUR, (HOUR, 50), (1800, 40), (0, 45)), []),
    "full": (rising(FIVE, HOUR, (HOUR, 50), (600, 100)), []),
    "above full": (rising(FIVE, HOUR, (60, 104.2)), []),
    "over": (rising(FIVE, 0, (HOUR, 50), (0, 60)), []),
    "without a reset": ([used(50, NOW, resets_at=None)], []),
    "without a number": ([used(None, NOW)], []),
    "of no known length": (rising("nimbus", HOUR, (HOUR, 50), (1800, 55), (0, 60)), []),
    "with the next period's readings": (
        [*rising(FIVE, 6 * HOUR, (1200, 3)), *rising(FIVE, HOUR, (HOUR, 50), (1800, 55), (0, 60))], [],
    ),
    "read from the future": ([*rising(FIVE, HOUR, (HOUR, 50), (1800, 55), (-60, 90)), *rising(FIVE, HOUR, (0, 60))], []),
    "with activity": (
        rising(FIVE, 2 * HOUR, (2 * HOUR, 10), (HOUR, 20), (1200, 30)),
        [(NOW - 5400, 100.0), (NOW - 1800, 300.0), (NOW - 600, 50.0), (NOW, 50.0), (NOW + 9, 500.0)],
    ),
    "with activity to the brim": (
        rising(FIVE, 2 * HOUR, (2 * HOUR, 10), (HOUR, 60), (1200, 90)), [(NOW - 5400, 100.0), (NOW - 600, 500.0)],
    ),
    "with activity of no weight": (rising(FIVE, 2 * HOUR, (2 * HOUR, 10), (HOUR, 60), (1200, 90)), [(NOW - 5400, 0.0)]),
}  # fmt: skip


def short(value: object) -> str:
    if isinstance(value, float):
        return f"{value - NOW:+.3f} s" if abs(value - NOW) < 40 * DAY else f"{value:.6g}"
    return str(value)


NUMBERS = ("model", "slope", "at_reset", "least", "most", "limit_at", "earliest", "latest", "error")


def test_each_window() -> None:
    shown = []
    for name, (history, activity) in WINDOWS.items():
        (found,) = forecast_windows(history[-1:], history[:-1], NOW, activity)
        numbers = {field: getattr(found, field) for field in NUMBERS}
        told = ", ".join(f"{field} {short(value)}" for field, value in numbers.items() if value is not None)
        shown += [f"{name}: {found.why or told}", f"    {msgspec.json.encode(window_fields([found], NOW, HOUR)).decode()}"]
    golden("forecast/windows.txt", "\n".join(shown) + "\n")


def test_the_window_that_is_full_first_binds() -> None:
    readings = [
        rising(key, 2 * HOUR, (2 * HOUR, 20), (HOUR, 50), (0, last)) for key, last in ((FIVE, 80), ("b", 85), (WEEK, 30))
    ]
    found = forecast_windows([one[-1] for one in readings], [reading for one in readings for reading in one[:-1]], NOW)
    first = binds_first(found)
    assert first is not None
    assert first.id == FIVE
    fields = window_fields(found, NOW, HOUR)
    assert fields["five_hour.binds_first"] == (True, min(first.limit_at or 0, NOW + HOUR))
    assert fields["limit.label"][0] == "5h"
    assert binds_first([]) is None


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6), st.integers(-10, 110))
def test_the_curve_between_its_points_is_straight_and_flat_outside(points: list[tuple[int, int]], moment: int) -> None:
    kept = sorted({at: (float(at), float(value)) for at, value in points}.values())
    before = [point for point in kept if point[0] <= moment]
    after = [point for point in kept if point[0] > moment]
    if not before:
        expected = kept[0][1]
    elif not after:
        expected = before[-1][1]
    else:
        (start, low), (end, high) = before[-1], after[0]
        expected = low + (high - low) * (moment - start) / (end - start)
    assert level(kept, float(moment)) == pytest.approx(expected)


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=6),
    st.integers(0, 50),
    st.integers(51, 120),
)
def test_the_pace_is_the_median_of_all_slopes(points: list[tuple[int, int]], start: int, end: int) -> None:
    kept = sorted({at: (float(at), float(value)) for at, value in points}.values())
    moments = [start + (end - start) * step / 24 for step in range(25)]
    levels = [level(kept, moment) for moment in moments]
    found = [(levels[b] - levels[a]) / (moments[b] - moments[a]) for a, b in combinations(range(25), 2)]
    assert len(found) == 300
    assert median_slope(kept, float(start), float(end)) == pytest.approx(median(found), abs=1e-9)


def test_a_curve_only_rises_and_is_of_one_window_and_period() -> None:
    window = Window(id=FIVE, name="", utilization=1, resets_at=NOW + HOUR)
    readings = [
        *rising(FIVE, HOUR, (100, 20), (50, 15), (50, 18), (0, 30), (-1, 40)), *rising(FIVE, 9 * HOUR, (60, 90)),
        *rising(WEEK, HOUR, (60, 91)), used(None, NOW - 70, resets_at=NOW + HOUR), spent(5, NOW - 70),
    ]  # fmt: skip
    assert curve(readings, window, NOW) == [(NOW - 100, 20), (NOW - 50, 20), (NOW, 30)]


@pytest.mark.parametrize(
    ("activity", "result"),
    [
        ([], [(0, 10), (10, 20), (20, 40)]),
        ([(5, 1)], [(0, 10), (5, 20), (10, 20), (20, 40)]),
        ([(0, 9), (4, 1), (6, 3), (10, 9)], [(0, 10), (4, 12.5), (6, 20), (10, 20), (20, 40)]),
        ([(5, 0)], [(0, 10), (10, 20), (20, 40)]),
        ([(15, 3), (20, 9), (25, 2), (30, 1), (31, 9)], [(0, 10), (10, 20), (15, 40), (20, 40), (25, 60), (30, 70)]),
        ([(5, 1), (25, 1), (26, 2), (27, 1)], [(0, 10), (5, 20), (10, 20), (20, 40), (25, 70), (26, 100), (27, 100)]),
    ],
)
def test_the_gaps_are_filled_by_what_was_done_in_them(
    activity: list[tuple[float, float]], result: list[tuple[float, float]]
) -> None:
    assert filled([(0, 10), (10, 20), (20, 40)], activity, 30) == result
    assert filled([], [(1, 1)], 30) == []


MONTH = 20.0 * DAY + 14 * HOUR  # since the month began
MONEY: dict[str, list[Reading]] = {
    "nothing": [],
    "one reading": [spent(1240, NOW)],
    "off": [spent(1240, NOW - HOUR), spent(1300, NOW, enabled=False)],
    "an hour of it": [spent(1000, NOW - DAY - HOUR), spent(1000, NOW - HOUR), spent(1100, NOW - 1800), spent(1240, NOW)],
    "long ago": [spent(1000, NOW - 3 * DAY), spent(1100, NOW - 3601)],
    "within the hour": [spent(1000, NOW - 3 * DAY), spent(1100, NOW - 3600)],
    "too short for a rate": [spent(1000, NOW - 899), spent(1100, NOW)],
    "just long enough for a rate": [spent(1000, NOW - 900), spent(1100, NOW)],
    "across midnight": [spent(1000, NOW - 16 * HOUR), spent(1600, NOW - 12 * HOUR), spent(1700, NOW)],
    "across midnight, close": [spent(1000, NOW - 14 * HOUR - 900), spent(1600, NOW - 14 * HOUR + 900), spent(1700, NOW)],
    "across midnight, nothing moved": [spent(1000, NOW - 16 * HOUR), spent(1000, NOW - 12 * HOUR), spent(1700, NOW)],
    "on the second of midnight": [spent(1000, NOW - 15 * HOUR), spent(1700, NOW - 14 * HOUR), spent(1800, NOW)],
    "half an hour across midnight": [spent(1000, NOW - 15 * HOUR - 900), spent(1600, NOW - 15 * HOUR + 900), spent(1700, NOW)],
    "a second more than that": [spent(1000, NOW - 15 * HOUR - 901), spent(1600, NOW - 15 * HOUR + 900), spent(1700, NOW)],
    "a reading at midnight": [spent(1000, NOW - 15 * HOUR - 900), spent(1100, NOW - 15 * HOUR), spent(1700, NOW)],
    "from midnight on": [spent(1000, NOW - 12 * HOUR), spent(1700, NOW)],
    "a capped month": [spent(100, NOW - 7 * DAY, limit=1500), spent(1240, NOW, limit=1500)],
    "a month without a cap": [spent(100, NOW - 9 * DAY), spent(300, NOW - 7 * DAY), spent(1240, NOW)],
    "a cap that was passed": [spent(100, NOW - 7 * DAY, limit=500), spent(1240, NOW, limit=500)],
    "less than a day": [spent(100, NOW - DAY + 1), spent(1240, NOW)],
    "a day": [spent(100, NOW - DAY), spent(1240, NOW)],
    "another currency before": [spent(100, NOW - 2 * DAY, currency="EUR"), spent(100, NOW - DAY), spent(1240, NOW)],
    "another exponent before": [spent(10, NOW - DAY, exponent=1), spent(1240, NOW)],
    "a new month": [spent(5000, NOW - MONTH - HOUR), spent(100, NOW - MONTH + HOUR), spent(1240, NOW)],
    "a month that was cleared late": [
        spent(500, NOW - MONTH - HOUR), spent(600, NOW - MONTH + HOUR), spent(50, NOW - MONTH + 2 * HOUR), spent(90, NOW),
    ],
    "it fell and rose again": [spent(100, NOW - 3 * HOUR), spent(300, NOW - 2 * HOUR), spent(200, NOW - HOUR), spent(350, NOW)],
    "a full window draws it": [
        spent(100, NOW - 3 * HOUR), spent(100, NOW - 2 * HOUR), *rising(FIVE, HOUR, (2 * HOUR, 90),
        (HOUR, 100)), spent(300, NOW - 600),
        spent(350, NOW),
    ],
    "seen before the last percent": [
        spent(100, NOW - 5000), spent(150, NOW - 4000), *rising(FIVE, HOUR,
        (3500, 100)), spent(300, NOW - 3000), spent(350, NOW),
    ],
    "seen long before the last percent": [
        spent(100, NOW - 9000), spent(150, NOW - 8000), spent(170, NOW - 5000), *rising(FIVE, HOUR,
        (3500, 100)), spent(350, NOW),
    ],
    "two full windows": [
        spent(100, NOW - 5000), *rising(FIVE, HOUR, (3500, 100)), *rising(WEEK, DAY, (3000, 100)), spent(350, NOW),
    ],
    "a full window without an end": [
        spent(100, NOW - 5000), used(100, NOW - 3500, resets_at=None), *rising(WEEK, DAY, (3000, 100)), spent(350, NOW),
    ],
    "a full window and no money": [spent(100, NOW - 5000), *rising(FIVE, HOUR, (3500, 100)), spent(100, NOW)],
    "no full window": [spent(100, NOW - 5000), *rising(FIVE, HOUR, (3500, 90)), spent(200, NOW - 1000), spent(350, NOW)],
    "no window at all": [spent(100, NOW - 5000), spent(350, NOW)],
    "a window that was full and has been reset": [
        spent(100, NOW - 5000), *rising(FIVE, -600, (1000, 100)), spent(350, NOW - 700), *rising(FIVE, 5 * HOUR - 600,
        (0, 1)), spent(350, NOW),
    ],
}  # fmt: skip


def newest(readings: list[Reading]) -> list[Reading]:
    """The last reading of each window and of the money."""
    return list({reading.value.id: reading for reading in readings}.values())


def test_the_money(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    shown = []
    for name, readings in MONEY.items():
        found = extra_usage_rates(newest(readings), readings, NOW, local_zone())
        fields = extra_usage_fields(found, NOW, local_zone(), HOUR) | month_end_fields(newest(readings), readings, NOW)
        shown.append(f"=== {name}: {msgspec.json.encode(found).decode() if found else 'not known'}")
        for field, (value, until) in fields.items():
            told = short(value) if isinstance(value, float) else msgspec.json.encode(value).decode()
            shown.append(f"{field} {told} until {'ever' if until is None else short(until)}")
    golden("forecast/money.txt", "\n".join(shown) + "\n")


@pytest.mark.parametrize(
    ("start", "end", "share"),
    [
        (0, 10, 100),
        (0, 5, 50),
        (5, 10, 50),
        (3, 4, 10),
        (-5, 0, 0),
        (10, 20, 0),
        (-5, 1, 10),
        (9, 99, 10),
        (0.5, 0.95, 4),
        (-9, 99, 100),
    ],
)
def test_a_step_counts_in_proportion(start: float, end: float, share: int) -> None:
    assert between([Step(0, 10, 100)], start, end) == share
    assert between([Step(0, 10, 100), Step(20, 30, 7)], start, end) == share + (7 if end > 29 else 0)


def test_a_step_without_length_counts_where_it_ends() -> None:
    assert [between([Step(5, 5, 9)], start, end) for start, end in ((0, 4.999), (0, 5), (4.999, 9), (5, 9), (5.001, 9))] == [
        0,
        9,
        9,
        0,
        0,
    ]


def test_the_counter_is_in_the_newest_readings_unit() -> None:
    rows = [spent(7, 5.0, exponent=0), spent(1240, 3.0), spent(9, 4.0, currency="EUR"), spent(1, 9.0)]
    assert counter(rows, 5.0) == (Money(0, "USD", 0), [(3.0, 12), (5.0, 7)])
    assert counter(rows, 3.0) == (Money(0, "USD", 2), [(3.0, 1240)])
    assert counter(rows, 2.0) == (None, [])


START = NOW - MONTH
MONTHS = [
    [(START - 9 + late, first), (START + 9 + late, second), (START + 19 + late, third)]
    for late in (0, 0.5)
    for first, second, third in ((5, 9, 12), (9, 5, 12), (9, 12, 3), (9, 12, 20))
]


def test_each_dollar_counts_once_across_a_months_end() -> None:
    shown = []
    for rows in MONTHS:
        found = [(one.start - START, one.end - START, one.amount) for one in steps(rows)]
        shown.append(f"{[amount for _, amount in rows]} {found}")
    golden("forecast/steps.txt", "\n".join(shown) + "\n")


def test_past_forecasts_are_scored() -> None:
    history: list[Reading] = []
    for number, last in enumerate((60, 130, 101, 40)):
        resets_at = NOW - number * 5 * HOUR - 60
        history += [
            used(
                min(100.0, last * (5 * HOUR - left) / (5 * HOUR) * (0.6 if left > 2 * HOUR else 1)),
                resets_at - left,
                resets_at=resets_at,
            )
            for left in range(0, 18_000, 600)
        ]
    history += (
        rising(WEEK, -60, (6 * DAY, 20), (5 * DAY, 30), (61, 50))
        + rising("x", -60, (6 * DAY, 20))
        + rising(FIVE, HOUR, (60, 5))
    )
    assert [len(one) for one in periods([one for one in history if one.value.id == FIVE])] == [30, 30, 30, 30, 1]
    shown = [msgspec.json.format(msgspec.json.encode(score), indent=1).decode() for score in backtest(history, NOW)]
    golden("forecast/scores.txt", "\n".join(shown) + "\n")
    busy = [(NOW - 60 - minute * 60, 1.0 + (minute % 300 < 90) * 50) for minute in range(1200, 0, -7)]
    shown = [msgspec.json.format(msgspec.json.encode(score), indent=1).decode() for score in backtest(history, NOW, busy)]
    golden("forecast/scores-busy.txt", "\n".join(shown) + "\n")
    assert backtest(history, NOW - 61) != backtest(history, NOW - 60)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("extra.at_reset", "forecast of the month"), ("extra.no_forecast", "forecast of the month"), ("extra.today", "meter"),
        ("crossing.amount", "meter"), ("extra.crossed", "meter"), ("limit.at", "forecast"), ("five_hour.at_reset", "forecast"),
        ("five_hour.binds_first", "forecast"), ("five_hour.used", None), ("today.cost", None), ("alert.text", None),
    ],
)  # fmt: skip
def test_each_field_is_of_one_part(name: str, part: str | None) -> None:
    assert part_of(name) == part


def test_money_that_is_off_is_foreseen_nothing_of() -> None:
    assert month_end_fields([spent(5, NOW, enabled=False)], [], NOW) == {}
    assert month_end_fields([], [], NOW) == {}
    bare = Reading(value=ExtraUsage(is_enabled=True), source="endpoint", as_of=NOW)
    assert month_end_fields([bare], [], NOW)["extra.no_forecast"][0] == "extra usage is not known"


def parts_of(fields: dict[str, Any]) -> set[str | None]:
    return {part_of(name) for name in fields}


def test_every_field_that_is_made_is_of_the_part_that_makes_it(zone: Callable[[str], None]) -> None:
    zone("UTC")
    for readings in MONEY.values():
        rates = extra_usage_rates(newest(readings), readings, NOW, local_zone())
        assert parts_of(extra_usage_fields(rates, NOW, local_zone(), HOUR)) <= {"meter"}
        assert parts_of(month_end_fields(newest(readings), readings, NOW)) <= {"forecast of the month"}
    for history, activity in WINDOWS.values():
        assert parts_of(window_fields(forecast_windows(history[-1:], history, NOW, activity), NOW, MINUTE)) <= {"forecast"}
