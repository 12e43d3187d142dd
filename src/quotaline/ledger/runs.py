"""EFFECT Runs of `claude -p`: what they used, told by the client itself rather than found in a transcript.

A result's running totals are kept as they were told, and beside them what of them is this run's own. A run counts while no
message of its session is in the ledger; then the transcripts do.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from quotaline.ledger.names import Names
from quotaline.ledger.run_totals import (
    UNKNOWN_MODEL,
    Counters,
    ModelTotal,
    Totals,
    beyond,
    continues,
    difference,
    latest_before,
    outgrown,
    size,
    summed_kinds,
)

if TYPE_CHECKING:
    from sqlite3 import Connection

    from quotaline.ledger.store import Ledger

_totals = msgspec.json.Decoder(Totals).decode
_counters = msgspec.json.Decoder(Counters).decode


class Run(Struct, frozen=True, kw_only=True):
    """One result of `claude -p`, ended at `ended_at` (epoch seconds).

    `totals` run on from the results before it, `since` is what came on top of the last one where the client tells that, `spent`
    what this run's main loop used. `cost` is the total in US dollars. `follows` is the uuid of the result before it in the same
    stream. It ran in `folder`, of the account in `config_dir`; `subagents` is how many it started. None is what is not told.
    """

    uuid: str
    session_id: str
    ended_at: float
    cost: Decimal | None = None
    totals: Totals = {}
    since: Totals | None = None
    spent: Counters | None = None
    follows: str | None = None
    folder: str = ""
    config_dir: str = ""
    turns: int | None = None
    duration_ms: int | None = None
    api_ms: int | None = None
    subagents: int | None = None


def store_run(ledger: Ledger, run: Run) -> bool:
    """Keep a run, once; False when it says nothing of tokens or dollars. Raises LedgerError."""
    totals = _with_cost(run)
    if not totals and run.cost is None:
        return False
    with ledger.transaction() as connection:
        session_id = Names(connection, "session", "uuid")[run.session_id]
        if run.cost is not None:
            connection.execute("UPDATE session SET client_cost = ? WHERE id = ?", (str(run.cost), session_id))
        if totals and not connection.execute("SELECT 1 FROM run WHERE uuid = ?", (run.uuid,)).fetchone():
            _add(connection, run, totals, session_id)
    return bool(totals)


def _with_cost(run: Run) -> Totals:
    """The totals by model; with the cost of all, where the client told it and that of all models but one."""
    if not run.totals:
        used = run.cost or (run.spent is not None and any(run.spent.columns()))
        return {UNKNOWN_MODEL: ModelTotal(Counters(), run.cost)} if used else {}
    missing = [model for model, total in run.totals.items() if total.cost is None]
    rest = (run.cost or 0) - sum((total.cost for total in run.totals.values() if total.cost is not None), Decimal(0))
    if run.cost is None or len(missing) != 1 or rest < 0:
        return run.totals
    return {**run.totals, missing[0]: ModelTotal(run.totals[missing[0]].counters, rest)}


def _add(connection: Connection, run: Run, totals: Totals, session_id: int) -> None:
    query = "SELECT id FROM run WHERE uuid = ? AND session_id = ?"
    (follows,) = connection.execute(query, (run.follows, session_id)).fetchone() or (None,)
    insert = """INSERT INTO run (uuid, session_id, project_id, config_dir_id, time, duration_ms, api_ms, turns, subagents,
        follows, tokens, totals, since, spent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
    values = (
        *(run.uuid, session_id, Names(connection, "project", "path")[run.folder]),
        *(Names(connection, "config_dir", "path")[run.config_dir], int(run.ended_at * 1000)),
        *(run.duration_ms, run.api_ms, run.turns, run.subagents, follows, sum(summed_kinds(totals))),
        *(_text(totals), _text(run.since), _text(run.spent)),
    )
    number = int(connection.execute(insert, values).lastrowid or 0)
    if run.since is not None:
        _keep(connection, number, run.since)
    elif follows is not None:
        (before,) = connection.execute("SELECT totals FROM run WHERE id = ?", (follows,)).fetchone()
        earlier = _totals(before)
        _keep(connection, number, difference(totals, earlier if continues(totals, earlier, None) else None), run.spent)
    _find_earlier(connection, session_id, sum(summed_kinds(totals)))


def _find_earlier(connection: Connection, session_id: int, tokens: int) -> None:
    """Say what is the own of a session's runs that reached `tokens` or more and can have gone on from one before.

    That is looked at anew whenever a smaller one comes, for what came first need not be recorded first.
    """
    query = """SELECT id, totals, spent, subagents FROM run
        WHERE session_id = ? AND tokens >= ? AND since IS NULL AND follows IS NULL"""
    begun = connection.execute(query, (session_id, tokens)).fetchall()
    if not begun:
        return
    query = "SELECT id, totals FROM run WHERE session_id = ?"
    told = {number: _totals(text) for number, text in connection.execute(query, (session_id,))}
    sizes = {number: (size(totals), number) for number, totals in told.items()}
    for number, text, spent_text, subagents in begun:
        totals, spent = _totals(text), None if spent_text is None else _counters(spent_text)
        smaller = ((one, told[one]) for one in told if sizes[one] < sizes[number])
        earlier = latest_before(totals, smaller, spent)
        if earlier is None and not subagents:
            earlier = _parent(connection, session_id, totals, spent)
        holds = earlier is None and subagents == 0 and outgrown(totals, spent)
        _keep(connection, number, difference(totals, earlier), spent, holds_earlier=holds)


def _parent(connection: Connection, session_id: int, totals: Totals, spent: Counters | None) -> Totals | None:
    """The totals of a run of another session that this one, a fork, went on from: exactly what is not its own main loop's."""
    rest = beyond(totals, spent)
    if rest is None:
        return None
    query = "SELECT totals FROM run WHERE tokens = ? AND session_id <> ? ORDER BY id DESC"
    found = (_totals(text) for (text,) in connection.execute(query, (sum(rest), session_id)))
    return next((one for one in found if summed_kinds(one) == rest and continues(totals, one, spent)), None)


def _keep(
    connection: Connection, number: int, own: Totals, spent: Counters | None = None, *, holds_earlier: bool = False
) -> None:
    """Write down what a run used itself; where the client named no model, its tokens are those of the main loop."""
    if spent is not None and not any(any(total.counters.columns()) for total in own.values()):
        own = {UNKNOWN_MODEL: ModelTotal(spent, own[UNKNOWN_MODEL].cost)} if UNKNOWN_MODEL in own else own
    models = Names(connection, "model", "name")
    connection.execute("UPDATE run SET holds_earlier = ? WHERE id = ?", (holds_earlier, number))
    connection.execute("DELETE FROM run_usage WHERE run_id = ?", (number,))
    connection.executemany(
        "INSERT INTO run_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (number, models[model], *total.counters.columns(), None if total.cost is None else str(total.cost))
            for model, total in own.items()
            if total
        ],
    )


def _text(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
