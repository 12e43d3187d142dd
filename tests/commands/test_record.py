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


@pytest.mark.parametrize("text", [b"", b"hello\n", b'{"type":"assistant"}', b"\xff\xfe\n" * 1000, b"[" * 9999])
def test_what_holds_no_result_passes_unchanged_and_is_told(text: bytes, environment: dict[str, str]) -> None:
    done = quotaline("record", env=environment, stdin=text)
    assert (1, text) == (done.returncode, done.stdout)
    assert done.stderr.startswith(b"quotaline: stdin held no result")


def test_a_run_that_failed_is_recorded_and_fails(environment: dict[str, str], home: Path) -> None:
    done = quotaline("record", env=environment, stdin=json.dumps({**RESULT, "is_error": True}).encode())
    assert 1 == done.returncode
    assert cost(home).startswith("0.0297")


def test_megabytes_pass_through(environment: dict[str, str]) -> None:
    text = json.dumps({"type": "user", "text": "x" * 9_000_000}).encode() + b"\n" + json.dumps(RESULT).encode()
    done = quotaline("record", env=environment, stdin=text)
    assert (0, True) == (done.returncode, done.stdout == text)
