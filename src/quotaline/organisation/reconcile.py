"""EFFECT This machine's cost beside the organisation's report, per day (UTC) and model, with the explanations that can be seen.

A difference is named where it is above a dollar and above 5 % of the larger side. What is compared is the list price of the
transcripts here, and what the client counted for runs without, with what the report says is charged, all products together.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.core.formats import format_tokens
from quotaline.ledger.store import clear_errors
from quotaline.ledger.usage import UsagePart, usage_between
from quotaline.organisation.plan import COST, USAGE
from quotaline.organisation.rows import DOLLARS, Coverage, coverage
from quotaline.prices import model_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection

    from quotaline.prices import PriceBook

NAMED_DOLLARS, NAMED_SHARE = Decimal(1), Decimal("0.05")
HERE = "claude_code"
"""The product whose use the transcripts of this machine hold."""
CLOSE = Decimal("0.01")
"""Share by which two counts of tokens may differ and be taken for the same."""


class Side(Struct):
    """One side of a day and model: exact dollars, tokens; of the report also what other products cost, and who used it."""

    cost: Decimal = Decimal(0)
    tokens: int = 0
    unpriced: bool = False
    listed: Decimal | None = None
    elsewhere: dict[str, Decimal] = {}
    actors: set[str] = set()


class Comparison(Struct, frozen=True, kw_only=True):
    """One day and model. `reported` is None where the report holds nothing of the day; `named` where the difference counts."""

    day: str
    model: str
    here: Decimal
    reported: Decimal | None
    named: bool
    explanations: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal:
        """What the report has more than this machine, in dollars; negative where it has less."""
        return (self.reported or Decimal(0)) - self.here


class Reconciliation(Struct, frozen=True, kw_only=True):
    """All of them in order of day and model, what of the days is missing, and amounts in other currencies."""

    rows: tuple[Comparison, ...]
    covered: Coverage
    others: tuple[tuple[str, Decimal], ...] = ()


def reconcile(
    connection: Connection, owner: str, prices: PriceBook, *, since: date | None = None, until: date | None = None
) -> Reconciliation:
    """Compare the days that the cost report was asked for, from `since` to `until` (UTC, both included). Raises LedgerError."""
    covered = coverage(connection, owner, since=since, until=until)
    if covered.first is None or covered.last is None:
        return Reconciliation(rows=(), covered=covered)
    first, last = date.fromisoformat(covered.first), date.fromisoformat(covered.last)
    with clear_errors():
        here = _here(connection, first, last, prices)
        there, others = _there(connection, owner, covered.first, covered.last)
    missing = set(covered.missing)
    found = []
    for day, model in sorted({*here, *there}):
        mine, theirs = here.get((day, model), Side()), there.get((day, model))
        if theirs is None and day not in missing:
            theirs = Side()
        found.append(_compared(day, model, mine, theirs))
    amounts = tuple((currency, cents / 100) for currency, cents in sorted(others.items()))
    return Reconciliation(rows=tuple(found), covered=covered, others=amounts)


def _here(connection: Connection, first: date, last: date, prices: PriceBook) -> dict[tuple[str, str], Side]:
    """This machine's messages at list price, and recorded runs."""
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() for day in (first, last + timedelta(days=1)))
    found: dict[tuple[str, str], Side] = defaultdict(Side)
    for part in usage_between(connection, start, end):
        side = found[_day_of(part), model_name(part.model)]
        cost = part.cost(prices)
        side.tokens += part.tokens.total
        side.cost += cost or 0
        side.unpriced |= cost is None
    return found


def _day_of(part: UsagePart) -> str:
    return (date(1970, 1, 1) + timedelta(days=part.time // 86400)).isoformat()


def _there(connection: Connection, owner: str, first: str, last: str) -> tuple[dict[tuple[str, str], Side], dict[str, Decimal]]:
    """The report's side, and its amounts in other currencies."""
    found: dict[tuple[str, str], Side] = defaultdict(Side)
    others: dict[str, Decimal] = defaultdict(Decimal)
    where = "WHERE owner = ? AND report = ? AND day BETWEEN ? AND ?"
    query = f"SELECT day, model, product, actor, currency, cents, list_cents FROM organisation_row {where}"  # noqa: S608
    for day, model, product, actor, currency, cents, list_cents in connection.execute(query, (owner, COST, first, last)):
        if currency != DOLLARS:
            others[currency] += Decimal(cents)
            continue
        side, amount = found[day, _model(model)], Decimal(cents) / 100
        side.cost += amount
        if list_cents is not None:
            side.listed = (side.listed or 0) + Decimal(list_cents) / 100
        if product not in (None, HERE):
            side.elsewhere[product] = side.elsewhere.get(product, Decimal(0)) + amount
        if actor is not None:
            side.actors.add(actor)
    counters = "sum(input + output + cache_write_5m + cache_write_1h + cache_read)"
    query = f"SELECT day, model, {counters} FROM organisation_row {where} GROUP BY 1, 2"  # noqa: S608
    for day, model, tokens in connection.execute(query, (owner, USAGE, first, last)):
        found[day, _model(model)].tokens += tokens
    return found, others


def _model(name: str | None) -> str:
    return "no model" if name is None else model_name(name)


def _compared(day: str, model: str, here: Side, there: Side | None) -> Comparison:
    reported = None if there is None else there.cost
    apart = abs((reported or Decimal(0)) - here.cost)
    larger = max(abs(reported or Decimal(0)), here.cost)
    named = (apart > NAMED_DOLLARS and apart > larger * NAMED_SHARE) or (here.unpriced and larger > NAMED_DOLLARS)
    return Comparison(
        day=day,
        model=model,
        here=here.cost,
        reported=reported,
        named=named,
        explanations=tuple(_explanations(here, there)) if named else (),
    )


def _explanations(here: Side, there: Side | None) -> Iterable[str]:
    """What can be seen that explains a difference, each a phrase."""
    if there is None:
        yield "the report holds nothing of this day"
        return
    if here.unpriced:
        yield "its price is not known here"
    for product, amount in sorted(there.elsewhere.items(), key=lambda pair: -pair[1]):
        yield f"other products: {product} {_dollars(amount)}"
    if there.listed is not None and abs(there.listed - there.cost) > CLOSE:
        yield f"a discount: {_dollars(there.listed)} at list price"
    if there.tokens > here.tokens * (1 + CLOSE):
        who = f", used by {len(there.actors)} people or keys" if len(there.actors) > 1 else ""
        yield f"other machines: {format_tokens(there.tokens - here.tokens)} tokens that are not here{who}"
    elif here.tokens > there.tokens * (1 + CLOSE):
        more = format_tokens(here.tokens - there.tokens)
        yield f"{more} tokens that the report does not have: use on a plan, of another organisation, or not reported yet"
    elif there.tokens:
        yield "the same tokens at another price"


def _dollars(amount: Decimal) -> str:
    return f"${amount:.2f}"
