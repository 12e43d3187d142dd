"""Requests that were counted elsewhere are moved to the one place where they count, the stricter word kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotaline.errors import Outcome
from quotaline.ledger import Ledger, open_ledger
from quotaline.locations import resolve_locations
from quotaline.ratelimit.home import FINGERPRINT_KEY, TABLES, move_requests, open_limiter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Budget = tuple[str, float | None, str, float, int, str | None]
TIMES = st.integers(0, 9).map(float)
BUDGETS = st.lists(
    st.tuples(
        st.sampled_from(["account:a", "token:t"]),
        st.none() | TIMES,
        st.sampled_from(Outcome).map(str),
        TIMES,
        st.integers(0, 3),
        st.none() | st.just("c"),
    ),
    unique_by=lambda row: row[0],
)
REQUESTS = st.lists(st.tuples(st.sampled_from("ab"), st.just("endpoint"), TIMES, st.just("answered")), unique=True)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Ledger, Ledger]]:
    with open_ledger(tmp_path / "old.db") as old, open_ledger(tmp_path / "new.db") as new:
        yield old, new


def fill(ledger: Ledger, budgets: list[Budget], requests: list[tuple[Any, ...]]) -> None:
    with ledger.transaction() as connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        connection.executemany("INSERT INTO request_budget VALUES (?, ?, ?, ?, ?, ?)", budgets)
        connection.executemany("INSERT INTO request (key, source, asked_at, outcome) VALUES (?, ?, ?, ?)", requests)


def budgets_of(ledger: Ledger) -> dict[str, Budget]:
    return {row[0]: row for row in ledger.connection.execute("SELECT * FROM request_budget")}


def requests_of(ledger: Ledger) -> list[tuple[Any, ...]]:
    return sorted(ledger.connection.execute("SELECT key, source, asked_at, outcome FROM request"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(BUDGETS, BUDGETS, REQUESTS, REQUESTS)
def test_the_later_request_and_the_longer_block_hold_and_each_request_is_kept_once(
    pair: tuple[Ledger, Ledger],
    here: list[Budget],
    there: list[Budget],
    made: list[tuple[Any, ...]],
    made_there: list[tuple[Any, ...]],
) -> None:
    old, new = pair
    fill(new, here, made)
    for _ in range(2):  # the second time as after a kill between the two commits
        fill(old, there, made_there)
        move_requests(old, new)
    found, ours, theirs = budgets_of(new), {row[0]: row for row in here}, {row[0]: row for row in there}
    assert ours.keys() | theirs.keys() == found.keys()
    for key, budget in found.items():
        rows = [side[key] for side in (ours, theirs) if key in side]
        asked = [row[1] for row in rows if row[1] is not None]
        assert (max(asked, default=None), max(row[3] for row in rows)) == (budget[1], budget[3])
        assert budget[2:] in [row[2:] for row in rows]
    assert sorted({*made, *made_there}) == requests_of(new)
    assert ({}, []) == (budgets_of(old), requests_of(old))


def test_the_key_of_the_fingerprints_moves_with_them_and_replaces_none(home: Path) -> None:
    where = resolve_locations({"HOME": str(home), "XDG_DATA_HOME": str(home / "snap")})
    assert where.ledger
    assert where.limiter_dir == home / ".local/share/quotaline"
    for key in (b"first", b"second"):
        with open_ledger(where.ledger) as ledger:
            (where.ledger.parent / FINGERPRINT_KEY).write_bytes(key)
            with open_limiter(where, ledger) as limiter:
                assert limiter is not ledger
        assert b"first" == (where.limiter_dir / FINGERPRINT_KEY).read_bytes()


def test_one_ledger_is_opened_once_however_its_folder_is_spelled(home: Path) -> None:
    (home / "real").mkdir()
    (home / ".local").mkdir()
    (home / ".local/share").symlink_to(home / "real")
    where = resolve_locations({"HOME": str(home), "XDG_DATA_HOME": str(home / "real")})
    assert where.ledger
    with open_ledger(where.ledger) as ledger, open_limiter(where, ledger) as limiter:
        assert limiter is ledger
