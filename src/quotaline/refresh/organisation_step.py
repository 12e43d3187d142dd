"""EFFECT A refresh's turn to ask for an organisation's report: in the background, or for somebody who asked to refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from quotaline.core.child_env import ADMIN_KEY
from quotaline.core.paths import REFRESH_MARKER
from quotaline.errors import LedgerError
from quotaline.ledger import open_ledger
from quotaline.model import SourceState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Config
    from quotaline.locations import Locations
    from quotaline.model import Snapshot

SOURCE = "organisation"


def may_ask_organisation(config: Config, env: Mapping[str, str], *, eager: bool) -> bool:
    """Whether there is a key to ask with, and nobody who waits for something else."""
    return bool(env.get(ADMIN_KEY) or config.organisation.key_file) and (eager or bool(env.get(REFRESH_MARKER)))


def with_organisation(snapshot: Snapshot, config: Config, where: Locations, env: Mapping[str, str], now: float) -> Snapshot:
    """The snapshot with how the request for a report went, if one was due; what it brought is in the ledger."""
    note = _why_not_due(config, where, now)
    if note is None:
        from quotaline.organisation.ask import ask_organisation  # noqa: PLC0415 - only where the key is to be read

        state = ask_organisation(config.organisation, where, env, now, clock=config.style.clock)
    else:
        state = SourceState(source=SOURCE, note=note)
    return structs.replace(snapshot, sources=(*snapshot.sources, state))


def _why_not_due(config: Config, where: Locations, now: float) -> str | None:
    from quotaline.organisation.store import why_not_due  # noqa: PLC0415 - for the few who have a key

    try:
        if where.ledger is not None and where.ledger.exists():
            with open_ledger(where.ledger) as ledger:
                return why_not_due(ledger, config.organisation.days, now, config.style.clock)
    except (LedgerError, OSError):
        pass  # who asks will say it
    return None
