"""The first import fills a table without indexes; what it leaves is what the other way leaves, whatever ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from quotaline.ledger import Ledger, first_import, importer, open_ledger
from quotaline.ledger.importer import import_transcripts
from transcript_lines import NOON, append, assistant, write

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, signal, sys
from pathlib import Path
from quotaline.ledger import importer, open_ledger
importer.BATCH_ROWS = 50
def progress(done, total):
    if done * 2 > total:
        os.kill(os.getpid(), signal.SIGKILL)
with open_ledger(Path(sys.argv[1])) as ledger:
    importer.import_transcripts(ledger, [Path(sys.argv[2])], progress=progress)
"""


def fill(claude: Path) -> None:
    """Messages of their own, copies in forks under the same and under no request, replays in subagents."""
    for n in range(8):
        at, own = NOON + 4000 * n, f"s{n}"
        write(claude, own, *(assistant(f"m{n}-{k}", at + k, input=k, session=own) for k in range(40)))
        copies = [assistant(f"m{n}-{k}", at + k, input=k, output=3, session=f"fork{n}") for k in range(9)]
        bare = [assistant(f"m{n}-{k}", at + k, input=2, session=f"fork{n}", request=None) for k in range(9, 12)]
        write(claude, f"fork{n}", *copies, *bare)
        again = (
            assistant(f"m{n}-{k}", at - 5, input=k + 1, session=own, sidechain=True, request=f"r{k}") for k in range(5, 15)
        )
        write(claude, f"{own}/subagents/agent-{n}", *again)


def content(ledger: Ledger) -> dict[str, list[str]]:
    """What people are shown, and how the tables are made."""
    tables = {"api_message": "*", "usage_quarter": "*", "block": "*", "stale_quarter": "*", "sqlite_master": "type, name, sql"}
    rows = {name: ledger.connection.execute(f"SELECT {what} FROM {name}").fetchall() for name, what in tables.items()}  # noqa: S608
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


def otherwise(path: Path, claude: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The content of a ledger that was filled with its indexes in place."""
    with open_ledger(path) as ledger, monkeypatch.context() as patch:
        patch.setattr(importer, "_empty", lambda _: False)
        import_transcripts(ledger, [claude])
        return content(ledger)


@pytest.mark.parametrize("limits", [(1e9, 1 << 30, 1 << 30), (1e9, 1 << 30, 30), (1e9, 10, 30), (0.0, 1 << 30, 30)])
def test_it_leaves_what_an_import_with_indexes_leaves(
    ledger: Ledger, claude: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: tuple[float, int, int]
) -> None:
    seconds, again, rows = limits
    fill(claude)
    monkeypatch.setattr(importer, "FIRST_SECONDS", seconds)
    monkeypatch.setattr(importer, "BATCH_ROWS", rows)
    monkeypatch.setattr(first_import, "MOST_AGAIN", again)
    import_transcripts(ledger, [claude])
    found = content(ledger)
    assert otherwise(tmp_path / "other.db", claude, monkeypatch) == found
    assert 8 * 40 == len(found["api_message"])


def test_ids_that_share_a_hash_are_two_messages(
    ledger: Ledger, claude: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(claude)
    monkeypatch.setattr(first_import, "hash", len, raising=False)
    import_transcripts(ledger, [claude])
    assert otherwise(tmp_path / "other.db", claude, monkeypatch) == content(ledger)


@pytest.mark.slow
def test_killed_in_the_middle_it_leaves_the_indexes_and_loses_nothing(
    claude: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(claude)
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        made = content(ledger)["sqlite_master"]
    child = subprocess.run([sys.executable, "-c", KILLED, str(path), str(claude)], check=False)
    assert -signal.SIGKILL == child.returncode
    with open_ledger(path) as ledger:
        assert [] == content(ledger)["api_message"], "it was killed before the transaction's end"
        assert made == content(ledger)["sqlite_master"]
        import_transcripts(ledger, [claude])
        assert otherwise(tmp_path / "other.db", claude, monkeypatch) == content(ledger)


def test_only_an_empty_ledger_is_filled_so(ledger: Ledger, claude: Path) -> None:
    statements: list[str] = []
    ledger.connection.set_trace_callback(statements.append)
    path = write(claude, "s", assistant("m1"))

    def dropped() -> int:
        statements.clear()
        import_transcripts(ledger, [claude])
        return sum(statement.startswith("DROP") for statement in statements)

    ours: list[Any] = ledger.connection.execute(
        "SELECT 1 FROM sqlite_master WHERE tbl_name = 'message' AND type IN ('index', 'trigger')"
    ).fetchall()
    assert len(ours) == dropped()
    append(path, assistant("m2"))
    assert 0 == dropped()
