"""PURE This machine's tokens and their list price as lines: 5-hour block, today, seven days, each by model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from quotaline.core import formats
from quotaline.core.model_names import own_name
from quotaline.model import RECORD
from quotaline.terminal.text import Words, dollars, short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.terminal.text import Line
    from quotaline.usage.local import ByModel, Span, Transcripts

NAME, COUNT, COST = 18, 8, 12
OWN_COUNT = "*"
"""The mark of what a client counted itself."""


def lines(local: Transcripts, now: float, limit: int, names: Mapping[str, str] | None = None) -> list[Line]:
    """The table; nothing where this machine used no token in seven days. `names` are the user's own for models."""
    spans = [("5-hour block", local.five_hour), ("Today", local.today), ("Last 7 days", local.seven_day)]
    shown = [(name, part) for name, part in spans if part is not None and part.tokens.total]
    if not shown:
        return []
    models = [_named(model, names) for _, part in shown for model in part.models]
    room = min(max([NAME, *(cell_len(model) + 2 for model in models)]), max(NAME, limit - COUNT - COST))
    numbers = (Column(width=COUNT, justify="right"), Column(width=COST, justify="right"))
    table = Table.grid(Column(width=room), *numbers, Column(no_wrap=True))
    table.add_row("This machine", "tokens", "list price", style="accent")
    for name, part in shown:
        ends = ""
        if name == "5-hour block" and limit >= room + COUNT + COST + 18:
            ends = f"  ends in {formats.format_left(part.ends_at.timestamp() - now)}"
        table.add_row(name, formats.format_tokens(part.tokens.total), cost_text(part), Text(ends, "muted"), style="text")
        for model in part.models:
            cost = "no price" if model.cost_usd is None else dollars(model.cost_usd)
            called = short("  " + _named(model, names), room)
            table.add_row(called, formats.format_tokens(model.tokens.total), cost, style="muted")
    unpriced = sorted({model for _, part in shown for model in part.unpriced_models})
    note = f"Without {', '.join(unpriced)}: no price is known, and none is guessed."
    return [table, *([Words(note, "warn")] if unpriced else [])]


def _named(model: ByModel, names: Mapping[str, str] | None) -> str:
    name = own_name(names, model.model) if names else None
    return f"{name or model.model}{f' {OWN_COUNT}' if model.source == RECORD else ''}"


def cost_text(part: Span) -> str:
    """`~$1.20`; `≥$1.20` where a model without a price is among it."""
    if not part.unpriced_models:
        return dollars(part.cost_usd)
    return "no price" if float(part.cost_usd) == 0 else "≥" + dollars(part.cost_usd).removeprefix("~")
