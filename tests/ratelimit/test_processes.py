"""The whole way with real processes: crowds, kills, a server that hangs, logins that change, and a token that stays put."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import pytest

from commandline import QUOTALINE, quotaline
from fake_claude import REPORT, FakeClaude
from quotaline.ledger import open_ledger
from quotaline.refresh.run import refresh
from quotaline.snapshot.load import load_snapshot
from usage_server import UsageServer, usage_server
from warm import Warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = 1795244400.0
SECRET = "sk-ant-" + "oat01-" + "x" * 24
CROWD = 100


@pytest.fixture
def server() -> Iterator[UsageServer]:
    with usage_server() as running:
        yield running


@pytest.fixture
def env(home: Path, server: UsageServer) -> dict[str, str]:
    """A machine with alpha features on, a login, and only the endpoint to ask."""
    log_in(home, "a")
    configure(home, server)
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def configure(home: Path, server: UsageServer, claude: str = "") -> None:
    folder = home / ".config" / "quotaline"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["enable_alpha_features = true", "[sources]", f'endpoint.base_url = "{server.url}"']
    lines.append(f'claude_cli.command = "{claude}"' if claude else "claude_cli.enabled = false")
    (folder / "config.toml").write_text("\n".join(lines) + "\n")


def log_in(home: Path, account: str, token: str = SECRET) -> None:
    (home / ".claude").mkdir(exist_ok=True)
    login = {"claudeAiOauth": {"accessToken": token, "expiresAt": 9e12}}
    (home / ".claude" / ".credentials.json").write_text(json.dumps(login))
    (home / ".claude.json").write_text(json.dumps({"oauthAccount": {"accountUuid": account, "organizationType": "claude_max"}}))


def hand_over(home: Path, session: str, as_of: float, used: float) -> None:
    """What the status line of a Claude Code session leaves in the inbox."""
    folder = home / ".cache" / "quotaline" / "default" / "inbox"
    folder.mkdir(parents=True, exist_ok=True)
    limits = {"five_hour": {"used_percentage": used, "resets_at": NOW + 9000}}
    (folder / f"{session}.json").write_text(
        json.dumps({"version": 1, "session": session, "as_of": as_of, "rate_limits": limits})
    )


def shown(env: dict[str, str], now: float, *, force: bool = True) -> dict[str, float | None]:
    """Used percent by window after a refresh at `now`."""
    snapshot = refresh(env, now, force=force).snapshot
    assert snapshot
    return {reading.value.id: reading.value.utilization for reading in snapshot.readings}


def stampedes(env: dict[str, str], server: UsageServer, *moments: float, count: int = CROWD) -> list[int]:
    """A crowd of processes that refresh at each of `moments`; how many requests the server had seen after each crowd."""
    script = str(Path(__file__).parents[1] / "stampede.py")
    seen = []
    with subprocess.Popen(
        [sys.executable, script, str(count)], env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True
    ) as herd:
        assert herd.stdin is not None
        assert herd.stdout is not None
        for now in moments:
            herd.stdin.write(f"{now}\n")
            herd.stdin.flush()
            assert herd.stdout.readline().endswith("died 0\n")
            seen.append(len(server.requests))
        assert herd.communicate() == ("", "")
    return seen


def eventually(is_so: Callable[[], object]) -> None:
    """Wait for what must come, however slow the machine."""
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it never came")


@contextlib.contextmanager
def refreshing(env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A `quotaline refresh --background` that is killed at the end, if it still runs."""
    with subprocess.Popen([QUOTALINE, "refresh", "--background"], env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_hundred_processes_make_one_request_three_times_over(env: dict[str, str], server: UsageServer) -> None:
    assert stampedes(env, server, NOW, NOW + 1000, NOW + 2000) == [1, 2, 3]


def test_a_hundred_processes_make_one_request_of_a_server_that_has_enough_and_none_when_all_start_again(
    env: dict[str, str], server: UsageServer
) -> None:
    server.mode = "429"
    assert stampedes(env, server, NOW, NOW + 1, NOW + 299) == [1, 1, 1]


ELSEWHERE = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")


def test_terminals_with_other_xdg_folders_share_one_budget(env: dict[str, str], server: UsageServer, home: Path) -> None:
    """A snap's terminal has folders of its own and the same login."""
    for terminal in ("", "snap/a", "snap/b"):
        own = {name: str(home / terminal / name.lower()) for name in ELSEWHERE} if terminal else {}
        quotaline("refresh", "--force", env={**env, **own}, check=True)
    assert 1 == len(server.requests)
    assert (home / "snap/a/xdg_data_home/quotaline/ledger.db").exists(), "the ledger itself is where XDG_DATA_HOME says"


def test_a_data_folder_that_is_named_has_a_budget_of_its_own(env: dict[str, str], server: UsageServer, home: Path) -> None:
    for folder in ("a", "b", "a"):
        quotaline("refresh", "--force", env={**env, "QUOTALINE_DATA_DIR": str(home / folder)}, check=True)
    assert 2 == len(server.requests)


def test_what_a_ledger_elsewhere_remembers_of_requests_holds_from_the_first_look_on(
    env: dict[str, str], server: UsageServer, home: Path
) -> None:
    """An earlier quotaline counted in the ledger that XDG_DATA_HOME names."""
    server.mode, server.headers_sent = "429", {"Retry-After": "3037"}
    elsewhere = {**env, "XDG_DATA_HOME": str(home / "snap")}
    refresh({**env, "QUOTALINE_DATA_DIR": str(home / "snap/quotaline")}, NOW)
    server.mode = "ok"
    refresh(elsewhere, NOW + 2000, force=True)
    refresh(env, NOW + 3000, force=True)
    assert 1 == len(server.requests)
    refresh(elsewhere, NOW + 3040, force=True)
    assert 2 == len(server.requests)


def test_processes_killed_in_the_middle_of_a_request_have_made_it(env: dict[str, str], server: UsageServer, home: Path) -> None:
    server.mode = "hang"
    crowd = [subprocess.Popen([QUOTALINE, "refresh", "--background"], env=env) for _ in range(8)]
    eventually(lambda: server.requests)
    for process in crowd:
        process.kill()
        process.wait()
    server.mode = "ok"
    assert stampedes(env, server, time.time() + 1, count=20) == [1]
    snapshot = load_snapshot(home / ".cache/quotaline/default/snapshot.json")
    assert snapshot
    [note] = [state.note for state in snapshot.sources if state.source == "endpoint"]
    assert note
    assert "at most one request in 5 minutes" in note, "a lock that a dead process left is no lock: the budget was asked"
    assert stampedes(env, server, time.time() + 400, count=20) == [2]


def test_prompts_are_drawn_while_the_server_hangs(env: dict[str, str], server: UsageServer) -> None:
    assert shown(env, time.time())
    server.mode = "hang"
    drawn = 0
    with open_ledger(Path(env["HOME"]) / ".local/share/quotaline/ledger.db") as ledger:
        ledger.connection.execute("DELETE FROM request_budget")
        ledger.connection.execute("UPDATE request SET asked_at = 0")
    snapshot = Path(env["HOME"]) / ".cache/quotaline/default/snapshot.json"
    snapshot.unlink()
    with refreshing(env) as process:
        eventually(lambda: len(server.requests) == 2)
        while process.poll() is None and drawn < 5:
            assert quotaline("prompt", env=env, check=True).stderr == b""
            assert quotaline("statusline", env=env, stdin=b"{}", check=True).stderr == b""
            drawn += process.poll() is None
    assert drawn, "no prompt came back before the server was given up"


def test_another_logins_values_are_never_shown(env: dict[str, str], server: UsageServer, home: Path) -> None:
    assert shown(env, NOW)["five_hour"] == 42.5
    log_in(home, "b", "another-" + SECRET)
    server.mode = "500"
    assert shown(env, NOW + 10) == {}
    log_in(home, "a")
    assert shown(env, NOW + 20) == {}, "what was dropped does not come back as if it were new"


def test_what_a_session_of_the_former_login_said_is_not_shown(env: dict[str, str], server: UsageServer, home: Path) -> None:
    server.mode = "500"
    hand_over(home, "s-1", NOW - 5, 77.0)
    assert shown(env, NOW)["five_hour"] == 77
    log_in(home, "b")
    assert shown(env, NOW + 10) == {}
    assert shown(env, NOW + 20) == {}, "not after another refresh either"
    hand_over(home, "s-2", NOW + 25, 3.0)
    assert shown(env, NOW + 30)["five_hour"] == 3


def test_a_session_whose_transcript_names_another_account_is_not_shown(
    env: dict[str, str], server: UsageServer, home: Path
) -> None:
    server.mode = "500"
    projects = home / ".claude" / "projects" / "p"
    projects.mkdir(parents=True)
    owner = {"type": "session-owner", "sessionId": "s-1", "accountUuid": "somebody-else"}
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "model": "claude-opus-5-5", "usage": usage}
    line = {"type": "assistant", "sessionId": "s-1", "timestamp": "2026-11-21T06:00:00Z", "requestId": "r", "message": message}
    (projects / "s-1.jsonl").write_text(f"{json.dumps(owner)}\n{json.dumps(line)}\n")
    shown(env, NOW - 60)  # the transcripts are read at the end of a refresh
    hand_over(home, "s-1", NOW, 77.0)
    hand_over(home, "s-2", NOW, 12.0)
    assert shown(env, NOW)["five_hour"] == 12


def test_after_a_failure_the_last_good_values_stay_with_their_age_and_end_with_their_period(
    env: dict[str, str], server: UsageServer
) -> None:
    shown(env, NOW)
    server.mode = "429"
    assert shown(env, NOW + 400) == {"five_hour": 42.5, "seven_day": 63, "extra_usage": 24.8}
    snapshot = refresh(env, NOW + 500, force=True).snapshot
    assert snapshot
    assert {reading.as_of for reading in snapshot.readings} == {NOW}
    assert set(shown(env, 1795255201.0)) == {"seven_day", "extra_usage"}


def test_a_refresh_says_when_the_next_request_is_allowed_and_why(env: dict[str, str]) -> None:
    quotaline("refresh", env=env, check=True)
    told = quotaline("refresh", "--force", env=env, check=True).stdout.decode()
    assert re.search(
        r"^endpoint: There is at most one request in 5 minutes; the next request is allowed at (.* )?\d\d:\d\d \(in 5 min\)\.$",
        told,
        re.MULTILINE,
    )


def test_a_line_drawn_inside_claude_starts_nothing(env: dict[str, str], server: UsageServer, home: Path) -> None:
    """A hook or status line that runs in our `claude -p /usage` and refreshes neither recurses nor waits."""
    claude = FakeClaude(home / "bin")
    configure(home, server, claude.command)
    inner = home / "bin" / "hook"
    inner.write_text(f'#!/bin/sh\n"{QUOTALINE}" prompt; "{QUOTALINE}" refresh --force; "{QUOTALINE}" refresh --background\n')
    inner.chmod(0o755)
    claude.behave(lines=[REPORT], runs=str(inner))
    quotaline("refresh", env=env, check=True)
    assert len(claude.asked) == 1
    assert server.requests == []


def hunt(folder: Path, secret: str) -> list[str]:
    """The files under `folder` that hold `secret`, the login itself left out."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != ".credentials.json"]
    return [str(path) for path in found if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("variable", [True, False], ids=["from the environment", "from the file"])
def test_the_token_is_nowhere_after_every_kind_of_answer(
    env: dict[str, str], server: UsageServer, home: Path, variable: bool
) -> None:
    claude = FakeClaude(home / "bin")
    claude.behave(lines=[])
    if variable:
        env["CLAUDE_CODE_OAUTH_TOKEN"] = SECRET
        (home / ".claude" / ".credentials.json").unlink()
    output = b""
    with usage_server() as elsewhere, Warm() as quotaline:
        for mode in (
            "ok",
            "401",
            "403",
            "429",
            "500",
            "302",
            "garbage",
            "half",
            "echo",
            "echo_escaped",
            "echo_key",
            "large",
            "unknown",
        ):
            configure(home, server, claude.command if mode == "500" else "")
            server.mode, server.headers_sent = mode, {"Location": elsewhere.url} if mode == "302" else {}
            for path in (home / ".local").rglob("ledger.db*"):
                path.unlink()
            done = quotaline("refresh", "--force", env={**env, "HTTPX_LOG_LEVEL": "trace", "PYTHONDEVMODE": "0"})
            output += done.stdout + done.stderr
        output += quotaline("usage", "--json", env=env).stdout + quotaline("prompt", env=env).stdout
        assert elsewhere.requests == []
    assert len(server.requests) >= 10, "each kind of answer was given"
    assert claude.calls
    assert SECRET.encode() not in output
    assert hunt(home, SECRET) == []
    assert hunt(home, SECRET[7:]) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc")
def test_a_process_that_holds_the_token_shows_it_to_nobody_and_leaves_no_core(
    env: dict[str, str], server: UsageServer, home: Path
) -> None:
    server.mode = "hang"
    shell = f'ulimit -c unlimited 2>/dev/null || ulimit -c hard; exec "{QUOTALINE}" refresh'
    with subprocess.Popen(
        ["/bin/sh", "-c", shell],
        env={**env, "PYTHONFAULTHANDLER": "1"},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        eventually(lambda: server.requests)
        proc = Path(f"/proc/{process.pid}")
        assert SECRET.encode() not in (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
        assert re.search(r"^Max core file size +0 ", (proc / "limits").read_text(), re.MULTILINE)
        process.send_signal(signal.SIGABRT)
        output = process.communicate()[0]
    assert process.returncode == -signal.SIGABRT
    assert b"endpoint" in output, "the crash was told, with its stack"
    assert SECRET.encode() not in output
    assert hunt(home, SECRET) == []


def test_a_ledger_that_cannot_be_used_asks_nothing(env: dict[str, str], server: UsageServer, home: Path) -> None:
    data: Any = home / "data"
    data.write_text("a file where a folder belongs")
    snapshot = refresh({**env, "QUOTALINE_DATA_DIR": str(data)}, NOW).snapshot
    assert snapshot
    assert "nothing was asked" in " ".join(state.problem or "" for state in snapshot.sources)
    assert server.requests == []
