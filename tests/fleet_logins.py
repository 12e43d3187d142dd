"""Many logins on a fleet: how often Anthropic's server is asked, by the real limiters and tables, on a clock of their own."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import psycopg

from quotaline.config.schema import ClaudeCli, Endpoint, Sources
from quotaline.fleet.permission import FleetLimiter
from quotaline.ledger import open_ledger
from quotaline.model import Reading, Window
from quotaline.ratelimit.requester import Requester
from quotaline.sources import endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet_machines import Fleet, Machine

SOURCES = Sources(claude_cli=ClaudeCli(enabled=False), endpoint=Endpoint())
MOMENT = """CREATE TABLE clock AS SELECT now() AS at;
CREATE OR REPLACE FUNCTION quotaline.moment() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM public.clock'"""


class Seat(NamedTuple):
    """A login in a folder of its own on one machine."""

    machine: Machine
    account: str
    env: dict[str, str]


class Logins:
    """`logins` logins, each on `each` of the `machines`; `asked` has the times of each login's requests."""

    def __init__(self, fleet: Fleet, *, logins: int, machines: int, each: int) -> None:
        self.fleet, self.asked = fleet, defaultdict[str, list[float]](list)
        places = [fleet.machine(f"m{i}") for i in range(machines)]
        for machine in places:
            machine.push()
        self.now = places[0].now
        self.seats = [self._seat(places[(i + turn) % machines], i) for i in range(logins) for turn in range(each)]
        random.Random(7).shuffle(self.seats)
        fleet.sql(MOMENT)

    def _seat(self, machine: Machine, number: int) -> Seat:
        folder = machine.home / f".claude-{number}"
        folder.mkdir()
        token = f"sk-ant-{'oat01'}-{number:024}"
        login = {"claudeAiOauth": {"accessToken": token, "expiresAt": 4_102_444_800_000}}
        (folder / ".credentials.json").write_text(json.dumps(login))
        account = f"00000000-0000-4000-8000-{number:012}"
        return Seat(machine, account, {**machine.env, "CLAUDE_CONFIG_DIR": str(folder)})

    def rounds(self, count: int, *, apart: float, shared: bool = True) -> None:
        """Let every seat refresh `count` times, one after the other, a round every `apart` seconds."""
        with psycopg.connect(self.fleet.url, autocommit=True) as clock, self._server():
            for _ in range(count):
                for seat in self.seats:
                    self.now += apart / len(self.seats)
                    clock.execute("UPDATE clock SET at = to_timestamp(%s)", (self.now,))
                    self._refresh(seat, shared=shared)

    def gaps(self) -> Iterator[float]:
        """Seconds between two requests of one login."""
        for times in self.asked.values():
            yield from (later - earlier for earlier, later in pairwise(times))

    def _server(self) -> Any:
        def read(*_: Any, account: str, **__: Any) -> list[Reading]:
            self.asked[account].append(self.now)
            value = Window(id="five_hour", name="5h", utilization=1.0, resets_at=self.now + 9000)
            return [Reading(value=value, source="endpoint", as_of=self.now, account=account, alpha=True)]

        return mock.patch.object(endpoint, "read", read)

    def _refresh(self, seat: Seat, *, shared: bool) -> None:
        """What is asked in a refresh of somebody who knows nothing yet; everybody works all the time."""
        machine = seat.machine
        assert machine.where.limiter_dir is not None
        limiter = FleetLimiter(machine.fleet, machine.ledger, seat.env, seat.account) if shared else None
        with (
            open_ledger(machine.ledger) as ledger,
            mock.patch("quotaline.ratelimit.requester.last_activity", return_value=self.now),
        ):
            requester = Requester(
                ledger=ledger, limiter=ledger, limiter_dir=machine.where.limiter_dir, env=seat.env, sources=SOURCES,
                now=self.now, zone=UTC, account=seat.account, current_account=lambda: seat.account, dice=random.Random(1),
                shared=limiter,
            )  # fmt: skip
            requester.readings([], [])
