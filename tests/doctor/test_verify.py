"""`doctor --verify`: the same windows from each open source, and by how many points and seconds they differ."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fake_claude import NOT_LOGGED_IN, FakeClaude
from quotaline.doctor.check import Check
from quotaline.doctor.run import doctor_context, run_checks
from quotaline.doctor.verify import compared
from quotaline.model import Reading, Window

NOW = 1_795_244_400.0
SKIPPED = dict.fromkeys(("claude-json", "claude-cli", "windows"), "SKIP")
SESSION_ENDS, WEEK_ENDS = 1_795_255_200.0, 1_795_514_400.0  # as the recorded report of `claude` has them


def reading(source: str, percent: float | None, ago: float, resets_at: float | None = SESSION_ENDS) -> Reading:
    value = Window(id="five_hour", name="Session (5h)", utilization=percent, resets_at=resets_at)
    return Reading(value=value, source=source, as_of=NOW - ago)


@pytest.mark.parametrize(
    ("others", "status", "said"),
    [
        ([reading("claude-json", 42, 61)], "PASS", "claude-json the same, 61 s older"),
        ([reading("claude-json", 40.5, 600)], "PASS", "claude-json 1.5 points less, 600 s older"),
        ([reading("claude-json", 43, 600)], "PASS", "claude-json 1 point more, 600 s older"),
        ([reading("claude-json", 45, 600)], "WARN", "claude-json 3 points more, 600 s older"),
        ([reading("claude-json", 30, 59)], "WARN", "claude-json 12 points less, 59 s older"),
        ([reading("claude-json", 30, 60)], "PASS", "claude-json 12 points less, 60 s older"),
        ([reading("claude-json", 42, 9, SESSION_ENDS + 2)], "PASS", "claude-json the same, 9 s older, its reset 2 s later"),
        ([reading("claude-json", 90, 9, SESSION_ENDS + 18_000)], "PASS", "claude-json speaks of another period"),
        (
            [reading("claude-json", 41, 70), reading("claude-cli", 42, 20)],
            "PASS", "claude-cli the same, 20 s older; claude-json 1 point less, 70 s older",
        ),
    ],
)  # fmt: skip
def test_what_older_sources_say_beside_the_newest(others: list[Reading], status: str, said: str) -> None:
    [check] = compared([*others, reading("statusline", 42, 0)], NOW)
    assert (check.name, check.status, check.message) == ("Session (5h)", status, f"statusline 42 % (now); {said}.")
    assert bool(check.remedy) == (status == "WARN")


def test_a_window_of_one_source_or_without_a_number_is_not_compared() -> None:
    for rows in ([], [reading("statusline", 42, 0)], [reading("statusline", 42, 0), reading("claude-json", None, 9)]):
        [check] = compared(rows, NOW)
        assert (check.status, check.message) == ("SKIP", "No window is known to two sources.")


class Machine:
    """A home with an inbox, Claude Code's cache and a `claude`, a minute apart."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.claude = FakeClaude(home / "bin")
        inbox = home / ".cache/quotaline/default/inbox"
        inbox.mkdir(parents=True)
        limits = {"five_hour": {"used_percentage": 41, "resets_at": SESSION_ENDS}}
        told = {"version": 1, "session": "s", "as_of": NOW - 90, "rate_limits": limits}
        (inbox / "s.json").write_text(json.dumps(told), encoding="utf-8")
        body = {"seven_day": {"utilization": 60.0, "resets_at": datetime.fromtimestamp(WEEK_ENDS, UTC).isoformat()}}
        account = "00000000-0000-4000-8000-00000000000a"
        cache = {"fetchedAtMs": int((NOW - 600) * 1000), "accountUuid": account, "utilization": body}
        content = {"cachedUsageUtilization": cache, "oauthAccount": {"accountUuid": account}}
        (home / ".claude.json").write_text(json.dumps(content), encoding="utf-8")
        self.configure()

    def configure(self, *, alpha: bool = True, sources: str = "") -> None:
        folder = self.home / ".config/quotaline"
        folder.mkdir(parents=True, exist_ok=True)
        command = f"claude_cli.command = '{self.claude.command}'"
        text = f"enable_alpha_features = {str(alpha).lower()}\n[sources]\n{command}\n{sources}"
        (folder / "config.toml").write_text(text, encoding="utf-8")

    def verify(self, now: float = NOW, *, verify: bool = True) -> dict[str, Check]:
        context = doctor_context({"HOME": str(self.home), "TZ": "UTC"}, now, online=False, verify=verify)
        return {check.name: check for check in run_checks(context) if check.group == "Verify"}

    def usage_runs(self) -> list[Any]:
        calls = self.claude.folder / "calls.jsonl"
        rows = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        return [row for row in rows if row["args"] != ["--version"]]


@pytest.fixture
def machine(home: Path) -> Machine:
    return Machine(home)


@pytest.mark.slow
def test_the_three_sources_are_compared_and_claude_is_run_once(machine: Machine) -> None:
    found = machine.verify()
    assert found["Session (5h)"].message == "claude-cli 42 % (now); statusline 1 point less, 90 s older."
    assert found["Weekly"].message == "claude-cli 63 % (now); claude-json 3 points less, 600 s older."
    assert len(machine.usage_runs()) == 1
    again = machine.verify(NOW + 60)
    assert "claude-cli" in again
    assert "next request" in again["claude-cli"].message
    assert len(machine.usage_runs()) == 1, "the rate limiter is asked"


@pytest.mark.slow
def test_closed_sources_are_not_read_and_without_the_option_nothing_is_run(machine: Machine) -> None:
    assert machine.verify(verify=False) == {}
    machine.configure(alpha=False)
    found = machine.verify()
    assert {name: check.status for name, check in found.items()} == SKIPPED
    machine.configure(sources="claude_cli.enabled = false\nendpoint.enabled = true\n")
    assert "closed" in machine.verify()["claude-cli"].message
    assert machine.usage_runs() == []


@pytest.mark.slow
def test_a_source_that_fails_says_so_and_the_others_are_compared(machine: Machine) -> None:
    machine.claude.behave(lines=[NOT_LOGGED_IN])
    (machine.home / ".claude.json").write_text("{", encoding="utf-8")
    found = machine.verify()
    assert {name: check.status for name, check in found.items()} == SKIPPED
    assert "ended with an error" in found["claude-cli"].message
