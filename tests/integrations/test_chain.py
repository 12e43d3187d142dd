"""The chain: another status line's rows above ours, its input unchanged, its failure harmless."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from commandline import quotaline
from samples import AFTER_RESPONSE

if TYPE_CHECKING:
    from pathlib import Path

INPUT = json.dumps({**AFTER_RESPONSE, "odd": "\0 é $HOME `x` \\"}, indent=1, ensure_ascii=False).encode() + b" \n\n"


def chained(old: str, home: Path, env: dict[str, str], stdin: bytes = INPUT) -> subprocess.CompletedProcess[bytes]:
    """What Claude Code would show after `install --chain` on a slot that `old` holds: it runs the command through a shell."""
    path = home / ".claude" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"statusLine": {"type": "command", "command": old}}))
    done = quotaline("install", "claude-code", "--chain", env=env)
    assert done.returncode == 0, done.stderr
    command = json.loads(path.read_text())["statusLine"]["command"]
    return subprocess.run(["/bin/sh", "-c", command], input=stdin, capture_output=True, env=env, timeout=60, check=False)


def test_their_rows_are_above_ours(home: Path, environment: dict[str, str]) -> None:
    done = chained("printf 'one\\ntwo'", home, environment)
    rows = done.stdout.decode().splitlines()
    assert (0, ["one", "two"], b"") == (done.returncode, rows[:2], done.stderr)
    assert "Opus 5.5" in "".join(rows[2:])


def test_their_input_is_passed_on_unchanged(home: Path, environment: dict[str, str]) -> None:
    assert INPUT == chained(f"tee {home}/seen >/dev/null", home, environment).stdout[:0] + (home / "seen").read_bytes()


@pytest.mark.parametrize(
    "old",
    ["exit 3", "no-such-command --x", "kill -9 $$", "echo oops >&2; false", "cat /dev/null", "true", ")", "exec <&-", "'"],
)
def test_their_failure_is_harmless(old: str, home: Path, environment: dict[str, str]) -> None:
    done = chained(old, home, environment)
    assert (0, b"") == (done.returncode, done.stderr)
    assert "Opus 5.5" in done.stdout.decode()


def test_one_that_hangs_is_ended_and_what_it_said_is_shown(home: Path, environment: dict[str, str]) -> None:
    """Even its children hold nothing that is waited for."""
    done = chained("echo said; sleep 60 & sleep 60", home, environment)
    assert done.stdout.decode().startswith("said\n")
    assert "Opus 5.5" in done.stdout.decode()


def test_the_old_command_keeps_its_own_quotes(home: Path, environment: dict[str, str]) -> None:
    assert b"a  b $x 'q'" in chained("""printf '%s\\n' "a  b "'$x'" 'q'" """, home, environment).stdout


def test_ours_missing_leaves_theirs(home: Path, environment: dict[str, str]) -> None:
    """The package may be gone while the script, which is kept with the data, still stands."""
    chained("echo theirs", home, environment)
    script = next((home / ".local/share/quotaline/shell").glob("chain.sh"))
    done = subprocess.run(
        ["/bin/sh", str(script), "echo theirs", "/dev/null/quotaline"],
        input=b"{}",
        capture_output=True,
        env=environment,
        check=False,
    )
    assert (0, b"theirs\n", b"") == (done.returncode, done.stdout, done.stderr)


def test_no_scratch_file_stays_even_when_claude_code_cancels_the_run(
    home: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    env = {**environment, "TMPDIR": str(scratch)}
    chained("true", home, env)
    assert not list(scratch.iterdir())
    command = json.loads((home / ".claude" / "settings.json").read_text())["statusLine"]["command"]
    child = subprocess.Popen(
        ["/bin/sh", "-c", command.replace(" true ", f" 'touch {tmp_path}/begun; sleep 1000' ")],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env, start_new_session=True,
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.close()
    end = time.monotonic() + 20
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGTERM)
    child.wait(timeout=20)
    while list(scratch.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("options", [[], ["--chain"]])
def test_it_works_where_no_path_is_set(options: list[str], home: Path, environment: dict[str, str]) -> None:
    """Claude Code's environment may lack the folder of the program: the command is an absolute path."""
    path = home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"statusLine": {"type": "command", "command": "echo theirs"}} if options else {}))
    assert quotaline("install", "claude-code", *options, env=environment).returncode == 0
    command = json.loads(path.read_text())["statusLine"]["command"]
    env = {"HOME": str(home), "QUOTALINE_REFRESH": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["/bin/sh", "-c", command], input=INPUT, capture_output=True, env=env, timeout=60, check=True)
    assert (b"theirs" in done.stdout, done.stderr) == (bool(options), b"")
    assert "Opus 5.5" in done.stdout.decode()
