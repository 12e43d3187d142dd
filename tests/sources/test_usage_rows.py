"""What a usage body says beside percentages: rows of single models, money without a currency, all that is kept as it came."""

from __future__ import annotations

from typing import Any

import pytest

from quotaline.model import ExtraUsage, Money, Window
from quotaline.sources.extra import parse_extra
from quotaline.sources.fields import MOST_LEVELS, sound
from quotaline.sources.usage_body import parse
from usage_history import at

RESET = at("2026-11-24T10:00")
WHEN = "2026-11-24T10:00:00+00:00"
FABLE = {"display_name": "Fable", "utilization": 77, "resets_at": WHEN}


def values(body: dict[str, Any]) -> dict[str, Window | ExtraUsage]:
    return {value.id: value for value in parse(body).values}


def test_a_row_of_model_scoped_is_a_window_of_its_model() -> None:
    [fable] = parse({"model_scoped": [FABLE]}).values
    assert isinstance(fable, Window)
    assert (fable.id, fable.name, fable.utilization, fable.resets_at) == ("seven_day_fable", "Weekly (Fable)", 77.0, RESET)
    both = values({"model_scoped": [FABLE, {**FABLE, "display_name": "Opus"}], "five_hour": None})
    assert list(both) == ["seven_day_fable", "seven_day_opus"]


def test_a_row_of_limits_speaks_before_one_of_model_scoped_and_the_first_of_two_before_the_second() -> None:
    row = {"kind": "weekly_scoped", "percent": 12, "resets_at": WHEN, "scope": {"model": {"display_name": "Fable"}}}
    for body, expected in (
        ({"limits": [row], "model_scoped": [FABLE]}, 12.0),
        ({"limits": [row, {**row, "percent": 13}]}, 12.0),
        ({"model_scoped": [FABLE, {**FABLE, "utilization": 1}]}, 77.0),
    ):
        assert values(body)["seven_day_fable"].utilization == expected


def test_a_broken_row_of_model_scoped_costs_itself() -> None:
    body = parse({"model_scoped": [{"utilization": 1}, 7, FABLE, {**FABLE, "display_name": "Opus", "utilization": -1}]})
    assert [value.id for value in body.values] == ["seven_day_fable"]
    assert [problem.partition(":")[0] for problem in body.problems] == ["model_scoped[0]", "model_scoped[1]", "model_scoped[3]"]


def test_what_a_row_says_beside_its_number_is_kept_and_null_is_nothing() -> None:
    row = {"kind": "session", "group": "session", "percent": 42, "resets_at": WHEN, "scope": None}
    more = {"severity": "warning", "is_active": False, "empty": "", "zero": 0, "nothing": None}
    assert values({"limits": [{**row, **more}]})["five_hour"].extras == {
        "severity": "warning", "is_active": False, "empty": "", "zero": 0,
    }  # fmt: skip
    assert values({"limits": [row]})["five_hour"].extras == {}


def test_what_extra_usage_says_beside_its_amount_is_kept_and_null_is_nothing() -> None:
    known = {"is_enabled": True, "monthly_limit": 5000, "used_credits": 1240, "utilization": 24.8, "currency": "USD"}
    known |= {"decimal_places": 2, "disabled_reason": None}
    assert values({"extra_usage": known})["extra_usage"].extras == {}
    assert values({"extra_usage": {**known, "new": 1, "off": False, "nothing": None}})["extra_usage"].extras == {
        "new": 1, "off": False,
    }  # fmt: skip
    spend = {"enabled": True, "used": {"amount_minor": 1240, "currency": "USD"}, "cap": {"a": 1}, "severity": None, "other": 1}
    assert values({"spend": spend})["extra_usage"].extras == {"cap": {"a": 1}}


def test_a_windows_own_keys_are_kept_and_null_is_nothing() -> None:
    told = {"utilization": 42, "resets_at": WHEN, "used_dollars": None, "limit_dollars": None, "remaining": 0, "nothing": None}
    assert values({"five_hour": told})["five_hour"].extras == {"remaining": 0}


def spend(**used: Any) -> dict[str, Any]:
    return {"enabled": True, "used": used}


@pytest.mark.parametrize(
    ("used", "money"),
    [
        ({"amount_minor": 1240}, Money(1240, "USD", 2)),
        ({"amount_minor": 1240, "currency": None}, Money(1240, "USD", 2)),
        ({"amount_minor": 1240, "currency": "jpy"}, Money(1240, "JPY", 0)),
        ({"amount_minor": 1240, "exponent": 0}, Money(1240, "USD", 0)),
        ({"amount_minor": 1240, "currency": "KWD"}, Money(1240, "KWD", 3)),
    ],
)
def test_money_without_a_currency_is_dollars_and_without_an_exponent_its_currencys(used: dict[str, Any], money: Money) -> None:
    found = parse_extra(None, spend(**used), [])
    assert found is not None
    assert found.used == money


@pytest.mark.parametrize(
    "used", [{"currency": "USD"}, {"amount_minor": 1, "currency": ""}, {"amount_minor": 1, "currency": "US"}]
)
def test_money_without_an_amount_or_of_no_currency_is_named_and_not_shown(used: dict[str, Any]) -> None:
    body = parse({"spend": spend(**used), "five_hour": None})
    assert body.values == ()
    assert [problem.partition(":")[0] for problem in body.problems] == ["spend"]


def test_an_older_block_without_a_currency_takes_its_twins_and_else_dollars() -> None:
    older = {"is_enabled": True, "used_credits": 1240, "monthly_limit": None}
    yen = spend(amount_minor=1240, currency="JPY")
    for twin, money in ((None, Money(1240, "USD", 2)), (yen, Money(1240, "JPY", 0))):
        found = parse_extra(older, twin, [])
        assert found is not None
        assert (found.used, found.limit) == (money, None)


@pytest.mark.parametrize("levels", [MOST_LEVELS - 1, MOST_LEVELS, MOST_LEVELS + 1])
def test_what_is_kept_beside_is_cut_at_its_depth(levels: int) -> None:
    value: Any = {"at": "the end"}
    for _ in range(levels - 1):
        value = [value]
    kept = sound(value)
    for _ in range(levels - 1):
        kept = kept[0]
    assert kept == ({"at": "the end"} if levels <= MOST_LEVELS else None)
