"""Which line and which file of a message count where only one does, as for ccusage."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from quotaline.ledger.ccusage import entries, session_of
from quotaline.ledger.importer import import_transcripts
from quotaline.zone import day_start
from transcript_lines import NOON, append, assistant, dump, write

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.ledger import Ledger
    from quotaline.ledger.ccusage import Grain

EVER = (0.0, float("inf"))


def found(ledger: Ledger, claude: Path, grain: Grain = "day") -> list[tuple[float, float, str, int]]:
    """(first, last, session, tokens) of the entries; times are seconds after noon."""
    rows = entries(ledger.connection, [claude], EVER, grain=grain, place="session")
    return [
        (round(row.first / 1000 - NOON, 3), round(row.last / 1000 - NOON, 3), row.session, row.part.tokens.total)
        for row in rows
    ]


def test_the_line_with_the_most_tokens_says_when(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", *(assistant("m", NOON + at, output=output) for at, output in ((0, 1), (4, 9), (8, 9))))
    import_transcripts(ledger, [claude])
    assert [(4, 4, "s1", 9)] == found(ledger, claude)
    (first,) = ledger.connection.execute("SELECT time FROM message").fetchone()
    assert NOON * 1000 == first, "everywhere else the first line says it"


def test_a_line_that_is_read_later_says_it_as_well(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m", NOON, output=1))
    import_transcripts(ledger, [claude])
    assert [(0, 0, "s1", 1)] == found(ledger, claude)
    append(path, assistant("m", NOON + 9, output=7))
    import_transcripts(ledger, [claude])
    append(path, assistant("m", NOON + 20, output=7))
    import_transcripts(ledger, [claude])
    assert [(9, 9, "s1", 7)] == found(ledger, claude)


def test_of_copies_the_first_file_by_path_counts_whatever_is_read_first(ledger: Ledger, claude: Path) -> None:
    lines = [assistant("m", NOON, output=1), assistant("m", NOON + 2, output=5)]
    for name in ("b", "a", "c"):
        write(claude, name, *lines)
        import_transcripts(ledger, [claude])
    write(claude, "0", lines[0])
    import_transcripts(ledger, [claude])
    assert [(2, 2, "a", 5)] == found(ledger, claude), "a copy that was cut has less"


def test_all_at_once_they_are_the_same(ledger: Ledger, claude: Path) -> None:
    lines = [assistant("m", NOON, output=1), assistant("m", NOON + 2, output=5)]
    for name in ("b", "a", "c"):
        write(claude, name, *lines)
    write(claude, "0", lines[0])
    import_transcripts(ledger, [claude])
    assert [(2, 2, "a", 5)] == found(ledger, claude)


@pytest.mark.parametrize("request_id", ["another", None, "req-of-m"])
def test_a_replay_in_a_subagent_never_counts(ledger: Ledger, claude: Path, request_id: str | None) -> None:
    replay = assistant("m", NOON + 1, output=90, sidechain=True, request=request_id)
    write(claude, "s1/subagents/agent-0", replay)
    import_transcripts(ledger, [claude])
    assert [(1, 1, "s1", 90)] == found(ledger, claude)
    write(claude, "s2", assistant("m", NOON + 3, output=8, session="s2"))
    import_transcripts(ledger, [claude])
    assert [(3, 3, "s2", 90)] == found(ledger, claude)
    write(claude, "s0/subagents/agent-1", replay)
    import_transcripts(ledger, [claude])
    assert [(3, 3, "s2", 90)] == found(ledger, claude)


def test_without_a_request_copies_of_one_message_have_one_file(ledger: Ledger, claude: Path) -> None:
    write(claude, "b", assistant("m", NOON + 1, output=5))
    write(claude, "a", assistant("m", NOON, output=5, request=None))
    import_transcripts(ledger, [claude])
    assert [(0, 0, "a", 5)] == found(ledger, claude)
    write(claude, "0", assistant("m", NOON + 2, output=5))
    import_transcripts(ledger, [claude])
    assert [(2, 2, "0", 5)] == found(ledger, claude)


def test_an_hour_holds_its_end_and_not_its_beginning(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", *(assistant(f"m{n}", NOON + at, input=1) for n, at in enumerate((-0.001, 0, 0.001))))
    import_transcripts(ledger, [claude])
    assert [(-0.001, 0), (0.001, 0.001)] == [row[:2] for row in found(ledger, claude, "hour")]
    assert [(-0.001, 0.001)] == [row[:2] for row in found(ledger, claude, "price")]


@pytest.mark.parametrize(
    "name", ["UTC", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"]
)
def test_each_message_is_of_its_local_day(ledger: Ledger, claude: Path, name: str) -> None:
    """A year, with days of 23 and 25 hours, and one whose midnight does not come."""
    zone = ZoneInfo(name)
    times = [NOON - n * 37 * 60 * 40 for n in range(350)] + [NOON - n * 86400 - 12 * 3600 for n in range(350)]
    times += [day_start(date(2026, 1, 1) + timedelta(days=n), zone) + edge for n in range(0, 320, 3) for edge in (-0.001, 0)]
    write(claude, "s1", *(assistant(f"m{n}", moment, input=1) for n, moment in enumerate(times)))
    import_transcripts(ledger, [claude])
    wanted = Counter(datetime.fromtimestamp(moment, zone).date().isoformat() for moment in times)
    counted: Counter[str] = Counter()
    for row in entries(ledger.connection, [claude], EVER, zone):
        counted[row.day] += row.part.messages
    assert wanted == counted


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("p/s.jsonl", ("p", "s", "p")),
        ("p/s/subagents/agent-1.jsonl", ("p", "s", "p")),
        ("p/s/chat.jsonl", ("p", "s", "p")),
        ("p/deep/s/chat.jsonl", ("p", "s", "p/deep")),
        ("p/deep/s/subagents/agent-1.jsonl", ("p", "s", "p/deep")),
        ("s.jsonl", ("s.jsonl", "unknown", "Unknown Project")),
    ],
)
def test_a_session_is_called_by_its_file(path: str, named: tuple[str, str, str]) -> None:
    assert named == session_of(f"/home/projects/.claude/projects/{path}", "/home/projects/.claude")


def test_a_ledger_of_before_counts_the_first_line(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m", NOON, output=1), assistant("m", NOON + 2, output=5))
    import_transcripts(ledger, [claude])
    ledger.connection.execute("UPDATE message SET full_time = NULL, full_file_id = NULL")
    assert [(0, 0, "s1", 5)] == found(ledger, claude)
    (claude / "projects" / "-home-user-project" / "s1.jsonl").write_bytes(dump(assistant("m", NOON, output=6)))
    import_transcripts(ledger, [claude])
    assert [(0, 0, "s1", 6)] == found(ledger, claude)
