"""EFFECT A refresh's work in the ledger: import what the transcripts gained, add up the local totals, keep the readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.errors import LedgerError
from quotaline.ledger import open_ledger
from quotaline.ledger.readings import DAY, activity, history, keep
from quotaline.model import LocalTotals, Reading, SourceState, Window
from quotaline.outlook.spending import month_start
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.model import Snapshot
    from quotaline.places import Places
    from quotaline.prices import PriceBook

WEEK, RECENT = 7 * DAY, DAY + 7200.0
SPANS = 3  # the 5-hour block, the last seven days, today


class Books(Struct, frozen=True, kw_only=True):
    """What the ledger knows: `totals` None when there is no ledger to be had, which `state` then says.

    `history` are the kept readings of this month and of the days before it, `activity` when the account was used.
    """

    state: SourceState
    totals: LocalTotals | None = None
    history: tuple[Reading, ...] = ()
    activity: tuple[tuple[float, float], ...] = ()


def keep_books(where: Places, now: float, snapshot: Snapshot, prices: PriceBook) -> Books:
    """Import the transcripts, keep the snapshot's readings, and say what the ledger knows at `now`."""
    if where.ledger is None:
        nowhere = "There is no place for the ledger; set QUOTALINE_DATA_DIR."
        return Books(state=SourceState(source="transcripts", problem=nowhere))
    readings, account = snapshot.readings, snapshot.account
    try:
        with open_ledger(where.ledger) as ledger:
            report = ledger.import_transcripts(where.claude_dirs)
            totals = ledger.local_totals(now, local_zone(), five_hour_resets_at=_reset(readings), prices=prices)
            known = ledger.last_activity() is not None
            keep(ledger, account.config_dir, account.uuid, readings)
            since = month_start(now) - WEEK
            kept = history(ledger, account.config_dir, account.uuid, since, recent=now - RECENT)
            used = activity(ledger, now - RECENT)
    except (LedgerError, OSError) as error:
        return Books(state=SourceState(source="transcripts", problem=str(error)))
    problem = "; ".join(report.unreadable) or (None if known else "no transcripts were found")
    state = SourceState(source="transcripts", readings=SPANS if known else 0, problem=problem)
    return Books(state=state, totals=totals, history=tuple(kept), activity=tuple(used))


def _reset(readings: Sequence[Reading]) -> float | None:
    """The known end of the 5-hour window: better than any guess from the transcripts."""
    for reading in readings:
        if isinstance(reading.value, Window) and reading.value.id == "five_hour":
            return reading.value.resets_at
    return None
