"""`quotaline record` changes nothing in the pipe and keeps what a run cost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline

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
