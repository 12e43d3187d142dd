"""PURE `PriceBook.cost`: tokens in, dollars out, exact; a model without a price costs None, never zero."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from quotaline.errors import ConfigError
from quotaline.prices.names import model_name, region_factor
from quotaline.prices.table import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.model import TokenUsage

SEARCHES_PER_1000 = Decimal(10)
US_FACTOR = Decimal("1.1")  # `inference_geo: "us"`, on every kind of token, not on web searches
MILLION = -6  # a decimal shift: prices are per million tokens
# What Anthropic multiplies the input price by; only for prices of the user's own that name no cache price.
WRITE_5M, WRITE_1H, READ = Decimal("1.25"), Decimal(2), Decimal("0.1")
TOKEN_WEIGHTS = {
    "input": Decimal(1),
    "output": Decimal(5),
    "cache_write_5m": WRITE_5M,
    "cache_write_1h": WRITE_1H,
    "cache_read": READ,
}
"""What a token of each kind costs beside an input token: nearly the same for every model."""
OVERRIDE_KEYS = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "web_searches", "fast_factor")


class Rates(NamedTuple):
    """US dollars per million tokens, from `since` (epoch seconds) on, for prompts above `above` tokens."""

    since: float
    above: int
    input: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    output: Decimal


class PriceBook:
    """The table with the user's `[prices."model-id"]` over it.

    `overrides` maps a model's name (any that `model_name` understands) to dollars per million tokens: `input` and `output`
    are needed, `cache_write_5m`, `cache_write_1h` and `cache_read` follow from `input` by Anthropic's multipliers,
    `web_searches` is per thousand (10), `fast_factor` multiplies them in fast mode (without it fast mode has no price).
    Raises ConfigError when an override cannot be followed.
    """

    def __init__(self, overrides: Mapping[str, Mapping[str, Decimal | str | float]] | None = None) -> None:
        self._rates: dict[tuple[str, bool], list[Rates]] = {}
        self._searches: dict[str, Decimal] = {}
        self._own: set[str] = set()
        for name, since, speed, above, *prices in ROWS:
            start = datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() if since else float("-inf")
            sheet = self._rates.setdefault((name, speed == "fast"), [])
            sheet.append(Rates(start, above, *map(Decimal, prices)))
        for name, values in (overrides or {}).items():
            self._override(name, values)
        for sheet in self._rates.values():
            sheet.sort(reverse=True)  # the first that fits is the newest and the longest

    def _override(self, raw: str, values: Mapping[str, Decimal | str | float]) -> None:
        given = {key: _price(raw, key, value) for key, value in values.items()}
        missing = [key for key in ("input", "output") if key not in given]
        if missing:
            raise ConfigError(f'[prices."{raw}"] has no {" and no ".join(missing)}. Give dollars per million tokens.')
        plain, name = given["input"], model_name(raw)
        rates = Rates(
            since=float("-inf"),
            above=0,
            input=plain,
            cache_write_5m=given.get("cache_write_5m", plain * WRITE_5M),
            cache_write_1h=given.get("cache_write_1h", plain * WRITE_1H),
            cache_read=given.get("cache_read", plain * READ),
            output=given["output"],
        )
        self._own.add(name)
        self._rates[name, False] = [rates]
        self._rates.pop((name, True), None)
        if "fast_factor" in given:
            prices = (price * given["fast_factor"] for price in rates[2:])
            self._rates[name, True] = [Rates(rates.since, rates.above, *prices)]
        if "web_searches" in given:
            self._searches[name] = given["web_searches"]

    def cost(
        self,
        model: str,
        tokens: TokenUsage,
        *,
        at: float,
        prompt: int | None = None,
        web_searches: int = 0,
        fast: bool = False,
        us: bool = False,
    ) -> Decimal | None:
        """US dollars for `tokens` of `model` used at epoch `at`; None when the price is not known.

        `prompt` is the length of the request's prompt, which chooses the price step; without it the prompt is what `tokens`
        holds.
        A region that the model's name says changes the list price, not the user's own. Costs add up: for a sum over requests of
        one step, any `prompt` of that step gives the sum of their costs.
        """
        name = model_name(model)
        if prompt is None:
            prompt = tokens.total - tokens.output
        for rates in self._rates.get((name, fast), ()):
            if at >= rates.since and (prompt > rates.above or not rates.above):
                break
        else:
            return None
        dollars = (
            rates.input * tokens.input
            + rates.cache_write_5m * tokens.cache_write_5m
            + rates.cache_write_1h * tokens.cache_write_1h
            + rates.cache_read * tokens.cache_read
            + rates.output * tokens.output
        ).scaleb(MILLION)
        factor = Decimal(1) if name in self._own else region_factor(model)
        dollars *= max(factor, US_FACTOR) if us else factor
        return dollars + self._searches.get(name, SEARCHES_PER_1000) * web_searches / 1000


def _price(model: str, key: str, value: Decimal | str | float) -> Decimal:
    if key not in OVERRIDE_KEYS:
        raise ConfigError(f'[prices."{model}"] has the unknown key "{key}". It knows {", ".join(OVERRIDE_KEYS)}.')
    try:
        price = Decimal(str(value))
    except ArithmeticError:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise ConfigError(f'[prices."{model}"] {key} is {value!r}. Give dollars, for example "2.50".')
    return price
