"""Readings over time, as the ledger keeps them, for the tests of meter, forecast, guard and alerts."""

from __future__ import annotations

from datetime import UTC, datetime

from quotaline.model import ExtraUsage, Money, Reading, Window

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NOW = 1_795_269_600.0  # 2026-11-21 14:00:00 UTC


def at(text: str) -> float:
    """An ISO time; UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def spent(
    amount: int,
    as_of: float,
    *,
    currency: str = "USD",
    exponent: int = 2,
    limit: int | None = None,
    enabled: bool = True,
    reason: str | None = None,
) -> Reading:
    cap = None if limit is None else Money(limit, currency, exponent)
    value = ExtraUsage(is_enabled=enabled, used=Money(amount, currency, exponent), limit=cap, disabled_reason=reason)
    return Reading(value=value, source="endpoint", as_of=as_of, alpha=True)


def used(
    percent: float | None, as_of: float, *, resets_at: float | None = NOW + 2 * HOUR, key: str = "five_hour", name: str = ""
) -> Reading:
    value = Window(id=key, name=name or key, utilization=percent, resets_at=resets_at)
    return Reading(value=value, source="endpoint", as_of=as_of, alpha=True)
