"""EFFECT The organisation's reports: can the key be read and is it one for them, and how the last request went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.core.child_env import ADMIN_KEY
from quotaline.core.formats import format_left
from quotaline.doctor.check import Check
from quotaline.errors import LedgerError, SourceError
from quotaline.ledger import open_ledger
from quotaline.organisation.key import find_key
from quotaline.organisation.store import load_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Organisation"


def checks(context: DoctorContext) -> Iterator[Check]:
    """The key, and the last answer; one line where nobody has a key."""
    if not (context.env.get(ADMIN_KEY) or context.config.organisation.key_file):
        yield Check(group=GROUP, name="key", status="SKIP", message="No key is set; no report is ever asked for.")
        return
    try:
        key = find_key(context.config.organisation, context.env)
    except SourceError as error:
        fact, _, remedy = str(error).rstrip(".").partition("; ")
        yield Check(group=GROUP, name="key", status="FAIL", message=f"{fact}.", remedy=remedy or "see `organisation.key_file`")
        return
    kind = "an administrator's key" if key.is_admin else "a key for analytics"
    yield Check(group=GROUP, name="key", status="PASS", message=f"{key.place} holds {kind}.")
    yield answer(context)


def answer(context: DoctorContext) -> Check:
    """How the last request went."""
    path = context.where.ledger
    try:
        state = None
        if path is not None and path.exists():
            with open_ledger(path) as ledger:
                state = load_state(ledger)
    except (LedgerError, OSError) as error:
        return Check(group=GROUP, name="reports", status="FAIL", message=f"{error}", remedy="see the ledger's checks below")
    if state is None:
        message = "No report was asked for yet; a refresh in the background does."
        return Check(group=GROUP, name="reports", status="SKIP", message=message, remedy="run `quotaline refresh --force`")
    if state.problem:
        return Check(
            group=GROUP, name="reports", status="FAIL", message=state.problem, remedy="what was read before stays in the ledger"
        )
    age = format_left(max(0.0, context.now - (state.answered_at or state.asked_at)))
    message = f"The last report was read {age} ago."
    if state.note:
        message, remedy = f"{message} {state.note}", "see whether it stays so"
        return Check(group=GROUP, name="reports", status="WARN", message=message, remedy=remedy)
    return Check(group=GROUP, name="reports", status="PASS", message=message)
