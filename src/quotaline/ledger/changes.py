"""EFFECT Which messages changed since another place had them: a log that triggers write, read from its head and cut there.

It is made by the first who wants it and costs nobody else anything. A message that grows is in it again, and what was read is
only forgotten when the other place has it: so nothing is lost, and what is told twice is the same message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from quotaline.ledger.projects import projects
from quotaline.ledger.store import clear_errors
from quotaline.model import TokenUsage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

    from quotaline.ledger.store import Ledger

# The index finds a session's messages once it is known whose they are.
TRACKING = (
    "CREATE INDEX IF NOT EXISTS message_session ON message (session_id)",
    """CREATE TRIGGER IF NOT EXISTS message_logged AFTER INSERT ON message BEGIN
      INSERT INTO message_change (message) VALUES (new.id);
    END""",
    """CREATE TRIGGER IF NOT EXISTS message_logged_again AFTER UPDATE ON message BEGIN
      INSERT INTO message_change (message) VALUES (new.id);
    END""",
    """CREATE TRIGGER IF NOT EXISTS message_owned AFTER UPDATE OF account_id ON session
    WHEN old.account_id IS NOT new.account_id BEGIN
      INSERT INTO message_change (message) SELECT id FROM message WHERE session_id = new.id AND account_id IS NULL;
    END""",
)
UNTRACKING = (
    "DROP TRIGGER IF EXISTS message_logged", "DROP TRIGGER IF EXISTS message_logged_again",
    "DROP TRIGGER IF EXISTS message_owned", "DROP INDEX IF EXISTS message_session", "DELETE FROM message_change",
    "DROP TRIGGER IF EXISTS run_logged", "DROP TRIGGER IF EXISTS run_logged_again", "DROP TRIGGER IF EXISTS run_owned",
    "DELETE FROM run_change",
)  # fmt: skip


class ChangedMessage(NamedTuple):
    """A message as it is now. `time` is milliseconds since the epoch; `flags` and `part` as in the ledger's own table."""

    message_id: str
    request_id: str
    part: int
    time: int
    flags: int
    model: str
    session: str
    project: str
    account: str | None
    tokens: TokenUsage
    web_searches: int


class Changes(NamedTuple):
    """The next messages of the log, each once, and up to where they reach in it; `more` says whether the log goes on."""

    messages: list[ChangedMessage]
    upto: int
    more: bool


def track(ledger: Ledger, *, anew: bool) -> bool:
    """Keep the log from now on, `anew` with every message in it; whether it is kept. Raises LedgerError.

    A ledger without messages is not tracked yet: its first import drops the triggers while it fills the table.
    """
    with clear_errors():
        begun = ledger.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'message_logged'").fetchone()
        if begun and not anew:
            return True
    with ledger.transaction() as connection:
        if connection.execute("SELECT 1 FROM message LIMIT 1").fetchone() is None:
            return False
        for statement in TRACKING:
            connection.execute(statement)
        connection.execute("DELETE FROM message_change")
        connection.execute("INSERT INTO message_change (message) SELECT id FROM message ORDER BY id")
    return True


def untrack(ledger: Ledger) -> None:
    """Keep no log any longer, of messages and of runs; who wants it again gets all of them. Raises LedgerError."""
    with ledger.transaction() as connection:
        for statement in UNTRACKING:
            connection.execute(statement)


def next_changes(ledger: Ledger, most: int) -> Changes:
    """The messages of the log's next `most` entries, by their ids. Raises LedgerError."""
    with clear_errors():
        connection = ledger.connection
        connection.execute("BEGIN")  # one moment for all that is read
        try:
            query = "SELECT seq FROM message_change ORDER BY seq LIMIT 1 OFFSET ?"
            behind = connection.execute(query, (most,)).fetchone()
            last = connection.execute(
                "SELECT max(seq) FROM message_change WHERE ? IS NULL OR seq < ?", (*2 * (behind or (None,)),)
            )
            (upto,) = last.fetchone()
            if upto is None:
                return Changes([], 0, more=False)
            return Changes(list(_messages(connection, upto)), upto, more=behind is not None)
        finally:
            connection.execute("ROLLBACK")


def _messages(connection: Connection, upto: int) -> Iterator[ChangedMessage]:
    query = """SELECT m.message_id, m.request_id, m.part, m.time, m.flags, model.name, session.uuid, account.uuid,
        m.session_id, m.project_id, m.input, m.output, m.cache_write_5m, m.cache_write_1h, m.cache_read, m.web_searches
        FROM (SELECT DISTINCT message FROM message_change WHERE seq <= ?) AS changed JOIN message m ON m.id = changed.message
        JOIN session ON session.id = m.session_id JOIN model ON model.id = m.model_id
        LEFT JOIN account ON account.id = coalesce(m.account_id, session.account_id) ORDER BY 1, 2, 3"""
    rows = connection.execute(query, (upto,)).fetchall()
    paths = projects(connection, sessions={row[8] for row in rows})
    for message_id, request_id, part, time, flags, model, session, account, session_id, folder, *counts, searches in rows:
        tokens = TokenUsage(**dict(zip(TokenUsage.__struct_fields__, counts, strict=True)))
        project = paths[session_id, folder]
        yield ChangedMessage(message_id, request_id, part, time, flags, model, session, project, account, tokens, searches)


def forget_changes(ledger: Ledger, upto: int) -> None:
    """The other place has all up to there. Raises LedgerError."""
    with ledger.transaction() as connection:
        connection.execute("DELETE FROM message_change WHERE seq <= ?", (upto,))


def waiting(ledger: Ledger) -> int:
    """How many messages wait in the log. Raises LedgerError."""
    with clear_errors():
        (count,) = ledger.connection.execute("SELECT count(DISTINCT message) FROM message_change").fetchone()
    return int(count)
