"""PURE What it cost: rows of the history and of the extra dollars as tables, the days as bars."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from quotaline.core import formats
from quotaline.core.money import format_money
from quotaline.core.values import printable
from quotaline.terminal.drawn import named
from quotaline.terminal.history import COUNTERS, HEADS, cost, imported_note
from quotaline.terminal.text import dollars
from quotaline.web.charts import bar_picture, share_picture
from quotaline.web.markup import Cell, Column, figure, name, table, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from quotaline.forecast.drawn import Drawn
    from quotaline.ledger.imported import ImportedDay
    from quotaline.ledger.rows import HistoryRow
    from quotaline.model import Money

MOST_ROWS = {"day": 800, "model": 200, "project": 600, "subagent": 10, "session": 1200}
"""Rows of a table at the most, so that a page of many years stays a page; the command that has all is said below it."""
IMPORTED = ' <span class="tag">stats-cache, alpha</span>'
FEWEST_DAYS = 14
TITLES = {
    "day": ("Day", "By day"),
    "model": ("Model", "By model"),
    "project": ("Project", "By project"),
    "subagent": ("Agent", "By main agent and subagents"),
    "session": ("Session", "Sessions"),
}


def cost_table(by: str, rows: Sequence[HistoryRow], total: HistoryRow, tz: tzinfo, imported: Sequence[ImportedDay] = ()) -> str:
    """The rows of one kind as a table with its total, the newest days first, the dearest of anything else.

    Among the days are those that are `imported`, with what is known of them.
    """
    if not rows and not imported:
        return ""
    most, (first, caption) = MOST_ROWS[by], TITLES[by]
    order = rows[::-1] if by == "day" else sorted(rows, key=lambda row: (-row.cost_usd, -row.tokens.total, row.key))
    shown = order[:most]
    shares = by in ("model", "project", "subagent") and total.cost_usd > 0
    columns = [Column(first, numeric=False), Column("List price"), Column("Tokens"), Column("Messages")]
    columns += [Column(title.capitalize()) for title in HEADS[:-1]]
    if by == "session":
        columns[1:1] = [Column("Project", numeric=False), Column("Begun")]
    cells = [[*_head(by, row, tz), *_numbers(row, total if shares else None)] for row in shown]
    if imported:
        days = {row.key: found for row, found in zip(shown, cells, strict=True)} | {day.day: _imported(day) for day in imported}
        cells = [days[day] for day in sorted(days, reverse=True)][:most]
    foot = [] if not rows else [Cell("total"), *([Cell(""), Cell("")] if by == "session" else []), *_numbers(total)]
    note = ""
    if len(shown) < len(rows):
        which = f"The newest {most} of {len(rows)} days" if by == "day" else f"The dearest {most} of {len(rows)}"
        command = f"<code>quotaline history --by {by}</code>"
        note = f'<p class="note">{which}; the total is of all of them, which {command} prints.</p>'
    return table(by, caption, columns, cells, foot) + note


def _head(by: str, row: HistoryRow, tz: tzinfo) -> list[Cell]:
    if by != "session":
        return [Cell(name(row.key))]
    begun = "" if row.starts_at is None else f"{datetime.fromtimestamp(row.starts_at, tz):%Y-%m-%d %H:%M}"
    return [Cell(name(row.key[:8])), Cell(name(row.project or "")), Cell(begun, row.starts_at)]


def _imported(day: ImportedDay) -> list[Cell]:
    """Day, no price, tokens, messages where they were told, and no kinds of token."""
    head = [Cell(f"{name(day.day)}{IMPORTED}"), Cell(""), Cell(f"~{formats.format_tokens(day.tokens)}", day.tokens)]
    return [*head, Cell("" if day.messages is None else f"{day.messages}", day.messages), *(Cell("") for _ in COUNTERS)]


def _numbers(row: HistoryRow, whole: HistoryRow | None = None) -> list[Cell]:
    """List price, tokens in all, messages, and the tokens of each kind, written as `history` writes them."""
    price = text(cost(row))
    if whole is not None:
        price += share_picture(float(row.cost_usd / whole.cost_usd))
    counts = [getattr(row.tokens, counter) for counter in COUNTERS]
    cells = [Cell(price, None if row.unpriced_models and not row.cost_usd else float(row.cost_usd))]
    cells += [Cell(formats.format_tokens(row.tokens.total), row.tokens.total), Cell(f"{row.messages}", row.messages)]
    return [*cells, *(Cell(formats.format_tokens(count), count) for count in counts)]


def cost_days(rows: Sequence[HistoryRow], total: HistoryRow, imported: Sequence[ImportedDay] = ()) -> str:
    """A bar for each calendar day from the first one with usage to the last; its table is the day's."""
    if not rows and not imported:
        return ""
    known = {row.key: float(row.cost_usd) for row in rows}
    every = sorted({**known, **dict.fromkeys((day.day for day in imported), 0.0)})[-MOST_ROWS["day"] :]
    first, amounts = _by_day({day: known.get(day) for day in every})
    others = {(date.fromisoformat(day.day) - date.fromisoformat(first)).days for day in imported if day.day >= every[0]}
    told, value = f"{len(every)} days from {every[0]} to {every[-1]}", ""
    if rows:
        dearest = max(rows, key=lambda row: row.cost_usd)
        told += f", together {cost(total)}; the dearest was {dearest.key} with {cost(dearest)}"
        value = f"most: {dearest.key} {text(cost(dearest))}"
    note = ""
    if imported:
        told += f"; {len(others)} of them without a price"
        note = f"Low grey bars: {text(imported_note(imported).removeprefix('~: '))}"
    picture = bar_picture(amounts, others, "List price by day", f"{told}. The table below has each day.", "day")
    return figure("List price by day", value, picture, (first, every[-1]), note)


def _by_day(amounts: Mapping[str, float | None]) -> tuple[str, list[float | None]]:
    """The first day, and the amount of each day from there to the last one; FEWEST_DAYS at the least: bars stay bars."""
    days = {date.fromisoformat(key).toordinal(): amount for key, amount in amounts.items()}
    first = min(*days, max(days) - FEWEST_DAYS + 1)
    return date.fromordinal(first).isoformat(), [days.get(day) for day in range(first, max(days) + 1)]


def extra_days(drawn: Drawn) -> str:
    """A bar for each day on which extra usage rose, in one currency."""
    rows = sorted((row for row in drawn.rows if row.key is not None), key=lambda row: row.key or "")
    total = _money(drawn.total)
    if not rows:
        return ""
    first, amounts = _by_day({row.key or "": float(row.amount.decimal()) for row in rows})
    dearest = max(rows, key=lambda row: row.amount.amount)
    title = f"Extra usage by day, {printable(drawn.total.currency)}"
    told = f"{total} from {rows[0].key} to {rows[-1].key}; most on {dearest.key}: ~{_money(dearest.amount)}"
    value = f"{text(total)}; most: {dearest.key} ~{text(_money(dearest.amount))}"
    return figure(title, value, bar_picture(amounts, (), title, told), (first, rows[-1].key or ""))


def extra_table(drawn: Drawn) -> str:
    """Who drew the extra dollars of one currency, by project."""
    columns = [Column("Project", numeric=False), Column("Extra"), Column("Share"), Column("List price")]
    cells = []
    for row in drawn.rows:
        known = row.key is not None
        share = float(row.amount.decimal() / drawn.total.decimal()) if drawn.total.amount else 0.0
        amount = Cell(("~" if known else "") + text(_money(row.amount)), float(row.amount.decimal()))
        price = Cell(text(cost(row)), float(row.cost_usd)) if known else Cell("")
        cells.append([Cell(name(named(row))), amount, Cell(f"{100 * share:.0f}%{share_picture(share)}", share), price])
    foot = [Cell("total"), Cell(text(_money(drawn.total)), float(drawn.total.decimal())), Cell(""), Cell("")]
    currency = printable(drawn.total.currency)
    key = "extra-" + "".join(letter for letter in currency if letter.isascii() and letter.isalnum())
    return table(key, f"Who drew the extra usage, {currency}", columns, cells[: MOST_ROWS["project"]], foot)


def cost_tile(row: HistoryRow) -> tuple[str, list[str]]:
    """The sum of the span: its list price, and what is said below it."""
    told = [f"{formats.format_tokens(row.tokens.total)} tokens in {row.messages} messages"]
    if row.runs:
        told.append(f"{text(dollars(str(row.recorded_usd)))} of it in recorded runs")
    return text(cost(row)), told


def _money(money: Money) -> str:
    return format_money([money.amount, money.currency, money.exponent]) or ""
