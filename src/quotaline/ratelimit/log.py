"""EFFECT What the ledger remembers of requests: each one made, the budget of each account and token, what `claude` cannot do.

The decision and the note that a request is about to be sent are one write transaction, so of any number of processes one asks;
and it is on the disk, not only in the system's memory, before the request leaves.
"""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from quotaline.core.paths import account_slug
from quotaline.core.periods import DAY, HOUR
from quotaline.errors import Outcome
from quotaline.ledger.store import clear_errors
from quotaline.ratelimit.policy import (
    Decision,
    LimiterState,
    Situation,
    clamp_future_times,
    decide,
    record_attempt,
    record_outcome,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from sqlite3 import Connection

    from quotaline.ledger import Ledger

FAILURE_COUNTS = float(HOUR)
RESETS_KEPT = float(HOUR)
REMEMBERED = float(DAY)
"""How long a version of `claude` that gave no report is not asked again, in seconds."""


class PendingRequest:
    """A request that is noted and may now be sent; `ended` says how it went."""

    def __init__(self, ledger: Ledger, number: int, before: dict[str, LimiterState], situation: Situation) -> None:
        self._ledger, self._number, self._before, self._situation = ledger, number, before, situation

    def ended(self, outcome: Outcome, retry_after: float | None, luck: float) -> float:
        """Note the outcome in the log and in every budget that the request counted against; until when it forbids the next.

        That is an epoch second, 0.0 where it forbids nothing. Raises LedgerError.
        """
        until = 0.0
        with durable(self._ledger) as connection:
            connection.execute("UPDATE request SET outcome = ? WHERE id = ?", (outcome, self._number))
            for key, before in self._before.items():
                state = record_outcome(before, self._situation, outcome, retry_after, luck)
                until = max(until, state.blocked_until)
                _save(connection, key, state)
        return until

    def withdrawn(self) -> None:
        """Forget it: nothing was sent, nothing was started. Raises LedgerError."""
        with durable(self._ledger) as connection:
            connection.execute("DELETE FROM request WHERE id = ?", (self._number,))
            for key, before in self._before.items():
                _save(connection, key, before)


def request_keys(account: str | None, env: Mapping[str, str]) -> list[str]:
    """The budget's key of this account, and that of its folder: one that all logins which are not known share."""
    folder = f"config:{account_slug(env.get('CLAUDE_CONFIG_DIR', ''))}"
    return [f"account:{account}", folder] if account else [folder]


def last_failure(ledger: Ledger, key: str, source: str, now: float) -> float:
    """When `source` last failed, if its latest request was a failure of the last hour; 0.0 otherwise. Raises LedgerError."""
    query = "SELECT asked_at, outcome FROM request WHERE key = ? AND source = ? ORDER BY id DESC LIMIT 1"
    with ledger.transaction() as connection:
        found = connection.execute(query, (key, source)).fetchone()
    failed = found is not None and found[1] != Outcome.ANSWERED and now - FAILURE_COUNTS < found[0] <= now
    return float(found[0]) if failed else 0.0


def requests_made(ledger: Ledger, keys: Collection[str]) -> dict[tuple[str, str], int]:
    """How many requests were made for these keys, by source and outcome, without one that is under way. Raises LedgerError."""
    query = f"""SELECT source, outcome, count(*) FROM request WHERE key IN ({", ".join("?" * len(keys))}) AND outcome <> ?
        GROUP BY 1, 2"""  # noqa: S608 - question marks
    with clear_errors():
        rows = ledger.connection.execute(query, (*keys, Outcome.PENDING)).fetchall()
    return {(source, outcome): count for source, outcome, count in rows}


def peek_decision(ledger: Ledger, keys: Sequence[str], situation: Situation) -> Decision:
    """What would be decided now. Raises LedgerError."""
    with ledger.transaction() as connection:
        return decide([_load(connection, key, situation.now) for key in keys], situation)


def begin_request(
    ledger: Ledger, source: str, *, counted: Sequence[str], heard: Sequence[str], situation: Situation
) -> PendingRequest | Decision:
    """Decide, and where a request is allowed note it before it is sent.

    `counted` are the keys that it counts against, `heard` those that may forbid it as well. Raises LedgerError.
    """
    with durable(ledger) as connection:
        before = {key: _load(connection, key, situation.now) for key in counted}
        others = [_load(connection, key, situation.now) for key in heard if key not in before]
        decision = decide([*before.values(), *others], situation)
        if not decision.allowed:
            return decision
        for key, budget in before.items():
            _save(connection, key, record_attempt(budget, situation))
        number = connection.execute(
            "INSERT INTO request (key, source, asked_at, outcome) VALUES (?, ?, ?, ?) RETURNING id",
            (counted[0], source, situation.now, Outcome.PENDING),
        ).fetchone()[0]
    return PendingRequest(ledger, number, before, situation)


def known_resets(ledger: Ledger, key: str, seen: Iterable[float], now: float) -> tuple[float, ...]:
    """The resets that are known of `key`, those in `seen` among them, past ones for an hour. Raises LedgerError."""
    with ledger.transaction() as connection:
        for resets_at in seen:
            if resets_at > now - RESETS_KEPT:
                row = (key, round(resets_at / 60), resets_at)
                connection.execute("INSERT OR REPLACE INTO known_reset VALUES (?, ?, ?)", row)
        connection.execute("DELETE FROM known_reset WHERE resets_at <= ?", (now - RESETS_KEPT,))
        return tuple(found for (found,) in connection.execute("SELECT resets_at FROM known_reset WHERE key = ?", (key,)))


def unsupported_versions(ledger: Ledger, now: float) -> list[str]:
    """The versions of `claude` that gave no report within the last day; usually none."""
    with ledger.transaction() as connection:
        connection.execute("DELETE FROM unsupported_claude WHERE NOT noticed_at BETWEEN ? AND ?", (now - REMEMBERED, now))
        return [version for (version,) in connection.execute("SELECT version FROM unsupported_claude")]


def note_unsupported(ledger: Ledger, version: str, now: float) -> None:
    """Remember a version of `claude` that gave no report."""
    with ledger.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO unsupported_claude VALUES (?, ?)", (version, now))


@contextmanager
def durable(ledger: Ledger) -> Iterator[Connection]:
    """A write transaction that has reached the disk when it ends: a block must survive a power cut."""
    with clear_errors():
        ledger.connection.execute("PRAGMA synchronous = FULL")
    try:
        with ledger.transaction() as connection:
            yield connection
    finally:
        with contextlib.suppress(sqlite3.Error):
            ledger.connection.execute("PRAGMA synchronous = NORMAL")


def _load(connection: Connection, key: str, now: float) -> LimiterState:
    """The budget of `key`; times that only a wrong clock can have written are put right on disk as well."""
    columns = "asked_at, outcome, blocked_until, failures, credentials"
    row = connection.execute(f"SELECT {columns} FROM request_budget WHERE key = ?", (key,)).fetchone()  # noqa: S608 — constant
    if row is None:
        return LimiterState()
    asked_at, outcome, blocked_until, failures, credentials = row
    kept = LimiterState(
        asked_at=asked_at,
        outcome=Outcome(outcome),
        blocked_until=blocked_until,
        failures=failures,
        credentials=credentials,
    )
    budget = clamp_future_times(kept, now)
    if budget != kept:
        _save(connection, key, budget)
    return budget


def _save(connection: Connection, key: str, budget: LimiterState) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO request_budget VALUES (?, ?, ?, ?, ?, ?)",
        (key, budget.asked_at, budget.outcome, budget.blocked_until, budget.failures, budget.credentials),
    )
