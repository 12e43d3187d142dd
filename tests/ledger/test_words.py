"""What the transcripts hold and the ledger does not, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from quotaline.ledger import Ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.skipped import Skipped, skipped_lines, why_no_usage
from transcript_lines import assistant, tool_result, write


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Skipped(1, 1, "/a"), "1 line of /a could not be read in full; what it holds does not count."),
        (Skipped(2, 1, "/a"), "2 lines of /a could not be read in full; what they hold does not count."),
        (
            Skipped(2, 2, "/a"),
            "2 lines of 2 transcripts, most of them of /a, could not be read in full; what they hold does not count.",
        ),
    ],
)
def test_skipped_lines_are_told_in_one_sentence(found: Skipped, sentence: str) -> None:
    assert found.sentence() == sentence


def test_why_there_is_no_usage(ledger: Ledger, claude: Path) -> None:
    assert why_no_usage(ledger) == "no transcripts were found"
    path = write(claude, "s1", tool_result("x"))
    import_transcripts(ledger, [claude])
    assert why_no_usage(ledger) == "the transcripts hold no usage yet (1 were read)"
    assert skipped_lines(ledger) is None
    for name, bad in (("s2", 1), ("s3", 3)):
        lines = [{"type": "assistant", "message": {"usage": {"input_tokens": "x"}}, "uuid": f"u{n}"} for n in range(bad)]
        write(claude, name, *lines)
    import_transcripts(ledger, [claude], thorough=True)
    assert skipped_lines(ledger) == Skipped(4, 2, str(path.with_name("s3.jsonl")))
    told = why_no_usage(ledger)
    assert told is not None
    assert told.startswith("4 lines of 2 transcripts")
    assert not told.endswith(".")
    write(claude, "s4", assistant("m1", input=1))
    import_transcripts(ledger, [claude], thorough=True)
    assert why_no_usage(ledger) is None
