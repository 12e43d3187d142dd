from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from quotaline.forecast.extra_usage import Crossing, ExtraUsageRates, extra_usage_fields, extra_usage_rates
from quotaline.model import ExtraUsage, Money, Reading
from quotaline.snapshot.merge import merge
from quotaline.zone import midnight
from usage_history import DAY, HOUR, MINUTE, NOW, at, spent, used

UTC = ZoneInfo("UTC")


def at_now(history: list[Reading], now: float = NOW, zone: ZoneInfo = UTC) -> ExtraUsageRates:
    found = extra_usage_rates(merge(history, now), history, now, zone)
    assert found is not None
    return found


def fields(history: list[Reading], now: float = NOW) -> dict[str, object]:
    return {
        name: value
        for name, (value, _) in extra_usage_fields(
            extra_usage_rates(merge(history, now), history, now, UTC), now, UTC, HOUR
        ).items()
    }


def test_without_extra_usage_there_is_no_meter() -> None:
    assert extra_usage_rates([used(50, NOW)], [], NOW, UTC) is None
    assert extra_usage_fields(None, NOW, UTC, HOUR) == {}


def test_today_is_what_was_spent_since_midnight() -> None:
    found = at_now([spent(100, at("2026-11-20T23:50")), spent(100, at("2026-11-21T00:10")), spent(340, NOW - MINUTE)])
    assert found.today == Money(240)
    assert found.today_exact


def test_today_is_unknown_while_no_reading_lies_before_it() -> None:
    assert at_now([spent(100, NOW - 2 * HOUR), spent(340, NOW)]).today is None


def test_spending_between_two_readings_around_midnight_is_an_estimate() -> None:
    found = at_now([spent(100, at("2026-11-20T22:00")), spent(500, at("2026-11-21T02:00")), spent(500, NOW)])
    assert found.today == Money(200)
    assert not found.today_exact
    assert (
        fields([spent(100, at("2026-11-20T22:00")), spent(500, at("2026-11-21T02:00")), spent(500, NOW)])["extra.mark"] == "~"
    )


def test_a_day_of_25_hours_begins_at_its_own_midnight() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = at("2026-10-25T23:30+01:00")
    assert midnight(evening, berlin) == at("2026-10-25T00:00+02:00")
    assert midnight(evening, berlin, days=1) - midnight(evening, berlin) == 25 * HOUR
    rows = [spent(10, at("2026-10-24T23:59+02:00")), spent(10, at("2026-10-25T00:01+02:00")), spent(70, evening)]
    assert at_now(rows, evening, berlin).today == Money(60)


def test_a_day_of_23_hours_too() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    noon = at("2026-03-29T12:00+02:00")
    assert midnight(noon, berlin, days=1) - midnight(noon, berlin) == 23 * HOUR


def test_the_rate_is_the_last_hours_money() -> None:
    rows = [spent(0, NOW - 3 * HOUR), spent(500, NOW - HOUR), spent(620, NOW - 30 * MINUTE), spent(700, NOW)]
    assert at_now(rows).rate == Money(200)


def test_a_shorter_span_is_scaled_and_a_tiny_one_says_nothing() -> None:
    assert at_now([spent(0, NOW - 30 * MINUTE), spent(100, NOW)]).rate == Money(200)
    assert at_now([spent(0, NOW - 10 * MINUTE), spent(100, NOW)]).rate is None
    assert at_now([spent(0, NOW - 5 * HOUR), spent(100, NOW - 2 * HOUR)]).rate is None


def test_a_new_month_starts_the_meter_anew() -> None:
    now = at("2026-12-01T09:00")
    found = at_now([spent(9000, at("2026-11-30T23:55")), spent(120, now)], now)
    assert found.today == Money(120)


def test_a_raised_cap_is_no_spending() -> None:
    rows = [spent(1000, NOW - HOUR, limit=2000), spent(1000, NOW, limit=5000)]
    found = at_now(rows)
    assert found.rate == Money(0)
    assert "extra.rate" not in fields(rows)


def test_money_of_no_and_of_three_decimals_stays_exact() -> None:
    yen = [spent(0, NOW - HOUR, currency="JPY", exponent=0), spent(1240, NOW, currency="JPY", exponent=0)]
    assert at_now(yen).rate == Money(1240, "JPY", 0)
    dinar = [spent(1, NOW - HOUR, currency="KWD", exponent=3), spent(12345, NOW, currency="KWD", exponent=3)]
    assert at_now(dinar).rate == Money(12344, "KWD", 3)


def test_credits_that_end_hide_every_field() -> None:
    rows = [spent(0, NOW - DAY), spent(500, NOW - HOUR), spent(0, NOW, enabled=False, reason="out_of_credits")]
    found = at_now(rows)
    assert not found.can_move
    assert fields(rows) == {}


def test_credits_that_come_back_are_not_counted_again() -> None:
    off = spent(0, NOW - 30 * MINUTE, enabled=False, reason="out_of_credits")
    begin = [spent(0, at("2026-11-20T23:59")), spent(0, at("2026-11-21T00:01"))]
    assert at_now([*begin, spent(500, NOW - HOUR), off, spent(510, NOW)]).today == Money(510)


def test_the_crossing_counts_from_the_window_that_drew_the_money() -> None:
    crossed = NOW - 55 * MINUTE
    rows = [
        spent(500, NOW - 70 * MINUTE), used(98, NOW - 70 * MINUTE, name="Session (5h)"),
        spent(500, crossed), used(100, crossed, name="Session (5h)"),
        spent(580, NOW - MINUTE), used(100, NOW - MINUTE, name="Session (5h)"),
    ]  # fmt: skip
    crossing = at_now(rows).crossing
    assert crossing == Crossing(since=crossed, amount=Money(80), window="five_hour", name="Session (5h)", until=NOW + 2 * HOUR)
    assert fields(rows)["crossing.amount"] == Money(80)


def test_a_window_at_its_limit_without_money_is_no_crossing() -> None:
    assert at_now([spent(500, NOW - HOUR), used(100, NOW - HOUR), used(100, NOW), spent(500, NOW)]).crossing is None


def test_the_crossing_ends_with_the_windows_period() -> None:
    rows = [spent(500, NOW - HOUR), used(100, NOW - HOUR, resets_at=NOW), spent(580, NOW - MINUTE)]
    assert at_now(rows, NOW - 1).crossing is not None
    assert at_now(rows, NOW).crossing is None
    ready = extra_usage_fields(extra_usage_rates(merge(rows, NOW - 1), rows, NOW - 1, UTC), NOW - 1, UTC, HOUR)
    assert {until for name, (_, until) in ready.items() if name.startswith("crossing")} == {NOW}


def test_a_limit_of_an_earlier_period_is_not_this_crossing() -> None:
    rows = [
        spent(500, NOW - 6 * HOUR), used(100, NOW - 6 * HOUR, resets_at=NOW - 3 * HOUR), spent(700, NOW - 4 * HOUR),
        used(100, NOW - 30 * MINUTE), spent(710, NOW),
    ]  # fmt: skip
    crossing = at_now(rows).crossing
    assert crossing is not None
    assert crossing.amount == Money(10)


def test_money_that_moves_while_no_window_is_full_is_told_as_well() -> None:
    rows = [spent(500, NOW - 2 * HOUR), used(20, NOW), spent(500, NOW - 20 * MINUTE), spent(530, NOW - 10 * MINUTE)]
    crossing = at_now(rows).crossing
    assert crossing is not None
    assert (crossing.amount, crossing.window, crossing.since) == (Money(30), None, NOW - 20 * MINUTE)
    assert at_now(rows, NOW + HOUR).crossing is None


def test_without_any_window_every_request_costs_and_nothing_is_crossed() -> None:
    rows = [spent(500, NOW - 2 * HOUR), spent(500, NOW - 20 * MINUTE), spent(530, NOW - 10 * MINUTE)]
    assert at_now(rows).crossing is None
    assert at_now(rows).rate is not None


def test_money_that_was_seen_before_the_windows_last_percent_belongs_to_the_same_crossing() -> None:
    rows = [spent(500, NOW - 50 * MINUTE), spent(520, NOW - 20 * MINUTE), used(99.6, NOW - 21 * MINUTE)]
    early = at_now(rows).crossing
    late = at_now([*rows, used(100, NOW - 5 * MINUTE), spent(560, NOW)]).crossing
    assert early is not None
    assert late is not None
    assert early.since == late.since
    assert late.amount == Money(60)


readings = st.lists(
    st.one_of(
        st.builds(spent, st.integers(0, 10**6), st.floats(NOW - 60 * DAY, NOW), enabled=st.booleans()),
        st.builds(
            used, st.floats(0, 130), st.floats(NOW - 60 * DAY, NOW), resets_at=st.sampled_from([NOW - DAY, NOW + HOUR, None])
        ),
    ),
    max_size=30,
)


@given(readings)
def test_no_sequence_of_readings_makes_the_meter_negative_or_larger_than_the_counter(history: list[Reading]) -> None:
    found = extra_usage_rates(merge(history, NOW), history, NOW, UTC)
    if found is None:
        return
    top = max((r.value.used.amount for r in history if isinstance(r.value, ExtraUsage) and r.value.used), default=0)
    assert found.today is None or 0 <= found.today.amount <= top
    assert found.rate is None or found.rate.amount >= 0
    assert found.crossing is None or 0 < found.crossing.amount.amount <= 3 * top
    assert found.crossing is None or found.crossing.since <= NOW
