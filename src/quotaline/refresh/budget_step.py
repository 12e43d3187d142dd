"""PURE Budgets in a refresh: what is about them is imported only for those who have some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.core.windows import is_budget
from quotaline.snapshot.merge import by_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.config.budgets import BudgetLimit
    from quotaline.config.schema import Config
    from quotaline.model import Reading, Snapshot


def budget_limits_of(config: Config, home: str) -> tuple[BudgetLimit, ...]:
    """The budgets of a configuration that has some; `home` is what `~` stands for."""
    from quotaline.config.budgets import budget_limits  # noqa: PLC0415 - for those who have budgets

    return budget_limits(config.budget, home)


def budget_fields_of(snapshot: Snapshot, now: float) -> dict[str, tuple[Any, float | None]]:
    """The ready fields of the snapshot's budgets."""
    from quotaline.snapshot.budget_fields import budget_fields  # noqa: PLC0415 - as above

    return budget_fields(snapshot.readings, now)


def with_budgets(
    readings: Sequence[Reading], budgets: Sequence[Reading] | None, limits: Sequence[BudgetLimit]
) -> tuple[Reading, ...]:
    """The readings with the budgets of now; where those are not known, with the last ones of the budgets that there are."""
    others = [reading for reading in readings if not is_budget(reading.value.id)]
    if budgets is None:
        ids = {limit.id for limit in limits if not limit.in_fleet}
        budgets = [reading for reading in readings if reading.value.id in ids]
    return (*others, *(reading for group in by_window(budgets).values() for reading in group))
