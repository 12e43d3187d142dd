"""Day one by the installed command: what Claude Code and Claude Desktop counted themselves, beside nothing of our own."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from commandline import quotaline
from html_tables import Page
from imported_files import desktop_history, stats_cache
from transcript_lines import NOON, assistant, write
from usage_history import HOUR, configure


@pytest.fixture
def day_one(home: Path, environment: dict[str, str]) -> dict[str, str]:
    """A home of somebody who has just installed quotaline, and whose older transcripts are gone."""
    configure(home)
    days: dict[str, dict[str, int]] = {f"2026-11-{day}": {"claude-opus-5-5": day * 1000} for day in (18, 19, 20, 21)}
    stats_cache(home / ".claude", days, {"2026-11-18": 40})
    now = time.time()
    desktop_history(home, [(now - hours * HOUR, {"fh": 50 - 10 * hours, "sd": 30}) for hours in (2, 3, 4)])
    write(home / ".claude", "s", assistant("m1", NOON, output=1000))
    return environment


def test_days_without_transcripts_stand_in_their_place_and_in_no_sum(day_one: dict[str, str]) -> None:
    said = quotaline("history", env=day_one, check=True).stdout.decode().splitlines()
    assert [line.split() for line in said[1:6]] == [
        ["2026-11-18", "~18k"],
        ["2026-11-19", "~19k"],
        ["2026-11-20", "1k", "~$0.02"],
        ["2026-11-21", "~21k"],
        ["total", "1k", "~$0.02"],
    ]
    assert said[6].startswith("~: 3 days without transcripts here")
    told = json.loads(quotaline("history", "--json", env=day_one, check=True).stdout)
    assert [row["key"] for row in told["rows"]] == ["2026-11-20"]
    assert told["total"]["tokens"]["total"] == 1000
    assert told["imported"][0] == {
        "day": "2026-11-18", "models": {"claude-opus-5-5": 18_000}, "messages": 40, "sessions": 2, "tool_calls": 3,
        "tokens": 18_000, "source": "stats-cache", "alpha": True,
    }  # fmt: skip


def test_days_that_are_not_asked_for_and_other_ways_have_none_of_it(day_one: dict[str, str]) -> None:
    for words in (["--by", "month"], ["--csv"], ["--project", "project"], ["--format", "ccusage"], ["--since", "20261122"]):
        assert b"~19k" not in (said := quotaline("history", *words, env=day_one, check=True).stdout)
        assert b"2026-11-19" not in said


def test_closed_again_they_are_gone(day_one: dict[str, str], home: Path) -> None:
    quotaline("history", env=day_one, check=True)
    (home / ".config" / "quotaline" / "config.toml").unlink()
    assert b"~19k" not in quotaline("history", env=day_one, check=True).stdout
    assert b"imported" not in quotaline("history", "--json", env=day_one, check=True).stdout
    assert b"Desktop" not in quotaline("history", "--plot", env=day_one, check=True).stdout
    page = Page(quotaline("report", "-", env=day_one, check=True).stdout.decode())
    assert [row[0].shown for row in page.tables["day"]] == ["2026-11-20"]


def test_the_windows_are_drawn_from_what_claude_desktop_saw(day_one: dict[str, str]) -> None:
    said = quotaline("history", "--plot", env=day_one, check=True).stdout.decode()
    assert "Session (5h)  30%, in part as Claude Desktop saw it (alpha)" in said
    assert "Weekly  30%, in part" in said


def test_the_page_has_both_and_marks_them(day_one: dict[str, str]) -> None:
    text = quotaline("report", "-", env=day_one, check=True).stdout.decode()
    page = Page(text)
    days = [(row[0].shown, row[1].shown, row[2].shown) for row in page.tables["day"]]
    assert days == [
        ("2026-11-21 stats-cache, alpha", "", "~21k"),
        ("2026-11-20", "~$0.02", "1k"),
        ("2026-11-19 stats-cache, alpha", "", "~19k"),
        ("2026-11-18 stats-cache, alpha", "", "~18k"),
    ]
    assert [value.shown for value in page.foot["day"][1:3]] == ["~$0.02", "1k"]
    assert text.count('<rect class="imported"') == 3
    assert text.count('<path class="imported"') == 2
    assert "dotted: as Claude Desktop saw it (alpha)" in page.text


def test_without_any_transcript_there_is_no_sum_at_all(day_one: dict[str, str], home: Path) -> None:
    (home / ".claude" / "projects" / "-home-user-project" / "s.jsonl").unlink()
    said = quotaline("history", env=day_one, check=True).stdout.decode()
    assert "2026-11-20      ~20k" in said
    assert "total\n" not in said
    assert "$" not in said
    page = Page(quotaline("report", "-", env=day_one, check=True).stdout.decode())
    assert page.foot == {}
    assert "$0.00" not in page.text


def test_the_doctor_has_a_line_for_each(day_one: dict[str, str], home: Path) -> None:
    def said() -> dict[str, str]:
        checks = json.loads(quotaline("doctor", "--json", env=day_one).stdout)["checks"]
        return {
            one["name"]: f"{one['status']} {one['says']}" for one in checks if one["name"] in ("stats-cache", "claude-desktop")
        }

    assert said() == {
        "stats-cache": "PASS ~/.claude/stats-cache.json: 4 days, the last 2026-11-21.",
        "claude-desktop": "PASS ~/.config/Claude/plan-usage-history.json: 6 samples of windows.",
    }
    (home / ".claude" / "stats-cache.json").write_text("{", encoding="utf-8")
    (home / ".config" / "quotaline" / "config.toml").unlink()
    assert {text.partition(" ")[0] for text in said().values()} == {"SKIP"}
    configure(home)
    assert said()["stats-cache"] == "WARN stats-cache.json is not the JSON that Claude Code writes."
