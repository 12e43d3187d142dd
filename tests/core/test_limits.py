"""The guard's verdict on both sides of its edges, and on a snapshot whose values are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from quotaline.core.limits import check_limits, outcome
from quotaline.core.periods import month_end, month_start
from usage_history import HOUR, NOW


def extra(used: Any, as_of: float = NOW - 60, *, enabled: bool = True) -> dict[str, Any]:
    return {"value": {"type": "extra_usage", "is_enabled": enabled, "used": used}, "source": "endpoint", "as_of": as_of}


def window(used: Any, as_of: float = NOW - 60, *, resets_at: float | None = NOW + HOUR) -> dict[str, Any]:
    value = {"type": "window", "id": "five_hour", "name": "Session (5h)", "utilization": used, "resets_at": resets_at}
    return {"value": value, "source": "endpoint", "as_of": as_of}


def judged(reading: dict[str, Any], now: float = NOW, **limits: Any) -> str:
    return outcome(check_limits([reading], limits, now))


NO_MONEY = [[1240, "USD", 2, 7], [1240, "USD"], [], [1240, "USD", -1], [1240, "USD", 10], ["x", "USD", 2], [1, 2, 3], "x", None]


@pytest.mark.parametrize("used", NO_MONEY, ids=repr)
def test_an_amount_that_is_none_is_unknown_and_never_room(used: object) -> None:
    assert judged(extra(used), extra=[500, 2]) == "unknown"


def test_an_amount_that_is_none_costs_the_hook_no_other_limit(home: Path, environment: dict[str, str]) -> None:
    folder = home / ".cache/quotaline/default"
    folder.mkdir(parents=True)
    readings = [extra([1240, "USD", 2, 7], 3.9e9), window(83.0, 3.9e9, resets_at=4e9)]
    (folder / "snapshot.json").write_text(json.dumps({"version": 1, "written_at": 3.9e9, "readings": readings}))
    event = json.dumps({"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {}})
    done = quotaline(
        "guard", "--hook", "--five-hour", "80", "--extra", "5.00", env=environment, stdin=event.encode(), check=True
    )
    assert b"Session (5h) is at 83 %" in done.stdout


def test_a_limit_is_passed_on_its_number() -> None:
    assert [judged(window(used), windows={"five_hour": 80}) for used in (79.99, 80.0, 80.01)] == ["room", "no_room", "no_room"]
    assert [judged(extra([cents, "USD", 2]), extra=[500, 2]) for cents in (499, 500, 501)] == ["room", "no_room", "no_room"]
    assert judged(extra([500, "USD", 2], enabled=False), extra=[500, 2]) == "room"


def test_a_reading_is_too_old_after_its_edge_and_not_on_it() -> None:
    for reading in (window(42.0, NOW - 900), extra([100, "USD", 2], NOW - 900)):
        limits = {"windows": {"five_hour": 80}} if reading["value"]["type"] == "window" else {"extra": [500, 2]}
        found = [judged(reading, NOW + late, **limits, max_age=900.0) for late in (0.0, 0.001)]
        assert found == ["room", "unknown"]


def test_a_window_is_empty_from_its_reset_on_until_that_is_too_long_ago() -> None:
    found = [
        judged(window(95.0, resets_at=NOW + HOUR), NOW + HOUR + late, windows={"five_hour": 80})
        for late in (-1, 0, HOUR, HOUR + 1)
    ]
    assert found == ["no_room", "room", "room", "unknown"]


def test_a_months_money_is_gone_with_its_month_until_that_is_too_long_ago() -> None:
    end = month_end(NOW)
    found = [judged(extra([900, "USD", 2], end - 1), end + late, extra=[500, 2]) for late in (-0.5, 0, HOUR, HOUR + 1)]
    assert found == ["no_room", "room", "room", "unknown"]
    assert judged(extra([900, "USD", 2], month_start(NOW)), extra=[500, 2]) == "no_room", "over it stays over, however old"
