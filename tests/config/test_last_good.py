"""A mistake in config.toml or in a segment file disarms nothing: the last good one holds, and the line carries a mark."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from commandline import quotaline
from quotaline.config import load, segments
from quotaline.config.load import load_or_default
from quotaline.config.schema import Config
from quotaline.core.snapshot import config_state
from quotaline.core.surfaces import PROMPT_SURFACES, SURFACES
from quotaline.prompt.line import prompt_text
from quotaline.prompt.statusline import statusline_text
from quotaline.snapshot.load import load_snapshot

GOOD = """
enable_alpha_features = true
sources.claude_cli.enabled = false
sources.endpoint.enabled = false
line.prompt.rows = [["mine", "extra", "five_hour"]]
segments.mine.colour = "red"
[guard]
five_hour = 61
max_extra = "5.00"
[[alert]]
when = "five_hour.used >= 77"
run = ["true"]
[prices."some-model"]
input = 1
output = "2.5"
"""
MINE = 'summary = "mine"\nformat = "mine {five_hour.used:pct}"\n'
MISTAKES = {
    "no TOML": b"guard = [",
    "a key": GOOD.encode().replace(b"five_hour = 61", b"five_hours = 61"),
    "a type": GOOD.encode().replace(b'"5.00"', b"true"),
    "a bound": GOOD.encode() + b"[refresh]\nstale_after = 99999999999999999999\n",
    "no number": GOOD.encode() + b"[refresh]\nstale_after = nan\n",
    "a huge number": GOOD.encode() + b"[refresh]\nstale_after = " + b"9" * 5000 + b"\n",
    "nested": b"a = " + b"[" * 100_000,
    "a segment": GOOD.encode().replace(b'"mine", "extra"', b'"mien", "extra"'),
    "a colour": GOOD.encode().replace(b'"red"', b'"mauve"'),
    "no UTF-8": GOOD.encode() + b"# \xff",
}


@pytest.fixture
def config(home: Path) -> Path:
    """A configuration that is good, with a segment of one's own."""
    path = home / ".config/quotaline/config.toml"
    (path.parent / "segments").mkdir(parents=True)
    path.write_text(GOOD)
    (path.parent / "segments/mine.toml").write_text(MINE)
    return path


@pytest.fixture
def cache(home: Path) -> Path:
    folder = home / ".cache/quotaline/default"
    folder.mkdir(parents=True)
    return folder


def without_state(compiled: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in compiled.items() if key != "config_state"}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_keeps_the_last_good_configuration_as_a_whole(name: str, config: Path, cache: Path) -> None:
    before, compiled, problems = load_or_default(config, cache)
    assert ([], 61.0) == (problems, before.guard.five_hour)
    config.write_bytes(MISTAKES[name])
    after, lines, problems = load_or_default(config, cache)
    assert before == after
    assert without_state(compiled) == without_state(lines)
    assert len(problems) == 1
    assert problems[0].startswith("config.toml")
    assert problems[0].endswith(".")
    assert 0o600 == stat.S_IMODE((cache / "config.json").stat().st_mode)
    config.write_text("[guard]\nfive_hour = 62\n")
    assert 62.0 == load_or_default(config, cache)[0].guard.five_hour, "what is mended holds"


ODD: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "folder": Path.mkdir,
    "zero": lambda path: path.symlink_to("/dev/zero"),
    "sparse": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 5 << 30),
    "dangling": lambda path: path.symlink_to("nowhere"),
    "unreadable": lambda path: path.symlink_to("/proc/self/mem"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_keeps_it_too(kind: str, config: Path, cache: Path) -> None:
    before = load_or_default(config, cache)[0]
    config.unlink()
    ODD[kind](config)
    after, _, problems = load_or_default(config, cache)
    assert (before, 1) == (after, len(problems))


@pytest.mark.parametrize("kind", sorted(set(ODD) - {"dangling"}))
def test_so_does_each_kind_in_place_of_a_segment(kind: str, config: Path, cache: Path) -> None:
    before, compiled, _ = load_or_default(config, cache)
    (config.parent / "segments/mine.toml").unlink()
    ODD[kind](config.parent / "segments/mine.toml")
    after, lines, problems = load_or_default(config, cache)
    assert (before, compiled["segments"]["mine"]) == (after, lines["segments"]["mine"])
    assert len(problems) == 1
    assert problems[0].startswith("segments/mine.toml")


WRONG = ["format = ", "summary = 'x'", MINE + "color = 1", MINE.replace("five_hour", "six_hour"), "\0"]


@pytest.mark.parametrize("text", WRONG)
def test_a_bad_segment_costs_that_one_only(text: str, config: Path, cache: Path) -> None:
    before, compiled, _ = load_or_default(config, cache)
    (config.parent / "segments/mine.toml").write_text(text)
    (config.parent / "segments/extra.toml").write_text(text)
    (config.parent / "segments/new.toml").write_text(MINE)
    after, lines, problems = load_or_default(config, cache)
    assert before == after
    assert compiled["segments"] == {name: one for name, one in lines["segments"].items() if name != "new"}
    assert "new" in lines["segments"]
    assert ["segments/extra.toml", "segments/mine.toml"] == [problem.split()[0].rstrip(":") for problem in problems]


def test_with_nothing_kept_a_bad_segment_vanishes_and_a_bad_file_is_the_default(config: Path, cache: Path) -> None:
    (config.parent / "segments/mine.toml").write_text("format = ")
    after, lines, problems = load_or_default(config, cache)
    assert (61.0, 1) == (after.guard.five_hour, len(problems))
    assert "mine" not in lines["segments"]
    (cache / "config.json").unlink()
    config.write_text("=")
    assert Config() == load_or_default(config, cache)[0]


BROKEN = [b"", b"{}", b'{"version":2,"config":{}}', b'{"version":1,"config":{"guard":3}}', b"[" * 10**5, b"\xff"]


@pytest.mark.parametrize("content", BROKEN)
def test_a_kept_one_that_is_broken_is_none(content: bytes, config: Path, cache: Path) -> None:
    (cache / "config.json").write_bytes(content)
    config.write_text("=")
    assert Config() == load_or_default(config, cache)[0]


def test_a_folder_in_place_of_the_kept_one_is_moved_out_of_the_way(config: Path, cache: Path) -> None:
    (cache / "config.json/inside").mkdir(parents=True)
    load_or_default(config, cache)
    assert (cache / "config.json").is_file()
    assert [True] == [(moved / "inside").is_dir() for moved in cache.glob("config.json.moved-*")]


def test_a_file_that_was_removed_is_no_mistake(config: Path, cache: Path) -> None:
    load_or_default(config, cache)
    config.unlink()
    assert (Config(), []) == load_or_default(config, cache)[::2]


KEPT: dict[str, Any] = {
    "lines": {"prompt": [["s"]], "claude": [["s"], ["s"]]},
    "style": {"roles": {"critical": "31"}, "problem": "×", "separator": " · "},
    "segments": {"s": {"forms": [None, [["five_hour.used", "pct"]], None], "colour": ""}},
    "readings": [{"value": {"type": "window", "id": "five_hour", "utilization": 42.0}, "source": "endpoint", "as_of": 1000.0}],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
@pytest.mark.parametrize("surface", sorted(PROMPT_SURFACES))
def test_while_there_is_a_problem_every_surface_shows_one_more_cell(surface: str, locale: str) -> None:
    """In a locale without UTF-8 it is not the question mark, which says that a value is old."""
    words, env = ["--shell", surface], {"NO_COLOR": "1", "LANG": locale}
    found = [prompt_text(words, {**KEPT, "problems": problems}, env, 1001.0) for problems in ([], ["config.toml: wrong."])]
    empty = "#[]" if surface == "tmux" else SURFACES[surface].empty or "\0"  # of no width, between the pieces
    well, ill = (text.replace(empty, "") for text in found)
    added = " | x" if locale == "C" and SURFACES[surface].ascii_form and surface != "plain" else " · ×"
    assert "42%" in well.replace("%%", "%")
    assert added not in well
    assert 1 == ill.count(added)
    assert well == ill.replace(added, "")


def test_the_status_line_shows_it_in_its_first_row_and_still_fits() -> None:
    ill = {**KEPT, "problems": ["config.toml: wrong."]}
    rows = statusline_text({}, ill, {"NO_COLOR": "1"}, 1001.0, 1001.0).splitlines()
    assert ["42% · ×", "42%"] == rows
    narrow = statusline_text({}, ill, {"NO_COLOR": "1", "COLUMNS": "11"}, 1001.0, 1001.0).splitlines()
    assert "42% · ×" == narrow[0], "seven cells"


def test_a_named_segment_stays_a_bare_value() -> None:
    assert "42%" == prompt_text(["s"], {**KEPT, "problems": ["config.toml: wrong."]}, {}, 1001.0)


def test_from_the_file_to_the_prompt_and_back(config: Path, home: Path, environment: dict[str, str]) -> None:
    inbox = home / ".cache/quotaline/default/inbox"
    inbox.mkdir(parents=True)
    limits = {"five_hour": {"used_percentage": 70, "resets_at": time.time() + 9000}}
    (inbox / "s.json").write_text(json.dumps({"version": 1, "session": "s", "as_of": time.time(), "rate_limits": limits}))
    quotaline("refresh", env=environment)
    snapshot = home / ".cache/quotaline/default/snapshot.json"
    good = load_snapshot(snapshot)
    config.write_text("guard = [")
    assert 2 == quotaline("usage", env=environment).returncode, "foreground commands say it"
    quotaline("refresh", "--background", env=environment)
    ill = load_snapshot(snapshot)
    assert good
    assert ill
    assert good.guard == ill.guard, "within the five seconds in which a refresh is fresh"
    assert ill.problems
    environment["LC_ALL"] = "C.UTF-8"
    assert quotaline("prompt", env=environment).stdout.decode().endswith("· ×\n")
    assert b"last good configuration" in quotaline("doctor", env=environment).stdout
    config.write_text(GOOD)
    quotaline("refresh", env=environment, check=True)
    assert "×" not in quotaline("prompt", env=environment).stdout.decode()


def move_an_old_one_over(path: Path) -> None:
    old = path.with_name("old")
    old.write_text(GOOD)
    os.utime(old, (1, 1))
    old.replace(path)


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda path: path.write_text(GOOD + "\n"),
    "removed": Path.unlink,
    "an old file moved over it": move_an_old_one_over,
    "a segment added": lambda path: (path.parent / "segments/new.toml").write_text(MINE),
    "a segment changed": lambda path: (path.parent / "segments/mine.toml").write_text(MINE + "priority = 3\n"),
    "a segment removed": lambda path: (path.parent / "segments/mine.toml").unlink(),
    "a segment renamed": lambda path: (path.parent / "segments/mine.toml").rename(path.parent / "segments/yours.toml"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_on_disk_is_another_state(change: str, config: Path) -> None:
    before = config_state(str(config))
    assert before == config_state(str(config))
    CHANGES[change](config)
    assert before != config_state(str(config))


def test_without_files_there_is_no_state(home: Path) -> None:
    assert ["", "", ""] == [config_state(path) for path in ("", str(home / "none/config.toml"), "\0")]


@pytest.fixture
def compiled_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that lines are compiled."""
    found: list[str] = []

    def counting(*arguments: Any) -> dict[str, Any]:
        found.append("compiled")
        return compile_lines(*arguments)

    compile_lines = segments.compile_lines
    monkeypatch.setattr(segments, "compile_lines", counting)
    return found


def test_while_nothing_changes_nothing_is_compiled_anew(
    config: Path, cache: Path, compiled_anew: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "SETTLED", -3600.0)
    first = load_or_default(config, cache)
    assert [msgspec.to_builtins(first)] * 3 == [msgspec.to_builtins(load_or_default(config, cache)) for _ in range(3)]
    assert len(compiled_anew) == 1
    config.write_text(GOOD.replace("61", "62"))
    assert 62.0 == load_or_default(config, cache)[0].guard.five_hour
    assert len(compiled_anew) == 2
    (config.parent / "segments/mine.toml").write_text(MINE.replace("mine {", "my {"))
    assert "my " in str(load_or_default(config, cache)[1]["segments"]["mine"])
    assert len(compiled_anew) == 3
    monkeypatch.setattr(segments, "shipped_state", lambda: "of another version")
    load_or_default(config, cache)
    load_or_default(config, cache)
    assert len(compiled_anew) == 4


def test_a_change_of_a_moment_ago_may_have_the_time_of_the_next_one(
    config: Path, cache: Path, compiled_anew: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_or_default(config, cache)
    load_or_default(config, cache)
    assert len(compiled_anew) == 2
    time.sleep(0.05)
    newest = config.parent / "segments/mine.toml"
    newest.chmod(0o600)
    for moment, times in ((newest.stat().st_ctime + load.SETTLED - 0.02, 5), (newest.stat().st_ctime + load.SETTLED + 0.02, 6)):
        monkeypatch.setattr(load, "time", SimpleNamespace(time=lambda moment=moment: moment))
        for _ in range(3):
            load_or_default(config, cache)
        assert len(compiled_anew) == times


def test_a_mistake_is_told_each_time(config: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "SETTLED", -3600.0)
    (config.parent / "segments/mine.toml").write_text("format = ")
    assert [1, 1] == [len(load_or_default(config, cache)[2]) for _ in range(2)]
    config.write_text("=")
    assert [2, 2] == [len(load_or_default(config, cache)[2]) for _ in range(2)]
