"""EFFECT The usage between two times: whole quarters of an hour from the sums, their edges from the messages."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from quotaline.core.periods import DAY
from quotaline.ledger.accounts import in_dirs, messages_in
from quotaline.ledger.projects import IN_PROJECT
from quotaline.model import RECORD, TRANSCRIPTS, TokenUsage
from quotaline.transcripts.row import FAST, US

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

    from quotaline.ledger.accounts import Dirs
    from quotaline.prices import PriceBook

QUARTER = 900
EARLIER = 8  # a flag of a run's part: it holds what was used before the run
STEPS = (0, 100_001, 200_001)  # a prompt of each step of `usage_quarter`

SUMS = "sum(part = 0), sum(input), sum(output), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read), sum(web_searches)"
STEP = """(input + cache_write_5m + cache_write_1h + cache_read > 100000)
 + (input + cache_write_5m + cache_write_1h + cache_read > 200000)"""


class UsagePart(NamedTuple):
    """Messages of one model that are priced alike. `time` is the epoch second of the quarter they fall in.

    Or what a run used of one model, at its end: `told` is then the client's own count of what that cost, if there is one.
    """

    time: int
    model: str
    flags: int
    step: int
    messages: int
    tokens: TokenUsage
    web_searches: int
    source: str = TRANSCRIPTS
    runs: int = 0
    told: Decimal | None = None

    def cost(self, prices: PriceBook) -> Decimal | None:
        """US dollars, exact, at list price where the client did not tell it; None when the price is not known."""
        if self.told is not None:
            return self.told
        return prices.cost(
            self.model,
            self.tokens,
            at=self.time,
            prompt=STEPS[self.step],
            web_searches=self.web_searches,
            fast=bool(self.flags & FAST),
            us=bool(self.flags & US),
        )


class RecordedPart(NamedTuple):
    """A run's part, with the ids of its session and its folder."""

    session: int
    folder: int
    part: UsagePart


def usage_between(
    connection: Connection, start: float, end: float, *, grain: int = DAY, runs: bool = True, dirs: Dirs = None
) -> list[UsagePart]:
    """The usage in `dirs` from `start` until before `end`, epoch seconds, in parts of one price and one `grain`, seconds.

    Prices change at midnight UTC, so that a grain is a day at the most; it is a whole number of quarters of an hour. `runs`
    without transcripts are parts of their own, at the end.
    """
    quarters = grain // QUARTER
    first, last = math.ceil(start / QUARTER), math.floor(end / QUARTER)
    whole = f"""SELECT quarter / ? * ?, name, flags, step, sum(messages), sum(input), sum(output), sum(cache_write_5m),
        sum(cache_write_1h), sum(cache_read), sum(web_searches) FROM usage_quarter JOIN model ON model.id = model_id
        WHERE quarter >= ? AND quarter < ? AND {in_dirs(dirs)} GROUP BY 1, 2, 3, 4"""  # noqa: S608 - numbers
    here = messages_in(dirs)
    if first >= last:
        parts = _messages(connection, start, end, here)
    else:
        parts = [as_part(row) for row in connection.execute(whole, (quarters, quarters, first, last))]
        before, behind = _messages(connection, start, first * QUARTER, here), _messages(connection, last * QUARTER, end, here)
        parts = before + parts + behind
    return parts + [one.part for one in recorded_between(connection, start, end, in_dirs(dirs))] if runs else parts


def project_usage(connection: Connection, start: float, end: float, *, runs: bool = True) -> list[UsagePart]:
    """The same of the one project that `keep_only` chose, for the sums know no projects."""
    recorded = recorded_between(connection, start, end, IN_PROJECT) if runs else []
    return _messages(connection, start, end, IN_PROJECT) + [one.part for one in recorded]


def _messages(connection: Connection, start: float, end: float, which: str = "TRUE") -> list[UsagePart]:
    if end <= start:
        return []
    query = f"""SELECT time / 900000, name, flags & 3, {STEP}, {SUMS} FROM message JOIN model ON model.id = model_id
        WHERE time >= ? AND time < ? AND {which} GROUP BY 1, 2, 3, 4"""  # noqa: S608 - names of our own
    return [as_part(row) for row in connection.execute(query, (math.ceil(start * 1000), math.ceil(end * 1000)))]


def as_part(row: Sequence[Any]) -> UsagePart:
    """A row of (quarter, model, flags, step, messages, six counters), of runs also of (how many, dollars as told)."""
    tokens = TokenUsage(input=row[5], output=row[6], cache_write_5m=row[7], cache_write_1h=row[8], cache_read=row[9])
    part = UsagePart(row[0] * QUARTER, row[1], row[2], row[3], row[4], tokens, row[10])
    if len(row) == len(part.tokens.__struct_fields__) + 6:
        return part
    runs, told = row[11:]
    return part._replace(source=RECORD, runs=runs, told=None if told is None else Decimal(told))


def has_runs(connection: Connection, dirs: Dirs = None) -> bool:
    """Whether there is a run without transcripts."""
    return connection.execute(f"SELECT 1 FROM counted_run WHERE {in_dirs(dirs)} LIMIT 1").fetchone() is not None  # noqa: S608 - as above


def recorded_between(connection: Connection, start: float, end: float, which: str = "TRUE") -> list[RecordedPart]:
    """The runs that ended from `start` until before `end` and have no transcripts here, by time, a part for each model."""
    if end <= start:
        return []
    query = f"""SELECT run.id, session_id, project_id, holds_earlier, time, name, input, output, cache_write_5m, cache_write_1h,
        cache_read, web_searches, cost FROM (SELECT * FROM counted_run WHERE time >= ? AND time < ? AND {which}) AS run
        JOIN run_usage ON run_id = run.id JOIN model ON model.id = model_id ORDER BY time, run.id, name"""  # noqa: S608
    limits = (math.ceil(start * 1000), math.ceil(end * 1000))
    found, counted = [], 0
    for number, session, folder, holds, time, name, *counts, searches, cost in connection.execute(query, limits):
        told = None if cost is None else Decimal(cost)
        tokens = TokenUsage(**dict(zip(TokenUsage.__struct_fields__, counts, strict=True)))
        flags = EARLIER if holds else 0
        part = UsagePart(time // 1000, name, flags, 0, 0, tokens, searches, RECORD, int(number != counted), told)
        found.append(RecordedPart(session, folder, part))
        counted = number
    return found
