"""Rows of `limits[]` and the named windows: what says nothing takes no place, and what is not known is a window of its own."""

from typing import Any

import pytest

from quotaline.model import Window
from quotaline.sources.usage_body import parse

NOW = 1795510800.0
HOUR = 3600.0


def windows(body: dict[str, Any], now: float | None = NOW) -> dict[str, Window]:
    return {value.id: value for value in parse(body, now).values if isinstance(value, Window)}


def row(kind: str, percent: object = 42, resets_at: object = NOW + HOUR, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "percent": percent, "resets_at": resets_at, "scope": None, **more}


def model(name: str | None, model_id: str | None = None) -> dict[str, Any]:
    return {"model": {"id": model_id, "display_name": name}, "surface": None}


def test_a_kind_that_is_not_known_is_a_window_under_the_servers_own_key() -> None:
    rows = [
        row("monthly_all", 100, NOW + 20 * 24 * HOUR, group="monthly", severity="critical", is_active=True),
        row("monthly_scoped", 7, scope=model("Fable")),
        row("Daily-Tokens", 3),
    ]
    found = windows({"limits": rows})
    assert [(one.id, one.name, one.utilization) for one in found.values()] == [
        ("monthly_all", "monthly_all", 100),
        ("monthly_scoped_fable", "monthly_scoped (Fable)", 7),
        ("daily_tokens", "Daily-Tokens", 3),
    ]
    assert found["monthly_all"].extras == {"severity": "critical", "is_active": True, "period": "monthly"}


@pytest.mark.parametrize("kind", ["extra_usage", "extra", "today", "context", "model"])
def test_a_kind_named_like_something_else_that_is_shown_does_not_take_its_place(kind: str) -> None:
    assert list(windows({"limits": [row(kind)]})) == [f"limit_{kind}"]


@pytest.mark.parametrize("kind", ["five_hour", "seven_day", "spend_limit"])
def test_a_row_may_also_name_a_window_as_the_body_does(kind: str) -> None:
    assert list(windows({"limits": [row(kind)]})) == [kind]


NAMED = {"utilization": 37.4, "resets_at": NOW + HOUR}


@pytest.mark.parametrize(
    ("told", "named", "expected"),
    [
        ((None, None), NAMED, (37.4, NOW + HOUR)),
        ((37, None), NAMED, (37.4, NOW + HOUR)),
        ((40, None), NAMED, (40, NOW + HOUR)),
        ((37, NOW + HOUR + 1), NAMED, (37.4, NOW + HOUR + 1)),
        ((2, NOW + 2 * HOUR), NAMED, (2, NOW + 2 * HOUR)),
        ((None, NOW + 2 * HOUR), NAMED, (37.4, NOW + HOUR)),
        ((None, NOW + HOUR), NAMED | {"resets_at": None}, (37.4, NOW + HOUR)),
        ((37, NOW + HOUR), NAMED | {"utilization": None}, (37, NOW + HOUR)),
        ((0, None), NAMED | {"resets_at": NOW - 1}, (0, None)),
        ((37, None), None, (37, None)),
    ],
)
def test_a_named_window_fills_in_what_its_row_leaves_out(told: Any, named: Any, expected: Any) -> None:
    found = windows({"limits": [row("session", *told)], "five_hour": named})["five_hour"]
    assert expected == (found.utilization, found.resets_at)


def test_two_models_under_one_name_are_two_windows_in_whatever_order() -> None:
    one, two = (
        row("weekly_scoped", 22, scope=model("Opus", "opus-5")),
        row("weekly_scoped", 91, scope=model("Opus", "opus-5-5")),
    )
    for rows in ([one, two], [two, one]):
        assert sorted(window.utilization or 0 for window in windows({"limits": rows}).values()) == [22, 91]
    assert list(windows({"limits": [one, two, one]})) == ["seven_day_opus", "seven_day_opus_opus_5_5"]
    nameless = [row("weekly_scoped", used, scope=model("Opus")) for used in (1, 2, 3)]
    assert [(one.id, one.name) for one in windows({"limits": nameless}).values()] == [
        ("seven_day_opus", "Weekly (Opus)"),
        ("seven_day_opus_2", "Weekly (Opus 2)"),
        ("seven_day_opus_3", "Weekly (Opus 3)"),
    ]


def test_a_second_row_of_one_kind_is_kept_and_one_that_says_nothing_is_not() -> None:
    rows = [row("session", None, None), *(row("session", used) for used in (4, 96, 50)), row("session", None, None)]
    assert [(one.id, one.name, one.utilization) for one in windows({"limits": rows}).values()] == [
        ("five_hour", "Session (5h)", 4),
        ("five_hour_2", "Session (5h) 2", 96),
        ("five_hour_3", "Session (5h) 3", 50),
    ]


def test_the_scoped_rows_of_both_lists_are_one_window_each() -> None:
    rows = [row("weekly_scoped", 22, scope=model("Opus")), row("weekly_scoped", None, scope=model("Fable"))]
    scoped = [
        {"display_name": name, "utilization": used, "resets_at": NOW + HOUR} for name, used in (("Opus", 23), ("Fable", 7))
    ]
    found = windows({"limits": rows, "model_scoped": [*scoped, {"display_name": "Saga", "utilization": 1}]})
    assert {key: one.utilization for key, one in found.items()} == {
        "seven_day_opus": 22,
        "seven_day_fable": 7,
        "seven_day_saga": 1,
    }


def test_the_place_in_the_servers_list_is_kept() -> None:
    rows = [row("weekly_scoped", scope=model(name)) for name in ("Zephyr", "Aurora")]
    body = {"limits": [row("session"), *rows], "cinder_cove": {"utilization": 1}}
    assert [(one.id, one.position) for one in windows(body).values()] == [
        ("five_hour", None),
        ("seven_day_zephyr", 0),
        ("seven_day_aurora", 1),
        ("cinder_cove", 2),
    ]


@pytest.mark.parametrize(
    ("kind", "hours", "can_be"),
    [
        ("session", 10, True),
        ("session", 10.1, False),
        ("weekly_all", 336, True),
        ("weekly_all", 337, False),
        ("a_new_kind", 9 * 8766, True),
        ("a_new_kind", 28 * 8766, False),
    ],
)
def test_a_reset_beyond_twice_the_windows_length_is_none(kind: str, hours: float, can_be: bool) -> None:
    body = parse({"limits": [row(kind, 42, NOW + hours * HOUR)]}, NOW)
    assert (len(body.values), len(body.problems)) == ((1, 0) if can_be else (0, 1))


@pytest.mark.parametrize(("percent", "can_be"), [(1000, True), (1000.1, False), (1795510800, False), (1e30, False), (0, True)])
def test_a_number_beyond_a_thousand_is_no_percentage(percent: float, can_be: bool) -> None:
    for body in ({"limits": [row("session", percent)]}, {"five_hour": {"utilization": percent}}):
        assert can_be == bool(windows(body))
