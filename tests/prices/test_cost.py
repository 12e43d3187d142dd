"""Costs are what genai-prices says, to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from quotaline.errors import ConfigError
from quotaline.model import TokenUsage
from quotaline.prices import PriceBook
from quotaline.prices.table import ROWS

NOW = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
MODELS = sorted({row[0] for row in ROWS})
FAST = {row[0] for row in ROWS if row[2] == "fast"}
BOOK = PriceBook()
counts = st.integers(0, 150_000) | st.integers(0, 3)


@settings(max_examples=300, deadline=None)
@given(
    model=st.sampled_from(MODELS),
    counted=st.tuples(counts, counts, counts, counts, counts),
    searches=st.integers(0, 5),
    fast=st.booleans(),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 21), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_cost_is_what_genai_prices_says(
    model: str, counted: tuple[int, int, int, int, int], searches: int, fast: bool, at: datetime
) -> None:
    fast = fast and model in FAST
    plain, five, hour, read, output = counted
    usage = Usage(
        input_tokens=plain + five + hour + read,
        cache_write_tokens=five + hour,
        cache_write_1h_tokens=hour,
        cache_read_tokens=read,
        output_tokens=output,
    )
    theirs = calc_price(
        usage,
        model,
        provider_id="anthropic",
        genai_request_timestamp=at,
        price_context={"speed": "fast"} if fast else None,
    ).total_price
    tokens = TokenUsage(input=plain, cache_write_5m=five, cache_write_1h=hour, cache_read=read, output=output)
    ours = BOOK.cost(model, tokens, at=at.timestamp(), web_searches=searches, fast=fast)
    assert ours == theirs + Decimal(searches) / 100


def test_an_unknown_model_has_no_price() -> None:
    assert BOOK.cost("claude-opus-9", TokenUsage(input=1), at=NOW) is None


def test_fast_mode_without_a_known_price_has_no_price() -> None:
    assert BOOK.cost("claude-haiku-4-5", TokenUsage(input=1), at=NOW, fast=True) is None


def test_inference_in_the_us_costs_a_tenth_more_but_web_searches_do_not() -> None:
    cost = BOOK.cost("claude-opus-5-5", TokenUsage(input=1_000_000), at=NOW, us=True, web_searches=1000)
    assert Decimal("4.4") + Decimal(10) == cost


@pytest.mark.parametrize(("prompt", "dollars"), [(100_000, "0.01"), (100_001, "0.0500005")])
def test_a_long_prompt_prices_all_its_tokens(prompt: int, dollars: str) -> None:
    assert Decimal(dollars) == BOOK.cost("claude-haiku-5-5", TokenUsage(input=prompt), at=NOW)


def test_the_users_own_price_replaces_the_table() -> None:
    own = PriceBook(
        {"my-model": {"input": 2, "output": "10.5", "web_searches": 0}, "claude-opus-5-5[1m]": {"input": 1, "output": 0}}
    )
    million = TokenUsage(input=1_000_000, output=1_000_000, cache_write_1h=1_000_000)
    assert Decimal("16.5") == own.cost("my-model", million, at=NOW, web_searches=1000)
    assert Decimal(3) == own.cost("claude-opus-5-5-20260922", million, at=NOW)


@pytest.mark.parametrize(
    "prices", [{"input": 1}, {"input": 1, "output": -1}, {"input": 1, "output": 1, "inptu": 1}, {"input": "x", "output": 1}]
)
def test_a_price_that_cannot_be_followed_is_named(prices: dict[str, str | float]) -> None:
    with pytest.raises(ConfigError, match="my-model"):
        PriceBook({"my-model": prices})
