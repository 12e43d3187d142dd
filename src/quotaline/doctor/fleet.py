"""EFFECT The fleet: can its library be used, how the last visit went, what waits; with `--online` its database is visited."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from quotaline.core.formats import format_left
from quotaline.doctor.check import Check
from quotaline.errors import FleetError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext
    from quotaline.fleet.state import FleetState

GROUP = "Fleet"


def checks(context: DoctorContext) -> Iterator[Check]:
    """The library, the last visit, the database; one line where there is no fleet."""
    if context.config.fleet.url is None:
        yield Check(group=GROUP, name="url", status="SKIP", message="No fleet is set; nothing is pushed anywhere.")
        return
    if importlib.util.find_spec("psycopg") is None:
        message = "The library psycopg is not installed, so nothing is pushed."
        yield Check(group=GROUP, name="library", status="FAIL", message=message, remedy="install `quotaline[fleet]`")
        return
    yield last_visit(context)
    if context.online:
        yield database(context)


def last_visit(context: DoctorContext) -> Check:
    """How the last visit went, and how much waits for the next."""
    from quotaline.fleet.state import load_state  # noqa: PLC0415 - for those who have a fleet
    from quotaline.ledger import open_ledger  # noqa: PLC0415
    from quotaline.ledger.changes import waiting  # noqa: PLC0415

    path = context.where.ledger
    state: FleetState | None = None
    count = 0
    try:
        if path is not None and path.exists():
            with open_ledger(path) as ledger:
                state, count = load_state(ledger, context.config.fleet), waiting(ledger)
    except (LedgerError, OSError) as error:
        return Check(group=GROUP, name="visit", status="FAIL", message=f"{error}", remedy="see the ledger's checks below")
    if state is None or state.tried_at is None:
        message = "It was not visited yet; a refresh in the background does."
        return Check(group=GROUP, name="visit", status="SKIP", message=message, remedy="run `quotaline refresh --force`")
    waits = f" {count} messages wait here for it." if count else ""
    if state.problem:
        soon = format_left(max(0.0, state.next_try - context.now))
        remedy = f"it is tried again in {soon}; `quotaline refresh --force` tries now"
        return Check(group=GROUP, name="visit", status="FAIL", message=state.problem + waits, remedy=remedy)
    ago = format_left(max(0.0, context.now - state.tried_at))
    message = f"It was visited {ago} ago.{waits}"
    if state.note:
        return Check(group=GROUP, name="visit", status="WARN", message=f"{message} {state.note}", remedy="see its server's log")
    return Check(group=GROUP, name="visit", status="PASS", message=message)


def database(context: DoctorContext) -> Check:
    """Whether the database lets this machine in now."""
    from quotaline.fleet.look import visited  # noqa: PLC0415 - for those who have a fleet

    try:
        with visited(context.config.fleet, context.env) as (_, identity):
            message = f"The database lets this machine in; its tables are of version {identity.schema}."
            return Check(group=GROUP, name="database", status="PASS", message=message)
    except FleetError as error:
        return Check(group=GROUP, name="database", status="FAIL", message=str(error), remedy="see `fleet.url` in the README")
