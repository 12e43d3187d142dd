"""PURE Readings of budgets × now → the ready fields `budget.…`, of the one that is fullest, and `health.…`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.core.windows import BUDGETS, window_label, window_length
from quotaline.model import Money, Window
from quotaline.render.fields import estimate_mark, pace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quotaline.model import Reading

WEEK, BLOCK = "budget_weekly", "budget_block"
FULL = 100.0
SHARES = {"week": 0.5, "block": 0.3, "pace": 0.2}
"""How many points of health a percent costs: of the week's budget, of the block's, of what the week is ahead of even use."""


class Health(Struct, frozen=True, kw_only=True):
    """`score` 0-100 is what is left of 100 after each of `parts` (`week`, `block`, `pace`) has taken its points.

    `part` takes the most; None while none takes any.
    """

    score: int
    part: str | None
    parts: dict[str, float]


def health(readings: Iterable[Reading], now: float) -> tuple[Health, float] | None:
    """How well the budgets of the week and of the block stand, and until when that is true; None without one of the week."""
    found = {reading.value.id: reading.value for reading in readings if isinstance(reading.value, Window)}
    week, block = found.get(WEEK), found.get(BLOCK)
    if week is None or week.utilization is None or week.resets_at is None:
        return None
    ahead = pace(week.utilization, week.resets_at, window_length(WEEK), now) or 0.0
    spent = {"week": week.utilization, "block": (block.utilization or 0.0) if block else 0.0, "pace": ahead}
    parts = {name: SHARES[name] * min(FULL, max(0.0, share)) for name, share in spent.items()}
    most = max(parts, key=lambda name: parts[name])
    until = min(week.resets_at, block.resets_at if block and block.resets_at else week.resets_at)
    return Health(score=int(FULL - sum(parts.values())), part=most if parts[most] else None, parts=parts), until


def budget_fields(readings: Sequence[Reading], now: float) -> dict[str, tuple[Any, float | None]]:
    """`name -> (value, until)`: what the fullest budget over all projects is at until its period ends, and the health."""
    ids = [kind.id for kind in BUDGETS]
    own = [value for reading in readings if isinstance(value := reading.value, Window) and value.id in ids]
    fields: dict[str, tuple[Any, float | None]] = {}
    fullest = max(own, key=lambda value: (value.utilization or 0.0, -ids.index(value.id)), default=None)
    if fullest is not None and fullest.used_money is not None and fullest.limit_money is not None:
        left = max(0, fullest.limit_money.amount - fullest.used_money.amount)
        values = {
            "used": fullest.utilization,
            "spent": fullest.used_money,
            "limit": fullest.limit_money,
            "left": Money(left, "USD", 2),
            "label": window_label(fullest.id, fullest.name),
            "mark": estimate_mark(fullest.extras),
        }
        fields |= {f"budget.{name}": (value, fullest.resets_at) for name, value in values.items()}
    told = health(readings, now)
    if told is not None:
        score, until = told[0].score, told[1]
        fields |= {"health.score": (score, until), "health.lost": (100 - score, until)}
        if told[0].part:
            fields["health.part"] = (told[0].part, until)
    return fields
