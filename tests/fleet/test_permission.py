"""Ten machines with one login make one request per period, and each respects what the server said to another."""

from __future__ import annotations

import json
import random
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from msgspec import structs

from fleet_machines import ACCOUNT, Fleet, Machine
from postgres import free_port
from quotaline.config.schema import ClaudeCli, Endpoint, Sources
from quotaline.errors import Outcome, RequestError
from quotaline.fleet.permission import FleetLimiter
from quotaline.fleet.state import FleetState, save_state
from quotaline.ledger import open_ledger
from quotaline.model import Reading, SourceState, Window
from quotaline.ratelimit.requester import Requester
from quotaline.snapshot.merge import merge
from quotaline.sources import endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow
SOURCES = Sources(claude_cli=ClaudeCli(enabled=False), endpoint=Endpoint())
MINUTE = 60.0


class World:
    """One clock for Anthropic's server, the database and the machines, moved by the test; `asked` are the requests made."""

    def __init__(self, fleet: Fleet, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.fleet, self.asked, self.answer = fleet, list[tuple[float, str]](), RequestError("", Outcome.ANSWERED)
        self.machines: list[Machine] = []
        self.known: dict[str, list[Reading]] = {}
        patch.setattr(endpoint, "read", self.read)
        patch.setattr("quotaline.ratelimit.requester.last_activity", lambda _ledger: self.now)
        self.clock: psycopg.Connection | None = None
        self.here: Machine | None = None

    def add(self, count: int, *, account: str = ACCOUNT, url: str = "") -> None:
        for _ in range(count):
            machine = self.fleet.machine(f"m{len(self.machines)}", url=url)
            login = {
                "claudeAiOauth": {"accessToken": f"sk-ant-{'oat01'}-{account[-1]}{'x' * 24}", "expiresAt": 4_102_444_800_000}
            }
            (machine.home / ".claude").mkdir()
            (machine.home / ".claude" / ".credentials.json").write_text(json.dumps(login))
            self.machines.append(machine)
            self.known[machine.name] = []
            self.now = self.now or machine.now
            machine.push()
        self.tick(0.0)

    def tick(self, seconds: float) -> None:
        """Let time pass, for the database too."""
        self.now += seconds
        if self.clock is None:
            self.clock = psycopg.connect(self.fleet.url, autocommit=True)
            self.clock.execute("CREATE TABLE clock AS SELECT now() AS at")
            moment = "CREATE OR REPLACE FUNCTION quotaline.moment() RETURNS timestamptz LANGUAGE sql VOLATILE"
            self.clock.execute(f"{moment} AS 'SELECT at FROM public.clock'")  # noqa: S608
        self.clock.execute("UPDATE clock SET at = to_timestamp(%s)", (self.now,))

    def read(self, *_: Any, **__: Any) -> list[Reading]:
        assert self.here is not None
        self.asked.append((self.now, self.here.name))
        if self.answer.outcome is not Outcome.ANSWERED:
            raise self.answer
        value = Window(id="five_hour", name="5h", utilization=1.0, resets_at=self.now + 9000)
        return [Reading(value=value, source="endpoint", as_of=self.now, account=ACCOUNT, alpha=True)]

    def refresh(self, machine: Machine, *, account: str = ACCOUNT, shared: bool = True) -> list[SourceState]:
        """What a refresh does: take what is known, ask if that may be, visit the fleet."""
        self.here, machine.now = machine, self.now
        states: list[SourceState] = []
        known = merge([*self.known[machine.name], *machine.state().taken.get(account, ())], self.now)
        assert machine.where.limiter_dir is not None
        with open_ledger(machine.ledger) as ledger:
            limiter = FleetLimiter(machine.fleet, machine.ledger, machine.env, account)
            requester = Requester(
                ledger=ledger, limiter=ledger, limiter_dir=machine.where.limiter_dir, env=machine.env, sources=SOURCES,
                now=self.now, zone=UTC, account=account, current_account=lambda: account, dice=random.Random(1),
                shared=limiter if shared else None,
            )  # fmt: skip
            known = merge([*known, *requester.readings(known, states)], self.now)
        self.known[machine.name] = known
        machine.push(account=account, readings=known, eager=False)
        return states

    def minutes(self, count: int, **options: Any) -> None:
        for _ in range(count):
            for machine in self.machines:
                self.tick(MINUTE / len(self.machines))
                self.refresh(machine, **options)


@pytest.fixture
def world(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World(fleet, monkeypatch)
    yield found
    if found.clock:
        found.clock.close()


def gaps(asked: list[tuple[float, str]]) -> list[float]:
    return [later[0] - earlier[0] for earlier, later in pairwise(asked)]


def test_ten_machines_make_one_request_per_period(world: World) -> None:
    world.add(10)
    world.minutes(25)
    assert 300 <= min(gaps(world.asked))
    assert 5 == len(world.asked)
    assert {1.0} == {known[0].value.utilization for known in world.known.values()}


def test_alone_each_of_them_would_make_its_own(world: World) -> None:
    """The measure above measures something."""
    world.add(4)
    for _ in range(25):
        for machine in world.machines:
            world.tick(MINUTE / 4)
            world.known[machine.name] = [one for one in world.known[machine.name] if one.source != "fleet"]
            states = world.refresh(machine, shared=False)
            assert states
            world.fleet.sql("TRUNCATE quotaline.latest")
    assert len(world.asked) >= 4 * 4


def test_a_block_is_heard_by_all(world: World) -> None:
    world.add(5)
    world.answer = RequestError("too many", Outcome.RATE_LIMITED, 3037.0)
    world.minutes(60)
    assert 2 == len(world.asked)
    assert gaps(world.asked)[0] >= 3037
    notes = {str(state.note) for machine in world.machines for state in world.refresh(machine)}
    assert any("of your fleet asked for this login, and it ended so: rate limited" in note for note in notes)


def test_two_logins_do_not_wait_for_each_other(world: World) -> None:
    world.add(2)
    other = ACCOUNT[:-1] + "b"
    for _ in range(2):
        world.refresh(world.machines[0])
        world.refresh(world.machines[1], account=other)
        world.tick(301)
    assert 4 == len(world.asked)
    assert [(2,), (2,)] == world.fleet.sql("SELECT requests FROM quotaline.request")
    assert ACCOUNT not in str(world.fleet.sql("SELECT * FROM quotaline.request"))


def test_without_the_fleet_the_local_limiter_decides_alone(world: World) -> None:
    world.add(3)
    url = f"postgresql://127.0.0.1:{free_port()}/x"
    for machine in world.machines:
        identity = machine.state().identity
        assert identity is not None
        machine.fleet = structs.replace(machine.fleet, url=url)
        with open_ledger(machine.ledger) as ledger:
            save_state(ledger, machine.fleet, FleetState(identity=identity))
    world.minutes(20)
    by_machine = {machine.name: [one for one in world.asked if one[1] == machine.name] for machine in world.machines}
    assert all(3 <= len(asked) <= 4 for asked in by_machine.values())
    assert all(min(gaps(asked)) >= 300 for asked in by_machine.values())


def test_a_machine_that_died_while_it_asked_forbids_it_for_one_period(world: World) -> None:
    world.add(2)
    first, second = (FleetLimiter(m.fleet, m.ledger, m.env, ACCOUNT) for m in world.machines)
    assert first.begin(world.now).allowed
    assert not second.begin(world.now).allowed
    assert not second.remembered(world.now + 299).allowed
    world.tick(301)
    assert second.remembered(world.now).allowed
    assert second.begin(world.now).allowed


def test_what_was_not_sent_is_given_back(world: World) -> None:
    world.add(2)
    first, second = (FleetLimiter(m.fleet, m.ledger, m.env, ACCOUNT) for m in world.machines)
    assert first.begin(world.now).allowed
    first.withdrawn(world.now)
    assert second.begin(world.now).allowed


def test_a_database_whose_clock_goes_back_forbids_nothing_for_ever(world: World) -> None:
    world.add(2)
    first, second = (FleetLimiter(m.fleet, m.ledger, m.env, ACCOUNT) for m in world.machines)
    assert first.begin(world.now).allowed
    world.tick(-10 * 86_400)
    told = second.begin(world.now)
    assert not told.allowed
    assert told.at - world.now <= 300
