"""Who may do what: people see their own rows, leads their team's, and a machine can only push its own."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import psycopg
import pytest

from fleet_machines import ACCOUNT, QUOTALINE, Fleet, Machine, configure
from postgres import Postgres
from quotaline.ledger import open_ledger
from quotaline.ledger.runs import store_run
from quotaline.model import Reading, Window
from quotaline.sources.claude_result import read_result
from results import result
from transcript_lines import assistant

pytestmark = pytest.mark.slow
TABLES = ("machine", "message", "usage_quarter", "reading", "latest", "run")
PEOPLE = ("ann", "ben", "eve", "kim")  # ann leads the team of ben; eve is in another; kim only pushes
MEMBERS = "('ann', 'web', true), ('ben', 'web', false), ('eve', 'ops', true)"


def command(machine: Machine, *words: str, code: int = 0) -> str:
    done = subprocess.run([*QUOTALINE, *words], env=machine.env, capture_output=True, text=True, check=False)
    assert code == done.returncode, done.stderr
    return done.stdout if code == 0 else done.stderr


class Team:
    """A fleet whose owner ran `fleet migrate` and `fleet roles`, and four people, each with one message and one reading."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        owner = fleet.machine("owner")
        configure(owner)
        assert "of version 1 now" in command(owner, "fleet", "migrate")
        assert "already" in command(owner, "fleet", "migrate")
        for _ in range(2):  # it changes nothing twice
            fleet.sql(command(owner, "fleet", "roles"))
        for name in PEOPLE:
            fleet.sql(f"""DO $$ BEGIN IF to_regrole('{name}') IS NULL THEN CREATE ROLE {name} LOGIN; END IF; END $$;
                GRANT quotaline_pusher TO {name}""")
        fleet.sql("GRANT quotaline_reader TO ann, ben, eve")
        fleet.sql(f"INSERT INTO quotaline.member VALUES {MEMBERS}")  # noqa: S608
        self.machines = {name: fleet.machine(name, url=fleet.url.replace("postgres@", f"{name}@")) for name in PEOPLE}
        for number, (name, machine) in enumerate(self.machines.items()):
            configure(machine)
            machine.write(assistant(f"of-{name}", machine.now, output=10 + number))
            reading = Reading(value=Window(id="five_hour", name="5h", utilization=4.0), source="endpoint", as_of=machine.now)
            with open_ledger(machine.ledger) as ledger:
                store_run(ledger, read_result(result(1, session=f"run-of-{name}"), machine.now).run)
            assert machine.push(account=f"{ACCOUNT[:-1]}{number}", readings=[reading]).problem is None
            row = f"SELECT 'a', 'w', now(), id, 's', 1, now(), '{{}}' FROM quotaline.machine WHERE login = '{name}'"  # noqa: S608
            fleet.sql(f"INSERT INTO quotaline.reading {row}")

    def sql(self, person: str, text: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.fleet.url.replace("postgres@", f"{person}@"), autocommit=True) as connection:
            done = connection.execute(text)
            return done.fetchall() if done.description else []

    def may_not(self, person: str, text: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            self.sql(person, text)


@pytest.fixture(scope="module")
def team(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Team:
    import os

    os.environ["TZ"] = "UTC"
    return Team(Fleet(server, tmp_path_factory.mktemp("team")))


@pytest.mark.parametrize(("person", "seen"), [("ann", {"ann", "ben"}), ("ben", {"ben"}), ("eve", {"eve"})])
@pytest.mark.parametrize("table", TABLES)
def test_a_person_sees_their_own_rows_and_a_lead_those_of_the_team(team: Team, person: str, seen: set[str], table: str) -> None:
    join = "" if table == "machine" else "JOIN quotaline.machine ON machine.id = machine_id"
    rows = team.sql(person, f"SELECT login FROM quotaline.{table} {join}")  # noqa: S608
    assert seen == {login for (login,) in rows}
    number = "id" if table == "machine" else "machine_id"
    bare = team.sql(person, f"SELECT count(DISTINCT {number}) FROM quotaline.{table}")  # noqa: S608
    assert [(len(seen),)] == bare


def test_history_and_usage_show_what_one_may_see(team: Team) -> None:
    tree = json.loads(command(team.machines["ann"], "history", "--fleet", "--by", "machine", "--json"))
    assert ["ben", "ann"] == [row["key"] for row in tree["rows"]]
    tree = json.loads(command(team.machines["ben"], "usage", "--fleet", "--json"))
    assert ["ben"] == [one["machine"] for one in tree["machines"]]
    assert "may not look at the fleet's tables" in command(team.machines["kim"], "history", "--fleet", code=1)


def test_a_run_goes_for_all_when_somebody_elses_machine_has_its_session(team: Team) -> None:
    team.fleet.sql("INSERT INTO quotaline.transcribed VALUES ('run-of-ben'), ('elsewhere')")
    for person in ("ann", "ben"):
        sessions = team.sql(person, "SELECT session FROM quotaline.counted_run")
        assert ("run-of-ben",) not in sessions
        assert [("run-of-ben",)] == team.sql(person, "SELECT session FROM quotaline.transcribed WHERE session NOT LIKE 's%'")
    assert [] == team.sql("eve", "SELECT session FROM quotaline.transcribed")
    team.fleet.sql("DELETE FROM quotaline.transcribed WHERE session IN ('run-of-ben', 'elsewhere')")


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("table", [*TABLES, "request", "member", "fleet", "version", "summed", "transcribed", "usage_day"])
def test_nobody_writes_into_a_table(team: Team, person: str, table: str) -> None:
    rights = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
    assert [(False,)] == team.fleet.sql(f"SELECT has_table_privilege('{person}', 'quotaline.{table}', '{rights}')")
    team.may_not(person, f"DELETE FROM quotaline.{table}")  # noqa: S608


@pytest.mark.parametrize(
    "table", [*TABLES, "request", "member", "fleet", "summed", "usage", "transcribed", "counted_run", "usage_day"]
)
def test_who_only_pushes_reads_no_table(team: Team, table: str) -> None:
    team.may_not("kim", f"SELECT * FROM quotaline.{table}")  # noqa: S608


@pytest.mark.parametrize("person", PEOPLE)
def test_the_key_of_the_hashes_and_the_teams_are_in_no_table_that_a_person_reads(team: Team, person: str) -> None:
    for table in ("fleet", "member", "request", "summed"):
        team.may_not(person, f"SELECT * FROM quotaline.{table}")  # noqa: S608


def test_a_machine_can_push_for_no_other(team: Team) -> None:
    ((own, other),) = team.fleet.sql("""SELECT (SELECT id FROM quotaline.machine WHERE login = 'kim'),
        (SELECT id FROM quotaline.machine WHERE login = 'ann')""")
    for call in ("push_messages({}, '[]')", "push_runs({}, '[]')", "push_readings({}, '[]', '[]')",
                 "may_ask({}, 'x', 1)", "asked({}, 'x', 'y', 1)",
                 "sums({}, true, 0, 1)"):  # fmt: skip
        team.sql("kim", f"SELECT quotaline.{call.format(own)}")
        team.may_not("kim", f"SELECT quotaline.{call.format(other)}")
    ann = team.fleet.sql("SELECT machine_id, output FROM quotaline.message WHERE message_id = 'of-ann'")
    row = '[{"message_id": "of-ann", "request_id": "req-of-of-ann", "part": 0, "time": 4102444800000, "flags": 0, "model": "m",'
    row += (
        ' "session": "s", "project": "p", "input": 0, "output": 1, "cache_write_5m": 0, "cache_write_1h": 0, "cache_read": 0,'
    )
    row += ' "web_searches": 0}]'
    team.sql("kim", f"SELECT quotaline.push_messages({own}, '{row}')")
    assert ann == team.fleet.sql("SELECT machine_id, output FROM quotaline.message WHERE message_id = 'of-ann'")


def test_a_stranger_with_a_login_may_do_nothing(team: Team) -> None:
    team.fleet.sql("CREATE ROLE stranger LOGIN")
    for text in ("SELECT quotaline.hello('a', 'b')", "SELECT * FROM quotaline.usage", "SELECT quotaline.leads('ann')"):
        team.may_not("stranger", text)


def test_a_team_knows_its_sum_and_not_its_members_rows(team: Team) -> None:
    ben = team.machines["ben"]
    ben.push(periods=("monthly_team", "monthly_user"))
    today = ben.state().today
    assert today is not None
    own, whole = (float(today.months[period][0]) for period in ("monthly_user", "monthly_team"))
    assert 0 < own < whole
    eve = team.machines["eve"]
    eve.push(periods=("monthly_team", "monthly_user"))
    today = eve.state().today
    assert today is not None
    assert today.months["monthly_user"] == today.months["monthly_team"]
