"""What was skipped is remembered, told, and forgotten when it is there no more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from commandline import quotaline
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.skipped import skipped_lines, why_no_usage
from transcript_lines import append, assistant, dump, write

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.ledger import Ledger


def test_skipped_lines_add_up_over_imports_and_go_with_their_file(ledger: Ledger, claude: Path) -> None:
    assert skipped_lines(ledger) is None
    path = write(claude, "s1", assistant("m1", input=1))
    for bad in (b"not json\n", b"{{\n"):
        path.write_bytes(path.read_bytes() + bad + dump(assistant("m2", input=2)))
        import_transcripts(ledger, [claude])
    other = write(claude, "s2", {**assistant("m3"), "timestamp": "9999-01-01T00:00:00Z"})
    import_transcripts(ledger, [claude])
    found = skipped_lines(ledger)
    assert found is not None
    assert (3, 2, str(path)) == found
    assert "3 lines of 2 transcripts" in found.sentence()
    assert str(path) in found.sentence()
    other.unlink()
    path.write_bytes(dump(assistant("m1", input=1)))
    import_transcripts(ledger, [claude])
    assert skipped_lines(ledger) is None, "the file was written anew and has none"


def test_no_usage_has_its_reason(ledger: Ledger, claude: Path) -> None:
    assert why_no_usage(ledger) == "no transcripts were found"
    path = write(claude, "s1", {"type": "summary"})
    import_transcripts(ledger, [claude])
    assert why_no_usage(ledger) == "the transcripts hold no usage yet (1 were read)"
    with path.open("ab") as file:
        file.write(b"garbage\n")
    import_transcripts(ledger, [claude])
    assert f"1 line of {path} could not be read in full" in str(why_no_usage(ledger))
    append(path, assistant("m1", input=1))
    import_transcripts(ledger, [claude])
    assert why_no_usage(ledger) is None


def test_a_known_transcript_that_became_a_pipe_or_a_folder_is_named_and_the_others_go_on(ledger: Ledger, claude: Path) -> None:
    pipe, folder = (write(claude, name, assistant(name, input=1)) for name in ("pipe", "folder"))
    import_transcripts(ledger, [claude])
    pipe.unlink()
    os.mkfifo(pipe)
    folder.unlink()
    folder.mkdir()
    write(claude, "s2", assistant("m2", input=2))
    report = import_transcripts(ledger, [claude])
    assert {f"{pipe}: not a regular file", f"{folder}: not a regular file"} == set(report.unreadable)
    assert [(1,), (1,), (2,)] == ledger.connection.execute("SELECT input FROM message ORDER BY input").fetchall()


@pytest.mark.slow
def test_history_and_doctor_say_so_however_long_ago_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / ".claude", "s1", assistant("m1", input=1))
    path.write_bytes(path.read_bytes() + b"garbage\n")
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TZ": "UTC"}
    for _ in range(2):
        assert b"1 line of" in quotaline("history", env=env).stderr
    assert b"could not be read in full" in b" ".join(quotaline("doctor", env=env).stdout.split())
