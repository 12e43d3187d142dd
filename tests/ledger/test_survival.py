"""Nothing is lost and nothing is doubled, whatever ends an import and whoever else runs one."""

from __future__ import annotations

import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quotaline.ledger import Ledger, LedgerError, open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.schema import MIGRATIONS, USAGE
from transcript_lines import NOON, assistant, write

IMPORT = """
import sys
from pathlib import Path
from quotaline.ledger import importer, open_ledger
importer.BATCH_ROWS, importer.COMMIT_SECONDS, importer.FIRST_SECONDS = 50, 0, 0
with open_ledger(Path(sys.argv[1])) as ledger:
    print("ready", flush=True)
    importer.import_transcripts(ledger, [Path(sys.argv[2])])
"""
FILES, EACH = 120, 40


def fill(claude: Path) -> None:
    for n in range(FILES):
        write(
            claude, f"s{n}", *(assistant(f"m{n}-{k}", NOON + 900 * n, input=1, output=k, session=f"s{n}") for k in range(EACH))
        )


def sums(ledger: Ledger) -> tuple[int, int, int, int]:
    """Messages and outputs, as they are and as they are kept in sums."""
    plain = ledger.connection.execute("SELECT count(*), sum(output) FROM message").fetchone()
    return (*plain, *ledger.connection.execute("SELECT sum(messages), sum(output) FROM usage_quarter").fetchone())


TRUTH = (FILES * EACH, FILES * sum(range(EACH))) * 2


def start(path: Path, claude: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", IMPORT, str(path), str(claude)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def finish(child: subprocess.Popen[str]) -> int:
    assert child.stdout is not None
    child.stdout.close()
    return child.wait()


def test_an_import_killed_anywhere_goes_on_where_it_was(tmp_path: Path, claude: Path) -> None:
    fill(claude)
    path = tmp_path / "ledger.db"
    chance = random.Random(3)
    open_ledger(path).close()
    killed = 0
    for _ in range(12):
        child = start(path, claude)
        time.sleep(chance.random() * 0.03)
        child.send_signal(signal.SIGKILL)
        killed += finish(child) == -signal.SIGKILL
        with open_ledger(path) as ledger:
            count, output, kept, kept_output = (number or 0 for number in sums(ledger))
            assert (count, output) == (kept, kept_output), "the sums belong to the rows after every commit"
    assert killed
    with open_ledger(path) as ledger:
        import_transcripts(ledger, [claude])
        assert TRUTH == sums(ledger)


def test_two_imports_at_once_count_once(tmp_path: Path, claude: Path) -> None:
    fill(claude)
    path = tmp_path / "ledger.db"
    children = [start(path, claude) for _ in range(3)]
    assert [0, 0, 0] == [finish(child) for child in children]
    with open_ledger(path) as ledger:
        assert 0 == import_transcripts(ledger, [claude]).files_read
        assert TRUTH == sums(ledger)


def test_an_error_in_the_middle_leaves_what_was_kept(ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(claude)
    monkeypatch.setattr("quotaline.ledger.importer.BATCH_ROWS", 100)

    def fail(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_transcripts(ledger, [claude], progress=fail)
    import_transcripts(ledger, [claude])
    assert TRUTH == sums(ledger)


def test_a_newer_schema_is_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.connection.execute("PRAGMA user_version = 999")
    with pytest.raises(LedgerError, match="was written by a newer quotaline"):
        open_ledger(path)


def test_an_older_schema_is_brought_forward_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    old = sqlite3.connect(path)
    old.executescript(USAGE)
    old.execute("INSERT INTO config_dir (path) VALUES ('kept')")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    with open_ledger(path) as ledger:
        assert (len(MIGRATIONS),) == ledger.connection.execute("PRAGMA user_version").fetchone()
        assert [("kept",)] == ledger.connection.execute("SELECT path FROM config_dir").fetchall()


def test_what_is_no_database_is_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is a diary, dear reader" * 99)
    with pytest.raises(LedgerError, match="move the file away"):
        open_ledger(path)


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerError, match="cannot be opened"):
        open_ledger(tmp_path / "file" / "ledger.db")


def test_a_locked_ledger_is_a_ledger_error(ledger: Ledger, claude: Path, tmp_path: Path) -> None:
    write(claude, "s1", assistant("m1"))
    other = sqlite3.connect(tmp_path / "data" / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger.connection.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(LedgerError, match="locked"):
        import_transcripts(ledger, [claude])
    other.close()
    assert 1 == import_transcripts(ledger, [claude]).files_read


def test_the_ledger_is_private_and_has_a_write_ahead_log(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE((folder / "ledger.db").stat().st_mode)
    assert ("wal",) == ledger.connection.execute("PRAGMA journal_mode").fetchone()
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
