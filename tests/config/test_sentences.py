"""Every mistake in its sentence, as a person reads it, and what the right forms become."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from goldens import golden
from quotaline.config.explain import entry, explain
from quotaline.config.guard_limits import guard_limits
from quotaline.config.load import load, load_or_default, parse
from quotaline.config.palettes import sgr, style
from quotaline.config.schema import Config, Style, alpha_enabled, may_ask
from quotaline.config.segment import Segment, compile_segment
from quotaline.config.segments import read_folder, read_own, segment_problem
from quotaline.errors import ConfigError

TEXTS = [
    "", "enable_alpha_features = true", "enable_alpha_features = 1", "enable_alpha = true", "style.palette = 'pink'",
    "style.colour = 'sometimes'", "style.color = 'auto'", "style = 5", "sources.endpoint.enabled = 'yes'",
    "sources.endpoint.key = 1",
    "sources.other.enabled = true", "sources.endpoint.base_url = 'http://example.org'",
    "sources.endpoint.base_url = 'https://me:pw@x'",
    "sources.endpoint.base_url = 'http://[::1]:5'", "sources.endpoint.base_url = 'ftp://localhost'",
    "sources.endpoint.base_url = 'https://'",
    "sources.endpoint.base_url = 'http://[x'", "refresh.fresh_for = 0.5", "refresh.fresh_for = 1",
    "refresh.fresh_for = 2592000",
    "refresh.fresh_for = 2592001", "refresh.stale_after = '1h'", "line.prompt.rows = ['extra']",
    "line.prompt.rows = [['extra']]",
    "line.prompt.row = []", "line.prompt = {}", "line.work.rows = [['x']]", "segments.five_hour.warn = 'many'",
    "segments.five_hour.warm = 5",
    "segments.five_hour.colour = 'pink'", "segments.five_hour.priority = 101", "segments.five_hour.priority = 100",
    "segments.five_hour.priority = -1", "segments.five_hour.format = '{nothing.there}'",
    "segments.five_hour.format = '{five_hour.used:km}'",
    "segments.five_hour.format = '{five_hour.used'", "segments.five_hour.format = '{five_hour.used!r}'",
    'segments.five_hour.format = "a\\u0007"',
    "segments.five_hour.each = 'seven day*'", "segments.five_hour.each = 'seven_day_*'",
    "segments.five_hour.level = 'window.used'",
    "segments.five_hour.level = 'five_hour.used'", "segments.nothing.warn = 5", "segments.five_hour = 5",
    "guard.five_hour = 1000",
    "guard.five_hour = 1001", "guard.five_hour = -1", "guard.windows.x = 'y'", "guard.max_extra = '5 EUR'",
    "guard.max_extra = 5", "guard.max_extra = 2.5",
    "guard.max_extra = 'much'", "guard.max_extra = -1", "guard.max_age = '15'", "guard.max_age = '0s'",
    "guard.max_age = '15m'", "guard.max_age = '31d'",
    "guard.unknown = 'maybe'", "guard.hook = 'deny'", "prices.x.input = 1", "prices.x = {input = 1, output = 2}",
    "prices.x = {input = -1, output = 2}",
    "prices.x = {input = 'a', output = 2}", "prices.x = {input = 1, output = 2, more = 3}",
    "prices.x = {input = [], output = 2}",
    "[[alert]]\nwhen = 'never'", "[[alert]]\nwhen = 'five_hour.used >= 90'", "[[alert]]\nwhen = 'crossing'\nrun = 'ls'",
    "[[alert]]\nwhen = 'crossing'\nrun = 'ls'\nshell = true", "[[alert]]\nwhen = 'crossing'\nrun = ['ls']\nshell = true",
    "[[alert]]\nwhen = 'crossing'\nshell = true",
    "[[alert]]\nwhen = 'crossing'\nquiet = '22-7'", "[[alert]]\nwhen = 'crossing'\nquiet = '22:00-07:00'",
    "[[alert]]\nrun = ['ls']",
    "[[alert]]\nwhen = 'reset'\nterminal = 'horn'", "[[alert]]\nwhen = 'seven_day_x.reset'\nrun = 5", "alert = 5",
    "x = [", "a" * 3,
]  # fmt: skip


def brief(sentence: str) -> str:
    """A sentence without the end of a list of names that grows."""
    return re.sub(r"(allowed are [\w.]+, [\w.]+, )(?:[\w.]+, ){6,}\w+(?:\.\w+)?", r"\1…", sentence)


def test_each_text_and_its_sentence(tmp_path: Path) -> None:
    path, shown = tmp_path / "config.toml", []
    for text in TEXTS:
        path.write_text(text, encoding="utf-8")
        _, _, problems = load_or_default(path)
        shown.append(f"{text.replace(chr(10), ' ; ')}\n    {brief(' | '.join(problems)) or 'understood'}")
    golden("config/sentences.txt", "\n".join(shown) + "\n")


@pytest.mark.parametrize(
    ("message", "name", "sentence"),
    [
        ("Expected `bool`, got `str` - at `$.sources.endpoint.enabled`", "",
        "`sources.endpoint.enabled` must be true or false, not text."),
        ("Expected `int | null`, got `array` - at `$.segments[...].priority`", "extra",
        "`segments.extra.priority` must be a whole number, not a list."),
        ("Expected `object`, got `float` - at `$`", "", "`` must be a table, not a number."),
        ("Object contains unknown field `colour`", "", "`colour` is not a key; allowed are enable_alpha_features, preset, …."),
        ("Object contains unknown field `x` - at `$.refresh`", "",
         "`refresh.x` is not a key; allowed are fresh_for, stale_after."),
        ("Object missing required field `rows` - at `$.line[...]`", "work", "`line.work` lacks the key `rows`."),
        ("Object missing required field `when`", "", "`the file` lacks the key `when`."),
        ("Invalid enum value 'x' - at `$.style.colour`", "", "`style.colour` cannot be 'x'; allowed are always, auto, never."),
        ("Something new", "", "`` Something new."),
    ],
)  # fmt: skip
def test_a_complaint_becomes_a_sentence(message: str, name: str, sentence: str) -> None:
    assert brief(explain(message, Config, [name] if name else [])) == sentence


def test_the_entry_of_a_table_is_the_one_that_is_wrong() -> None:
    tree = {
        "segments": {"a": {"warn": 1}, "b": 5, "c": 6},
        "line": {"x": {"rows": []}, "y": {}},
        "prices": {"p": {"a": 1, "b": []}},
    }
    assert entry(tree, Config, "Expected `object`, got `int` - at `$.segments[...]`") == ["b"]
    assert entry(tree, Config, "Object missing required field `rows` - at `$.line[...]`") == ["y"]
    assert entry(tree, Config, "Expected `float | str`, got `array` - at `$.prices[...][...]`") == ["p", "b"]
    assert entry(tree, Config, "Expected `object`, got `int` - at `$.guard.windows[...]`") == [""]
    assert entry({"line": 5}, Config, "Expected `object`, got `int` - at `$.line[...]`") == [""]
    assert entry(tree, Config, "Expected `bool` - at `$.x`") == []
    unknown = "Object contains unknown field `z` - at `$.line[...]`"
    assert entry({"line": {"x": {"rows": []}, "y": {"rows": [], "z": 1}}}, Config, unknown) == ["y"]
    assert explain("Expected `int` - at `$.a[...][...].b`", Config, ["x", ""]) == "`a.x[…].b` must be a whole number."


@pytest.mark.parametrize(
    ("colour", "parameters"),
    [
        ("ok", "ok"), ("red", "31"), ("black", "30"), ("white", "37"), ("bright-red", "91"), ("bright-white", "97"),
        ("bright-pink", None), ("0", "38;5;0"),
        ("255", "38;5;255"), ("256", None), ("007", "38;5;7"), ("0255", None), ("#0102ff", "38;2;1;2;255"),
        ("#ABCDEF", "38;2;171;205;239"),
        ("#12345", None), ("123456", None), ("pink", None), ("", None), ("bright-ok", None),
    ],
)  # fmt: skip
def test_a_colour_is_a_role_a_name_or_a_number(colour: str, parameters: str | None) -> None:
    assert sgr(colour) == parameters


def test_the_ascii_palette_has_glyphs_of_its_own() -> None:
    assert style(Style(palette="ascii", colour="never"))["bar"] == ["#", "-"]
    assert style(Style(palette="mono", colour="never"))["bar"] == ["█", "░"]
    assert (style(Style(palette="mono", colour="never"))["colour"], style(Style(palette="mono"))["stale"]) == ("never", "?")


def test_a_segment_is_compiled_for_the_prompt() -> None:
    whole = Segment(
        summary="s", format="5h {five_hour.used:pct}{{x}}", long="{five_hour.used:.1f} {extra.used:money}", short="x",
        level="five_hour.used",
        warn=0, critical=90, colour="bright-red", priority=0, fallback=None,
    )  # fmt: skip
    assert compile_segment(whole) == {
        "forms": [[["five_hour.used", ".1f"], " ", ["extra.used", "money"]], ["5h ", ["five_hour.used", "pct"], "{",
        "x}"], ["x"]],
        "colour": "91", "priority": 0, "level": "five_hour.used", "warn": 0, "critical": 90,
    }  # fmt: skip
    few = Segment(summary="s", format="{window.label:.16}", each="seven_day_*")
    assert compile_segment(few) == {
        "forms": [None, [["window.label", ".16"]], None],
        "colour": "text",
        "priority": 50,
        "each": "seven_day_",
    }
    fallback = {"format": "{today.cost:money}", "short": "s"}
    tree = {"summary": "s", "format": "x", "fallback": fallback}
    assert segment_problem(tree, "p") is None
    assert (
        segment_problem({**tree, "fallback": {**fallback, "long": "{nope}"}}, "p")
        == "p: {nope} is not a field; `quotaline segments --fields` lists them."
    )


def test_files_of_segments_are_read_each_for_itself(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text("summary = 's'\nformat = 'x'")
    (tmp_path / "bad.toml").write_text("summary = ")
    (tmp_path / "latin.toml").write_bytes(b"summary = '\xff'")
    (tmp_path / ".hidden.toml").write_text("summary = ")
    (tmp_path / "note.txt").write_text("summary = ")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "large.toml").write_bytes(b"summary = 's'\nformat = 'x'".ljust((64 << 10) + 1))
    (tmp_path / "full.toml").write_bytes(b"summary = 's'\nformat = 'x'".ljust(64 << 10))
    found, problems = read_folder(tmp_path)
    assert sorted(found) == ["full", "good"]
    assert sorted(problems) == ["bad", "folder", "large", "latin"]
    assert problems["folder"] == "segments/folder.toml cannot be read: not a regular file."
    assert problems["large"] == "segments/large.toml cannot be read: larger than 64 KiB."
    assert read_folder(None) == read_folder(tmp_path / "none") == read_folder(tmp_path / "good.toml") == ({}, {})


def test_an_own_segment_may_be_completed_by_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("format = 'x'")
    (tmp_path / "other.toml").write_text("format = 'x'\ncolour = 'pink'")
    config = parse("segments.mine.summary = 's'\nsegments.other.summary = 's'")
    found, problems = read_own(tmp_path, config)
    assert (sorted(found), sorted(problems)) == (["mine"], ["other"])


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", {"windows": {}, "extra": None, "no_extra": False, "max_age": 77, "hook": "ask"}),
        (
            (
                "guard = {five_hour = 80, seven_day = 0, windows = {x = 5}, max_extra = '5.00', no_extra = true, "
                "max_age = '15m', hook = 'deny'}"
            ),
            {
                "windows": {"x": 5, "five_hour": 80, "seven_day": 0}, "extra": [500, 2], "no_extra": True, "max_age": 900,
                "hook": "deny",
            },
        ),
        ("guard.max_extra = 2.5", {"windows": {}, "extra": [25, 1], "no_extra": False, "max_age": 77, "hook": "ask"}),
    ],
)  # fmt: skip
def test_the_limits_of_the_guard_are_plain_values(text: str, limits: dict[str, Any]) -> None:
    assert guard_limits(parse(text).guard, 77).items() >= limits.items()


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("", False), ("enable_alpha_features = true", True),
        ("enable_alpha_features = true\nsources.endpoint.enabled = false", True),
        ("enable_alpha_features = true\nsources.claude_cli.enabled = false", True),
        ("enable_alpha_features = true\nsources = {endpoint = {enabled = false}, claude_cli = {enabled = false}}", False),
    ],
)  # fmt: skip
def test_somebody_is_asked_where_a_source_that_asks_is_open(text: str, *, asks: bool) -> None:
    assert may_ask(parse(text)) is asks
    assert alpha_enabled(parse("enable_alpha_features = true"), "nothing") is False


def test_a_file_of_a_mebibyte_is_read_and_a_larger_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"style.palette = 'mono'".ljust(1 << 20))
    assert load(path).style.palette == "mono"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ConfigError, match=r"^config\.toml cannot be read: larger than 1 MiB\.$"):
        load(path)
    assert load(None) == Config() == load(tmp_path / "none.toml")


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").symlink_to(tmp_path / "gone")
    with pytest.raises(ConfigError, match=r"^config\.toml is a link to a file that is not there\.$"):
        load(tmp_path / "config.toml")


def test_a_configuration_is_settled_two_seconds_after_its_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, path = tmp_path / "cache", tmp_path / "config.toml"
    cache.mkdir()
    path.write_text("style.palette = 'mono'")
    changed = path.stat().st_ctime
    for late, sure in ((2.0, False), (2.01, True)):
        monkeypatch.setattr(time, "time", lambda late=late: changed + late)
        load_or_default(path, cache)
        assert bool(json.loads((cache / "config.json").read_text())["made_of"]) is sure
