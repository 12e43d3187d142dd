import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fake_claude import INIT, NOT_LOGGED_IN, REPORT, TEXT_ONLY, FakeClaude
from quotaline.core.paths import REFRESH_MARKER
from quotaline.errors import Outcome, RequestError, SourceError
from quotaline.sources import claude_cli
from usage_bodies import recorded, told

NOW = 1795244400.0
LIMIT = 30.0  # far beyond what any of these programs needs


@pytest.fixture
def claude(tmp_path: Path) -> FakeClaude:
    return FakeClaude(tmp_path / "bin")


def ask(claude: FakeClaude, tmp_path: Path, env: dict[str, str] | None = None, seconds: float = LIMIT) -> list[str]:
    folder = tmp_path / "empty"
    folder.mkdir(exist_ok=True)
    found = claude_cli.read(claude.command, env or dict(os.environ), NOW, folder=folder, account="a", seconds=seconds)
    assert {(r.source, r.as_of, r.account, r.alpha) for r in found} == {("claude-cli", NOW, "a", True)}
    return [told(reading.value) for reading in found]


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody has buried does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except (ProcessLookupError, FileNotFoundError):
        return False


def gone(pid: int) -> bool:
    """Whether a process ends, given a generous while."""
    for _ in range(400):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_the_report_of_the_users_own_program_is_read(claude: FakeClaude, tmp_path: Path) -> None:
    assert recorded("usage-report-2.1.329")["shows"] == ask(claude, tmp_path)


def test_it_is_asked_for_usage_without_a_session_hooks_or_servers(claude: FakeClaude, tmp_path: Path) -> None:
    ask(claude, tmp_path)
    [call] = claude.calls
    assert call["args"][:5] == ["-p", "/usage", "--output-format", "stream-json", "--verbose"]
    assert {"--no-session-persistence", "--safe-mode", "--strict-mcp-config"} <= set(call["args"])
    assert Path(call["cwd"]) == tmp_path / "empty"


def test_once_the_report_is_there_the_program_and_what_it_started_are_ended(claude: FakeClaude, tmp_path: Path) -> None:
    claude.behave(lines=[REPORT], stays=600, child=True)
    ask(claude, tmp_path)
    assert gone(int((claude.folder / "child.pid").read_text()))


def test_one_that_says_nothing_is_ended_after_its_time(claude: FakeClaude, tmp_path: Path) -> None:
    claude.behave(lines=[INIT], stays=600, child=True)
    with pytest.raises(RequestError, match="did not answer within 3 s") as caught:
        ask(claude, tmp_path, seconds=3)
    assert caught.value.outcome is Outcome.FAILED
    assert gone(int((claude.folder / "child.pid").read_text()))


@pytest.mark.parametrize("option", ["--safe-mode", "--no-session-persistence", "--strict-mcp-config"])
def test_a_version_that_rejects_an_option_is_not_supported(claude: FakeClaude, tmp_path: Path, option: str) -> None:
    claude.behave(lines=[REPORT], rejects=[option])
    with pytest.raises(claude_cli.RejectedError):
        ask(claude, tmp_path)


@pytest.mark.parametrize("lines", [[], [INIT, TEXT_ONLY], ["{", '{"usage_report": 7}', "[" * 9999], ["x" * 9_000_000]])
def test_a_version_without_a_report_brings_nothing(claude: FakeClaude, tmp_path: Path, lines: list[str]) -> None:
    claude.behave(lines=lines)
    with pytest.raises(RequestError) as caught:
        ask(claude, tmp_path)
    assert isinstance(caught.value, claude_cli.UnsupportedError) == (len(lines) != 1)
    assert isinstance(caught.value, claude_cli.RejectedError) == (not lines), "who printed something may have asked the server"


def test_somebody_who_is_not_logged_in_has_a_version_that_could_do_it(claude: FakeClaude, tmp_path: Path) -> None:
    claude.behave(lines=[INIT, NOT_LOGGED_IN])
    with pytest.raises(RequestError, match="in a terminal") as caught:
        ask(claude, tmp_path)
    assert not isinstance(caught.value, claude_cli.UnsupportedError)


@pytest.mark.parametrize("limits", [{"rate_limits": None}, {"rate_limits": {}}, {"rate_limits": []}, {}])
def test_a_report_without_limits_is_what_too_many_requests_look_like(
    claude: FakeClaude, tmp_path: Path, limits: dict[str, Any]
) -> None:
    claude.behave(lines=[json.dumps({"type": "assistant", "usage_report": {"session": {}, **limits}})])
    with pytest.raises(RequestError, match="knows no limits") as caught:
        ask(claude, tmp_path)
    assert caught.value.outcome is Outcome.NO_LIMITS


def test_a_report_that_nobody_knows_is_a_failure(claude: FakeClaude, tmp_path: Path) -> None:
    claude.behave(lines=[json.dumps({"type": "assistant", "usage_report": {"rate_limits": {"new": 1}}})])
    with pytest.raises(RequestError, match="no usage figure"):
        ask(claude, tmp_path)


def test_a_line_that_comes_in_pieces_is_one_line(claude: FakeClaude, tmp_path: Path) -> None:
    padded = json.dumps(json.loads(REPORT) | {"padding": "x" * 300_000})
    claude.behave(lines=["x" * 70_000, padded], pause=0.1)
    assert len(ask(claude, tmp_path)) == 4


def test_a_child_carries_the_marker_and_neither_a_login_nor_our_session(claude: FakeClaude, tmp_path: Path) -> None:
    secret = "sk-ant-" + "oat01-" + "x" * 24
    env = {**os.environ, "CLAUDE_CODE_OAUTH_TOKEN": secret, "CLAUDECODE": "1", "CLAUDE_CONFIG_DIR": "/work"}
    ask(claude, tmp_path, env)
    [call] = claude.calls
    assert call["env"][REFRESH_MARKER] == claude_cli.OURS
    assert call["env"]["CLAUDE_CONFIG_DIR"] == "/work"
    assert "CLAUDECODE" not in call["env"]
    assert secret not in json.dumps(call)


def test_nothing_is_run_from_within_a_run_of_ours(claude: FakeClaude, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="inside") as caught:
        ask(claude, tmp_path, {**os.environ, REFRESH_MARKER: claude_cli.OURS})
    assert not isinstance(caught.value, RequestError)
    assert claude.calls == []
    assert len(ask(claude, tmp_path, {**os.environ, REFRESH_MARKER: "1"})) == 4


SESSION = (
    "AI_AGENT", "CLAUDECODE", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_MESSAGING_SOCKET",
    "CLAUDE_CODE_MESSAGING_TOKEN", "CLAUDE_CODE_SESSION_ATTENDED", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_EFFORT", "CLAUDE_ENV_FILE", "CLAUDE_PID", "CLAUDE_PROJECT_DIR", "CLAUDE_CODE_WHAT_COMES_NEXT",
    "CLAUDE_CODE_OAUTH_TOKEN", "QUOTALINE_ADMIN_KEY",
)  # fmt: skip
CHOSEN = (
    "ANTHROPIC_BASE_URL", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_SKIP_VERTEX_AUTH",
    "CLAUDE_CODE_CLIENT_CERT", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "HTTPS_PROXY", "PATH",
)  # fmt: skip


def test_a_child_has_the_users_settings_and_nothing_of_the_session_around_us(claude: FakeClaude, tmp_path: Path) -> None:
    ask(claude, tmp_path, {**dict.fromkeys((*SESSION, *CHOSEN), "x"), "PATH": os.environ["PATH"]})
    [call] = claude.calls
    assert set() == call["env"].keys() & set(SESSION)
    assert set(CHOSEN) <= call["env"].keys()


def test_a_child_ends_with_us_however_we_end(claude: FakeClaude, tmp_path: Path) -> None:
    """The program and what it started; it hangs, and we are killed."""
    claude.behave(lines=[INIT], stays=600, child=True)
    script = (
        "import os, pathlib; from quotaline.sources import claude_cli;"
        f"claude_cli.read({claude.command!r}, os.environ, 0, folder=pathlib.Path({str(tmp_path)!r}), account=None)"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        started = claude.folder / "child.pid"
        while not (started.exists() and started.read_text()):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    assert gone(int(started.read_text()))
    assert gone(claude.calls[0]["pid"])


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("2.1.329 (Claude Code)", True),
        ("2.1.273 (Claude Code)", True),
        ("2.1.272 (Claude Code)", False),
        ("2.1.197 (Claude Code)", False),
        ("1.9.999", False),
        ("3.0.0", True),
        ("2.2.0-beta", True),
        ("", True),
        ("a wrapper of mine", True),
    ],
)
def test_a_version_that_is_known_not_to_report_is_told_by_its_number(text: str, may: bool) -> None:
    assert claude_cli.reports(text) is may


@pytest.mark.parametrize("command", ["", "  ", "'", "no-such-claude", "/dev/null"])
def test_a_command_that_is_none_runs_nothing(tmp_path: Path, command: str) -> None:
    with pytest.raises(SourceError, match=r"sources\.claude_cli\.command") as caught:
        claude_cli.read(command, dict(os.environ), NOW, folder=tmp_path, account=None)
    assert not isinstance(caught.value, RequestError)


def test_a_command_may_have_arguments_of_its_own(claude: FakeClaude, tmp_path: Path) -> None:
    found = claude_cli.read(f"env X=1 {claude.command}", dict(os.environ), NOW, folder=tmp_path, account=None)
    assert len(found) == 4
    assert claude.calls[0]["env"]["X"] == "1"


def test_the_version_is_what_the_program_says(claude: FakeClaude, tmp_path: Path) -> None:
    assert claude_cli.version(claude.command, dict(os.environ), tmp_path) == "2.1.329 (Claude Code)"
    claude.behave(version="")
    assert claude_cli.version(claude.command, dict(os.environ), tmp_path) == ""


def test_what_cannot_be_started_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = str(tmp_path / "nowhere")
    for python in (sys.executable, ""):  # without a Python of our own the program is started unwatched
        monkeypatch.setattr(sys, "executable", python)
        with pytest.raises(SourceError, match=f"The program `{nowhere}` cannot be started"):
            claude_cli.read(f"{nowhere} --flag", dict(os.environ), NOW, folder=tmp_path, account="a", seconds=LIMIT)
