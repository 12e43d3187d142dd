"""The ground where its rules turn: widths, names, slugs, what a session hands over, money that moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quotaline.core import paths
from quotaline.core.merge import Candidate, choose_window
from quotaline.core.paths import account_slug
from quotaline.core.rate_limits import only_fewer
from quotaline.core.session import session_fields
from quotaline.core.surfaces import SURFACES
from quotaline.core.values import slug
from quotaline.locations import resolve_locations
from quotaline.render.paint import UNESCAPED, cut_mark, width
from samples import NOW, sample


def test_a_slug_is_of_the_first_forty_characters() -> None:
    assert slug("a" * 39) == "a" * 39
    assert slug("a" * 40) == slug("a" * 41) == "a" * 40


@pytest.mark.parametrize(
    ("config_dir", "readable"),
    [
        ("/home/x/.claude-work", "x-.claude-work"),
        ("/home/x/.claude_2", "x-.claude_2"),
        ("C:\\Users\\me\\claude", "me-claude"),
        ("/home/x/a b", "x-a-b"),
        ("/.claude", "claude"),
        ("/é", "account"),
    ],
)
def test_an_accounts_folder_can_be_recognized(config_dir: str, readable: str) -> None:
    assert account_slug(config_dir).rpartition("-")[0] == readable


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [("", "~/.claude"), ("{home}/.work", "~/.work"), ("{home}/.work, /other", "~/.work, /other"), ("{home}", "~")],
)
def test_the_folder_of_the_account_is_shown_from_the_home_folder(chosen: str, shown: str, home: Path) -> None:
    where = resolve_locations({"HOME": str(home), "CLAUDE_CONFIG_DIR": chosen.format(home=home)})
    assert where.config_dir == shown


@pytest.mark.parametrize(("text", "cells"), [("a\u02ff", 2), ("a\u0300", 1), ("a\u0301b", 2), ("█▲€", 3), ("漢", 2)])
def test_what_stands_above_a_letter_takes_no_cell(text: str, cells: int) -> None:
    assert width(text) == cells


def test_a_surface_may_be_cut_where_its_table_says() -> None:
    assert {name: cut_mark(name) for name in SURFACES} == {
        name: "" if name in UNESCAPED else place.cut for name, place in SURFACES.items()
    }
    assert cut_mark("bash") != ""


@pytest.mark.parametrize(
    ("cache", "left"),
    [
        ({"warm": True, "expires_at": NOW + 290}, 290),
        ({"warm": True, "expires_at": NOW}, None),
        ({"warm": True, "expires_at": NOW + 0.5}, 0.5),
        ({"warm": True, "expires_at": NOW + 7 * 86400}, 7 * 86400),
        ({"warm": True, "expires_at": NOW + 7 * 86400 + 1}, None),
        ({"warm": False, "expires_at": NOW + 290}, None),
        ({"warm": 1, "expires_at": NOW + 290}, None),
        ({"expires_at": NOW + 290}, None),
        ({"warm": True}, None),
    ],
)
def test_the_prompt_cache_is_warm_while_the_client_says_so(cache: dict[str, Any], left: float | None) -> None:
    assert session_fields(sample("after-response") | {"prompt_cache": cache}, "/home/user", NOW).get("cache.left") == left


def test_of_readings_of_one_moment_the_higher_counts_also_below_one_percent() -> None:
    nothing, little = (Candidate(NOW, NOW + 60, level, "") for level in (0.0, 0.5))
    assert choose_window([nothing, little], NOW) == (little, False)
    assert choose_window([little, nothing], NOW) == (little, False)


def test_a_fresh_higher_reading_of_another_session_counts_also_below_one_percent() -> None:
    newest, higher = Candidate(NOW, NOW + 60, 0.0, "session a"), Candidate(NOW - 1, NOW + 60, 0.5, "session b")
    assert choose_window([newest, higher], NOW)[0] is higher


def test_two_readings_of_one_moment_move_no_reset() -> None:
    one, other = Candidate(NOW, NOW + 60, 1.0, ""), Candidate(NOW, NOW + 6000, 1.0, "")
    assert choose_window([one, other], NOW) == (other, False)


def test_a_reading_with_a_reset_counts_before_one_without() -> None:
    without, with_reset = Candidate(NOW, None, 42.0, ""), Candidate(NOW, NOW + 60, 41.0, "")
    assert choose_window([without, with_reset], NOW)[0] is with_reset


@pytest.mark.parametrize(
    ("limits", "before", "is_no_news"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 1}, True),
        ({}, {"a": 1}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": 2}, {"a": 1, "b": 2}, False),
        ({"c": 1}, {"a": 1}, False),
        (None, {"a": 1}, False),
        ({"a": 1}, None, False),
        ([], [], False),
    ],
)
def test_a_window_that_went_is_no_news_of_the_others(limits: Any, before: Any, is_no_news: bool) -> None:
    assert only_fewer(limits, before) is is_no_news


@pytest.mark.parametrize(
    ("ratio", "hits"), [(0, 0), (0.25, 25), (1, 100), (1.01, None), (-0.1, None), ("0.5", 50), (None, None)]
)
def test_the_caches_hits_are_a_percentage(ratio: Any, hits: float | None) -> None:
    data = sample("after-response") | {"prompt_cache": {"hit_ratio": ratio}}
    assert session_fields(data, "/home/user", NOW).get("cache.hits") == hits


@pytest.mark.parametrize(
    ("env", "folders"),
    [
        ({"HOME": "/u", "LOCALAPPDATA": "/local"}, ("/local/quotaline/quotaline/Cache", "/local/quotaline/quotaline")),
        ({"HOME": "/u"}, ("/u/AppData/Local/quotaline/quotaline/Cache", "/u/AppData/Local/quotaline/quotaline")),
        ({"USERPROFILE": "/p"}, ("/p/AppData/Local/quotaline/quotaline/Cache", "/p/AppData/Local/quotaline/quotaline")),
        ({"HOME": "u", "LOCALAPPDATA": ""}, ("", "")),
    ],
)
def test_on_windows_files_are_where_windows_has_them(
    env: dict[str, str], folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    cache, data = folders
    assert (paths.cache_dir(env), paths.data_dir(env)) == (cache and cache + "/default", data)
    assert paths.config_file(env) == (data and data + "/config.toml")


def test_a_profile_is_no_home_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    assert paths.home({"USERPROFILE": "/p"}) != "/p"


def test_a_long_folder_is_cut_and_told_apart() -> None:
    one, other = (account_slug("/" + "x" * 41 + end) for end in "ab")
    assert one.startswith("x" * 40 + "-")
    assert (len(one), one != other) == (57, True)
    assert account_slug("a") == "a-af63dc4c8601ec8c", "FNV-1a of 64 bits, as everybody has it"
