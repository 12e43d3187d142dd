"""EFFECT The usage between two times: whole quarters of an hour from the sums, their edges from the messages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from quotaline.core.periods import DAY
from quotaline.ledger.projects import IN_PROJECT
from quotaline.model import TokenUsage
from quotaline.transcripts.row import FAST, US

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from sqlite3 import Connection

    from quotaline.prices import PriceBook

QUARTER = 900
STEPS = (0, 100_001, 200_001)  # a prompt of each step of `usage_quarter`

SUMS = "sum(part = 0), sum(input), sum(output), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read), sum(web_searches)"
STEP = """(input + cache_write_5m + cache_write_1h + cache_read > 100000)
 + (input + cache_write_5m + cache_write_1h + cache_read > 200000)"""


class UsagePart(NamedTuple):
    """Messages of one model that are priced alike. `time` is the epoch second of the quarter they fall in."""

    time: int
    model: str
    flags: int
    step: int
    messages: int
    tokens: TokenUsage
    web_searches: int

    def cost(self, prices: PriceBook) -> Decimal | None:
        """US dollars, exact; None when the price is not known."""
        return prices.cost(
            self.model,
            self.tokens,
            at=self.time,
            prompt=STEPS[self.step],
            web_searches=self.web_searches,
            fast=bool(self.flags & FAST),
            us=bool(self.flags & US),
        )


def usage_between(connection: Connection, start: float, end: float, *, grain: int = DAY) -> list[UsagePart]:
    """The usage from `start` until before `end`, epoch seconds, in parts of one price and one `grain`, seconds.

    Prices change at midnight UTC, so that a grain is a day at the most; it is a whole number of quarters of an hour.
    """
    quarters = grain // QUARTER
    first, last = math.ceil(start / QUARTER), math.floor(end / QUARTER)
    if first >= last:
        return _messages(connection, start, end)
    whole = """SELECT quarter / ? * ?, name, flags, step, sum(messages), sum(input), sum(output), sum(cache_write_5m),
        sum(cache_write_1h), sum(cache_read), sum(web_searches) FROM usage_quarter JOIN model ON model.id = model_id
        WHERE quarter >= ? AND quarter < ? GROUP BY 1, 2, 3, 4"""
    parts = [as_part(row) for row in connection.execute(whole, (quarters, quarters, first, last))]
    return _messages(connection, start, first * QUARTER) + parts + _messages(connection, last * QUARTER, end)


def project_usage(connection: Connection, start: float, end: float) -> list[UsagePart]:
    """The same of the one project that `keep_only` chose, for the sums know no projects."""
    return _messages(connection, start, end, IN_PROJECT)


def _messages(connection: Connection, start: float, end: float, which: str = "TRUE") -> list[UsagePart]:
    if end <= start:
        return []
    query = f"""SELECT time / 900000, name, flags & 3, {STEP}, {SUMS} FROM message JOIN model ON model.id = model_id
        WHERE time >= ? AND time < ? AND {which} GROUP BY 1, 2, 3, 4"""  # noqa: S608 - names of our own
    return [as_part(row) for row in connection.execute(query, (math.ceil(start * 1000), math.ceil(end * 1000)))]


def as_part(row: Sequence[Any]) -> UsagePart:
    """A row of (quarter, model, flags, step, messages, six counters)."""
    tokens = TokenUsage(input=row[5], output=row[6], cache_write_5m=row[7], cache_write_1h=row[8], cache_read=row[9])
    return UsagePart(row[0] * QUARTER, row[1], row[2], row[3], row[4], tokens, row[10])
