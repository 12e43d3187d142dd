"""Other programs' statistics in the ledger: kept once, kept for good, shown only where nothing of our own tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from quotaline.ledger import Ledger
from quotaline.ledger.imported import (
    NEAR,
    ImportedDay,
    ImportedLevel,
    file_state,
    imported_days,
    imported_readings,
    store_imported,
)
from quotaline.model import ExtraUsage
from samples import NOW
from usage_history import used

HERE, THERE = Path("/a/stats-cache.json"), Path("/b/stats-cache.json")
FIRST, SECOND = ImportedDay("2026-02-16", {"m": 5}, 10, 1, 2), ImportedDay("2026-02-17", {"m": 7, "n": 1})


def test_days_are_kept_once_and_grow_but_never_shrink(ledger: Ledger) -> None:
    for _ in range(2):
        store_imported(ledger, HERE, "1", days=[FIRST, SECOND])
        assert imported_days(ledger, ()) == [FIRST, SECOND]
    store_imported(ledger, HERE, "2", days=[ImportedDay("2026-02-16", {"m": 4}), ImportedDay("2026-02-17", {"m": 9})])
    assert imported_days(ledger, ()) == [FIRST, ImportedDay("2026-02-17", {"m": 9})]
    assert file_state(ledger, str(HERE)) == "2"
    assert file_state(ledger, str(THERE)) is None


def test_a_day_that_transcripts_tell_of_is_theirs(ledger: Ledger) -> None:
    store_imported(ledger, HERE, "1", days=[FIRST, SECOND])
    assert imported_days(ledger, {"2026-02-17"}) == [FIRST]
    assert imported_days(ledger, (), since="2026-02-17") == [SECOND]
    assert imported_days(ledger, (), until="2026-02-16") == [FIRST]


def test_two_folders_counts_of_a_day_are_added_up(ledger: Ledger) -> None:
    store_imported(ledger, HERE, "1", days=[FIRST, SECOND])
    store_imported(ledger, THERE, "1", days=[ImportedDay("2026-02-16", {"m": 1, "o": 2}, 5)])
    assert imported_days(ledger, ()) == [ImportedDay("2026-02-16", {"m": 6, "o": 2}, 15, 1, 2), SECOND]
    assert imported_days(ledger, ())[0].tokens == 8


def level(at: float, percent: float, window: str = "five_hour", owner: str = "o") -> ImportedLevel:
    return ImportedLevel(owner, window, at, percent)


def test_levels_are_kept_once_and_only_newer_ones_come(ledger: Ledger) -> None:
    path = Path("/d/plan-usage-history.json")
    first = [level(NOW - 2000, 5), level(NOW - 1000, 6), level(NOW - 1000, 3, "extra_usage")]
    for state in ("1", "2"):
        store_imported(ledger, path, state, levels=[*first, level(NOW - 1500, 9)] if state == "2" else first)
    found = imported_readings(ledger, "o", [], 0, NOW)
    assert [(one.value.id, one.as_of, one.value.utilization) for one in found] == [
        ("five_hour", NOW - 2000, 5.0),
        ("extra_usage", NOW - 1000, 3.0),
        ("five_hour", NOW - 1000, 6.0),
    ]
    assert all(one.alpha and one.source == "claude-desktop" for one in found)
    assert isinstance(found[1].value, ExtraUsage)
    assert imported_readings(ledger, "o", [], NOW - 1500, NOW - 1200) == []


@pytest.mark.parametrize(("apart", "shown"), [(NEAR + 1, True), (NEAR, False), (-NEAR, False), (-NEAR - 1, True)])
def test_a_level_near_a_reading_of_our_own_is_not_shown(ledger: Ledger, apart: float, *, shown: bool) -> None:
    store_imported(ledger, Path("/d/x"), "1", levels=[level(NOW, 5)])
    own = [used(50, NOW + apart), used(50, NOW, key="seven_day")]
    assert bool(imported_readings(ledger, "o", own, 0, NOW)) is shown


def test_another_organisations_levels_are_nobodys(ledger: Ledger) -> None:
    store_imported(ledger, Path("/d/x"), "1", levels=[level(NOW, 5)])
    assert [one.value.utilization for one in imported_readings(ledger, None, [], 0, NOW)] == [5.0]
    assert imported_readings(ledger, "another", [], 0, NOW) == []
    store_imported(ledger, Path("/d/x"), "2", levels=[level(NOW, 8, owner="another")])
    assert [one.value.utilization for one in imported_readings(ledger, "another", [], 0, NOW)] == [8.0]
    assert imported_readings(ledger, None, [], 0, NOW) == []
