"""A ledger that cannot be used is one sentence with its own remedy; nobody is told to throw it away for a passing fault."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from quotaline.ledger import Ledger, LedgerError, open_ledger, store
from quotaline.ledger.accounts import last_activity, login_since, session_owner
from quotaline.ledger.history import WAYS, history
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.readings import activity, latest_readings, readings_since, store_readings
from quotaline.ledger.schema import MIGRATIONS
from quotaline.ledger.store import CACHE_KILOBYTES, REBUILD, clear_errors, remedy
from quotaline.ledger.totals import local_totals
from quotaline.model import Reading, Window
from quotaline.prices import PriceBook
from quotaline.zone import local_zone
from transcript_lines import NOON, assistant, write

CODES = {name: getattr(sqlite3, name) for name in dir(sqlite3) if name.startswith("SQLITE_") and name != "SQLITE_OK"}
ERRORS = [name for name in CODES if name.split("_")[1] in {
    "BUSY", "LOCKED", "FULL", "IOERR", "READONLY", "PROTOCOL", "CANTOPEN", "PERM", "NOMEM", "NOLFS", "AUTH", "ERROR",
}]  # fmt: skip


def fault(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("name", ERRORS)
def test_a_passing_fault_is_no_reason_to_move_the_ledger_away(name: str) -> None:
    sentence = remedy(fault(CODES[name]))
    assert "move the file" not in sentence
    assert sentence.endswith(".")


def test_only_damage_is() -> None:
    codes = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT_VTAB, sqlite3.SQLITE_CORRUPT_SEQUENCE)
    assert [REBUILD] * 4 == [remedy(fault(code)) for code in codes]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("SQLITE_FULL", "make room"), ("SQLITE_BUSY", "Another program"), ("SQLITE_BUSY_SNAPSHOT", "Another program"),
        ("SQLITE_PROTOCOL", "QUOTALINE_DATA_DIR"), ("SQLITE_IOERR_LOCK", "QUOTALINE_DATA_DIR"),
        ("SQLITE_READONLY", "permissions"), ("SQLITE_IOERR_WRITE", "disk"), ("SQLITE_CANTOPEN", "permissions"),
    ],
)  # fmt: skip
def test_each_fault_has_its_own_remedy(name: str, word: str) -> None:
    with pytest.raises(LedgerError, match=word), clear_errors():
        raise fault(CODES[name])


def rows(way: Any, ledger: Ledger) -> object:
    return history(ledger.connection, way, local_zone(), PriceBook())


READERS: dict[str, Callable[[Ledger], object]] = {
    **{way: partial(rows, way) for way in WAYS},
    "totals": lambda found: local_totals(found, NOON + 9e3, local_zone(), five_hour_resets_at=None, prices=PriceBook()),
    "readings": lambda found: readings_since(found, "~/.claude", "a", 0),
    "latest": lambda found: latest_readings(found, "~/.claude", "a"),
    "activity": lambda found: activity(found, 0),
    "owner": lambda found: session_owner(found, "s1"),
    "newest": last_activity,
    "login": lambda found: login_since(found, "~/.claude", "a", NOON),
}


def full_of_things(path: Path, claude: Path) -> bytes:
    for n in range(30):
        write(claude, f"s{n}", *(assistant(f"m{n}-{k}", NOON + 900 * n, input=1, output=k, session=f"s{n}") for k in range(9)))
    with open_ledger(path) as ledger:
        import_transcripts(ledger, [claude])
        window = Window(id="five_hour", name="Session (5h)", utilization=4.0, resets_at=NOON + 9e5)
        store_readings(
            ledger, "~/.claude", "a", [Reading(value=window, source="endpoint", as_of=NOON + 3601.0 * n) for n in range(50)]
        )
        ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def test_whatever_is_damaged_every_reader_says_one_sentence_or_reads_on(tmp_path: Path, claude: Path) -> None:
    path = tmp_path / "ledger.db"
    good = full_of_things(path, claude)
    chance, refused = random.Random(5), []
    for _ in range(40):
        damaged = bytearray(good)
        for _ in range(chance.choice([1, 30, 400])):
            at = chance.randrange(chance.choice([100, 4096, len(good)]))
            damaged[at : at + 8] = chance.randbytes(8)
        for old in tmp_path.glob("ledger.db*"):
            old.unlink()
        path.write_bytes(damaged[: chance.choice([len(good), len(good), chance.randrange(len(good))])])
        for read in READERS.values():
            try:
                with open_ledger(path) as found:
                    read(found)
            except LedgerError as error:
                refused.append(str(error))
    assert len(refused) > 100
    assert [] == [sentence for sentence in refused if not sentence.isprintable() or not sentence.endswith(".")]


def test_commands_say_it_too_and_the_file_stays(home: Path, environment: dict[str, str]) -> None:
    path = home / ".local/share/quotaline/ledger.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    for command in (["history"], ["history", "--plot"], ["history", "--backtest"]):
        done = quotaline(*command, env=environment)
        assert (1, b"") == (done.returncode, done.stdout)
        assert done.stderr.count(b"\n") == 1
        assert b"move the file away" in done.stderr
    for command in (["refresh"], ["usage"], ["guard"], ["export"], ["record"], ["doctor"]):
        done = quotaline(*command, env=environment, stdin=b'{"type":"result","session_id":"s","total_cost_usd":1}')
        assert b"Traceback" not in done.stderr
    assert path.read_bytes() == b"no database" * 1000


@pytest.mark.parametrize("kind", ["fifo", "zero", "folder", "null"])
def test_what_is_no_file_is_refused_before_sqlite_opens_it(kind: str, home: Path, environment: dict[str, str]) -> None:
    path = home / ".local/share/quotaline/ledger.db"
    path.parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(f"/dev/{kind}")
    done = quotaline("history", env=environment)
    assert done.returncode == 1
    assert b"Move it away." in done.stderr
    found = quotaline("doctor", env=environment)
    assert b"is not a regular file" in found.stdout


FILL = """
import resource, signal, sys
from pathlib import Path
from quotaline.ledger import open_ledger, LedgerError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_ledger(Path(sys.argv[1])) as ledger:
    ledger.connection.execute("PRAGMA cache_size = 1")
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        with ledger.transaction() as connection:
            connection.executemany("INSERT INTO project (path) VALUES (?)", ((f"{n}" * 500,) for n in range(2000)))
    except LedgerError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_full_disk_ends_a_transaction_and_says_so(tmp_path: Path) -> None:
    """SQLite may have rolled back by itself then: our own ROLLBACK must not take the place of the reason."""
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    size = path.stat().st_size + 60_000
    done = subprocess.run([sys.executable, "-c", FILL, str(path), str(size)], capture_output=True, text=True, check=True)
    assert "disk" in done.stdout
    assert "rollback" not in done.stdout
    assert "move the file away" not in done.stdout
    with open_ledger(path) as ledger:
        assert (0,) == ledger.connection.execute("SELECT count(*) FROM project").fetchone()


def test_a_ledger_that_another_program_holds_is_waited_for_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match="Another program holds it"), open_ledger(path) as ledger, ledger.transaction():
        pass
    holder.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_migration_that_fails_makes_the_doctor_fail_and_changes_nothing(
    version: int, home: Path, environment: dict[str, str]
) -> None:
    path = home / ".local/share/quotaline/ledger.db"
    with open_ledger(path) as ledger:
        ledger.connection.execute("CREATE TABLE former_quarter (quarter INTEGER)")  # the one step that could be taken twice
        ledger.connection.execute(f"PRAGMA user_version = {version}")  # its tables are there already
        ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = shutil.copy(path, home / "before")
    done = quotaline("history", env=environment)
    assert (1, b"") == (done.returncode, done.stdout)
    assert f"cannot be brought from schema {version} to {len(MIGRATIONS)}".encode() in done.stderr
    found = quotaline("doctor", env=environment)
    assert found.returncode == 1
    assert b"cannot be brought from schema" in found.stdout
    with sqlite3.connect(path) as one, sqlite3.connect(before) as other:
        assert list(other.iterdump()) == list(one.iterdump())
    one.close()
    other.close()


def test_a_ledger_waits_for_the_disk_only_where_it_must_and_keeps_readers_and_writers_apart(tmp_path: Path) -> None:
    for _ in ("made anew", "opened again"):
        with open_ledger(tmp_path / "ledger.db") as ledger:
            told = [ledger.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
            assert ["wal", 1] == told  # 1: NORMAL
            assert -CACHE_KILOBYTES == ledger.connection.execute("PRAGMA cache_size").fetchone()[0]


def test_a_ledger_that_another_process_has_just_brought_up_to_date_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"

    class Slow(sqlite3.Connection):
        """Between its two looks at the version somebody else prepares the ledger."""

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if "journal_mode" in sql:
                open_ledger(path).close()
            return super().execute(sql, *parameters)

    with contextlib.closing(sqlite3.connect(path, isolation_level=None, factory=Slow)) as connection:
        store._prepare(connection, path)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
