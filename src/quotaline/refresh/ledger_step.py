"""EFFECT A refresh's work in the ledger: import what the transcripts gained, add up the local totals, keep the readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.core.periods import DAY, HOUR, WEEK, month_start
from quotaline.core.windows import FIVE_HOUR
from quotaline.errors import LedgerError
from quotaline.ledger import open_ledger
from quotaline.ledger.accounts import last_activity
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.readings import activity, readings_since, store_readings
from quotaline.ledger.totals import local_totals
from quotaline.model import LocalTotals, Reading, SourceState, Window
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.locations import Locations
    from quotaline.model import Snapshot
    from quotaline.prices import PriceBook

RECENT = DAY + 2 * HOUR
SPANS = 3  # the 5-hour block, the last seven days, today


class LedgerFacts(Struct, frozen=True, kw_only=True):
    """What the ledger knows: `totals` None when there is no ledger to be had, which `state` then says.

    `history` are the kept readings of this month and of the days before it, `activity` when the account was used.
    """

    state: SourceState
    totals: LocalTotals | None = None
    history: tuple[Reading, ...] = ()
    activity: tuple[tuple[float, float], ...] = ()


def update_ledger(where: Locations, now: float, snapshot: Snapshot, prices: PriceBook) -> LedgerFacts:
    """Import the transcripts, keep the snapshot's readings, and say what the ledger knows at `now`."""
    if where.ledger is None:
        nowhere = "There is no place for the ledger; set QUOTALINE_DATA_DIR."
        return LedgerFacts(state=SourceState(source="transcripts", problem=nowhere))
    readings, account = snapshot.readings, snapshot.account
    try:
        with open_ledger(where.ledger) as ledger:
            report = import_transcripts(ledger, where.claude_dirs)
            totals = local_totals(ledger, now, local_zone(), five_hour_resets_at=_reset(readings), prices=prices)
            known = last_activity(ledger) is not None
            store_readings(ledger, account.config_dir, account.uuid, readings)
            since = month_start(now) - WEEK
            kept = readings_since(ledger, account.config_dir, account.uuid, since, recent=now - RECENT)
            used = activity(ledger, now - RECENT)
    except (LedgerError, OSError) as error:
        return LedgerFacts(state=SourceState(source="transcripts", problem=str(error)))
    problem = "; ".join(report.unreadable) or (None if known else "no transcripts were found")
    state = SourceState(source="transcripts", readings=SPANS if known else 0, problem=problem)
    return LedgerFacts(state=state, totals=totals, history=tuple(kept), activity=tuple(used))


def _reset(readings: Sequence[Reading]) -> float | None:
    """The known end of the 5-hour window: better than any guess from the transcripts."""
    for reading in readings:
        if isinstance(reading.value, Window) and reading.value.id == FIVE_HOUR:
            return reading.value.resets_at
    return None
