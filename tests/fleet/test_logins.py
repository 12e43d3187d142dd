"""Two hundred logins on many machines: one request per login and period, whoever of its machines makes it."""

from __future__ import annotations

import pytest

from fleet_logins import Logins
from fleet_machines import Fleet

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("count", "shared", "each"), [(200, True, 1), (20, False, 3)])
def test_two_hundred_logins_make_one_request_each_in_a_period(fleet: Fleet, count: int, *, shared: bool, each: int) -> None:
    """Without the fleet each of a login's three machines makes its own: the measure measures something."""
    logins = Logins(fleet, logins=count, machines=20, each=3)
    logins.rounds(4, apart=150.0, shared=shared)  # two periods of 300 s
    assert {2 * each} == {len(times) for times in logins.asked.values()}
    assert count == len(logins.asked)
    if shared:
        assert 300 <= min(logins.gaps())
        assert [(200, 400)] == fleet.sql("SELECT count(*), sum(requests)::int FROM quotaline.request")
