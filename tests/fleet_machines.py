"""Machines of a fleet, each with a home, transcripts and a ledger of its own, and one database that they push to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quotaline.config.schema import Fleet as FleetConfig
from quotaline.fleet.push import Visit, visit_if_due
from quotaline.fleet.state import FleetState, load_state
from quotaline.ledger import open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.locations import resolve_locations
from quotaline.prices import PriceBook
from transcript_lines import dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postgres import Postgres
    from quotaline.model import Reading

COUNTERS = "input, output, cache_write_5m, cache_write_1h, cache_read, web_searches"
SUMS = ", ".join(f"sum({name})::bigint" for name in COUNTERS.split(", "))
UNSOUND = f"""
WITH anew AS (
  SELECT floor(extract(epoch FROM time) / 900)::int AS quarter, machine_id, project, model, flags & 3 AS flags,
    (input + cache_write_5m + cache_write_1h + cache_read > 100000)::int
    + (input + cache_write_5m + cache_write_1h + cache_read > 200000)::int AS step,
    count(*) FILTER (WHERE part = 0), {SUMS}, coalesce(sum(cost_usd), 0), count(*) FILTER (WHERE cost_usd IS NULL)
  FROM quotaline.message GROUP BY 1, 2, 3, 4, 5, 6
) (TABLE anew EXCEPT TABLE quotaline.usage_quarter) UNION ALL (TABLE quotaline.usage_quarter EXCEPT TABLE anew)"""  # noqa: S608
QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
UNSOUND_DAYS = f"""
WITH anew AS (
  SELECT quarter / 96 AS day, machine_id, model, flags, step, sum(messages)::bigint, {SUMS}
  FROM quotaline.usage_quarter GROUP BY 1, 2, 3, 4, 5
) (TABLE anew EXCEPT TABLE quotaline.usage_day) UNION ALL (TABLE quotaline.usage_day EXCEPT TABLE anew)"""  # noqa: S608
ACCOUNT = "00000000-0000-4000-8000-00000000000a"


class Machine:
    """One machine: `write` appends to its transcripts, `push` visits the fleet with them."""

    def __init__(self, name: str, home: Path, url: str, *, user: str = "ann") -> None:
        self.name, self.home, self.now = name, home, time.time()
        home.mkdir()
        self.env = {**os.environ, "HOME": str(home)}
        self.where = resolve_locations(self.env)
        self.fleet = FleetConfig(url=url, machine=name, user=user)

    @property
    def ledger(self) -> Path:
        assert self.where.ledger is not None
        return self.where.ledger

    def write(self, *lines: dict[str, Any], file: str = "s1") -> None:
        path = self.home / ".claude" / "projects" / "p" / f"{file}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as transcript:
            transcript.write(dump(*lines))

    def read(self) -> None:
        """Bring the ledger up to the transcripts."""
        with open_ledger(self.ledger) as ledger:
            import_transcripts(ledger, self.where.claude_dirs)

    def push(
        self,
        *,
        account: str | None = None,
        readings: Sequence[Reading] = (),
        eager: bool = True,
        later: float = 0.0,
        periods: Sequence[str] = (),
    ) -> FleetState:
        self.now += later
        self.read()
        visit = Visit(
            fleet=self.fleet,
            where=self.where,
            env=self.env,
            now=self.now,
            prices=PriceBook(),
            account=account,
            readings=readings,
            periods=periods,
        )
        state = visit_if_due(visit, eager=eager, luck=lambda: 0.0)
        assert state is not None
        return state

    def state(self) -> FleetState:
        with open_ledger(self.ledger) as ledger:
            return load_state(ledger, self.fleet)

    def sums(self) -> list[tuple[Any, ...]]:
        """(model, messages, six counters) of its own ledger."""
        sums = ", ".join(f"sum({name})" for name in COUNTERS.split(", "))
        query = f"SELECT name, count(*), {sums} FROM message JOIN model ON model.id = model_id GROUP BY 1 ORDER BY 1"  # noqa: S608
        with open_ledger(self.ledger) as ledger:
            return [tuple(row) for row in ledger.connection.execute(query)]


class Fleet:
    """The database and its machines."""

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.url = server.database()
        self.database = self.url.rpartition("/")[2]

    def machine(self, name: str, *, user: str = "ann", url: str = "") -> Machine:
        return Machine(name, self.folder / name, url or self.url, user=user)

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        return self.server.sql(text, database=self.database)

    def sums(self, by: str = "model") -> list[tuple[Any, ...]]:
        """(key, messages, six counters); the sums per quarter of an hour and per day are held equal to what they are of."""
        assert [] == self.sql(UNSOUND)
        assert [] == self.sql(UNSOUND_DAYS)
        query = f"SELECT {by}, count(*), {SUMS} FROM quotaline.usage GROUP BY 1 ORDER BY 1"  # noqa: S608
        return self.sql(query)


def configure(machine: Machine) -> None:
    """Write the `[fleet]` of its config.toml."""
    path = machine.home / ".config" / "quotaline" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(f'[fleet]\nurl = "{machine.fleet.url}"\nmachine = "{machine.name}"\nuser = "{machine.fleet.user}"\n')


def run(machine: Machine, *words: str, **more: str) -> str:
    """What `quotaline` prints there."""
    done = subprocess.run([*QUOTALINE, *words], env={**machine.env, **more}, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout


__all__ = ["ACCOUNT", "QUOTALINE", "UTC", "Fleet", "Machine", "configure", "run"]
