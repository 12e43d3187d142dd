"""EFFECT A refresh's part in the fleet: what it last told is read from the ledger; it is visited when all else is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from quotaline.config.budgets import IN_FLEET
from quotaline.core.paths import REFRESH_MARKER
from quotaline.fleet.push import Visit, visit_if_due
from quotaline.fleet.state import FleetState, load_state
from quotaline.fleet.today import fleet_budgets, today_fields
from quotaline.ledger import open_ledger
from quotaline.model import SourceState
from quotaline.prices import PriceBook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quotaline.config.budgets import BudgetLimit
    from quotaline.config.schema import Config
    from quotaline.locations import Locations
    from quotaline.model import Reading, Snapshot

SOURCE = "fleet"


class FleetStep:
    """The fleet of one refresh. Made for those only who have one, as is the import of this module."""

    def __init__(self, config: Config, where: Locations, env: Mapping[str, str], now: float) -> None:
        self._config, self._where, self._env, self._now = config, where, env, now
        self._state = FleetState()

    def readings(self, account: str | None, states: list[SourceState]) -> list[Reading]:
        """The fleet's newest readings of the account that is logged in; `states` gets how the last visit went.

        Raises LedgerError.
        """
        path = self._where.ledger
        if path is not None and path.exists():
            with open_ledger(path) as ledger:
                self._state = load_state(ledger, self._config.fleet)
        alpha, taken = self._config.enable_alpha_features, self._state.taken.get(account or "", ())
        found = [reading for reading in taken if alpha or not reading.alpha]
        states.append(SourceState(source=SOURCE, readings=len(found), problem=self._state.problem, note=self._state.note))
        return found

    def with_facts(self, snapshot: Snapshot, limits: Sequence[BudgetLimit]) -> Snapshot:
        """The snapshot with what the fleet added up: ready fields of today, and the budgets that it tells of."""
        today, now = self._state.today, self._now
        readings = (*snapshot.readings, *fleet_budgets(today, limits, now))
        return structs.replace(snapshot, readings=readings, fields={**snapshot.fields, **today_fields(today, now)})

    def visit(self, snapshot: Snapshot, *, eager: bool) -> None:
        """Push what is new, take what others know; not where a person waits for something else.

        A server that is not there is remembered. Raises LedgerError and OSError.
        """
        if not (eager or self._env.get(REFRESH_MARKER)):
            return
        config = self._config
        visit = Visit(
            fleet=config.fleet,
            where=self._where,
            env=self._env,
            now=self._now,
            prices=PriceBook(config.prices),
            account=snapshot.account.uuid,
            readings=snapshot.readings,
            periods=[period for period, key in IN_FLEET.items() if getattr(config.budget, key) is not None],
        )
        visit_if_due(visit, eager=eager)
