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
from quotaline.prices import PriceBook, supplement
from quotaline.prices.table import ROWS

NOW = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
LACKING = {row[0] for row in supplement.ROWS}
MODELS = sorted({row[0] for row in ROWS} - LACKING)
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


def day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# model, day, fast, prompt, then dollars for a million of input, of 1-hour writes, of cache reads, of output
PUBLISHED = [
    ("claude-mythos-5", "2026-11-01", False, 1, "10", "20", "1", "50"),
    ("claude-mythos-5-1", "2026-11-01", False, 1, "10", "20", "0.25", "50"),
    ("claude-opus-4-6", "2026-03-20", True, 900_000, "30", "60", "3", "150"),
    ("claude-opus-4-6", "2026-03-12", True, 200_001, "60", "120", "6", "225"),
    ("claude-opus-4-7", "2026-06-20", True, 900_000, "30", "60", "3", "150"),
    ("claude-sonnet-4", "2025-11-10", False, 200_000, "3", "6", "0.3", "15"),
    ("claude-sonnet-4", "2025-11-10", False, 200_001, "6", "12", "0.6", "22.5"),
    ("claude-sonnet-5-5", "2026-10-06", False, 1, "2", "4", "0.2", "10"),
    ("claude-sonnet-5-5", "2026-10-07", False, 1, "2", "4", "0.1", "10"),
]


@pytest.mark.parametrize(("model", "when", "fast", "prompt", "plain", "hour", "read", "output"), PUBLISHED)
def test_what_genai_prices_lacks_costs_what_was_published(
    model: str, when: str, *, fast: bool, prompt: int, plain: str, hour: str, read: str, output: str
) -> None:
    million = 1_000_000
    parts = {
        plain: TokenUsage(input=million),
        hour: TokenUsage(cache_write_1h=million),
        read: TokenUsage(cache_read=million),
        output: TokenUsage(output=million),
    }
    costs = {BOOK.cost(model, tokens, at=day(when), prompt=prompt, fast=fast) for tokens in parts.values()}
    assert {Decimal(dollars) for dollars in parts} == costs


PLACES = [
    ("global.anthropic.claude-opus-4-8", "5"),
    ("eu.anthropic.claude-opus-4-8", "5.5"),
    ("apac.anthropic.claude-opus-4-8-v1:0[1m]", "5.5"),
    ("anthropic.claude-sonnet-4-6", "3.3"),
    ("bedrock/anthropic.claude-sonnet-4-6", "3.3"),
    ("bedrock/us-gov-west-1/anthropic.claude-sonnet-4-5-20250929-v1:0", "3.6"),
    ("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.6"),
    ("arn:aws:bedrock:us-east-1:1:inference-profile/global.anthropic.claude-opus-4-8", "5"),
    ("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-8", "5.5"),
    ("arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-opus-4-8", "5.5"),
    ("arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/us-gov.anthropic.claude-sonnet-4-5-v1:0", "3.6"),
    ("us.anthropic.claude-sonnet-4-20250514-v1:0", "3"),
    ("us.anthropic.claude-opus-4-1-20250805-v1:0", "15"),
    ("anthropic.claude-3-5-haiku-20241022-v1:0", "0.8"),
    ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "1.1"),
    ("anthropic.claude-fable-5", "11"),
    ("claude-sonnet-4-5@20250929", "3"),
    ("vertex_ai/claude-sonnet-4-5@20250929", "3"),
    ("projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929", "3"),
    ("projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929", "3.3"),
    ("vertex_ai/europe-west1/claude-sonnet-4-5", "3.3"),
    ("anthropic/claude-sonnet-4-5", "3"),
    ("openrouter/anthropic/claude-sonnet-4.5", "3"),
    ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/q1w2e3", None),
    ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/claude-opus-4-8", None),
]


@pytest.mark.parametrize(("model", "dollars"), PLACES)
def test_where_a_model_runs_has_its_price(model: str, dollars: str | None) -> None:
    cost = BOOK.cost(model, TokenUsage(input=1_000_000), at=NOW, prompt=1)
    assert (None if dollars is None else Decimal(dollars)) == cost


def test_two_reasons_for_a_tenth_more_are_one() -> None:
    assert Decimal("5.5") == BOOK.cost("us.anthropic.claude-opus-4-8", TokenUsage(input=1_000_000), at=NOW, us=True)


def test_the_users_own_price_is_what_they_pay_in_their_region() -> None:
    own = PriceBook({"claude-opus-4-8": {"input": 4, "output": 20}})
    assert Decimal(4) == own.cost("eu.anthropic.claude-opus-4-8", TokenUsage(input=1_000_000), at=NOW)


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
