"""PURE The ledger's history as lines of a table, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec
from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from quotaline.core import formats
from quotaline.core.formats import counted
from quotaline.core.periods import rfc3339
from quotaline.core.values import printable
from quotaline.ledger.imported import STATS_CACHE
from quotaline.terminal.text import Words, dollars, short

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from quotaline.forecast.drawn import DrawnRow
    from quotaline.ledger.imported import ImportedDay
    from quotaline.ledger.rows import HistoryRow
    from quotaline.terminal.text import Line

SCHEMA_VERSION = 1
COUNTERS = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")
HEADS = ("input", "output", "write 5m", "write 1h", "read", "total")
CELL, COST, NAME = 10, 11, 10


def table(
    by: str,
    rows: Sequence[HistoryRow],
    total: HistoryRow,
    limit: int,
    imported: Sequence[ImportedDay] = (),
    *,
    place: str = "the ledger",
) -> list[Line]:
    """One line for each row; where the terminal is narrow, only the total of the tokens. `place` is where they are from.

    `imported` are days of which only Claude Code's own statistics tell: in their place among the others, and in no sum.
    """
    if not rows and not imported:
        return [Text(f"No tokens are in {place} for this time.", "muted")]
    longest = max(cell_len(text) for text in (by, total.key, *(row.key for row in rows)))
    shown = HEADS if limit >= NAME + CELL * len(HEADS) + COST else HEADS[-1:]
    widths = (max(NAME, min(longest, limit - CELL * len(shown) - COST)), *[CELL] * len(shown), COST)
    part = _grid(widths)
    lines: list[Line] = [part]
    part.add_row(by, *shown, "list price", style="accent")
    waiting = list(imported)
    for row in rows:
        while waiting and waiting[0].day < row.key:
            part.add_row(*_imported_cells(waiting.pop(0), len(shown)), style="muted")
        part.add_row(short(row.key, widths[0]), *_cells(row, len(shown)), style="text")
        if row.project is not None:
            said = "" if row.client_cost_usd is None else f", by the client's own count {dollars(str(row.client_cost_usd))}"
            part = _grid(widths)
            lines += [Text(short(f"  {row.project}{said}", limit), "muted"), part]
    for day in waiting:
        part.add_row(*_imported_cells(day, len(shown)), style="muted")
    if rows:
        part.add_row(total.key, *_cells(total, len(shown)), style="accent")
    note = f"≥: without {', '.join(total.unpriced_models)}, whose price is not known."
    lines += [Words(note, "warn")] if total.unpriced_models else []
    lines += [Words(recorded(total), "muted")] if total.runs else []
    return [*lines, *([Words(imported_note(imported), "muted")] if imported else [])]


def imported_note(days: Sequence[ImportedDay]) -> str:
    """Where the days of which no transcript tells are from, in a sentence or two."""
    count, them = ("1 day", "it") if len(days) == 1 else (f"{len(days)} days", "them")
    return (
        f"~: {count} without transcripts here, as Claude Code's own statistics have {them} (stats-cache.json, alpha): "
        "tokens without the cache's, so no price, and in no sum."
    )


def _imported_cells(day: ImportedDay, count: int) -> tuple[str, ...]:
    return (day.day, *[""] * (count - 1), "~" + formats.format_tokens(day.tokens), "")


def recorded(total: HistoryRow) -> str:
    """What of a sum is from runs without transcripts, in one sentence or two."""
    runs = counted(total.runs, "run")
    said = f"{dollars(str(total.recorded_usd))} of it by the client's own count, in {runs} without transcripts."
    if not total.holding_earlier:
        return said
    one = total.holding_earlier == 1
    held = f"{total.holding_earlier} of them hold{'s' * one} what was used before {'it' if one else 'them'}"
    return f"{said} {held}, as a fork's total does: nothing says how much that is."


def _grid(widths: tuple[int, ...]) -> Table:
    numbers = [Column(width=cells, justify="right") for cells in widths[1:]]
    return Table.grid(Column(width=widths[0]), *numbers)


def _cells(row: HistoryRow, count: int) -> tuple[str, ...]:
    counts = (*(getattr(row.tokens, name) for name in COUNTERS), row.tokens.total)
    return (*(formats.format_tokens(number) for number in counts[-count:]), cost(row))


def cost(row: HistoryRow | DrawnRow) -> str:
    """`~$1.20`; `≥$1.20` where a model without a price is among it."""
    if row.unpriced_models and not row.cost_usd:
        return "no price"
    text = dollars(str(row.cost_usd))
    return "≥" + text.removeprefix("~") if row.unpriced_models else text


def as_json(by: str, rows: Sequence[HistoryRow], total: HistoryRow, imported: Sequence[ImportedDay] = ()) -> str:
    """The machine form; money is decimal text, times are RFC 3339 in UTC. `imported` days are in no row and no sum."""
    tree = {"schema_version": SCHEMA_VERSION, "by": by, "rows": [_tree(row) for row in rows], "total": _tree(total)}
    if imported:
        tree["imported"] = [{**day._asdict(), "tokens": day.tokens, "source": STATS_CACHE, "alpha": True} for day in imported]
    return msgspec.json.format(msgspec.json.encode(tree), indent=1).decode()


def _tree(row: HistoryRow) -> dict[str, Any]:
    tokens = {name: getattr(row.tokens, name) for name in COUNTERS} | {"total": row.tokens.total}
    tree = {
        "key": row.key,
        "starts_at": _moment(row.starts_at),
        "ends_at": _moment(row.ends_at),
        "messages": row.messages,
        "tokens": tokens,
        "web_searches": row.web_searches,
        "cost_usd": plain(row.cost_usd),
        "unpriced_models": row.unpriced_models,
        "models": [
            {
                "model": model.model,
                "tokens": model.tokens.total,
                "cost_usd": plain(model.cost_usd),
                "source": model.source,
            }
            for model in row.models
        ],
        "recorded": {
            "runs": row.runs,
            "cost_usd": plain(row.recorded_usd),
            "holding_earlier": row.holding_earlier,
        },
    }
    if row.project is not None:
        tree |= {
            "source": row.source,
            "project": row.project,
            "account": row.account,
            "client_cost_usd": plain(row.client_cost_usd),
        }
    return tree


def as_csv(rows: Sequence[HistoryRow]) -> str:
    """A heading and one record for each row; no name holds what could move a cursor or turn the writing direction."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = ("starts_at", "ends_at", "messages", *COUNTERS, "total", "web_searches", "cost_usd", "unpriced_models")
    writer.writerow(("key", *heads, "project", "account", "client_cost_usd", "runs", "recorded_usd"))
    for row in rows:
        counts = (*(getattr(row.tokens, name) for name in COUNTERS), row.tokens.total, row.web_searches)
        times = (_moment(row.starts_at), _moment(row.ends_at))
        cost_usd, client_cost = plain(row.cost_usd), plain(row.client_cost_usd)
        recorded_part = (row.runs, plain(row.recorded_usd))
        values = (row.key, *times, row.messages, *counts, cost_usd, " ".join(row.unpriced_models), row.project, row.account)
        writer.writerow(
            [printable(value) if isinstance(value, str) else value for value in (*values, client_cost, *recorded_part)]
        )
    return out.getvalue()


def plain(amount: Decimal | None) -> str | None:
    """An amount as exact decimal text."""
    return None if amount is None else f"{amount.normalize():f}"


def _moment(epoch: float | None) -> str | None:
    return None if epoch is None else rfc3339(epoch)
