"""EFFECT A refresh's part in the fleet: what it last told is read from the ledger; it is visited when all else is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.core.paths import REFRESH_MARKER
from quotaline.ledger import open_ledger
from quotaline.model import SourceState
from quotaline.prices import PriceBook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Config
    from quotaline.fleet.state import FleetState
    from quotaline.locations import Locations
    from quotaline.model import Reading, Snapshot

SOURCE = "fleet"


def last_of_fleet(config: Config, where: Locations) -> FleetState | None:
    """What the ledger remembers of the fleet; None without one. Raises LedgerError."""
    if config.fleet.url is None or where.ledger is None or not where.ledger.exists():
        return None
    from quotaline.fleet.state import load_state  # noqa: PLC0415 - for those who have a fleet

    with open_ledger(where.ledger) as ledger:
        return load_state(ledger, config.fleet)


def fleet_readings(state: FleetState | None, config: Config, account: str | None) -> list[Reading]:
    """The fleet's newest readings of the account that is logged in."""
    if state is None or account is None:
        return []
    return [reading for reading in state.taken.get(account, ()) if config.enable_alpha_features or not reading.alpha]


def fleet_source(state: FleetState | None, readings: list[Reading]) -> tuple[SourceState, ...]:
    """How the fleet fared in its last visit, as a source among others."""
    if state is None:
        return ()
    return (SourceState(source=SOURCE, readings=len(readings), problem=state.problem, note=state.note),)


def may_visit(config: Config, env: Mapping[str, str], *, eager: bool) -> bool:
    """Whether there is a fleet, and nobody who waits for something else."""
    return config.fleet.url is not None and (eager or bool(env.get(REFRESH_MARKER)))


def visit_fleet(
    snapshot: Snapshot, config: Config, where: Locations, env: Mapping[str, str], now: float, *, eager: bool
) -> None:
    """Push what is new, take what others know; a server that is not there is remembered. Raises LedgerError and OSError."""
    from quotaline.fleet.push import Visit, visit_if_due  # noqa: PLC0415 - for those who have a fleet

    account, prices = snapshot.account.uuid, PriceBook(config.prices)
    visit = Visit(fleet=config.fleet, where=where, env=env, now=now, prices=prices, account=account, readings=snapshot.readings)
    visit_if_due(visit, eager=eager)
