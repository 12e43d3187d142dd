"""Runs that `record` heard of are in the fleet's sums once, and only while no machine has messages of their session."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from fleet_machines import Fleet, Machine, configure, run
from quotaline.ledger import open_ledger
from quotaline.ledger.run_changes import next_runs
from quotaline.ledger.runs import store_run
from quotaline.sources.claude_result import read_result
from results import result, used
from transcript_lines import assistant

pytestmark = pytest.mark.slow
TOKENS = "input + output + cache_write_5m + cache_write_1h + cache_read"
ANSWER = 12 + 57 + 3400 + 11000
WAYS = ("day", "week", "month", "model", "project")


def record(machine: Machine, *messages: dict[str, Any], ago: float = 3600.0, folder: str = "shop") -> None:
    """Keep the results of one stream, which ended `ago` seconds ago."""
    with open_ledger(machine.ledger) as ledger:
        before = None
        for number, message in enumerate(messages):
            told = read_result(message, machine.now - ago + number, folder=f"{machine.home}/{folder}", follows=before).run
            assert store_run(ledger, told)
            before = told.uuid


def both(machine: Machine, by: str, *words: str) -> tuple[Any, Any]:
    """The history of the machine's own ledger, and of the fleet."""
    own = json.loads(run(machine, "history", "--by", by, "--json", *words))
    for row in own["rows"] if by == "project" else ():
        row["key"] = row["key"].replace(str(machine.home), "~")
    return own, json.loads(run(machine, "history", "--fleet", "--by", by, "--json", *words))


def recorded(fleet: Fleet) -> int:
    """How many runs count there."""
    return int(fleet.sql("SELECT count(DISTINCT run_id) FROM quotaline.counted_run")[0][0])


@pytest.mark.parametrize("transcripts", [False, True])
def test_the_fleets_history_is_the_ledgers(fleet: Fleet, *, transcripts: bool) -> None:
    desk = fleet.machine("desk")
    configure(desk)
    record(desk, result(1), result(2), ago=3600)
    record(desk, result(3, session="s-b"), ago=86_400, folder="blog")
    record(desk, result(1, session="s-c", model="claude-haiku-4-5"), ago=200_000)
    if transcripts:
        desk.write(assistant("m", desk.now - 60, session="other", output=7, cwd=f"{desk.home}/shop"), file="other")
    for _ in range(2):  # a second visit changes nothing
        assert (None, None) == (desk.push().problem, desk.state().note)
        for by in WAYS:
            own, ours = both(desk, by)
            assert own == ours
            assert 4 == own["total"]["recorded"]["runs"]
    own, ours = both(desk, "day", "--since", "today")
    assert own == ours


def test_a_person_and_a_team_have_them_in_today_and_in_the_month(fleet: Fleet) -> None:
    desk, lap = fleet.machine("desk"), fleet.machine("lap", user="ben")
    configure(desk)
    for machine in (desk, lap):
        record(machine, result(1, session=machine.name), ago=0)
        record(machine, result(1, session=f"{machine.name}-haiku", model="claude-haiku-4-5"), ago=0)
        machine.push()
    seen = desk.push(periods=("monthly_user", "monthly_team"), later=301).today
    assert seen is not None
    assert (2 * ANSWER, "0.0431760") == (seen.tokens, seen.cost[:9])
    assert ["0.0431760", "0.0863520"] == sorted(cost[:9] for cost, _ in seen.months.values())
    machines = json.loads(run(desk, "usage", "--fleet", "--json"))["machines"]
    assert [0.04, 0.04] == [round(float(one["month_usd"]), 2) for one in machines]


def test_what_the_client_did_not_price_has_the_list_price_there_and_is_said_to_be_its_own_count(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk)
    bare: dict[str, Any] = {
        "total_cost_usd": None,
        "modelUsage": {"claude-opus-5-5": used(1, None), "claude-haiku-4-5": used(1, None)},
    }
    record(desk, result(1, **bare))
    record(desk, result(1, session="s2", **(bare | {"modelUsage": {"a-model-of-nobody": used(1, None)}})))
    desk.push()
    own, ours = both(desk, "model")
    assert own == ours
    rows = fleet.sql("SELECT model, told_usd, cost_usd > 0 FROM quotaline.run ORDER BY 1")
    assert [("a-model-of-nobody", None, None), ("claude-haiku-4-5", None, True), ("claude-opus-5-5", None, True)] == rows
    for view in ("usage", "usage_by_quarter"):
        query = f"SELECT source, sum({TOKENS})::int FROM quotaline.{view} GROUP BY 1"  # noqa: S608
        assert [("record", 3 * ANSWER)] == fleet.sql(query)
    assert [(1,)] == fleet.sql("SELECT sum(unpriced)::int FROM quotaline.usage_by_quarter")


def test_todays_sum_has_what_the_client_priced_and_what_it_did_not(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk)
    for told in (0.02, None):
        bare: dict[str, Any] = {"total_cost_usd": told, "modelUsage": {"claude-opus-5-5": used(1, told)}}
        record(desk, result(1, session=f"told {told}", **bare), ago=0)
    today = desk.push().today
    assert today is not None
    rows = json.loads(run(desk, "history", "--json"))["rows"]
    assert float(today.cost) == pytest.approx(float(rows[-1]["cost_usd"]))
    assert float(today.cost) > 0.03


@pytest.mark.parametrize("seed", range(6))
def test_messages_take_the_runs_of_their_session_out_whoever_has_them_and_whoever_comes_first(fleet: Fleet, seed: int) -> None:
    dice = random.Random(seed)
    machines = [fleet.machine(f"m{i}") for i in range(3)]
    machines[0].push()
    deeds = [result(1, session=f"s{i}") for i in range(6)]
    deeds += [assistant(f"m{i}", session=f"s{i}", output=9) for i in range(3)]
    dice.shuffle(deeds)
    for deed in deeds:
        machine = dice.choice(machines)
        if deed["type"] == "result":
            record(machine, deed)
        else:
            machine.write(deed)
        if dice.random() < 0.5:
            dice.choice(machines).push()
    for machine in dice.sample(machines, 3):
        machine.push()
    assert [("s3",), ("s4",), ("s5",)] == fleet.sql("SELECT session FROM quotaline.counted_run ORDER BY 1")
    query = f"""SELECT sum({TOKENS}) FILTER (WHERE source = 'record')::int, sum({TOKENS})::int FROM quotaline.usage"""  # noqa: S608
    assert [(3 * ANSWER, 3 * ANSWER + 27)] == fleet.sql(query)


def test_a_run_whose_own_part_is_found_anew_is_pushed_again(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk)
    record(desk, result(2))
    desk.push()
    record(desk, result(1), ago=7200)  # recorded late: the other one went on from it
    with open_ledger(desk.ledger) as ledger:
        assert 2 == len(next_runs(ledger, 1000).runs)
    desk.push()
    own, ours = both(desk, "day")
    assert own == ours
    assert 2 * ANSWER == ours["total"]["tokens"]["total"]


def test_the_log_is_read_in_pieces_and_nothing_is_pushed_twice(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.push()
    for i in range(5):
        record(desk, result(1, session=f"s{i}"))
    with open_ledger(desk.ledger) as ledger:
        first = next_runs(ledger, 3)
        assert (3, True) == (len(first.runs), first.more)
    desk.push()
    assert 5 == recorded(fleet)
    with open_ledger(desk.ledger) as ledger:
        assert ([], 0, False) == next_runs(ledger, 3)


def test_one_run_that_two_machines_heard_of_counts_once(fleet: Fleet) -> None:
    desk, lap = fleet.machine("desk"), fleet.machine("lap")
    for machine in (desk, lap, desk):
        record(machine, result(1, name="the-run"))
        assert machine.push().note is None
    assert [("desk",)] == fleet.sql("SELECT name FROM quotaline.counted_run JOIN quotaline.machine ON machine.id = machine_id")


def test_a_run_that_the_database_cannot_take_costs_that_run_only(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.push()
    fleet.sql("ALTER TABLE quotaline.run ADD CHECK (session <> 's3')")
    for i in range(6):
        record(desk, result(1, session=f"s{i}"))
    assert "did not take 1 recorded runs" in str(desk.push().note)
    assert 5 == recorded(fleet)


@pytest.mark.parametrize("odd", ["\0", "x" * 5000, "ann@example.com"])
def test_a_run_fits_whatever_a_result_holds(fleet: Fleet, odd: str) -> None:
    desk = fleet.machine("desk")
    record(desk, result(1, session=f"s{odd}", name=f"u{odd}", model=f"m{odd}"), folder=f"f{odd}")
    assert (None, None) == (desk.push().problem, desk.state().note)
    assert 1 == recorded(fleet)
    assert "example.com" not in str(fleet.sql("SELECT * FROM quotaline.run"))
