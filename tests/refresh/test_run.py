"""From real files to the line: sources → merge → ledger → snapshot → prompt, by the installed commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import filelock
import msgspec
import pytest

from commandline import quotaline
from quotaline.core.snapshot import read_or_defaults
from quotaline.preview import sample
from quotaline.refresh.run import refresh
from quotaline.snapshot.load import load_snapshot


@pytest.fixture
def machine(home: Path, environment: dict[str, str]) -> dict[str, str]:
    """A machine on which Claude Code has worked: the bundled sample at the present time."""
    projects = home / ".claude" / "projects" / "-home-you-quotaline"
    projects.mkdir(parents=True)
    now = time.time()
    (projects / "s.jsonl").write_text(sample.transcript(now))
    (home / ".claude.json").write_text(json.dumps(sample.load("claude.json", now)))
    return environment


def statusline(env: dict[str, str]) -> str:
    stdin = json.dumps(sample.load("statusline.json", time.time())).encode()
    return quotaline("statusline", env={**env, "NO_COLOR": "1"}, stdin=stdin, check=True).stdout.decode()


def configure(home: Path, text: str) -> None:
    folder = home / ".config" / "quotaline"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)


def prompt(env: dict[str, str], *arguments: str) -> str:
    return quotaline("prompt", *arguments, env=env, check=True).stdout.decode()


QUIET = "[sources]\nclaude_cli.enabled = false\nendpoint.enabled = false\n"
ALPHA = "enable_alpha_features = true\n" + QUIET


def test_what_claude_code_hands_to_the_status_line_reaches_every_other_prompt(machine: dict[str, str]) -> None:
    statusline(machine)
    quotaline("refresh", env=machine, check=True)
    assert prompt(machine) == "5h 42% 2h12m · 7d 63% 3d4h\n"


def test_without_the_switch_nothing_undocumented_is_read_or_shown(machine: dict[str, str], home: Path) -> None:
    (home / ".claude.json").chmod(0o000)
    done = quotaline("refresh", env=machine, check=True)
    assert b"alpha" not in done.stderr
    assert b"claude-json" not in done.stdout
    snapshot = load_snapshot(home / ".cache/quotaline/default/snapshot.json")
    assert snapshot
    assert [reading for reading in snapshot.readings if reading.alpha or reading.value.id == "extra_usage"] == []
    assert {"extra_usage", "five_hour", "seven_day", "weekly_model"} == {missing.id for missing in snapshot.missing}
    assert prompt(machine).startswith("~$"), "what the transcripts know is shown, as an estimate"


def test_with_the_switch_extra_usage_is_shown_flagged_and_announced_once(machine: dict[str, str], home: Path) -> None:
    configure(home, ALPHA)
    first, second = (quotaline("refresh", "--force", env=machine, check=True) for _ in range(2))
    assert b"alpha feature: it relies on undocumented interfaces that may break without notice" in first.stderr
    assert b"alpha" not in second.stderr
    assert prompt(machine, "extra") == "$12.40 extra\n"
    assert prompt(machine) == "$12.40 extra · 5h 41% 2h12m · 7d 63% 3d4h\n"
    snapshot = load_snapshot(home / ".cache/quotaline/default/snapshot.json")
    assert snapshot
    assert {"five_hour", "seven_day", "seven_day_fable", "extra_usage"} == {r.value.id for r in snapshot.readings if r.alpha}
    assert "Fable 77%" in statusline(machine)
    assert prompt(machine, "account") == "max_5x\n"


def test_switching_alpha_off_again_takes_its_values_away(machine: dict[str, str], home: Path) -> None:
    configure(home, ALPHA)
    quotaline("refresh", "--force", env=machine, check=True)
    configure(home, "enable_alpha_features = false\n")
    quotaline("refresh", "--force", env=machine, check=True)
    assert prompt(machine, "seven_day", "weekly_model", "account") == ""
    assert prompt(machine, "extra").endswith(" today\n"), "what stands there instead is the estimate from transcripts"


def test_a_source_that_fails_costs_its_own_values_and_is_told(machine: dict[str, str], home: Path) -> None:
    configure(home, ALPHA)
    statusline(machine)
    (home / ".claude.json").write_text("{ not json")
    done = quotaline("refresh", env=machine, check=True)
    assert b"claude-json: " in done.stdout
    assert "5h 42%" in prompt(machine)
    assert quotaline("prompt", env=machine).stderr == b""


def test_the_last_good_values_stay_after_a_failure(machine: dict[str, str], home: Path) -> None:
    configure(home, ALPHA)
    quotaline("refresh", "--force", env=machine, check=True)
    (home / ".claude.json").unlink()
    quotaline("refresh", "--force", env=machine, check=True)
    assert prompt(machine, "extra") == "$12.40 extra\n"


def test_another_account_never_shows_through(machine: dict[str, str], home: Path) -> None:
    configure(home, ALPHA)
    quotaline("refresh", "--force", env=machine, check=True)
    content: dict[str, Any] = sample.load("claude.json", time.time())
    content["oauthAccount"]["accountUuid"] = "11111111-1111-4111-8111-111111111111"
    (home / ".claude.json").write_text(json.dumps(content))
    quotaline("refresh", "--force", env=machine, check=True)
    assert "extra" not in prompt(machine, "extra", "seven_day")


def test_a_configuration_that_cannot_be_followed_is_told_and_the_line_stays(machine: dict[str, str], home: Path) -> None:
    configure(home, "[style]\npalette = 'neon'\n")
    statusline(machine)
    done = quotaline("refresh", env=machine)
    assert done.returncode == 2
    assert done.stderr == b"quotaline: config.toml: `style.palette` is 'neon'; allowed are default, light, ansi, ascii, mono.\n"
    quotaline("refresh", "--background", env=machine, check=True)
    assert "5h 42%" in prompt(machine)
    snapshot = load_snapshot(home / ".cache/quotaline/default/snapshot.json")
    assert snapshot
    assert "neon" in snapshot.problems[0]


def test_a_users_segment_replaces_a_shipped_one_and_rows_are_theirs(machine: dict[str, str], home: Path) -> None:
    configure(home, '[line.prompt]\nrows = [["mine", "five_hour"]]\n[segments.five_hour]\nformat = "S {five_hour.used:pct}"\n')
    own = home / ".config" / "quotaline" / "segments"
    own.mkdir()
    (own / "mine.toml").write_text('summary = "mine"\nformat = "W {seven_day.used:.1f}"\n')
    statusline(machine)
    quotaline("refresh", env=machine, check=True)
    assert prompt(machine) == "W 63.0 · S 42%\n"


def test_one_refresh_at_a_time_the_loser_leaves(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(_seconds: float) -> None:
        raise AssertionError("the loser waits")

    monkeypatch.setattr(time, "sleep", sleep)
    folder = home / ".cache" / "quotaline" / "default"
    folder.mkdir(parents=True)
    env = {"HOME": str(home)}
    with filelock.FileLock(folder / "refresh.lock"):
        assert refresh(env, 1000.0).status == "busy"
    assert refresh(env, 1000.0).status == "written"
    assert refresh(env, 1001.0).status == "fresh"
    assert refresh(env, 1001.0, force=True).status == "written"


def test_what_is_written_is_what_is_read(machine: dict[str, str], home: Path) -> None:
    configure(home, ALPHA)
    report = refresh(machine, time.time())
    path = home / ".cache/quotaline/default/snapshot.json"
    assert msgspec.json.encode(report.snapshot) == msgspec.json.encode(load_snapshot(path))
    assert read_or_defaults(str(path.parent))["version"] == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_broken_snapshot_is_rebuilt(machine: dict[str, str], home: Path) -> None:
    quotaline("refresh", env=machine, check=True)
    path = home / ".cache/quotaline/default/snapshot.json"
    path.write_bytes(path.read_bytes()[:100])
    quotaline("refresh", env=machine, check=True)
    assert load_snapshot(path)


def test_nothing_to_read_is_exit_code_one(environment: dict[str, str]) -> None:
    assert quotaline("refresh", env=environment).returncode == 1


def test_a_cache_folder_that_cannot_be_is_one_sentence(environment: dict[str, str]) -> None:
    done = quotaline("refresh", env={**environment, "QUOTALINE_CACHE_DIR": "/dev/null/x"})
    assert done.returncode == 1
    assert done.stderr == b"quotaline: the cache folder cannot be written; set QUOTALINE_CACHE_DIR to one that can.\n"


@pytest.mark.slow
def test_the_refresh_that_a_prompt_starts_imports_what_a_refresh_with_nothing_new_uses(machine: dict[str, str]) -> None:
    """Counted in modules: what stands here took two thirds of the time of such a refresh."""
    quotaline("refresh", "--background", env=machine, check=True)  # it has everything to read
    watch = """
import os, sys
leave = os._exit
def tell(code):
    print("\\n".join(sys.modules), flush=True)
    leave(code)
os._exit = tell
sys.argv = ["quotaline", "refresh", "--background"]
from quotaline.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-P", "-c", watch], env=machine, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    imported = set(done.stdout.split())
    assert "quotaline.snapshot.publish" in imported
    spared = {
        "click", "filelock", "httpx", "inspect", "json", "logging", "rich", "secrets", "socket", "statistics", "subprocess",
        "traceback",
        "quotaline.alerts.rules", "quotaline.commands", "quotaline.transcripts.scan",
    }  # fmt: skip
    assert set() == spared & imported


def test_a_refresh_beside_another_one_leaves_it_the_work_and_is_no_failure(home: Path, environment: dict[str, str]) -> None:
    folder = home / ".cache" / "quotaline" / "default"
    folder.mkdir(parents=True)
    with filelock.FileLock(folder / "refresh.lock"):
        done = quotaline("refresh", env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Another refresh is running")
    assert quotaline("refresh", env={**environment, "QUOTALINE_CACHE_DIR": "/dev/null/x"}).returncode == 1
