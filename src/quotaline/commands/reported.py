"""EFFECT `quotaline history --source organisation` and `--reconcile`: an organisation's reports, from the ledger alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from quotaline.config.schema import Config
    from quotaline.ledger import Ledger
    from quotaline.locations import Locations
    from quotaline.organisation.rows import Coverage
    from quotaline.organisation.store import State

MOST_DAYS = 3  # days that a sentence names
Days = tuple["date | None", "date | None"]


def print_reports(where: Locations, config: Config, by: str | None, days: Days, *, as_json: bool, as_csv: bool) -> int:
    """Print the reports' rows `by` something, or without it this machine's cost beside them. Raises LedgerError."""
    if by is None:
        return print_reconciliation(where, config, days, as_json=as_json, as_csv=as_csv)
    return print_reported(where, config, by, days, as_json=as_json, as_csv=as_csv)


def print_reported(where: Locations, config: Config, by: str, days: Days, *, as_json: bool, as_csv: bool) -> int:
    """Print the reports' rows. Raises LedgerError."""
    import os

    from quotaline.organisation.rows import LEGACY_COSTS, WAYS, coverage, reported, total_reported
    from quotaline.organisation.store import interface_of, load_state
    from quotaline.terminal import reported as show
    from quotaline.terminal.page import print_page
    from quotaline.terminal.text import with_own_names

    if by not in WAYS:
        raise click.UsageError(f"--source organisation is --by {', '.join(WAYS[:-1])} or {WAYS[-1]}.")
    with _opened(where) as ledger:
        state = load_state(ledger)
        rows, notes = [], _why_nothing(config)
        if state is not None:
            legacy = interface_of(state) == "legacy"
            first, last = days
            rows = reported(ledger.connection, state.owner, by, legacy=legacy, since=first, until=last)  # type: ignore[arg-type]
            covered = coverage(ledger.connection, state.owner, since=first, until=last)
            total = total_reported(rows)
            notes = _notes(state, covered, total.others)
            if legacy and by not in (*LEGACY_COSTS, "user") and rows:
                notes.append("The older cost report knows days, models and workspaces only, so there is no cost here.")
    total = total_reported(rows)
    if as_json:
        click.echo(show.as_json(by, rows, total, notes))
    elif as_csv:
        click.echo(show.as_csv(rows), nl=False)
    else:
        shown = with_own_names(rows, config.style.models) if by == "model" else rows
        print_page(lambda width: show.table(by, shown, total, notes, width), config, os.environ)
    return 0


def print_reconciliation(where: Locations, config: Config, days: Days, *, as_json: bool, as_csv: bool) -> int:
    """Print this machine's cost beside the report. Raises LedgerError."""
    import os

    from quotaline.commands.current_ledger import current_ledger
    from quotaline.organisation.reconcile import Reconciliation, reconcile
    from quotaline.organisation.rows import Coverage
    from quotaline.organisation.store import load_state
    from quotaline.prices import PriceBook
    from quotaline.terminal import reported as show
    from quotaline.terminal.page import print_page

    with current_ledger(where) as ledger:
        state = load_state(ledger)
        found, notes = Reconciliation(rows=(), covered=Coverage()), _why_nothing(config)
        if state is not None:
            since, until = days
            found = reconcile(ledger.connection, state.owner, PriceBook(config.prices), since=since, until=until)
            notes = _notes(state, found.covered, found.others)
    if found.rows:
        notes.append(
            "Here: this machine's transcripts at list price, and recorded runs. Report: what is charged. Days are UTC's."
        )
    if as_json:
        click.echo(show.comparison_json(found, notes))
    elif as_csv:
        click.echo(show.comparison_csv(found), nl=False)
    else:
        print_page(lambda width: show.comparison_table(found, notes, width), config, os.environ)
    return 0


def _opened(where: Locations) -> Ledger:
    from quotaline.errors import LedgerError
    from quotaline.ledger import open_ledger

    if where.ledger is None:
        raise LedgerError("There is no place for the ledger. Set QUOTALINE_DATA_DIR.")
    return open_ledger(where.ledger)


def _why_nothing(config: Config) -> list[str]:
    """Why no report was ever read: what is wrong with the key, else that no refresh has asked."""
    import os

    from quotaline.errors import SourceError
    from quotaline.organisation.key import find_key

    try:
        find_key(config.organisation, os.environ)
    except SourceError as error:
        return [f"No report is in the ledger. {error}"]
    return ["No report is in the ledger yet: background refreshes ask for them; `quotaline refresh --force` does so now."]


def _notes(state: State, covered: Coverage, others: Sequence[tuple[str, Decimal]]) -> list[str]:
    """What is to be known of the reports, each a sentence."""
    from quotaline.core.formats import counted
    from quotaline.core.periods import rfc3339

    notes = []
    if covered.first is None:
        notes.append("The reports in the ledger hold nothing of these days.")
    else:
        upto = f", complete up to {rfc3339(state.refreshed_at)}" if state.refreshed_at else ""
        notes.append(f"The reports were read for {covered.first} to {covered.last} (UTC){upto}.")
    if covered.missing:
        some = ", ".join(covered.missing[:MOST_DAYS])
        more = f" and {counted(len(covered.missing) - MOST_DAYS, 'more day')}" if len(covered.missing) > MOST_DAYS else ""
        notes.append(f"They hold nothing of {some}{more}: no use, or not reported yet.")
    if others:
        amounts = ", ".join(f"{amount:.2f} {currency}" for currency, amount in others)
        notes.append(f"Not in these sums, as it is another currency: {amounts}.")
    return [*notes, *([state.note] if state.note else []), *([state.problem] if state.problem else [])]
