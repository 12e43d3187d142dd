"""PURE This machine's tokens and their list price as lines: 5-hour block, today, seven days, each by model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.core import formats
from quotaline.render.paint import width
from quotaline.terminal.text import Line, dollars, short, wrapped

if TYPE_CHECKING:
    from quotaline.usage.report import Span, Transcripts

NAME, COUNT, COST = 18, 8, 10


def lines(local: Transcripts, now: float, limit: int) -> list[Line]:
    """The table; nothing where this machine used no token in seven days."""
    spans = [("5-hour block", local.five_hour), ("Today", local.today), ("Last 7 days", local.seven_day)]
    shown = [(name, part) for name, part in spans if part is not None and part.tokens.total]
    if not shown:
        return []
    models = [model.model for _, part in shown for model in part.models]
    room = min(max([NAME, *(width(model) + 2 for model in models)]), max(NAME, limit - COUNT - COST - 2))
    table: list[Line] = [_row("This machine", "tokens", "list price", room, "accent")]
    for name, part in shown:
        row = _row(name, formats.format_tokens(part.tokens.total), _cost(part), room, "text")
        if name == "5-hour block" and limit >= room + COUNT + COST + 20:
            row.append((f"  ends in {formats.format_left(part.ends_at.timestamp() - now)}", "muted"))
        table.append(row)
        for model in part.models:
            cost = "no price" if model.cost_usd is None else dollars(model.cost_usd)
            table.append(
                _row("  " + short(model.model, room - 2), formats.format_tokens(model.tokens.total), cost, room, "muted")
            )
    unpriced = sorted({model for _, part in shown for model in part.unpriced_models})
    if unpriced:
        note = f"Without {', '.join(unpriced)}: no price is known, and none is guessed."
        table += [[(text, "warn")] for text in wrapped(note, limit)]
    return table


def _cost(part: Span) -> str:
    if not part.unpriced_models:
        return dollars(part.cost_usd)
    return "no price" if float(part.cost_usd) == 0 else "≥" + dollars(part.cost_usd).removeprefix("~")


def _row(name: str, count: str, cost: str, room: int, role: str) -> Line:
    return [(name + " " * (room - width(name)), role), (count.rjust(COUNT), role), (cost.rjust(COST + 2), role)]
