import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.errors import SourceError
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.sources.json_text import decode_json
from quotaline.sources.usage_body import KNOWN_KEYS, parse, readings
from usage_bodies import NAMES, recorded, told

RESET = "2026-11-24T10:00:00.538484+00:00"
NOW = 1795510800.0  # an hour before
ODD = ["\ud83d", "\ufeff", 10**400, 10**30, -(10**20), 1e300, 1795251000, [[[[[[[[[[1]]]]]]]]]], RESET]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(ODD) | st.just("USD"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def window(body: dict[str, Any], window_id: str) -> Window:
    found = {value.id: value for value in parse(body).values}[window_id]
    assert isinstance(found, Window)
    return found


def extra(body: dict[str, Any]) -> ExtraUsage:
    found = {value.id: value for value in parse(body).values}["extra_usage"]
    assert isinstance(found, ExtraUsage)
    return found


def row(kind: str, percent: object = 42, scope: object = None, resets_at: object = RESET) -> dict[str, Any]:
    return {"kind": kind, "group": "weekly", "percent": percent, "resets_at": resets_at, "scope": scope}


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_body_shows_what_a_person_should_see(name: str) -> None:
    case = recorded(name)
    body = parse(case["body"])
    assert case["shows"] == [told(value) for value in body.values]
    assert body.problems == ()


@pytest.mark.parametrize("body", [None, [], "usage", 7, {}, {"error": {"type": "rate_limit_error"}}, {"a_new_world": {}}])
def test_a_body_without_a_known_key_is_an_error_and_never_zero_percent(body: object) -> None:
    with pytest.raises(SourceError, match=r"no usage figure.*\."):
        parse(body)


def test_no_rows_and_no_windows_is_no_meters() -> None:
    assert parse({"limits": [], "five_hour": None}).values == ()


def test_whatever_model_appears_in_future_becomes_a_window_of_its_own() -> None:
    rows = [
        row("weekly_scoped", 9, {"model": {"id": None, "display_name": "Saga 6.1"}, "surface": None}),
        row("weekly_scoped", 7, {"model": None, "surface": {"display_name": "Cowork"}}),
        row("weekly_scoped", 5, {"model": None, "surface": "voice"}),
        row("weekly_scoped", 3, {"model": {"id": "claude-epos-1", "display_name": None}, "surface": "cowork"}),
        row("weekly_scoped", 1, {"model": {"display_name": "寓話"}}),
    ]
    found = [(value.id, value.name, value.utilization) for value in parse({"limits": rows}).values if isinstance(value, Window)]
    assert found == [
        ("seven_day_saga_6_1", "Weekly (Saga 6.1)", 9),
        ("seven_day_cowork", "Weekly (Cowork)", 7),
        ("seven_day_voice", "Weekly (voice)", 5),
        ("seven_day_claude_epos_1_cowork", "Weekly (claude-epos-1, cowork)", 3),
        ("seven_day_u5bd3_u8a71", "Weekly (寓話)", 1),
    ]


def test_a_row_is_classified_on_its_kind_and_not_on_its_group_or_order() -> None:
    rows = [row("weekly_all", 63), row("session", 42)]
    assert [value.id for value in parse({"limits": rows}).values] == ["seven_day", "five_hour"]


def test_a_name_from_the_server_cannot_bring_control_characters() -> None:
    scope = {"model": {"display_name": "\x1b[31mFa\nble\u202e" + "x" * 90}}
    name = window({"limits": [row("weekly_scoped", 1, scope)]}, "seven_day_31mfa_ble_" + "x" * 29).name
    assert name.isprintable()


@pytest.mark.parametrize(
    "broken",
    [
        row("session", "many"),
        row("session", True),
        row("session", -3),
        row("session", float("nan")),
        row("session", 10**400),
        row("session", 1e30),
        row("session", 1795251000),
        {"kind": None, "percent": 3},
        row("session", 42, None, "soon"),
        row("session", 42, None, -1),
        row("weekly_scoped", 42, {"model": {"display_name": " "}, "surface": None}),
        "not a row",
        None,
    ],
)
def test_what_cannot_be_understood_costs_its_own_row_and_is_kept(broken: object) -> None:
    body = parse({"limits": [broken, row("weekly_all", 63)]})
    assert [told(value) for value in body.values] == ["Weekly: 63 %, resets 2026-11-24 10:00"]
    assert body.unknown["limits"] == [broken]
    assert len(body.problems) == 1


@pytest.mark.parametrize("broken", ["x", 7, [1], {"utilization": "x"}, {"utilization": 1, "resets_at": "x"}])
def test_a_broken_named_window_costs_itself(broken: object) -> None:
    body = parse({"five_hour": broken, "seven_day": {"utilization": 63, "resets_at": RESET}})
    assert [value.id for value in body.values] == ["seven_day"]
    assert len(body.problems) == 1


def test_null_inside_a_window_is_a_window_without_a_number_and_all_null_is_none() -> None:
    assert window({"five_hour": {"utilization": None, "resets_at": RESET}}, "five_hour").utilization is None
    assert parse({"five_hour": {"utilization": None, "resets_at": None}}).values == ()


def test_a_fresh_window_may_have_no_reset() -> None:
    assert told(window({"five_hour": {"utilization": 0.0, "resets_at": None}}, "five_hour")) == "Session (5h): 0 %"


def test_more_than_everything_stays_as_it_is() -> None:
    assert window({"limits": [row("session", 104.5)]}, "five_hour").utilization == 104.5


def test_the_named_window_of_the_same_period_is_the_more_precise_one() -> None:
    named = {"utilization": 42.7, "resets_at": "2026-11-24T09:59:59.91+00:00", "locked_reason": "why"}
    found = window({"limits": [row("weekly_all", 42)], "seven_day": named}, "seven_day")
    assert (found.utilization, found.extras["locked_reason"]) == (42.7, "why")


def test_the_named_window_of_another_period_is_not_mixed_in() -> None:
    named = {"utilization": 99.0, "resets_at": "2026-11-17T10:00:00+00:00"}
    assert window({"limits": [row("weekly_all", 2)], "seven_day": named}, "seven_day").utilization == 2


def test_epoch_resets_are_read_in_seconds_and_in_milliseconds() -> None:
    for resets_at in (1795514400, 1795514400.0, 1795514400000, "2026-11-24T10:00:00Z", "2026-11-24T10:00:00"):
        assert window({"limits": [row("session", 1, None, resets_at)]}, "five_hour").resets_at == 1795514400.0


def test_code_names_are_not_shown_and_not_lost() -> None:
    body = parse({"five_hour": None, "nimbus_quill": {"utilization": 0.0}, "tangelo": None, "seven_day_breakdown": [1]})
    assert body.values == ()
    assert body.unknown == {"nimbus_quill": {"utilization": 0.0}, "seven_day_breakdown": [1]}


def test_a_dollar_grant_is_money_with_an_expiry_under_a_readable_name() -> None:
    grant = {"utilization": None, "limit_dollars": 1000, "used_dollars": 12.5, "remaining_dollars": 987.5, "resets_at": RESET}
    found = window({"iguana_necktie": grant}, "iguana_necktie")
    assert told(found) == "Credit grant: 1.25 %, 12.50 USD of 1000.00, resets 2026-11-24 10:00"
    assert found.extras == {"remaining_dollars": 987.5}


@pytest.mark.parametrize(
    ("block", "used", "limit"),
    [
        ({"currency": "JPY", "used_credits": 1240, "monthly_limit": 5000}, Money(1240, "JPY", 0), Money(5000, "JPY", 0)),
        ({"currency": "KWD", "used_credits": 1240.0, "monthly_limit": None}, Money(1240, "KWD", 3), None),
        ({"currency": "USD", "used_credits": 20847.0}, Money(20847, "USD", 2), None),
        ({"currency": "usd", "decimal_places": 4, "used_credits": 20847}, Money(20847, "USD", 4), None),
        ({"currency": "USD", "used_credits": 0.1 + 0.2}, Money(0, "USD", 2), None),
        ({"used_credits": 5}, Money(5, "USD", 2), None),
        ({"currency": "EUR", "used_credits": 4001, "monthly_limit": 4000}, Money(4001, "EUR", 2), Money(4000, "EUR", 2)),
    ],
)
def test_money_is_exact_minor_units_of_its_own_currency(block: dict[str, Any], used: Money, limit: Money | None) -> None:
    found = extra({"extra_usage": {"is_enabled": True, **block}})
    assert (used, limit) == (found.used, found.limit)


def test_no_cap_is_no_cap_and_has_no_utilization() -> None:
    found = extra({"extra_usage": {"is_enabled": True, "monthly_limit": None, "used_credits": 20847.0, "utilization": None}})
    assert (found.limit, found.utilization) == (None, None)


BLOCK = {"is_enabled": True, "used_credits": 1240, "monthly_limit": 5000, "currency": "USD"}
SPEND = {"enabled": True, "used": {"amount_minor": 1240, "currency": "USD", "exponent": 2}, "limit": None, "percent": 0}


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ({"used_credits": "12"}, None),
        ({"used_credits": 1e300}, None),
        ({"used_credits": -3}, None),
        ({"currency": "a coin"}, "Extra Usage Spend: 24.8 %"),
        ({"currency": "credits"}, "Extra Usage Spend: 24.8 %"),
        ({"decimal_places": 2.5}, "Extra Usage Spend: 24.8 %"),
        ({"decimal_places": -1}, "Extra Usage Spend: 24.8 %"),
        ({"monthly_limit": "x"}, "Extra Usage Spend: 12.40 USD, no cap"),
        ({"is_enabled": "yes"}, "Extra Usage Spend: 12.40 USD of 50.00, 24.8 %"),
        ({"utilization": []}, "Extra Usage Spend: 12.40 USD of 50.00, 24.8 %"),
        ({"utilization": 1e30}, "Extra Usage Spend: 12.40 USD of 50.00, 24.8 %"),
    ],
)
def test_a_bad_value_of_extra_usage_costs_itself_is_named_and_spend_stands_in(
    broken: dict[str, Any], shown: str | None
) -> None:
    alone = parse({"extra_usage": BLOCK | broken, "seven_day": {"utilization": 1}})
    assert ["Weekly: 1 %", *([shown] if shown else [])] == [told(value) for value in alone.values]
    assert [problem.partition(":")[0] for problem in alone.problems] == ["extra_usage"]
    assert extra({"extra_usage": BLOCK | broken, "spend": SPEND}).used == Money(1240)


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        ({"used_credits": 4575, "monthly_limit": 30000, "currency": "USD"}, "45.75 USD of 300.00, 15.25 %"),
        ({"used_credits": 0, "currency": "USD"}, "0.00 USD, no cap"),
        ({"utilization": 12}, "12 %"),
        ({"used_credits": 4575, "disabled_reason": "out_of_credits"}, "off (out_of_credits), 45.75 USD, no cap"),
        ({"used_credits": 4575, "user_disabled": True}, "off, 45.75 USD, no cap"),
    ],
)
def test_extra_usage_that_does_not_say_whether_it_is_on_is_shown_with_what_it_tells(block: dict[str, Any], shown: str) -> None:
    assert f"Extra Usage Spend: {shown}" == told(extra({"extra_usage": block}))


def test_extra_usage_that_tells_nothing_is_none_and_named() -> None:
    for block in ({}, {"monthly_limit": None}, {"currency": "USD"}, 7):
        body = parse({"extra_usage": block, "limits": []})
        assert (body.values, len(body.problems)) == ((), 1)


@pytest.mark.parametrize(("places", "used"), [(2, Money(4575, "CREDITS", 2)), (0, Money(4575, "CREDITS", 0)), (None, None)])
def test_a_currency_that_is_none_keeps_its_code_where_the_server_says_its_decimals(
    places: int | None, used: Money | None
) -> None:
    assert used == extra({"extra_usage": BLOCK | {"used_credits": 4575, "currency": "credits", "decimal_places": places}}).used


@pytest.mark.parametrize("balance", [{"amount_minor": 620, "currency": "USD", "exponent": 2}, {"money": {"amount_minor": 620}}])
def test_a_prepaid_balance_is_read_with_whether_it_fills_itself_up(balance: dict[str, Any]) -> None:
    for reload, reloads in ((None, False), (True, True), ({"amount": 5}, True), ({"enabled": False}, False)):
        found = extra({"extra_usage": BLOCK, "spend": SPEND | {"balance": balance, "auto_reload": reload}})
        assert (found.balance, found.reloads) == (Money(620), reloads)
    assert extra({"extra_usage": BLOCK, "spend": SPEND | {"balance": "x"}}).balance is None


def test_spend_alone_is_extra_usage_and_a_broken_spend_costs_nothing() -> None:
    spend = {"enabled": True, "used": {"amount_minor": 7, "currency": "JPY", "exponent": 0}, "limit": None, "percent": 0}
    assert told(extra({"spend": spend})) == "Extra Usage Spend: 7 JPY, no cap"
    block = {"is_enabled": True, "used_credits": 1240, "monthly_limit": 5000, "currency": "USD"}
    body = {"extra_usage": block, "spend": {**spend, "used": {"amount_minor": "x"}}}
    assert told(extra(body)) == "Extra Usage Spend: 12.40 USD of 50.00, 24.8 %"


def test_two_blocks_that_disagree_are_told() -> None:
    block = {"is_enabled": True, "used_credits": 1240, "currency": "USD"}
    spend = {"enabled": True, "used": {"amount_minor": 1300, "currency": "USD", "exponent": 2}, "limit": None}
    body = parse({"extra_usage": block, "spend": spend})
    assert body.problems == ("extra_usage: spend names another amount",)


def test_readings_carry_source_time_account_and_the_alpha_mark() -> None:
    [reading] = readings({"five_hour": {"utilization": 42, "resets_at": RESET}}, source="endpoint", as_of=NOW, account="a")
    assert (reading.source, reading.as_of, reading.account, reading.alpha) == ("endpoint", NOW, "a", True)


CREDIT = {"utilization": 21.0, "resets_at": "2026-12-14T23:40:00Z", "limit_dollars": 50, "used_dollars": 10.5}


def test_credits_are_money_with_the_names_that_the_server_gave_them() -> None:
    promo = [CREDIT | {"program_id": "p-nov", "label": "November promo"}, CREDIT | {"program_id": "p-nov"}, CREDIT, 7]
    welcome = CREDIT | {"label": "Welcome credit"}
    body = parse({"wattle_ember": welcome, "promo_credits": promo, "ended_promo_credits": [{}]}, NOW)
    rest = "21 %, 10.50 USD of 50.00, resets 2026-12-14 23:40"
    assert [(value.id, told(value)) for value in body.values] == [
        ("wattle_ember", f"Welcome credit: {rest}"),
        ("promo_credit_p_nov", f"November promo: {rest}"),
        ("promo_credit_p_nov_2", f"Promo credit: {rest}"),
        ("promo_credit_credit", f"Promo credit: {rest}"),
    ]
    assert body.unread() == ("promo_credits[3]: int where a window belongs",)


def test_what_is_not_understood_is_named_by_where_it_stands_and_code_names_are_quiet() -> None:
    body = {"limits": [row("session", -1), 7], "new_key": 1, "tangelo": 1, "nothing": None, "promo_credits": 3, "me@": 1}
    assert parse(body).unread() == (
        "five_hour: limits[0]: a negative percentage",
        "limits[1]: a row without a kind",
        "promo_credits: int where a list belongs",
        "(a key that is no name): a key that this quotaline does not know",
        "new_key: a key that this quotaline does not know",
    )


@given(st.dictionaries(st.sampled_from(sorted(KNOWN_KEYS)), JSON, min_size=1))
def test_nothing_in_a_body_makes_it_raise_and_all_of_it_can_be_kept(body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)
    values = parse(body).values
    assert repr(before) == repr(body)
    assert len({value.id for value in values}) == len(values)
    kept = readings(body, source="endpoint", as_of=NOW, account=None)
    assert msgspec.json.decode(msgspec.json.encode(kept), type=list[Reading]) == kept
    assert all(value.name.isprintable() for value in values)


@given(st.dictionaries(st.sampled_from([*sorted(KNOWN_KEYS), "\ud83d"]), JSON, min_size=1) | JSON)
def test_whatever_json_text_is_read_only_a_source_error_comes_of_it(body: object) -> None:
    try:
        readings(decode_json(json.dumps(body).encode()), source="endpoint", as_of=NOW, account=None)
    except SourceError:
        assert not isinstance(body, dict) or not KNOWN_KEYS & body.keys()


@given(JSON, st.text(max_size=3) | st.just("\ud83d"))
def test_whatever_stands_beside_the_figures_can_be_kept(odd: object, key: str) -> None:
    more = {"x" + key: odd, "list": [odd], "object": {key: odd}}
    body = {
        "limits": [row("session") | more],
        "seven_day": {"utilization": 1, "resets_at": RESET} | more,
        "promo_credits": [CREDIT | more],
        "extra_usage": BLOCK | more,
        "spend": SPEND | {"cap": more},
    }
    kept = readings(body, source="endpoint", as_of=NOW, account=None)
    assert [reading.value.id for reading in kept] == ["five_hour", "seven_day", "promo_credit_credit", "extra_usage"]
    assert msgspec.json.decode(msgspec.json.encode(kept), type=list[Reading]) == kept


@pytest.mark.parametrize("odd", [float("inf"), float("nan"), 10**400])
def test_a_number_beside_the_figures_that_json_has_not_is_null(odd: float) -> None:
    assert window({"five_hour": {"utilization": 1, "odd": odd, "list": [odd]}}, "five_hour").extras == {
        "odd": None,
        "list": [None],
    }


def test_nesting_beside_the_figures_is_cut_where_it_could_not_be_written() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    found = window({"five_hour": {"utilization": 1, "deep": deep}}, "five_hour")
    assert len(msgspec.json.encode(found)) < 200


@given(st.sampled_from(NAMES), st.data())
def test_damage_to_one_bucket_leaves_all_others_as_they_were(name: str, data: st.DataObject) -> None:
    body = recorded(name)["body"]
    key = data.draw(st.sampled_from(sorted(set(body) & KNOWN_KEYS - {"limits", "extra_usage", "spend"}) or ["five_hour"]))
    expected = {value.id: value for value in parse(body | {"limits": [], key: None}).values}
    damaged = {value.id: value for value in parse(body | {"limits": [], key: data.draw(JSON)}).values}
    assert expected == {value_id: value for value_id, value in damaged.items() if value_id in expected}
