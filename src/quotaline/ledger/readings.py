"""EFFECT Readings over time in the ledger: changes, and one an hour while nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from quotaline.core.periods import HOUR, same_period
from quotaline.core.windows import EXTRA_USAGE
from quotaline.ledger.accounts import messages_in
from quotaline.ledger.store import clear_errors
from quotaline.model import ExtraUsage, Reading, Window
from quotaline.prices.book import TOKEN_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.ledger.accounts import Dirs
    from quotaline.ledger.store import Ledger
    from quotaline.model import Account

EVERY = float(HOUR)
"""Seconds after which an unchanged value is kept again: it says that nothing changed."""

FULL = 100.0


def store_readings(
    ledger: Ledger, config_dir: str, account: str | None, readings: Sequence[Reading], before: Sequence[Reading] = ()
) -> int:
    """Keep what is new among the merged `readings` of one config folder and account; the number of rows written.

    A reading without an account of its own gets `account`. Keeping the same readings again writes nothing. `before` are the
    merged readings of the refresh before this one: where money has moved since, the last one without that is kept too.
    """
    with ledger.transaction() as connection:
        changes = connection.total_changes
        unmoved = _unmoved(before, readings)
        for edge, reading in (*((True, last) for last in unmoved), *((False, new) for new in readings)):
            owned = msgspec.structs.replace(reading, account=reading.account or account)
            window, body = reading.value.id, msgspec.json.encode(owned)
            row = connection.execute(
                """SELECT body FROM reading WHERE config_dir = ? AND window = ? AND account IS ? AND as_of <= ?
                ORDER BY as_of DESC, id DESC LIMIT 1""",
                (config_dir, window, owned.account, reading.as_of),
            ).fetchone()
            last = _reading(row[0]) if row else None
            if last is not None and (last.as_of == owned.as_of if edge else not _worth(last, owned)):
                continue
            utilization = reading.value.utilization
            connection.execute(
                "INSERT INTO reading (config_dir, account, window, as_of, utilization, body) VALUES (?, ?, ?, ?, ?, ?)",
                (config_dir, owned.account, window, reading.as_of, utilization, body.decode()),
            )
        return connection.total_changes - changes


def readings_since(
    ledger: Ledger, config_dir: str, account: str | None, since: float, *, recent: float | None = None
) -> list[Reading]:
    """The kept readings from `since` on, oldest first. `account` None is everybody's, else that one's and nobody's.

    With `recent` windows are read from there on only, but where they were at their limit from `since` on.
    """
    query = """SELECT body FROM reading WHERE config_dir = ? AND as_of >= ? AND (? IS NULL OR account IS NULL OR account = ?)
        AND (window = 'extra_usage' OR as_of >= ? OR utilization >= ?) ORDER BY as_of, id"""
    with clear_errors():
        rows = ledger.connection.execute(
            query, (config_dir, since, account, account, since if recent is None else recent, FULL)
        ).fetchall()
    return [reading for (body,) in rows if (reading := _reading(body)) is not None]


def window_readings(ledger: Ledger, account: Account, window: str, since: float) -> list[Reading]:
    """The kept readings of one window from `since` on, oldest first; nobody's are everybody's."""
    query = """SELECT body FROM reading WHERE config_dir = ? AND window = ? AND as_of >= ?
        AND (? IS NULL OR account IS NULL OR account = ?) ORDER BY as_of, id"""
    with clear_errors():
        rows = ledger.connection.execute(query, (account.config_dir, window, since, account.uuid, account.uuid)).fetchall()
    return [reading for (body,) in rows if (reading := _reading(body)) is not None]


def extra_usage_readings(ledger: Ledger, config_dir: str, account: str | None) -> list[Reading]:
    """All kept readings of extra usage, oldest first. `account` None is whose the newest one is; nobody's are everybody's."""
    query = "SELECT body FROM reading WHERE config_dir = ? AND window = ? ORDER BY as_of, id"
    with clear_errors():
        rows = ledger.connection.execute(query, (config_dir, EXTRA_USAGE)).fetchall()
    readings = [reading for (body,) in rows if (reading := _reading(body)) is not None]
    owner = account or next((reading.account for reading in reversed(readings) if reading.account), None)
    return [reading for reading in readings if reading.account in (None, owner)]


def latest_readings(ledger: Ledger, config_dir: str, account: str | None) -> list[Reading]:
    """The newest kept reading of each window, also of those that have been reset since."""
    query = """SELECT body, max(as_of) FROM reading WHERE config_dir = ? AND (? IS NULL OR account IS NULL OR account = ?)
        GROUP BY window"""
    with clear_errors():
        rows = ledger.connection.execute(query, (config_dir, account, account)).fetchall()
    return [reading for body, _ in rows if (reading := _reading(body)) is not None]


def readings_after(ledger: Ledger, number: int, most: int) -> list[tuple[int, Reading]]:
    """The next kept readings behind the one of that `number`, each with its own, in the order in which they were kept.

    Those without an account are left out: who else has it, nobody can say.
    """
    query = "SELECT id, body FROM reading WHERE id > ? AND account IS NOT NULL ORDER BY id LIMIT ?"
    with clear_errors():
        rows = ledger.connection.execute(query, (number, most)).fetchall()
    return [(row, reading) for row, body in rows if (reading := _reading(body)) is not None]


def activity(ledger: Ledger, since: float, dirs: Dirs = None) -> list[tuple[float, float]]:
    """`(moment, weight)` per minute from `since` on, oldest first: what the transcripts in `dirs` say of when it was used.

    A token weighs what its kind costs beside an input token.
    """
    weight = " + ".join(f"{float(weight)} * {kind}" for kind, weight in TOKEN_WEIGHTS.items())
    query = f"""SELECT max(time) / 1000.0, sum({weight})
        FROM message WHERE time >= ? AND {messages_in(dirs)} GROUP BY time / 60000 ORDER BY time / 60000"""  # noqa: S608 - names of our own
    with clear_errors():
        return [(at, weight) for at, weight in ledger.connection.execute(query, (int(since * 1000),)) if weight]


def _reading(body: str) -> Reading | None:
    """A row's reading; None for one that another version wrote and this one cannot understand."""
    try:
        return msgspec.json.decode(body, type=Reading)
    except msgspec.MsgspecError:
        return None


def _unmoved(before: Sequence[Reading], readings: Sequence[Reading]) -> list[Reading]:
    """The last reading of extra usage before another amount was read: the money moved after it, and not earlier."""
    return [
        last
        for new in readings
        for last in before
        if isinstance(new.value, ExtraUsage) and isinstance(last.value, ExtraUsage) and last.account == new.account
        if last.value.used != new.value.used and last.as_of < new.as_of
    ]


def _worth(kept: Reading, new: Reading) -> bool:
    """Whether `new` says something that `kept`, the one before it, did not."""
    return new.as_of - kept.as_of >= EVERY or not _alike(kept, new)


def _alike(kept: Reading, new: Reading) -> bool:
    old, value = kept.value, new.value
    if isinstance(old, Window) and isinstance(value, Window):
        return (
            same_period(old.resets_at, value.resets_at)
            and old.utilization == value.utilization
            and old.used_money == value.used_money
            and old.limit_money == value.limit_money
        )
    bare = [msgspec.structs.replace(one, extras={}) for one in (old, value)]
    return bare[0] == bare[1]
