"""PURE What was used by one of whatever is told apart, as a row; rows by cost, and their sum."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.ledger.totals import summed
from quotaline.ledger.usage import EARLIER, UsagePart
from quotaline.model import RECORD, TRANSCRIPTS, ModelUsage, TokenUsage

if TYPE_CHECKING:
    from quotaline.prices import PriceBook


class HistoryRow(Struct, frozen=True, kw_only=True):
    """What was used in one day, by one model, …; `key` names it.

    `cost_usd` sums the priced models only. `starts_at` and `ends_at` are epoch seconds, for spans of time. `runs` are those
    without transcripts, `recorded_usd` is what of the cost is theirs; of them `holding_earlier` have more than their own in it.
    Sessions also have their project, their account, and what the client itself said that they cost, which is no part of a sum.
    """

    key: str
    messages: int
    tokens: TokenUsage
    web_searches: int
    cost_usd: Decimal
    unpriced_models: tuple[str, ...]
    models: tuple[ModelUsage, ...]
    runs: int = 0
    holding_earlier: int = 0
    recorded_usd: Decimal = Decimal(0)
    starts_at: float | None = None
    ends_at: float | None = None
    project: str | None = None
    account: str | None = None
    client_cost_usd: Decimal | None = None

    @property
    def source(self) -> str:
        """`record` for what is from runs alone."""
        return RECORD if self.runs and not self.messages else TRANSCRIPTS


def history_row(key: str, parts: list[UsagePart], prices: PriceBook, **more: object) -> HistoryRow:
    """The parts as one row of that `key`; `more` are the row's other fields."""
    usage = summed(0, 0, parts, prices)
    return HistoryRow(
        key=key,
        messages=sum(part.messages for part in parts),
        tokens=usage.tokens,
        web_searches=sum(part.web_searches for part in parts),
        cost_usd=usage.cost_usd,
        unpriced_models=usage.unpriced_models,
        models=usage.models,
        runs=sum(part.runs for part in parts),
        holding_earlier=sum(part.runs for part in parts if part.flags & EARLIER),
        recorded_usd=sum((model.cost_usd for model in usage.models if model.source == RECORD and model.cost_usd), Decimal(0)),
        **more,  # type: ignore[arg-type]
    )


def dearest(rows: list[HistoryRow]) -> list[HistoryRow]:
    """The rows in order of cost."""
    return sorted(rows, key=lambda row: (-row.cost_usd, -row.tokens.total, row.key))


def total_row(rows: list[HistoryRow]) -> HistoryRow:
    """All rows as one, `total`."""
    unpriced = {model for row in rows for model in row.unpriced_models}
    return HistoryRow(
        key="total",
        messages=sum(row.messages for row in rows),
        tokens=sum((row.tokens for row in rows), TokenUsage()),
        web_searches=sum(row.web_searches for row in rows),
        cost_usd=sum((row.cost_usd for row in rows), Decimal(0)),
        unpriced_models=tuple(sorted(unpriced)),
        models=(),
        runs=sum(row.runs for row in rows),
        holding_earlier=sum(row.holding_earlier for row in rows),
        recorded_usd=sum((row.recorded_usd for row in rows), Decimal(0)),
    )
