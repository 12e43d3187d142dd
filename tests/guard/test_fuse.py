"""How far a run has moved the extra usage: from its start, each dollar once, currencies and logins apart."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from quotaline.guard.fuse import fuse_check, moved
from quotaline.guard.verdict import verdict
from quotaline.model import ExtraUsage, Money, Reading
from usage_history import DAY, HOUR, MINUTE, NOW, at, spent, used

TWO = [200, 2]


def state(*readings: Reading, delta: list[int] = TWO, now: float = NOW) -> str:
    return str(fuse_check(readings, delta, now, HOUR)["state"])


def owned(reading: Reading, account: str) -> Reading:
    return msgspec.structs.replace(reading, account=account)


def test_what_was_spent_before_the_run_is_none_of_it() -> None:
    assert state(spent(5000, NOW - MINUTE)) == "room"
    assert moved([spent(5000, NOW - MINUTE)], NOW) == [Money(0)]


def test_more_than_the_limit_blows_and_the_limit_itself_does_not() -> None:
    start = spent(5000, NOW - MINUTE)
    assert state(start, spent(5200, NOW)) == "room"
    assert state(start, spent(5201, NOW)) == "over"
    assert state(start, spent(5201, NOW), delta=[2015, 3]) == "room"
    assert state(start, spent(5000, NOW), delta=[0, 0]) == "room"
    assert state(start, spent(5001, NOW), delta=[0, 0]) == "over"


def test_a_counter_that_falls_is_not_negative_and_what_rises_again_counts_once() -> None:
    readings = [spent(amount, NOW - 9 * MINUTE + i) for i, amount in enumerate((5000, 5150, 4000, 5150, 5190))]
    assert moved(readings, NOW) == [Money(190)]


def test_a_month_that_turns_counts_both_months() -> None:
    readings = [spent(5000, at("2026-11-30T23:50")), spent(5150, at("2026-11-30T23:59")), spent(60, at("2026-12-01T00:05"))]
    assert moved(readings, at("2026-12-01T00:05")) == [Money(210)]
    assert state(*readings, now=at("2026-12-01T00:05")) == "over"


def test_amounts_of_two_currencies_are_not_added() -> None:
    readings = [
        spent(100, NOW - 40), spent(250, NOW - 30),
        spent(100, NOW - 20, currency="EUR"), spent(250, NOW - 10, currency="EUR"),
    ]  # fmt: skip
    assert moved(readings, NOW) == [Money(150), Money(150, "EUR")]
    assert state(*readings) == "room"


def test_another_login_is_another_counter_and_a_reading_without_one_belongs_to_the_last() -> None:
    one = [spent(100, NOW - 50), owned(spent(150, NOW - 40), "a"), spent(200, NOW - 30)]
    other = [owned(spent(9000, NOW - 20), "b"), spent(9030, NOW - 10)]
    assert moved([*one, *other], NOW) == [Money(100), Money(30)]


def test_a_currency_without_decimals_rounds_the_limit_up() -> None:
    yen = [spent(100, NOW - 20, currency="JPY", exponent=0), spent(103, NOW - 10, currency="JPY", exponent=0)]
    assert state(*yen, delta=[25, 1]) == "over"
    assert fuse_check(yen, [25, 1], NOW, HOUR)["limit"] == [3, "JPY", 0]


def test_what_nobody_knows_is_unknown_and_what_is_off_cannot_move() -> None:
    assert state() == "unknown"
    assert state(spent(100, NOW - 2 * HOUR)) == "unknown"
    amountless = Reading(value=ExtraUsage(is_enabled=True), source="endpoint", as_of=NOW)
    assert state(amountless) == "unknown"
    off = Reading(value=ExtraUsage(is_enabled=False), source="endpoint", as_of=NOW)
    assert state(off) == "room"


def test_what_has_moved_stays_moved_when_the_last_reading_grows_old() -> None:
    assert state(spent(100, NOW - 2 * DAY), spent(900, NOW - 1 * DAY)) == "over"


def limits(**more: Any) -> dict[str, Any]:
    return {"windows": {}, "extra": None, "no_extra": False, "max_age": HOUR, "extra_delta": TWO, **more}


def test_alone_it_is_the_only_limit_and_beside_others_one_more() -> None:
    full = [used(100, NOW), spent(100, NOW)]
    assert verdict(full, limits(), NOW, extra=full[1:]).outcome == "room"
    assert verdict(full, limits(windows={"five_hour": 95.0}), NOW, extra=full[1:]).outcome == "no_room"
    assert verdict(full, limits(no_extra=True), NOW, extra=full[1:]).outcome == "no_room"
    blown = verdict(full, limits(), NOW, extra=[*full[1:], spent(301, NOW)])
    assert blown.message == "The extra usage of this run is at $2.01, the limit is $2.00."


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_within_a_month_it_is_never_less_than_the_end_above_the_start_nor_more_than_the_highest(amounts: list[int]) -> None:
    readings = [spent(amount, NOW - 1000 + i) for i, amount in enumerate(amounts)]
    (found,) = moved(readings, NOW)
    assert found.amount == max(amounts) - amounts[0]


@given(st.lists(st.tuples(st.sampled_from(["USD", "EUR", "JPY"]), st.sampled_from([None, "a", "b"]), st.integers(0, 999))))
def test_no_order_of_logins_and_currencies_makes_an_amount_of_what_never_rose(rows: list[tuple[str, str | None, int]]) -> None:
    for amount in moved([owned(spent(n, NOW - 500 + i, currency=c), a) if a else spent(n, NOW - 500 + i, currency=c)
                         for i, (c, a, n) in enumerate(rows)], NOW):  # fmt: skip
        assert 0 <= amount.amount <= max(n for c, _, n in rows if c == amount.currency)
