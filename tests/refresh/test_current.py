"""The snapshot that a command shows, and what it says where there can be none."""

from __future__ import annotations

from pathlib import Path

import pytest

from quotaline.locations import resolve_locations
from quotaline.model import SourceState
from quotaline.refresh.current import current_snapshot
from quotaline.refresh.run import refresh
from usage_history import NOW, configure

UNWRITABLE, UNREAD = "the cache folder cannot be written", "nothing has been read yet"


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("in_the_way", [False, True])
def test_an_empty_snapshot_says_why_there_is_none(in_the_way: bool, offline: bool, home: Path) -> None:
    (home / "cache").touch() if in_the_way else (home / "cache").mkdir()
    env = {"HOME": str(home), "QUOTALINE_CACHE_DIR": str(home / "cache" / "ours")}
    found = [one.why for one in current_snapshot(resolve_locations(env), env, NOW, offline=offline).missing]
    if in_the_way or offline:
        assert found == [UNREAD if offline else UNWRITABLE]
    else:
        assert UNWRITABLE not in found


def test_a_source_that_could_not_be_read_has_given_nothing(home: Path) -> None:
    configure(home)
    (home / ".claude.json").write_text("nonsense", encoding="utf-8")
    snapshot = refresh({"HOME": str(home), "TZ": "UTC"}, NOW).snapshot
    assert snapshot is not None
    states = {state.source: state for state in snapshot.sources}
    assert states["claude-json"].problem
    assert states["claude-json"].readings == 0 == SourceState(source="x").readings
