"""Waiting with an injected clock: it sleeps to the reset that binds, wakes with the data, and survives a suspended machine."""

from __future__ import annotations

from collections.abc import Callable

from quotaline.config.guard_limits import guard_limits
from quotaline.config.schema import Guard
from quotaline.guard.verdict import Verdict, verdict
from quotaline.guard.watch import GRACE, STEP, wait_for_room
from quotaline.model import Reading
from usage_history import DAY, HOUR, NOW, used

LIMITS = guard_limits(Guard(five_hour=80, seven_day=90, max_age="1d"), HOUR)


class World:
    """A clock that moves only by sleeping, and readings that change at given times."""

    def __init__(
        self, *changes: tuple[float, list[Reading]], sleeps_for: Callable[[float], float] = lambda seconds: seconds
    ) -> None:
        self.now, self._changes, self._sleeps_for = NOW, changes, sleeps_for
        self.looks: list[float] = []
        self.slept = 0.0

    def look(self, now: float) -> Verdict:
        self.looks.append(now)
        return verdict([used(0, NOW, key="seven_day", resets_at=NOW + 3 * DAY), *self._known()], LIMITS, now)

    def changed(self) -> int:
        return sum(when <= self.now for when, _ in self._changes)

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= STEP
        self.slept += seconds
        self.now += self._sleeps_for(seconds)

    def wait(self, timeout: float | None = None) -> Verdict:
        return wait_for_room(self.look, self.changed, clock=lambda: self.now, sleep=self.sleep, timeout=timeout)

    def _known(self) -> list[Reading]:
        return next((readings for when, readings in reversed(self._changes) if when <= self.now), [])


def test_with_room_it_does_not_wait() -> None:
    world = World((NOW, [used(10, NOW)]))
    assert world.wait().outcome == "room"
    assert (world.slept, world.looks) == (0, [NOW])


def test_it_sleeps_to_the_reset_that_binds_and_looks_only_then() -> None:
    world = World((NOW, [used(85, NOW)]))
    assert world.wait().outcome == "room"
    assert world.looks == [NOW, NOW + 2 * HOUR + GRACE]


def test_it_wakes_when_the_data_changes() -> None:
    world = World((NOW, [used(85, NOW)]), (NOW + 600, [used(3, NOW + 600, resets_at=NOW + 6 * HOUR)]))
    assert world.wait().outcome == "room"
    assert world.looks == [NOW, NOW + 600]


def test_a_machine_that_slept_goes_on_when_it_wakes() -> None:
    """Each sleep of five seconds takes four hours of the wall clock: the reset lies in the first one."""
    world = World((NOW, [used(85, NOW)]), sleeps_for=lambda _: 4 * HOUR)
    assert world.wait().outcome == "room"
    assert world.slept <= STEP


def test_a_new_period_that_is_full_as_well_is_waited_for_in_its_turn() -> None:
    again = used(95, NOW + 2 * HOUR + 5, resets_at=NOW + 7 * HOUR)
    world = World((NOW, [used(85, NOW)]), (NOW + 2 * HOUR + 5, [again]))
    assert world.wait().outcome == "room"
    assert world.now == NOW + 7 * HOUR + GRACE


def test_after_the_timeout_the_answer_is_no() -> None:
    world = World((NOW, [used(85, NOW)]))
    assert world.wait(timeout=100).outcome == "no_room"
    assert world.now == NOW + 100


def test_what_becomes_unknown_is_not_waited_for() -> None:
    world = World((NOW, [used(85, NOW)]), (NOW + 60, []))
    assert world.wait().outcome == "unknown"
    assert world.now == NOW + 60


def test_without_a_reset_it_waits_for_the_data_alone() -> None:
    full = used(85, NOW, resets_at=None)
    world = World((NOW, [full]), (NOW + 9000, [used(5, NOW + 9000, resets_at=None)]))
    assert world.wait().outcome == "room"
    assert world.looks == [NOW, NOW + 9000]


def test_a_clock_that_is_set_back_does_not_hang_it() -> None:
    jumps = iter([-30 * DAY])
    world = World((NOW - 40 * DAY, [used(85, NOW)]), sleeps_for=lambda seconds: next(jumps, seconds))
    assert world.wait(timeout=60).outcome == "no_room"
