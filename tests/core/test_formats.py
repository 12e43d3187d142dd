"""A value as text, on both sides of each edge, in zones on both sides of Greenwich."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.core.formats import format_bar, format_clock, format_left, format_percent, format_tokens, format_value
from quotaline.core.money import currency_exponent, format_money, money_left, money_share, parse_amount
from samples import NOW

DAY, HOUR, MINUTE = 86400, 3600, 60


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<1m"), (0, "<1m"), (59, "<1m"), (59.99, "<1m"), (60, "1m"), (61, "1m"), (119, "1m"), (120, "2m"),
        (HOUR - 1, "59m"), (HOUR, "1h"), (HOUR + 59, "1h"), (HOUR + 60, "1h1m"), (2 * HOUR - 1, "1h59m"),
        (2 * HOUR, "2h"), (DAY - 1, "23h59m"),
        (DAY, "1d"), (DAY + HOUR - 1, "1d"), (DAY + HOUR, "1d1h"), (2 * DAY - 1, "1d23h"), (2 * DAY, "2d"), (400 * DAY, "400d"),
    ],
)  # fmt: skip
def test_a_span_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert format_left(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"), (0.9, "0"), (999, "999"), (999.9, "999"), (1000, "1k"), (1999, "1k"), (9999, "9k"), (999_999, "999k"),
        (1_000_000, "1.0M"), (1_260_000, "1.3M"), (9_999_999, "10.0M"), (10_000_000, "10M"), (999_999_999, "999M"),
        (1_000_000_000, "1.0G"), (9_940_000_000, "9.9G"), (10_000_000_000, "10G"), (12_345_678_901_234, "12345G"),
    ],
)  # fmt: skip
def test_a_count_is_told_in_three_digits_or_so(count: float, text: str) -> None:
    assert format_tokens(count) == text


@pytest.mark.parametrize(
    ("percent", "cells", "filled"),
    [
        (-1, 10, 0), (0, 10, 0), (0.01, 10, 1), (4.9, 10, 1), (14.9, 10, 1), (15, 10, 2), (50, 10, 5), (94.9, 10, 9),
        (95, 10, 9),
        (99.99, 10, 9), (100, 10, 10), (250, 10, 10), (50, 1, 1), (100, 1, 1), (12.5, 4, 1), (37.5, 4, 2), (1, 200, 2),
        (0, 200, 0), (0.9, 200, 2), (0.2, 200, 1), (-9, 200, 0),
    ],
)  # fmt: skip
def test_a_bar_is_full_at_100_only_and_empty_at_0_only(percent: float, cells: int, filled: int) -> None:
    assert format_bar(percent, cells, {}) == "█" * filled + "░" * (cells - filled)
    assert format_bar(percent, cells, {"bar": ["#", "-"]}) == "#" * filled + "-" * (cells - filled)


@pytest.mark.parametrize(("value", "text"), [(0, "0%"), (0.99, "0%"), (42.99, "42%"), (99.999, "99%"), (104.2, "104%")])
def test_a_percentage_is_cut(value: float, text: str) -> None:
    assert format_percent(value) == text


@pytest.mark.parametrize("zone_name", ["Pacific/Auckland", "America/Caracas", "Asia/Kathmandu", "UTC"])
def test_a_clock_says_the_day_when_it_is_another_and_the_date_from_a_week_on(
    zone: Callable[[str], None], zone_name: str
) -> None:
    zone(zone_name)
    now = datetime(2026, 11, 21, 12, 30, tzinfo=ZoneInfo(zone_name))
    midnight = now.replace(hour=0, minute=0)
    for moment, text in (
        (midnight, "00:00"), (midnight - timedelta(minutes=1), "Fri 23:59"),
        (midnight + timedelta(hours=23, minutes=59), "23:59"), (midnight + timedelta(days=1), "Sun 00:00"),
        (now + timedelta(days=7, seconds=-1), "Sat 12:29"),
        (now + timedelta(days=7), "28 Nov 12:30"), (now - timedelta(days=7, seconds=-1), "Sat 12:30"),
        (now - timedelta(days=7), "14 Nov 12:30"), (now.replace(year=2025), "21 Nov 12:30"),
    ):  # fmt: skip
        assert format_clock(moment.timestamp(), now.timestamp()) == text


def test_twelve_hours_have_noon_and_midnight_and_the_hour_that_comes_twice(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 15, 0, tzinfo=berlin)
    for hour, minute, text in (
        (0, 0, "12:00 AM"), (0, 59, "12:59 AM"), (1, 5, "1:05 AM"), (11, 59, "11:59 AM"), (12, 0, "12:00 PM"),
        (12, 59, "12:59 PM"), (13, 0, "1:00 PM"), (23, 59, "11:59 PM"),
    ):  # fmt: skip
        moment = now.replace(hour=hour, minute=minute).timestamp()
        assert format_clock(moment, now.timestamp(), "12h") == text
        assert format_value(moment, "clock", {"now": now.timestamp(), "clock": "12h"}) == text
    for when, text in (
        (now + timedelta(days=1), "Mon 3:00 PM"), (now + timedelta(days=8), "02 Nov 3:00 PM"),
        (now.replace(hour=2, minute=30, fold=0), "2:30 AM"), (now.replace(hour=2, minute=30, fold=1), "2:30 AM"),
        (datetime(2026, 10, 25, 1, 59, tzinfo=berlin), "1:59 AM"),
    ):  # fmt: skip
        assert format_clock(when.timestamp(), now.timestamp(), "12h") == text
    spring = datetime(2026, 3, 29, 1, 59, tzinfo=berlin).timestamp()
    assert [format_clock(spring + seconds, spring, "12h") for seconds in (0, 60)] == ["1:59 AM", "3:00 AM"]


@pytest.mark.parametrize(
    ("value", "spec", "style", "text"),
    [
        ([1240, "USD", 2], "money", {}, "$12.40"),
        ("x", "money", {}, None),
        (42.9, "pct", {}, "42%"),
        ("42.9", "pct", {}, "42%"),
        (None, "pct", {}, None),
        (True, "pct", {}, None),
        (0, "pace", {}, "⇡0%"), (12.9, "pace", {}, "⇡12%"), (-0.9, "pace", {}, "⇡0%"), (-1, "pace", {}, "⇣1%"),
        (-8.2, "pace", {}, "⇣8%"),
        (-8.2, "pace", {"pace": ["+", "-"]}, "-8%"), (8.2, "pace", {"pace": ["+", "-"]}, "+8%"),
        (7980, "left", {}, "2h13m"),
        (420_000, "tokens", {}, "420k"),
        (NOW, "clock", {"now": NOW}, "07:00"), (3600.0, "clock", {}, "01:00"), (90_000.0, "clock", {}, "Fri 01:00"),
        (50, "bar", {}, "█████░░░░░"), (50, "bar4", {}, "██░░"),
        (3.14159, ".2f", {}, "3.14"),
        ("feature/long-name", "", {}, "feature/long-name"),
        ("feature/long-name", ".17", {}, "feature/long-name"), ("feature/long-name", ".16", {}, "feature/long-na…"),
        ("abc", ".1", {}, "…"), ("abc", ".2", {"ellipsis": ".."}, ".."), ("abc", ".1", {"ellipsis": ".."}, ".."),
        ("abc", ".0", {}, "abc"),
        (3.0, "", {}, "3"), (2.5, "", {}, "2.5"), (7, "", {}, "7"), (None, "", {}, "None"), ("a\x1b[1mb", "", {}, "a[1mb"),
    ],
)  # fmt: skip
def test_a_value_is_told_by_its_spec(value: object, spec: str, style: dict[str, Any], text: str | None) -> None:
    assert format_value(value, spec, style) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([0, "USD", 2], "$0.00"), ([5, "USD", 2], "$0.05"), ([-5, "USD", 2], "-$0.05"), ([-1240, "EUR", 2], "-€12.40"),
        ([1200, "JPY", 0], "¥1200"), ([1250, "KWD", 3], "1.250 KWD"), ([1, "BRL", 2], "R$0.01"), ([99, "CAD", 1], "CA$9.9"),
        ([5, "X\x1bY", 0], "5 XY"), (12.4, "$12.40"), (-0.05, "-$0.05"), (0, "$0.00"), ("3", "$3.00"), (None, None),
        (True, None),
        (12.405, "$12.40"), (12.406, "$12.41"),
    ],
)  # fmt: skip
def test_money_is_told_to_its_minor_unit(value: object, text: str | None) -> None:
    assert format_money(value) == text


@pytest.mark.parametrize(
    ("currency", "places"), [("JPY", 0), ("KWD", 3), ("USD", 2), ("EUR", 2), ("CREDITS", 2), ("XPF", 0), ("TND", 3)]
)
def test_a_currency_has_its_decimals(currency: str, places: int) -> None:
    assert currency_exponent(currency) == places


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5", [5, 0]), (" 5.00 ", [500, 2]), ("$5", [5, 0]), ("R$5.5", [55, 1]), ("CA$ 5", None), ("5 CHF", [5, 0]),
        ("EUR 5", [5, 0]),
        ("EUR  5", [5, 0]), ("5  EUR", [5, 0]), ("1.250 KWD", [1250, 3]), (".5", [5, 1]), ("5.", None), (".", None), ("", None),
        ("$", None), ("-5", None), ("5,00", None), ("5.0000001", None), ("5.000001", [5_000_001, 6]), ("٣", None),
        ("5 E1", None),
        ("é 5", None), ("EUR", None), ("$5 USD", None), ("5 EUR USD", None), ("1 000", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_exactly_or_not_at_all(text: str, amount: list[int] | None) -> None:
    assert parse_amount(text) == amount


MONEY = st.builds(lambda n, c, e: [n, c, e], st.integers(-(10**6), 10**6), st.sampled_from(["USD", "EUR"]), st.integers(0, 3))


@pytest.mark.parametrize(
    ("used", "limit", "balance", "left"),
    [
        (None, None, None, None),
        ([1240, "USD", 2], None, None, None),
        (None, [5000, "USD", 2], None, None),
        (None, None, [700, "USD", 2], [700, "USD", 2]),
        ([1240, "USD", 2], [5000, "USD", 2], None, [3760, "USD", 2]),
        ([5001, "USD", 2], [5000, "USD", 2], None, [0, "USD", 2]),
        ([5, "USD", 0], [5050, "USD", 2], None, [4550, "USD", 2]),
        ([505, "USD", 1], [51, "USD", 0], None, [5, "USD", 1]),
        ([1240, "USD", 2], [5000, "USD", 2], [3759, "USD", 2], [3759, "USD", 2]),
        ([1240, "USD", 2], [5000, "USD", 2], [3761, "USD", 2], [3760, "USD", 2]),
        ([1240, "USD", 2], [5000, "USD", 2], [37, "USD", 0], [3700, "USD", 2]),
        ([1240, "USD", 2], [5000, "USD", 2], [-1, "USD", 2], [0, "USD", 2]),
        ([1240, "USD", 2], [5000, "EUR", 2], None, None),
        ([1240, "USD", 2], [5000, "EUR", 2], [7, "EUR", 2], None),
        ([1240, "USD", 2], [5000, "EUR", 2], [7, "USD", 2], [7, "USD", 2]),
        (None, [5000, "EUR", 2], [7, "EUR", 2], [7, "EUR", 2]),
    ],
)
def test_what_can_still_be_spent_is_the_less_of_cap_and_balance(used: Any, limit: Any, balance: Any, left: Any) -> None:
    assert money_left(used, limit, balance) == left


@given(MONEY, MONEY)
def test_what_is_left_and_the_share_that_is_used_agree(used: list[Any], limit: list[Any]) -> None:
    left, share = money_left(used, limit), money_share(used, limit)
    assert (left is None) == (used[1] != limit[1])
    if share is not None and left is not None:
        assert (left[0] > 0) == (share < 100)
