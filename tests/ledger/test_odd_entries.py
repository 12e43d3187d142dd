"""What may lie in a projects folder beside transcripts, and lines that lack what they should name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotaline.ledger.importer import import_transcripts
from quotaline.transcripts.row import FIRST_MS, milliseconds
from transcript_lines import NOON, append, assistant, cost_state, owner, write

if TYPE_CHECKING:
    from quotaline.ledger import Ledger


def inputs(ledger: Ledger) -> list[int]:
    return [row[0] for row in ledger.connection.execute("SELECT input FROM message ORDER BY input")]


def test_what_is_no_file_is_passed_over_and_nobody_waits_for_it(ledger: Ledger, claude: Path) -> None:
    """A pipe that nobody writes to would be waited for without end."""
    folder = write(claude, "s1", assistant("m1", input=1)).parent
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "folder.jsonl").mkdir()
    (folder / "device.jsonl").symlink_to("/dev/zero")
    (folder / "to-the-pipe.jsonl").symlink_to(folder / "pipe.jsonl")
    for thorough in (False, True):
        report = import_transcripts(ledger, [claude], thorough=thorough)
        assert report.unreadable == ()
    assert [1] == inputs(ledger)
    assert [("s1.jsonl",)] == [(Path(path).name,) for (path,) in ledger.connection.execute("SELECT path FROM file")]


def test_a_loop_of_links_is_not_entered_deeper_with_each_import(ledger: Ledger, claude: Path) -> None:
    folder = write(claude, "s1", assistant("m1", input=1)).parent
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "up").symlink_to(claude / "projects", target_is_directory=True)
    counts = []
    for turn in range(6):
        os.utime(folder, ns=(10**18 + turn, 10**18 + turn))  # something changed in it: it is listed again
        import_transcripts(ledger, [claude])
        counts.append(ledger.connection.execute("SELECT count(*), count(DISTINCT inode) FROM folder").fetchone())
    assert set(counts) == {(2, 2)}
    assert [1] == inputs(ledger)


def test_a_link_whose_target_was_replaced_is_entered(ledger: Ledger, claude: Path, tmp_path: Path) -> None:
    """That a folder is known counts only while its path still leads there."""
    folder = write(claude, "s1", assistant("m1", input=1)).parent
    import_transcripts(ledger, [claude])
    folder.rename(tmp_path / "elsewhere")
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    append(tmp_path / "elsewhere" / "s1.jsonl", assistant("m2", input=2))
    for _ in range(2):
        import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)


@pytest.mark.parametrize("said", [{"type": "cost-state", "totalCostUSD": 1.5}, {"type": "session-owner", "accountUuid": "a"}])
@pytest.mark.parametrize("session", ["absent", None, ""])
def test_what_a_line_says_of_no_session_is_passed_over(
    ledger: Ledger, claude: Path, said: dict[str, object], session: str | None
) -> None:
    nameless = said if session == "absent" else {**said, "sessionId": session}
    write(claude, "s1", owner("b"), assistant("m1", input=1), nameless, cost_state(2.5), assistant("m2", input=2))
    report = import_transcripts(ledger, [claude])
    assert (report.unreadable, inputs(ledger)) == ((), [1, 2])
    rows = ledger.connection.execute(
        "SELECT session.uuid, client_cost, account.uuid FROM session LEFT JOIN account ON account.id = account_id"
    )
    assert rows.fetchall() == [("s1", "2.5", "b")]


def test_progress_never_passes_the_whole(ledger: Ledger, claude: Path) -> None:
    """Also of a file that was rewritten in place: it looked as if a few bytes had been appended, and all of it is read."""
    path = write(claude, "s1", *(assistant(f"m{number}", input=1) for number in range(50)))
    seen: list[tuple[int, int]] = []
    import_transcripts(ledger, [claude], progress=lambda done, total: seen.append((done, total)))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(path.read_bytes().replace(b'"m', b'"n'))
    append(path, assistant("n50", input=1))
    import_transcripts(ledger, [claude], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(size, size), (path.stat().st_size, path.stat().st_size)]


def test_a_file_that_cannot_be_opened_counts_no_byte(ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(claude, "s1", assistant("m1", input=1))
    opens = os.open

    def refuse(path: object, flags: int, *more: int, **named: int) -> int:
        if str(path).endswith(".jsonl"):
            raise PermissionError(13, "Permission denied")
        return opens(path, flags, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    report = import_transcripts(ledger, [claude])
    assert (report.files_read, report.bytes_read, len(report.unreadable)) == (0, 0, 1)


@pytest.mark.parametrize("name", ["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
def test_a_time_without_zone_is_utc_wherever_the_machine_stands(
    ledger: Ledger, claude: Path, zone: Callable[[str], None], name: str
) -> None:
    zone(name)
    line = assistant("m1", input=1)
    line["timestamp"] = "2026-11-20T12:00:00.000"
    write(claude, "s1", line, {**assistant("m2", input=2), "timestamp": "2026-11-20T21:00:00.000+09:00"})
    import_transcripts(ledger, [claude])
    assert [NOON * 1000] * 2 == [row[0] for row in ledger.connection.execute("SELECT time FROM message")]


def test_the_first_year_that_counts_is_the_first() -> None:
    assert milliseconds("2000-01-01T00:00:00.000Z", round(NOON) * 1000) == FIRST_MS
    with pytest.raises(ValueError, match="old"):
        milliseconds("1999-12-31T23:59:59.999Z", round(NOON) * 1000)


def test_a_line_that_is_no_object_costs_itself(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    with path.open("ab") as file:
        file.write(json.dumps([1, 2]).encode() + b"\n7\n\n")
    append(path, assistant("m2", input=2))
    import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)
