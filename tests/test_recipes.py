"""The README's recipes for the guard, run as far as a machine without Claude Code allows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commandline import QUOTALINE, quotaline
from guard_snapshot import leave_snapshot
from usage_history import HOUR, used

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
GUARD = README[README.index("## Guard") : README.index("### Alerts")]


def fence(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", GUARD, re.DOTALL)


@pytest.fixture
def path(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "PATH": f"{Path(QUOTALINE).parent}:{environment['PATH']}"}


def room(home: Path, percent: float) -> None:
    now = time.time()
    keys = ("five_hour", "seven_day", "seven_day_fable")
    leave_snapshot(home, *(used(percent, now, resets_at=now + HOUR, key=key, name=key) for key in keys))


def test_the_make_recipe_runs_its_script_only_where_there_is_room(home: Path, path: dict[str, str]) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not here")
    Path("Makefile").write_text(fence("make")[0])
    Path("nightly.sh").write_text("#!/bin/sh\necho ran\n")
    Path("nightly.sh").chmod(0o755)
    room(home, 10)
    done = subprocess.run(["make", "-s", "nightly"], env=path, capture_output=True, text=True, check=True)
    assert done.stdout == "ran\n"
    room(home, 85)
    done = subprocess.run(["make", "-s", "nightly"], env=path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "seven_day is at 85 %" in done.stderr


@pytest.fixture
def in_local_bin(home: Path) -> None:
    """The program where uv and pipx put it: cron and Claude Code know no other PATH than the system's."""
    (home / ".local" / "bin").mkdir(parents=True)
    (home / ".local" / "bin" / "quotaline").symlink_to(Path(sys.executable).with_name("quotaline"))


@pytest.mark.usefixtures("in_local_bin")
def test_the_cron_recipe_is_a_line_that_a_shell_runs(home: Path, path: dict[str, str]) -> None:
    [line] = fence("cron")[0].splitlines()
    command = line.split(None, 5)[5].replace("./nightly.sh", "echo ran")
    room(home, 10)
    done = subprocess.run(["sh", "-c", command], env=path, capture_output=True, text=True, check=True)
    assert done.stdout == "ran\n"


def test_the_step_for_github_actions_fails_where_nothing_is_known(home: Path, path: dict[str, str]) -> None:
    [step] = re.findall(r"- run: (quotaline .*)", fence("yaml")[0])
    assert subprocess.run(["sh", "-c", step], env=path, capture_output=True, check=False).returncode == 1
    room(home, 10)
    assert subprocess.run(["sh", "-c", step], env=path, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_the_configuration_for_pre_commit_is_one() -> None:
    pytest.importorskip("pre_commit", reason="it cannot be installed beside the lowest allowed dependencies")
    Path("config.yaml").write_text(fence("yaml")[1])
    command = [sys.executable, "-m", "pre_commit", "validate-config", "config.yaml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.usefixtures("in_local_bin")
def test_the_hooks_for_claude_code_answer_their_events(home: Path, path: dict[str, str]) -> None:
    hooks = json.loads(fence("json")[0])["hooks"]
    room(home, 100)
    for event, answer in (("PreToolUse", "permissionDecision"), ("UserPromptSubmit", "block")):
        command = hooks[event][0]["hooks"][0]["command"]
        stdin = json.dumps({"session_id": event, "hook_event_name": event})
        done = subprocess.run(["sh", "-c", command], env=path, input=stdin, capture_output=True, text=True, check=True)
        assert answer in done.stdout


def test_the_commands_of_the_first_recipe_are_understood(home: Path, environment: dict[str, str]) -> None:
    room(home, 10)
    for line in fence("sh")[0].splitlines():
        words, command, _ = line.partition(" -- ")
        run = ["--", "true"] if command else []
        assert quotaline(*words.split()[1:], "--offline", *run, env=environment).returncode in (0, 3), line
