"""A forecast on every surface: line, overview, JSON and export say the same, and the guard hears none of it."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from transcript_lines import assistant, write
from usage_history import DAY, HOUR, configure, tell

ROWS = """
[line.prompt]
rows = [["limit_at", "today_share"]]
[segments.limit_at]
format = "{limit.label} {limit.at:.0f} {limit.error:.0f}"
"""


@pytest.fixture
def spent(home: Path, environment: dict[str, str]) -> dict[str, str]:
    """One reading a minute ago: the session is at 80 % with two hours left, the week at 30 % with three days; a budget."""
    configure(home, ROWS + '[budget]\nmonthly = "4"\n')
    now = time.time()
    tell(home, now - 60, {"five_hour": (80.0, now + 2 * HOUR), "seven_day": (30.0, now + 3 * DAY)})
    write(home / ".claude", "s1", *(assistant(f"m{n}", now - n / 1000, output=50_000) for n in range(3)))
    return environment


def told(env: dict[str, str], *arguments: str, code: int = 0) -> str:
    done = quotaline(*arguments, env={**env, "NO_COLOR": "1", "COLUMNS": "120"})
    assert done.returncode == code, done.stderr
    return (done.stdout + done.stderr).decode()


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def samples(exported: str, family: str) -> dict[str, float]:
    rows = [line.rpartition(" ") for line in exported.splitlines() if line.startswith(f"{family}{{")]
    return {labels.partition("{")[2].rstrip("}"): float(value) for labels, _, value in rows}


def test_every_surface_says_the_same(spent: dict[str, str]) -> None:
    told(spent, "refresh")
    windows: dict[str, dict[str, Any]] = {
        one["id"]: one["extras"] for one in json.loads(told(spent, "usage", "--json", "--offline"))["windows"]
    }
    session, week, month = windows["five_hour"], windows["seven_day"], windows["budget_monthly"]
    assert session["at_reset"] == pytest.approx(80 * 5 / 3, abs=0.1)
    assert session["at_reset_least"] < session["at_reset"] < session["at_reset_most"]
    assert {session["forecast_by"], week["forecast_by"], month["forecast_by"]} == {"even"}
    assert week["at_reset"] == pytest.approx(30 * 7 / 4, abs=0.1)
    assert month["at_reset"] >= 75

    page = told(spent, "usage", "--offline")
    percents = f"{int(session['at_reset_least'])} to {int(session['at_reset_most'])}%"
    assert f"~133% at the reset ({percents})" in page
    assert f"{int(week['left_today'])}% of today's {int(week['share_today'])}% left" in page
    assert "No forecast yet" not in page

    label, at, error, *share = told(spent, "prompt").split()
    assert (label, float(at), float(error)) == ("5h", moment(session["limit_at"]), session["limit_error"])
    assert share == ["·", f"{int(week['left_today'])}%", "left", "today"]

    exported = told(spent, "export")
    ahead = samples(exported, "quotaline_window_forecast_ratio")
    assert ahead['window="five_hour",bound="middle"'] == pytest.approx(session["at_reset"] / 100, abs=0.001)
    assert ahead['window="budget_monthly",bound="most"'] == pytest.approx(month["at_reset_most"] / 100, abs=0.001)
    full = samples(exported, "quotaline_window_limit_timestamp_seconds")
    assert full['window="five_hour",bound="middle"'] == moment(session["limit_at"])
    today = samples(exported, "quotaline_window_today_ratio")
    assert today['window="seven_day",part="left"'] == pytest.approx(week["left_today"] / 100, abs=0.001)


def test_the_guard_knows_no_forecast(spent: dict[str, str]) -> None:
    """It is told to be full in half an hour, at 133 % in the end: there is room until it is."""
    told(spent, "refresh")
    assert json.loads(told(spent, "usage", "--json", "--offline"))["windows"][0]["extras"]["at_reset"] > 130
    told(spent, "guard", "--five-hour", "81", "--offline")
    told(spent, "guard", "--five-hour", "80", "--offline", code=1)


def test_a_window_without_a_reset_has_no_forecast_and_no_share(home: Path, environment: dict[str, str]) -> None:
    configure(home)
    now = time.time()
    limits = {"five_hour": {"used_percentage": 40.0}}
    inbox = home / ".cache/quotaline/default/inbox"
    inbox.mkdir(parents=True)
    (inbox / "s.json").write_text(json.dumps({"version": 1, "session": "s", "as_of": now, "rate_limits": limits}))
    told(environment, "refresh")
    said = json.loads(told(environment, "usage", "--json", "--offline"))["windows"]
    assert [one["extras"] for one in said] in ([], [{}])
