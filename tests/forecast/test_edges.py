"""Forecast and money over time where their rules turn: both bounds of each sum, until when a field stands, what names it."""

from __future__ import annotations

import random
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotaline.core.periods import month_start
from quotaline.core.windows import PERIOD_LENGTHS
from quotaline.forecast.extra_usage import ExtraUsageRates, extra_usage_fields, extra_usage_rates
from quotaline.forecast.models import MODELS
from quotaline.forecast.past import Past
from quotaline.forecast.spending import Step, between, steps
from quotaline.forecast.windows import forecast_window, window_fields
from quotaline.model import ExtraUsage, Reading, Window
from quotaline.snapshot.merge import merge
from usage_history import DAY, HOUR, MINUTE, NOW, at, spent, used

UTC = ZoneInfo("UTC")


def rates(*history: Reading, now: float = NOW) -> ExtraUsageRates:
    found = extra_usage_rates(merge(history, now), history, now, UTC)
    assert found is not None
    return found


def rises(*rows: tuple[float, int]) -> list[int]:
    return [step.amount for step in steps(rows)]


OCTOBER, NOVEMBER = at("2026-10-31T12:00"), at("2026-11-01T08:00")


def test_a_month_that_begins_below_the_highest_of_the_last_counts_from_zero() -> None:
    """Though it begins above the first reading of the last one."""
    assert rises((OCTOBER - DAY, 100), (OCTOBER, 900), (NOVEMBER, 500)) == [800, 500]
    assert rises((OCTOBER - DAY, 100), (OCTOBER - HOUR, 900), (OCTOBER, 700), (NOVEMBER, 899)) == [800, 899]
    assert rises((OCTOBER - DAY, 100), (OCTOBER, 900), (NOVEMBER, 900), (NOVEMBER + 1, 950)) == [800, 50], "cleared late"


@settings(max_examples=80)
@given(st.integers(0, 10**9), st.integers(1, 60))
def test_where_every_purchase_is_read_the_sum_is_the_truth(seed: int, count: int) -> None:
    """Neither bound may be missed: money at random moments over months, read after each, and once at each month's start."""
    chance = random.Random(seed)
    moments = sorted(at("2026-01-02T00:00") + chance.randint(0, 300 * 86400) for _ in range(count))
    rows, month, total, spent_in_all = [(at("2026-01-01T00:00"), 0)], month_start(at("2026-01-01T00:00")), 0, 0
    for moment in moments:
        if month_start(moment) != month:
            month, total = month_start(moment), 0
            rows.append((month, 0))
        amount = chance.randint(1, 900)
        total, spent_in_all = total + amount, spent_in_all + amount
        rows.append((float(moment), total))
    found = steps(rows)
    assert sum(step.amount for step in found) == spent_in_all
    for month in {month_start(step.end) for step in found}:
        highest = max(amount for moment, amount in rows if month_start(moment) == month)
        assert sum(step.amount for step in found if month_start(step.end) == month) == highest


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.lists(st.integers(0, 7200), min_size=2, max_size=6))
def test_intervals_side_by_side_lose_less_than_a_unit_at_each_cut(amounts: list[int], cuts: list[int]) -> None:
    """A step that a cut divides is counted in whole units on both sides: never more than all of it, and hardly less."""
    found = [Step(NOW + 900 * place, NOW + 900 * (place + 1), amount) for place, amount in enumerate(amounts)]
    edges = sorted({NOW, NOW + 7200, *(NOW + cut for cut in cuts)})
    parts = [between(found, start, end) for start, end in pairwise(edges)]
    assert sum(amounts) - (len(edges) - 2) <= sum(parts) <= sum(amounts) == between(found, NOW, NOW + 7200)


def line(
    low: float, high: float, *, key: str = "five_hour", reset: float = 2 * HOUR, extras: dict[str, str] | None = None
) -> list[Reading]:
    """Twenty readings over the last two hours."""
    rows = []
    for place in range(20):
        as_of, percent = NOW - 2 * HOUR + place * 2 * HOUR / 19, low + (high - low) * place / 19
        value = Window(id=key, name=key, utilization=percent, resets_at=NOW + reset, extras=extras or {})
        rows.append(Reading(value=value, source="endpoint", as_of=as_of))
    return rows


def test_a_time_of_the_limit_leaves_when_its_reading_is_old() -> None:
    """The earlier of the two ends it: the limit itself, or the age of what it was reckoned from."""
    rows = line(10, 40)
    found = forecast_window(rows[-1], rows, NOW)
    assert found.limit_at is None
    week = line(79, 80, key="seven_day", reset=2 * DAY)
    found = forecast_window(week[-1], week, NOW)
    assert found.limit_at is not None
    assert NOW + 3 * HOUR < found.limit_at
    for stale_after, until in ((HOUR, NOW + HOUR), (2 * DAY, found.limit_at)):
        fields = window_fields([found], NOW, stale_after)
        names = ("limit.at", "limit.label", "seven_day.binds_first")
        assert [fields[name][1] for name in names] == [until] * 3
        assert fields["limit.at"][0] == found.limit_at


@pytest.mark.parametrize(("period", "days"), [("daily", 1), ("weekly", 7), ("monthly", 30)])
def test_a_window_whose_source_names_its_period_has_a_forecast(period: str, days: int) -> None:
    """The recent pace wants a hundredth of the period covered by readings, and none from before its beginning."""
    assert PERIOD_LENGTHS[period] == days * DAY
    rows = line(10, 40, key="spend_limit", reset=days * DAY / 2, extras={"period": period})
    proved = Past(points={"even": [9, 9], "recent": [1, 1], "weekly": [9, 9]}, rates={key: [9.0] for key in MODELS})
    found = forecast_window(rows[-1], rows, NOW, past=proved)
    enough = 2 * HOUR >= days * DAY / 100
    assert found.model == ("recent" if enough else "even")
    assert found.slope == pytest.approx(30 / (2 * HOUR) if enough else 40 / (days * DAY / 2))
    begun = line(10, 40, key="spend_limit", reset=days * DAY - HOUR, extras={"period": period})
    assert forecast_window(begun[-1], begun, NOW, past=proved).model == ("recent" if days == 1 else "even")


def test_a_period_that_nobody_knows_has_no_forecast() -> None:
    rows = line(10, 40, key="spend_limit", extras={"period": "yearly"})
    assert forecast_window(rows[-1], rows, NOW).why == "nobody says how long its period is"


def test_extra_usage_that_is_off_has_no_rate_nor_day_and_one_without_an_amount_neither() -> None:
    spending = [spent(0, NOW - DAY), spent(100, NOW - HOUR), spent(400, NOW - MINUTE)]
    off = rates(*spending, spent(400, NOW, enabled=False))
    assert (off.rate, off.today, off.can_move) == (None, None, False)
    silent = Reading(value=ExtraUsage(is_enabled=True), source="endpoint", as_of=NOW)
    nothing = extra_usage_rates([silent], [], NOW, UTC)
    assert nothing is not None
    assert (nothing.rate, nothing.today, nothing.can_move) == (None, None, True)


def test_the_crossing_names_its_window_and_one_that_no_window_drew_names_none() -> None:
    crossed = NOW - 50 * MINUTE
    rows = [used(100, at_, name="Session (5h)") for at_ in (crossed, NOW)] + [spent(500, crossed), spent(580, NOW)]
    fields = extra_usage_fields(rates(*rows), NOW, UTC, HOUR)
    assert fields["crossing.name"] == ("Session (5h)", NOW + 2 * HOUR)
    bare = [spent(500, NOW - 20 * MINUTE), used(20, NOW), spent(530, NOW)]
    fields = extra_usage_fields(rates(*bare), NOW, UTC, HOUR)
    assert "crossing.amount" in fields
    assert "crossing.name" not in fields


@pytest.mark.parametrize(("before", "since"), [(3 * HOUR, HOUR), (HOUR, HOUR), (HOUR - 1, HOUR - 1), (MINUTE, MINUTE)])
def test_money_that_no_window_drew_moves_since_an_hour_before_it_was_seen_at_most(before: float, since: float) -> None:
    """Between two readings hours apart nobody knows when: the hour before the second one is what can be said."""
    seen = NOW - MINUTE
    crossing = rates(spent(500, seen - before), used(20, NOW), spent(530, seen)).crossing
    assert crossing is not None
    assert crossing.since == seen - since


def test_a_pace_of_money_needs_its_quarter_of_an_hour_and_is_news_for_an_hour() -> None:
    for covered, there in ((15 * MINUTE, True), (15 * MINUTE - 1, False)):
        assert (rates(spent(0, NOW - covered), spent(100, NOW)).rate is not None) == there
    for late, there in ((HOUR, True), (HOUR + 1, False)):
        assert (rates(spent(0, NOW - late - HOUR), spent(100, NOW - late)).rate is not None) == there
