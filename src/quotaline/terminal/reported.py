"""PURE An organisation's reports as lines of a table, as JSON and as CSV; this machine's cost beside them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from quotaline.core.formats import format_tokens
from quotaline.core.values import printable
from quotaline.organisation.rows import DONE
from quotaline.terminal.history import CELL, COST, COUNTERS, HEADS, NAME, plain
from quotaline.terminal.text import Words, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.organisation.reconcile import Comparison, Reconciliation
    from quotaline.organisation.rows import ReportedRow
    from quotaline.terminal.text import Line

SCHEMA_VERSION = 1
SOURCE = "organisation"
DAY = 12


def table(by: str, rows: Sequence[ReportedRow], total: ReportedRow, notes: Sequence[str], limit: int) -> list[Line]:
    """One line for each row, the total, and what is to be known of the reports."""
    if not rows:
        return [Words(note, "muted") for note in notes]
    people = any(row.sessions is not None for row in rows)
    heads = ("sessions", "lines", "commits") if people else HEADS[:-1]
    longest = max(cell_len(text) for text in (by, total.key, *(row.key for row in rows)))
    shown = (*heads, "total") if limit >= NAME + CELL * (len(heads) + 1) + COST else ("total",)
    widths = (max(NAME, min(longest, limit - CELL * len(shown) - COST)), *[CELL] * len(shown), COST)
    part = _grid(widths)
    part.add_row(by, *shown, "cost", style="accent")
    for row, style in [*((row, "text") for row in rows), (total, "accent")]:
        part.add_row(short(row.key, widths[0]), *_cells(row, len(shown), people=people), _money(row.cost_usd), style=style)
    return [part, *(Words(note, "muted") for note in notes)]


def _grid(widths: tuple[int, ...]) -> Table:
    return Table.grid(Column(width=widths[0]), *(Column(width=cells, justify="right") for cells in widths[1:]))


def _cells(row: ReportedRow, count: int, *, people: bool) -> tuple[str, ...]:
    counts = [format_tokens(getattr(row.tokens, name)) for name in COUNTERS]
    if people:
        lines = "" if row.lines_added is None else f"+{row.lines_added} -{row.lines_removed or 0}"
        counts = ["" if row.sessions is None else str(row.sessions), lines, "" if row.commits is None else str(row.commits)]
    return tuple([*counts, format_tokens(row.tokens.total)][-count:])


def _money(amount: Decimal | None) -> str:
    """Exact dollars, rounded to the cent for reading; nothing where nobody tells."""
    if amount is None:
        return ""
    return f"{'-' if round(amount, 2) < 0 else ''}${abs(round(amount, 2)):.2f}"


def as_json(by: str, rows: Sequence[ReportedRow], total: ReportedRow, notes: Sequence[str]) -> str:
    """The machine form; money is exact decimal text."""
    tree = {"schema_version": SCHEMA_VERSION, "source": SOURCE, "by": by, "rows": [_tree(row) for row in rows]}
    return _json(tree | {"total": _tree(total), "notes": list(notes)})


def _json(tree: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(tree), indent=1).decode()


def _tree(row: ReportedRow) -> dict[str, Any]:
    tokens = {name: getattr(row.tokens, name) for name in COUNTERS} | {"total": row.tokens.total}
    tree = {
        "key": row.key,
        "tokens": tokens,
        "web_searches": row.web_searches,
        "requests": row.requests,
        "cost_usd": plain(row.cost_usd),
        "list_price_usd": plain(row.list_usd),
        "other_currencies": {currency: plain(amount) for currency, amount in row.others},
    }
    return tree | {name: getattr(row, name) for name in DONE if getattr(row, name) is not None}


def as_csv(rows: Sequence[ReportedRow]) -> str:
    """A heading and one record for each row; no name holds what could move a cursor or turn the writing direction."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("key", *COUNTERS, "total", "web_searches", "requests", "cost_usd", "list_price_usd", *DONE))
    for row in rows:
        counts = (*(getattr(row.tokens, name) for name in COUNTERS), row.tokens.total, row.web_searches, row.requests)
        money = (plain(row.cost_usd), plain(row.list_usd))
        writer.writerow((printable(row.key), *counts, *money, *(getattr(row, name) for name in DONE)))
    return out.getvalue()


def comparison_table(found: Reconciliation, notes: Sequence[str], limit: int) -> list[Line]:
    """One line for each day and model, the differences that count marked, with what explains them."""
    if not found.rows:
        return [Words(note, "muted") for note in notes]
    here, reported = totals(found.rows)
    rows = [("day", "model", "here", "report", "difference")]
    rows += [
        (
            row.day,
            row.model,
            _money(row.here),
            "nothing" if row.reported is None else _money(row.reported),
            _signed(row.difference),
        )
        for row in found.rows
    ]
    rows.append(("total", "", _money(here), _money(reported), _signed(reported - here)))
    money = [max(COST, *(len(row[place]) + 2 for row in rows)) for place in (2, 3, 4)]
    model = max(NAME, min(max(cell_len(row[1]) for row in rows), limit - DAY - sum(money)))
    head, *lines = (_line(row, model, money) for row in rows)
    shown: list[Line] = [Text(head, "accent")]
    for row, line in zip(found.rows, lines, strict=False):
        shown.append(Text(line, "warn" if row.named else "text"))
        if row.explanations:
            shown.append(Words("; ".join(row.explanations) + ".", "muted", indent=2))
    return [*shown, Text(lines[-1], "accent"), *([Text()] if notes else []), *(Words(note, "muted") for note in notes)]


def _line(row: tuple[str, ...], model: int, money: Sequence[int]) -> str:
    """A line by hand: a year of days is too many for tables of rich."""
    day, name, *amounts = row
    name = short(name, model)
    cells = (amount.rjust(width) for amount, width in zip(amounts, money, strict=True))
    return day.ljust(DAY) + name + " " * (model - cell_len(name)) + "".join(cells)


def totals(rows: Sequence[Comparison]) -> tuple[Decimal, Decimal]:
    """What this machine and the report come to together."""
    return sum((row.here for row in rows), Decimal(0)), sum((row.reported or Decimal(0) for row in rows), Decimal(0))


def _signed(amount: Decimal) -> str:
    text = _money(amount)
    return text if text.startswith("-") else f"+{text}"


def comparison_json(found: Reconciliation, notes: Sequence[str]) -> str:
    """The machine form; money is exact decimal text, days are UTC's."""
    here, reported = totals(found.rows)
    rows = [
        {
            "day": row.day,
            "model": row.model,
            "here_usd": plain(row.here),
            "report_usd": plain(row.reported),
            "difference_usd": plain(row.difference),
            "named": row.named,
            "explanations": row.explanations,
        }
        for row in found.rows
    ]
    total = {"here_usd": plain(here), "report_usd": plain(reported), "difference_usd": plain(reported - here)}
    days = {"first": found.covered.first, "last": found.covered.last, "missing": found.covered.missing}
    return _json({"schema_version": SCHEMA_VERSION, "rows": rows, "total": total, "days": days, "notes": list(notes)})


def comparison_csv(found: Reconciliation) -> str:
    """A heading and one record for each day and model."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("day", "model", "here_usd", "report_usd", "difference_usd", "named", "explanations"))
    for row in found.rows:
        money = (plain(row.here), plain(row.reported), plain(row.difference))
        writer.writerow((row.day, printable(row.model), *money, int(row.named), printable("; ".join(row.explanations))))
    return out.getvalue()
