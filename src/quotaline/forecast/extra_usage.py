"""PURE Stored readings over time × now → dollars this month, today, in the last hour, since the crossing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.core.periods import HOUR, month_end, same_period
from quotaline.forecast.spending import between, counter, steps
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.zone import midnight

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from quotaline.forecast.spending import Step

FULL = 100.0
LEAST_SPAN = 900.0
"""Seconds of readings below which a rate would be a guess."""
CLOSE = 1800.0
"""Two readings on both sides of midnight that lie closer together than this make today's sum as good as exact."""


class Crossing(Struct, frozen=True, kw_only=True):
    """Money began to move at `since` and has come to `amount`; `window` drew it (None: no window is at its limit).

    `until` is the reset after which it stops, where one is known.
    """

    since: float
    amount: Money
    window: str | None = None
    name: str | None = None
    until: float | None = None


class ExtraUsageRates(Struct, frozen=True, kw_only=True):
    """How extra usage moves, from readings over time. None is "not known", never zero.

    `can_move` is false while it is off. `rate` is money per hour over the hour before the newest reading. `today_exact` is
    false while part of `today` was spent between two readings on both sides of midnight. `as_of` is the newest reading's time.
    """

    as_of: float
    can_move: bool
    today: Money | None = None
    today_exact: bool = True
    rate: Money | None = None
    crossing: Crossing | None = None


def extra_usage_rates(
    current: Sequence[Reading], history: Sequence[Reading], now: float, zone: tzinfo
) -> ExtraUsageRates | None:
    """The rates at `now`: `current` are the merged readings, `history` the stored ones of the same account in any order.

    `zone` says when today began. None where extra usage was not read this month.
    """
    newest = next((reading for reading in current if isinstance(reading.value, ExtraUsage)), None)
    if newest is None or not isinstance(newest.value, ExtraUsage):
        return None
    enabled = newest.value.is_enabled
    unit, rows = counter([*history, newest], now)
    if not enabled or unit is None:
        return ExtraUsageRates(as_of=newest.as_of, can_move=enabled)
    spent = steps(rows)
    began = midnight(now, zone)
    before = max((at for at, _ in rows if at <= began), default=None)
    after = min((at for at, _ in rows if at > began), default=None)
    return ExtraUsageRates(
        as_of=newest.as_of,
        can_move=True,
        today=None if before is None else _money(between(spent, began, now), unit),
        today_exact=before is None or after is None or after - before <= CLOSE or not _moved(spent, before, after),
        rate=_rate(rows, spent, unit, now),
        crossing=_crossing(current, history, spent, unit, now),
    )


def extra_usage_fields(
    found: ExtraUsageRates | None, now: float, zone: tzinfo, stale_after: float
) -> dict[str, tuple[Any, float | None]]:
    """Ready fields `name -> (value, until)`; what is zero or unknown is not there, and nothing outlives its month."""
    fields: dict[str, tuple[Any, float | None]] = {}
    if found is None or not found.can_move:
        return fields
    month = month_end(now)
    if found.today is not None and found.today.amount:
        until = min(month, midnight(now, zone, days=1))
        fields["extra.today"] = (found.today, until)
        fields["extra.mark"] = ("" if found.today_exact else "~", until)
    if found.rate is not None and found.rate.amount:
        fields["extra.rate"] = (found.rate, min(month, found.as_of + max(HOUR, stale_after)))
    crossing = found.crossing
    if crossing is not None:
        until = crossing.until or found.as_of + max(HOUR, stale_after)
        fields["crossing.amount"] = (crossing.amount, until)
        fields["crossing.since"] = (crossing.since, until)
        if crossing.name:
            fields["crossing.name"] = (crossing.name, until)
        fields |= {"extra.crossed_at": (crossing.since, until), "extra.crossed": (crossing.amount, until)}
    return fields


def _money(amount: int, unit: Money) -> Money:
    return Money(amount, unit.currency, unit.exponent)


def _moved(spent: Sequence[Step], start: float, end: float) -> bool:
    return any(step.start >= start and step.end <= end for step in spent)


def _rate(rows: Sequence[tuple[float, int]], spent: Sequence[Step], unit: Money, now: float) -> Money | None:
    last, first = rows[-1][0], rows[0][0]
    covered = min(HOUR, last - first)
    if now - last > HOUR or covered < LEAST_SPAN:
        return None
    amount = between(spent, last - covered, last)
    return _money(round(Decimal(amount) * Decimal(HOUR) / Decimal(covered)), unit)


def _crossing(
    current: Sequence[Reading], history: Sequence[Reading], spent: Sequence[Step], unit: Money, now: float
) -> Crossing | None:
    """The crossing that is open: a window is at its limit and money moved since, or money moved within the last hour."""
    full = [w for r in current if (w := _full(r)) is not None and (w.resets_at is None or w.resets_at > now)]
    run = _run(spent, now)
    if full:
        first, drew = min(((_reached(window, current, history), window) for window in full), key=lambda pair: pair[0])
        amount = sum(step.amount for step in spent if step.end > first)
        if run is not None and first - HOUR <= run.start < first:  # the money was seen before the window's last percent was
            first, amount = run.start, sum(step.amount for step in spent if step.start >= run.start)
        resets = [window.resets_at for window in full if window.resets_at is not None]
        until = max(resets) if len(resets) == len(full) else None
        if amount:
            return Crossing(since=first, amount=_money(amount, unit), window=drew.id, name=drew.name, until=until)
    elif run is not None and any(_plan(reading) for reading in current) and not _drained(history, spent[-1].end, now):
        amount = sum(step.amount for step in spent if step.end >= run.end)
        return Crossing(since=max(run.start, run.end - HOUR), amount=_money(amount, unit))
    return None


def _run(spent: Sequence[Step], now: float) -> Step | None:
    """The first step of the run of spending that reaches into the last hour, without a pause of an hour."""
    first: Step | None = None
    edge = now
    for step in reversed(spent):
        if edge - step.end > HOUR:
            break
        first, edge = step, step.end
    return first


def _drained(history: Sequence[Reading], end: float, now: float) -> bool:
    """Whether a window that was at its limit when the last money moved has been reset since: nothing draws any more."""
    full = (window for reading in history if (window := _full(reading)) is not None)
    return any(window.resets_at is not None and end <= window.resets_at <= now for window in full)


def _plan(reading: Reading) -> Window | None:
    """A window of the plan: where there is none, every request costs money and nothing is crossed."""
    value = reading.value
    return value if isinstance(value, Window) and value.limit_money is None and value.id != "spend_limit" else None


def _full(reading: Reading) -> Window | None:
    window = _plan(reading)
    return window if window is not None and window.utilization is not None and window.utilization >= FULL else None


def _reached(window: Window, current: Sequence[Reading], history: Sequence[Reading]) -> float:
    """When this period of `window` was first read at its limit."""
    times = [
        reading.as_of
        for reading in (*history, *current)
        if (seen := _full(reading)) is not None and seen.id == window.id and same_period(seen.resets_at, window.resets_at)
    ]
    return min(times)
