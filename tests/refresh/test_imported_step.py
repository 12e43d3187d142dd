"""A refresh's look at other programs' statistics: only for those who opened them, once for each state of a file."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from imported_files import desktop_history, put, stats_cache
from quotaline.refresh import imported_step
from quotaline.refresh.run import refresh
from samples import NOW
from usage_history import configure

STEP = "quotaline.refresh.imported_step"


def kept(home: Path, table: str) -> int:
    with sqlite3.connect(home / ".local" / "share" / "quotaline" / "ledger.db") as ledger:
        (count,) = ledger.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name of the test's
    ledger.close()
    return int(count)


def furnish(home: Path) -> None:
    stats_cache(home / ".claude", {"2026-02-16": {"m": 5}})
    desktop_history(home, [(NOW - 900, {"fh": 12, "sd": 37})])


def test_each_state_of_a_file_is_read_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home)
    furnish(home)
    read: list[str] = []
    whole = imported_step.read_statistics

    def count(path: Path, now: float) -> object:
        read.append(path.name)
        return whole(path, now)

    monkeypatch.setattr(imported_step, "read_statistics", count)
    for turn in range(3):
        refresh({"HOME": str(home)}, NOW + turn * 60)
    assert sorted(read) == ["plan-usage-history.json", "stats-cache.json"]
    assert (kept(home, "imported_day"), kept(home, "imported_level")) == (1, 2)
    stats_cache(home / ".claude", {"2026-02-16": {"m": 5}, "2026-02-17": {"m": 50}})
    refresh({"HOME": str(home)}, NOW + 300)
    assert read[2:] == ["stats-cache.json"]
    assert kept(home, "imported_day") == 2


def test_a_damaged_file_costs_itself_and_is_read_again_when_it_changes(home: Path) -> None:
    configure(home)
    furnish(home)
    put(home / ".claude" / "stats-cache.json", "{")
    done = refresh({"HOME": str(home)}, NOW)
    assert done.snapshot is not None
    assert done.snapshot.faults == ()
    assert (kept(home, "imported_day"), kept(home, "imported_level")) == (0, 2)
    stats_cache(home / ".claude", {"2026-02-16": {"m": 5}})
    refresh({"HOME": str(home)}, NOW + 60)
    assert kept(home, "imported_day") == 1


@pytest.mark.parametrize(
    ("closed", "days", "levels"),
    [("sources.stats_cache.enabled = false\n", 0, 2), ("sources.claude_desktop.enabled = false\n", 1, 0)],
)
def test_each_can_be_closed_on_its_own(home: Path, closed: str, days: int, levels: int) -> None:
    configure(home)
    config = home / ".config" / "quotaline" / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + closed.removeprefix("sources."), encoding="utf-8")
    furnish(home)
    refresh({"HOME": str(home)}, NOW)
    assert (kept(home, "imported_day"), kept(home, "imported_level")) == (days, levels)


def test_without_the_switch_nothing_of_it_is_even_imported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(home)
    monkeypatch.delitem(sys.modules, STEP)
    refresh({"HOME": str(home)}, NOW)
    assert STEP not in sys.modules
    assert (kept(home, "imported_day"), kept(home, "imported_level")) == (0, 0)


def test_one_folder_under_two_names_is_one(home: Path) -> None:
    configure(home)
    furnish(home)
    (home / "other").symlink_to(home / ".claude")
    refresh({"HOME": str(home), "CLAUDE_CONFIG_DIR": f"{home / '.claude'},{home / 'other'}"}, NOW)
    assert kept(home, "imported_day") == 1
