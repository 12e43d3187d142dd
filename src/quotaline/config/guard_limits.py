"""PURE `[guard]` → the limits that the snapshot carries, so that the hook reads them without parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.core.limits import parse_duration
from quotaline.core.money import parse_amount
from quotaline.core.windows import PLAN_KINDS

if TYPE_CHECKING:
    from quotaline.config.schema import Guard


def guard_problem(guard: Guard) -> str | None:
    """What is wrong with `[guard]` beyond its types, without a full stop."""
    if guard.max_extra is not None and parse_amount(str(guard.max_extra)) is None:
        return f"`guard.max_extra` is {guard.max_extra!r}; allowed is an amount such as 5.00"
    if guard.max_age is not None and not parse_duration(guard.max_age):
        return f"`guard.max_age` is {guard.max_age!r}; allowed is a time such as 90s, 15m, 2h or 1d, at most 30d"
    return None


def guard_limits(guard: Guard, stale_after: float) -> dict[str, Any]:
    """`[guard]` as the limits that the snapshot carries: plain values, so that the hook reads them without parsing."""
    named = {kind.id: getattr(guard, kind.id) for kind in PLAN_KINDS}
    return {
        "windows": guard.windows | {key: limit for key, limit in named.items() if limit is not None},
        "extra": None if guard.max_extra is None else parse_amount(str(guard.max_extra)),
        "no_extra": guard.no_extra,
        "budget": guard.budget,
        "max_age": stale_after if guard.max_age is None else parse_duration(guard.max_age),
        "hook": guard.hook,
    }
