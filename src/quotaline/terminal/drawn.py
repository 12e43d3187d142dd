"""PURE Who drew the extra dollars, as lines of a table, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec
from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from quotaline.core.money import format_money
from quotaline.core.periods import rfc3339
from quotaline.core.values import printable
from quotaline.terminal.history import CELL, COST, NAME, cost, plain
from quotaline.terminal.text import Words, clock_with_zone, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.forecast.drawn import Drawn, DrawnRow
    from quotaline.model import Money
    from quotaline.terminal.text import Line

SCHEMA_VERSION = 1
ELSEWHERE = "elsewhere"


def table(by: str, found: Sequence[Drawn], limit: int, now: float, clock: str = "24h") -> list[Line]:
    """For each currency one line a row, the total, and what the shares leave open."""
    lines: list[Line] = []
    for drawn in found:
        keys = [named(row) for row in drawn.rows]
        money = max(CELL, *(cell_len(_money(amount)) + 2 for amount in (drawn.total, *(row.amount for row in drawn.rows))))
        widths = (max(NAME, min(max(map(cell_len, (by, *keys))), limit - money - CELL - COST)), money, CELL, COST)
        part = Table.grid(Column(width=widths[0]), *(Column(width=cells, justify="right") for cells in widths[1:]))
        part.add_row(by, "extra", "share", "list price", style="accent")
        for key, row in zip(keys, drawn.rows, strict=True):
            mark, price = ("~", cost(row)) if row.key is not None else ("", "")
            share = f"{100 * row.amount.amount / drawn.total.amount:.0f}%" if drawn.total.amount else ""
            part.add_row(short(key, widths[0]), mark + _money(row.amount), share, price, style="text")
        part.add_row("total", _money(drawn.total), "", "", style="accent")
        lines += [part, *(Words(note, "muted") for note in _notes(drawn, now, clock)), Text()]
    return lines[:-1]


def _notes(drawn: Drawn, now: float, clock: str) -> list[str]:
    notes = ["Each step of the meter is shared by list price among the messages between its two readings."]
    if any(row.key is None for row in drawn.rows):
        notes.append("elsewhere: no message here explains it: another machine, claude.ai or a run without transcripts drew it.")
    if long := sum(row.long.amount for row in drawn.rows):
        amount = _money(msgspec.structs.replace(drawn.total, amount=long))
        notes.append(f"{amount} of it came between readings more than an hour apart: the shares of that are rough.")
    if unpriced := sorted({model for row in drawn.rows for model in row.unpriced_models}):
        notes.append(f"{', '.join(unpriced)}: the price is not known; taken for as dear as what was used beside it.")
    if drawn.first.amount:
        when = clock_with_zone(drawn.since, now, clock)
        notes.append(f"The {_money(drawn.first)} that the meter showed when it was first read, {when}, are in no row.")
    return notes


def named(row: DrawnRow) -> str:
    """The row's key, or what stands for none."""
    return ELSEWHERE if row.key is None else row.key


def _money(money: Money) -> str:
    return format_money([money.amount, money.currency, money.exponent]) or ""


def as_json(by: str, found: Sequence[Drawn], why: str | None) -> str:
    """The machine form: one object for each currency; money is decimal text, times are RFC 3339 in UTC."""
    tree = {"schema_version": SCHEMA_VERSION, "by": by, "extra": [_tree(drawn) for drawn in found], "why": why}
    return msgspec.json.format(msgspec.json.encode(tree), indent=1).decode()


def _tree(drawn: Drawn) -> dict[str, Any]:
    return {
        "currency": drawn.total.currency,
        "total": str(drawn.total.decimal()),
        "readings": drawn.readings,
        "first_reading": {"at": rfc3339(drawn.since), "amount": str(drawn.first.decimal())},
        "last_reading_at": rfc3339(drawn.until),
        "rows": [
            {
                "key": named(row),
                "elsewhere": row.key is None,
                "amount": str(row.amount.decimal()),
                "of_long_steps": str(row.long.decimal()),
                "messages": row.messages,
                "list_price_usd": plain(row.cost_usd),
                "unpriced_models": row.unpriced_models,
            }
            for row in drawn.rows
        ],
    }


HEADS = ("key", "elsewhere", "currency", "amount", "of_long_steps", "messages", "list_price_usd", "unpriced_models")


def as_csv(found: Sequence[Drawn]) -> str:
    """A heading and one record for each row; no name holds what could move a cursor or turn the writing direction."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(_record(row) for drawn in found for row in drawn.rows)
    return out.getvalue()


def _record(row: DrawnRow) -> tuple[str | int | None, ...]:
    key, unpriced = printable(named(row)), printable(" ".join(row.unpriced_models))
    amounts = (str(row.amount.decimal()), str(row.long.decimal()))
    return (key, int(row.key is None), printable(row.amount.currency), *amounts, row.messages, plain(row.cost_usd), unpriced)
