"""Single values of a report: each counter by its own name, exact amounts, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from quotaline.ledger.run_totals import Counters, ModelTotal
from quotaline.organisation import values
from quotaline.sources.fields import BadFieldError

if TYPE_CHECKING:
    from collections.abc import Callable

TOLD = {
    "uncached_input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 5, "requests": 7,
    "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4},
    "server_tool_use": {"web_search_requests": 6},
}  # fmt: skip
NAMES = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "web_searches", "requests")


def test_each_counter_is_of_its_own_name() -> None:
    assert values.read_tokens(TOLD) == dict(zip(NAMES, range(1, 8), strict=True))
    assert values.read_tokens({}) == {name: None if name == "requests" else 0 for name in NAMES}


def test_money_is_exact_and_of_a_currency() -> None:
    told = {"amount": "12.345", "list_amount": 20, "currency": "eur", "requests": 2.0}
    assert values.read_money(told) == {"cents": Decimal("12.345"), "list_cents": Decimal(20), "currency": "EUR", "requests": 2}
    assert values.read_money({"amount": 0.1}) == {
        "cents": Decimal("0.1"), "list_cents": None, "currency": "USD", "requests": None,
    }  # fmt: skip
    for currency in ("EU", "EURO", "E1R", "€€€", 5):
        with pytest.raises(BadFieldError, match=r"^a currency that is none$"):
            values.read_money({"amount": 1, "currency": currency})
    with pytest.raises(BadFieldError, match=r"^a cost without an amount$"):
        values.read_money({"currency": "USD"})


@pytest.mark.parametrize(
    ("read", "value", "found"),
    [
        (values.read_count, 0, 0), (values.read_count, 2**53 - 1, 2**53 - 1), (values.read_count, 3.0, 3),
        (values.read_count, None, None), (values.read_cents, None, None), (values.read_cents, " -1.50 ", Decimal("-1.50")),
        (values.read_name, None, None), (values.read_name, "", None), (values.read_name, "n" * 201, "n" * 200),
        (values.read_name, "a\ud800", "a?"),
    ],
)  # fmt: skip
def test_a_value_is_read(read: Callable[[Any], Any], value: Any, found: Any) -> None:
    assert (read(value), type(read(value))) == (found, type(found))


NO_COUNTS: tuple[Any, ...] = (-1, 2**53, 1.5, True, "1", [])
NO_AMOUNTS: tuple[Any, ...] = ("NaN", "Infinity", float("inf"), 1e30)


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        *[(values.read_count, wrong, "a count that is none") for wrong in NO_COUNTS],
        (values.read_cents, True, "an amount that is none"), (values.read_cents, [], "an amount that is none"),
        *[(values.read_cents, wrong, "an amount beyond exact counting") for wrong in NO_AMOUNTS],
        (values.read_name, 5, "a name that is no text"), (values.read_name, [], "a name that is no text"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(read: Callable[[Any], Any], value: Any, says: str) -> None:
    with pytest.raises(BadFieldError, match=f"^{says}$"):
        read(value)


def test_counters_begin_at_nothing_and_add_up_one_by_one() -> None:
    ones, most = Counters(1, 2, 3, 4, 5, 6), Counters(10, 1, 30, 4, 50, 60)
    assert Counters().columns() == (0, 0, 0, 0, 0, 0)
    assert (ones + most).columns() == (11, 3, 33, 8, 55, 66)
    assert (most - ones).columns() == (9, 0, 27, 0, 45, 54)
    assert ones.kinds() == (1, 2, 7, 5)
    assert not ModelTotal(Counters())
    assert all((ModelTotal(ones), ModelTotal(Counters(), Decimal(1)), ModelTotal(Counters(web_searches=1))))
    assert (ModelTotal(ones, Decimal(1)) + ModelTotal(most, Decimal("0.5"))).cost == Decimal("1.5")
    assert (ModelTotal(ones, Decimal(1)) + ModelTotal(most)).cost is None
