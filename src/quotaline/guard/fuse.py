"""PURE Readings of extra usage since a command started → how far that run has moved it, as one more limit of the guard.

What the meter had come to at the last reading before the start is the run's zero, so what was spent between that reading and
the start counts, and so does what others spend of the same account meanwhile: the server tells the sum only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.core.formats import format_left
from quotaline.core.limits import NOTHING_READ
from quotaline.core.money import to_minor_units
from quotaline.core.windows import EXTRA_USAGE
from quotaline.forecast.spending import counter, steps
from quotaline.model import ExtraUsage, Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quotaline.model import Reading

RUN_NAME = "The extra usage of this run"
METER_NAME = "The extra usage that this run would move"


def moved(seen: Sequence[Reading], now: float) -> list[Money]:
    """What the meter rose by since the first reading of `seen` (oldest first): an amount per account and currency.

    They are never added. Of a month that has turned in between, what its counter shows counts, too; a counter that falls is not
    negative (see `forecast.spending`).
    """
    found = []
    for group in _meters(seen):
        unit, rows = counter(group, now)
        if unit is not None:
            found.append(Money(sum(step.amount for step in steps(rows)), unit.currency, unit.exponent))
    return found


def _meters(seen: Iterable[Reading]) -> list[list[Reading]]:
    """Readings of one counter each: another login or another currency is another counter; no login named is the last one."""
    groups: dict[tuple[str | None, str], list[Reading]] = {}
    account = None
    for reading in seen:
        if not isinstance(reading.value, ExtraUsage) or reading.value.used is None:
            continue
        if reading.account is not None and account is None:  # the first one that is named is whose the earlier ones were
            groups = {(reading.account, currency): group for (_, currency), group in groups.items()}
        account = reading.account or account
        groups.setdefault((account, reading.value.used.currency), []).append(reading)
    return list(groups.values())


def fuse_check(seen: Sequence[Reading], delta: list[int], now: float, max_age: float) -> dict[str, Any]:
    """The limit `delta` (`[digits, decimals]`) as a check in the form of `core.limits.check_limits`.

    Over as soon as one meter rose by more; unknown without a reading, or with one older than `max_age` seconds.
    """
    last = seen[-1] if seen else None
    check: dict[str, Any] = {
        "id": EXTRA_USAGE, "name": METER_NAME, "state": "unknown", "used": None, "limit": None, "until": None,
        "as_of": last.as_of if last else None, "why": "",
    }  # fmt: skip
    for amount in moved(seen, now):
        limit = to_minor_units(delta, amount.exponent)
        if amount.amount * 10 ** delta[1] > delta[0] * 10**amount.exponent:
            unit = [amount.currency, amount.exponent]
            return {**check, "name": RUN_NAME, "state": "over", "used": [amount.amount, *unit], "limit": [limit, *unit]}
    if last is None or not isinstance(last.value, ExtraUsage):
        return {**check, "why": NOTHING_READ[0].lower() + NOTHING_READ[1:]}
    if last.value.is_enabled and last.value.used is None:
        return {**check, "why": "its source gave no amount"}
    if now - last.as_of > max_age:
        return {**check, "why": f"it was read {format_left(now - last.as_of)} ago"}
    return {**check, "state": "room"}
