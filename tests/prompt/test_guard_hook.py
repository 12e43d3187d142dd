"""`quotaline guard --hook` as Claude Code calls it: JSON on stdin, JSON or nothing on stdout, always exit 0."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from commandline import QUOTALINE, quotaline
from quotaline.prompt.guard_hook import _objection, options
from usage_history import HOUR, NOW

TOOL = {"session_id": "s-1", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}, "cwd": "/"}
PROMPT = {"session_id": "s-1", "hook_event_name": "UserPromptSubmit", "prompt": "hello"}


def snapshot(
    home: Path, percent: float, *, guard: dict[str, Any] | None = None, age: float = 0.0, resets_in: float = HOUR, **more: Any
) -> None:
    now = time.time()
    window = {"type": "window", "id": "five_hour", "name": "Session (5h)", "utilization": percent, "resets_at": now + resets_in}
    readings = [{"value": window, "source": "statusline", "as_of": now - age}]
    folder = home / ".cache/quotaline/default"
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "version": 1,
        "written_at": now - age,
        "fresh_for": 60,
        "stale_after": 3600,
        "readings": readings,
        "guard": guard or {},
        **more,
    }
    (folder / "snapshot.json").write_text(json.dumps(content))


def asked(env: dict[str, str], event: dict[str, Any], *arguments: str) -> Any:
    done = quotaline("guard", "--hook", *arguments, env=env, stdin=json.dumps(event).encode(), check=True)
    assert done.stderr == b""
    return json.loads(done.stdout) if done.stdout else None


def test_while_there_is_room_it_says_nothing(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 42)
    assert asked(environment, TOOL, "--five-hour", "80") is None
    assert asked(environment, PROMPT) is None


def test_a_tool_call_over_the_limit_is_asked_about_once(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 83)
    said = asked(environment, TOOL, "--five-hour", "80")["hookSpecificOutput"]
    assert (said["hookEventName"], said["permissionDecision"]) == ("PreToolUse", "ask")
    assert said["permissionDecisionReason"].startswith(
        "quotaline: Session (5h) is at 83 %, the limit is 80 %; it starts anew at "
    )
    assert asked(environment, TOOL, "--five-hour", "80") is None
    assert asked(environment, {**TOOL, "session_id": "s-2"}, "--five-hour", "80") is not None, "each session is asked"


def test_a_prompt_over_the_limit_is_blocked_once(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 83)
    said = asked(environment, PROMPT, "--five-hour=80")
    assert said["decision"] == "block"
    assert said["reason"].endswith("Send it again to go on, or change the limits of the hook's command.")
    assert asked(environment, PROMPT, "--five-hour=80") is None
    snapshot(home, 83, guard={"windows": {"five_hour": 70}})
    said = asked(environment, PROMPT)
    assert said["reason"].endswith("Send it again to go on, or change the limits of [guard] in config.toml.")


UNATTENDED = [
    {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli", "CLAUDE_CODE_SESSION_ATTENDED": "0"},
    {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli"},
    {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli", "CLAUDE_CODE_SESSION_ATTENDED": "1"},  # 2.1.197 inside another session
    {"CLAUDE_CODE_ENTRYPOINT": "sdk-py"},
    {"CLAUDE_CODE_ENTRYPOINT": "cli", "CLAUDE_CODE_SESSION_ATTENDED": "0"},
]
ATTENDED: list[dict[str, str]] = [
    {},
    {"CLAUDE_CODE_ENTRYPOINT": "cli"},
    {"CLAUDE_CODE_ENTRYPOINT": "cli", "CLAUDE_CODE_SESSION_ATTENDED": "1"},
    {"CLAUDE_CODE_ENTRYPOINT": "sdk-ts", "CLAUDE_CODE_SESSION_ATTENDED": "1"},
    {"CLAUDE_CODE_ENTRYPOINT": "claude-vscode"},
]
LIMIT = ("--five-hour", "80")


@pytest.mark.parametrize("session", UNATTENDED)
def test_where_nobody_sits_it_is_silent_all_through_the_run(
    session: dict[str, str], home: Path, environment: dict[str, str]
) -> None:
    """No answer of a hook makes `claude -p` fail; one that is asked about once would let the rest pass."""
    snapshot(home, 100)
    for event in (PROMPT, TOOL, TOOL, PROMPT):
        assert asked({**environment, **session}, event, *LIMIT) is None


@pytest.mark.parametrize("session", UNATTENDED)
@pytest.mark.parametrize("by_option", [True, False])
def test_where_nobody_sits_deny_stops_every_prompt_and_every_call(
    session: dict[str, str], by_option: bool, home: Path, environment: dict[str, str]
) -> None:
    snapshot(home, 100, guard={"hook": "ask" if by_option else "deny"})
    for _ in range(3):
        blocked = asked({**environment, **session}, PROMPT, *["--deny"] * by_option)
        assert blocked["decision"] == "block"
        assert "again" not in blocked["reason"]
        denied = asked({**environment, **session}, TOOL, *["--deny"] * by_option)
        assert denied["hookSpecificOutput"]["permissionDecision"] == "deny"
        assert denied["continue"] is False
        assert denied["stopReason"] == denied["hookSpecificOutput"]["permissionDecisionReason"]


@pytest.mark.parametrize("session", ATTENDED)
@pytest.mark.parametrize("event", [TOOL, PROMPT])
def test_where_a_person_sits_one_answer_lets_go_on(
    session: dict[str, str], event: dict[str, Any], home: Path, environment: dict[str, str]
) -> None:
    snapshot(home, 100)
    answer = asked({**environment, **session}, event, *LIMIT)
    assert answer is not None
    assert "continue" not in answer
    assert asked({**environment, **session}, event, *LIMIT) is None


BROKEN = "config.toml is not valid TOML: \x1b[2Jat line 3."


def test_while_the_configuration_has_problems_a_person_is_asked_once(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 5, problems=[BROKEN])
    said = asked(environment, TOOL)["hookSpecificOutput"]
    assert said["permissionDecision"] == "ask"
    reason = "quotaline: config.toml is not valid TOML: [2Jat line 3. Whether there is room cannot be told."
    assert said["permissionDecisionReason"] == reason
    assert asked(environment, TOOL) is None
    other = asked(environment, {**PROMPT, "session_id": "s-2"})
    assert other["reason"].endswith("Send it again to go on, or mend the configuration; `quotaline doctor` says what is wrong.")


def test_a_mistake_in_a_segment_file_leaves_the_limits_as_they_are(home: Path, environment: dict[str, str]) -> None:
    segment = "segments/mine.toml cannot be read: Permission denied."
    snapshot(home, 42, problems=[segment], guard={"windows": {"five_hour": 50}})
    assert asked(environment, TOOL) is None
    snapshot(home, 42, problems=[segment], guard={"windows": {"five_hour": 40}})
    assert "is at 42 %" in asked(environment, TOOL)["hookSpecificOutput"]["permissionDecisionReason"]
    snapshot(home, 42, problems=[segment, BROKEN], guard={"windows": {"five_hour": 40}})
    assert (
        "cannot be told" in asked(environment, {**TOOL, "session_id": "s-3"})["hookSpecificOutput"]["permissionDecisionReason"]
    )


def test_where_nobody_sits_a_configuration_with_problems_is_denied_or_passed_over_as_a_limit_is(
    home: Path, environment: dict[str, str]
) -> None:
    snapshot(home, 5, problems=[BROKEN])
    for _ in range(2):
        assert asked({**environment, **UNATTENDED[0]}, TOOL) is None
        assert asked({**environment, **UNATTENDED[0]}, TOOL, "--deny")["hookSpecificOutput"]["permissionDecision"] == "deny"


@pytest.mark.parametrize("limit", [LIMIT, ("--five-hour=80",), ("--window", "five_hour=80"), ("--no-extra",)])
def test_limits_of_the_hooks_command_hold_whatever_the_configuration_says(
    limit: tuple[str, ...], home: Path, environment: dict[str, str]
) -> None:
    snapshot(home, 42, problems=[BROKEN], guard={"windows": {"five_hour": 10}})
    assert asked(environment, TOOL, *limit) is None
    snapshot(home, 100, problems=[BROKEN])
    said = asked(environment, TOOL, *limit)["hookSpecificOutput"]["permissionDecisionReason"]
    assert "is at 100 %" in said


def test_a_new_period_and_a_new_limit_ask_again(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 93)
    assert asked(environment, TOOL, "--five-hour", "80") is not None
    assert asked(environment, TOOL, "--five-hour", "90") is not None
    snapshot(home, 93, resets_in=3 * HOUR)
    assert asked(environment, TOOL, "--five-hour", "80") is not None


def test_it_can_deny(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 100)
    assert asked(environment, TOOL, "--deny")["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_the_configuration_reaches_it_by_the_snapshot(home: Path, environment: dict[str, str]) -> None:
    (home / ".config/quotaline").mkdir(parents=True)
    (home / ".config/quotaline/config.toml").write_text('[guard]\nfive_hour = 30\nhook = "deny"\nmax_extra = 5.00\n')
    quotaline("refresh", env=environment)
    compiled = json.loads((home / ".cache/quotaline/default/snapshot.json").read_text())["guard"]
    assert compiled["windows"] == {"five_hour": 30}
    snapshot(home, 42, guard={**compiled, "extra": None})
    assert asked(environment, TOOL)["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_of_many_calls_at_once_exactly_one_is_asked(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 100)
    command = [QUOTALINE, "guard", "--hook"]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) for _ in range(8)]
    answers = [child.communicate(json.dumps(TOOL).encode())[0] for child in children]
    assert sum(bool(answer) for answer in answers) == 1


def test_a_limit_that_nobody_knows_says_nothing(home: Path, environment: dict[str, str]) -> None:
    assert asked(environment, TOOL, "--five-hour", "80") is None
    snapshot(home, 20, age=2 * HOUR)
    assert asked(environment, TOOL, "--five-hour", "80") is None


@pytest.mark.parametrize(
    "stdin", [b"", b"{", b"[]", b"null", b'{"hook_event_name": 7}', b'{"hook_event_name":"Stop"}', b"\xff"]
)
def test_whatever_is_on_stdin_it_exits_0_in_silence(stdin: bytes, home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 100)
    done = quotaline("guard", "--hook", env=environment, stdin=stdin)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("guard", [7, [], {"windows": 7}, {"windows": {"five_hour": "x"}}, {"extra": "x"}, {"max_age": {}}])
def test_whatever_the_snapshot_says_it_exits_0(guard: Any, home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 100, guard=guard)
    assert quotaline("guard", "--hook", env=environment, stdin=json.dumps(TOOL).encode()).returncode == 0


@pytest.mark.parametrize("fields", [7, "x", [None], {"crossing.amount": []}, {"crossing.amount": [7]}, {"crossing.amount": 7}])
def test_damage_in_what_is_shown_opens_no_guard(fields: Any, home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 83, fields=fields)
    assert asked(environment, TOOL, "--five-hour", "80") is not None


def test_a_folder_that_cannot_be_written_asks_each_time(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, 100)
    (home / ".cache/quotaline/default/asked").write_text("in the way")
    assert asked(environment, TOOL) is not None
    assert asked(environment, TOOL) is not None
    for _ in range(2):
        reason = asked(environment, PROMPT)["reason"]
        assert "again" not in reason.partition(", in ")[2], "sending it again would not help"
        assert reason.endswith("Change the limits of [guard] in config.toml.")


def test_the_options_are_those_of_the_command_and_nonsense_is_passed_over() -> None:
    arguments = [
        "--hook",
        "--seven-day",
        "90",
        "--window=seven_day_fable=95",
        "--max-extra",
        "5.00",
        "--no-extra",
        "--budget",
        "--max-age=15m",
    ]
    assert options([*arguments, "--nonsense", "--window"], {"windows": {"five_hour": 80.0}, "hook": "deny"}) == {
        "windows": {"five_hour": 80.0, "seven_day": 90.0, "seven_day_fable": 95.0},
        "extra": [500, 2],
        "no_extra": True,
        "budget": True,
        "max_age": 900.0,
        "hook": "deny",
    }


def test_a_command_of_the_same_words_behind_two_dashes_is_no_hook(environment: dict[str, str]) -> None:
    done = quotaline("guard", "--unknown", "ok", "--offline", "--", "echo", "--hook", env=environment)
    assert done.stdout == b"--hook\n"


@pytest.mark.parametrize(("left", "objects"), [(-1.0, False), (0.0, False), (0.001, True), (600.0, True)])
def test_money_moves_until_its_crossing_is_over(left: float, objects: bool) -> None:
    kept = {"readings": [], "fields": {"crossing.amount": [[100, "USD", 2], NOW + left]}}
    found = _objection(kept, {"no_extra": True, "windows": {}}, NOW, own=True, untold=None)
    assert (found is not None) is objects
