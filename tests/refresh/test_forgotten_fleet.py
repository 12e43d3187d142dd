"""What waits for a fleet that there is no longer is thrown away, and with it what writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from quotaline.ledger import open_ledger
from quotaline.ledger.changes import track, waiting
from quotaline.ledger.run_changes import track_runs
from quotaline.locations import resolve_locations
from quotaline.refresh.run import refresh
from transcript_lines import NOON, assistant, write
from usage_history import DAY, NOW

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [
        (json.dumps({"tried_at": NOW - 30 * DAY}), True),
        (json.dumps({"tried_at": NOW - 32 * DAY}), False),
        (json.dumps({"tried_at": None}), True),
        ("{", True),
        (None, True),
    ],
)
def test_a_log_that_nobody_reads_for_a_month_ends(state: str | None, is_kept: bool, home: Path) -> None:
    env = {"HOME": str(home), "TZ": "UTC"}
    path = resolve_locations(env).ledger
    assert path is not None
    write(home / ".claude", "s1", assistant("m1", NOON))
    refresh(env, NOW)
    with open_ledger(path) as ledger:
        assert track(ledger, anew=True)
        track_runs(ledger, anew=True)
        if state is not None:
            ledger.connection.execute("INSERT INTO fleet_state VALUES ('t', ?)", (state,))
    found = refresh(env, NOW + 60).snapshot
    assert found is not None
    assert not found.faults
    query = "SELECT count(*) FROM sqlite_master WHERE name IN ('message_logged', 'message_owned', 'run_logged', 'run_owned')"
    with open_ledger(path) as ledger:
        assert (4 if is_kept else 0,) == ledger.connection.execute(query).fetchone()
        assert waiting(ledger) == is_kept
        assert track(ledger, anew=False), "who wants it again gets all of them"
        assert waiting(ledger) == 1
