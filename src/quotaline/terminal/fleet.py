"""PURE A fleet's machines as lines of a table and as JSON: what each used today, in seven days, this month."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from quotaline.core.periods import rfc3339
from quotaline.terminal.history import plain
from quotaline.terminal.text import Words, ago, dollars, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.fleet.look import MachineUse
    from quotaline.terminal.text import Line

SCHEMA_VERSION = 1
SPANS = ("today", "seven_days", "month")
HEADS = ("today", "7 days", "month")
CELL, SEEN, NAME = 12, 14, 8


def table(machines: Sequence[MachineUse], now: float, limit: int) -> list[Line]:
    """One line for each machine; where the terminal is narrow, the month alone and not when it was seen."""
    if not machines:
        return [Text("No machine of the fleet may be seen by this login yet.", "muted")]
    wide = limit >= 2 * NAME + CELL * len(HEADS) + SEEN
    names = [f"{one.user} · {one.machine}" for one in machines]
    spans = SPANS if wide else SPANS[-1:]
    longest = max(map(cell_len, names))
    widths = (max(NAME, min(longest, limit - CELL * len(spans) - (SEEN if wide else 0))), *[CELL] * len(spans))
    columns = [Column(width=widths[0]), *(Column(width=cells, justify="right") for cells in widths[1:])]
    grid = Table.grid(*columns, *([Column(width=SEEN, justify="right")] if wide else []))
    heads = HEADS if wide else HEADS[-1:]
    grid.add_row("machine", *heads, *(["seen"] if wide else []), style="accent")
    for name, one in zip(names, machines, strict=True):
        costs = [_cost(getattr(one, span), unpriced=bool(one.unpriced_models)) for span in spans]
        grid.add_row(short(name, widths[0]), *costs, *([ago(one.last_seen, now)] if wide else []), style="text")
    unpriced = sorted({model for one in machines for model in one.unpriced_models})
    totals = [_cost(sum((getattr(one, span) for one in machines), Decimal(0)), unpriced=bool(unpriced)) for span in spans]
    grid.add_row("total", *totals, *([""] if wide else []), style="accent")
    note = f"≥: without {', '.join(unpriced)}, whose price is not known."
    return [grid, *([Words(note, "warn")] if unpriced else [])]


def as_json(machines: Sequence[MachineUse], now: float) -> str:
    """The machine form; money is decimal text, times are RFC 3339 in UTC."""
    rows = [
        {
            "machine": one.machine,
            "user": one.user,
            "last_seen": rfc3339(one.last_seen),
            **{f"{span}_usd": plain(getattr(one, span)) for span in SPANS},
            "unpriced_models": one.unpriced_models,
        }
        for one in machines
    ]
    total: dict[str, Any] = {f"{span}_usd": plain(sum((getattr(one, span) for one in machines), Decimal(0))) for span in SPANS}
    tree = {"schema_version": SCHEMA_VERSION, "generated_at": rfc3339(now), "machines": rows, "total": total}
    return msgspec.json.format(msgspec.json.encode(tree), indent=1).decode()


def _cost(amount: Decimal, *, unpriced: bool) -> str:
    text = dollars(str(amount))
    return "≥" + text.removeprefix("~") if unpriced else text
