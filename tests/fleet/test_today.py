"""Today on all of one's machines, in the line; this month's budgets of a person and of a team."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from msgspec import structs

from fleet_machines import Fleet, Machine
from quotaline.config import load
from quotaline.errors import ConfigError
from quotaline.fleet.state import save_state
from quotaline.ledger import open_ledger
from transcript_lines import assistant

pytestmark = pytest.mark.slow
QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
BUDGETS = "[budget]\nuser_monthly = 100\nteam_monthly = 200\n"


def configure(machine: Machine, more: str = "") -> None:
    path = machine.home / ".config" / "quotaline" / "config.toml"
    path.parent.mkdir(parents=True)
    fleet = f'[fleet]\nurl = "{machine.fleet.url}"\nmachine = "{machine.name}"\nuser = "{machine.fleet.user}"\n'
    path.write_text(f'line.prompt.rows = [["fleet_today", "budget"]]\n{fleet}{more}')


def run(machine: Machine, *words: str) -> str:
    done = subprocess.run([*QUOTALINE, *words], env=machine.env, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def spend(machine: Machine, dollars: int, name: str = "m") -> None:
    """Use that many dollars now: a million tokens of Sonnet's output are fifteen."""
    line = assistant(f"{machine.name}-{name}", time.time(), output=dollars * 1_000_000 // 15, model="claude-sonnet-4-5")
    machine.write(line, file=machine.name)


def test_the_line_tells_today_of_all_ones_machines_and_of_nobody_elses(fleet: Fleet) -> None:
    desk, lap, other = fleet.machine("desk"), fleet.machine("lap"), fleet.machine("bens", user="ben")
    for machine, dollars in ((desk, 15), (lap, 30), (other, 150)):
        configure(machine)
        spend(machine, dollars)
        run(machine, "refresh", "--force")
    run(desk, "refresh", "--force")  # tells what the last visit brought, of before the others came
    assert "~$15.00 today everywhere" == run(desk, "prompt").strip()
    fleet.sql("TRUNCATE quotaline.summed")
    run(lap, "refresh", "--force")
    assert "~$45.00 today everywhere" == run(lap, "prompt").strip()


def test_the_budgets_of_a_person_and_of_a_team(fleet: Fleet) -> None:
    desk, other = fleet.machine("desk"), fleet.machine("bens", user="ben")
    configure(other)
    spend(other, 90)
    run(other, "refresh", "--force")
    configure(desk, BUDGETS)
    spend(desk, 75)
    for _ in range(2):
        run(desk, "refresh", "--force")
    windows = {one["id"]: one for one in json.loads(run(desk, "usage", "--json"))["windows"]}
    mine, team = windows["budget_monthly_user"], windows["budget_monthly_team"]
    assert (75, 100, 75.0, "fleet") == (mine["used"], mine["limit"], mine["utilization"], mine["source"])
    assert (165, 200, 82.5) == (team["used"], team["limit"], team["utilization"])
    assert "~$165.00/$200.00 team" in run(desk, "prompt")
    done = subprocess.run([*QUOTALINE, "guard", "--budget"], env=desk.env, capture_output=True, text=True, check=False)
    assert 0 == done.returncode
    spend(other, 150, "more")
    run(other, "refresh", "--force")
    fleet.sql("TRUNCATE quotaline.summed")
    desk.fleet = load.load(desk.home / ".config" / "quotaline" / "config.toml").fleet
    with open_ledger(desk.ledger) as ledger:
        save_state(ledger, desk.fleet, structs.replace(desk.state(), today=None))  # as if five minutes had passed
    run(desk, "refresh", "--force")
    run(desk, "refresh", "--force")
    done = subprocess.run([*QUOTALINE, "guard", "--budget"], env=desk.env, capture_output=True, text=True, check=False)
    assert 1 == done.returncode, done.stdout + done.stderr


def test_a_team_is_added_up_once_in_five_minutes_however_many_ask(fleet: Fleet) -> None:
    machines = [fleet.machine(f"m{i}") for i in range(6)]
    for machine in machines:
        machine.now = machines[0].now
        spend(machine, 1)
        machine.push()
    fleet.sql("TRUNCATE quotaline.summed")
    count = "CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS "
    count += "'BEGIN PERFORM nextval(''public.counted''); RETURN NEW; END'"
    fleet.sql(f"CREATE SEQUENCE counted; GRANT ALL ON SEQUENCE counted TO PUBLIC; {count}")
    fleet.sql("CREATE TRIGGER count_it BEFORE INSERT ON quotaline.summed FOR EACH ROW EXECUTE FUNCTION count_it()")
    for machine in machines:
        machine.push(later=301.0, periods=("monthly_team",))
    states = [machine.state().today for machine in machines]
    assert 1 == len({state.months["monthly_team"] for state in states if state})
    assert [(2,)] == fleet.sql("SELECT last_value FROM counted")  # today of one person, the month of the team


@pytest.mark.parametrize("key", ["user_monthly", "team_monthly"])
def test_a_budget_of_a_fleet_needs_one(key: str) -> None:
    with pytest.raises(ConfigError, match=rf"`budget.{key}` is about a fleet; set `fleet.url` as well"):
        load.parse(f"[budget]\n{key} = 5\n")
    with pytest.raises(ConfigError, match=f"`budget.{key}` is 'much'"):
        load.parse(f'[budget]\n{key} = "much"\n[fleet]\nurl = "postgresql:///x"\n')


@pytest.mark.parametrize("days", [0.02, 0.5, 1, 1.4, 2, 3, 30])
def test_a_sum_is_that_of_its_quarters_wherever_it_begins_and_ends(fleet: Fleet, days: float) -> None:
    """Whole days come from the days' own sums, the rest from the quarters."""
    desk = fleet.machine("desk")
    now = desk.now // 900 * 900
    desk.write(*(assistant(f"m{i}", now - 900 * i + 1, output=3**i % 1000, input=70_000 * (i % 4)) for i in range(400)))
    identity = desk.push().identity
    assert identity is not None
    for start in range(int(now - 5 * 86_400), int(now - 86_400), 13 * 900):
        span = f"{start}, {start + int(days * 96) * 900}"
        ((parts,),) = fleet.sql(f"SELECT quotaline.sums({identity.machine}, false, {span})")
        query = f"""SELECT coalesce(sum(messages), 0)::int, coalesce(sum(output), 0)::int, coalesce(sum(input), 0)::int
            FROM quotaline.usage_quarter WHERE quarter * 900 >= {start} AND quarter * 900 < {start + int(days * 96) * 900}"""  # noqa: S608
        assert fleet.sql(query) == [tuple(sum(part[column] for part in parts) for column in (4, 6, 5))]
        assert len({(part[0] // 96, *part[1:4]) for part in parts}) == len(parts)
    assert fleet.sums()
