"""Two processes read what one would read."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotaline.ledger import Ledger, open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.transcripts import workers
from quotaline.transcripts.job import Job, Scanned
from transcript_lines import NOON, assistant, cost_state, owner, write

if TYPE_CHECKING:
    from collections.abc import Iterator


def fill(claude: Path) -> list[Job]:
    paths = [
        write(claude, f"s{n}", owner(f"a{n}"), *(assistant(f"m{n}-{k}", NOON, input=k) for k in range(30)), cost_state(n))
        for n in range(40)
    ]
    return [Job(n, str(path), path.stat().st_size) for n, path in enumerate(paths)]


def seen(results: Iterator[Scanned]) -> dict[int, tuple[object, ...]]:
    """What is told of each file, whoever read it; partial results are told before the whole."""
    found: dict[int, tuple[object, ...]] = {}
    for one in results:
        assert one.whole
        found[one.state.file_id] = (one.state.offset, one.state.guard, sorted(one.rows), one.owners, one.costs, one.bytes_read)
    return found


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the second process whatever the size."""
    monkeypatch.setattr(workers, "WORTH_IT", 1)
    monkeypatch.setattr(workers, "_processors", lambda: 2)


@pytest.mark.usefixtures("always")
def test_two_processes_give_what_one_gives(claude: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = fill(claude)
    together = seen(workers.scan_all(jobs))
    monkeypatch.setattr(workers, "WORTH_IT", 1 << 40)
    assert seen(workers.scan_all(jobs)) == together
    assert 40 == len(together)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(
    "start", ["raise SystemExit(3)", "import sys; sys.stdout.buffer.write(b'\\x00\\x00\\x10\\x00half')", "x ="]
)
def test_a_second_process_that_dies_costs_nothing(claude: Path, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    jobs = fill(claude)
    monkeypatch.setattr(workers, "START", start)
    assert 40 == len(seen(workers.scan_all(jobs)))


@pytest.mark.usefixtures("always")
def test_a_second_process_that_dies_with_turns_taken_costs_nothing(claude: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, taken = fill(claude), claude / "taken"
    start = f"import os, sys; os.read(int(sys.argv[1]), 4 * 30); os.mkdir({str(taken)!r}); sys.stdin.buffer.read()"
    monkeypatch.setattr(workers, "START", start)
    take = workers._taken

    def late(tokens: int) -> Iterator[int]:
        while not taken.exists():
            time.sleep(0.001)
        return take(tokens)

    monkeypatch.setattr(workers, "_taken", late)
    assert 40 == len(seen(workers.scan_all(jobs)))


@pytest.mark.usefixtures("always")
def test_an_import_that_is_given_up_leaves_no_process_and_no_open_pipe(claude: Path) -> None:
    jobs = fill(claude)
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        results = workers.scan_all(jobs)
        next(results)
        results.close()  # type: ignore[attr-defined]
    assert before == len(list(Path("/dev/fd").iterdir()))
    assert gc.isenabled()


@pytest.mark.usefixtures("always")
def test_the_ledger_is_the_same_however_many_read(
    claude: Path, tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(claude)
    import_transcripts(ledger, [claude])
    monkeypatch.setattr(workers, "WORTH_IT", 1 << 40)
    with open_ledger(tmp_path / "other.db") as other:
        import_transcripts(other, [claude])
        for table in ("api_message", "block"):
            rows = [sorted(map(repr, each.connection.execute(f"SELECT * FROM {table}"))) for each in (ledger, other)]  # noqa: S608
            assert rows[0] == rows[1], table


def test_each_job_has_one_turn_and_a_large_one_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_IT", 10)
    jobs = [Job(number, "", ahead) for number, ahead in enumerate((9, 10, 11, 0, 12))]
    for tickets, turns in ((2048, [[2], [4], [0], [1], [3]]), (3, [[2], [4], [0], [1], [3]]), (2, [[2], [4], [0, 1], [3]])):
        monkeypatch.setattr(workers, "TICKETS", tickets)
        assert [[job.file_id for job in turn] for turn in workers.batches(jobs)] == turns
    assert workers.batches([]) == []
