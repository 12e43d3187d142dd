"""Which price of a model holds: by time, by the prompt's length, by region, by the user's own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from quotaline.errors import ConfigError
from quotaline.model import TokenUsage
from quotaline.prices import PriceBook
from quotaline.prices import book as book_module

EACH = TokenUsage(
    input=1_000_000, output=10_000_000, cache_write_5m=100_000_000, cache_write_1h=1_000_000_000, cache_read=10_000_000_000
)


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> PriceBook:
    rows = (
        ("claude-x", "", "standard", 0, "1", "2", "3", "4", "5"), ("claude-x", "", "standard", 1000, "6", "7", "8", "9", "10"),
        ("claude-x", "2026-11-01", "standard", 0, "11", "12", "13", "14", "15"),
        ("claude-x", "", "fast", 0, "20", "0", "0", "0", "0"),
    )  # fmt: skip
    monkeypatch.setattr(book_module, "ROWS", rows)
    return PriceBook(
        {
            "mine": {"input": "2", "output": 4, "fast_factor": 3, "web_searches": 5},
            "claude-y": {"input": 1, "output": 1, "cache_read": 7},
        }
    )


CHANGE = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
ONE = TokenUsage(input=1_000_000)


def cost(
    book: PriceBook, model: str = "claude-x", tokens: TokenUsage = ONE, at: float = CHANGE - 1, **more: object
) -> str | None:
    found = book.cost(model, tokens, at=at, **more)  # type: ignore[arg-type]
    return None if found is None else f"{found.normalize():f}"


def test_each_kind_of_token_has_its_own_price(book: PriceBook) -> None:
    assert cost(book, tokens=EACH, prompt=0) == str(1 + 5 * 10 + 2 * 100 + 3 * 1000 + 4 * 10_000)
    assert cost(book, tokens=EACH) == str(6 + 10 * 10 + 7 * 100 + 8 * 1000 + 9 * 10_000)


def test_a_price_holds_from_its_day_on_and_above_its_length(book: PriceBook) -> None:
    assert [cost(book, at=at, prompt=0) for at in (CHANGE - 1, CHANGE, CHANGE + 1)] == ["1", "11", "11"]
    assert [cost(book, prompt=prompt) for prompt in (0, 1000, 1001)] == ["1", "1", "6"]
    small = TokenUsage(input=400, output=5000, cache_write_5m=300, cache_write_1h=200, cache_read=100)
    large = TokenUsage(input=401, output=5000, cache_write_5m=300, cache_write_1h=200, cache_read=100)
    assert Decimal(cost(book, tokens=small) or 0) < Decimal("0.03") < Decimal(cost(book, tokens=large) or 0)


def test_fast_mode_and_searches_and_the_us(book: PriceBook) -> None:
    assert cost(book, fast=True) == "20"
    assert cost(book, "claude-y", fast=True) is None
    assert cost(book, "claude-unknown") is None
    assert cost(book, web_searches=3, prompt=0) == "1.03"
    assert cost(book, us=True, prompt=0) == "1.1"
    assert cost(book, us=True, prompt=0, web_searches=100) == "2.1"


def test_a_price_of_ones_own(book: PriceBook) -> None:
    dollars = 2 + 4 * 10 + Decimal("2.5") * 100 + 4 * 1000 + Decimal("0.2") * 10_000
    assert cost(book, "mine", tokens=EACH) == str(int(dollars))
    assert cost(book, "mine", fast=True) == "6"
    assert cost(book, "mine", web_searches=100) == "2.5"
    assert cost(book, "claude-y", tokens=TokenUsage(cache_read=1_000_000)) == "7"


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        ({"input": 1}, '[prices."m"] has no output. Give dollars per million tokens.'),
        ({}, '[prices."m"] has no input and no output. Give dollars per million tokens.'),
        ({"input": 1, "output": "x"}, '[prices."m"] output is \'x\'. Give dollars, for example "2.50".'),
        ({"input": -0.5, "output": 1}, '[prices."m"] input is -0.5. Give dollars, for example "2.50".'),
        ({"input": "inf", "output": 1}, '[prices."m"] input is \'inf\'. Give dollars, for example "2.50".'),
    ],
)
def test_a_price_that_is_none_is_a_sentence(prices: dict[str, Decimal | str | float], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        PriceBook({"m": prices})
    assert str(caught.value) == says
    assert PriceBook({"m": {"input": 0, "output": 0}}).cost("m", ONE, at=0) == 0
