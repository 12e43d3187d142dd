"""Money's arithmetic against `Decimal`: exact, half a cent up, and both sides of what is refused."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quotaline.core.money import MOST_DECIMALS, MOST_MINOR_UNITS, dollars_to_cents, money_share, parse_amount, to_minor_units

EXACT = Context(prec=80)
CENT = Decimal("0.01")
DOLLARS = st.floats(-1e13, 1e13) | st.integers(-(10**13), 10**13) | st.decimals(-(10**6), 10**6, places=3).map(float)


@given(DOLLARS)
@example(0.285)
@example(1.005)
@example(-0.005)
@example(0.005)
@example(0.0049999)
@example(1e-7)
@example(5e-324)
@example(-0.0)
@example(1e13)
def test_dollars_become_the_cents_that_decimal_gives(value: float) -> None:
    """As the number is written: 0.285 is 29 cents, though no float is exactly that."""
    exact = Decimal(repr(value)).quantize(CENT, ROUND_HALF_UP, EXACT)
    assert dollars_to_cents(value) == int(exact.scaleb(2, EXACT))
    assert dollars_to_cents(repr(value)) == dollars_to_cents(value)


@pytest.mark.parametrize(
    ("value", "cents"),
    [
        (MOST_MINOR_UNITS / 100, MOST_MINOR_UNITS), (-MOST_MINOR_UNITS / 100, -MOST_MINOR_UNITS),
        (MOST_MINOR_UNITS / 100 + 0.01, None), (-MOST_MINOR_UNITS / 100 - 0.01, None),
        (float("inf"), None), (float("nan"), None), (True, None), ("x", None), (None, None), ([1], None),
    ],
)  # fmt: skip
def test_an_amount_beyond_exact_counting_is_none(value: object, cents: int | None) -> None:
    assert cents == dollars_to_cents(value)


AMOUNTS = st.integers(-(10**15), 10**15)
EXPONENTS = st.integers(0, MOST_DECIMALS)


@given(AMOUNTS, EXPONENTS, st.integers(1, 10**15), EXPONENTS)
@example(5000, 2, 50, 0)
@example(1, 0, 3, 0)
def test_a_share_is_the_one_that_decimal_gives(used: int, used_exponent: int, limit: int, limit_exponent: int) -> None:
    whole = [Decimal(amount).scaleb(-exponent, EXACT) for amount, exponent in ((used, used_exponent), (limit, limit_exponent))]
    expected = float(EXACT.divide(EXACT.multiply(whole[0], Decimal(100)), whole[1]))
    assert money_share([used, "USD", used_exponent], [limit, "USD", limit_exponent]) == expected


@pytest.mark.parametrize(
    ("used", "limit"),
    [
        (None, [1, "USD", 2]), ([1, "USD", 2], None), ([1, "USD", 2], [0, "USD", 2]), ([1, "USD", 2], [-1, "USD", 2]),
        ([1, "USD", 2], [1, "EUR", 2]),
    ],
)  # fmt: skip
def test_no_share_of_nothing_or_of_other_money(used: list[object] | None, limit: list[object] | None) -> None:
    assert money_share(used, limit) is None


@given(st.decimals(0, 10**9, places=MOST_DECIMALS), EXPONENTS, EXPONENTS)
def test_a_written_amount_is_exact_and_the_next_unit_above_where_a_currency_has_fewer_decimals(
    amount: Decimal, written: int, exponent: int
) -> None:
    amount = amount.quantize(Decimal(1).scaleb(-written), context=EXACT)
    parsed = parse_amount(f"{amount:f}")
    assert parsed == [int(amount.scaleb(written, EXACT)), written]
    units = amount.quantize(Decimal(1).scaleb(-exponent), ROUND_CEILING, EXACT)
    assert to_minor_units(parsed, exponent) == int(units.scaleb(exponent, EXACT))
