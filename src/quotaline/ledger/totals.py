"""EFFECT The three spans that every surface shows: the open 5-hour block, the last 7 days, today."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from quotaline.core.periods import HOUR
from quotaline.ledger.accounts import in_dirs, messages_in
from quotaline.ledger.blocks import block_start
from quotaline.ledger.store import clear_errors
from quotaline.ledger.sums import BLOCK_HOURS
from quotaline.ledger.usage import UsagePart, usage_between
from quotaline.model import RECORD, LocalTotals, LocalUsage, ModelUsage, TokenUsage
from quotaline.prices import PriceBook, model_name
from quotaline.transcripts.row import FAST
from quotaline.zone import midnight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo
    from sqlite3 import Connection

    from quotaline.ledger.accounts import Dirs
    from quotaline.ledger.store import Ledger

FIVE_HOURS = BLOCK_HOURS * HOUR
SEVEN_DAYS = 7 * 24 * HOUR


def local_totals(
    ledger: Ledger, now: float, tz: tzinfo, *, five_hour_resets_at: float | None, prices: PriceBook, dirs: Dirs = None
) -> LocalTotals:
    """The open 5-hour block (None while there is none), the last 7 days, today in `tz`, of `dirs`. Raises LedgerError.

    Where a real window is known and still open, the block is that window; otherwise it is guessed from the messages.
    """
    with clear_errors():
        connection = ledger.connection
        starts = block_start(connection, now, dirs)
        if five_hour_resets_at is not None and five_hour_resets_at - FIVE_HOURS <= now < five_hour_resets_at:
            starts = five_hour_resets_at - FIVE_HOURS
        block = None if starts is None else (starts, starts + FIVE_HOURS)
        today, tomorrow = midnight(now, tz), midnight(now, tz, days=1)
        return LocalTotals(
            five_hour=None if block is None else usage(connection, *block, prices, dirs),
            seven_day=usage(connection, now - SEVEN_DAYS, now, prices, dirs),
            today=usage(connection, today, tomorrow, prices, dirs),
            active=None if block is None else _active(connection, *block, dirs),
        )


def _active(connection: Connection, start: float, end: float, dirs: Dirs) -> tuple[float, float] | None:
    """The times of the first and the last message or run from `start` until before `end`; None without any."""
    query = f"""SELECT min(first), max(last) FROM (
        SELECT min(time) AS first, max(time) AS last FROM message
          WHERE time >= :start AND time < :end AND {messages_in(dirs)}
        UNION ALL SELECT min(time), max(time) FROM counted_run WHERE time >= :start AND time < :end AND {in_dirs(dirs)})"""  # noqa: S608 - numbers
    first, last = connection.execute(query, {"start": start * 1000, "end": end * 1000}).fetchone()
    return None if first is None else (first / 1000, last / 1000)


def usage(connection: Connection, start: float, end: float, prices: PriceBook, dirs: Dirs = None) -> LocalUsage:
    """What was used in `dirs` from `start` until before `end`, per model and together."""
    return summed(start, end, usage_between(connection, start, end, dirs=dirs), prices)


def priced(parts: Iterable[UsagePart], prices: PriceBook) -> Iterator[tuple[str, Decimal | None, UsagePart]]:
    """Each part with its model's name and its cost; one that has no price for fast mode alone is named as such."""
    for part in parts:
        name, cost = model_name(part.model), part.cost(prices)
        yield (f"{name} (fast)" if cost is None and part.flags & FAST else name), cost, part


def summed(start: float, end: float, parts: list[UsagePart], prices: PriceBook) -> LocalUsage:
    """The parts as one; a model without a price counts in tokens and is named, one without a price for fast mode as such."""
    tokens: dict[tuple[str, str], TokenUsage] = {}
    costs: dict[tuple[str, str], Decimal | None] = {}
    for name, cost, part in priced(parts, prices):
        key = name, part.source
        tokens[key] = tokens.get(key, TokenUsage()) + part.tokens
        before = costs.get(key, Decimal(0))
        costs[key] = None if cost is None or before is None else before + cost
    models = tuple(
        ModelUsage(model=name, tokens=tokens[name, source], cost_usd=costs[name, source], source=source)
        for name, source in sorted(tokens, key=lambda key: (key[0], key[1] == RECORD))
    )
    return LocalUsage(
        starts_at=start,
        ends_at=end,
        tokens=sum(tokens.values(), TokenUsage()),
        cost_usd=sum((model.cost_usd for model in models if model.cost_usd is not None), Decimal(0)),
        unpriced_models=tuple(sorted({model.model for model in models if model.cost_usd is None})),
        models=models,
    )
