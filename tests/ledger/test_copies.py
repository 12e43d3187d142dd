"""A message counts once, however many files hold it, in whatever order and pieces they are read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotaline.ledger import Ledger, open_ledger
from quotaline.ledger.accounts import last_activity
from quotaline.ledger.importer import import_transcripts
from transcript_lines import NOON, append, assistant, dump, stamp, write

if TYPE_CHECKING:
    from pathlib import Path


def messages(ledger: Ledger) -> list[tuple[Any, ...]]:
    """(session, agent, input, output) of every message."""
    query = "SELECT session, agent, input, output FROM api_message ORDER BY input, output"
    return ledger.connection.execute(query).fetchall()


def aged(path: Path, at: float) -> Path:
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize("resumed", ["a-resumed", "z-resumed"])
def test_a_resumed_copy_counts_under_the_session_that_had_it_first(ledger: Ledger, claude: Path, resumed: str) -> None:
    aged(write(claude, "m-first", assistant("m1", input=1, session="first")), NOON)
    later = assistant("m2", NOON + 9, input=2, session="second")
    aged(write(claude, resumed, assistant("m1", input=1, session="second"), later), NOON + 10)
    import_transcripts(ledger, [claude])
    assert [("first", "main", 1, 0), ("second", "main", 2, 0)] == messages(ledger)


def test_a_copy_that_is_found_later_changes_nothing_though_its_file_is_older(ledger: Ledger, claude: Path) -> None:
    aged(write(claude, "one", assistant("m1", input=1, session="first")), NOON)
    import_transcripts(ledger, [claude])
    aged(write(claude, "two", assistant("m1", input=1, session="second")), NOON - 99)
    import_transcripts(ledger, [claude])
    assert [("first", "main", 1, 0)] == messages(ledger)


def test_the_earlier_time_is_kept_and_its_session_with_it(ledger: Ledger, claude: Path) -> None:
    write(claude, "late", assistant("m1", NOON + 2 * 3600, input=1, output=5, session="late"))
    import_transcripts(ledger, [claude])
    write(claude, "early", assistant("m1", NOON, input=1, output=3, session="early"))
    import_transcripts(ledger, [claude])
    assert [("early", "main", 1, 5)] == messages(ledger)
    assert last_activity(ledger) == NOON
    quarters = ledger.connection.execute("SELECT quarter, output FROM usage_quarter").fetchall()
    assert [(NOON // 900, 5)] == quarters, "the quarter of the later time has nothing left"


def test_a_forked_copy_names_the_session_it_comes_from(ledger: Ledger, claude: Path) -> None:
    copied = {**assistant("m1", input=1, session="fork"), "forkedFrom": {"sessionId": "origin", "messageUuid": "u"}}
    write(claude, "fork", copied)
    import_transcripts(ledger, [claude])
    assert [("origin", "main", 1, 0)] == messages(ledger)


@pytest.mark.parametrize("order", [("main", "side"), ("side", "main")])
def test_a_replay_in_a_sidechain_does_not_count(ledger: Ledger, claude: Path, order: tuple[str, str]) -> None:
    files = {
        "main": ("s1", assistant("m1", input=1, output=9)),
        "side": ("s1/subagents/agent-1", assistant("m1", NOON - 5000, input=1, output=2, request="other", sidechain=True)),
    }
    for name in order:
        write(claude, *files[name])
        import_transcripts(ledger, [claude])
    assert [("s1", "main", 1, 9)] == messages(ledger)
    assert [(9,)] == ledger.connection.execute("SELECT output FROM usage_quarter").fetchall()


def test_a_copy_in_a_sidechain_leaves_the_message_in_the_main_session(ledger: Ledger, claude: Path) -> None:
    aged(write(claude, "s1/subagents/agent-1", assistant("m1", input=1, sidechain=True)), NOON - 50)
    aged(write(claude, "s1", assistant("m1", input=1)), NOON)
    import_transcripts(ledger, [claude])
    assert [("s1", "main", 1, 0)] == messages(ledger)


def test_without_a_request_id_the_messages_id_is_the_key(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", input=1, request=None), assistant("m2", input=2, request=None))
    write(claude, "s2", assistant("m1", input=1, request=None, session="s2"))
    import_transcripts(ledger, [claude])
    assert [1, 2] == [row[2] for row in messages(ledger)]


def test_two_named_requests_outside_subagents_are_two_messages(ledger: Ledger, claude: Path) -> None:
    """The key is the message and its request, as ccusage has it: gateways give one id to many answers."""
    write(claude, "s1", assistant("m1", input=1, request="r1"), assistant("m1", input=2, request="r2"))
    import_transcripts(ledger, [claude])
    assert [("s1", "main", 1, 0), ("s1", "main", 2, 0)] == messages(ledger)


def test_subagents_count_and_are_told_apart(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", input=1))
    write(claude, "s1/subagents/agent-1", assistant("m2", input=2, sidechain=True))
    import_transcripts(ledger, [claude])
    assert [("s1", "main", 1, 0), ("s1", "subagent", 2, 0)] == messages(ledger)


ids = st.sampled_from(["m1", "m2", "m3", "m4"])
said = st.fixed_dictionaries(
    {
        "message": ids,
        "request": st.sampled_from(["r1", "r2", None]),
        "at": st.integers(0, 7200).map(lambda seconds: NOON + seconds),
        "input": st.integers(0, 5),
        "output": st.integers(0, 500),
        "cache_write_1h": st.integers(0, 5),
        "session": st.sampled_from(["s1", "s2"]),
        "sidechain": st.booleans(),
        "speed": st.sampled_from(["standard", "fast"]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.lists(said, max_size=6), min_size=1, max_size=4), cuts=st.lists(st.integers(0, 4000), max_size=4))
def test_the_sums_do_not_depend_on_files_order_or_pieces(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[dict[str, Any]]], cuts: list[int]
) -> None:
    """Whatever is appended where and imported when: per message the largest of each counter, each flag and the first time.

    One copy without a request or in a subagent's file is enough for a message to be known by its own id. Then its time is that
    of the copies outside subagents, where there are any.
    """
    root = tmp_path_factory.mktemp("pieces")
    with open_ledger(root / "ledger.db") as ledger:
        for number, lines in enumerate(files):
            data = dump(*(assistant(**line) for line in lines))
            path = write(root, f"file{number}")
            at = 0
            for cut in [*sorted(cuts), len(data)]:
                with path.open("ab") as file:
                    file.write(data[at:cut])
                at = max(at, min(cut, len(data)))
                import_transcripts(ledger, [root])
        truth = truly([line for lines in files for line in lines])
        query = "SELECT message_id, request_id, time, input, output, cache_write_1h, flags FROM message"
        found = {(row[0], row[1]): [stamp(row[2] / 1000), *row[3:]] for row in ledger.connection.execute(query)}
        assert truth == found
        sums = ledger.connection.execute("SELECT sum(messages), sum(output) FROM usage_quarter").fetchone()
        assert (len(truth) or None, sum(row[2] for row in truth.values()) if truth else None) == sums
        assert [] == ledger.connection.execute("SELECT * FROM stale_quarter").fetchall()


def truly(lines: list[dict[str, Any]]) -> dict[tuple[str, str], list[Any]]:
    """(message, request) → time, input, output, 1-hour writes, flags."""
    alone = {line["message"] for line in lines if line["request"] is None or line["sidechain"]}
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lines:
        key = (line["message"], "" if line["message"] in alone else line["request"])
        groups.setdefault(key, []).append(line)
    truth = {}
    for key, group in groups.items():
        first = min(group, key=lambda line: (line["sidechain"], line["at"]))
        fast = any(line["speed"] == "fast" for line in group)
        counted = [max(line[name] for line in group) for name in ("input", "output", "cache_write_1h")]
        truth[key] = [stamp(first["at"]), *counted, fast + 4 * first["sidechain"]]
    return truth


def test_a_streaming_message_that_grows_between_two_imports_grows_in_the_sums(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=3, output=9))
    import_transcripts(ledger, [claude])
    append(path, assistant("m1", NOON + 1, input=3, output=159))
    import_transcripts(ledger, [claude])
    assert [("s1", "main", 3, 159)] == messages(ledger)
    assert [(3, 159)] == ledger.connection.execute("SELECT input, output FROM usage_quarter").fetchall()
