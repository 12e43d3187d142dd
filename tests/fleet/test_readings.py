"""What one machine read of an account another one shows, as old as it is, whatever the clocks say."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fleet_machines import ACCOUNT, Fleet, Machine
from quotaline.core.windows import EXTRA_USAGE
from quotaline.ledger import open_ledger
from quotaline.ledger.readings import store_readings
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.snapshot.merge import merge
from transcript_lines import assistant, stamp

pytestmark = pytest.mark.slow
QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
DAY = 86_400.0
ALPHA = "enable_alpha_features = true\n[sources]\nclaude_cli.enabled = false\nendpoint.enabled = false\n"


def session(percent: float, as_of: float, *, source: str = "endpoint", key: str = "five_hour") -> Reading:
    value = Window(id=key, name="Session (5h)", utilization=percent, resets_at=as_of + 7200, extras={"secret": "x"})
    return Reading(value=value, source=source, as_of=as_of, account=ACCOUNT, alpha=True)


def taken(machine: Machine) -> dict[str, Reading]:
    return {one.value.id: one for one in machine.state().taken.get(ACCOUNT, ())}


def test_a_machine_gets_the_newest_reading_of_the_others_with_its_origin_and_its_age(fleet: Fleet) -> None:
    desk, lap, third = fleet.machine("desk"), fleet.machine("lap"), fleet.machine("third")
    money = ExtraUsage(is_enabled=True, used=Money(1240), disabled_reason=None, extras={"contact": "ann@example.com"})
    extra = Reading(value=money, source="claude-json", as_of=desk.now - 600, account=ACCOUNT, alpha=True)
    desk.push(account=ACCOUNT, readings=[session(42, desk.now - 60), extra])
    third.push(account=ACCOUNT, readings=[session(40, desk.now - 300)])
    lap.push(account=ACCOUNT)
    found = taken(lap)
    assert ("fleet", 42, True, {"origin": "desk", "read_by": "endpoint"}) == (
        found["five_hour"].source,
        found["five_hour"].value.utilization,
        found["five_hour"].alpha,
        found["five_hour"].value.extras,
    )
    assert 55 < lap.now - found["five_hour"].as_of < 65
    assert found[EXTRA_USAGE].value.extras == {"origin": "desk", "read_by": "claude-json"}
    assert 595 < lap.now - found[EXTRA_USAGE].as_of < 605
    assert {} == taken(desk) or "desk" not in str(taken(desk))


@pytest.mark.parametrize("desk_off", [-DAY, 0, DAY])
@pytest.mark.parametrize("server_off", [-DAY, DAY])
@pytest.mark.parametrize("lap_off", [-DAY, 0, DAY])
def test_clocks_that_are_a_day_off_change_no_age_and_no_reading_is_newer_than_now(
    fleet: Fleet, desk_off: float, server_off: float, lap_off: float
) -> None:
    desk, lap = fleet.machine("desk"), fleet.machine("lap")
    desk.push()
    fleet.sql("CREATE OR REPLACE FUNCTION quotaline.moment() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
              f"'SELECT clock_timestamp() + interval ''{server_off} seconds'''")  # fmt: skip
    desk.now += desk_off
    lap.now += lap_off
    desk.push(account=ACCOUNT, readings=[session(42, desk.now - 60), session(7, desk.now + 500, key="seven_day")])
    lap.push(account=ACCOUNT)
    found = taken(lap)
    assert 59 < lap.now - found["five_hour"].as_of < 66
    assert lap.now - 6 < found["seven_day"].as_of <= lap.now
    assert all(one.as_of <= lap.now for one in merge(list(found.values()), lap.now))


def test_a_server_whose_clock_goes_back_gives_nothing_that_looks_fresh(fleet: Fleet) -> None:
    desk, lap = fleet.machine("desk"), fleet.machine("lap")
    desk.push()
    clock = "CREATE OR REPLACE FUNCTION quotaline.moment() RETURNS timestamptz LANGUAGE sql AS 'SELECT clock_timestamp() {}'"
    fleet.sql(clock.format("+ interval ''1 day''"))
    desk.push(account=ACCOUNT, readings=[session(42, desk.now - 60)])
    fleet.sql(clock.format(""))
    lap.push(account=ACCOUNT)
    assert {} == taken(lap)
    desk.push(account=ACCOUNT, readings=[session(43, desk.now - 60)])
    lap.push(account=ACCOUNT)
    assert 43 == taken(lap)["five_hour"].value.utilization


def test_kept_readings_go_there_once_and_what_came_from_there_does_not(fleet: Fleet) -> None:
    desk = fleet.machine("desk")
    desk.write(assistant("m", desk.now, output=1))
    desk.push()
    readings = [session(1, desk.now - 3000), session(2, desk.now - 2000), session(3, desk.now - 1000, source="fleet")]
    nobodys = Reading(value=Window(id="seven_day", name="7d", utilization=1.0), source="statusline", as_of=desk.now)
    with open_ledger(desk.ledger) as ledger:
        for reading in [*readings, nobodys]:
            store_readings(ledger, "~/.claude", None, [reading])
    for _ in range(3):
        desk.push()
    assert [("endpoint", 1.0), ("endpoint", 2.0)] == fleet.sql(
        "SELECT source, utilization FROM quotaline.reading ORDER BY as_of"
    )
    assert "secret" not in str(fleet.sql("SELECT body FROM quotaline.reading"))


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", '"x"', '{"value": {"type": "window", "id": "../../x", "name": "n"}, "source": "s", "as_of": 1}',
     '{"value": {"type": "window", "id": "budget_weekly", "name": "n"}, "source": "s", "as_of": 1}',
     '{"value": {"type": "window", "id": "extra_usage", "name": "n"}, "source": "s", "as_of": 1}',
     '{"value": {"type": "window", "id": "five_hour", "name": "n", "utilization": "all"}, "source": "s", "as_of": 1}'],
)  # fmt: skip
def test_a_reading_that_makes_no_sense_is_none(fleet: Fleet, body: str) -> None:
    desk, lap = fleet.machine("desk"), fleet.machine("lap")
    desk.push(account=ACCOUNT, readings=[session(42, desk.now - 60), session(5, desk.now - 60, key="seven_day")])
    fleet.sql(f"UPDATE quotaline.latest SET body = '{body}' WHERE window_id = 'five_hour'")  # noqa: S608
    assert lap.push(account=ACCOUNT).problem is None
    assert ["seven_day"] == list(taken(lap))


def test_from_one_screen_to_the_other(fleet: Fleet) -> None:
    """A login on two machines: the second one has read nothing itself."""
    machines = [fleet.machine("desk"), fleet.machine("lap")]
    for machine in machines:
        path = machine.home / ".config" / "quotaline" / "config.toml"
        path.parent.mkdir(parents=True)
        path.write_text(ALPHA + f'[fleet]\nurl = "{fleet.url}"\nmachine = "{machine.name}"\nuser = "ann"\n')
        tree = {"oauthAccount": {"accountUuid": ACCOUNT, "organizationType": "claude_max"}}
        if machine.name == "desk":
            five = {"utilization": 42, "resets_at": stamp(machine.now + 7200)}
            cached = {
                "fetchedAtMs": int(machine.now * 1000) - 60_000,
                "accountUuid": ACCOUNT,
                "utilization": {"five_hour": five},
            }
            tree["cachedUsageUtilization"] = cached  # type: ignore[assignment]
        (machine.home / ".claude.json").write_text(json.dumps(tree))
    for machine in (*machines, machines[1]):
        subprocess.run([*QUOTALINE, "refresh", "--force"], env=machine.env, capture_output=True, check=False)
    done = subprocess.run([*QUOTALINE, "usage", "--json"], env=machines[1].env, capture_output=True, text=True, check=True)
    (window,) = [one for one in json.loads(done.stdout)["windows"] if one["id"] == "five_hour"]
    assert (42, "fleet", "desk", True) == (
        window["used"],
        window["source"],
        window["extras"]["origin"],
        window["extras"]["alpha"],
    )
    text = subprocess.run(
        [*QUOTALINE, "prompt", "five_hour"], env=machines[1].env, capture_output=True, text=True, check=True
    ).stdout
    assert "5h 42%" in text
