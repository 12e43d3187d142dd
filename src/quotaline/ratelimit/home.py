"""EFFECT The one place where the requests of a login are counted, whatever XDG_* says, and what was counted elsewhere before.

A terminal inside a snap has an XDG_DATA_HOME of its own, and with it a ledger of its own; a server counts the token all the
same. What such a ledger remembers of requests is moved here whenever it is opened, the stricter word of two kept.
"""

from __future__ import annotations

import contextlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from quotaline.errors import LedgerError, SourceError
from quotaline.files import private_dir, read_file, write_atomic, write_own
from quotaline.ledger import open_ledger
from quotaline.ratelimit.log import durable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from quotaline.ledger import Ledger
    from quotaline.locations import Locations

FINGERPRINT_KEY, LARGEST_KEY, KEY_BYTES = "fingerprint.key", 4096, 32
TABLES = ("request_budget", "request", "known_reset", "unsupported_claude")

_STRICTER = """
INSERT INTO request_budget VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
  asked_at = max(ifnull(asked_at, excluded.asked_at), ifnull(excluded.asked_at, asked_at)),
  outcome = iif(excluded.blocked_until > blocked_until, excluded.outcome, outcome),
  credentials = iif(excluded.blocked_until > blocked_until, excluded.credentials, credentials),
  failures = iif(excluded.blocked_until > blocked_until, excluded.failures, failures),
  blocked_until = max(blocked_until, excluded.blocked_until)
"""
_ONCE = """
INSERT INTO request (key, source, asked_at, outcome) SELECT ?, ?, ?, ?
WHERE NOT EXISTS (SELECT 1 FROM request WHERE (key, source, asked_at) = (?, ?, ?))
"""


@contextmanager
def open_limiter(where: Locations, ledger: Ledger) -> Iterator[Ledger]:
    """The ledger that counts requests: `ledger` itself, open at `where.ledger`, or the one at home. Raises LedgerError."""
    home, here = where.request_ledger, where.ledger
    if home is None or here is None or _same(home, here):
        yield ledger
        return
    with open_ledger(home) as limiter:
        move_requests(ledger, limiter)
        _take_key(here.parent / FINGERPRINT_KEY, home.parent / FINGERPRINT_KEY)
        yield limiter


def move_requests(old: Ledger, new: Ledger) -> None:
    """Move what `old` remembers of requests into `new`; killed in between, nothing is lost or doubled. Raises LedgerError."""
    with old.transaction() as source:
        rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608 - constants
        if not any(rows.values()):
            return
        with durable(new) as target:
            target.executemany(_STRICTER, rows["request_budget"])
            target.executemany(_ONCE, [(*row[1:], *row[1:4]) for row in rows["request"]])
            target.executemany("INSERT OR REPLACE INTO known_reset VALUES (?, ?, ?)", rows["known_reset"])
            target.executemany("INSERT OR REPLACE INTO unsupported_claude VALUES (?, ?)", rows["unsupported_claude"])
        for table in TABLES:
            source.execute(f"DELETE FROM {table}")  # noqa: S608 - constants


def _take_key(old: Path, new: Path) -> None:
    """The key of the fingerprints that were moved, where there is none yet: under another one nobody would know them."""
    with contextlib.suppress(OSError):
        if not new.exists():
            write_atomic(private_dir(new.parent) / new.name, read_file(old, LARGEST_KEY))


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are the same file; two that are not there yet are compared by their folders."""
    try:
        return one == other or one.resolve() == other.resolve()
    except OSError as error:
        raise LedgerError(f"The ledger {one} cannot be opened: {error}. Check the folder's permissions.") from error


def fingerprint_key(folder: Path) -> bytes:
    """This installation's key for fingerprints of tokens, in the limiter's `folder`; made where there is none that is one.

    Raises SourceError.
    """
    path = folder / FINGERPRINT_KEY
    with contextlib.suppress(OSError):
        try:
            key = read_file(path, LARGEST_KEY)
        except PermissionError:
            raise
        except OSError:
            key = b""
        if len(key) < KEY_BYTES:
            key = os.urandom(KEY_BYTES)
            write_own(path, key)
        return key
    raise SourceError(f"{path.name} cannot be written, so nothing was asked; see the permissions of quotaline's data folder.")
