"""PURE `[budget]` → the limits in dollars that this account's usage at list price is held against."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.core.values import short_label
from quotaline.core.windows import BUDGETS, PROJECT_BUDGETS, member_name, own_name
from quotaline.core.windows import member_id as id_of
from quotaline.model import Money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.config.schema import Budget, Budgets

PERIODS = {kind.id.removeprefix(PROJECT_BUDGETS.id): kind for kind in BUDGETS}
"""`block`, `daily`, `weekly`, `monthly` and what the window of each is called."""
IN_FLEET = {"monthly_user": "user_monthly", "monthly_team": "team_monthly"}
"""Periods whose use the fleet tells, and what they are called in `[budget]`."""
DOLLARS = re.compile(r"(?:\$|USD )?(\d+)(?:\.(\d{1,2}))?(?: USD)?", re.ASCII)
MOST = 10_000_000
"""Dollars from which on an amount is a slip of the pen."""


class BudgetLimit(Struct, frozen=True, kw_only=True):
    """One budget: the window it becomes, the `period` it is for, its amount, and the folder of the project it is of, if any."""

    id: str
    name: str
    period: str
    limit: Money
    project: str | None = None

    @property
    def in_fleet(self) -> bool:
        """Whether the fleet tells how much of it is spent, not this machine's ledger."""
        return self.period in IN_FLEET


def budget_problem(budgets: Budgets) -> str | None:
    """What is wrong with `[budget]` beyond its types, without a full stop."""
    for where, _, _, amount in _amounts(budgets):
        if _cents(amount) is None:
            return f"`{where}` is {amount!r}; allowed is an amount in dollars such as 25 or 25.00, above 0 and below {MOST:,}"
    for path in budgets.projects:
        if not path.strip("/\\") or (not path.startswith(("~/", "/")) and not re.match(r"[A-Za-z]:[/\\]", path)):
            return f"`budget.projects` has {path!r}; allowed is a whole path such as ~/code/shop"
    return None


def budget_limits(budgets: Budgets, home: str) -> tuple[BudgetLimit, ...]:
    """The budgets that `budget_problem` finds nothing wrong with; `home` is what `~` stands for."""
    found: list[BudgetLimit] = []
    taken: set[str] = set()
    for _, period, path, amount in _amounts(budgets):
        cents = _cents(amount)
        if cents is None:
            continue
        kind, folder = PERIODS[period], None
        key, name = kind.id, kind.name
        if path:
            folder = (home + path[1:] if path.startswith("~/") else path).rstrip("/\\")
            last = short_label(re.split(r"[/\\]", folder)[-1]) or "project"  # a folder may be called anything
            names = own_name(PROJECT_BUDGETS, [last, period], taken)
            key, name = id_of(PROJECT_BUDGETS, names), member_name(PROJECT_BUDGETS, names)
        taken.add(key)
        found.append(BudgetLimit(id=key, name=name, period=period, limit=Money(cents, "USD", 2), project=folder))
    return tuple(found)


def _amounts(budgets: Budgets) -> Iterator[tuple[str, str, str, int | float | str]]:
    """Where it stands, its period, its project ("" for all) and the amount, of each budget there is."""
    tables: list[tuple[str, str, Budget]] = [("budget", "", budgets)]
    tables += [(f"budget.projects.{path}", path, table) for path, table in budgets.projects.items()]
    for where, path, table in tables:
        for period in PERIODS:
            key = IN_FLEET.get(period, period)
            amount: int | float | str | None = getattr(table, key, None)
            if amount is not None:
                yield f"{where}.{key}", period, path, amount


def _cents(amount: float | str) -> int | None:
    """The amount in cents; None where it is none, nothing, or too much."""
    found = DOLLARS.fullmatch(str(amount).strip())
    cents = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    return cents if 0 < cents < MOST * 100 else None
