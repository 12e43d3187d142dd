"""What may happen to a transcript between two imports."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quotaline.ledger.importer import import_transcripts
from quotaline.transcripts import discover as looking
from quotaline.transcripts.scan import CHUNK, LONGEST
from transcript_lines import NOON, append, assistant, dump, tool_result, write

if TYPE_CHECKING:
    from quotaline.ledger import Ledger


NESTED = ("cache_creation", "server_tool_use")


def inputs(ledger: Ledger) -> list[int]:
    """The input counter of every message, sorted."""
    return [row[0] for row in ledger.connection.execute("SELECT input FROM message ORDER BY input")]


def test_a_half_written_last_line_waits_for_its_end(ledger: Ledger, claude: Path) -> None:
    line = dump(assistant("m2", input=2))
    path = write(claude, "s1", assistant("m1", input=1))
    with path.open("ab") as file:
        file.write(line[:100])
    assert import_transcripts(ledger, [claude]).lines_skipped == 0
    assert [1] == inputs(ledger)
    with path.open("ab") as file:
        file.write(line[100:])
    report = import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)
    assert len(line) == report.bytes_read


def test_a_file_that_shrank_is_read_again_and_what_vanished_stays(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1), assistant("m2", input=2), assistant("m3", input=3))
    import_transcripts(ledger, [claude])
    path.write_bytes(dump(assistant("m4", input=4)))
    assert path.stat().st_size == import_transcripts(ledger, [claude]).bytes_read
    assert [1, 2, 3, 4] == inputs(ledger)


def test_a_replaced_file_is_read_from_its_start(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    import_transcripts(ledger, [claude])
    other = path.with_suffix(".tmp")
    other.write_bytes(dump(assistant("m4", input=4), assistant("m5", input=5)))
    other.replace(path)
    assert path.stat().st_size == import_transcripts(ledger, [claude]).bytes_read
    assert [1, 4, 5] == inputs(ledger)


def test_a_file_rewritten_in_place_is_read_again_though_it_grew_by_whole_lines(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1), assistant("m2", input=2))
    inode = path.stat().st_ino
    import_transcripts(ledger, [claude])
    path.write_bytes(dump(assistant("m3", input=3), assistant("m4", input=4), assistant("m5", input=5)))
    assert inode == path.stat().st_ino
    import_transcripts(ledger, [claude])
    assert [1, 2, 3, 4, 5] == inputs(ledger)


def test_a_file_rewritten_to_the_same_size_is_read_again(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    import_transcripts(ledger, [claude])
    path.write_bytes(dump(assistant("m2", input=2)))
    os.utime(path, (NOON, NOON))
    import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)


def test_a_file_rewritten_far_from_its_end_is_read_again(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1), tool_result("x" * 9999))
    import_transcripts(ledger, [claude])
    path.write_bytes(path.read_bytes().replace(b'"m1"', b'"m2"').replace(b"req-of-m1", b"req-of-m2"))
    os.utime(path, (NOON, NOON))
    assert path.stat().st_size == import_transcripts(ledger, [claude]).bytes_read


def test_a_deleted_transcript_stays_in_the_ledger_and_may_come_back(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    import_transcripts(ledger, [claude])
    path.unlink()
    assert import_transcripts(ledger, [claude]).unreadable == ()
    assert [1] == inputs(ledger)
    write(claude, "s1", assistant("m1", input=1), assistant("m2", input=2))
    import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)


def test_new_files_in_old_and_new_folders_are_found(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", input=1))
    import_transcripts(ledger, [claude])
    write(claude, "s2", assistant("m2", input=2))
    write(claude, "s1/subagents/agent-1", assistant("m3", input=3))
    write(claude, "s1/subagents/workflows/wf_1/agent-2", assistant("m4", input=4))
    write(claude, "../-other/s3", assistant("m5", input=5))
    import_transcripts(ledger, [claude])
    assert [1, 2, 3, 4, 5] == inputs(ledger)


def test_a_folder_that_settled_is_listed_again_only_when_its_time_changes(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    for folder in (path.parent, path.parent.parent):
        os.utime(folder, (NOON, NOON))
    import_transcripts(ledger, [claude])
    listed: list[str] = []
    scandir = os.scandir

    def scan(folder: str) -> object:
        listed.append(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", scan)
    import_transcripts(ledger, [claude])
    assert not listed
    write(claude, "s2", assistant("m2", input=2))
    import_transcripts(ledger, [claude])
    assert [str(path.parent)] == listed


def test_symlink_loops_end_and_count_once(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    (path.parent / "loop").symlink_to(path.parent, target_is_directory=True)
    (path.parent / "up").symlink_to(claude / "projects", target_is_directory=True)
    (path.parent / "broken.jsonl").symlink_to(path.parent / "nowhere")
    (path.parent / "itself").symlink_to(path.parent / "itself")
    for _ in range(2):
        import_transcripts(ledger, [claude])
    assert [1] == inputs(ledger)


def test_a_config_dir_that_is_a_symlink_to_another_counts_once(ledger: Ledger, claude: Path, tmp_path: Path) -> None:
    write(claude, "s1", assistant("m1", input=1))
    (tmp_path / "other").symlink_to(claude, target_is_directory=True)
    report = import_transcripts(ledger, [claude, tmp_path / "other", tmp_path / "missing"])
    assert 1 == report.files_read


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_named_once(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    write(claude, "s2", assistant("m2", input=2))
    path.chmod(0)
    assert import_transcripts(ledger, [claude]).unreadable == (f"{path}: Permission denied",)
    assert import_transcripts(ledger, [claude]).unreadable == ()
    path.chmod(0o600)
    import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)


def test_a_file_that_fails_to_open_is_named_once_and_tried_again(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without a mode that root would ignore."""
    path = write(claude, "s1", assistant("m1", input=1))
    write(claude, "s2", assistant("m2", input=2))
    real = os.open

    def refuse(name: str, *rest: int) -> int:
        if name == str(path):
            raise PermissionError(13, "Permission denied")
        return real(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert import_transcripts(ledger, [claude]).unreadable == (f"{path}: Permission denied",)
        assert import_transcripts(ledger, [claude]).unreadable == ()
    import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)


def test_a_line_above_64_mib_is_skipped_and_counted(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    with path.open("ab") as file:
        file.write(dump(assistant("giant", input=100, content=[{"type": "text", "text": "x" * LONGEST}])))
    append(path, assistant("m2", input=2))
    report = import_transcripts(ledger, [claude])
    assert 1 == report.lines_skipped
    assert path.stat().st_size == report.bytes_read
    assert [1, 2] == inputs(ledger)


def test_a_giant_line_without_an_end_is_counted_once_and_never_read_twice(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    with path.open("ab") as file:
        file.write(b'{"type":"user","text":"' + b"x" * (LONGEST + CHUNK))
    assert 1 == import_transcripts(ledger, [claude]).lines_skipped
    with path.open("ab") as file:
        file.write(b"xxx")
    report = import_transcripts(ledger, [claude])
    assert (0, 3) == (report.lines_skipped, report.bytes_read)
    with path.open("ab") as file:
        file.write(b'"}\n')
    appended = append(path, assistant("m2", input=2))
    report = import_transcripts(ledger, [claude])
    assert (0, 3 + appended) == (report.lines_skipped, report.bytes_read)
    assert [1, 2] == inputs(ledger)


@pytest.mark.parametrize("size", [CHUNK - 100, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_long_line_is_read_whole(ledger: Ledger, claude: Path, size: int) -> None:
    text = [{"type": "text", "text": "x" * size}]
    write(
        claude,
        "s1",
        assistant("m1", input=1, content=text),
        tool_result("y" * size),
        assistant("m2", input=2, content=text),
        assistant("m3", input=3),
    )
    assert 0 == import_transcripts(ledger, [claude]).lines_skipped
    assert [1, 2, 3] == inputs(ledger)


@pytest.mark.parametrize(
    "garbage",
    [b"not json", b"", b"\x00\x00", b'"text"', b"[]", b"null", b'{"type":"assistant"}', b"{}", b"\xff\xfe", b"[" * 99_999],
    ids=lambda line: repr(line[:20]),
)
def test_lines_that_make_no_sense_cost_only_themselves(ledger: Ledger, claude: Path, garbage: bytes) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    with path.open("ab") as file:
        file.write(garbage + b"\n")
    append(path, assistant("m2", input=2))
    import_transcripts(ledger, [claude])
    assert [1, 2] == inputs(ledger)


@pytest.mark.parametrize("bad", [-1, 0.5, "many", True, [], {}, 10**15, 10**400, float("nan"), float("inf"), "9" * 5000])
@pytest.mark.parametrize("key", ["input_tokens", "output_tokens", "cache_read_input_tokens", *NESTED])
def test_a_counter_that_cannot_be_costs_itself_only_and_is_counted(ledger: Ledger, claude: Path, key: str, bad: object) -> None:
    said: dict[str, Any] = {"input": 1, "output": 2, "cache_read": 3, "cache_write_5m": 4, "cache_write_1h": 5, "searches": 6}
    line = assistant("m1", **said)
    line["message"]["usage"][key] = dict.fromkeys(line["message"]["usage"][key], bad) if key in NESTED else bad
    write(claude, "s1", line, assistant("m2", input=2))
    assert 1 == import_transcripts(ledger, [claude]).lines_skipped
    query = """SELECT input, output, cache_read, cache_write_5m + cache_write_1h, web_searches FROM message
        ORDER BY message_id"""
    rows = ledger.connection.execute(query).fetchall()
    lost = {"input_tokens": 0, "output_tokens": 1, "cache_read_input_tokens": 2, "server_tool_use": 4}.get(key)
    truth = [0 if place == lost else count for place, count in enumerate((1, 2, 3, 9, 6))]
    assert [tuple(truth), (2, 0, 0, 0, 0)] == rows


@pytest.mark.parametrize("when", ["", None, "yesterday", "1970-01-01T00:00:00Z", "2026-13-01T00:00:00Z"])
def test_a_message_without_a_time_is_a_skipped_line(ledger: Ledger, claude: Path, when: str | None) -> None:
    write(claude, "s1", {**assistant("m1", input=1), "timestamp": when}, assistant("m2", input=2))
    assert 1 == import_transcripts(ledger, [claude]).lines_skipped
    assert [2] == inputs(ledger)


def test_bytes_that_are_no_utf8_inside_a_text_lose_no_usage(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1, content=[{"type": "text", "text": "MARK"}], cwd="/MARK"))
    path.write_bytes(path.read_bytes().replace(b"MARK", b"\xff\xfe"))
    import_transcripts(ledger, [claude])
    assert [1] == inputs(ledger)


@pytest.mark.parametrize("half", [rb"\ud83d", rb"\ude00", rb"\uD83D \uDE00", rb"\\\ud83d"])
def test_half_a_character_inside_a_text_loses_no_usage(ledger: Ledger, claude: Path, half: bytes) -> None:
    path = write(claude, "s1", assistant("m1", input=1, content=[{"type": "text", "text": "MARK"}], cwd="/MARK"))
    path.write_bytes(path.read_bytes().replace(b"MARK", half))
    assert import_transcripts(ledger, [claude]).lines_skipped == 0
    assert [1] == inputs(ledger)


def test_a_whole_character_beside_half_a_one_stays(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1, content=[{"type": "text", "text": "MARK"}], cwd="/PATH"))
    path.write_bytes(path.read_bytes().replace(b"MARK", rb"\ud83d").replace(b"PATH", rb"\ud83d\ude00"))
    import_transcripts(ledger, [claude])
    assert [("/\N{GRINNING FACE}",)] == ledger.connection.execute("SELECT path FROM project").fetchall()


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system takes no such name")
def test_a_file_whose_name_is_no_text_is_left_out(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1))
    Path(os.fsdecode(os.fsencode(path.parent) + b"/\xff.jsonl")).write_bytes(dump(assistant("m2", input=2)))
    import_transcripts(ledger, [claude])
    assert [1] == inputs(ledger)


def test_more_files_than_are_looked_at_in_one_turn_are_all_looked_at_in_the_end(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FILES", (6, 3, 3))
    monkeypatch.setattr(looking, "FOLDERS", (2, 1, 1))
    paths = [write(claude, f"s{n}", assistant(f"m{n}", input=n, session=f"s{n}")) for n in range(20)]
    for n, path in enumerate(paths):
        os.utime(path, (NOON - n, NOON - n))
    import_transcripts(ledger, [claude])
    append(paths[0], assistant("new", input=100))
    import_transcripts(ledger, [claude])
    assert inputs(ledger)[-1] == 100, "the most recent files are always looked at"
    append(paths[19], assistant("old", input=200))
    turns = 0
    while inputs(ledger)[-1] != 200:
        import_transcripts(ledger, [claude])
        turns += 1
        assert turns < 9
    append(paths[15], assistant("old2", input=300))
    import_transcripts(ledger, [claude], thorough=True)
    assert inputs(ledger)[-1] == 300


def test_nothing_changed_opens_no_transcript_and_writes_nothing(ledger: Ledger, claude: Path) -> None:
    for n in range(30):
        write(claude, f"s{n}/subagents/agent", assistant(f"m{n}", input=n))
    for folder in (claude / "projects").rglob("*"):
        os.utime(folder, (NOON, NOON))
    os.utime(claude / "projects", (NOON, NOON))
    import_transcripts(ledger, [claude])
    opened: list[str] = []
    watching = True
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if watching and event in {"open", "os.scandir"} else None)
    before = ledger.connection.total_changes
    report = import_transcripts(ledger, [claude])
    watching = False
    assert (0, 0) == (report.files_read, report.bytes_read)
    assert [] == [path for path in opened if str(claude) in path]
    assert before == ledger.connection.total_changes
