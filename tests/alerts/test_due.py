"""Alerts in their words: what is due, for which period, and what a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from goldens import golden
from quotaline.alerts.rules import alert_key, due_alerts, is_quiet, value_text
from quotaline.config.alert_rules import Condition, parse_condition
from quotaline.config.schema import Alert
from quotaline.render.fields import Fields
from quotaline.zone import local_zone
from samples import NOW

HOUR = 3600.0
VALUES: dict[str, Any] = {
    "five_hour.used": 90.0, "five_hour.resets_at": NOW + HOUR, "five_hour.name": "Session (5h)", "five_hour.pace": -3.5,
    "seven_day.used": 42, "seven_day.resets_at": NOW + 29.9, "nimbus.used": 50.5, "old.used": 99.0,
    "extra.used": [1240, "USD", 2], "extra.today": [310, "USD", 2], "extra.left": [-5, "JPY", 0], "extra.utilization": 24.8,
    "crossing.amount": [80, "USD", 2], "crossing.since": NOW - 60.5, "crossing.name": "Session (5h)",
    "today.cost": [66, "USD", 2], "alert.text": "text", "session.truth": True,
}  # fmt: skip
WHENS = [
    "five_hour.used >= 90", "five_hour.used > 90", "five_hour.used >= 90.5", "five_hour.used <= 90 %",
    "five_hour.used < 90", "five_hour.pace < 0",
    "seven_day.used >= 40", "extra.used >= $12.40", "extra.used > 12.39", "extra.used > 12.40", "extra.today >= 3",
    "extra.left < 0", "extra.utilization >= 24.8",
    "crossing.amount >= 0.5", "today.cost > 0.65", "crossing", " crossing ", "reset", "five_hour.reset",
    "seven_day.reset", "block.tokens > 5", "alert.text > 5",
]  # fmt: skip


def fields(*stale: str, without: str = "-") -> Fields:
    found = Fields(NOW)
    found.update({name: value for name, value in VALUES.items() if not name.startswith(without)})
    found.stale = set(stale)
    return found


def ended(key: str, ago: float, used: float | None = 88.9, kind: str = "window") -> dict[str, Any]:
    return {"value": {"type": kind, "id": key, "name": key.title(), "utilization": used, "resets_at": NOW - ago}}


BEFORE = [
    ended("five_hour", 0), ended("seven_day", HOUR - 1), ended("late", HOUR), ended("to_come", -1), ended("unused", 5, 0),
    ended("unknown", 5, None),
    ended("extra_usage", 5, 5, "extra_usage"),
    {"value": {"type": "window", "id": "endless", "name": "E", "utilization": 5, "resets_at": None}},
]  # fmt: skip


def test_what_is_due(zone: Callable[[str], None]) -> None:
    zone("America/Los_Angeles")  # where it is the day before
    shown = []
    for when in WHENS:
        alert = Alert(when=when, run=("notify", "{message}"))
        found = due_alerts([alert], fields(), BEFORE, NOW, local_zone())
        shown += [f"=== {when}", *(f"{one.message}\n    {one.period} | {one.key}" for one in found)]
    golden("alerts/due.txt", "\n".join(shown) + "\n")


def due(when: str, *stale: str, without: str = "-", **more: Any) -> list[str]:
    return [
        one.message
        for one in due_alerts([Alert(when=when, **more)], fields(*stale, without=without), BEFORE, NOW, local_zone())
    ]


def test_what_is_old_or_not_there_is_not_due() -> None:
    assert due("five_hour.used >= 90", "five_hour") == []
    assert due("five_hour.used >= 90", "seven_day") != []
    assert due("crossing", "extra") == due("crossing", "crossing") == due("crossing", without="crossing.amount") == []
    assert due("crossing", without="crossing.since") == []
    assert due("crossing", without="crossing.name") == [
        "Money is being spent beyond the plan: $0.80 so far; no window is at its limit"
    ]
    assert due("crossing", quiet="06:00-08:00") == []
    assert due("crossing", quiet="08:00-09:00") != []
    assert due("no condition") == []


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ("07:00-08:00", True), ("06:00-07:00", False), ("06:59-07:01", True), ("07:01-08:00", False),
        ("22:00-07:00", False), ("22:00-07:01", True),
        ("07:00-06:00", True), ("07:01-06:59", False), ("07:00-07:00", False), ("00:00-23:59", True), ("22-7", False),
    ],
)  # fmt: skip
def test_quiet_hours_begin_on_their_minute_and_end_before_it(hours: str, *, quiet: bool) -> None:
    assert is_quiet(hours, NOW, local_zone()) is quiet
    assert is_quiet(hours, NOW + 59, local_zone()) is quiet


def test_an_alert_is_remembered_by_its_condition_and_what_it_does() -> None:
    assert alert_key(Alert(when="w", run=("a", "b")), "event") == "event / a b"
    assert alert_key(Alert(when="w", run="a b"), "event") == "event / a b"
    assert alert_key(Alert(when="w", terminal="bell"), "event") == "event / bell"
    assert (value_text([5, "USD", 2]), value_text(42.0), value_text(0.125)) == ("$0.05", "42", "0.125")


@pytest.mark.parametrize(
    ("when", "parsed"),
    [
        ("five_hour.used>=90", ("five_hour.used", ">=", "90")), (" five_hour.used  <  0.5 % ", ("five_hour.used", "<", "0.5")),
        ("extra.used > R$5.123456", ("extra.used", ">", "5.123456")), ("extra.used > 5.1234567", None),
        ("extra.used > 1234567890123", None),
        ("extra.used > 123456789012", ("extra.used", ">", "123456789012")), ("extra.used = 5", None),
        ("extra.used", None), ("nothing.there > 5", None),
        ("crossing", ("crossing", "", "0")), ("reset", ("reset", "", "0")),
        ("seven_day.reset", ("seven_day.reset", "", "0")), ("today.reset", None),
        ("crossing > 5", None), ("extra.used > -5", None), ("Extra.used > 5", None), (".reset", None),
    ],
)  # fmt: skip
def test_a_condition_is_a_comparison_or_an_event(when: str, parsed: tuple[str, str, str] | None) -> None:
    found = parse_condition(when)
    assert (found and (found.field, found.op, str(found.number))) == parsed
    assert Condition("x").number == 0
