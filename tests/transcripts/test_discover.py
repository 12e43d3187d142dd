"""What is looked at, and what is remembered of it: folders that rest or cannot be read, and the round of many files."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quotaline.transcripts import discover as looking
from quotaline.transcripts.discover import discover
from transcript_lines import assistant, write

if TYPE_CHECKING:
    from quotaline.ledger import Ledger

SECOND = 1_000_000_000


def look(ledger: Ledger, claude: Path, *, thorough: bool = False) -> tuple[list[str], list[str]]:
    """The names of the files to read, and the problems."""
    found = discover(ledger.connection, [claude], thorough=thorough)
    return [Path(job.path).name for job in found.jobs], found.problems


def folders(ledger: Ledger) -> dict[str, tuple[int, str | None]]:
    rows = ledger.connection.execute("SELECT path, mtime_ns, problem FROM folder")
    return {Path(path).name: (mtime_ns, problem) for path, mtime_ns, problem in rows}


@pytest.mark.parametrize(("age", "is_kept"), [(2 * SECOND, False), (2 * SECOND + 1, True)])
def test_a_folder_that_changed_within_two_seconds_is_not_believed(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch, age: int, *, is_kept: bool
) -> None:
    folder = write(claude, "s1", assistant("m1")).parent
    changed = 0
    monkeypatch.setattr(time, "time_ns", lambda: changed + age)
    for _ in range(2):  # when it is entered, and when it is listed again
        changed = folder.stat().st_mtime_ns
        look(ledger, claude)
        assert folders(ledger)[folder.name] == (changed if is_kept else 0, None)
        os.utime(folder, ns=(changed + 5, changed + 5))


def test_a_folder_that_rests_is_not_listed_again(ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(claude, "s1", assistant("m1")).parent
    listed: list[str] = []
    scandir = os.scandir

    def noting(path: str) -> Any:
        listed.append(Path(path).name)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noting)
    for place in (folder, folder.parent):
        os.utime(place, (5, 5))
    assert look(ledger, claude) == (["s1.jsonl"], [])
    assert listed == ["projects", folder.name]
    look(ledger, claude)
    assert len(listed) == 2
    write(claude, "s2", assistant("m2"))
    os.utime(folder, (6, 6))
    assert look(ledger, claude)[0][-1] == "s2.jsonl"
    look(ledger, claude)
    assert listed[2:] == [folder.name]


def test_what_cannot_be_read_is_named_once_and_looked_at_again(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(claude, "s1", assistant("m1")).parent
    os.utime(folder, (5, 5))
    scandir, closed = os.scandir, [OSError(13, "Permission denied"), OSError("no number")]

    def refusing(path: str) -> Any:
        if closed and path == str(folder):
            raise closed[0]
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert look(ledger, claude) == ([], [f"{folder}: Permission denied"])
    assert folders(ledger)[folder.name] == (0, "Permission denied")
    assert look(ledger, claude) == ([], [])
    del closed[0]
    look(ledger, claude)
    assert folders(ledger)[folder.name] == (0, "no number")
    closed.clear()
    assert look(ledger, claude) == (["s1.jsonl"], [])
    assert folders(ledger)[folder.name] == (5 * SECOND, None)


def test_what_is_gone_is_gone_with_all_that_was_in_it(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "deep/s1", assistant("m1"))
    beside = write(claude, "deep0", assistant("m0"))
    look(ledger, claude)
    path.unlink()
    path.parent.rmdir()
    look(ledger, claude)
    assert path.parent.name not in folders(ledger)
    rows = dict(ledger.connection.execute("SELECT path, gone FROM file").fetchall())
    assert rows == {str(path): 1, str(beside): 0}
    write(claude, "deep/s1", assistant("m1"))
    assert "s1.jsonl" in look(ledger, claude)[0]
    assert dict(ledger.connection.execute("SELECT path, gone FROM file").fetchall()) == {str(path): 0, str(beside): 0}


def test_what_is_in_a_folder_that_is_gone_needs_no_look_of_its_own(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(write(claude, "first", assistant("m0")), (5, 5))
    path = write(claude, "deep/s1", assistant("m1"))
    look(ledger, claude)
    path.unlink()
    path.parent.rmdir()
    monkeypatch.setattr(looking, "FILES", (0, 0, 1))  # the first one alone is looked at
    look(ledger, claude)
    assert ledger.connection.execute("SELECT gone FROM file ORDER BY id").fetchall() == [(0,), (1,)]


def test_another_file_under_the_name_is_read_from_its_start(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1"))
    look(ledger, claude)
    status = path.stat()
    same = "UPDATE file SET inode = ?, size = ?, mtime_ns = ?, read_to = 100, guarded = 50"
    with ledger.transaction() as connection:
        connection.execute(same, (status.st_ino, status.st_size, status.st_mtime_ns))
    assert look(ledger, claude) == ([], [])
    os.utime(path, ns=(7, 7))
    (job,) = discover(ledger.connection, [claude], thorough=False).jobs
    assert (job.offset, job.guarded, job.ahead) == (100, 50, status.st_size - 100)
    other = path.with_name("other")
    other.write_bytes(b"x" * 30)
    other.replace(path)
    (job,) = discover(ledger.connection, [claude], thorough=False).jobs
    assert (job.offset, job.guarded, job.ahead) == (0, 0, 30)


def test_a_file_that_is_shorter_than_what_was_read_is_all_ahead(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1"))
    look(ledger, claude)
    for read_to, ahead in ((path.stat().st_size + 1, path.stat().st_size), (path.stat().st_size - 1, 1)):
        with ledger.transaction() as connection:
            connection.execute("UPDATE file SET inode = ?, read_to = ?", (path.stat().st_ino, read_to))
        (job,) = discover(ledger.connection, [claude], thorough=False).jobs
        assert job.ahead == ahead


def test_where_writing_fails_no_transaction_stays_open(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1"))
    ledger.connection.execute("CREATE TEMP TRIGGER no BEFORE INSERT ON file BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(sqlite3.IntegrityError):
        look(ledger, claude)
    assert not ledger.connection.in_transaction
    ledger.connection.execute("DROP TRIGGER no")
    assert look(ledger, claude)[0] == ["s1.jsonl"]


def test_of_new_files_the_older_comes_first(ledger: Ledger, claude: Path) -> None:
    for name, at in (("b", 5), ("a", 7), ("c", 6)):
        os.utime(write(claude, name, assistant(name)), (at, at))
    assert look(ledger, claude)[0] == ["b.jsonl", "c.jsonl", "a.jsonl"]


FILE = "INSERT INTO file (id, config_dir_id, path, mtime_ns) VALUES (?, 1, ?, ?)"
FOLDER = "INSERT INTO folder (id, config_dir_id, path, device, inode, mtime_ns) VALUES (?, 1, ?, 0, 0, ?)"


@pytest.mark.parametrize(("table", "insert", "most", "recent"), [("file", FILE, 2048, 1024), ("folder", FOLDER, 1024, 512)])
def test_of_many_the_most_recent_are_looked_at_and_the_others_take_turns(
    ledger: Ledger, table: str, insert: str, most: int, recent: int
) -> None:
    def turn(*, thorough: bool = False) -> list[int]:
        walk = looking._Walk(ledger.connection)
        rows = looking._turn(ledger.connection, table, "id, path", walk, thorough=thorough)
        for statement, values in walk.writes:
            ledger.connection.execute(statement, values)
        return [row[0] for row in rows]

    with ledger.transaction() as connection:
        connection.execute("INSERT INTO config_dir VALUES (1, 'c')")
        connection.executemany(insert, [(number, f"p{number}", number) for number in range(1, most + 1)])
    assert sorted(turn()) == list(range(1, most + 1))
    with ledger.transaction() as connection:
        connection.execute(insert, (most + 1, "last", most + 1))
    newest = list(range(most + 1, most + 1 - recent, -1))
    assert len(turn(thorough=True)) == most + 1
    assert turn() == newest + list(range(1, recent + 1))
    assert turn() == [*newest, recent + 1]
    assert turn() == newest
    assert turn() == newest + list(range(1, recent + 1))
