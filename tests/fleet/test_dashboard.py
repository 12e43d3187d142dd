"""Every query of the Grafana dashboard runs against the real server, as a role that may see all, and finds what is there."""

from __future__ import annotations

import json
import math
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dashboards import check_places
from fleet_machines import ACCOUNT, Fleet
from postgres import Postgres
from quotaline.fleet.migrate import ROLES, script
from quotaline.ledger import open_ledger
from quotaline.ledger.readings import store_readings
from quotaline.ledger.runs import store_run
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.sources.claude_result import read_result
from results import result
from transcript_lines import assistant

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "dashboards" / "quotaline-fleet.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
VARIABLES: dict[str, dict[str, Any]] = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
SOURCE = {"type": "grafana-postgresql-datasource", "uid": "${datasource}"}
DAY = 86_400.0
CHOSEN = ("person", "machine", "project")


class Grafana:
    """Asks as Grafana does: variables and macros are replaced in the text, and what is chosen stands there in quotes."""

    def __init__(self, fleet: Fleet, url: str) -> None:
        self.fleet, self.url, self.now = fleet, url, time.time()

    def ask(self, query: str, *, days: float = 7, **chosen: Any) -> list[dict[str, Any]]:
        """The rows; what is not chosen is All."""
        for name in CHOSEN:
            quoted = ",".join("'" + value.replace("'", "''") + "'" for value in chosen[name]) if name in chosen else None
            query = query.replace(f"${name}", quoted or VARIABLES[name]["allValue"])
        since, until = (f"'{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}'" for at in (self.now - days * DAY, self.now))
        query = query.replace("$__interval", "1h")
        query = re.sub(r"\$__timeGroupAlias\((\w+),1h\)", r'floor(extract(epoch from \1)/3600)*3600 AS "time"', query)
        query = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {since} AND {until}", query)
        assert "$" not in query
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(query.encode())
            names = [column.name for column in done.description or ()]
            return [dict(zip(names, row, strict=True)) for row in done.fetchall()]

    def panel(self, title: str, **chosen: Any) -> list[dict[str, Any]]:
        (found,) = (panel for panel in PANELS if panel["title"] == title)
        (target,) = found["targets"]
        return self.ask(target["rawSql"], **chosen)


@pytest.fixture(scope="module")
def grafana(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Grafana:
    """Two people, three machines, two projects, messages, a run, windows and money; and a role as README says."""
    fleet = Fleet(server, tmp_path_factory.mktemp("seen"))
    for number, (name, user) in enumerate((("desk", "ann"), ("lap", "ann"), ("server", "o'neil"))):
        machine = fleet.machine(name, user=user)
        for i in range(6):
            model = ("claude-opus-5-5", "claude-haiku-4-5", "a-model-of-nobody")[i % 3]
            folder = f"{machine.home}/{('shop', 'blog')[i % 2]}"
            line = assistant(f"{name}{i}", machine.now - 3600 * (i + 1), session=f"{name}{i % 2}", input=100, model=model)
            machine.write({**line, "cwd": folder}, file=f"s{i % 2}")
        machine.read()
        values: list[Window | ExtraUsage] = [
            Window(id="five_hour", name="5h", utilization=40.0 + number, resets_at=machine.now + 600),
            Window(id="seven_day", name="7d", utilization=9.0, resets_at=machine.now - 5),
            ExtraUsage(is_enabled=True, used=Money(1240 + number), limit=Money(5000)),
        ]
        account = f"{number}{ACCOUNT[1:]}"
        told = [Reading(value=one, source="endpoint", as_of=machine.now - 60, account=account) for one in values]
        with open_ledger(machine.ledger) as ledger:
            store_run(
                ledger, read_result(result(1, session=f"run-{name}"), machine.now - 60, folder=f"{machine.home}/shop").run
            )
            store_readings(ledger, "~/.claude", None, told)
        assert machine.push(account=account, readings=told).problem is None
    fleet.sql(script(ROLES) + "DO $$ BEGIN CREATE ROLE grafana LOGIN BYPASSRLS IN ROLE quotaline_reader; END $$")
    return Grafana(fleet, fleet.url.replace("postgres@", "grafana@"))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
@pytest.mark.parametrize("chosen", [{}, {"person": ["o'neil"]}, {"machine": ["desk", "lap"]}, {"days": 90}], ids=str)
def test_every_query_finds_something_in_the_form_that_its_panel_takes(
    grafana: Grafana, panel: dict[str, Any], chosen: dict[str, Any]
) -> None:
    for target in panel["targets"]:
        rows = grafana.ask(target["rawSql"], **chosen)
        assert rows, target["rawSql"]
        for row in rows:
            numbers = [value for value in row.values() if isinstance(value, int | float)]
            assert numbers
            assert all(math.isfinite(value) for value in numbers)
            assert None not in row.values()
            assert not any(type(value).__name__ == "Decimal" for name, value in row.items() if name != "time")
        if target["format"] == "time_series":
            assert ("time", True) == (next(iter(rows[0])), isinstance(rows[0].get("metric", ""), str))
            assert rows == sorted(rows, key=lambda row: (row["time"], row.get("metric", "")))
        elif panel["type"] == "bargauge":
            assert 2 == len(rows[0]), "a name and its value"
    assert grafana.ask(panel["targets"][0]["rawSql"], person=["nobody"]) == [] or panel["type"] == "stat"


def test_the_variables_list_what_is_there_each_within_what_is_chosen_before(grafana: Grafana) -> None:
    found = {name: [next(iter(row.values())) for row in grafana.ask(VARIABLES[name]["query"])] for name in CHOSEN}
    assert (["ann", "o'neil"], ["desk", "lap", "server"]) == (found["person"], found["machine"])
    assert 2 == len(found["project"])
    assert [{"name": "server"}] == grafana.ask(VARIABLES["machine"]["query"], person=["o'neil"])
    assert 2 == len(grafana.ask(VARIABLES["project"]["query"], machine=["lap"]))
    for name in CHOSEN:  # all of them one by one is All
        chosen: dict[str, Any] = {name: found[name]}
        every = {panel["title"]: grafana.ask(panel["targets"][0]["rawSql"], **chosen) for panel in PANELS}
        for title, rows in every.items():
            assert len(rows) == len(grafana.panel(title)), title


def test_the_numbers_are_those_of_the_database(grafana: Grafana) -> None:
    query = "SELECT sum(cost_usd)::float8, sum(cost_usd) FILTER (WHERE source = 'record')::float8 FROM quotaline.usage"
    ((whole, recorded),) = grafana.fleet.sql(query)
    (cost,) = grafana.panel("Cost in this range")
    assert (cost["list price"], cost["recorded runs"]) == pytest.approx((whole, recorded))
    for title in ("Cost by person", "Cost by model", "Dearest projects", "Dearest machines", "Dearest models"):
        assert sum(row["cost"] for row in grafana.panel(title)) == pytest.approx(whole), title
    assert [{"without a price": 6.0}] == grafana.panel("Without a price")
    assert [{"last hour": 3, "all": 3}] == grafana.panel("Machines")
    assert 18 == sum(row["messages"] for row in grafana.panel("Messages by machine"))
    people = {(row["person"], row["machine"]): row["messages"] for row in grafana.panel("People and machines")}
    assert {("ann", "desk"): 6, ("ann", "lap"): 6, ("o'neil", "server"): 6} == people
    assert {40.0, 41.0, 42.0} == {row["used"] for row in grafana.panel("Windows")}, "the one that has started anew is not shown"
    assert [12.4, 12.41, 12.42] == [row["spent"] for row in grafana.panel("Extra usage over time")]
    shop = grafana.ask(VARIABLES["project"]["query"])[0]["project"]
    (part,) = grafana.panel("Cost in this range", project=[shop])
    assert 0 < part["list price"] < whole


def test_a_lead_sees_the_same_dashboard_of_their_team_alone(grafana: Grafana) -> None:
    grafana.fleet.sql("DO $$ BEGIN CREATE ROLE guest LOGIN IN ROLE quotaline_reader; END $$")
    guest = Grafana(grafana.fleet, grafana.url.replace("grafana@", "guest@"))
    assert [{"last hour": 0, "all": 0}] == guest.panel("Machines")
    assert [] == guest.panel("Dearest models")


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    """As far as this can be said without Grafana: ids, places on the grid, data sources, variables, kinds of panels."""
    assert (DASHBOARD["id"], DASHBOARD["uid"]) == (None, "quotaline-fleet")
    assert "__inputs" not in DASHBOARD
    assert VARIABLES["datasource"]["query"] == SOURCE["type"]
    assert all((VARIABLES[name]["multi"], VARIABLES[name]["includeAll"]) == (True, True) for name in CHOSEN)
    assert all(VARIABLES[name]["datasource"] == SOURCE for name in CHOSEN)
    check_places(PANELS)
    for panel in PANELS:
        assert panel["type"] in ("timeseries", "stat", "bargauge", "table")
        assert panel["datasource"] == SOURCE
        for target in panel["targets"]:
            assert (target["datasource"], target["rawQuery"]) == (SOURCE, True)
            assert (target["format"] == "time_series") is (panel["type"] == "timeseries")
            assert {f"${name}" for name in ("person", "machine")} <= set(re.findall(r"\$[a-z]+", target["rawSql"]))
