"""EFFECT The permission to ask Anthropic's server for a login: one row in the fleet for all machines that use it.

Ten machines make one request per period and respect each other's `Retry-After`. The times are the database's own, told as
seconds to wait, so that no machine's clock matters. The local limiter is asked first and stays the floor; where the fleet does
not answer, it decides alone.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from msgspec import structs

from quotaline.errors import FleetError, LedgerError, Outcome
from quotaline.fleet.server import connect, explained, within
from quotaline.fleet.state import FleetState, load_state, save_state
from quotaline.ledger import open_ledger
from quotaline.ratelimit.policy import FLOOR, Decision
from quotaline.sources.fields import LONGEST_BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from quotaline.config.schema import Fleet

LATEST_SECONDS = 5.0
WITHDRAWN = "withdrawn"
QUIET = frozenset({Outcome.ANSWERED, Outcome.PENDING})


class FleetLimiter:
    """The row of one login; a `ratelimit.requester.SharedLimiter`."""

    def __init__(self, fleet: Fleet, ledger: Path, env: Mapping[str, str], account: str) -> None:
        self._fleet, self._ledger, self._env, self._account = fleet, ledger, env, account
        self._begun = False

    def remembered(self, now: float) -> Decision:
        """What the fleet last said of this login, while that holds."""
        until, why = self._state().waits.get(self._account, (0.0, ""))
        return Decision(not now < until <= now + LONGEST_BLOCK, until, why)

    def begin(self, now: float) -> Decision:
        """Ask the fleet; where it allows a request, that is noted there."""
        state = self._state()
        identity = state.identity
        if identity is None or not state.due(now):
            return Decision(True, now)
        query = "SELECT quotaline.may_ask(%s, %s, %s)"
        answer = self._call(query, (identity.machine, identity.login(self._account), FLOOR), now)
        wait = float(answer.get("wait", 0.0)) if isinstance(answer, dict) else 0.0
        self._begun = isinstance(answer, dict) and wait <= 0
        if wait <= 0:
            return Decision(True, now)
        decision = Decision(False, now + min(wait, LONGEST_BLOCK), _why(answer))
        self._change(lambda kept: structs.replace(kept, waits={**kept.waits, self._account: (decision.at, decision.why)}))
        return decision

    def ended(self, now: float, outcome: Outcome, pause: float) -> None:
        """Tell the fleet, if it was told of the request."""
        self._tell(now, str(outcome), pause)

    def withdrawn(self, now: float) -> None:
        """Give the permission back."""
        self._tell(now, WITHDRAWN, 0.0)

    def _tell(self, now: float, outcome: str, pause: float) -> None:
        identity = self._state().identity
        if self._begun and identity is not None:
            query = "SELECT quotaline.asked(%s, %s, %s, %s)"
            self._call(query, (identity.machine, identity.login(self._account), outcome, pause), now)

    def _call(self, query: str, values: tuple[Any, ...], now: float) -> Any:
        """What a function of the database says; None where it cannot be asked, which is remembered."""

        def call() -> Any:
            connection = connect(self._fleet, self._env)
            import psycopg  # noqa: PLC0415 - for those whose server is there

            try:
                with connection:
                    row = connection.execute(query, values).fetchone()
            except psycopg.Error as error:
                raise FleetError(explained(error, "permission", self._env)) from None
            return row[0] if row else None

        try:
            return within(LATEST_SECONDS, call, "The fleet's server did not answer in time.")
        except FleetError as error:
            problem = str(error)
            self._change(lambda kept: kept.failed(problem, now, random.random()))  # noqa: S311 - jitter
            return None

    def _state(self) -> FleetState:
        try:
            with open_ledger(self._ledger) as ledger:
                return load_state(ledger, self._fleet)
        except LedgerError:
            return FleetState()

    def _change(self, change: Callable[[FleetState], FleetState]) -> None:
        try:
            with open_ledger(self._ledger) as ledger:
                save_state(ledger, self._fleet, change(load_state(ledger, self._fleet)))
        except LedgerError:
            pass


def _why(answer: dict[str, Any]) -> str:
    """Why another machine's request forbids one of ours."""
    machine, outcome = answer.get("machine"), str(answer.get("outcome"))
    if outcome in QUIET:
        return f"The machine {machine} of your fleet asked for this login a moment ago"
    return f"The machine {machine} of your fleet asked for this login, and it ended so: {outcome}"
