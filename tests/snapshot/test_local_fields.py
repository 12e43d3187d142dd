"""Local totals as fields for segments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from quotaline.model import LocalTotals, LocalUsage, Money, TokenUsage
from quotaline.snapshot.local_fields import local_fields

NOON, MIDNIGHT = 1_795_176_000.0, 1_795_219_200.0
EMPTY = LocalUsage(starts_at=0, ends_at=MIDNIGHT)


def used(cost: str, *unpriced: str) -> LocalUsage:
    tokens = TokenUsage(input=1000)
    return LocalUsage(starts_at=0, ends_at=MIDNIGHT, tokens=tokens, cost_usd=Decimal(cost), unpriced_models=unpriced)


def fields(today: LocalUsage) -> dict[str, Any]:
    return local_fields(LocalTotals(five_hour=None, seven_day=EMPTY, today=today), NOON)


def test_a_price_is_an_estimate_to_the_cent_and_ends_with_its_day() -> None:
    assert fields(used("3.105")) == {
        "today.tokens": (1000, MIDNIGHT),
        "today.cost": (Money(310), MIDNIGHT),
        "today.mark": ("~", MIDNIGHT),
    }


def test_a_sum_without_the_price_of_a_model_is_at_least_that() -> None:
    assert fields(used("3.10", "my-model"))["today.mark"] == ("≥", MIDNIGHT)


def test_without_any_price_there_is_no_cost() -> None:
    assert fields(used("0", "my-model")) == {"today.tokens": (1000, MIDNIGHT)}


def test_a_span_without_a_token_has_no_fields() -> None:
    assert fields(EMPTY) == {}
