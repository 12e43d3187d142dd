"""EFFECT What one person and the team used, as the fleet adds it up: today for the line, this month for budgets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import structs

from quotaline.fleet.state import Today
from quotaline.ledger.budgets import budget_reading, month_span
from quotaline.ledger.totals import summed
from quotaline.ledger.usage import as_part
from quotaline.model import Money
from quotaline.zone import local_zone, midnight

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import psycopg

    from quotaline.config.budgets import BudgetLimit
    from quotaline.fleet.state import FleetState, Identity
    from quotaline.model import LocalUsage, Reading
    from quotaline.prices import PriceBook

LOOK_AGAIN = 300.0
"""Seconds after which the sums are asked for again."""
TEAM = "monthly_team"


def with_today(
    connection: psycopg.Connection,
    identity: Identity,
    state: FleetState,
    prices: PriceBook,
    *,
    now: float,
    periods: Sequence[str],
) -> FleetState:
    """The state with today's sums, and with those of this month for the budgets' `periods`, unless they are fresh enough."""
    zone = local_zone()
    last = state.today
    if last and last.months.keys() == set(periods) and 0 <= now - last.looked_at < LOOK_AGAIN and now < last.ends_at:
        return state
    day, month = (midnight(now, zone), midnight(now, zone, days=1)), month_of(now, zone)
    today = _sums(connection, identity, day, prices, team=False)
    months = {}
    for period in periods:
        found = _sums(connection, identity, month, prices, team=period == TEAM)
        months[period] = (str(found.cost_usd), bool(found.unpriced_models))
    looked = Today(
        looked_at=now,
        ends_at=day[1],
        month_ends_at=month[1],
        cost=str(today.cost_usd),
        tokens=today.tokens.total,
        unpriced=bool(today.unpriced_models),
        months=months,
    )
    return structs.replace(state, today=looked)


def month_of(now: float, zone: tzinfo) -> tuple[float, float]:
    """When the calendar month that holds `now` begins and ends in `zone`, epoch seconds."""
    return month_span(datetime.fromtimestamp(now, zone).date(), zone)


def today_fields(today: Today | None, now: float) -> dict[str, tuple[Any, float | None]]:
    """The ready fields; none where there was no token today."""
    if today is None or not today.tokens or not today.looked_at <= now < today.ends_at:
        return {}
    fields: dict[str, tuple[Any, float | None]] = {"fleet.tokens": (today.tokens, today.ends_at)}
    if Decimal(today.cost) or not today.unpriced:
        fields["fleet.today"] = (Money.dollars(Decimal(today.cost)), today.ends_at)
        fields["fleet.mark"] = ("≥" if today.unpriced else "~", today.ends_at)
    return fields


def fleet_budgets(today: Today | None, limits: Sequence[BudgetLimit], now: float) -> list[Reading]:
    """How far the budgets are whose use the fleet tells, as of when it was looked at."""
    if today is None or not today.looked_at <= now < today.month_ends_at:
        return []
    found = []
    for limit in limits:
        if limit.period in today.months:
            cost, unpriced = today.months[limit.period]
            more = {"at_least": True} if unpriced else {}
            found.append(budget_reading(limit, Decimal(cost), today.month_ends_at, today.looked_at, "fleet", **more))
    return found


def _sums(
    connection: psycopg.Connection, identity: Identity, span: tuple[float, float], prices: PriceBook, *, team: bool
) -> LocalUsage:
    row = connection.execute("SELECT quotaline.sums(%s, %s, %s, %s)", (identity.machine, team, *span)).fetchone()
    return summed(*span, [as_part(part) for part in (row[0] if row else ())], prices)
