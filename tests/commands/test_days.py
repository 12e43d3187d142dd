"""`--since` and `--until`: days as people say them, in their own time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import click
import pytest

from commandline import quotaline
from quotaline.commands.days import DAY
from usage_history import at


def day(text: str) -> datetime:
    return DAY.convert(text, None, None)


SAID = {
    "2026-11-21": "2026-11-21", "20261121": "2026-11-21", "today": "2026-11-25", "Yesterday": "2026-11-24", "0d": "2026-11-25",
    "7d": "2026-11-18", "2w": "2026-11-11", "365d": "2025-11-25", "9999d": "1999-07-11",
}  # fmt: skip
NOON = {"UTC": "2026-11-25T12:00", "Asia/Tokyo": "2026-11-24T15:30", "America/New_York": "2026-11-26T04:30"}
"""Moments of the same day: at noon, soon after and shortly before midnight."""


@pytest.mark.parametrize("text", SAID)
@pytest.mark.parametrize("zone_name", NOON)
def test_a_day_is_one_of_the_users_zone(
    text: str, zone_name: str, zone: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    zone(zone_name)
    now = at(NOON[zone_name])

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(now, tz)  # type: ignore[arg-type]

    monkeypatch.setattr("quotaline.commands.days.datetime", Clock)
    assert day(text).strftime("%Y-%m-%d %H:%M") == f"{SAID[text]} 00:00"


@pytest.mark.parametrize("text", ["x", "", "d", "7", "7m", "-7d", "99999d", "٧d", "2026-13-01", "tomorrow"])
def test_what_is_no_day_says_what_is(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no day; write 2026-11-21, today, yesterday, 7d or 2w"):
        day(text)


def test_the_command_takes_them(environment: dict[str, str]) -> None:
    assert quotaline("history", "--since", "7d", "--until", "yesterday", env=environment).returncode == 0
    wrong = quotaline("history", "--since", "soon", env=environment)
    assert (wrong.returncode, b"'soon' is no day" in wrong.stderr) == (2, True)
