"""EFFECT What the transcripts hold and the ledger does not: lines that could not be read, and why there is no usage at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from quotaline.ledger.store import clear_errors

if TYPE_CHECKING:
    from sqlite3 import Connection

    from quotaline.ledger.store import Ledger

NO_TRANSCRIPTS = "no transcripts were found"
"""Why there is no usage where Claude Code has not run yet."""


class Skipped(NamedTuple):
    """`lines` of which something could not be read, in `files` transcripts that are still there; `most` has most of them."""

    lines: int
    files: int
    most: str

    def sentence(self) -> str:
        """One sentence for people."""
        whole = "what it" if self.lines == 1 else "what they"
        lines, files = f"{self.lines} line{'s' * (self.lines != 1)}", f"{self.files} transcript{'s' * (self.files != 1)}"
        where = f" of {self.most}" if self.files == 1 else f" of {files}, most of them of {self.most},"
        return f"{lines}{where} could not be read in full; {whole} hold{'s' * (self.lines == 1)} does not count."


def skipped_lines(ledger: Ledger) -> Skipped | None:
    """What was skipped so far, whichever import met it; None when nothing was. Raises LedgerError."""
    with clear_errors():
        return skipped_in(ledger.connection)


def skipped_in(connection: Connection) -> Skipped | None:
    """The same of an open database."""
    lines, files = connection.execute("SELECT sum(skipped), count(*) FROM file WHERE skipped AND NOT gone").fetchone()
    if not files:
        return None
    (most,) = connection.execute("SELECT path FROM file WHERE NOT gone ORDER BY skipped DESC, id LIMIT 1").fetchone()
    return Skipped(lines, files, most)


def why_no_usage(ledger: Ledger) -> str | None:
    """Why the ledger has no message, in a sentence without its end; None when it has one. Raises LedgerError."""
    with clear_errors():
        connection = ledger.connection
        if connection.execute("SELECT 1 FROM message LIMIT 1").fetchone():
            return None
        (files,) = connection.execute("SELECT count(*) FROM file WHERE NOT gone").fetchone()
        skipped = skipped_in(connection)
    if not files:
        return NO_TRANSCRIPTS
    if skipped is None:
        return f"the transcripts hold no usage yet ({files} were read)"
    return skipped.sentence().rstrip(".")
