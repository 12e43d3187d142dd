"""PURE Local totals → the ready fields that segments show: `today.cost`, `block.tokens`, … each with the time it ends."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from quotaline.core.periods import HOUR
from quotaline.model import Money

if TYPE_CHECKING:
    from quotaline.model import LocalTotals, LocalUsage

SPANS = ("today", "week", "block")
"""What the names of these fields begin with."""


def local_fields(totals: LocalTotals | None, now: float) -> dict[str, tuple[Any, float | None]]:
    """`name -> (value, until)`. A span without a token has no fields, so that no segment shows a zero for it.

    `today` ends at its midnight and `block` with its five hours; `week` rolls on. `block.rate` is what an hour costs between
    the block's first message and its last, `block.at_end` what the block will have cost if that goes on.
    """
    if totals is None:
        return {}
    fields = {**_span("today", totals.today, totals.today.ends_at), **_span("week", totals.seven_day, None)}
    block = totals.five_hour
    if block is not None:
        fields |= _span("block", block, block.ends_at)
        first, last = totals.active or (0.0, 0.0)
        if "block.cost" in fields and last > first:
            hourly = block.cost_usd * HOUR / Decimal(last - first)
            fields["block.rate"] = (Money.dollars(hourly), block.ends_at)
            rest = Decimal(max(0.0, block.ends_at - now)) / HOUR
            fields["block.at_end"] = (Money.dollars(block.cost_usd + hourly * rest), block.ends_at)
    return fields


def _span(name: str, usage: LocalUsage, until: float | None) -> dict[str, tuple[Any, float | None]]:
    if not usage.tokens.total:
        return {}
    fields: dict[str, tuple[Any, float | None]] = {f"{name}.tokens": (usage.tokens.total, until)}
    if usage.cost_usd or not usage.unpriced_models:
        fields[f"{name}.cost"] = (Money.dollars(usage.cost_usd), until)
        fields[f"{name}.mark"] = ("≥" if usage.unpriced_models else "~", until)
    return fields
