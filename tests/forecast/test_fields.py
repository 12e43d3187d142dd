"""Readings over time through real refreshes: the meter and the forecast reach the segments, and leave them again."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from quotaline.core.snapshot import read_or_defaults
from quotaline.forecast.fields import forecast_fields
from quotaline.model import Account, Snapshot
from quotaline.prompt.line import prompt_text
from quotaline.refresh.run import refresh
from quotaline.render.fields import gather_fields
from usage_history import HOUR, MINUTE, NOW, configure, tell, used

START = NOW - 2 * HOUR
SEGMENTS = ["extra", "extra_rate", "extra_today", "crossing"]


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    configure(home)
    return {"HOME": str(home), "TZ": "UTC"}


def shown(env: dict[str, str], now: float, *segments: str) -> str:
    return prompt_text(list(segments), read_or_defaults(f"{env['HOME']}/.cache/quotaline/default"), env, now)


def spend(env: dict[str, str]) -> None:
    """Two hours: the window fills, reaches its limit at 13:00, and then money moves: 80 cents."""
    home, reset = Path(env["HOME"]), NOW + 2 * HOUR
    for minute in range(0, 125, 5):
        now = START + minute * MINUTE
        percent = min(100.0, 70 + minute / 2)
        cents = 500 + max(0, minute - 60) * 80 // 60
        tell(home, now, {"five_hour": (percent, reset)}, {"used_credits": cents, "monthly_limit": 5000})
        refresh(env, now)


def test_the_meter_reaches_the_segments(env: dict[str, str]) -> None:
    spend(env)
    assert shown(env, NOW, *SEGMENTS) == "$5.80 extra · $0.80/h · ▲ $0.80 since 13:00"


def test_the_crossing_leaves_with_the_windows_reset(env: dict[str, str]) -> None:
    spend(env)
    assert shown(env, NOW + 2 * HOUR - 1, "crossing") == "?▲ $0.80 since 13:00"
    assert shown(env, NOW + 2 * HOUR, "crossing") == ""


def test_what_can_no_longer_move_is_hidden(env: dict[str, str]) -> None:
    spend(env)
    off = {"used_credits": 580, "is_enabled": False, "disabled_reason": "out_of_credits"}
    tell(Path(env["HOME"]), NOW + MINUTE, {"five_hour": (100.0, NOW + 2 * HOUR)}, off)
    refresh(env, NOW + MINUTE)
    assert shown(env, NOW + MINUTE, *SEGMENTS) == ""


def test_the_forecast_reaches_the_segments(env: dict[str, str]) -> None:
    home = Path(env["HOME"])
    for minute in range(0, 65, 5):
        now = START + minute * MINUTE
        tell(home, now, {"five_hour": (20 + minute, START + 4 * HOUR), "seven_day": (30.0, START + 300 * HOUR / 3)})
        refresh(env, now)
    now = START + HOUR
    assert shown(env, now, "limit_at") == "100% ~13:20 ±7m"
    assert shown(env, now, "pace") == "7d ⇣11%"
    fields: dict[str, Any] = gather_fields(read_or_defaults(f"{env['HOME']}/.cache/quotaline/default"), [], now)
    assert round(fields["five_hour.at_reset"]) == 260
    assert shown(env, fields["five_hour.limit_at"] + 1, "limit_at") == ""


def test_a_closed_source_takes_its_meter_along(env: dict[str, str]) -> None:
    spend(env)
    (Path(env["HOME"]) / ".config/quotaline/config.toml").write_text("")
    refresh(env, NOW + MINUTE)
    assert shown(env, NOW + MINUTE, "crossing", "extra_rate", "limit_at") == ""


def test_what_an_open_source_said_is_not_used_when_all_are_closed() -> None:
    told = [used(percent, NOW - ago * MINUTE) for percent, ago in ((10, 90), (20, 60), (30, 30))]
    mine = structs.replace(used(40, NOW), source="statusline", alpha=False)
    account = Account(config_dir="~/.claude")
    snapshot = Snapshot(written_at=NOW, fresh_for=60, stale_after=3600, account=account, readings=(mine,))
    assert forecast_fields(snapshot, told, [], NOW, UTC)["five_hour.forecast_by"][0] == "even"
    opened = structs.replace(snapshot, readings=(mine, used(5, NOW, key="seven_day")))
    assert forecast_fields(opened, told, [], NOW, UTC)["five_hour.forecast_by"][0] == "recent"
