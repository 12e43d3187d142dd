"""Claude Code's and Claude Desktop's own statistics: what can be understood of them counts, whatever else is in the file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imported_files import ORG, desktop_history, put, stats_cache
from quotaline.errors import SourceError
from quotaline.ledger.imported import ImportedDay, ImportedLevel
from quotaline.sources import claude_desktop
from quotaline.sources import stats_cache as source
from samples import NOW

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_days_have_their_models_and_counts(tmp_path: Path) -> None:
    path = stats_cache(tmp_path, {"2026-02-17": {"m": 7}, "2026-02-16": {"m": 5, "n": 0}}, {"2026-02-16": 100})
    assert source.read(path) == [ImportedDay("2026-02-16", {"m": 5, "n": 0}, 100, 2, 3), ImportedDay("2026-02-17", {"m": 7})]


@pytest.mark.parametrize(
    ("day", "models"),
    [
        ("2026-02-30", {"m": 1}),
        ("2026-2-3", {"m": 1}),
        ("yesterday", {"m": 1}),
        ("1999-01-01", {"m": 1}),
        ("2026-02-18", {"m": -1}),
        ("2026-02-18", {"m": 1e30}),
        ("2026-02-18", {"m": True}),
        ("2026-02-18", {"m": "9"}),
        ("2026-02-18", {"\x1b\u202e": 4}),
        ("2026-02-18", {}),
    ],
)
def test_a_day_that_cannot_be_understood_costs_itself(tmp_path: Path, day: str, models: dict[str, Any]) -> None:
    path = stats_cache(tmp_path, {"2026-02-16": {"m": 5}, day: models})
    assert source.read(path) == [ImportedDay("2026-02-16", {"m": 5})]


def test_levels_have_their_window_time_and_owner(home: Path) -> None:
    path = desktop_history(home, [(NOW - 900, {"fh": 12, "sd": 37.5, "xu": None}), (NOW - 1800, {"fh": 11, "xu": 3})])
    assert claude_desktop.path_of({"HOME": str(home)}) == path
    assert claude_desktop.read(path, NOW) == [
        ImportedLevel(ORG, "extra_usage", NOW - 1800, 3.0),
        ImportedLevel(ORG, "five_hour", NOW - 1800, 11.0),
        ImportedLevel(ORG, "five_hour", NOW - 900, 12.0),
        ImportedLevel(ORG, "seven_day", NOW - 900, 37.5),
    ]


def test_on_a_mac_it_lies_where_programs_keep_their_things(home: Path) -> None:
    folder = home / "Library" / "Application Support" / "Claude"
    folder.mkdir(parents=True)
    assert claude_desktop.path_of({"HOME": str(home)}).parent == folder


@pytest.mark.parametrize("used", [{"fh": -1}, {"fh": "12"}, {"fh": 10**9}, {"fh": True}, {}, None, [12]])
def test_a_sample_that_cannot_be_understood_costs_itself(home: Path, used: Any) -> None:
    path = desktop_history(home, [(NOW - 1800, used), (NOW - 900, {"sd": 5}), (NOW + 900, {"sd": 6}), (5.0, {"sd": 7})])
    assert [one.percent for one in claude_desktop.read(path, NOW)] == [5.0]


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", "null", '{"samples": 5, "dailyModelTokens": {}}', "[" * 100_000])
def test_a_file_without_any_of_it_is_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=r"stats-cache.json (holds no day|is not the JSON)"):
        source.read(put(tmp_path / "stats-cache.json", text))
    with pytest.raises(SourceError, match=r"plan-usage-history.json (holds no sample|is not the JSON)"):
        claude_desktop.read(put(tmp_path / "plan-usage-history.json", text), NOW)


def test_what_is_too_large_or_no_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST_FILE", 50)
    with pytest.raises(SourceError, match="larger than"):
        source.read(stats_cache(tmp_path, {"2026-02-16": {"m": 5}}))
    os.mkfifo(tmp_path / "plan-usage-history.json")
    with pytest.raises(SourceError, match="not a regular file"):
        claude_desktop.read(tmp_path / "plan-usage-history.json", NOW)


@given(JSON, JSON)
def test_no_body_is_more_than_days_and_levels(tmp_path_factory: pytest.TempPathFactory, one: Any, other: Any) -> None:
    folder = tmp_path_factory.getbasetemp()
    body = {"dailyModelTokens": [{"date": "2026-02-16", "tokensByModel": one}], "dailyActivity": other}
    samples = {"samples": [{"t": one, "org": "o", "u": other}, {"t": NOW, "org": other, "u": one}, one, other]}
    for read, name, text in (
        (lambda path: [day.tokens for day in source.read(path)], "stats-cache.json", body),
        (lambda path: [level.percent for level in claude_desktop.read(path, NOW)], "plan-usage-history.json", samples),
    ):
        try:
            found = read(put(folder / name, json.dumps(text)))
        except SourceError:
            continue
        assert all(number >= 0 for number in found)
