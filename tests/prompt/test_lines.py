"""Golden lines: what a person sees, at three widths, without colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quotaline.core.inbox import record_rate_limits
from quotaline.core.rate_limits import session_readings
from quotaline.core.snapshot import read_or_defaults
from quotaline.prompt import run
from quotaline.prompt.line import prompt_text
from quotaline.prompt.statusline import statusline_text
from quotaline.render.paint import width
from samples import NOW, SAMPLES, sample

EXTRA: dict[str, Any] = {
    "value": {"type": "extra_usage", "is_enabled": True, "used": [1240, "USD", 2], "limit": [5000, "USD", 2]},
    "source": "claude-json",
    "as_of": NOW - 60,
    "alpha": True,
}
FABLE = {
    "value": {
        "type": "window",
        "id": "seven_day_fable",
        "name": "Weekly (Fable)",
        "utilization": 77.0,
        "resets_at": NOW + 300_600,
    },
    "source": "claude-json",
    "as_of": NOW - 60,
    "alpha": True,
}


def kept(*readings: dict[str, Any], fields: dict[str, Any] | None = None) -> dict[str, Any]:
    """A snapshot written a moment ago."""
    return {
        **read_or_defaults(""),
        "written_at": NOW - 10,
        "stale_after": 3600,
        "readings": list(readings),
        "fields": fields or {},
    }


def line(name: str, columns: int, *readings: dict[str, Any]) -> list[str]:
    env = {"HOME": "/home/user", "COLUMNS": str(columns), "NO_COLOR": "1"}
    return statusline_text(sample(name), kept(*readings), env, NOW, NOW).splitlines()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (120, [
            "Opus 5.5 · ~/proj · ctx █░░░░░░░░░ 8% · ~$0.02 session",
            "5h 42% 2h13m · 7d 63% 3d11h · Fable 77% 3d11h · $12.40/$50.00 extra",
        ]),
        (80, [
            "Opus 5.5 · ~/proj · ctx █░░░░░░░░░ 8% · ~$0.02 session",
            "5h 42% 2h13m · 7d 63% 3d11h · Fable 77% 3d11h · $12.40/$50.00 extra",
        ]),
        (60, [
            "Opus 5.5 · ~/proj · ctx █░░░░░░░░░ 8% · ~$0.02 session",
            "5h 42% 2h13m · 7d 63% 3d11h · Fable 77% · $12.40 extra",
        ]),
        (40, ["Opus 5.5 · proj · ctx 8% · ~$0.02", "5h 42% · 7d 63% · Fable 77% · $12.40"]),
        (20, ["ctx 8%", "5h 42% · $12.40"]),
    ],
)  # fmt: skip
def test_a_line_is_shortened_before_it_is_dropped_and_no_number_is_cut(columns: int, expected: list[str]) -> None:
    assert expected == line("after-response", columns, EXTRA, FABLE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("before-first-response", ["Opus 5.5 · ~/proj · ~$0.00 session"]),
        (
            "documented",
            ["Opus · /current/working/directory · ctx █░░░░░░░░░ 8% · ~$0.01 session", "5h 23% 1h · 7d 41% 5d"],
        ),
        (
            "gateway",
            ["Opus · /current/working/directory · ctx █░░░░░░░░░ 8% · ~$0.01 session", "$521.00/$500.00 10d"],
        ),
    ],
)
def test_each_recorded_input_shows_what_it_knows_and_nothing_else(name: str, expected: list[str]) -> None:
    assert expected == line(name, 120)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("columns", range(1, 130))
def test_no_row_is_wider_than_the_terminal_unless_one_piece_alone_is(name: str, columns: int) -> None:
    rows = line(name, columns, EXTRA, FABLE)
    assert rows
    assert len(rows) == 1 or all(width(row) <= columns for row in rows)


def test_the_prompt_shows_the_line_and_named_segments() -> None:
    own = session_readings(sample("after-response")["rate_limits"], NOW - 100, NOW)
    snapshot = kept(EXTRA, *own)
    assert prompt_text(["extra"], snapshot, {}, NOW) == "$12.40 extra"
    assert prompt_text([], snapshot, {}, NOW) == "$12.40 extra · 5h 42% 2h13m · 7d 63% 3d11h"
    assert prompt_text(["no_such_segment"], snapshot, {}, NOW) == ""


def test_transcripts_alone_invent_no_percentage_and_say_that_they_estimate() -> None:
    fields = {"today.cost": [[310, "USD", 2], NOW + 9], "today.tokens": [980_000, NOW + 9], "block.tokens": [420_000, NOW + 9]}
    fields |= {"today.mark": ["~", NOW + 9]}
    assert prompt_text([], kept(fields=fields), {"NO_COLOR": "1"}, NOW) == "~$3.10 today · ~5h 420k"
    over = prompt_text([], kept(fields=fields), {}, NOW + 10)
    assert over == "", "today's numbers end with today"


def test_a_window_past_its_reset_is_gone_and_an_old_value_is_marked() -> None:
    own = session_readings(sample("after-response")["rate_limits"], NOW, NOW)
    assert prompt_text(["five_hour", "seven_day"], kept(*own), {}, NOW + 7980) == "?7d 63% 3d9h"
    assert prompt_text(["five_hour"], kept(*own), {}, NOW + 3601) == "?5h 42% 1h12m"


def test_extra_usage_of_last_month_or_switched_off_is_not_shown() -> None:
    assert prompt_text(["extra"], kept(EXTRA), {}, NOW + 40 * 86400) == ""
    off = {**EXTRA, "value": EXTRA["value"] | {"is_enabled": False}}
    assert prompt_text(["extra"], kept(off), {}, NOW) == ""


@pytest.mark.parametrize(("ago", "shown"), [(50, "5h 45%"), (500, "5h 42%")])
def test_the_higher_of_two_sessions_is_shown_while_it_is_fresh(ago: float, shown: str) -> None:
    other = session_readings({"five_hour": {"used_percentage": 45, "resets_at": NOW + 7980.7}}, NOW - ago, NOW, "other")
    env = {"HOME": "/home/user", "NO_COLOR": "1"}
    assert shown in statusline_text(sample("after-response"), kept(*other), env, NOW, NOW)


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1"}, True),
    ],
)
def test_the_status_line_is_coloured_unless_the_environment_says_otherwise(env: dict[str, str], coloured: bool) -> None:
    text = statusline_text(sample("after-response"), kept(), env, NOW, NOW)
    assert coloured == ("\x1b[" in text)


@pytest.mark.parametrize("hostile", ["a\x1b[31mb", "a\x07b", "a\rb\nc", "\u202eabc", "a\x9b2Jb", "\x1b]8;;http://x\x07y"])
def test_no_control_character_of_a_value_reaches_the_terminal(hostile: str) -> None:
    data = sample("after-response")
    data["model"]["display_name"] = hostile
    data["workspace"]["current_dir"] = "/home/user/" + hostile
    text = statusline_text(data, kept(), {"NO_COLOR": "1"}, NOW, NOW)
    assert text
    assert all(character.isprintable() for character in text.replace("\n", ""))


@pytest.mark.parametrize(
    ("age", "told_ago", "starts"),
    [(4, 1, False), (6, 1, True), (20, 15, True), (20, 25, False), (20, None, False), (61, None, True), (-5, None, True)],
)
def test_a_refresh_starts_when_the_snapshot_is_old_and_sooner_when_there_is_news(
    age: float, told_ago: float | None, starts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr("quotaline.core.spawn_refresh.spawn_refresh", lambda folder, _env, _now: started.append(folder))
    told_at = 0.0 if told_ago is None else NOW - told_ago
    run.refresh_if_stale({"written_at": NOW - age, "fresh_for": 60}, "folder", NOW, told_at=told_at)
    assert bool(started) == starts


def test_the_same_limits_again_are_no_news(tmp_path: Path) -> None:
    env = {"QUOTALINE_CACHE_DIR": str(tmp_path)}
    assert record_rate_limits(sample("after-response"), env, NOW) == NOW
    assert record_rate_limits(sample("after-response"), env, NOW + 9) == NOW
