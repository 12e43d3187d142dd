"""EFFECT The reports in the ledger: pages until a span is whole, then its days all at once; how the last request went."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from quotaline.ledger.store import clear_errors
from quotaline.organisation.plan import ANALYTICS, COST, USAGE, Question, interface, next_due, next_question
from quotaline.organisation.reports import ReportRow
from quotaline.ratelimit.policy import Decision, explain_wait
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Connection

    from quotaline.ledger import Ledger
    from quotaline.organisation.plan import Api
    from quotaline.organisation.reports import Page

PAGES_KEPT = 86400.0
"""Seconds for which a report is gone on with: the server's names of pages do not last."""
COLUMNS = ReportRow.__struct_fields__
FIXED = ("owner", "report")


class State(Struct, frozen=True, kw_only=True):
    """How the last requests with a key went. `refreshed_at` is up to when the reports were complete; times are epoch seconds.

    `problem` is what is wrong in one sentence, `note` what was odd about an answer; `closed` since when a report is refused.
    """

    owner: str
    asked_at: float
    answered_at: float | None = None
    refreshed_at: float | None = None
    problem: str | None = None
    note: str | None = None
    closed: dict[str, float] = {}


def load_state(ledger: Ledger, owner: str | None = None) -> State | None:
    """The state of a key; without one, of the key that was asked with last. Raises LedgerError."""
    query = """SELECT owner, asked_at, answered_at, refreshed_at, problem, note, closed FROM organisation_state
        WHERE ? IS NULL OR owner = ? ORDER BY asked_at DESC LIMIT 1"""
    with clear_errors():
        row = ledger.connection.execute(query, (owner, owner)).fetchone()
    return State(**dict(zip(State.__struct_fields__, (*row[:-1], _closed(row[-1])), strict=True))) if row else None


def save_state(ledger: Ledger, state: State) -> None:
    """Keep it. Raises LedgerError."""
    values = (*(getattr(state, name) for name in State.__struct_fields__[:-1]), msgspec.json.encode(state.closed).decode())
    with ledger.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO organisation_state VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def asked_days(ledger: Ledger, owner: str) -> dict[str, dict[date, float]]:
    """When each report was last asked for each day. Raises LedgerError."""
    found: dict[str, dict[date, float]] = {}
    with clear_errors():
        query = "SELECT report, day, asked_at FROM organisation_day WHERE owner = ?"
        for report, day, asked_at in ledger.connection.execute(query, (owner,)):
            found.setdefault(report, {})[date.fromisoformat(day)] = asked_at
    return found


def pending_question(ledger: Ledger, owner: str, api: Api, now: float) -> Question | None:
    """The report whose pages are not all here, if one is, and it was begun with this interface. Raises LedgerError."""
    query = """SELECT report, first_day, last_day, next_page, asked_at FROM organisation_page WHERE owner = ?
        ORDER BY asked_at DESC, number DESC LIMIT 1"""
    with clear_errors():
        row = ledger.connection.execute(query, (owner,)).fetchone()
    if row is None or not 0 <= now - row[4] < PAGES_KEPT:
        return None
    report: str = row[0]
    first, last = date.fromisoformat(row[1]), date.fromisoformat(row[2])
    return Question(api if report in (COST, USAGE) else "legacy", report, first, last, row[3])


def fresh_note(ledger: Ledger, owner: str, now: float, clock: str = "24h") -> str:
    """That nothing is due, and when something will be. Raises LedgerError."""
    due = max(next_due(asked_days(ledger, owner), now), now + 1)
    return explain_wait(Decision(False, due, "The reports are fresh enough"), now, local_zone(), clock)


def why_not_due(ledger: Ledger, days: int, now: float, clock: str = "24h") -> str | None:
    """Why the key that was asked with last need not even be read; None where something is due or was wrong.

    Raises LedgerError.
    """
    state = load_state(ledger)
    if state is None or state.problem or pending_question(ledger, state.owner, interface(state.closed, now), now):
        return None
    due = next_question(asked_days(ledger, state.owner), state.closed, now, days)
    return None if due else fresh_note(ledger, state.owner, now, clock)


def keep_page(ledger: Ledger, owner: str, question: Question, page: Page, now: float) -> bool:
    """Lay a page by; once the last one is here, put its span's rows in the place of those that were there. Whether it was.

    A page that the server has named before would go on for ever: then nothing is kept, and the answer is False. Raises
    LedgerError.
    """
    with ledger.transaction() as connection:
        if question.page is None:
            _drop_pages(connection, owner, question.report)
        before = connection.execute(
            "SELECT count(*), total(next_page = ?) FROM organisation_page WHERE owner = ? AND report = ?",
            (page.next_page, owner, question.report),
        ).fetchone()
        if page.next_page is not None and (before[1] or page.next_page == question.page):
            _drop_pages(connection, owner, question.report)
            return False
        span = (question.first.isoformat(), question.last.isoformat())
        connection.execute(
            "INSERT INTO organisation_page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (owner, question.report, before[0], *span, now, page.next_page or "", *_packed(page)),
        )
        if page.next_page is None:
            _replace_days(connection, owner, question)
    return True


def drop_pages(ledger: Ledger, owner: str, report: str) -> None:
    """Forget the pages of a report that cannot be gone on with. Raises LedgerError."""
    with ledger.transaction() as connection:
        _drop_pages(connection, owner, report)


def forget_reports(ledger: Ledger, owner: str) -> None:
    """Ask for everything anew: another interface has other groups. Raises LedgerError."""
    with ledger.transaction() as connection:
        for report in (COST, USAGE):
            connection.execute("DELETE FROM organisation_day WHERE owner = ? AND report = ?", (owner, report))
            _drop_pages(connection, owner, report)


def _packed(page: Page) -> tuple[str, bytes]:
    return " ".join(page.days), msgspec.json.encode(page.rows)


def _replace_days(connection: Connection, owner: str, question: Question) -> None:
    """The span's days as the pages say they are. A day that an older report does not even list stays to be asked for."""
    query = "SELECT days, rows, asked_at FROM organisation_page WHERE owner = ? AND report = ? ORDER BY number"
    asked_at = float("inf")
    rows: list[ReportRow] = []
    seen: set[str] = set()
    for days, packed, at in connection.execute(query, (owner, question.report)).fetchall():
        asked_at = min(asked_at, at)
        seen |= set(days.split())
        rows += msgspec.json.decode(packed, type=list[ReportRow])
    span = [day.isoformat() for day in question.days()]
    key = (owner, question.report)
    connection.executemany(
        "DELETE FROM organisation_row WHERE owner = ? AND report = ? AND day = ?", [(*key, day) for day in span]
    )
    names = (*FIXED, *COLUMNS)
    marks = ", ".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO organisation_row ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - names of our own
        [(*key, *(_plain(getattr(row, name)) for name in COLUMNS)) for row in rows],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO organisation_day VALUES (?, ?, ?, ?, ?)", [(*key, day, asked_at, day in seen) for day in span]
    )
    _drop_pages(connection, owner, question.report)


def _drop_pages(connection: Connection, owner: str, report: str) -> None:
    connection.execute("DELETE FROM organisation_page WHERE owner = ? AND report = ?", (owner, report))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def _closed(text: str) -> Mapping[str, float]:
    try:
        return msgspec.json.decode(text, type=dict[str, float])
    except msgspec.MsgspecError:
        return {}


def interface_of(state: State | None) -> Api:
    """The interface that the reports in the ledger are from."""
    return "legacy" if state is not None and ANALYTICS in state.closed else "analytics"
