"""Shares of a step by list price: nothing is lost, nothing is added, nobody who used something is passed over for ever."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from quotaline.forecast.shares import GRAIN, apportion, round_shares, step_shares
from quotaline.ledger.usage import UsagePart
from quotaline.model import TokenUsage

amounts = st.integers(min_value=0, max_value=10**9)
weights = st.dictionaries(st.text(max_size=2), st.integers(min_value=0, max_value=10**15), min_size=1).filter(
    lambda found: any(found.values())
)


def part(**counted: int) -> UsagePart:
    return UsagePart(0, "claude-opus-5-5", 0, 0, 1, TokenUsage(**counted), 0)


@given(amounts, weights)
def test_parts_add_up_and_none_is_a_whole_unit_off(amount: int, found: dict[str, int]) -> None:
    parts = apportion(amount, found)
    total = sum(found.values())
    assert amount == sum(parts.values())
    assert all(abs(parts[key] * total - amount * found[key]) < total for key in found)


def test_what_is_left_over_goes_to_the_largest_remainder() -> None:
    assert {"a": 2, "b": 1, "c": 0} == apportion(3, {"a": 50, "b": 40, "c": 10})
    assert {"a": 1, "b": 0} == apportion(1, {"b": 1, "a": 1}), "equal ones in the order of their names"


def test_many_small_steps_are_shared_as_one_large_one() -> None:
    """A cent at a time would always be the dearer one's."""
    used = [("a", part(input=6), Decimal(6)), ("b", part(input=4), Decimal(4))]
    sums = {"a": 0, "b": 0}
    for _ in range(100):
        for key, share in step_shares(1, used).items():
            sums[key] += share
    assert {"a": 60, "b": 40} == round_shares(sums)


def test_what_has_no_price_is_as_dear_as_what_was_used_beside_it() -> None:
    used = [("a", part(input=30), Decimal(3)), ("b", part(output=2), None)]
    assert {"a": 3 * GRAIN, "b": GRAIN} == step_shares(4, used)
    alone = [("a", part(input=30), None), ("b", part(output=2), None)]
    assert {"a": 3 * GRAIN, "b": GRAIN} == step_shares(4, alone)


def test_what_is_free_is_shared_by_its_tokens_and_nothing_by_nobody() -> None:
    assert {"a": 3 * GRAIN, "b": GRAIN} == step_shares(
        4, [("a", part(input=30), Decimal(0)), ("b", part(cache_read=100), Decimal(0))]
    )
    assert {} == step_shares(4, [])
    assert {} == step_shares(4, [("a", part(), Decimal(0))])


def test_nothing_is_rounded_to_nothing() -> None:
    assert {"a": 0, "b": 0} == round_shares({"a": 0, "b": 0})
