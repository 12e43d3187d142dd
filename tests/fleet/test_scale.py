"""The steps of scale that docs/fleet.md tells of: the tables in parts, and not one statement is another."""

from __future__ import annotations

import random

import pytest

from fleet_machines import ACCOUNT, Fleet, configure, run
from quotaline.fleet.migrate import script
from quotaline.ledger import open_ledger
from quotaline.ledger.readings import store_readings
from quotaline.ledger.runs import store_run
from quotaline.model import Reading, Window
from quotaline.sources.claude_result import read_result
from results import result
from transcript_lines import assistant

pytestmark = pytest.mark.slow
PARTED = (
    ("PRIMARY KEY (message_id, request_id, part)\n)", "PARTITION BY HASH (message_id)"),
    ("PRIMARY KEY (quarter, machine_id, project, model, flags, step)\n)", "PARTITION BY RANGE (quarter)"),
    ("PRIMARY KEY (account, window_id, as_of, machine_id)\n)", "PARTITION BY RANGE (as_of)"),
)
PARTS = """
CREATE TABLE quotaline.message_0 PARTITION OF quotaline.message FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE quotaline.message_1 PARTITION OF quotaline.message FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE quotaline.message_2 PARTITION OF quotaline.message FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE TABLE quotaline.usage_before PARTITION OF quotaline.usage_quarter FOR VALUES FROM (MINVALUE) TO ({quarter});
CREATE TABLE quotaline.usage_since PARTITION OF quotaline.usage_quarter FOR VALUES FROM ({quarter}) TO (MAXVALUE);
CREATE TABLE quotaline.reading_before PARTITION OF quotaline.reading
  FOR VALUES FROM (MINVALUE) TO (to_timestamp({quarter} * 900.0));
CREATE TABLE quotaline.reading_since PARTITION OF quotaline.reading
  FOR VALUES FROM (to_timestamp({quarter} * 900.0)) TO (MAXVALUE);
"""


def test_tables_in_parts_take_every_statement_as_it_is(fleet: Fleet) -> None:
    machines = [fleet.machine(f"m{i}") for i in range(3)]
    now = machines[0].now
    schema = script("schema_1.sql")
    for end, parted in PARTED:
        assert 1 == schema.count(end)
        schema = schema.replace(end, f"{end} {parted}")
    fleet.sql(schema + PARTS.format(quarter=int(now - 5 * 3600) // 900))
    whole, dice = fleet.machine("whole"), random.Random(3)
    for i in range(60):  # copies of messages, some of them without a request, on several machines
        line = assistant(
            f"m{i % 40}", now - 600 * (i % 40), output=i, request=None if i % 7 == 0 else f"r{i % 3}", session=f"s{i}"
        )
        for machine in (whole, *dice.sample(machines, 2)):
            machine.write(line, file=f"f{i}")
            if machine is not whole and i % 9 == 0:
                machine.push()
    for i, machine in enumerate(machines):
        reading = Reading(value=Window(id="five_hour", name="5h", utilization=4.0), source="endpoint", as_of=now - 9 * 3600 * i)
        with open_ledger(machine.ledger) as ledger:
            store_run(ledger, read_result(result(1, session=f"run{i}"), now - 60).run)
            store_readings(ledger, "c", ACCOUNT, [reading])
        state = machine.push(account=ACCOUNT, readings=[reading], periods=("monthly_user", "monthly_team"))
        assert (None, None) == (state.problem, state.note)
    whole.read()
    transcripts = fleet.sql("SELECT sum(output)::int FROM quotaline.message")
    assert [(sum(row[3] for row in whole.sums()),)] == transcripts
    fleet.sums()  # holds the sums by quarter equal to the messages
    assert [(3,)] == fleet.sql("SELECT count(*) FROM quotaline.reading")
    for table in ("message_0", "message_1", "message_2", "usage_before", "usage_since", "reading_before", "reading_since"):
        assert fleet.sql(f"SELECT 1 FROM quotaline.{table} LIMIT 1"), table  # noqa: S608
    configure(machines[0])
    for by in ("day", "machine", "project", "model"):
        assert "3 runs" in run(machines[0], "history", "--fleet", "--by", by)
