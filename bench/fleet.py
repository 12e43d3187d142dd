"""EFFECT What a fleet costs: a refresh without its server, a push, a million messages, a month of a thousand machines.

    make bench-fleet                                   # a tenth of the whole, in some minutes
    .venv/bin/python bench/fleet.py --days 30          # 15 million rows; needs 10 GB

A real PostgreSQL of its own in a temporary folder, as the tests have it. What a refresh costs more is measured in pairs, in
turns; rows of the month are made by the server itself, as they would stand there after pushes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from fleet_machines import Fleet, Machine
from postgres import free_port, postgres_server
from quotaline.fleet import push
from quotaline.fleet.rows import message_row
from quotaline.fleet.server import connect
from quotaline.ledger import open_ledger
from quotaline.ledger.changes import forget_changes, next_changes
from quotaline.prices import PriceBook
from transcript_lines import assistant

if TYPE_CHECKING:
    from collections.abc import Callable

MACHINES, A_DAY = 1000, 500
REFRESH = [sys.executable, "-P", "-m", "quotaline", "refresh", "--background"]
PEOPLE = """
INSERT INTO quotaline.machine (login, name, person, first_seen, last_seen)
  SELECT 'postgres', 'machine-' || i, 'person-' || i / 2, now(), now() FROM generate_series(1, {machines}) AS i;
"""
# The messages of one day: nine hours of work, a session of 50 messages with one model, three projects a machine.
WORKDAY = """
INSERT INTO quotaline.message
  SELECT 'msg_01' || left(md5(concat_ws('m', i, {day}, j)), 22), 'req_011' || left(md5(concat_ws('r', i, {day}, j)), 21), 0,
    timestamptz '2026-11-01' + interval '1 day' * {day} + interval '8 hours' + interval '9 hours' * (j::float8 / {a_day}),
    i, j % 97 / 90 * 4, (ARRAY['claude-opus-5-5', 'claude-sonnet-4-5', 'claude-haiku-4-5'])[1 + (i + j / 50) % 3],
    md5(concat_ws('s', i, {day}, j / 50))::uuid::text, 'project-' || left(md5((i * 7 + j / 50 % 3)::text), 16),
    md5('account' || i)::uuid::text, j % 3000, j % 700, j % 9000, 0, j * 300 % 150000, 0, (j % 1000)::numeric / 10000
  FROM (SELECT id AS i FROM quotaline.machine WHERE name LIKE 'machine-%') AS m, generate_series(0, {a_day} - 1) AS j
"""
ADD_UP = """SELECT quotaline.renew_quarters(array_agg(DISTINCT machine_id * 10000000::bigint
    + floor(extract(epoch FROM time) / 900)::bigint)) FROM quotaline.message"""
SPAN = (1_793_491_200 - 3600, 1_796_083_200 - 3600)  # November 2026 an hour east of UTC
TEAM = "SELECT quotaline.sums((SELECT id FROM quotaline.machine WHERE name = 'asker'), true, %s, %s)"
BY_PERSON = """SELECT "user", model, sum(cost_usd), sum(output) FROM quotaline.usage_by_quarter
    WHERE time >= '2026-11-01' AND time < '2026-12-01' GROUP BY 1, 2"""
FROM_ROWS = """SELECT "user", model, sum(cost_usd), sum(output) FROM quotaline.usage
    WHERE time >= '2026-11-01' AND time < '2026-12-01' GROUP BY 1, 2"""


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def without_server(folder: Path, turns: int) -> None:
    """Whole background refreshes, in turns: without a fleet, with one whose server refuses, and while it is not tried."""
    homes: dict[str, Machine] = {}
    for name, config in (
        ("none", ""),
        ("refuses, tried each time", f'[fleet]\nurl = "postgresql://127.0.0.1:{free_port()}/x"\n'),
        ("refuses, as it is tried", f'[fleet]\nurl = "postgresql://127.0.0.1:{free_port()}/x"\n'),
    ):
        machine = homes[name] = Machine(name.replace(" ", "-").replace(",", ""), folder / name.replace(" ", "-"), "")
        path = machine.home / ".config" / "quotaline" / "config.toml"
        path.parent.mkdir(parents=True)
        path.write_text(config)
        machine.write(*(assistant(f"m{i}", machine.now - i, output=5) for i in range(500)))
    spent: dict[str, list[float]] = {name: [] for name in homes}
    for _ in range(turns + 2):
        for name, machine in homes.items():
            env = {**machine.env, "QUOTALINE_REFRESH": "1"}
            words = [*REFRESH, "--force"] if name == "refuses, tried each time" else REFRESH
            (machine.home / ".cache" / "quotaline" / "default" / "snapshot.json").unlink(missing_ok=True)
            spent[name].append(timed(lambda words=words, env=env: subprocess.run(words, env=env, check=True)))  # type: ignore[misc]
    for name in list(homes)[1:]:
        more = statistics.median(b - a for a, b in zip(spent["none"][2:], spent[name][2:], strict=True))
        beside = statistics.median(spent["none"])
        print(f"a refresh whose server {name}: {more:+.1f} ms beside {beside:.0f} ms (median of {turns})")


def one_push(fleet: Fleet, turns: int) -> None:
    """500 messages from the ledger to the database: connecting, the push itself, all of it."""
    desk = fleet.machine("desk")
    desk.write(assistant("first", desk.now, output=1))
    desk.push()
    parts: dict[str, list[float]] = {"connect": [], "push": [], "whole visit": []}
    for turn in range(turns):
        desk.write(
            *(
                assistant(f"{turn}-{i}", desk.now - 60 * (i + 500 * turn), session=f"s{turn}-{i % 9}", output=i)
                for i in range(500)
            )
        )
        desk.read()
        if turn % 2:
            parts["whole visit"].append(timed(desk.push))
            continue
        parts["connect"].append(timed(lambda: connect(desk.fleet, desk.env).close()))
        identity = desk.state().identity
        assert identity is not None
        with connect(desk.fleet, desk.env) as connection, open_ledger(desk.ledger) as ledger:
            parts["push"].append(timed(lambda: push_all(connection, ledger, identity)))  # noqa: B023 - called at once
    for name, found in parts.items():
        print(f"{name} of 500 messages: {statistics.median(found):.1f} ms (median of {len(found)})")


def push_all(connection: psycopg.Connection, ledger: Any, identity: Any) -> None:
    """What `push._push_messages` does for one batch."""
    prices = PriceBook()
    changes = next_changes(ledger, push.BATCH)
    batch = [message_row(message, identity.project, prices) for message in changes.messages]
    push._send(connection, "push_messages", identity.machine, batch)  # noqa: SLF001
    forget_changes(ledger, changes.upto)


def batches(fleet: Fleet, rows: int) -> None:
    """Rows per second by the size of a batch, one connection; the rows are made beforehand."""
    with psycopg.connect(fleet.url, autocommit=True) as connection:
        row = connection.execute("SELECT quotaline.hello('bench', 'bench')").fetchone()
        machine = row[0]["machine"] if row else 0
        for size in (1, 10, 100, 500, 1000, 5000, 20_000):
            count = min(rows, size * 200)
            texts = [
                json.dumps([made(f"{size}-{start}-{i}", start + i) for i in range(size)]) for start in range(0, count, size)
            ]
            rates = [count / timed(lambda: send(connection, machine, texts)) for _ in range(2)]  # noqa: B023 - called at once
            print(f"batches of {size}: {rates[0] * 1000:,.0f} rows/s; the same again {rates[1] * 1000:,.0f}")


def send(connection: psycopg.Connection, machine: int, texts: list[str]) -> None:
    """Push batches, one after the other."""
    for text in texts:
        connection.execute("SELECT quotaline.push_messages(%s, %s::jsonb)", (machine, text))


def made(name: str, number: int) -> dict[str, Any]:
    """A message as a machine pushes it."""
    counts = dict.fromkeys(("cache_write_5m", "cache_write_1h", "web_searches", "part", "flags"), 0)
    return {
        "message_id": f"msg_01{name:>22}",
        "request_id": f"req_011{name:>20}",
        "time": 1_764_000_000_000 + number * 60_000,
        "model": "claude-opus-5-5",
        "session": f"00000000-0000-4000-8000-{number // 50:012}",
        "project": "project-0123456789abcdef",
        "account": "00000000-0000-4000-8000-000000000000",
        "input": number,
        "output": 2 * number,
        "cache_read": 9 * number,
        "cost_usd": "0.0123",
        **counts,
    }


def month(fleet: Fleet, days: int) -> None:
    """A month of many machines: how large it is, what a team's sum and a dashboard's query take, and pushes beside it."""
    rows = MACHINES * A_DAY * days
    with psycopg.connect(fleet.url, autocommit=True) as connection:
        begun = time.perf_counter()
        connection.execute(PEOPLE.format(machines=MACHINES))
        for day in range(days):
            connection.execute(WORKDAY.format(day=day, a_day=A_DAY))
        made_in, added_in = time.perf_counter() - begun, timed(lambda: connection.execute(ADD_UP)) / 1000
        print(f"{rows:,} rows made in {made_in:.0f} s, added up in {added_in:.0f} s")
        connection.execute("VACUUM ANALYZE quotaline.message")
        connection.execute("VACUUM ANALYZE quotaline.usage_quarter, quotaline.usage_day")
        for table in ("message", "usage_quarter", "usage_day"):
            name = f"quotaline.{table}"
            sizes = f"SELECT pg_total_relation_size('{name}'), pg_relation_size('{name}'), (SELECT count(*) FROM {name})"  # noqa: S608
            whole, heap, count = connection.execute(sizes).fetchone() or (0, 0, 1)
            print(f"{table}: {whole / 1e9:.2f} GB, {heap / 1e9:.2f} of it rows; {count:,} rows of {whole / count:.0f} bytes")
        connection.execute("SELECT quotaline.hello('asker', 'asker')")
        connection.execute("TRUNCATE quotaline.summed")
        for name, query, values in (
            ("the team's month, added up", TEAM, SPAN),
            ("the team's month, kept", TEAM, SPAN),
            ("the month by person and model", BY_PERSON, None),
            ("the month by person and model, from the messages", FROM_ROWS, None),
        ):
            spent = timed(lambda: connection.execute(query, values).fetchall())  # noqa: B023 - called at once
            print(f"{name}: {spent:.1f} ms")
        minute(connection)


def minute(connection: psycopg.Connection) -> None:
    """A minute of a thousand machines: each greets and pushes what it used meanwhile, one message in three minutes."""
    query = "SELECT id FROM quotaline.machine WHERE name LIKE 'machine-%' ORDER BY id"
    ids = [number for (number,) in connection.execute(query)]
    names = [(f"machine-{i}", f"person-{i // 2}") for i in range(1, len(ids) + 1)]
    texts = [(number, json.dumps([made(f"live-{number}", number)])) for number in ids[::3]]
    greetings = timed(lambda: [connection.execute("SELECT quotaline.hello(%s, %s)", name) for name in names])
    pushes = timed(lambda: [connection.execute("SELECT quotaline.push_messages(%s, %s::jsonb)", text) for text in texts])
    each = f"{greetings / len(ids):.2f} ms a greeting, {pushes / len(texts):.2f} ms a push"
    print(f"a minute of {len(ids)} machines: {(greetings + pushes) / 1000:.2f} s of one connection ({each})")


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=3, help="days of the month that are made: 500,000 rows each")
    parser.add_argument("--turns", type=int, default=15)
    chosen = parser.parse_args()
    os.environ["TZ"] = "UTC"
    with tempfile.TemporaryDirectory() as name, postgres_server() as server:
        folder = Path(name)
        without_server(folder, chosen.turns)
        fleet = Fleet(server, folder)
        one_push(fleet, chosen.turns * 2)
        batches(fleet, 20_000)
        month(fleet, chosen.days)


if __name__ == "__main__":
    main()
