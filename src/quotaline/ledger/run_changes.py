"""EFFECT Which runs changed since another place had them: a log like that of the messages, made by the first who wants it.

A run is in it again when what of its totals is its own is found anew, and when its session gets transcripts or an owner.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from quotaline.ledger.projects import projects
from quotaline.ledger.store import clear_errors
from quotaline.model import TokenUsage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from sqlite3 import Connection

    from quotaline.ledger.store import Ledger

TRACKING = (
    """CREATE TRIGGER IF NOT EXISTS run_logged AFTER INSERT ON run_usage BEGIN
      INSERT INTO run_change (run) VALUES (new.run_id);
    END""",
    """CREATE TRIGGER IF NOT EXISTS run_logged_again AFTER DELETE ON run_usage BEGIN
      INSERT INTO run_change (run) VALUES (old.run_id);
    END""",
    """CREATE TRIGGER IF NOT EXISTS run_owned AFTER UPDATE OF transcribed, account_id ON session
    WHEN old.transcribed <> new.transcribed OR old.account_id IS NOT new.account_id BEGIN
      INSERT INTO run_change (run) SELECT id FROM run WHERE session_id = new.id;
    END""",
)


class RunPart(NamedTuple):
    """What a run used of one model; `told` is what the client said that it cost, US dollars, None where it did not."""

    model: str
    tokens: TokenUsage
    web_searches: int
    told: Decimal | None


class ChangedRun(NamedTuple):
    """A run as it is now, ended at `time`, milliseconds since the epoch; `transcribed`: its messages count instead."""

    uuid: str
    time: int
    session: str
    project: str
    account: str | None
    transcribed: bool
    holds_earlier: bool
    parts: list[RunPart]


class RunChanges(NamedTuple):
    """The next runs of the log, each once, and up to where they reach in it; `more` says whether the log goes on."""

    runs: list[ChangedRun]
    upto: int
    more: bool


def track_runs(ledger: Ledger, *, anew: bool) -> None:
    """Keep the log from now on, `anew` with every run in it. Raises LedgerError."""
    with clear_errors():
        query = "SELECT 1 FROM sqlite_master WHERE name = 'run_logged'"
        if not anew and ledger.connection.execute(query).fetchone():
            return
    with ledger.transaction() as connection:
        for statement in TRACKING:
            connection.execute(statement)
        connection.execute("DELETE FROM run_change")
        connection.execute("INSERT INTO run_change (run) SELECT id FROM run ORDER BY id")


def next_runs(ledger: Ledger, most: int) -> RunChanges:
    """The runs of the log's next `most` entries, by their ids. Raises LedgerError."""
    with clear_errors():
        connection = ledger.connection
        connection.execute("BEGIN")  # one moment for all that is read
        try:
            entries = connection.execute("SELECT seq FROM run_change ORDER BY seq LIMIT ?", (most + 1,)).fetchall()
            if not entries:
                return RunChanges([], 0, more=False)
            (upto,) = entries[:most][-1]
            return RunChanges(list(_runs(connection, upto)), upto, more=len(entries) > most)
        finally:
            connection.execute("ROLLBACK")


def _runs(connection: Connection, upto: int) -> Iterator[ChangedRun]:
    query = """SELECT run.id, run.uuid, run.time, session.uuid, session_id, project_id, account.uuid, transcribed,
        holds_earlier, model.name, input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, cost
        FROM (SELECT DISTINCT run FROM run_change WHERE seq <= ?) AS changed JOIN run ON run.id = changed.run
        JOIN session ON session.id = session_id LEFT JOIN account ON account.id = session.account_id
        LEFT JOIN run_usage ON run_id = run.id LEFT JOIN model ON model.id = model_id ORDER BY run.id, model.name"""
    rows = connection.execute(query, (upto,)).fetchall()
    paths = projects(connection, sessions={row[4] for row in rows})
    for _, group in groupby(rows, key=lambda row: row[0]):
        told = list(group)
        _, uuid, time, session, session_id, folder, account, transcribed, holds = told[0][:9]
        parts = [_part(row[9:]) for row in told if row[9] is not None]
        project = paths.get((session_id, folder), "")  # a session with transcripts need not have been in a run's folder
        yield ChangedRun(uuid, time, session, project, account, bool(transcribed), bool(holds), parts)


def _part(row: Sequence[Any]) -> RunPart:
    model, *counts, searches, cost = row
    tokens = TokenUsage(**dict(zip(TokenUsage.__struct_fields__, counts, strict=True)))
    return RunPart(model, tokens, searches, None if cost is None else Decimal(cost))


def forget_runs(ledger: Ledger, upto: int) -> None:
    """The other place has all up to there. Raises LedgerError."""
    with ledger.transaction() as connection:
        connection.execute("DELETE FROM run_change WHERE seq <= ?", (upto,))
