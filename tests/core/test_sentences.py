"""The guard's verdict in words: each situation with every check, the one that binds, and the sentence that a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from goldens import golden
from quotaline.core.limits import (
    binding,
    check_limits,
    explain_check,
    outcome,
    parse_duration,
    parse_percent,
    untold_limits,
)
from quotaline.core.windows import (
    BY_ID,
    MODELS,
    PROMO_CREDITS,
    field_prefix,
    may_reset_at,
    member_id,
    own_name,
    window_expires,
    window_kind,
    window_label,
    window_length,
    window_order,
    window_title,
)
from usage_history import DAY, HOUR, MINUTE, NOW


def window(key: str, used: Any, resets_in: float | None = HOUR, age: float = MINUTE, name: str = "") -> dict[str, Any]:
    resets_at = None if resets_in is None else NOW + resets_in
    value = {"type": "window", "id": key, "name": name or window_title(key), "utilization": used, "resets_at": resets_at}
    return {"value": value, "source": "endpoint", "as_of": NOW - age}


def extra(used: Any, age: float = MINUTE, *, on: bool = True) -> dict[str, Any]:
    return {"value": {"type": "extra_usage", "is_enabled": on, "used": used}, "source": "endpoint", "as_of": NOW - age}


FIVE, WEEK, FABLE = window("five_hour", 42.9), window("seven_day", 91.5, 3 * DAY), window("seven_day_fable", 100.0, 2 * DAY)
CREDIT, MONEY = window("promo_credit_1", 100.0, 9 * DAY, name="Holiday\x1b credit"), extra([1240, "USD", 2])
MONTH = 22 * DAY  # NOW is the 21st
SITUATIONS: dict[str, tuple[list[Any], dict[str, Any], Any]] = {
    "nothing read": ([], {}, None),
    "nothing read, with a limit": ([], {"windows": {"five_hour": 80}, "extra": [500, 2]}, None),
    "no limit, room": ([FIVE, WEEK], {}, None),
    "no limit, one is full": ([FIVE, WEEK, FABLE], {}, None),
    "no limit, a spent credit": ([FIVE, CREDIT], {}, None),
    "a spent credit that was asked for": ([FIVE, CREDIT], {"windows": {"promo_credit_1": 90}}, None),
    "two passed, the later one binds": (
        [FIVE, WEEK, FABLE], {"windows": {"five_hour": 42.9, "seven_day": 91, "seven_day_fable": 95}}, None,
    ),
    "one without an end binds first": (
        [window("seven_day", 99.0, None), FABLE], {"windows": {"seven_day": 90, "seven_day_fable": 90}}, None,
    ),
    "a slip of the pen": ([FIVE, WEEK], {"windows": {"fife_hour": 80}}, None),
    "one that nobody reported": ([FIVE], {"windows": {"seven_day": 80}}, None),
    "one without a number": ([window("five_hour", None)], {"windows": {"five_hour": 80}}, None),
    "one that is old": ([window("five_hour", 42.0, age=2 * HOUR)], {"windows": {"five_hour": 80}}, None),
    "one that is old enough": ([window("five_hour", 42.0, age=2 * HOUR)],
    {"windows": {"five_hour": 80}, "max_age": 7200}, None),
    "one that began anew": ([window("five_hour", 99.0, -MINUTE)], {"windows": {"five_hour": 80}}, None),
    "one that began anew long ago": ([window("five_hour", 99.0, -2 * HOUR)], {"windows": {"five_hour": 80}}, None),
    "money below the limit": ([FIVE, MONEY], {"extra": [1241, 2]}, None),
    "money at the limit": ([FIVE, MONEY], {"extra": [124, 1]}, None),
    "money that is off": ([FIVE, extra([1240, "USD", 2], on=False)], {"extra": [5, 0]}, None),
    "money of last month": ([FIVE, extra([1240, "USD", 2], MONTH)], {"extra": [5, 0], "max_age": 30 * DAY}, None),
    "money of last month, too old": ([FIVE, extra([1240, "USD", 2], MONTH)], {"extra": [5, 0]}, None),
    "money without an amount": ([FIVE, extra("much")], {"extra": [5, 0]}, None),
    "money without an amount, off": ([FIVE, extra(None, on=False)], {"extra": [5, 0]}, None),
    "money that is old": ([FIVE, extra([100, "USD", 2], 2 * HOUR)], {"extra": [5, 0]}, None),
    "money in yen": ([extra([1300, "JPY", 0])], {"extra": [125, 1]}, None),
    "money that nobody reported": ([FIVE], {"extra": [5, 0]}, None),
    "no extra, room": ([FIVE, WEEK, MONEY], {"no_extra": True}, None),
    "no extra, a window is full": ([FIVE, FABLE, MONEY], {"no_extra": True}, [80, "USD", 2]),
    "no extra, money moves": ([FIVE, MONEY], {"no_extra": True}, [80, "USD", 2]),
    "no extra and no window known": ([MONEY], {"no_extra": True}, None),
    "no extra, no window, off": ([extra([0, "USD", 2], on=False)], {"no_extra": True}, None),
    "no extra, no window, last month": ([extra([0, "USD", 2], MONTH)], {"no_extra": True}, None),
    "no extra, nothing read": ([], {"no_extra": True}, None),
    "no extra with a limit of a window": ([FIVE, WEEK], {"no_extra": True, "windows": {"five_hour": 40}}, None),
    "what is no reading": ([None, 5, {"value": 5, "as_of": NOW}, {"value": {"id": "five_hour"}}, WEEK], {}, None),
}  # fmt: skip


def test_each_situation_in_words(zone: Callable[[str], None]) -> None:
    zone("Asia/Kolkata")
    shown = []
    for name, (readings, limits, crossing) in SITUATIONS.items():
        checks = check_limits(readings, limits, NOW, crossing)
        binds = binding(checks)
        shown.append(f"=== {name}: {outcome(checks)}")
        shown += [f"{one['id']} {one['state']} {one['used']} of {one['limit']} {one['why']}".rstrip() for one in checks]
        shown += [f"→ {explain_check(binds, NOW)}"] if binds else []
    golden("core/verdicts.txt", "\n".join(shown) + "\n")


def test_of_many_windows_twelve_are_named() -> None:
    many = [window(f"own_{number:02}", 5.0) for number in range(20)]
    (check,) = check_limits(many, {"windows": {"fife_hour": 80}}, NOW)
    assert check["why"] == "it was not read; known are five_hour, seven_day, " + ", ".join(
        f"own_{number:02}" for number in range(10)
    )


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        (None, None), ([], None), ("one", "one"), (["segments/x.toml: bad"], None),
        (["segments/x.toml: bad", "config.toml: bad"], "config.toml: bad"), (("a", "b"), "a"), ({"a": 1}, "{'a': 1}"),
        (0, None),
    ],
)  # fmt: skip
def test_limits_are_not_known_while_the_configuration_is_not(problems: object, told: str | None) -> None:
    assert untold_limits(problems) == told


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0), ("15m", 900.0), ("2h", 7200.0), ("1d", 86400.0), ("0s", 0.0), ("1.5h", 5400.0), ("30d", 30 * DAY),
        ("30.1d", None),
        ("-1s", None), ("15", None), ("", None), ("m", None), ("1w", None), ("xs", None), ("infs", None),
    ],
)  # fmt: skip
def test_a_duration_needs_its_unit(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "percent"),
    [("80", 80.0), (" 80 % ", 80.0), ("0", 0.0), ("1000", 1000.0), ("1000.1", None), ("-1", None), ("%", None), ("8%%", None)],
)
def test_a_percentage_is_0_to_1000(text: str, percent: float | None) -> None:
    assert parse_percent(text) == percent


def test_each_kind_of_window() -> None:
    shown = []
    for name in (
        "five_hour",
        "seven_day",
        "seven_day_",
        "spend_limit",
        "cinder_cove",
        "wattle_ember",
        "promo_credit_",
        "extra_usage",
    ):
        kind = BY_ID[name]
        key = name + ("x" if kind.many else "")
        shown.append(
            f"{key}: {kind.name} | {window_title(key)} | {window_title(kind.missing_id)} | {window_label(key, kind.name)} | "
            f"{field_prefix(key)} | {window_length(key)} | {window_length(key, 'daily')} | {window_order(key)} | "
            f"{window_expires(key)} | {kind.option} | {kind.row} | {sorted(kind.body)} | {kind.statusline} | {kind.adjective}"
        )
    golden("core/windows.txt", "\n".join(shown) + "\n")


def test_a_window_of_a_kind_that_nobody_knows() -> None:
    assert window_kind("nimbus") is None
    assert (window_title("nimbus", "Nimbus"), window_title("nimbus")) == ("Nimbus", "nimbus")
    assert window_title("everything", "x") == "Everything"
    assert (window_label("nimbus", "Nimbus"), window_label("x", "Weekly (Fable)")) == ("Nimbus", "Fable")
    assert (window_length("nimbus"), window_length("nimbus", "weekly"), window_length("nimbus", ["weekly"])) == (
        None,
        7 * DAY,
        None,
    )
    assert (window_order("nimbus"), window_order("nimbus", 3)) == ((2, float("inf"), "nimbus"), (2, 3, "nimbus"))
    assert window_title("promo_credit_x", "Holiday") == "Holiday"
    assert window_title("cinder_cove", "Holiday") == "Holiday"
    assert window_title("five_hour", "Anything") == "Session (5h)"
    for late, may in ((0, True), (1, False)):
        assert may_reset_at("nimbus", NOW + 3660 * DAY + late, NOW) is may
        assert may_reset_at("five_hour", NOW + 10 * HOUR + late, NOW) is may
        assert may_reset_at("nimbus", NOW + 2 * DAY + late, NOW, "daily") is may


def test_two_members_of_one_name_are_told_apart() -> None:
    assert member_id(MODELS, ["Opus 5.5", "Web"]) == "seven_day_opus_5_5_web"
    assert own_name(MODELS, ["Opus"], []) == ["Opus"]
    taken = ["seven_day_opus"]
    assert own_name(MODELS, ["Opus"], taken) == ["Opus 2"]
    assert own_name(MODELS, ["Opus"], taken, "web") == ["Opus", "web"]
    assert own_name(MODELS, ["Opus"], [*taken, "seven_day_opus_2"]) == ["Opus 3"]
    assert own_name(MODELS, ["Opus", "Web"], ["seven_day_opus_web"]) == ["Opus", "Web 2"]
    assert own_name(MODELS, ["Opus"], [*taken, "seven_day_opus_web"], "web") == ["Opus 2"]
    assert own_name(PROMO_CREDITS, ["x"], []) == ["x"]
