"""Every recipe of docs/surfaces.md, run as a user would paste it, as far as this machine has the program."""

from __future__ import annotations

import json
import re
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

import shellkit
from commandline import QUOTALINE, quotaline
from quotaline.core.snapshot import read_or_defaults
from quotaline.core.surfaces import SURFACES
from quotaline.prompt import desktop_bars
from quotaline.render.fields import gather_fields
from quotaline.render.sgr import hex_colour
from quotaline.snapshot import prompt_files
from samples import AFTER_RESPONSE
from shellkit import Terminal, plain

PAGE = Path(__file__).resolve().parents[1] / "docs" / "surfaces.md"
RECIPES = dict(re.findall(r"<!-- recipe: (\S+) -->\n```\w+\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
TESTED = {
    "bash", "zsh", "fish", "sh", "bash-placed", "zsh-placed", "fish-placed", "ps1", "zsh-ps1", "ps1-anew",
    "zsh-ps1-anew", "starship", "tmux",
    "powerlevel10k", "oh-my-posh", "waybar", "polybar", "i3blocks", "xbar", "claude-code",
    "enrich", "starship-profile", "variables", "tmux-plugin",
}  # fmt: skip
EXTRA: dict[str, Any] = {
    "type": "extra_usage",
    "is_enabled": True,
    "used": [1240, "USD", 2],
    "limit": [5000, "USD", 2],
    "utilization": 24.8,
}


def snapshot(now: float, **more: Any) -> dict[str, Any]:
    """A snapshot of a moment ago: a session at 92 %, and extra usage."""
    window = {"type": "window", "id": "five_hour", "name": "Session (5h)", "utilization": 92.0, "resets_at": now + 8030}
    shipped = read_or_defaults("")
    readings = [{"value": value, "source": "statusline", "as_of": now} for value in (window, EXTRA)]
    account = {"config_dir": "~/.claude"}
    return {
        **shipped, "version": 1, "written_at": now, "fresh_for": 3600.0, "stale_after": 3600.0, "account": account,
        "readings": readings, "fields": {}, **more,
    }  # fmt: skip


@pytest.fixture
def env(home: Path, tmp_path: Path) -> dict[str, str]:
    """A home with a snapshot and prompt files, and `quotaline` in the PATH."""
    folder = home / ".cache" / "quotaline" / "default"
    folder.mkdir(parents=True)
    now = time.time()
    (folder / "snapshot.json").write_text(json.dumps(snapshot(now)))
    for name, content in prompt_files.render_prompt_files(snapshot(now), now).items():
        (folder / name).write_bytes(content)
    place = tmp_path / "bin"
    place.mkdir()
    (place / "quotaline").symlink_to(QUOTALINE)
    found = shellkit.environment()
    return {**found, "PATH": f"{place}:{found['PATH']}", "QUOTALINE_REFRESH": "1"}


def test_the_page_has_exactly_the_recipes_that_are_tested() -> None:
    assert set(RECIPES) == TESTED


@pytest.mark.parametrize(
    "name",
    ["bash", "zsh", "fish", "sh", "bash-placed", "zsh-placed", "fish-placed", "ps1", "zsh-ps1", "ps1-anew", "zsh-ps1-anew"],
)
def test_a_shell_that_pastes_it_shows_the_line(name: str, env: dict[str, str], tmp_path: Path) -> None:
    shell = {"ps1": "bash", "ps1-anew": "bash"}.get(name, name.partition("-")[0])
    terminal = Terminal(shell, env)
    terminal.source(RECIPES[name], tmp_path)
    shown = plain(terminal.do(":")).replace("\x02", "")
    assert "$12.40 extra" in shown, shown
    terminal.close()


def test_powerlevel10k_is_handed_the_line(env: dict[str, str]) -> None:
    """The theme itself is not here: its `p10k segment` is, as a function that prints what it was given."""
    after = "__quotaline_precmd\nprompt_quotaline\nprint $POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS"
    script = f"p10k() {{ print -P -- $3 }}\n{RECIPES['powerlevel10k']}\n{after}"
    assert ["$12.40 extra · 5h 92% 2h13m", "quotaline"] == plain(shellkit.run("zsh", script, env).stdout).replace(
        "\x02", ""
    ).splitlines()


def command(words: str, env: dict[str, str]) -> str:
    """What a bar gets that runs `words` through a shell."""
    return subprocess.run(["/bin/sh", "-c", words], capture_output=True, text=True, env=env, check=True, timeout=60).stdout


def test_oh_my_posh_runs_the_command(env: dict[str, str]) -> None:
    properties = json.loads(RECIPES["oh-my-posh"])["properties"]
    assert command(properties["command"], env) == "$12.40 extra · 5h 92% 2h13m\n"


def test_waybar_gets_its_json(env: dict[str, str]) -> None:
    module = json.loads("{" + RECIPES["waybar"] + "}")["custom/quotaline"]
    assert module["return-type"] == "json"
    assert {
        "text": "$12.40 extra · 5h 92% 2h13m", "tooltip": "Session (5h): 92%, resets in 2h13m\nExtra usage: $12.40 of $50.00",
        "class": "critical", "percentage": 92,
    } == json.loads(command(module["exec"], env))  # fmt: skip


def test_polybar_and_i3blocks_and_xbar_get_text_and_colour(env: dict[str, str]) -> None:
    exec_line = re.search(r"^exec = (.*)$", RECIPES["polybar"], re.MULTILINE)
    assert exec_line
    shown = command(exec_line[1], env)
    assert re.fullmatch(r"%\{F#[0-9a-f]{6}\}\$12\.40 extra%\{F-\} · %\{F#[0-9a-f]{6}\}5h 92% 2h13m%\{F-\}\n", shown)
    command_line = re.search(r"^command=(.*)$", RECIPES["i3blocks"], re.MULTILINE)
    assert command_line
    full, short, colour = command(command_line[1], env).splitlines()
    assert ("$12.40 extra · 5h 92% 2h13m", "$12.40 extra") == (full, short)
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    script = RECIPES["xbar"].replace("$HOME/.local/bin/quotaline", QUOTALINE)
    first, rule, *menu = command(script, env).splitlines()
    assert re.fullmatch(r"\$12\.40 extra · 5h 92% 2h13m \| color=#[0-9a-f]{6}", first)
    assert (rule, len(menu)) == ("---", 2)


def test_starships_recipe_is_what_install_writes(env: dict[str, str], home: Path) -> None:
    assert quotaline("install", "starship", env=env).returncode == 0
    written = tomllib.loads((home / ".config" / "starship.toml").read_text())["custom"]["quotaline"]
    written.pop("description")
    written["shell"][1] = written["shell"][1].replace(str(home), "~")
    assert tomllib.loads(RECIPES["starship"])["custom"]["quotaline"] == written
    assert "$12.40 extra" in plain(command(f"/bin/sh {home}/.local/share/quotaline/shell/starship.sh", env))


def test_tmuxs_command_prints_tmuxs_colours(env: dict[str, str]) -> None:
    job = re.search(r"#\((.*?)\)", RECIPES["tmux"])
    assert job
    assert re.search(r"#\[fg=colour\d+\]\$12\.40 extra#\[default\]", command(job[1], env))


def test_claude_codes_recipe_is_what_install_writes(env: dict[str, str], home: Path) -> None:
    recipe = json.loads(RECIPES["claude-code"])["statusLine"]
    assert quotaline("install", "claude-code", env=env).returncode == 0
    written = json.loads((home / ".claude" / "settings.json").read_text())["statusLine"]
    assert {**recipe, "command": written["command"]} == written
    done = subprocess.run(
        ["/bin/sh", "-c", written["command"]],
        input=json.dumps(AFTER_RESPONSE).encode(),
        env=env,
        capture_output=True,
        check=True,
    )
    assert b"Opus 5.5" in done.stdout


BARS = [name for name, surface in SURFACES.items() if surface.bar]


@pytest.mark.parametrize("surface", BARS)
def test_nothing_to_show_prints_nothing(surface: str) -> None:
    kept = snapshot(1e9, readings=[])
    assert desktop_bars.render_bar(surface, kept["lines"]["prompt"], kept, gather_fields(kept, [], 1e9), colour=True) == ""


@pytest.mark.parametrize(
    "trap", ['"}\\', "<b>&amp;</b>", "%{A1:touch canary:}x%{A}", "a | shell=touch", "--x", "---", "a\nb", "\\u0000"]
)
def test_no_value_breaks_out_of_a_bars_format(trap: str) -> None:
    kept = snapshot(1e9, readings=[], fields={"model.name": [trap, None]})
    shown = {
        surface: desktop_bars.render_bar(surface, [["model"]], kept, gather_fields(kept, [], 1e9), colour=True)
        for surface in BARS
    }
    text = json.loads(shown["waybar"])["text"]
    assert "<" not in text
    assert "&" not in text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not re.search(r"%\{(?!F)", shown["polybar"])
    assert shown["xbar"].splitlines()[0].count("|") == 1
    assert not shown["xbar"].startswith("-")
    assert len(shown["i3blocks"].splitlines()) in (2, 3)


def test_colours_of_every_kind_have_a_hex_form() -> None:
    assert ["cd0000", "ff0000", "d7af87", "010203", "080808", "", "ffaf00"] == [
        hex_colour(sgr) for sgr in ("31", "91", "38;5;180", "38;2;1;2;3", "38;5;232", "2", "1;38;5;214")
    ]


def test_another_programs_line_gets_the_completed_json(env: dict[str, str], home: Path, tmp_path: Path) -> None:
    (home / ".local/bin").mkdir(parents=True)
    (home / ".local/bin/quotaline").symlink_to(QUOTALINE)
    other = tmp_path / "bin" / "ccstatusline"
    other.write_text("#!/bin/sh\nexec cat\n")
    other.chmod(0o755)
    recipe = json.loads(RECIPES["enrich"])["statusLine"]["command"]
    done = subprocess.run(
        ["/bin/sh", "-c", recipe], input=json.dumps({"cwd": "/"}), capture_output=True, text=True, env=env, check=True
    )
    assert json.loads(done.stdout)["rate_limits"]["extra_usage"]["used_credits"] == 1240


def test_starships_profile_stands_above_our_row(env: dict[str, str], home: Path, tmp_path: Path) -> None:
    """The starship here may be older than its profiles: one that says which it was asked for stands in for it."""
    starship = tmp_path / "bin" / "starship"
    starship.write_text('#!/bin/sh\ncat >/dev/null\necho "$* drawn"\n')
    starship.chmod(0o755)
    assert "claude-code" in tomllib.loads(RECIPES["starship-profile"])["profiles"]
    settings = home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"statusLine": {"type": "command", "command": "starship statusline claude-code"}}))
    assert quotaline("install", "claude-code", "--chain", env=env).returncode == 0
    written = json.loads(settings.read_text())["statusLine"]["command"]
    said = json.dumps(AFTER_RESPONSE)
    done = subprocess.run(["/bin/sh", "-c", written], input=said, capture_output=True, text=True, env=env, check=True)
    first, second, *_ = plain(done.stdout).splitlines()
    assert first == "statusline claude-code drawn"
    assert "Opus 5.5" in second


def test_a_script_evaluates_the_variables(env: dict[str, str]) -> None:
    assert command(f"set -eu\n{RECIPES['variables']}", env) == ""
    assert command(f"set -eu\n{RECIPES['variables'].replace('-lt 80', '-lt 95')}", env) == "room: 8 points\n"
    assert (
        command('eval "$(quotaline prompt --shell env)"; echo $QUOTALINE_EXTRA of $QUOTALINE_EXTRA_LIMIT', env)
        == "12.40 of 50.00\n"
    )
