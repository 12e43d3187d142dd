from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.config.guard_limits import guard_limits
from quotaline.config.schema import Guard
from quotaline.core.limits import check_limits, explain_check, outcome, parse_duration, parse_percent
from quotaline.core.money import CURRENCIES, format_money, money_left, parse_amount
from quotaline.core.periods import month_end
from quotaline.guard.verdict import verdict
from quotaline.model import Money, Reading
from usage_history import DAY, HOUR, MINUTE, NOW, at, spent, used

AGE = 900.0


def limits(**more: Any) -> dict[str, Any]:
    return guard_limits(Guard(**{"max_age": "15m", **more}), HOUR)


def judged(readings: list[Reading], now: float = NOW, crossing: Money | None = None, **more: Any) -> str:
    return verdict(readings, limits(**more), now, crossing=crossing).outcome


def test_below_every_limit_there_is_room() -> None:
    found = verdict([used(42, NOW, name="Session (5h)")], limits(five_hour=80), NOW)
    assert (found.outcome, found.exit_code) == ("room", 0)
    assert found.message == "There is room: Session (5h) 42 % of 80 %."


def test_at_the_limit_there_is_none_and_one_sentence_says_which_how_far_and_until_when() -> None:
    found = verdict([used(83.7, NOW, name="Session (5h)", resets_at=NOW + 7980)], limits(five_hour=80), NOW)
    assert (found.outcome, found.exit_code, found.until) == ("no_room", 1, NOW + 7980)
    assert found.message == "Session (5h) is at 83 %, the limit is 80 %; it starts anew at 16:13, in 2h13m."
    assert judged([used(80, NOW)], five_hour=80) == "no_room"


def test_without_a_limit_every_window_counts_up_to_100() -> None:
    assert judged([used(99.9, NOW), used(50, NOW, key="seven_day")]) == "room"
    assert judged([used(20, NOW), used(100, NOW, key="seven_day_fable")]) == "no_room"
    assert judged([]) == "unknown"


@pytest.mark.parametrize("more", [{}, {"five_hour": 80}, {"max_extra": "5.00"}, {"no_extra": True}, {"windows": {"x": 9}}])
def test_before_anything_was_read_it_says_so_whatever_the_limits(more: dict[str, Any]) -> None:
    found = verdict([], limits(**more), NOW)
    assert found.message.startswith("Nothing has been read yet, so whether there is room cannot be told; ")
    assert 3 == found.exit_code


def test_of_a_window_that_nobody_knows_it_is_said_which_there_are() -> None:
    readings = [used(5, NOW), used(5, NOW, key="seven_day_fable")]
    message = verdict(readings, limits(windows={"five_hours": 80}), NOW).message
    assert message == "five_hours is unknown: it was not read; known are five_hour, seven_day, seven_day_fable."
    assert verdict(readings, limits(seven_day=80), NOW).message == "Weekly is unknown: it was not read."
    assert (
        verdict(readings, limits(windows={"seven_day_opus": 80}), NOW).message == "seven_day_opus is unknown: it was not read."
    )
    many = [used(5, NOW, key=f"new_{number}") for number in range(99)]
    assert verdict(many, limits(windows={"x": 80}), NOW).message.count(",") < 20


def test_of_several_passed_limits_the_one_that_ends_last_binds() -> None:
    readings = [used(90, NOW), used(95, NOW, key="seven_day", resets_at=NOW + 3 * DAY)]
    assert verdict(readings, limits(five_hour=80, seven_day=90), NOW).until == NOW + 3 * DAY


def test_a_model_window_has_its_own_limit() -> None:
    readings = [used(96, NOW, key="seven_day_fable")]
    assert judged(readings, windows={"seven_day_fable": 95}) == "no_room"
    assert judged(readings, windows={"seven_day_fable": 97}) == "room"
    assert judged(readings, windows={"seven_day_opus": 97}) == "unknown"


def test_what_is_too_old_or_absent_is_unknown_and_never_room() -> None:
    assert judged([used(10, NOW - AGE - 1)], five_hour=80) == "unknown"
    assert judged([used(10, NOW - AGE)], five_hour=80) == "room"
    assert judged([used(None, NOW)], five_hour=80) == "unknown"
    found = verdict([used(10, NOW - 2 * HOUR, name="Session (5h)")], limits(five_hour=80), NOW)
    assert (found.message, found.exit_code) == ("Session (5h) is unknown: it was read 2h ago.", 3)
    assert found.until is None, "a reset makes no old reading a new one"
    assert found.checks[0].until is not None


def test_an_old_reading_over_the_limit_is_still_over_it() -> None:
    """Inside its period a window only fills."""
    assert judged([used(85, NOW - 3 * HOUR)], five_hour=80) == "no_room"


def test_a_window_that_was_reset_a_moment_ago_is_empty_and_one_long_ago_unknown() -> None:
    assert judged([used(100, NOW - HOUR, resets_at=NOW)], five_hour=80) == "room"
    assert judged([used(100, NOW - HOUR, resets_at=NOW - AGE - 1)], five_hour=80) == "unknown"


def test_a_passed_limit_outweighs_an_unknown_one() -> None:
    assert judged([used(85, NOW)], five_hour=80, seven_day=90) == "no_room"


def test_money_counts_in_its_own_decimals() -> None:
    assert judged([spent(499, NOW)], max_extra="5.00") == "room"
    assert judged([spent(500, NOW)], max_extra=5.0) == "no_room"
    assert judged([spent(500, NOW)], max_extra=5) == "no_room"
    assert judged([spent(4999, NOW, currency="KWD", exponent=3)], max_extra="5.00") == "room"
    assert judged([spent(5000, NOW, currency="KWD", exponent=3)], max_extra="5.00") == "no_room"
    assert judged([spent(5, NOW, currency="JPY", exponent=0)], max_extra="5.50") == "room"
    assert judged([spent(6, NOW, currency="JPY", exponent=0)], max_extra="5.50") == "no_room"


def test_the_months_money_starts_anew_with_the_month() -> None:
    found = verdict([spent(520, NOW)], limits(max_extra="5.00"), NOW)
    assert found.until == at("2026-12-01T00:00")
    assert found.message == "Extra usage is at $5.20, the limit is $5.00; it starts anew at 01 Dec 00:00, in 9d10h."
    last = at("2026-11-30T23:59")
    assert judged([spent(520, last)], last + 2 * MINUTE, max_extra="5.00") == "room"
    assert judged([spent(520, last)], last + HOUR, max_extra="5.00") == "unknown"


def test_money_that_cannot_move_is_no_reason_and_money_that_nobody_read_is_unknown() -> None:
    assert judged([spent(900, NOW, enabled=False)], max_extra="5.00") == "room"
    assert judged([used(5, NOW)], max_extra="5.00") == "unknown"


def test_no_extra_stops_where_the_next_request_would_cost_money() -> None:
    assert judged([used(99, NOW), spent(900, NOW)], no_extra=True) == "room"
    assert judged([used(100, NOW), spent(900, NOW)], no_extra=True) == "no_room"
    assert judged([used(20, NOW), spent(900, NOW)], crossing=Money(30), no_extra=True) == "no_room"
    drawn = verdict([used(100, NOW), spent(900, NOW)], limits(no_extra=True), NOW, crossing=Money(30))
    assert drawn.until == NOW + 2 * HOUR, "the full window draws it, and its reset ends it"
    assert judged([spent(900, NOW)], no_extra=True) == "no_room"
    assert judged([spent(900, NOW, enabled=False)], no_extra=True) == "unknown"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", None),
        ("15", None),
        ("m", None),
        ("", None),
        ("90s", 90),
        ("15m", 900),
        ("2h", 7200),
        ("1d", 86400),
        ("1.5h", 5400),
        ("x", None),
        ("-1m", None),
        ("30d", 30 * 86400),
        ("30.1d", None),
        ("1e400d", None),
        ("9999999999h", None),
    ],
)
def test_times_are_written_as_people_write_them(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "amount"),
    [("5", [5, 0]), ("5.00", [500, 2]), ("$5", [5, 0]), ("0.5", [5, 1]), ("5.", None), ("-5", None), ("٥", None)],
)
def test_amounts_are_exact(text: str, amount: list[int] | None) -> None:
    assert parse_amount(text) == amount


def test_percents_may_carry_their_sign() -> None:
    assert [parse_percent(text) for text in ("80", "80%", " 80 % ", "-1", "abc", "1001")] == [80, 80, 80, None, None, None]


@given(st.floats(0, 4e9))
def test_the_months_end_is_the_same_on_both_paths(moment: float) -> None:
    assert month_end(moment) == month_end(moment)


levels = st.lists(
    st.builds(used, st.floats(0, 150), st.floats(NOW - DAY, NOW), resets_at=st.floats(NOW - DAY, NOW + DAY)), max_size=1
)


@given(levels, st.floats(1, 100), st.floats(0, HOUR))
def test_a_stricter_limit_never_makes_room(readings: list[Reading], limit: float, later: float) -> None:
    order = ["room", "unknown", "no_room"]
    loose, strict = (judged(readings, NOW + later, five_hour=value) for value in (limit, limit / 2))
    assert order.index(loose) <= order.index(strict)


@pytest.mark.parametrize(
    ("used", "limit", "balance", "left"),
    [
        ([1500, "USD", 2], [10000, "USD", 2], [620, "USD", 2], [620, "USD", 2]),
        ([1500, "USD", 2], [10000, "USD", 2], [99999, "USD", 2], [8500, "USD", 2]),
        ([1500, "USD", 2], [10000, "USD", 2], None, [8500, "USD", 2]),
        ([1500, "USD", 2], None, [620, "USD", 2], [620, "USD", 2]),
        ([1500, "USD", 2], None, None, None),
        ([6120, "USD", 2], [4000, "USD", 2], [-310, "USD", 2], [0, "USD", 2]),
        ([1500, "USD", 2], [10000, "USD", 2], [-310, "USD", 2], [0, "USD", 2]),
        ([1500, "USD", 2], [10000, "USD", 2], [5, "EUR", 2], [8500, "USD", 2]),
        ([1500, "USD", 2], [10000, "USD", 2], [6205, "USD", 3], [6205, "USD", 3]),
        ([15, "USD", 0], [10000, "USD", 2], None, [8500, "USD", 2]),
        ([15, "JPY", 0], [10000, "USD", 2], None, None),
    ],
)
def test_what_is_left_is_the_less_of_cap_and_balance_and_never_below_zero(
    used: list[object], limit: list[object] | None, balance: list[object] | None, left: list[object] | None
) -> None:
    assert left == money_left(used, limit, balance)


@given(st.integers(0, 10**12), st.sampled_from([*CURRENCIES, "CHF", "KWD", "XYZ"]), st.integers(0, 4))
def test_every_amount_that_is_printed_is_understood(amount: int, currency: str, exponent: int) -> None:
    text = format_money([amount, currency, exponent])
    assert text is not None
    assert [amount, exponent] == parse_amount(text)
    ascii_symbol = CURRENCIES.get(currency, ("", ""))[1]
    assert [amount, exponent] == parse_amount(
        text.replace(CURRENCIES.get(currency, ("",))[0] or currency, ascii_symbol or currency)
    )


@pytest.mark.parametrize("text", ["CHF", "5 5", "CHF 5 CHF", "5 C4F", "$ 5 USD", "x", "5 CHF 3"])
def test_what_is_no_amount_is_none_with_a_code_too(text: str) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize("key", ["wattle_ember", "cinder_cove", "promo_credit_p_nov"])
def test_a_credit_that_is_used_up_stops_nobody_who_did_not_ask(key: str) -> None:
    credit = {
        "value": {"type": "window", "id": key, "name": "Credit", "utilization": 100.0, "resets_at": NOW + 60},
        "as_of": NOW,
    }
    room = {"value": {"type": "window", "id": "five_hour", "utilization": 10.0, "resets_at": NOW + 60}, "as_of": NOW}
    assert outcome(check_limits([credit, room], {}, NOW)) == "room"
    asked = check_limits([credit, room], {"windows": {key: 80}}, NOW)
    assert outcome(asked) == "no_room"
    assert "it expires at" in explain_check(asked[0], NOW)
