"""Budgets of one's own on every surface: overview, JSON, segments, guard, hook, alerts, export say the same."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from quotaline.core.limits import check_limits, outcome
from quotaline.model import ExtraUsage
from quotaline.refresh.run import refresh
from quotaline.snapshot.load import load_snapshot
from transcript_lines import assistant, write
from usage_history import HOUR, NOW

LINE = '[line.prompt]\nrows = [["budget", "health"]]\n'


def configure(home: Path, text: str) -> None:
    folder = home / ".config" / "quotaline"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(LINE + text, encoding="utf-8")


@pytest.fixture
def spent(home: Path, environment: dict[str, str]) -> dict[str, str]:
    """Three dollars were spent today, a moment ago, and a budget of four a month and ten a year's week is set."""
    now = time.time()
    write(home / ".claude", "s1", *(assistant(f"m{n}", now - n / 1000, output=50_000) for n in range(3)))
    configure(home, '[budget]\nmonthly = 4\nblock = "30"\nweekly = "10.00"\n')
    return environment


def told(env: dict[str, str], *arguments: str, code: int = 0) -> str:
    done = quotaline(*arguments, env={**env, "NO_COLOR": "1", "COLUMNS": "100"})
    assert done.returncode == code, done.stderr
    return (done.stdout + done.stderr).decode()


def test_every_surface_says_the_same(spent: dict[str, str]) -> None:
    told(spent, "refresh")
    page = told(spent, "usage")
    assert "Monthly budget  ~$3.00" in page
    assert "of $4.00 a month (75%) · $1.00 left" in page
    assert "of $30.00 a block (10%)" in page
    assert "transcripts, just now" in page
    assert "of 100; the week's budget takes most of it" in page
    said = json.loads(told(spent, "usage", "--json"))
    windows = {one["id"]: one for one in said["windows"]}
    assert list(windows) == ["budget_block", "budget_weekly", "budget_monthly"]
    monthly = windows["budget_monthly"]
    assert (monthly["name"], monthly["unit"], monthly["used"], monthly["limit"]) == ("Monthly budget", "usd", 3, 4)
    assert (monthly["utilization"], monthly["source"], monthly["stale"]) == (75.0, "transcripts", False)
    assert {"period": "monthly", "estimate": True}.items() <= monthly["extras"].items()
    assert (said["health"]["part"], 80 <= said["health"]["score"] <= 82) == ("week", True)
    health = said["health"]["score"]
    assert told(spent, "prompt") == f"~$3.00/$4.00 month · health {health}\n"
    assert told(spent, "prompt", "--shell", "plain", "budget") == "~$3.00/$4.00 month\n"
    exported = told(spent, "export")
    assert 'quotaline_window_used_ratio{window="budget_monthly",source="transcripts",alpha="false"} 0.75\n' in exported
    assert 'quotaline_money_limit{window="budget_monthly",currency="USD"} 4.00\n' in exported
    assert "monthly" not in told(spent, "history", "--plot", code=0)


def test_the_guard_stops_at_a_spent_budget_and_only_when_it_is_asked_about_budgets(home: Path, spent: dict[str, str]) -> None:
    assert told(spent, "guard", "--budget", "--offline", code=3).startswith("quotaline: Budget is unknown: none is set")
    del spent["QUOTALINE_REFRESH"]  # each look is a fresh one, also at the configuration
    assert told(spent, "guard", "--budget") == ""
    assert "Weekly budget is at 30 %, the limit is 20 %; it starts anew at " in told(
        spent, "guard", "--window", "budget_weekly=20", code=1
    )
    configure(home, "[budget]\nmonthly = 3\n")
    assert "Monthly budget is at 100 %, the limit is 100 %; it starts anew at " in told(spent, "guard", "--budget", code=1)
    assert "Every window is unknown" in told(spent, "guard", code=3), "no window of the plan is known"
    configure(home, "[budget]\nmonthly = 3\n[guard]\nbudget = true\n")
    assert "Monthly budget" in told(spent, "guard", code=1)
    event = {"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {}}
    for words in ((), ("--budget",)):
        asked = quotaline("guard", "--hook", *words, env=spent, stdin=json.dumps(event | {"session_id": words}).encode())
        assert b"Monthly budget is at 100 %" in asked.stdout
    configure(home, "")
    assert "Budget is unknown: none is set under [budget]" in told(spent, "guard", "--budget", code=3)


def test_a_budget_that_is_taken_out_is_gone_with_the_next_refresh_and_a_new_one_is_there(
    home: Path, spent: dict[str, str]
) -> None:
    told(spent, "refresh")
    configure(home, "[budget]\ndaily = 5\n")
    assert told(spent, "refresh", "--force").startswith("statusline")
    windows = [one["id"] for one in json.loads(told(spent, "usage", "--json"))["windows"]]
    assert windows == ["budget_daily"]
    assert told(spent, "prompt", "budget", "health") == "~$3.00/$5.00 day\n"
    configure(home, "")
    told(spent, "refresh", "--force")
    assert told(spent, "usage", "--json", code=0).count("budget") == 0
    assert told(spent, "prompt", "budget", "health") == ""


def test_the_ledgers_fault_keeps_the_last_budgets_with_their_age(
    home: Path, spent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(spent, "refresh")
    now = time.time()

    def broken(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("quotaline.ledger.budgets.budget_use", broken)
    snapshot = refresh(spent, now + 600).snapshot
    assert snapshot is not None
    kept = {reading.value.id: reading for reading in snapshot.readings}
    assert list(kept) == ["budget_block", "budget_weekly", "budget_monthly"]
    assert all(reading.as_of <= now for reading in kept.values())
    assert [fault.stage for fault in snapshot.faults] == ["budgets"]
    assert snapshot.fields["budget.label"][0] == "month"
    monkeypatch.undo()
    assert home.exists()


def test_a_machine_without_transcripts_has_no_budget_of_zero(home: Path, environment: dict[str, str]) -> None:
    configure(home, "[budget]\nmonthly = 3\n")
    told(environment, "refresh", code=1)
    snapshot = load_snapshot(home / ".cache/quotaline/default/snapshot.json")
    assert snapshot is not None
    assert (snapshot.readings, [name for name in snapshot.fields if "budget" in name]) == ((), [])


def test_an_alert_is_told_at_a_budget(home: Path, spent: dict[str, str]) -> None:
    configure(home, '[budget]\nmonthly = 4\n[[alert]]\nwhen = "budget_monthly.used >= 70"\nrun = ["touch", "told"]\n')
    quotaline("refresh", env={**spent, "PWD": str(home)}, check=True)
    assert "Monthly budget" in told(spent, "prompt", "alert")


def test_a_spent_budget_draws_no_extra_usage_and_is_no_limit_of_the_plan(home: Path, spent: dict[str, str]) -> None:
    configure(home, "[budget]\nmonthly = 1\n")
    told(spent, "refresh")
    snapshot = load_snapshot(home / ".cache/quotaline/default/snapshot.json")
    assert snapshot is not None
    assert not [name for name in snapshot.fields if name.startswith(("crossing.", "limit."))]
    assert not any(isinstance(reading.value, ExtraUsage) for reading in snapshot.readings)


def budget(share: float, as_of: float = NOW - 60, *, key: str = "budget_daily") -> dict[str, Any]:
    value = {"type": "window", "id": key, "name": "Daily budget", "utilization": share, "resets_at": NOW + HOUR}
    return {"value": value, "source": "transcripts", "as_of": as_of}


def plan(share: float, key: str = "five_hour") -> dict[str, Any]:
    return {"value": budget(share, key=key)["value"] | {"name": "Session (5h)"}, "source": "statusline", "as_of": NOW - 60}


def judged(readings: list[dict[str, Any]], now: float = NOW, **limits: Any) -> str:
    return outcome(check_limits(readings, limits, now))


VERDICTS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "below": ([budget(99.9)], {"budget": True}, "room"),
    "on it": ([budget(100.0)], {"budget": True}, "no_room"),
    "of two one": ([budget(10.0), budget(100.0, key="budget_shop_daily")], {"budget": True}, "no_room"),
    "old": ([budget(50.0, NOW - 7200)], {"budget": True}, "unknown"),
    "old and over": ([budget(100.0, NOW - 7200)], {"budget": True}, "no_room"),
    "none": ([plan(10.0)], {"budget": True}, "unknown"),
    "nothing read": ([], {"budget": True}, "unknown"),
    "budgets alone do not judge the plan": ([plan(100.0), budget(10.0)], {"budget": True}, "room"),
    "the plan alone does not judge budgets": ([plan(10.0), budget(100.0)], {}, "room"),
    "a limit of the plan beside it": ([plan(90.0), budget(10.0)], {"budget": True, "windows": {"five_hour": 80}}, "no_room"),
    "a full budget is not what draws money": ([plan(10.0), budget(100.0)], {"no_extra": True}, "room"),
    "only budgets tell nothing of the plan": ([budget(10.0)], {"no_extra": True}, "unknown"),
    "a budget's own limit": ([budget(50.0)], {"windows": {"budget_daily": 40}}, "no_room"),
    "its own limit in place of a hundred": ([budget(100.0)], {"budget": True, "windows": {"budget_daily": 120}}, "room"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_on_budgets(name: str) -> None:
    readings, limits, wanted = VERDICTS[name]
    assert judged(readings, **limits) == wanted
