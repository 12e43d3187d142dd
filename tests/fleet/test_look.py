"""What a fleet used, in rows: the sums are those of the machines' own ledgers, by whatever they are looked at."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from msgspec import structs

from fleet_machines import QUOTALINE, Fleet, Machine, configure, run
from transcript_lines import assistant

pytestmark = pytest.mark.slow


@pytest.fixture
def machines(fleet: Fleet) -> list[Machine]:
    """Three machines of two people, with messages of the last days under three models and in two projects."""
    found = [fleet.machine("desk"), fleet.machine("lap"), fleet.machine("server", user="ben")]
    for shift, machine in enumerate(found):
        configure(machine)
        for i in range(60):
            model = ("claude-opus-5-5", "claude-haiku-4-5", "claude-sonnet-4-5")[i % 3]
            at = machine.now - 3600 * i - shift
            folder = f"{machine.home}/{('shop', 'blog')[i % 2]}"
            line = assistant(
                f"{machine.name}-{i}",
                at,
                session=f"{machine.name}{i % 2}",
                output=i,
                input=90_000 + 200 * i,
                model=model,
                cwd=folder,
            )
            machine.write(line, file=f"s{i % 2}")
        machine.push()
    return found


@pytest.mark.parametrize("by", ["day", "week", "month", "model", "project"])
def test_the_rows_of_a_fleet_of_one_are_those_of_its_ledger(fleet: Fleet, by: str) -> None:
    desk = fleet.machine("desk")
    configure(desk)
    for i in range(40):
        folder = f"{desk.home}/{('shop', 'blog')[i % 2]}"
        line = assistant(
            f"m{i}", desk.now - 9000 * i, session=f"s{i % 2}", output=7 * i, input=i * 9000, cwd=folder, searches=i % 3
        )
        desk.write(line, file=f"s{i % 2}")
    desk.push()
    for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns"):
        own = json.loads(run(desk, "history", "--by", by, "--json", TZ=zone))
        ours = json.loads(run(desk, "history", "--fleet", "--by", by, "--json", TZ=zone))
        for row in own["rows"] if by == "project" else ():
            row["key"] = row["key"].replace(str(desk.home), "~")
        assert own == ours


def test_by_machine_and_by_user_add_up_to_the_whole(machines: list[Machine]) -> None:
    desk = machines[0]
    trees = {
        by: json.loads(run(desk, "history", "--fleet", "--by", by, "--json")) for by in ("machine", "user", "day", "model")
    }
    assert 1 == len({json.dumps({**tree["total"], "models": None}) for tree in trees.values()})
    assert {"desk", "lap", "server"} == {row["key"] for row in trees["machine"]["rows"]}
    assert {"ann", "ben"} == {row["key"] for row in trees["user"]["rows"]}
    assert 180 == trees["day"]["total"]["messages"]


def test_a_project_of_ones_own_has_its_name_and_those_of_others_do_not(machines: list[Machine], fleet: Fleet) -> None:
    other = fleet.machine("other", user="eve")
    configure(other)
    other.write(assistant("x", other.now, output=1, cwd=f"{other.home}/secret"))
    other.push()
    keys = {row["key"] for row in json.loads(run(machines[0], "history", "--fleet", "--by", "project", "--json"))["rows"]}
    assert {"~/shop", "~/blog"} < keys
    assert "~/secret" not in keys
    assert 3 == len(keys)


def test_since_and_until_are_days(machines: list[Machine]) -> None:
    total = json.loads(run(machines[0], "history", "--fleet", "--since", "today", "--json"))["total"]
    mine = json.loads(run(machines[0], "history", "--since", "today", "--json"))["total"]
    assert total["messages"] >= mine["messages"]
    assert 180 > total["messages"]


@pytest.mark.parametrize("place", ["read-only", "replica"])
def test_who_looks_writes_nothing_so_that_a_replica_can_serve_it(machines: list[Machine], fleet: Fleet, place: str) -> None:
    words = ("history --fleet --by project --json", "history --fleet --json", "usage --fleet --json")
    said = [json.loads(run(machines[0], *some.split())) for some in words]
    guest = fleet.machine("guest", user="eve")  # that the fleet has never seen
    with contextlib.ExitStack() as ends:
        if place == "replica":
            replica = fleet.server.replica(Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="pg"))))
            ends.callback(replica.kill)
            guest.fleet = structs.replace(guest.fleet, url=fleet.url.replace(str(fleet.server.port), str(replica.port)))
        else:
            fleet.sql(f"ALTER DATABASE {fleet.database} SET default_transaction_read_only = on")
        configure(guest)
        for own in ("shop", "blog"):  # that guest knows the names of
            guest.write(assistant(own, guest.now, session=own, cwd=f"{guest.home}/{own}"), file=own)
        guest.read()
        found = [json.loads(run(guest, *some.split())) for some in words]
    assert {"~/shop", "~/blog"} == {row["key"] for row in found[0]["rows"]}
    for one in (*said, *found):
        one.pop("generated_at", None)
        for machine in one.get("machines", ()):
            machine.pop("last_seen")
    assert said == found
    assert 3 == fleet.sql("SELECT count(*) FROM quotaline.machine")[0][0]


def test_looking_makes_no_tables(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    configure(desk)
    done = subprocess.run([*QUOTALINE, "history", "--fleet"], env=desk.env, capture_output=True, text=True, check=False)
    assert (1, True) == (done.returncode, "has no tables yet" in done.stderr)
    assert [(None,)] == fleet.sql("SELECT to_regnamespace('quotaline')::text")


def test_usage_shows_every_machine(machines: list[Machine]) -> None:
    tree = json.loads(run(machines[2], "usage", "--fleet", "--json"))
    assert [("ann", "desk"), ("ann", "lap"), ("ben", "server")] == sorted(
        (one["user"], one["machine"]) for one in tree["machines"]
    )
    whole = json.loads(run(machines[2], "history", "--fleet", "--by", "month", "--json"))["rows"][-1]
    assert whole["cost_usd"] == tree["total"]["month_usd"]
    text = run(machines[2], "usage", "--fleet", COLUMNS="100", LANG="C.UTF-8")
    assert "ben · server" in text
    assert run(machines[2], "usage", "--fleet", "--ascii", LANG="C.UTF-8").isascii()
    done = subprocess.run([*QUOTALINE, "usage", "--fleet", "--offline"], env=machines[2].env, capture_output=True, check=False)
    assert 2 == done.returncode
    assert "total" in text


@pytest.mark.parametrize("words", [["history", "--fleet"], ["usage", "--fleet"], ["fleet", "migrate"]])
def test_without_a_fleet_it_is_one_sentence(fleet: Fleet, words: list[str]) -> None:
    desk = fleet.machine("desk")
    done = subprocess.run([*QUOTALINE, *words], env=desk.env, capture_output=True, text=True, check=False)
    assert (2, "quotaline: There is no fleet: set `fleet.url` in config.toml.\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    "words", ["--by session", "--by subagent", "--project x", "--extra", "--plot", "--source organisation"]
)
def test_what_does_not_go_together_is_said(fleet: Fleet, words: str) -> None:
    desk = fleet.machine("desk")
    configure(desk)
    done = subprocess.run(
        [*QUOTALINE, "history", "--fleet", *words.split()], env=desk.env, capture_output=True, text=True, check=False
    )
    assert 2 == done.returncode
    assert "--fleet" in done.stderr.splitlines()[-1]
