"""EFFECT The ledger: its schema, its rows, its last import, models without a price, and SQLite's own quick check."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

from quotaline.core.formats import counted, format_left
from quotaline.doctor.check import Check
from quotaline.errors import LedgerError
from quotaline.ledger.store import REBUILD, migrate, remedy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from quotaline.doctor.check import DoctorContext

GROUP = "Ledger"
PATIENCE = 0.3
"""Seconds that the quick check of a large database may take."""


def checks(context: DoctorContext) -> Iterator[Check]:
    """Nothing is written: a ledger of an older version is brought up to date by the next refresh, not here."""
    path = context.where.ledger
    if path is None or not path.exists():
        first = "run `quotaline refresh`" if path else "set HOME or QUOTALINE_DATA_DIR"
        yield Check(group=GROUP, name="file", status="SKIP", message="There is no ledger yet.", remedy=first)
        return
    if not path.is_file():
        message = f"{path} is not a regular file."
        yield Check(group=GROUP, name="file", status="FAIL", message=message, remedy="move it away")
        return
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)
    except sqlite3.Error as error:
        yield Check(group=GROUP, name="file", status="FAIL", message=f"{path} cannot be opened: {error}.", remedy=todo(error))
        return
    try:
        yield from inside(connection, path, context)
    except sqlite3.Error as error:
        yield Check(group=GROUP, name="file", status="FAIL", message=f"{path} cannot be read: {error}.", remedy=todo(error))
    finally:
        connection.close()


def inside(connection: sqlite3.Connection, path: Path, context: DoctorContext) -> Iterator[Check]:
    """Each check of an open database."""
    from quotaline.ledger.schema import MIGRATIONS  # noqa: PLC0415 - the ledger's own list of versions

    version, known = connection.execute("PRAGMA user_version").fetchone()[0], len(MIGRATIONS)
    if version > known:
        message = f"{path} has schema {version}, a newer quotaline's; this one knows {known}."
        yield Check(group=GROUP, name="schema", status="FAIL", message=message, remedy="update quotaline")
        return
    later = "" if version == known else f", {known} after the next refresh"
    message = f"{path}: schema {version}{later}, {path.stat().st_size / 1048576:.1f} MiB."
    failed = migration_problem(connection, version, context) if version < known else None
    if failed:
        told = "move nothing away; run `quotaline history` to see it, and please report it"
        yield Check(group=GROUP, name="schema", status="FAIL", message=failed, remedy=told)
        return
    yield Check(group=GROUP, name="schema", status="PASS", message=message)
    if version < known:
        return
    yield from contents(connection, context)
    yield sound(connection)


def migration_problem(connection: sqlite3.Connection, version: int, context: DoctorContext) -> str | None:
    """Why an older ledger will not come to this version's schema: tried on empty tables of the same form, in memory.

    What only its rows can say, the last refresh said.
    """
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'").fetchall()
    copy = sqlite3.connect(":memory:")
    try:
        for (statement,) in rows:
            copy.execute(statement)
        migrate(copy, version)
    except (LedgerError, sqlite3.Error) as error:
        return str(error)
    finally:
        copy.close()
    states = context.snapshot.sources if context.snapshot else ()
    return next((s.problem for s in states if s.source == "transcripts" and s.problem and "ledger" in s.problem.lower()), None)


def todo(error: sqlite3.Error) -> str:
    """What to do about an error of SQLite, as the end of a line."""
    return phrase(remedy(error))


def phrase(sentence: str) -> str:
    """A sentence as the end of a line."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def contents(connection: sqlite3.Connection, context: DoctorContext) -> Iterator[Check]:
    """Rows, the newest message, and the models that have no price."""
    messages, files = (connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("message", "file"))  # noqa: S608 - two names of ours
    newest = connection.execute("SELECT max(time) FROM message").fetchone()[0]
    when = "" if newest is None else f", the newest {format_left(max(0.0, context.now - newest / 1000))} ago"
    yield Check(
        group=GROUP,
        name="rows",
        status="PASS",
        message=f"{counted(messages, 'message')} from {counted(files, 'transcript')}{when}.",
    )
    troubled = connection.execute("SELECT count(*) FROM file WHERE problem IS NOT NULL AND NOT gone").fetchone()[0]
    if troubled:
        message = f"{counted(troubled, 'transcript')} could not be read in full."
        remedy = "look at the permissions"
        yield Check(group=GROUP, name="import", status="WARN", message=message, remedy=remedy)
    from quotaline.ledger.skipped import skipped_in  # noqa: PLC0415

    skipped = skipped_in(connection)
    if skipped:
        remedy = "look at these lines; the numbers are too low by what they hold"
        yield Check(group=GROUP, name="lines", status="WARN", message=skipped.sentence(), remedy=remedy)
    unpriced = unpriced_models([name for (name,) in connection.execute("SELECT name FROM model")], context.now)
    if unpriced:
        message = f"No price is known for {', '.join(unpriced)}: tokens count, dollars do not."
        yield Check(group=GROUP, name="prices", status="WARN", message=message, remedy="a newer quotaline may know them")
    else:
        yield Check(group=GROUP, name="prices", status="PASS", message="Every model has a price.")


def unpriced_models(names: list[str], now: float) -> list[str]:
    """The models whose price is not known, by the runtime's own price book."""
    from quotaline.model import TokenUsage  # noqa: PLC0415
    from quotaline.prices import PriceBook, model_name  # noqa: PLC0415

    book, one = PriceBook(), TokenUsage(input=1)
    return sorted({model_name(name) for name in names if book.cost(name, one, at=now) is None})


def sound(connection: sqlite3.Connection) -> Check:
    """`PRAGMA quick_check`, for as long as patience lasts."""
    ends = time.monotonic() + PATIENCE
    connection.set_progress_handler(lambda: time.monotonic() > ends, 10_000)
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "interrupt" not in str(error):
            raise
        message = f"The database is large: no fault was found in {PATIENCE:g} s, then the check was stopped."
        return Check(group=GROUP, name="quick_check", status="SKIP", message=message)
    finally:
        connection.set_progress_handler(None, 0)
    if answer != "ok":
        return Check(group=GROUP, name="quick_check", status="FAIL", message=f"SQLite says: {answer}.", remedy=phrase(REBUILD))
    return Check(group=GROUP, name="quick_check", status="PASS", message="SQLite finds no fault.")
