"""Claude Code's JSON: what each member becomes, and what is none of it."""

from __future__ import annotations

from typing import Any

import pytest

from goldens import golden
from quotaline.core.rate_limits import known_since, parse_rate_limits, session_readings
from quotaline.core.session import session_fields, session_folder
from samples import NOW, SAMPLES

HOME = "/home/user"


def fields(**data: Any) -> dict[str, Any]:
    return session_fields(data, HOME, NOW)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_becomes_its_fields(name: str) -> None:
    found = session_fields(SAMPLES[name], HOME, NOW)
    limits = parse_rate_limits(SAMPLES[name].get("rate_limits"), NOW)
    lines = [f"{field} = {value!r}" for field, value in sorted(found.items())]
    golden(f"core/session-{name}.txt", "\n".join([*lines, *(f"window {window!r}" for window in limits)]) + "\n")


@pytest.mark.parametrize(
    ("value", "kept"),
    [(0, 0), (8, 8), (8.0, 8), (8.5, 8.5), ("9", 9), (1000, 1000), (1000.5, None), (-1, None), (None, None), ([], None)],
)
def test_a_percentage_of_the_session_is_0_to_1000(value: object, kept: float | None) -> None:
    found = fields(context_window={"used_percentage": value})
    assert found.get("context.used") == kept
    assert type(found.get("context.used")) is type(kept)


@pytest.mark.parametrize(("value", "kept"), [(1e12, 10**12), (1.1e12, None), (0, 0), (-0.5, None)])
def test_a_count_of_the_session_is_at_most_a_trillion(value: float, kept: float | None) -> None:
    assert fields(pr={"number": value}).get("pr.number") == kept
    assert fields(context_window={"context_window_size": value}).get("context.size") == kept


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"cwd": "/home/user/proj"}, ("proj", "~/proj")), ({"cwd": "/home/user"}, ("~", "~")),
        ({"cwd": "/home/users/x"}, ("x", "/home/users/x")),
        ({"cwd": "/"}, ("/", "/")), ({"cwd": "/a/b/"}, ("b", "/a/b/")), ({"cwd": "relative"}, (None, None)),
        ({"cwd": "/a\0b"}, (None, None)),
        ({"cwd": "/cwd", "workspace": {"current_dir": "/ws"}}, ("ws", "/ws")),
        ({"cwd": "/cwd", "workspace": {"current_dir": "ws"}}, ("cwd", "/cwd")),
        ({"cwd": 5, "workspace": "x"}, (None, None)), ({"cwd": "/home/user/"}, ("~", "~/")),
    ],
)  # fmt: skip
def test_a_folder_is_shown_from_the_home_folder(data: dict[str, Any], shown: tuple[str | None, str | None]) -> None:
    found = fields(**data)
    if data["cwd"] != "/home/user/":
        assert (found.get("directory.name"), found.get("directory.path")) == shown
    else:
        assert found["directory.path"] == "~/"
    assert bool(session_folder(data)) is (shown != (None, None))


def test_without_a_home_no_folder_is_shortened() -> None:
    assert session_fields({"cwd": "/x"}, "", NOW)["directory.path"] == "/x"
    assert session_fields({"cwd": "/x"}, "/", NOW)["directory.path"] == "~/x"
    assert session_fields({"cwd": "/home/user/x"}, HOME + "/", NOW)["directory.path"] == "~/x"


@pytest.mark.parametrize(
    ("added", "removed", "kept"),
    [
        (3, 4, (3, 4)),
        (3, 0, (3, 0)),
        (0, 4, (0, 4)),
        (0, 0, None),
        (3, None, None),
        (None, 4, None),
        (3.9, 4.9, (3, 4)),
        (-1, 4, None),
    ],
)
def test_lines_are_shown_where_there_are_any(added: object, removed: object, kept: tuple[int, int] | None) -> None:
    found = fields(cost={"total_lines_added": added, "total_lines_removed": removed})
    assert (found.get("lines.added"), found.get("lines.removed")) == (kept or (None, None))


def test_spans_are_in_seconds_and_none_is_zero() -> None:
    found = fields(cost={"total_duration_ms": 9904, "total_api_duration_ms": 52})
    assert (found["duration.total"], found["duration.api"]) == (9.904, 0.052)
    assert "duration.total" not in fields(cost={"total_duration_ms": 0})


def test_the_usual_style_and_speed_need_no_words() -> None:
    assert "style.name" not in fields(output_style={"name": "default"})
    assert fields(output_style={"name": "terse"})["style.name"] == "terse"
    assert "model.name" not in fields(model={"display_name": " "})
    assert [fields(fast_mode=value).get("model.fast") for value in (True, False, 1, None)] == ["fast", None, None, None]


def limits(**more: Any) -> list[dict[str, Any]]:
    return parse_rate_limits(more, NOW)


@pytest.mark.parametrize(
    ("block", "window"),
    [
        ({"used_percentage": 42, "resets_at": NOW + 60}, (42.0, NOW + 60, None, None)),
        ({"used_percentage": "42"}, (42.0, None, None, None)),
        ({"used_percentage": 1000}, (1000.0, None, None, None)),
        ({"used_percentage": 1001}, None), ({"used_percentage": -1}, None), ({"used_percentage": "x"}, None), ({}, None),
        ({"used_percentage": 1, "resets_at": NOW + 2 * 30 * 86_400}, (1.0, NOW + 2 * 30 * 86_400, None, None)),
        ({"used_percentage": 1, "resets_at": "soon"}, None),
        ({"used_usd": 5}, (None, None, [500, "USD", 2], None)),
        ({"limit_usd": 5}, None),
        ({"used_usd": 5, "limit_usd": 20}, (25.0, None, [500, "USD", 2], [2000, "USD", 2])),
        ({"used_usd": 0, "limit_usd": 20}, (0.0, None, [0, "USD", 2], [2000, "USD", 2])),
        ({"used_usd": 5, "limit_usd": 20, "used_percentage": 99}, (99.0, None, [500, "USD", 2], [2000, "USD", 2])),
        ({"used_usd": 5, "limit_usd": 20, "used_percentage": "x"}, (25.0, None, [500, "USD", 2], [2000, "USD", 2])),
        ({"used_usd": "x", "used_percentage": 1}, None),
    ],
)  # fmt: skip
def test_a_gateways_limit_counts_percent_or_money(block: dict[str, Any], window: tuple[Any, ...] | None) -> None:
    found = limits(spend_limit={"period": "monthly", **block})
    assert [
        (one["utilization"], one["resets_at"], one.get("used_money"), one.get("limit_money"), one["extras"]) for one in found
    ] == ([(*window, {"period": "monthly"})] if window else [])


@pytest.mark.parametrize(
    ("key", "period", "farthest"),
    [
        ("five_hour", None, 10 * 3600), ("seven_day", None, 14 * 86_400), ("spend_limit", "daily", 2 * 86_400),
        ("spend_limit", "weekly", 14 * 86_400), ("spend_limit", "monthly", 60 * 86_400), ("spend_limit", None, 3660 * 86_400),
        ("spend_limit", "hourly", 3660 * 86_400),
    ],
)  # fmt: skip
def test_a_window_ends_at_most_twice_its_length_from_now(key: str, period: str | None, farthest: float) -> None:
    for late, count in ((0, 1), (1, 0)):
        block = {"used_percentage": 1, "resets_at": NOW + farthest + late, "period": period}
        assert len(limits(**{key: block})) == count


def test_a_model_that_cannot_be_read_costs_itself_and_no_place() -> None:
    rows: list[Any] = [
        {"display_name": "Fable", "utilization": 77, "resets_at": NOW + 60}, {"display_name": "", "utilization": 1}, None,
        {"display_name": "Opus", "utilization": "x"}, {"display_name": "Fable", "utilization": 5}, {"display_name": "Sonnet"},
    ]  # fmt: skip
    assert limits(model_scoped=rows) == [
        {"type": "window", "id": "seven_day_fable", "name": "Weekly (Fable)", "utilization": 77.0, "resets_at": NOW + 60,
        "position": 0},
        {"type": "window", "id": "seven_day_fable_2", "name": "Weekly (Fable 2)", "utilization": 5.0, "resets_at": None,
        "position": 1},
        {"type": "window", "id": "seven_day_sonnet", "name": "Weekly (Sonnet)", "utilization": None, "resets_at": None,
        "position": 2},
    ]  # fmt: skip
    many = [{"display_name": f"m{n}", "utilization": 1} for n in range(65)]
    assert len(limits(model_scoped=many)) == 64
    assert limits(model_scoped={}) == [] == parse_rate_limits([], NOW)


@pytest.mark.parametrize(
    ("block", "since"),
    [
        ({"resets_at": NOW - 60}, NOW - 60), ({"resets_at": NOW + 60}, NOW), ({"resets_at": None}, NOW),
        ({"resets_at": "x"}, NOW), ("x", NOW),
        (None, NOW), ({}, NOW),
    ],
)  # fmt: skip
def test_limits_are_at_least_as_old_as_the_reset_that_they_name(block: Any, since: float) -> None:
    assert known_since({"five_hour": block}, NOW) == since
    assert known_since([], NOW) == NOW


def test_a_session_reads_what_has_a_number_and_goes_on() -> None:
    told = {
        "five_hour": {"used_percentage": 1, "resets_at": NOW}, "seven_day": {"used_percentage": 2, "resets_at": NOW + 1},
        "spend_limit": {"used_usd": 5, "resets_at": NOW + 1}, "model_scoped": [{"display_name": "Opus", "utilization": 3}],
    }  # fmt: skip
    found = session_readings(told, NOW + 9, NOW, " s\n1 ")
    assert [(one["value"]["id"], one["source"], one["as_of"], one["session"]) for one in found] == [
        ("seven_day", "statusline", NOW, "s 1"),
        ("seven_day_opus", "statusline", NOW, "s 1"),
    ]
    assert session_readings(told, NOW - 9, NOW)[0]["as_of"] == NOW - 9
    assert session_readings(told, NOW - 9, NOW)[0]["session"] is None
