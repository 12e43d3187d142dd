"""EFFECT What each folder of Claude Code's has used in all, as counters that never fall.

A sum of the ledger can fall: two copies of a message become one, a price is put right, a recorded run's session turns out to
have transcripts. Who reads a counter takes a fall for a restart and counts everything again, so the highest value is kept.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from quotaline.ledger.accounts import in_dirs
from quotaline.ledger.store import clear_errors
from quotaline.ledger.totals import priced
from quotaline.ledger.usage import as_part, has_runs, recorded_between
from quotaline.model import TRANSCRIPTS, TokenUsage
from quotaline.transcripts.row import tomorrow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from sqlite3 import Connection

    from quotaline.ledger.store import Ledger
    from quotaline.ledger.usage import UsagePart
    from quotaline.prices import PriceBook

TOKENS, COST, MESSAGES, RUNS, REQUESTS = "tokens", "cost_dollars", "messages", "recorded_runs", "requests"
QUARTER_MS = 900_000
DAY_QUARTERS = 96


class Series(NamedTuple):
    """One sample of the counter `name`; `labels` are its label names and values, in their order."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()


Counters = dict[Series, Decimal]


def series(name: str, **labels: str) -> Series:
    """The sample of `name` with these labels."""
    return Series(name, tuple(labels.items()))


def used_in_all(ledger: Ledger, folders: Iterable[Path], now: float, prices: PriceBook) -> dict[str, Counters]:
    """What was used in each of `folders` that the ledger knows, by path: tokens, dollars, messages, runs. Raises LedgerError.

    Dollars are list prices, or a client's own count of a recorded run, without what has no price.
    """
    with clear_errors():
        connection, wanted = ledger.connection, {str(folder) for folder in folders}
        paths = {key: path for key, path in connection.execute("SELECT id, path FROM config_dir") if path in wanted}
        return {paths[key]: _counters(parts, prices) for key, parts in _parts(connection, paths, tomorrow(now)).items()}


def _parts(connection: Connection, ids: Iterable[int], before: int) -> dict[int, list[UsagePart]]:
    """All that was used in each folder until `before`, in milliseconds: by day, as prices change at midnight UTC."""
    dirs, last = tuple(ids), before // QUARTER_MS + 1
    query = f"""SELECT config_dir_id, quarter / {DAY_QUARTERS} * {DAY_QUARTERS}, name, flags, step, sum(messages), sum(input),
        sum(output), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read), sum(web_searches)
        FROM usage_quarter JOIN model ON model.id = model_id WHERE quarter < ? AND {in_dirs(dirs)} GROUP BY 1, 2, 3, 4, 5"""  # noqa: S608 - numbers
    found: dict[int, list[UsagePart]] = {key: [] for key in dirs}
    for key, *row in connection.execute(query, (last,)):
        found[key].append(as_part(row))
    for key, parts in found.items():
        if has_runs(connection, (key,)):
            parts += [run.part for run in recorded_between(connection, 0, last * QUARTER_MS / 1000, in_dirs((key,)))]
    return found


def _counters(parts: list[UsagePart], prices: PriceBook) -> Counters:
    found: Counters = defaultdict(Decimal)
    for name, cost, part in priced(parts, prices):
        for kind in TokenUsage.__struct_fields__:
            found[series(TOKENS, model=name, source=part.source, kind=kind)] += getattr(part.tokens, kind)
        if cost is not None:
            found[series(COST, model=name, source=part.source)] += cost
        if part.source == TRANSCRIPTS:
            found[series(MESSAGES, model=name)] += part.messages
        else:
            found[series(RUNS)] += part.runs
    return dict(found)


def never_falling(ledger: Ledger, found: Mapping[str, Counters]) -> dict[str, Counters]:
    """The counters of each owner, each at least what it was whenever this was called before. Raises LedgerError."""
    with ledger.transaction() as connection:
        return {owner: _raised(connection, owner, counters) for owner, counters in found.items()}


def _raised(connection: Connection, owner: str, counters: Counters) -> Counters:
    marks = {
        Series(name, tuple((key, value) for key, value in msgspec.json.decode(labels))): Decimal(value)
        for name, labels, value in connection.execute("SELECT name, labels, value FROM counter_mark WHERE owner = ?", (owner,))
    }
    connection.executemany(
        "INSERT OR REPLACE INTO counter_mark VALUES (?, ?, ?, ?)",
        (
            (owner, one.name, msgspec.json.encode(one.labels).decode(), f"{value:f}")
            for one, value in counters.items()
            if one not in marks or value > marks[one]
        ),
    )
    return {one: max(value, marks.get(one, value)) for one, value in counters.items()}
