"""EFFECT One visit to the fleet's database: what is new goes there, in order and exactly once; what it knows comes back."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import structs

from quotaline.config.fleet_url import described
from quotaline.errors import FleetError, LedgerError
from quotaline.files import HeldError, lock
from quotaline.fleet import rows
from quotaline.fleet.migrate import NOT_YET, SCHEMA, TOO_NEW, migrate, version
from quotaline.fleet.server import connect, explained, host_name, login_name, target_words, within
from quotaline.fleet.state import FleetState, Identity, load_state, save_state
from quotaline.fleet.today import with_today
from quotaline.ledger import open_ledger
from quotaline.ledger.changes import forget_changes, next_changes, track, waiting
from quotaline.ledger.readings import readings_after
from quotaline.ledger.run_changes import forget_runs, next_runs, track_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from quotaline.config.schema import Fleet
    from quotaline.ledger import Ledger
    from quotaline.locations import Locations
    from quotaline.model import Reading
    from quotaline.prices import PriceBook

Head: TypeAlias = "tuple[list[dict[str, Any]], int, bool]"
"""The next rows of a log, up to where they reach in it (0: nothing is in it), and whether it goes on."""
BATCH = 1000  # entries of the log in one transaction of the server's
SECONDS = 5.0  # after which the rest of a first push waits for the next refresh
LATEST_SECONDS = 15.0
LATE = "The fleet's server ({}) was reached and did not answer in time."
LOCK = "fleet.lock"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What a machine comes with: whose `account` it is, if known, its present `readings`, the time, and list prices.

    `periods` are those of the budgets whose use the fleet is to tell.
    """

    fleet: Fleet
    where: Locations
    env: Mapping[str, str]
    now: float
    prices: PriceBook
    account: str | None = None
    readings: Sequence[Reading] = ()
    periods: Sequence[str] = ()


def visit_if_due(visit: Visit, *, eager: bool = False, luck: Callable[[], float] = random.random) -> FleetState | None:
    """Visit the database, unless it did not answer a while ago, and remember how that went; the state then.

    `eager` tries it all the same. None where another process is there already. Raises LedgerError and OSError.
    """
    path = visit.where.ledger
    if path is None:
        raise LedgerError("There is no place for the ledger. Set QUOTALINE_DATA_DIR.")
    with open_ledger(path) as ledger:
        state = load_state(ledger, visit.fleet)
        if not eager and not state.due(visit.now):
            return state
        try:
            with lock(path.parent / LOCK):
                words = target_words(visit.fleet, visit.env)
                state = within(LATEST_SECONDS, lambda: _visit(visit), LATE.format(described(words)))
        except HeldError:
            return None
        except FleetError as error:
            state = load_state(ledger, visit.fleet).failed(str(error), visit.now, luck())
            save_state(ledger, visit.fleet, state)
    return state


def _visit(visit: Visit) -> FleetState:
    """All of a visit, in a thread of its own, with its own connections. Raises FleetError and LedgerError."""
    connection = connect(visit.fleet, visit.env)
    import psycopg  # noqa: PLC0415 - for those whose server is there

    shown = described(target_words(visit.fleet, visit.env))
    assert visit.where.ledger is not None  # noqa: S101 - looked at before
    try:
        with connection, open_ledger(visit.where.ledger) as ledger:
            state = _push(connection, ledger, visit)
            save_state(ledger, visit.fleet, state)
            return state
    except psycopg.Error as error:
        raise FleetError(explained(error, shown, visit.env)) from None


def _push(connection: psycopg.Connection, ledger: Ledger, visit: Visit) -> FleetState:
    state = load_state(ledger, visit.fleet)
    identity = greet(connection, visit.fleet)
    anew = state.identity is None or state.identity.fleet != identity.fleet
    tracked = track(ledger, anew=anew)
    track_runs(ledger, anew=anew)
    state = structs.replace(state, identity=identity, readings_to=0 if anew else state.readings_to)
    save_state(ledger, visit.fleet, state)  # what was pushed of the log by a visit that is cut short stays pushed
    until = time.monotonic() + SECONDS
    project = partial(_project, visit, identity)

    def messages() -> Head:
        changes = next_changes(ledger, BATCH)
        return [rows.message_row(one, project, visit.prices) for one in changes.messages], changes.upto, changes.more

    def runs() -> Head:
        changes = next_runs(ledger, BATCH)
        return [rows.run_row(one, project, visit.prices) for one in changes.runs], changes.upto, changes.more

    push = partial(_push_log, connection, machine=identity.machine, until=until)
    notes = []
    if tracked and (refused := push("push_messages", head=messages, forget=partial(forget_changes, ledger))):
        notes.append(f"The fleet's server did not take {refused} messages.")
    if refused := push("push_runs", head=runs, forget=partial(forget_runs, ledger)):
        notes.append(f"The fleet's server did not take {refused} recorded runs.")
    state = structs.replace(state, waiting=waiting(ledger), note=" ".join(notes) or None)
    state = _push_readings(connection, ledger, visit, identity, state)
    state = with_today(connection, identity, state, visit.prices, now=visit.now, periods=visit.periods)
    return state.reached(visit.now)


def greet(connection: psycopg.Connection, fleet: Fleet) -> Identity:
    """Who this machine is there; tables that are missing are made by whoever may. Raises FleetError."""
    import psycopg  # noqa: PLC0415

    names = (fleet.machine or host_name(), fleet.user or login_name())
    try:
        identity = _hello(connection, names)
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction, psycopg.errors.InsufficientPrivilege):
        if not migrate(connection):
            raise FleetError(NOT_YET) from None
        identity = _hello(connection, names)
    if identity.oldest_client > SCHEMA:
        raise FleetError(TOO_NEW)
    if identity.schema < SCHEMA and version(connection) >= 0:
        migrate(connection)
    return identity


def _hello(connection: psycopg.Connection, names: tuple[str, str]) -> Identity:
    row = connection.execute("SELECT quotaline.hello(%s, %s)", [rows.fit(name) for name in names]).fetchone()
    return msgspec.convert(row[0] if row else None, Identity)


def _push_log(
    connection: psycopg.Connection,
    function: str,
    *,
    machine: int,
    until: float,
    head: Callable[[], Head],
    forget: Callable[[int], None],
) -> int:
    """A log from its `head` on, a batch at a time, until it or the time is over; how many rows were refused."""
    refused, more = 0, True
    while more and time.monotonic() < until:
        batch, upto, more = head()
        if upto:
            refused += _send(connection, function, machine, batch)
            forget(upto)
    return refused


def _project(visit: Visit, identity: Identity, path: str) -> str:
    """Under which name a folder is known there."""
    short = visit.where.tilde(path)
    return short if visit.fleet.share_projects else identity.project(short)


def _send(connection: psycopg.Connection, function: str, machine: int, batch: list[dict[str, Any]]) -> int:
    """Push a batch, all or none; where the database cannot take a row, the others go without it. How many were refused."""
    import psycopg  # noqa: PLC0415

    if not batch:
        return 0
    try:
        query = f"SELECT quotaline.{function}(%s, %s::jsonb)"
        connection.execute(query, (machine, msgspec.json.encode(batch).decode()))
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded):
        if len(batch) == 1:
            return 1
        half = len(batch) // 2
        return sum(_send(connection, function, machine, some) for some in (batch[:half], batch[half:]))
    return 0


def _push_readings(
    connection: psycopg.Connection, ledger: Ledger, visit: Visit, identity: Identity, state: FleetState
) -> FleetState:
    """Kept readings since the last visit and the present ones; what other machines know of this account comes back."""
    kept = readings_after(ledger, state.readings_to, BATCH)
    told = rows.worth_telling([reading for _, reading in kept])
    history = [rows.history_row(reading, reading.account) for reading in told if reading.account]
    account = visit.account
    newest = [rows.newest_row(one, account, visit.now) for one in rows.worth_telling(visit.readings)] if account else []
    if history or newest:
        texts = (msgspec.json.encode(history).decode(), msgspec.json.encode(newest).decode())
        connection.execute("SELECT quotaline.push_readings(%s, %s::jsonb, %s::jsonb)", (identity.machine, *texts))
    if kept:
        state = structs.replace(state, readings_to=kept[-1][0])
    if account:
        row = connection.execute("SELECT quotaline.latest_readings(%s)", (rows.fit(account),)).fetchone()
        others = [one for one in (row[0] if row else ()) if one.get("machine_id") != identity.machine]
        found = [reading for one in others if (reading := rows.taken_reading(one, account, visit.now)) is not None]
        state = structs.replace(state, taken={**state.taken, account: tuple(found)})
    return state
