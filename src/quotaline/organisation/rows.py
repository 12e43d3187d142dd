"""EFFECT The reports in the ledger as rows: by day (UTC), model, workspace, actor, API key, or by Claude Code's users."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_args

from msgspec import Struct

from quotaline.ledger.store import clear_errors
from quotaline.model import TokenUsage
from quotaline.organisation.plan import CLAUDE_CODE, COST, USAGE
from quotaline.prices import model_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from sqlite3 import Connection

By = Literal["day", "model", "workspace", "actor", "api-key", "user"]
WAYS: tuple[str, ...] = get_args(By)
COLUMN = {"day": "day", "model": "model", "workspace": "workspace", "actor": "actor", "api-key": "api_key", "user": "actor"}
LEGACY_COSTS = ("day", "model", "workspace")
"""What the older cost report can be told apart by."""
NOBODY = {"workspace": "default workspace"}
DOLLARS = "USD"
COUNTERS = "input, output, cache_write_5m, cache_write_1h, cache_read"
DONE = ("sessions", "lines_added", "lines_removed", "commits", "pull_requests")


class ReportedRow(Struct, frozen=True, kw_only=True):
    """What the reports say of one day, model, …; `key` names it.

    `cost_usd` is exact, after discounts, `list_usd` before them; None where no report tells it. `others` are amounts in other
    currencies, which are never added to it. The last five are of Claude Code's report only.
    """

    key: str
    tokens: TokenUsage
    web_searches: int = 0
    requests: int | None = None
    cost_usd: Decimal | None = None
    list_usd: Decimal | None = None
    others: tuple[tuple[str, Decimal], ...] = ()
    sessions: int | None = None
    lines_added: int | None = None
    lines_removed: int | None = None
    commits: int | None = None
    pull_requests: int | None = None


def reported(
    connection: Connection, owner: str, by: By, *, legacy: bool, since: date | None = None, until: date | None = None
) -> list[ReportedRow]:
    """The rows in order of time, or of cost. Users are Claude Code's own report, or its product where that is not given.

    `legacy`: the reports are of the older interface, whose costs know neither keys nor actors. Raises LedgerError.
    """
    first, last = since.isoformat() if since else "", until.isoformat() if until else "9999"
    column = COLUMN[by]
    with clear_errors():
        people = by == "user" and _has(connection, owner, CLAUDE_CODE)
        usage, cost = (CLAUDE_CODE, CLAUDE_CODE) if people else (USAGE, COST)
        only = " AND product = 'claude_code'" if by == "user" else ""
        bounds = (first, last)
        tokens = f"""SELECT {column}, sum(input), sum(output), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read),
            sum(web_searches), sum(requests), {", ".join(f"sum({name})" for name in DONE)} FROM organisation_row
            WHERE owner = ? AND report = ? AND day BETWEEN ? AND ?{only} GROUP BY 1"""  # noqa: S608 - names of our own
        sums = connection.execute(tokens, (owner, usage, *bounds)).fetchall()
        money = f"""SELECT {column}, currency, cents, list_cents FROM organisation_row
            WHERE owner = ? AND report = ? AND day BETWEEN ? AND ? AND cents IS NOT NULL{only}"""  # noqa: S608 - as above
        told = not legacy or people or by in LEGACY_COSTS
        costs = _costs(connection.execute(money, (owner, cost, *bounds)), by) if told else {}
    return _ordered(by, _joined(by, sums, costs))


def _has(connection: Connection, owner: str, report: str) -> bool:
    query = "SELECT 1 FROM organisation_row WHERE owner = ? AND report = ? LIMIT 1"
    return connection.execute(query, (owner, report)).fetchone() is not None


def _key(by: str, value: str | None) -> str:
    if value is None:
        return NOBODY.get(by, f"no {by.replace('-', ' ')}")
    return model_name(value) if by == "model" else value


class _Money:
    """Exact sums of hundredths, per currency; `listed` where every row had a list price."""

    def __init__(self) -> None:
        self.amounts: dict[str, Decimal] = defaultdict(Decimal)
        self.listed: Decimal | None = Decimal(0)

    def add(self, currency: str, cents: str, list_cents: str | None) -> None:
        self.amounts[currency] += Decimal(cents)
        if currency == DOLLARS:
            self.listed = None if list_cents is None or self.listed is None else self.listed + Decimal(list_cents)


def _costs(rows: Iterable[tuple[Any, ...]], by: str) -> dict[str, _Money]:
    found: dict[str, _Money] = defaultdict(_Money)
    for value, currency, cents, list_cents in rows:
        found[_key(by, value)].add(currency, cents, list_cents)
    return found


def _joined(by: str, sums: Sequence[tuple[Any, ...]], costs: dict[str, _Money]) -> list[ReportedRow]:
    counts: dict[str, list[Any]] = {}
    for value, *numbers in sums:
        before = counts.setdefault(_key(by, value), [None] * len(numbers))
        for place, number in enumerate(numbers):
            before[place] = number if before[place] is None else before[place] + (number or 0)
    rows = []
    for key in dict.fromkeys([*counts, *costs]):
        tokens, (searches, requests), done = _parted(counts.get(key, [0] * 6 + [None] * 6))
        money = costs.get(key)
        rows.append(
            ReportedRow(
                key=key,
                tokens=tokens,
                web_searches=searches or 0,
                requests=requests,
                cost_usd=None if money is None or DOLLARS not in money.amounts else money.amounts[DOLLARS] / 100,
                list_usd=None if money is None or money.listed is None else money.listed / 100,
                others=() if money is None else others(money.amounts),
                **dict(zip(DONE, done, strict=True)),
            )
        )
    return rows


def _parted(numbers: list[Any]) -> tuple[TokenUsage, list[Any], list[Any]]:
    names = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")
    return TokenUsage(**dict(zip(names, numbers[:5], strict=True))), numbers[5:7], numbers[7:]


def others(amounts: dict[str, Decimal]) -> tuple[tuple[str, Decimal], ...]:
    """The amounts that are no dollars, in their own unit."""
    return tuple((currency, cents / 100) for currency, cents in sorted(amounts.items()) if currency != DOLLARS)


def _ordered(by: str, rows: list[ReportedRow]) -> list[ReportedRow]:
    if by == "day":
        return sorted(rows, key=lambda row: row.key)
    return sorted(rows, key=lambda row: (-(row.cost_usd or 0), -row.tokens.total, row.key))


def total_reported(rows: Sequence[ReportedRow]) -> ReportedRow:
    """All rows as one, `total`."""
    money: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        for currency, amount in row.others:
            money[currency] += amount * 100
    known = [row.cost_usd for row in rows if row.cost_usd is not None]
    listed = [row.list_usd for row in rows if row.list_usd is not None]
    done = {name: _summed(getattr(row, name) for row in rows) for name in DONE}
    return ReportedRow(
        key="total",
        tokens=sum((row.tokens for row in rows), TokenUsage()),
        web_searches=sum(row.web_searches for row in rows),
        requests=_summed(row.requests for row in rows),
        cost_usd=sum(known, Decimal(0)) if known else None,
        list_usd=sum(listed, Decimal(0)) if listed and len(listed) == len(known) else None,
        others=others(money),
        **done,
    )


def _summed(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


class Coverage(Struct, frozen=True, kw_only=True):
    """Which days (UTC) the reports speak of: the first and the last that were asked for, and those of which nothing came."""

    first: str | None = None
    last: str | None = None
    missing: tuple[str, ...] = ()


def coverage(connection: Connection, owner: str, *, since: date | None = None, until: date | None = None) -> Coverage:
    """The days of the cost report. Raises LedgerError."""
    query = "SELECT day, seen FROM organisation_day WHERE owner = ? AND report = ? AND day BETWEEN ? AND ? ORDER BY day"
    bounds = (since.isoformat() if since else "", until.isoformat() if until else "9999")
    with clear_errors():
        days = connection.execute(query, (owner, COST, *bounds)).fetchall()
    if not days:
        return Coverage()
    return Coverage(first=days[0][0], last=days[-1][0], missing=tuple(day for day, seen in days if not seen))
