"""`quotaline config`: a configuration written by hand and one written by `set` read the same, and comments stay."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from quotaline.commands.config import TEMPLATE, config
from quotaline.config import edit, load
from quotaline.core import spawn_refresh
from quotaline.errors import ConfigError
from quotaline.locations import resolve_locations

QUOTALINE = [sys.executable, "-P", "-m", "quotaline", "config"]

BY_HAND = """\
# My quota line.
enable_alpha_features = true   # I know what it means

[style]
# dark terminal
palette = "light"

[sources]
claude_cli.enabled = false     # too slow here

[line.prompt]
rows = [
    ["extra"],  # money first
]
"""

USUAL = {"clock": "24h", "links": "auto"}


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QUOTALINE, *words], env=environment, capture_output=True, text=True, check=False)


def test_set_keeps_every_comment(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BY_HAND, encoding="utf-8")
    for key, value in (
        ("style.palette", "mono"),
        ("style.colour", "never"),
        ("sources.endpoint.enabled", "false"),
        ("sources.claude_cli.command", "claude"),
        ("segments.extra.warn", "60"),
        ("enable_alpha_features", "false"),
    ):
        edit.put(path, key, value)
    text = path.read_text(encoding="utf-8")
    for comment in ("# My quota line.", "# I know what it means", "# dark terminal", "# too slow here", "# money first"):
        assert comment in text
    read = load.load(path)
    assert (read.style.palette, read.style.colour, read.enable_alpha_features) == ("mono", "never", False)
    assert (read.sources.claude_cli.enabled, read.sources.claude_cli.command, read.sources.endpoint.enabled) == (
        False,
        "claude",
        False,
    )


def test_written_by_hand_and_written_by_set_read_the_same(tmp_path: Path) -> None:
    hand, ours = tmp_path / "hand.toml", tmp_path / "new" / "ours.toml"
    hand.write_text(BY_HAND, encoding="utf-8")
    edit.put(ours, "line.prompt.rows", '[["extra"]]')
    edit.put(ours, "sources.claude_cli.enabled", "false")
    edit.put(ours, "style.palette", "light")
    edit.put(ours, "enable_alpha_features", "true")
    assert load.load(hand) == load.load(ours)


@given(
    st.sampled_from(
        ["style.colour", "style.palette", "refresh.fresh_for", "sources.claude_cli.command", "segments.extra.warn"]
    ),
    st.sampled_from(["never", "light", "90", "echo"]),
    st.sampled_from([BY_HAND, "", "[style]\n", "style.palette = 'mono'\n", "[sources.endpoint]\nenabled = true\n"]),
)
def test_set_changes_what_it_says_or_nothing(key: str, value: str, before: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(before, encoding="utf-8")
        try:
            now = edit.put(path, key, value)
        except ConfigError:
            assert path.read_text(encoding="utf-8") == before
            return
        expected = tomllib.loads(before)
        first, *middle, last = key.split(".")
        node = expected.setdefault(first, {})
        for step in middle:
            node = node.setdefault(step, {})
        node[last] = now
        assert expected == tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("style.palette", "pink", "`style.palette` is 'pink'; allowed are default, light"),
        ("style.palette", "12", "`style.palette` is '12'; allowed are default, light"),
        ("style.hue", "1", "`style.hue` is not a key; allowed are colour, palette"),
        ("enable_alpha_features", "yes", "`enable_alpha_features` must be true or false, not text"),
        ("style", "dark", "`style` must be a table, not text"),
        ("style..palette", "light", "'style..palette' is not a key; keys look like"),
        ("a\nb = 1\nc", "1", "is not a key"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_same_sentence(tmp_path: Path, key: str, value: str, says: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BY_HAND, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.compile("allowed|must be|is not a key")) as found:
        edit.put(path, key, value)
    assert says in str(found.value)
    assert path.read_text(encoding="utf-8") == BY_HAND


def test_a_writer_that_touches_more_than_the_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BY_HAND, encoding="utf-8")
    dumps = tomlkit.dumps
    monkeypatch.setattr(tomlkit, "dumps", lambda document: dumps(document).replace("true", "false"))
    with pytest.raises(ConfigError, match="cannot be set without touching more"):
        edit.put(path, "style.colour", "never")
    assert path.read_text(encoding="utf-8") == BY_HAND


def test_a_linked_file_stays_a_link_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("", encoding="utf-8")
    target.chmod(0o640)
    link = tmp_path / "config.toml"
    link.symlink_to(target)
    edit.put(link, "style.palette", "light")
    assert link.is_symlink()
    assert "light" in target.read_text(encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_show_is_toml_and_names_where_each_value_comes_from(home: Path, environment: dict[str, str]) -> None:
    assert run(environment, "set", "style.palette", "light").stdout == 'style.palette = "light"\n'
    said = run(environment, "show").stdout
    assert run(environment).stdout == said
    assert said.startswith("# ~/.config/quotaline/config.toml\n")
    assert tomllib.loads(said)["style"] == {"colour": "auto", "palette": "light", "show": "used"} | USUAL
    origins = {one["key"]: one["origin"] for one in json.loads(run(environment, "show", "--json").stdout)}
    assert (origins["style.palette"], origins["style.colour"]) == ("config.toml", "default")
    assert any(line.startswith("style.palette") and line.endswith("# config.toml") for line in said.splitlines())
    assert load.parse(said) == load.parse('style.palette = "light"\n' + lines_of(said))
    assert (home / ".config" / "quotaline").stat().st_mode & 0o777 == 0o700


def lines_of(said: str) -> str:
    return "".join(line + "\n" for line in said.splitlines() if line.startswith("line."))


def test_unset_takes_one_key_out_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BY_HAND, encoding="utf-8")
    path.chmod(0o640)
    assert edit.unset(path, "style.palette")
    assert edit.unset(path, "sources.claude_cli.enabled")
    assert not edit.unset(path, "style.palette")
    assert not edit.unset(path, "nothing.of.this")
    text = path.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {
        "enable_alpha_features": True,
        "style": {},
        "sources": {},
        "line": {"prompt": {"rows": [["extra"]]}},
    }
    for comment in ("# My quota line.", "# I know what it means", "# dark terminal", "# money first"):
        assert comment in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert edit.unset(path, "line.prompt")
    assert "rows" not in path.read_text(encoding="utf-8")


def test_what_was_set_and_unset_is_as_it_was(tmp_path: Path) -> None:
    for key in ("style.palette", "line.prompt.rows", 'budget.projects."~/x".monthly', "segments.extra.warn"):
        path = tmp_path / "config.toml"
        path.write_text(BY_HAND.replace('palette = "light"', "").replace("[line.prompt]", "[line.mine]"), encoding="utf-8")
        before = load.load(path)
        edit.put(path, key, "mono" if "palette" in key else '[["extra"]]' if "rows" in key else "7")
        assert load.load(path) != before
        assert edit.unset(path, key)
        assert load.load(path).style == before.style
        assert load.load(path).budget.projects.get("~/x") is None or not load.load(path).budget.projects["~/x"].monthly


def test_a_file_that_is_none_is_left_alone_by_unset(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert not edit.unset(path, "style.palette")
    assert not path.exists()
    path.write_text("no TOML", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be taken out"):
        edit.unset(path, "style.palette")
    assert path.read_text(encoding="utf-8") == "no TOML"


def test_get_prints_a_value_or_a_table_and_says_what_may_have_been_meant(home: Path, environment: dict[str, str]) -> None:
    configure = home / ".config" / "quotaline"
    configure.mkdir(parents=True)
    (configure / "config.toml").write_text('[budget.projects."~/x y"]\nmonthly = 7\n', encoding="utf-8")
    assert run(environment, "get", "style.palette").stdout == "default\n"
    assert run(environment, "get", "enable_alpha_features").stdout == "false\n"
    assert run(environment, "get", "style").stdout == (
        'style.colour = "auto"\nstyle.palette = "default"\nstyle.show = "used"\nstyle.clock = "24h"\nstyle.links = "auto"\n'
    )
    assert run(environment, "get", 'budget.projects."~/x y".monthly').stdout == "7\n"
    assert run(environment, "get", "budget.weekly").stdout == "", "it has no value, and is a key"
    wrong = run(environment, "get", "style.palete")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert (
        "'style.palete' is not a key (did you mean 'style.palette'?); `quotaline config show` lists them all." in wrong.stderr
    )
    shown = run(environment, "show").stdout
    assert 'budget.projects."~/x y".monthly = 7' in shown, "as `config set` takes it"
    assert run(environment, "set", 'budget.projects."~/x y".monthly', "8").returncode == 0
    assert (
        run(environment, "unset", 'budget.projects."~/x y".monthly').stdout
        == 'budget.projects."~/x y".monthly is no longer set in config.toml.\n'
    )
    assert "is not set in config.toml; nothing to change." in run(environment, "unset", "style.palette").stdout


def test_path_is_printed_whether_the_file_is_there_or_not(environment: dict[str, str], home: Path) -> None:
    assert run(environment, "path").stdout == f"{home}/.config/quotaline/config.toml\n"
    named = {**environment, "QUOTALINE_CONFIG": str(home / "other.toml")}
    assert run(named, "path").stdout == f"{home}/other.toml\n"
    assert run(named, "show").stdout.startswith("# ~/other.toml (not there yet), from QUOTALINE_CONFIG\n")


def test_edit_opens_the_editor_and_tells_what_is_wrong(environment: dict[str, str], tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "style.palette = \'pink\'" >> "$1"\n', encoding="utf-8")
    editor.chmod(0o700)
    found = run({**environment, "EDITOR": str(editor), "VISUAL": ""}, "edit")
    assert "`style.palette` is 'pink'; allowed are" in found.stderr
    assert found.returncode == 2
    assert Path(run(environment, "path").stdout.strip()).exists()
    editor.write_text("#!/bin/sh\n: > $1\n", encoding="utf-8")
    assert run({**environment, "EDITOR": str(editor), "VISUAL": ""}, "edit").returncode == 0


def test_of_twenty_changes_at_once_none_is_lost(home: Path, environment: dict[str, str]) -> None:
    children = [
        subprocess.Popen([*QUOTALINE, "set", f"segments.extra.{key}", value], env=environment, stdout=subprocess.DEVNULL)
        for key, value in (("warn", "61"), ("critical", "93"), ("priority", "7"), ("colour", "red"), ("short", "x"))
    ]
    children += [
        subprocess.Popen([*QUOTALINE, "set", f"guard.windows.w{n}", str(n)], env=environment, stdout=subprocess.DEVNULL)
        for n in range(15)
    ]
    assert [0] * 20 == [child.wait() for child in children]
    read = load.load(home / ".config/quotaline/config.toml")
    assert {f"w{n}": float(n) for n in range(15)} == read.guard.windows
    assert {"warn": 61, "critical": 93, "priority": 7, "colour": "red", "short": "x"} == read.segments["extra"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be written: .*permissions\.$"):
        edit.put(tmp_path / "file" / "config.toml", "style.colour", "never")


@pytest.mark.parametrize("device", ["null", "zero"])
def test_a_link_to_a_device_is_never_replaced(device: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.symlink_to(f"/dev/{device}")
    with pytest.raises(ConfigError):
        edit.put(path, "style.colour", "never")
    assert Path(f"/dev/{device}").is_char_device()


def test_the_null_device_is_an_empty_configuration() -> None:
    assert load.load(Path("/dev/null")) == load.parse("")


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("style.palette", "mono", '[style]\npalette = "mono"\n'),
        ("sources.endpoint.enabled", False, "[sources.endpoint]\nenabled = false\n"),
        ("enable_alpha_features", True, "enable_alpha_features = true\n"),
        ("line.two", {"rows": [["extra"]]}, '[line.two]\nrows = [["extra"]]\n'),
    ],
)
def test_a_first_setting_reads_as_one_would_write_it(key: str, value: object, text: str) -> None:
    assert edit.changed("", edit.steps(key), value, "config.toml") == text


def test_each_command_says_what_it_did_and_ends_well(
    home: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, asked, opened = home / "config.toml", [], []
    for name, value in {**environment, "QUOTALINE_CONFIG": str(path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(spawn_refresh, "spawn_refresh", lambda *words: asked.append((words[0], words[3])))
    monkeypatch.setattr(click, "edit", lambda *, filename: opened.append((filename, Path(filename).read_text())))
    cache = str(resolve_locations(os.environ).cache_dir)
    follows = [(cache, spawn_refresh.CONFIG_STAMP)]
    for words, printed, refreshed in (
        (["path"], f"{path}\n", []), (["edit"], "", []),
        (["set", "style.palette", "light"], 'style.palette = "light"\n', follows),
        (["get", "style.palette"], "light\n", []),
        (["get", "sources.claude_cli"], 'sources.claude_cli.enabled = true\nsources.claude_cli.command = "claude"\n', []),
        (["unset", "style.palette"], "style.palette is no longer set in config.toml.\n", follows),
        (["unset", "style.palette"], "style.palette is not set in config.toml; nothing to change.\n", []),
        (["get", "sources.endpoint.keychain"], "false\n", []),
    ):  # fmt: skip
        asked.clear()
        assert config.main(words, standalone_mode=False) == 0
        assert (capsys.readouterr().out, asked) == (printed, refreshed), words
    assert opened == [(str(path), TEMPLATE)]
    assert not config.main([], standalone_mode=False)
    assert config.main(["show"], standalone_mode=False) == 0
    alone, shown = capsys.readouterr().out.split("# ~/config.toml")[1:]
    assert alone == shown
    assert shown.startswith(", from QUOTALINE_CONFIG\n")
    path.unlink()
    assert config.main(["show"], standalone_mode=False) == 0
    assert capsys.readouterr().out.startswith("# ~/config.toml (not there yet), from QUOTALINE_CONFIG\n")
