"""EFFECT A refresh's work in the ledger: import what the transcripts gained, add up the local totals, keep the readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from quotaline.core.periods import DAY, HOUR, WEEK, month_start
from quotaline.core.windows import FIVE_HOUR, is_budget
from quotaline.errors import LedgerError
from quotaline.forecast.past import Past
from quotaline.ledger import open_ledger
from quotaline.ledger.accounts import last_activity, own_dirs
from quotaline.ledger.importer import ImportReport, import_transcripts
from quotaline.ledger.readings import activity, readings_since, store_readings
from quotaline.ledger.skipped import skipped_lines, why_no_usage
from quotaline.ledger.totals import local_totals
from quotaline.ledger.usage import has_runs
from quotaline.model import RECORD, TRANSCRIPTS, LocalTotals, Reading, SourceState, Window
from quotaline.refresh.past_step import window_pasts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from quotaline.config.budgets import BudgetLimit
    from quotaline.ledger import Ledger
    from quotaline.ledger.budgets import BudgetUse
    from quotaline.locations import Locations
    from quotaline.model import Snapshot
    from quotaline.prices import PriceBook
    from quotaline.refresh.stages import Stages

RECENT = DAY + 2 * HOUR
IMPORT, BUDGET = "import of the transcripts", "budgets"
FORGOTTEN = 31.0 * DAY
LAST_TRY = """SELECT max(json_extract(state, '$.tried_at')) FROM fleet_state
  WHERE json_valid(state) AND EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'message_logged')"""
SPANS = 3  # the 5-hour block, the last seven days, today


class LedgerFacts(Struct, frozen=True, kw_only=True):
    """What the ledger knows: `totals` None when there is no ledger to be had, which `states` then say.

    `history` are the kept readings of this month and of the days before it, `activity` when the account was used, `skipped` a
    sentence about what of the transcripts could not be read. `budgets` are how far each one is, None where that is not known.
    `pasts` are what each window's ended periods tell.
    """

    states: tuple[SourceState, ...]
    totals: LocalTotals | None = None
    history: tuple[Reading, ...] = ()
    activity: tuple[tuple[float, float], ...] = ()
    skipped: str | None = None
    budgets: tuple[Reading, ...] | None = None
    pasts: dict[str, Past] = field(default_factory=dict)


def update_ledger(
    where: Locations,
    now: float,
    snapshot: Snapshot,
    prices: PriceBook,
    *,
    limits: Sequence[BudgetLimit] = (),
    before: Snapshot | None,
    stages: Stages,
    zone: tzinfo,
) -> LedgerFacts:
    """Import the transcripts, keep the snapshot's readings, and say what the ledger knows at `now`; each part on its own.

    `before` is the snapshot of the refresh before.
    """
    if where.ledger is None:
        nowhere = "There is no place for the ledger; set QUOTALINE_DATA_DIR."
        return LedgerFacts(states=(SourceState(source=TRANSCRIPTS, problem=nowhere),))
    try:
        with open_ledger(where.ledger) as ledger:
            return _facts(ledger, where, now, snapshot, prices, before=before, limits=limits, stages=stages, zone=zone)
    except (LedgerError, OSError) as error:
        return LedgerFacts(states=(SourceState(source=TRANSCRIPTS, problem=str(error)),))


def _facts(
    ledger: Ledger,
    where: Locations,
    now: float,
    snapshot: Snapshot,
    prices: PriceBook,
    *,
    before: Snapshot | None,
    limits: Sequence[BudgetLimit],
    stages: Stages,
    zone: tzinfo,
) -> LedgerFacts:
    readings, account = snapshot.readings, snapshot.account
    since = month_start(now) - WEEK
    report = stages.attempt(IMPORT, lambda: import_transcripts(ledger, where.claude_dirs), ImportReport())
    dirs = stages.attempt("totals", lambda: own_dirs(ledger.connection, where.claude_dirs), None)
    known = stages.attempt("totals", lambda: last_activity(ledger, dirs) is not None, otherwise=True)
    recorded = stages.attempt("totals", lambda: has_runs(ledger.connection, dirs), otherwise=False)
    totals = stages.attempt(
        "totals",
        lambda: local_totals(ledger, now, zone, five_hour_resets_at=_reset(readings), prices=prices, dirs=dirs),
        None,
    )
    budgets: Sequence[BudgetUse] | None = None if totals is None else []
    if totals is not None and (known or recorded) and limits:
        block = totals.five_hour
        from quotaline.ledger.budgets import budget_use  # noqa: PLC0415 - for those who have budgets

        budgets = stages.attempt(BUDGET, lambda: budget_use(ledger, limits, now, zone, prices, dirs=dirs, block=block), None)
    last = before.readings if before else ()
    told = [reading for reading in readings if not is_budget(reading.value.id)]  # a budget's past is in the messages
    stages.attempt("history", lambda: store_readings(ledger, account.config_dir, account.uuid, told, last), 0)
    kept = stages.attempt(
        "history", lambda: readings_since(ledger, account.config_dir, account.uuid, since, recent=now - RECENT), []
    )
    used = stages.attempt("history", lambda: activity(ledger, now - RECENT, dirs), [])
    own = [budget.reading for budget in budgets or ()]

    def past_of_budget(key: str, since: float) -> list[Reading]:
        from quotaline.ledger.budgets import budget_past  # noqa: PLC0415 - for those who have budgets

        limit = next(limit for limit in limits if limit.id == key)
        return budget_past(ledger, limit, since, now, zone=zone, prices=prices, dirs=dirs)

    pasts = stages.attempt(
        "history",
        lambda: window_pasts(ledger, account, [*told, *own], now, zone=zone, dirs=dirs, budget_past=past_of_budget),
        {},
    )
    failed = next((fault.message for fault in stages.faults if fault.stage == IMPORT), None)
    why = None if known else stages.attempt("totals", lambda: why_no_usage(ledger), None)
    skipped = stages.attempt("totals", lambda: skipped_lines(ledger), None)
    stages.attempt("fleet", lambda: _stop_forgotten_log(ledger, now), None)
    problem = failed or "; ".join(report.unreadable) or why
    states = [SourceState(source=TRANSCRIPTS, readings=SPANS if known else 0, problem=problem)]
    if recorded:
        states.append(SourceState(source=RECORD, readings=SPANS))
    return LedgerFacts(
        states=tuple(states),
        totals=totals,
        history=(*kept, *(reading for budget in budgets or () for reading in budget.history)),
        activity=tuple(used),
        skipped=skipped.sentence() if skipped else None,
        budgets=None if budgets is None else tuple(own),
        pasts=pasts,
    )


def _stop_forgotten_log(ledger: Ledger, now: float) -> None:
    """Where no fleet was tried for a month, there is none any longer: what waits for it would only grow."""
    (tried,) = ledger.connection.execute(LAST_TRY).fetchone()
    if tried is not None and now - tried > FORGOTTEN:
        from quotaline.ledger.changes import untrack  # noqa: PLC0415 - for those who had a fleet

        untrack(ledger)


def _reset(readings: Sequence[Reading]) -> float | None:
    """The known end of the 5-hour window: better than any guess from the transcripts."""
    for reading in readings:
        if isinstance(reading.value, Window) and reading.value.id == FIVE_HOUR:
            return reading.value.resets_at
    return None
