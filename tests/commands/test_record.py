"""`quotaline record` changes nothing in the pipe and keeps what a run cost."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commandline import QUOTALINE, quotaline
from results import init, limits, lines, result
from transcript_lines import assistant, stamp, write

RESULT: dict[str, Any] = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "duration_ms": 186,
    "num_turns": 1,
    "result": "Hello.",
    "session_id": "00000000-0000-4000-8000-000000000009",
    "total_cost_usd": 0.029734999999999998,
}
EARLIER = {**RESULT, "total_cost_usd": 0.01}


def cost(home: Path) -> str:
    with closing(sqlite3.connect(home / ".local/share/quotaline/ledger.db")) as ledger:
        return str(ledger.execute("SELECT client_cost FROM session").fetchone()[0])


INPUTS = {
    "json": json.dumps(RESULT),
    "pretty": json.dumps(RESULT, indent=2),
    "stream": "\n".join(json.dumps(line) for line in ({"type": "system"}, EARLIER, {"type": "assistant"}, RESULT)) + "\n",
    "list": json.dumps([{"type": "system"}, RESULT]),
    "glued": json.dumps({"type": "assistant"}) + json.dumps(RESULT),
    "behind damage": '{"type":"assistant","mess' + json.dumps(RESULT),
    "byte order mark": "\ufeff" + json.dumps(RESULT) + "\n",
    "nuls": "\0\0" + json.dumps(RESULT) + "\0" * 9,
    "marked list": "\ufeff" + json.dumps([{"type": "system"}, EARLIER, RESULT], indent=1),
    "odd value": json.dumps(RESULT)[:-1] + ', "num_turns": ' + "9" * 5000 + ', "is_error": null}',
    "earlier result whole": json.dumps(EARLIER) + "\n\0" + json.dumps(RESULT) + "\n",
    "broken line before": '{"half\n' + json.dumps(RESULT) + "\n",
}


@pytest.mark.parametrize("name", INPUTS)
def test_the_cost_is_kept_as_the_client_wrote_it_and_the_bytes_pass_unchanged(
    name: str, environment: dict[str, str], home: Path
) -> None:
    text = INPUTS[name].encode()
    done = quotaline("record", env=environment, stdin=text)
    assert (0, text, b"") == (done.returncode, done.stdout, done.stderr)
    assert cost(home) == "0.029734999999999998"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_behind_its_mark_is_read_and_passes_unchanged(encoding: str, environment: dict[str, str], home: Path) -> None:
    text = ("\ufeff" + json.dumps(RESULT) + "\r\n").encode(encoding)
    done = quotaline("record", env=environment, stdin=text)
    assert (0, text, b"") == (done.returncode, done.stdout, done.stderr)
    assert cost(home) == "0.029734999999999998"


@pytest.mark.parametrize("odd", ['"NaN"', "1e400", "-1", '"Infinity"', "[]"])
def test_what_no_session_costs_is_not_kept(odd: str, environment: dict[str, str], home: Path) -> None:
    text = json.dumps({**RESULT, "total_cost_usd": 0}).replace('"total_cost_usd": 0', f'"total_cost_usd": {odd}').encode()
    done = quotaline("record", env=environment, stdin=text)
    assert (0, text, b"") == (done.returncode, done.stdout, done.stderr)
    with closing(sqlite3.connect(home / ".local/share/quotaline/ledger.db")) as ledger:
        assert [] == ledger.execute("SELECT client_cost FROM session").fetchall()


@pytest.mark.parametrize("text", [b"", b"hello\n", b'{"type":"assistant"}', b"\xff\xfe\n" * 1000, b"[" * 9999])
def test_what_holds_no_result_passes_unchanged_and_is_told(text: bytes, environment: dict[str, str]) -> None:
    done = quotaline("record", env=environment, stdin=text)
    assert (1, text) == (done.returncode, done.stdout)
    assert done.stderr.startswith(b"quotaline: stdin held no result")


def test_a_run_that_failed_is_recorded_and_fails(environment: dict[str, str], home: Path) -> None:
    done = quotaline("record", env=environment, stdin=json.dumps({**RESULT, "is_error": True}).encode())
    assert 1 == done.returncode
    assert cost(home).startswith("0.0297")


BLOCKED = {
    "num_turns": 0,
    "total_cost_usd": 0,
    "result": "UserPromptSubmit operation blocked by hook:\nno room\n\nOriginal prompt: x",
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (BLOCKED, 1),
        ({**BLOCKED, "result": "UserPromptExpansion operation blocked by hook:\nno room"}, 1),
        ({**BLOCKED, "result": "Operation stopped by hook: no room"}, 1),
        ({"result": "", "stop_reason": "tool_use", "terminal_reason": "hook_stopped"}, 1),
        ({"terminal_reason": "completed"}, 0),
        ({"terminal_reason": ["hook_stopped"]}, 0),
        ({**BLOCKED, "num_turns": 1}, 0),
        ({"num_turns": 0, "result": "Current session: 42% used"}, 0),
        ({"num_turns": 0, "result": ["x"]}, 0),
        ({"num_turns": 0, "result": "It says: Operation stopped by hook"}, 0),
    ],
)
def test_a_run_that_a_hook_stopped_is_no_success_though_the_client_says_so(
    changes: dict[str, Any], code: int, environment: dict[str, str]
) -> None:
    """As clients 2.1.197 and 2.1.331 end `claude -p`: exit code 0 and no error."""
    text = json.dumps({**RESULT, **changes}).encode()
    done = quotaline("record", env=environment, stdin=text)
    assert (code, text) == (done.returncode, done.stdout)
    assert (code == 1) == (b"a hook stopped the run" in done.stderr)


def test_megabytes_pass_through(environment: dict[str, str]) -> None:
    text = json.dumps({"type": "user", "text": "x" * 9_000_000}).encode() + b"\n" + json.dumps(RESULT).encode()
    done = quotaline("record", env=environment, stdin=text)
    assert (0, True) == (done.returncode, done.stdout == text)


def said(environment: dict[str, str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(quotaline(*words, "--json", env=environment, check=True).stdout)
    return found


def test_a_run_is_in_the_history_and_in_usage_until_its_session_has_transcripts(
    environment: dict[str, str], home: Path
) -> None:
    quotaline("record", env=environment, stdin=json.dumps(result(1)).encode(), check=True, cwd=home)
    row = said(environment, "history", "--by", "session")["rows"][0]
    assert ("s1", 0, "0.021588000000000003") == (row["key"], row["messages"], row["cost_usd"])
    assert ("record", str(home), "0.021588000000000003") == (row["source"], row["project"], row["client_cost_usd"])
    assert {"runs": 1, "cost_usd": "0.021588000000000003", "holding_earlier": 0} == row["recorded"]
    assert ["record"] == [model["source"] for model in row["models"]]
    table = quotaline("history", env=environment).stdout.decode()
    assert "~$0.02 of it by the client's own count, in 1 run without transcripts." in table
    sheet = quotaline("history", "--csv", env=environment).stdout.decode().split("\n")
    assert sheet[0].endswith(",runs,recorded_usd")
    assert sheet[1].endswith(",1,0.021588000000000003")

    quotaline("refresh", env=environment, check=True)
    spans = said(environment, "usage")["transcripts"]
    for span in ("five_hour", "today", "seven_day"):
        (model,) = spans[span]["models"]
        assert ("claude-opus-5-5", "record", 14469) == (model["model"], model["source"], model["tokens"]["total"])
        assert "0.021588000000000003" == spans[span]["cost_usd"]
    page = quotaline("usage", env=environment).stdout.decode()
    assert "claude-opus-5-5 *" in page
    assert "* the client's own count of a run without transcripts" in page
    assert '{span="today",model="claude-opus-5-5",source="record"} 0.02' in quotaline("export", env=environment).stdout.decode()

    write(home / ".claude", "s1", assistant("m1", time.time(), input=1000))
    (row,) = said(environment, "history", "--by", "session")["rows"]
    assert (1, 1000, "transcripts", 0) == (row["messages"], row["tokens"]["total"], row["source"], row["recorded"]["runs"])
    assert "client's own count, in" not in quotaline("history", env=environment).stdout.decode()


def test_a_fork_of_what_is_not_known_is_told(environment: dict[str, str]) -> None:
    quotaline("record", env=environment, stdin=json.dumps(result(3)).encode(), check=True)
    told = quotaline("history", env={**environment, "COLUMNS": "200"}).stdout.decode()
    assert "1 of them holds what was used before it, as a fork's total does: nothing says how much that is." in told


def test_recorded_twice_at_once_and_in_pieces_it_counts_once(environment: dict[str, str]) -> None:
    """Twelve processes, four results of one session, each three times."""
    outputs = [json.dumps(result(total, name=f"r{total}")).encode() for total in (1, 2, 3, 4)] * 3
    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(lambda text: quotaline("record", env=environment, stdin=text).returncode, outputs))
    assert [0] * 12 == codes
    (row,) = said(environment, "history", "--by", "session")["rows"]
    assert (4, 4 * 14469) == (row["recorded"]["runs"], row["tokens"]["total"])


def test_a_stream_is_dated_and_placed_by_what_it_says(environment: dict[str, str]) -> None:
    ended = time.time() - 3 * 86400
    stream = lines(init(cwd="/home/user/elsewhere"), {"type": "assistant", "timestamp": stamp(ended)}, result(1))
    quotaline("record", env=environment, stdin=stream, check=True)
    (row,) = said(environment, "history", "--by", "session")["rows"]
    assert ("/home/user/elsewhere", stamp(ended)[:19]) == (row["project"], row["ends_at"][:19])


@pytest.mark.parametrize("odd", ["1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "yesterday"])
def test_a_time_that_cannot_be_is_the_clocks(odd: str, environment: dict[str, str]) -> None:
    quotaline("record", env=environment, stdin=lines({"type": "assistant", "timestamp": odd}, result(1)), check=True)
    assert [time.strftime("%Y-%m-%d", time.gmtime())] == [row["key"] for row in said(environment, "history")["rows"]]


def test_a_saved_output_is_as_old_as_its_file(environment: dict[str, str], tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(result(1)))
    os.utime(saved, (1_790_000_000, 1_790_000_000))
    with saved.open("rb") as file:
        subprocess.run([QUOTALINE, "record"], env=environment, stdin=file, stdout=subprocess.DEVNULL, check=True)
    assert ["2026-09-21"] == [row["key"] for row in said(environment, "history")["rows"]]


def test_the_rate_limits_of_a_stream_are_windows_like_a_status_lines(environment: dict[str, str]) -> None:
    resets_at = time.time() + 3600
    stream = lines(init(), limits(five_hour=0.42, resets_at=resets_at), limits(five_hour=0.43, resets_at=resets_at), result(1))
    quotaline("record", env=environment, stdin=stream, check=True)
    quotaline("refresh", env=environment, check=True)
    windows = {window["id"]: window for window in said(environment, "usage")["windows"]}
    assert (43.0, 63.0) == (windows["five_hour"]["used"], windows["seven_day"]["used"])
    assert ("statusline", False) == (windows["five_hour"]["source"], windows["five_hour"]["stale"])
    assert time.time() - 60 < time.mktime(time.strptime(windows["five_hour"]["as_of"], "%Y-%m-%dT%H:%M:%SZ"))


def test_the_same_limits_told_again_are_news(environment: dict[str, str]) -> None:
    now = time.time()
    told = limits(five_hour=0.42, resets_at=now + 3600)
    dated = [{"type": "assistant", "timestamp": stamp(now - ago)} for ago in (3000, 60)]
    quotaline("record", env=environment, stdin=lines(dated[0], told, dated[1], told, result(1)), check=True)
    quotaline("refresh", env=environment, check=True)
    assert [stamp(now - 60)[:19]] * 2 == [window["as_of"][:19] for window in said(environment, "usage")["windows"]]


def test_a_machine_with_runs_alone_has_its_budgets(environment: dict[str, str]) -> None:
    quotaline("config", "set", "budget.daily", "1", env=environment, check=True)
    quotaline("record", env=environment, stdin=json.dumps(result(1)).encode(), check=True)
    quotaline("refresh", env=environment, check=True)
    assert [("budget_daily", 0.02)] == [(window["id"], window["used"]) for window in said(environment, "usage")["windows"]]


def test_the_rate_limits_of_another_account_are_left_alone(environment: dict[str, str], home: Path) -> None:
    """The pipe's two ends may have two environments: `CLAUDE_CONFIG_DIR=… claude -p … | quotaline record`."""
    for folder, known in (("/home/user/.other", False), (f"{home}/.claude", True)):
        memory = {"auto": f"{folder}/projects/-home-user-shop/memory/"}
        stream = lines(init(memory_paths=memory), limits(five_hour=0.42, resets_at=time.time() + 3600), result(1))
        quotaline("record", env=environment, stdin=stream, check=True)
        assert known == any((home / ".cache").rglob("s1.json"))


def recording(environment: dict[str, str], **more: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [QUOTALINE, "record"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
    )


def test_each_line_passes_and_is_kept_when_it_comes(environment: dict[str, str], home: Path) -> None:
    with recording(environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for total in (1, 2):
            line = lines(result(total))
            process.stdin.write(line)
            process.stdin.flush()
            assert line == process.stdout.readline()
            while kept_runs(home) < total:
                time.sleep(0.05)
        process.send_signal(signal.SIGINT)  # Ctrl-C reaches both ends of the pipe, and the result is still to come
        line = lines(result(3))
        assert (line, b"") == process.communicate(line)
        assert 0 == process.returncode
    assert 3 == kept_runs(home)


def kept_runs(home: Path) -> int:
    path = home / ".local/share/quotaline/ledger.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as ledger:
        try:
            return int(ledger.execute("SELECT count(*) FROM run").fetchone()[0])
        except sqlite3.OperationalError:  # being made
            return 0


def test_the_reader_is_done_before_the_ledger_is(environment: dict[str, str], home: Path) -> None:
    """Another program holds the ledger: whoever reads the pipe does not wait for it."""
    quotaline("record", env=environment, stdin=json.dumps(result(1)).encode(), check=True)
    path = home / ".local/share/quotaline/ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with recording(environment) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            text = json.dumps(result(2)).encode()
            process.stdin.write(text)
            process.stdin.close()
            assert text == process.stdout.read()
            assert process.poll() is None
            holder.execute("ROLLBACK")
            assert 0 == process.wait()
    assert 2 == kept_runs(home)


def test_a_reader_that_leaves_costs_no_record(environment: dict[str, str], home: Path) -> None:
    with recording(environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(lines({"type": "user", "text": "x" * 500_000}, result(1)))
        process.stdin.close()
        assert 0 == process.wait()
    assert 1 == kept_runs(home)


@pytest.mark.parametrize("place", ["a file in the way", "no home", "a folder that cannot be made"])
def test_the_bytes_pass_where_there_is_no_ledger_to_write_to(place: str, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {
        "a file in the way": {**environment, "QUOTALINE_DATA_DIR": str(tmp_path / "file")},
        "no home": {**environment, "HOME": "", "XDG_DATA_HOME": "", "XDG_CACHE_HOME": ""},
        "a folder that cannot be made": {
            **environment,
            "QUOTALINE_DATA_DIR": "/proc/quotaline",
            "QUOTALINE_CACHE_DIR": "/proc/q",
        },
    }[place]
    if place == "no home":
        env |= dict.fromkeys(("QUOTALINE_DATA_DIR", "QUOTALINE_CACHE_DIR"), str(tmp_path / "file"))  # else it finds one
    text = lines(init(), limits(five_hour=0.42, resets_at=time.time() + 3600), result(1))
    done = quotaline("record", env=env, stdin=text)
    assert (0, text) == (done.returncode, done.stdout)
    assert done.stderr.startswith(b"quotaline: The ledger")
    assert b"Traceback" not in done.stderr


FEED = """
import os, sys
piece, count, head, tail = b"x" * (1 << 20), int(sys.argv[1]), *map(str.encode, sys.argv[2:4])
def put(part):
    while part:
        part = part[os.write(1, part):]
put(head)
for _ in range(count):
    put(piece)
put(tail)
"""
COMPARE = """
import hashlib, sys
found, size = hashlib.sha256(), 0
while part := sys.stdin.buffer.read(1 << 20):
    found.update(part)
    size += len(part)
print(size, found.hexdigest())
"""


MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""  # in a process of its own: what a child's parent has in memory counts as the child's, until it runs another program


def test_500_megabytes_pass_byte_for_byte_in_a_small_memory(environment: dict[str, str], home: Path) -> None:
    """One answer of that length, in one line: the members before and behind it are read."""
    head, tail = json.dumps(result(1)).split('"Hello."')
    feed, compare = [sys.executable, "-c", FEED, "500", head + '"', '"' + tail], [sys.executable, "-c", COMPARE]
    measured = [sys.executable, "-c", MEASURE, QUOTALINE, "record"]
    pipe = subprocess.PIPE
    with subprocess.Popen(feed, stdout=pipe) as source, subprocess.Popen(compare, stdin=source.stdout, stdout=pipe) as reader:
        wanted = reader.communicate()[0]
    with (
        subprocess.Popen(feed, stdout=pipe) as source,
        subprocess.Popen(measured, env=environment, stdin=source.stdout, stdout=pipe, stderr=pipe) as recorder,
        subprocess.Popen(compare, stdin=recorder.stdout, stdout=pipe) as reader,
    ):
        found = reader.communicate()[0]
        assert recorder.stderr is not None
        told = recorder.stderr.read()
    assert (0, wanted) == (recorder.returncode, found)
    assert int(told) < 100 * (1 << 10 if sys.platform.startswith("linux") else 1 << 20)
    assert 1 == kept_runs(home)
