"""What is new in a ledger goes to the fleet's database, once; the sums there are those of the ledgers."""

from __future__ import annotations

import threading

import pytest

from fleet_machines import ACCOUNT, Fleet
from quotaline.ledger import open_ledger
from quotaline.ledger.changes import next_changes, waiting
from quotaline.transcripts.row import SIDECHAIN
from transcript_lines import NOON, assistant, owner

pytestmark = pytest.mark.slow


def test_the_sums_there_are_those_of_the_ledger(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(*(assistant(f"m{i}", NOON + i, input=i, output=2 * i, cache_read=3, searches=1) for i in range(50)))
    desk.write(assistant("h", NOON, model="claude-haiku-4-5", cache_write_5m=7, cache_write_1h=8, request=None))
    state = desk.push()
    assert (state.problem, state.waiting) == (None, 0)
    assert desk.sums() == fleet.sums()
    desk.push()
    assert desk.sums() == fleet.sums()


def test_only_what_is_new_goes_there_and_a_message_that_grew_is_new(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(*(assistant(f"m{i}", NOON + i, output=1) for i in range(20)))
    desk.push()
    desk.write(assistant("m3", NOON + 3, output=900), assistant("new", NOON + 99, output=5))
    desk.read()
    with open_ledger(desk.ledger) as ledger:
        assert {"m3", "new"} == {message.message_id for message in next_changes(ledger, 1000).messages}
    desk.push()
    assert desk.sums() == fleet.sums()
    with open_ledger(desk.ledger) as ledger:
        assert 0 == waiting(ledger)


def test_a_message_of_two_machines_counts_once_with_the_largest_counters_for_the_one_that_had_it_first(fleet: Fleet) -> None:
    desk, lap = fleet.machine("desk"), fleet.machine("lap")
    desk.write(assistant("m", NOON + 5, output=10, input=3))
    lap.write(assistant("m", NOON, output=4, input=7))
    for machine in (desk, lap, desk, lap):
        machine.push()
    assert [("lap", 1, 7, 10, 0, 0, 0, 0)] == fleet.sums("machine")


def copies() -> list[dict[str, object]]:
    """One message under several keys, as forks, subagents and gateways leave it."""
    return [
        assistant("m", NOON + 3, output=10, input=1, request="req-a"),
        assistant("m", NOON + 9, output=12, input=1, request=None, session="s2"),
        assistant("m", NOON + 1, output=5, input=9, sidechain=True, session="s3"),
        assistant("m", NOON + 2, output=6, request="req-b", session="s4"),
        assistant("n", NOON + 2, output=1, request="req-a"),
        assistant("n", NOON + 4, output=1, request="req-b"),
    ]


@pytest.mark.parametrize("seed", range(8))
def test_copies_under_several_keys_become_one_whichever_machine_has_them_and_whoever_comes_first(
    fleet: Fleet, seed: int
) -> None:
    import random

    dice = random.Random(seed)
    whole = fleet.machine("whole")
    machines = [fleet.machine(f"m{i}") for i in range(3)]
    for number, line in enumerate(copies()):
        whole.write(line, file=f"f{number}")
        for machine in dice.sample(machines, dice.randint(1, 3)):
            machine.write(line, file=f"f{number}")
            machine.push()
    for machine in dice.sample(machines, 3):
        machine.push()
    whole.read()
    assert whole.sums() == fleet.sums()


def test_many_machines_that_push_the_same_rows_at_once_lose_and_double_nothing(fleet: Fleet) -> None:
    lines = [assistant(f"m{i}", NOON + i, output=i, input=1) for i in range(1500)] + copies()
    machines = [fleet.machine(f"m{i}") for i in range(4)]
    machines[0].push()  # makes the tables
    for shift, machine in enumerate(machines):
        for number, line in enumerate(lines[shift * 300 :] + lines[: shift * 300]):
            machine.write(line, file=f"f{number % 7}")
        machine.read()
    threads = [threading.Thread(target=machine.push) for machine in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [None] * 4 == [machine.state().problem for machine in machines]
    assert machines[0].sums() == fleet.sums()


def test_eight_machines_that_make_the_tables_at_once_make_them_once(fleet: Fleet) -> None:
    machines = [fleet.machine(f"m{i}") for i in range(8)]
    for machine in machines:
        machine.write(assistant(f"of-{machine.name}", output=1))
    threads = [threading.Thread(target=machine.push) for machine in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [None] * 8 == [machine.state().problem for machine in machines]
    assert [(1,)] == fleet.sql("SELECT count(*) FROM quotaline.version")
    assert 8 == fleet.sums()[0][1]


def test_whose_a_session_was_may_be_known_later(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(assistant("m", output=1))
    desk.push()
    assert [(None,)] == fleet.sql("SELECT account FROM quotaline.message")
    desk.write(owner(ACCOUNT))
    desk.push()
    assert [(ACCOUNT,)] == fleet.sql("SELECT account FROM quotaline.message")


def test_a_project_has_the_same_keyed_hash_under_every_home_of_one_fleet_and_another_in_another(
    fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk, lap, other = (
        fleet.machine("desk"),
        fleet.machine("lap"),
        Fleet(fleet.server, tmp_path_factory.mktemp("o")).machine("x"),
    )
    for machine in (desk, lap, other):
        folder = f"{machine.home}/shop"
        machine.write(assistant(f"of-{machine.name}", output=1, cwd=folder), file=machine.name)
        machine.write(assistant(f"in-{machine.name}", NOON + 9, output=1, cwd=f"{folder}/web"), file=machine.name)
        machine.push()
    found = [name for (name, *_) in fleet.sums("project")]
    assert 1 == len(found)
    assert "shop" not in found[0]
    identity = other.state().identity
    assert identity is not None
    assert identity.project("~/shop") != found[0]


def test_projects_are_shared_by_name_only_when_that_is_wanted(fleet: Fleet) -> None:
    from msgspec import structs

    desk = fleet.machine("desk")
    desk.write(assistant("m", output=1, cwd=f"{desk.home}/shop"))
    desk.push()
    desk.fleet = structs.replace(desk.fleet, share_projects=True)
    desk.push()
    assert [("~/shop",)] == fleet.sql("SELECT project FROM quotaline.message")


@pytest.mark.parametrize("odd", ["\0", "x" * 5000, "ann@example.com", "é" * 300, "'; DROP TABLE quotaline.message; --"])
def test_a_row_fits_whatever_a_transcript_holds(fleet: Fleet, odd: str) -> None:
    desk = fleet.machine("desk")
    desk.write(assistant(f"m{odd}", NOON, output=3, request=f"r{odd}", model=f"claude{odd}", session=f"s{odd}", cwd=f"/p{odd}"))
    desk.write(assistant("good", NOON + 1, output=1, input=(1 << 62)))
    state = desk.push()
    assert (None, None, 0) == (state.problem, state.note, state.waiting)
    (local,) = [sum(column) for column in zip(*(row[1:] for row in desk.sums()), strict=True)][:1]
    assert local == sum(row[1] for row in fleet.sums())
    assert "example.com" not in str(fleet.sql("SELECT * FROM quotaline.usage"))


def test_a_row_that_the_database_cannot_take_costs_that_row_only(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.push()
    fleet.sql("ALTER TABLE quotaline.message ADD CHECK (output <> 666)")
    desk.write(*(assistant(f"m{i}", NOON + i, output=660 + i) for i in range(20)))
    state = desk.push()
    assert 19 == fleet.sums()[0][1]
    assert "did not take 1 messages" in str(state.note)


def test_another_database_gets_all_anew(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> None:
    from msgspec import structs

    desk = fleet.machine("desk")
    desk.write(*(assistant(f"m{i}", NOON + i, output=1) for i in range(5)))
    desk.push()
    other = Fleet(fleet.server, tmp_path_factory.mktemp("other"))
    first = desk.fleet
    desk.fleet = structs.replace(desk.fleet, url=other.url)
    desk.write(assistant("more", output=1))
    desk.push()
    assert desk.sums() == other.sums()
    desk.fleet = first
    desk.push()
    assert desk.sums() == fleet.sums()


def test_a_database_that_was_emptied_gets_all_anew(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(*(assistant(f"m{i}", NOON + i, output=1) for i in range(5)))
    desk.push()
    fleet.sql("DROP SCHEMA quotaline CASCADE")
    desk.push()
    assert desk.sums() == fleet.sums()


def test_a_ledger_whose_first_import_comes_after_the_fleet_loses_nothing(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    assert desk.push().problem is None
    desk.write(*(assistant(f"m{i}", NOON + i, output=1) for i in range(30)))
    desk.push()
    desk.write(*(assistant(f"n{i}", NOON + i, output=1) for i in range(30)))
    desk.push()
    assert desk.sums() == fleet.sums()


def test_a_session_is_counted_where_it_began_as_in_the_ledger(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(assistant("a", NOON, output=1, sidechain=False), assistant("b", NOON + 1, output=1, sidechain=True))
    desk.push()
    assert {0, SIDECHAIN} == {flags for (flags,) in fleet.sql("SELECT flags FROM quotaline.message")}
    assert [("main", 1), ("subagent", 1)] == [row[:2] for row in fleet.sums("agent")]
