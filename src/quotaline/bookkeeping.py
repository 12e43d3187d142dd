"""EFFECT A refresh's work in the ledger: import what the transcripts gained, add up the local totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.errors import LedgerError
from quotaline.ledger import open_ledger
from quotaline.model import SourceState, Window
from quotaline.prices import PriceBook
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.model import LocalTotals, Reading
    from quotaline.places import Places

SPANS = 3  # the 5-hour block, the last seven days, today


def keep_books(where: Places, now: float, readings: Sequence[Reading]) -> tuple[LocalTotals | None, SourceState]:
    """Local totals at `now` and how the transcripts fared; None when there is no ledger to be had."""
    if where.ledger is None:
        return None, SourceState(source="transcripts", problem="There is no place for the ledger; set QUOTALINE_DATA_DIR.")
    try:
        with open_ledger(where.ledger) as ledger:
            report = ledger.import_transcripts(where.claude_dirs)
            totals = ledger.local_totals(now, local_zone(), five_hour_resets_at=_reset(readings), prices=PriceBook())
            known = ledger.last_activity() is not None
    except (LedgerError, OSError) as error:
        return None, SourceState(source="transcripts", problem=str(error))
    problem = "; ".join(report.unreadable) or (None if known else "no transcripts were found")
    return totals, SourceState(source="transcripts", readings=SPANS if known else 0, problem=problem)


def _reset(readings: Sequence[Reading]) -> float | None:
    """The known end of the 5-hour window: better than any guess from the transcripts."""
    for reading in readings:
        if isinstance(reading.value, Window) and reading.value.id == "five_hour":
            return reading.value.resets_at
    return None
