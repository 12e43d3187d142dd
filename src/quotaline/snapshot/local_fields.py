"""PURE Local totals → the ready fields that segments show: `today.cost`, `block.tokens`, … each with the time it ends."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from quotaline.model import Money

if TYPE_CHECKING:
    from quotaline.model import LocalTotals, LocalUsage

CENT = Decimal("0.01")
SPANS = ("today", "week", "block")
"""What the names of these fields begin with."""


def local_fields(totals: LocalTotals | None) -> dict[str, tuple[Any, float | None]]:
    """`name -> (value, until)`. A span without a token has no fields, so that no segment shows a zero for it.

    `today` ends at its midnight and `block` with its five hours; `week` rolls on.
    """
    if totals is None:
        return {}
    fields = {**_span("today", totals.today, totals.today.ends_at), **_span("week", totals.seven_day, None)}
    block = totals.five_hour
    if block is not None:
        fields |= _span("block", block, block.ends_at)
    return fields


def _span(name: str, usage: LocalUsage, until: float | None) -> dict[str, tuple[Any, float | None]]:
    if not usage.tokens.total:
        return {}
    fields: dict[str, tuple[Any, float | None]] = {f"{name}.tokens": (usage.tokens.total, until)}
    if usage.cost_usd or not usage.unpriced_models:
        fields[f"{name}.cost"] = (dollars(usage.cost_usd), until)
        fields[f"{name}.mark"] = ("≥" if usage.unpriced_models else "~", until)
    return fields


def dollars(amount: Decimal) -> Money:
    """An exact sum as money for showing, rounded once, here, to the cent."""
    return Money(int(amount.quantize(CENT, ROUND_HALF_EVEN).scaleb(2)), "USD", 2)
