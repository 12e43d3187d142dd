"""PURE A step of the extra-usage meter × what was used in its span → shares by list price, whose sum is the step.

Shares are billionths of a minor unit until all steps are added up. Only the sums are rounded: a step of one cent that many
share would else always be the largest one's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from quotaline.prices.book import TOKEN_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from quotaline.ledger.usage import UsagePart

    K = TypeVar("K", bound=Hashable)

GRAIN = 10**9
"""Shares to a minor unit."""
ZERO = Decimal(0)
DIGITS = 15
"""Decimals of a weight that count."""


def apportion(amount: int, weights: Mapping[K, int]) -> dict[K, int]:
    """`amount` in whole parts that add up to it, by largest remainder. Weights are not negative, and not all of them zero."""
    total = sum(weights.values())
    parts = {key: divmod(amount * weight, total) for key, weight in weights.items()}
    left = amount - sum(whole for whole, _ in parts.values())
    first = sorted(parts, key=lambda key: (-parts[key][1], -weights[key], str(key)))[:left]
    return {key: whole + (key in first) for key, (whole, _) in parts.items()}


def step_shares(amount: int, used: Sequence[tuple[K, UsagePart, Decimal | None]]) -> dict[K, int]:
    """What each key drew of a step of `amount` minor units, in grains; nothing where nothing was used.

    `used` are the parts, each with its key and its list price, None where it is not known.
    """
    weights = {key: int(weight.scaleb(DIGITS)) for key, weight in _weights(used).items()}
    return apportion(amount * GRAIN, weights) if any(weights.values()) else {}


def round_shares(shares: Mapping[K, int]) -> dict[K, int]:
    """Sums of shares in minor units; the sum of all of them stays, which is a whole number of these."""
    total = sum(shares.values())
    return apportion(total // GRAIN, shares) if total else dict.fromkeys(shares, 0)


def _weights(used: Sequence[tuple[K, UsagePart, Decimal | None]]) -> dict[K, Decimal]:
    """The list price of each key. What has no price is as dear as the rest of the step, token by token of its kind."""
    whole = sum((cost for _, _, cost in used if cost is not None), ZERO)
    unpriced = any(cost is None for _, _, cost in used)
    rate = ZERO
    if unpriced and whole:
        tokens = sum((_tokens(part) for _, part, cost in used if cost is not None), ZERO)
        rate = whole / tokens if tokens else ZERO
    found: dict[K, Decimal] = {}
    for key, part, cost in used:
        weight = _tokens(part) if not whole else rate * _tokens(part) if cost is None else cost
        found[key] = found.get(key, ZERO) + weight
    return found


def _tokens(part: UsagePart) -> Decimal:
    return sum((weight * getattr(part.tokens, kind) for kind, weight in TOKEN_WEIGHTS.items()), ZERO)
