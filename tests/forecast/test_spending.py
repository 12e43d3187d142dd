import random
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from quotaline.core.periods import month_end, month_start
from quotaline.forecast.spending import Step, between, counter, steps
from quotaline.model import Reading
from usage_history import DAY, HOUR, NOW, at, spent

YEAR_START = at("2026-01-01T00:00")
moments = st.integers(min_value=0, max_value=400 * 86400 * 10).map(lambda tenths: YEAR_START + tenths / 10)
amounts = st.integers(min_value=0, max_value=10**7)
sequences = st.lists(st.tuples(moments, amounts), max_size=40)


def rises(*rows: tuple[float, int]) -> list[int]:
    return [step.amount for step in steps(rows)]


def test_the_first_reading_ever_is_a_beginning_and_no_spending() -> None:
    assert rises((NOW, 500)) == []
    assert rises((NOW, 500), (NOW + 60, 580)) == [80]


def test_what_falls_and_rises_again_inside_a_month_counts_once() -> None:
    assert rises((NOW, 500), (NOW + 1, 400), (NOW + 2, 500), (NOW + 3, 510)) == [10]


def test_a_new_month_starts_at_zero() -> None:
    assert rises((at("2026-10-31T23:50"), 500), (at("2026-11-01T08:00"), 30), (at("2026-11-01T09:00"), 40)) == [30, 10]


def test_the_step_into_a_new_month_starts_with_the_month() -> None:
    [step] = steps([(at("2026-10-31T12:00"), 500), (at("2026-11-01T08:00"), 30)])
    assert step == Step(at("2026-11-01T00:00"), at("2026-11-01T08:00"), 30)


def test_a_counter_that_the_server_clears_late_is_not_counted_a_second_time() -> None:
    late = [
        (at("2026-10-31T23:50"), 500),
        (at("2026-11-01T00:05"), 500),
        (at("2026-11-01T00:10"), 20),
        (at("2026-11-01T01:00"), 35),
    ]
    assert rises(*late) == [20, 15]


def test_december_and_leap_years_end_where_they_end() -> None:
    assert month_end(at("2026-12-31T23:59:59")) == at("2027-01-01T00:00")
    assert month_end(at("2028-02-10T00:00")) == at("2028-03-01T00:00")
    assert month_start(at("2026-11-01T00:00")) == at("2026-11-01T00:00")


def test_a_step_across_an_edge_counts_in_proportion() -> None:
    step = Step(NOW, NOW + HOUR, 100)
    assert between([step], NOW + HOUR / 2, NOW + DAY) == 50
    assert between([step], NOW - DAY, NOW) == 0
    assert between([Step(NOW, NOW, 7)], NOW - 1, NOW) == 7


def test_a_currency_of_another_exponent_is_converted_and_another_currency_is_left_out() -> None:
    rows = [spent(5, NOW - 3, exponent=0), spent(480, NOW - 2, currency="EUR"), spent(510, NOW - 1)]
    unit, found = counter(rows, NOW)
    assert unit is not None
    assert (unit.currency, unit.exponent) == ("USD", 2)
    assert found == [(NOW - 3, 500), (NOW - 1, 510)]


def test_a_reading_from_the_future_is_not_counted() -> None:
    assert counter([spent(5, NOW + 1)], NOW) == (None, [])


@given(sequences)
def test_no_sequence_of_readings_counts_a_dollar_twice(rows: list[tuple[float, int]]) -> None:
    """In each month no more is counted than the counter showed in it, and never less than nothing."""
    found = steps(sorted(rows))
    assert all(step.amount > 0 and step.start <= step.end for step in found)
    for month in {month_start(moment) for moment, _ in rows}:
        shown = max(amount for moment, amount in rows if month_start(moment) == month)
        assert sum(step.amount for step in found if month_start(step.end) == month) <= shown


@given(sequences, st.lists(moments, min_size=2, max_size=6))
def test_intervals_that_do_not_overlap_share_no_dollar(rows: list[tuple[float, int]], cuts: list[float]) -> None:
    found, edges = steps(sorted(rows)), sorted(cuts)
    parts = [between(found, start, end) for start, end in pairwise(edges)]
    assert all(part >= 0 for part in parts)
    assert sum(parts) <= between(found, edges[0], edges[-1]) <= sum(step.amount for step in found)


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.integers(2, 60))
def test_the_sum_of_a_true_history_is_never_above_the_truth(seed: int, count: int) -> None:
    """Money is spent at random moments; sources answer late, twice, and with older sums; months come and go."""
    chance = random.Random(seed)
    purchases = sorted((YEAR_START + chance.uniform(0, 100 * DAY), chance.randint(1, 900)) for _ in range(count))

    def truth(moment: float) -> int:
        return sum(amount for when, amount in purchases if month_start(moment) <= when <= moment)

    readings: list[Reading] = []
    for _ in range(count):
        asked = YEAR_START + chance.uniform(0, 100 * DAY)
        answer_of = max(month_start(asked), asked - chance.choice([0, 0, 0, 3000]))
        readings.append(spent(truth(answer_of), asked))
    _, rows = counter(readings, YEAR_START + 200 * DAY)
    total = sum(step.amount for step in steps(rows))
    assert total <= sum(amount for when, amount in purchases if when <= rows[-1][0])
    assert datetime.fromtimestamp(rows[0][0], UTC).year == 2026


def test_a_counter_that_stays_where_last_month_left_it_has_spent_nothing() -> None:
    late = [(at("2026-10-31T23:50"), 500), (at("2026-11-01T00:05"), 500), (at("2026-11-01T00:10"), 500)]
    assert rises(*late) == []
    assert rises(*late, (at("2026-11-01T00:15"), 499)) == [499]
