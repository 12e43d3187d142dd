"""What a result says of a run, whatever stands in it, and what a stream says of the rate limits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.core.rate_limits import parse_rate_limits
from quotaline.ledger import open_ledger
from quotaline.ledger.history import history
from quotaline.ledger.run_totals import Counters, ModelTotal
from quotaline.ledger.runs import store_run
from quotaline.prices import PriceBook
from quotaline.sources.claude_result import MOST_MODELS, event_limits, read_result
from quotaline.zone import local_zone
from results import limits, result, used
from transcript_lines import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.ledger.runs import Run

COST = Decimal("0.021588000000000003")


def run(**changes: Any) -> Run:
    return read_result(result(1, name="r1", **changes), NOON).run


def test_a_result_is_read_with_all_that_it_says() -> None:
    found = run()
    assert found.totals == {"claude-opus-5-5": ModelTotal(Counters(12, 57, 3000, 400, 11000, 0), COST)}
    assert (found.uuid, found.session_id, found.cost, found.ended_at) == ("r1", "s1", COST, NOON)
    assert (found.turns, found.duration_ms, found.api_ms, found.subagents) == (1, 225, 32, 0)
    assert (found.spent, found.since) == (Counters(12, 57, 3000, 400, 11000, 0), None)


def test_a_cache_write_of_no_kind_is_a_5_minute_one() -> None:
    """As 2.1.197 tells it."""
    total = run(modelUsage={"claude-opus-4-8[1m]": used(1, split=False)}).totals["claude-opus-4-8[1m]"]
    assert (3400, 0) == (total.counters.cache_write_5m, total.counters.cache_write_1h)


def test_models_may_be_a_list() -> None:
    """As older versions tell them."""
    one = {"model": "claude-opus-5-5", "inputTokens": 3, "outputTokens": 4, "cost": 0.25}
    totals = run(modelUsage=[one, one, {**one, "model": None}, "claude", None]).totals
    assert totals["claude-opus-5-5"] == ModelTotal(Counters(6, 8), Decimal("0.50"))
    assert totals["unknown model"] == ModelTotal(Counters(3, 4), Decimal("0.25"))


@pytest.mark.parametrize("odd", ["NaN", "Infinity", -1, 1e9, 1e300, True, [], {}, "x", "9" * 5000, "1e-9999", 10**400])
def test_what_no_run_costs_is_not_taken(odd: object) -> None:
    assert run(total_cost_usd=odd).cost is None
    assert run(modelUsage={"a": {**used(1), "costUSD": odd}}).totals["a"].cost is None


@pytest.mark.parametrize("odd", [-1, 1.5, 10**13, True, "x", [], {}, float("nan"), float("inf"), "9" * 5000])
def test_what_is_no_count_of_tokens_counts_as_none(odd: object) -> None:
    total = run(modelUsage={"a": {**used(1), "inputTokens": odd}}).totals["a"]
    assert (0, 57, COST) == (total.counters.input, total.counters.output, total.cost)


@pytest.mark.parametrize("odd", [None, "", " ", 5, [], {}])
def test_a_run_without_a_name_or_a_session_is_known_by_what_it_says(odd: object) -> None:
    message = {**result(1), "uuid": odd, "session_id": odd}
    first, again = read_result(message, NOON).run, read_result(message, NOON + 9, follows="x").run
    assert (first.uuid, first.session_id) == (again.uuid, first.uuid)
    assert first.uuid
    assert first.uuid != read_result({**message, "duration_ms": 9}, NOON).run.uuid


def test_names_are_short_and_whole() -> None:
    found = run(session_id="\ud83d" + "x" * 999, modelUsage={"\ude00" * 999: used(1)})
    assert ("\ufffd" + "x" * 199, ["\ufffd" * 200]) == (found.session_id, list(found.totals))
    assert MOST_MODELS == len(run(modelUsage={f"m{number}": used(1) for number in range(9999)}).totals)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["NaN", "-1", "\ud83d", "1e400"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = [*result(1, since=1), "terminal_reason"]
ENTRY = [*used(1), "cost", "model"]


@given(st.dictionaries(st.sampled_from(MEMBERS), ANYTHING), st.dictionaries(st.sampled_from(ENTRY), ANYTHING), st.booleans())
def test_whatever_stands_in_a_result_it_is_read_kept_and_shown(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, Any], entry: dict[str, Any], listed: bool
) -> None:
    message = {**result(1, since=1), "modelUsage": [entry] if listed else {"m": entry}, **members, "type": "result"}
    path: Path = tmp_path_factory.getbasetemp() / "hostile" / "ledger.db"
    with open_ledger(path) as ledger:
        store_run(ledger, read_result(message, NOON).run)
        for row in history(ledger.connection, "session", local_zone(), PriceBook()):
            assert row.cost_usd >= 0
            json.dumps(row.key).encode("ascii")


def test_fractions_become_the_percentages_that_a_status_line_is_handed() -> None:
    told = event_limits(limits(five_hour=0.42, seven_day=1.05, resets_at=NOON + 60))
    five_hour = {"used_percentage": 42.0, "resets_at": NOON + 60}
    assert told == {"five_hour": five_hour, "seven_day": {"used_percentage": 105.0, "resets_at": NOON + 60 + 86400}}
    assert ["five_hour", "seven_day"] == [window["id"] for window in parse_rate_limits(told, NOON)]


def test_the_one_window_of_older_versions_and_a_models_are_told_too() -> None:
    info = {"rateLimitType": "five_hour", "utilization": "0.9", "resetsAt": NOON + 60, "status": "allowed_warning"}
    assert {"five_hour": {"used_percentage": 90.0, "resets_at": NOON + 60}} == event_limits({"rate_limit_info": info})
    windows = {"seven_day_overage_included": {"utilization": 0.77, "resetsAt": NOON + 60}, "five_hour": {"utilization": 0.5}}
    told = event_limits({"rate_limit_info": {**info, "unifiedWindows": windows}})
    assert [("five_hour", 50.0), ("seven_day_fable", 77.0)] == [
        (window["id"], window["utilization"]) for window in parse_rate_limits(told, NOON)
    ]


@pytest.mark.parametrize("odd", [None, -0.5, "x", [], {}, float("nan"), 1e300, True])
def test_a_fraction_that_is_none_is_no_window(odd: object) -> None:
    info = {"unifiedWindows": {"five_hour": {"utilization": odd}, "seven_day": odd, "overage": {"utilization": 0.1}}}
    assert {} == event_limits({"rate_limit_info": info})
    assert {} == event_limits({"rate_limit_info": odd}) == event_limits({})


def test_minus_zero_is_zero() -> None:
    told = event_limits({"rate_limit_info": {"unifiedWindows": {"five_hour": {"utilization": "-0.0"}}}})
    assert "0.0" == str(told["five_hour"]["used_percentage"])
