"""Presets: ready lines under what config.toml says itself, shipped and one's own."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from commandline import quotaline
from quotaline.config import load, presets
from quotaline.config.edit import put, settings, unset
from quotaline.config.schema import Config
from quotaline.core.snapshot import config_state
from quotaline.errors import ConfigError
from quotaline.locations import resolve_locations
from quotaline.preview import live
from quotaline.preview.presets import preset_previews
from quotaline.render.ascii import to_ascii

SHIPPED = tuple(presets.read_presets(None))


def configured(home: Path, text: str = "", **own: str) -> Path:
    folder = home / ".config" / "quotaline"
    (folder / "presets").mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text, encoding="utf-8")
    for name, content in own.items():
        (folder / "presets" / f"{name}.toml").write_text(content, encoding="utf-8")
    return folder / "config.toml"


def test_every_shipped_preset_has_its_place_and_a_summary() -> None:
    assert set(SHIPPED) == set(presets.SHIPPED_ORDER)
    assert all(presets.chosen(name, None, "x")["summary"] for name in SHIPPED)


def test_the_default_preset_is_no_preset(home: Path) -> None:
    assert load.load(configured(home, 'preset = "default"\n')) == Config()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_is_a_configuration_that_can_be_set_and_taken_back(name: str, home: Path) -> None:
    path = configured(home)
    put(path, "preset", name)
    config = load.load_checked(path)
    assert config.preset == name
    origins = {one.origin for one in settings(config, path)}
    assert (f"preset {name}" in origins) is (name != "default")
    assert unset(path, "preset")
    assert load.load(path) == Config()


@pytest.mark.slow
@pytest.mark.parametrize("limit", [40, 79, 80, 120, 200])
def test_every_preset_keeps_to_the_width_and_has_an_ascii_form(limit: int, home: Path) -> None:
    where = resolve_locations({"HOME": str(home)})
    state = live.sampled(where, Config(), time.time())
    found = preset_previews(where, state.fields, colour=False, limit=limit)
    assert [one.name for one in found] == list(SHIPPED)
    for one in found:
        assert (one.problem, bool(one.claude), bool(one.prompt)) == ("", True, True), one.name
        assert max(cell_len(row) for row in (*one.claude, *one.prompt)) <= limit, one.name
        if one.name != "powerline":  # whose icons no other font has
            assert "?" not in to_ascii("".join((*one.claude, *one.prompt))), one.name


def test_what_config_toml_says_itself_counts(home: Path) -> None:
    path = configured(
        home,
        'preset = "mine"\n[line.prompt]\nrows = [["model"]]\n[segments.extra]\nwarn = 7\n[style]\npalette = "light"\n',
        mine='[line.prompt]\nrows = [["extra"], ["today"]]\n[line.claude]\nrows = [["extra"]]\n'
        '[segments.extra]\nwarn = 1\ncritical = 2\n[style]\npalette = "mono"\nseparator = "/"\n',
    )
    config = load.load_checked(path)
    assert config.lines()["prompt"] == (("model",),), "rows are one value"
    assert config.lines()["claude"] == (("extra",),)
    assert config.segments == {"extra": {"warn": 7, "critical": 2}}
    assert (config.style.palette, config.style.separator) == ("light", "/")
    told = {one.key: one.origin for one in settings(config, path)}
    assert (told["segments.extra.warn"], told["segments.extra.critical"]) == ("config.toml", "preset mine")
    assert (told["style.separator"], told["style.colour"]) == ("preset mine", "default")


def test_one_of_ones_own_replaces_a_shipped_one_and_others_follow_by_name(home: Path) -> None:
    path = configured(home, 'preset = "money"\n', money='summary = "s"\n[line.prompt]\nrows = [["today"]]\n', b="", a="")
    assert load.load(path).lines()["prompt"] == (("today",),)
    assert list(presets.read_presets(presets.own_folder(path))) == [*SHIPPED, "a", "b"]


BROKEN = {
    "no TOML": ("x", r"presets/mine.toml cannot be read"),
    "an unknown key": ("guard = 1", r"presets/mine.toml: .*guard"),
    "a wrong type": ("[style]\npalette = 1", r"presets/mine.toml: .*palette"),
    "a segment that is none": ("[segments.nope]\nwarn = 1", r"segments.nope. is not a segment"),
    "a palette that is none": ('[style]\npalette = "x"', r"`style.palette` is 'x'"),
    "a control character": ('[style]\nseparator = "\\u001b[31m"', r"`style.separator` holds a control character"),
    "a long separator": ('[style]\nseparator = "123456789"', r"separator"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_preset_with_a_mistake_is_one_sentence_and_the_last_good_one_stays(name: str, home: Path) -> None:
    text, says = BROKEN[name]
    path = configured(home, 'preset = "mine"\n', mine='[line.prompt]\nrows = [["today"]]\n')
    load.load_or_default(path, home)
    configured(home, 'preset = "mine"\n', mine=text)
    with pytest.raises(ConfigError, match=says):
        load.load_checked(path)
    config, compiled, problems = load.load_or_default(path, home)
    assert (config.lines()["prompt"], compiled["lines"]["prompt"], len(problems)) == ((("today",),), [["today"]], 1)


@pytest.mark.parametrize("word", ['"nope"', '""', '"../x"', "7", "[]"])
def test_a_preset_that_is_none_is_refused(word: str, home: Path) -> None:
    with pytest.raises(ConfigError, match="`preset`"):
        load.load(configured(home, f"preset = {word}\n"))


def test_a_change_of_a_preset_of_ones_own_is_another_state(home: Path) -> None:
    path = configured(home, 'preset = "mine"\n', mine="")
    states = [config_state(str(path))]
    configured(home, 'preset = "mine"\n', mine='summary = "x"\n')
    states.append(config_state(str(path)))
    (path.parent / "presets" / "mine.toml").unlink()
    states.append(config_state(str(path)))
    assert len(set(states)) == 3


trees = st.recursive(st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8)


@given(
    over=st.dictionaries(st.sampled_from("abc"), trees, max_size=3),
    under=st.dictionaries(st.sampled_from("abc"), trees, max_size=3),
)
def test_laid_under_twice_is_once_and_nothing_of_the_upper_one_changes(
    over: dict[str, object], under: dict[str, object]
) -> None:
    once = presets.lay_under(over, under)
    assert presets.lay_under(once, under) == once
    assert presets.lay_under(once, over) == once
    assert set(once) == set(over) | set(under)


@pytest.mark.slow
def test_a_chosen_preset_is_what_every_surface_shows(home: Path, furnished: dict[str, str]) -> None:
    env = {name: value for name, value in furnished.items() if name != "QUOTALINE_CONFIG"} | {"NO_COLOR": "1"}
    quotaline("config", "set", "enable_alpha_features", "true", env=env, check=True)
    quotaline("config", "set", "preset", "powerline-plain", env=env, check=True)
    quotaline("refresh", "--force", env=env)
    assert b" \xe2\x80\xba 5h 42%" in quotaline("prompt", env=env, check=True).stdout
    assert " › 5h 42%" in (home / ".cache/quotaline/default/prompt.plain").read_text(encoding="utf-8")
    assert " > 5h 42%" in (home / ".cache/quotaline/default/prompt.plain-ascii").read_text(encoding="ascii")
    page = quotaline("presets", env=env, check=True).stdout.decode()
    assert "powerline-plain · chosen · " in page
    assert page.count("chosen") == 1
    said = json.loads(quotaline("presets", "--sample", "--json", env=env, check=True).stdout)
    assert [one["name"] for one in said] == list(SHIPPED)
    assert said[0]["prompt"][0].startswith("$12.40 extra · 5h 42% ")


@pytest.mark.slow
def test_while_no_number_is_known_made_ones_are_shown_and_said(home: Path, environment: dict[str, str]) -> None:
    page = quotaline("presets", env=environment, check=True).stdout.decode()
    assert page.startswith("With made numbers, as none of yours are known yet.\n")
    assert "nothing to show yet" not in page
    assert "› 42%\n" in page
    assert "extra" not in page.partition("\nmoney")[2].partition("\n  ")[2].partition("\n\n")[0], "no source of dollars is open"
    said = json.loads(quotaline("presets", "--json", env=environment, check=True).stdout)
    assert said[1]["prompt"] == [], "to a program only what is"
    assert home.exists()


@pytest.mark.slow
def test_a_separator_is_inert_in_a_prompt(home: Path, furnished: dict[str, str]) -> None:
    env = {name: value for name, value in furnished.items() if name != "QUOTALINE_CONFIG"}
    configured(home, 'enable_alpha_features = true\n[style]\nseparator = "`>x`$(>y"\n')
    quotaline("refresh", "--force", env=env)
    text = quotaline("prompt", "--shell", "bash", env=env, check=True).stdout.decode()
    folder = home / "empty"
    folder.mkdir()
    shown = ""
    for script in ('PS1="$T"; printf %s "${PS1@P}"', "PS1='$T'; printf %s \"${PS1@P}\"", 'eval "printf %s \\"$T\\""'):
        done = subprocess.run(["bash", "-c", script], cwd=folder, env={**env, "T": text}, capture_output=True, check=False)
        shown += done.stdout.decode()
    assert list(folder.iterdir()) == []
    assert shown.count("'>x'$") >= 3, "the look-alike of a backquote"
