import json
import os
from pathlib import Path
from typing import Any

import pytest

from quotaline.sources import inbox
from usage_bodies import told

NOW = 1795251000.0
FULL = {
    "version": 1,
    "session": "s-1",
    "as_of": NOW - 5,
    "rate_limits": {
        "five_hour": {"used_percentage": 42.5, "resets_at": 1795255200},
        "seven_day": {"used_percentage": 63, "resets_at": 1795514400},
        "spend_limit": {
            "used_percentage": 104.2,
            "resets_at": 1796083200,
            "used_usd": 521.0,
            "limit_usd": 500.0,
            "period": "monthly",
        },
        "model_scoped": [{"display_name": "Fable", "utilization": 77, "resets_at": "2026-11-24T09:59:59.5+00:00"}],
    },
}


def put(cache: Path, name: str, content: object, age: float = 0.0) -> Path:
    path = cache / "inbox" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    os.utime(path, (NOW - age, NOW - age))
    return path


def test_no_inbox_is_no_readings(tmp_path: Path) -> None:
    assert inbox.read(tmp_path, NOW) == []


def test_every_window_of_a_session_becomes_a_reading_without_the_alpha_mark(tmp_path: Path) -> None:
    put(tmp_path, "s-1.json", FULL)
    found = inbox.read(tmp_path, NOW)
    assert [told(reading.value) for reading in found] == [
        "Session (5h): 42.5 %, resets 2026-11-21 10:00",
        "Weekly: 63 %, resets 2026-11-24 10:00",
        "Spend limit: 104.2 %, 521.00 USD of 500.00, resets 2026-12-01 00:00",
        "Weekly (Fable): 77 %, resets 2026-11-24 10:00",
    ]
    assert {(r.source, r.session, r.as_of, r.account, r.alpha) for r in found} == {("statusline", "s-1", NOW - 5, None, False)}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "7", {"version": 2, "as_of": 1}, {"version": 1}, {"version": 1, "as_of": "x"}, "[" * 100_000],
)
def test_a_broken_file_is_no_file(tmp_path: Path, content: object) -> None:
    put(tmp_path, "broken.json", content)
    put(tmp_path, "s-1.json", FULL)
    assert len(inbox.read(tmp_path, NOW)) == 4


@pytest.mark.parametrize(
    "window",
    [None, 7, [], {}, {"used_percentage": None}, {"used_percentage": "x"}, {"used_percentage": 1, "resets_at": "x"}],
)
def test_a_broken_window_is_no_window(tmp_path: Path, window: object) -> None:
    limits: dict[str, Any] = FULL["rate_limits"] | {"five_hour": window, "model_scoped": [window, 7]}  # type: ignore[operator]
    put(tmp_path, "s-1.json", FULL | {"rate_limits": limits})
    assert [reading.value.id for reading in inbox.read(tmp_path, NOW)] == ["seven_day", "spend_limit"]


@pytest.mark.parametrize(
    ("ahead", "age"), [(-5.0, 5.0), (0.0, 0.0), (4.9, 0.0), (5.1, 86400.0), (3600.0, 86400.0), (9e9, 86400.0)]
)
def test_no_reading_is_newer_than_now_and_one_noted_by_a_clock_that_ran_ahead_is_of_unknown_age(
    tmp_path: Path, ahead: float, age: float
) -> None:
    put(tmp_path, "s-1.json", FULL | {"as_of": NOW + ahead})
    assert {NOW - age} == {reading.as_of for reading in inbox.read(tmp_path, NOW)}


def test_a_session_whose_five_hour_reset_has_passed_is_at_least_that_old(tmp_path: Path) -> None:
    limits = FULL["rate_limits"] | {"five_hour": {"used_percentage": 90, "resets_at": NOW - 7200}}  # type: ignore[operator]
    put(tmp_path, "s-1.json", FULL | {"rate_limits": limits})
    assert {NOW - 7200} == {reading.as_of for reading in inbox.read(tmp_path, NOW)}


def test_what_nobody_wrote_for_eight_days_is_removed_half_written_files_included(tmp_path: Path) -> None:
    kept = put(tmp_path, "kept.json", FULL, age=8 * 86400)
    scratch = put(tmp_path, ".s-2.json.123.abc", FULL)
    put(tmp_path, "old.json", FULL, age=8 * 86400 + 1)
    put(tmp_path, ".old.json.99.abc", "{", age=8 * 86400 + 1)
    assert len(inbox.read(tmp_path, NOW)) == 4
    assert sorted([kept, scratch]) == sorted((tmp_path / "inbox").iterdir())


def test_a_file_is_removed_an_hour_after_its_last_window_is_over(tmp_path: Path) -> None:
    last = 1796083200  # the spend limit's reset; the three others come before
    path = put(tmp_path, "s-1.json", FULL)
    for now in (last - 1.0, last + 3599.0):
        os.utime(path, (now, now))
        inbox.read(tmp_path, now)
        assert path.exists()
    inbox.read(tmp_path, last + 3600.0)
    assert not path.exists()


def test_a_window_without_an_end_is_never_over(tmp_path: Path) -> None:
    path = put(tmp_path, "s-2.json", FULL | {"rate_limits": {"five_hour": {"used_percentage": 1}}}, age=7 * 86400)
    assert [1.0] == [reading.value.utilization for reading in inbox.read(tmp_path, NOW)]
    assert path.exists()


def test_a_file_beyond_all_measure_is_not_read(tmp_path: Path) -> None:
    path = put(tmp_path, "s-1.json", FULL)
    for size, count in ((256 << 10, 4), ((256 << 10) + 1, 0)):
        path.write_bytes(path.read_bytes().ljust(size))
        assert len(inbox.read(tmp_path, NOW)) == count


@pytest.mark.parametrize(
    "window",
    [{"used_percentage": 1795251000}, {"used_percentage": 1e30}, {"used_percentage": 9, "resets_at": NOW + 9e8}],
)
def test_a_window_that_cannot_be_is_no_window(tmp_path: Path, window: object) -> None:
    limits: dict[str, Any] = FULL["rate_limits"] | {"five_hour": window}  # type: ignore[operator]
    put(tmp_path, "s-1.json", FULL | {"rate_limits": limits})
    assert "five_hour" not in [reading.value.id for reading in inbox.read(tmp_path, NOW)]


def test_money_stands_in_for_a_percentage_that_is_none(tmp_path: Path) -> None:
    limits = {"spend_limit": {"used_percentage": 1e30, "used_usd": 5.0, "limit_usd": 10.0}}
    put(tmp_path, "s-1.json", FULL | {"rate_limits": limits})
    assert [told(reading.value) for reading in inbox.read(tmp_path, NOW)] == ["Spend limit: 50 %, 5.00 USD of 10.00"]


def test_two_models_under_one_name_are_two_windows_and_half_an_emoji_costs_itself(tmp_path: Path) -> None:
    rows = [{"display_name": name, "utilization": used} for name, used in (("Opus", 22), ("Opus", 91), ("\ud83d", 1))]
    put(tmp_path, "s-1.json", FULL | {"rate_limits": {"model_scoped": rows}})
    found = [reading.value for reading in inbox.read(tmp_path, NOW)]
    assert [(value.id, value.utilization) for value in found] == [("seven_day_opus", 22), ("seven_day_opus_2", 91)]


def test_what_is_hidden_or_has_another_ending_is_no_sessions_file(tmp_path: Path) -> None:
    for name in (".s-1.json", "s-1.json.123.new", "s-1", ".s-1"):
        put(tmp_path, name, FULL)
    assert inbox.read(tmp_path, NOW) == []
