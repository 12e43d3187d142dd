"""config.toml: each mistake is one sentence with the key and what is allowed, from every foreground command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from quotaline.commands import COMMANDS
from quotaline.config import load
from quotaline.config.schema import Config
from quotaline.errors import ConfigError

QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
NEEDS_WORDS = {"init", "install", "uninstall", "record", "guard", "fleet"}
PROMPT_PATH = {"prompt", "statusline"}
FOREGROUND = sorted(set(COMMANDS) - NEEDS_WORDS - PROMPT_PATH - {"demo"})  # which reads nothing of yours

MISTAKES = {
    "colour = 1": "config.toml: `colour` is not a key; allowed are enable_alpha_features, preset, line, segments, sources",
    "style.color = 'auto'": "config.toml: `style.color` is not a key; allowed are colour, palette",
    "enable_alpha_features = 'yes'": "config.toml: `enable_alpha_features` must be true or false, not text",
    "sources.endpoint.enabled = 1": "config.toml: `sources.endpoint.enabled` must be true or false, not a whole number",
    "sources.endpint.enabled = true": "config.toml: `sources.endpint` is not a key; allowed are claude_json",
    "style.colour = 'sometimes'": "config.toml: `style.colour` cannot be 'sometimes'; allowed are always, auto, never",
    "style.palette = 'pink'": "config.toml: `style.palette` is 'pink'; allowed are default, light",
    "refresh.fresh_for = 0": "config.toml: `refresh.fresh_for` must be a number >= 1",
    "line.prompt.rows = [['nope']]": "config.toml: `line.prompt.rows` names 'nope'; allowed are account",
    "line.prompt.row = []": "config.toml: `line.prompt.row` is not a key; allowed are rows",
    "line.prompt = {}": "config.toml: `line.prompt` lacks the key `rows`",
    "line.prompt.rows = ['extra']": "config.toml: `line.prompt.rows[0]` must be a list, not text",
    "line.prompt.rows = []\nline.two.rows = 7": "config.toml: `line.two.rows` must be a list, not a whole number",
    "segments.extra = 3": "config.toml: `segments.extra` must be a table, not a whole number",
    "segments.nope.warn = 1": "config.toml: `segments.nope` is not a segment; allowed are account",
    "segments.extra.wran = 1": "config.toml: `segments.extra`: `wran` is not a key; allowed are summary, format",
    "segments.extra.colour = 'mauve'": "config.toml: `segments.extra`: `colour` is 'mauve'; allowed is a role",
    "segments.extra.format = '{extra.usd}'": "{extra.usd} is not a field; `quotaline segments --fields` lists them",
    "segments.extra.format = '{extra.used:cents}'": "{extra.used:cents} has an unknown format; allowed are money, pct",
    "sources.endpoint.base_url = 'http://example.com'": "`sources.endpoint.base_url` would send the token unprotected; allowed",
    "this is not toml": "config.toml is not valid TOML",
    # what is quoted moves no cursor and turns no writing direction
    'segments.extra.format = "{ex\u202etra.\\u0007usd}"': "{extra.usd} is not a field",
    '"co\u202elour\\u001b[2J" = 1': "config.toml: `colour[2J` is not a key",
    'style.palette = "pi\\u001b]0;x\\u0007nk"': "config.toml: `style.palette` is 'pi",
}


def written(home: Path, text: str) -> Path:
    path = home / ".config" / "quotaline" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_sentence_with_the_key_and_what_is_allowed(text: str, home: Path) -> None:
    from quotaline.commands.load_config import load_config
    from quotaline.locations import resolve_locations

    written(home, text)
    with pytest.raises(ConfigError) as found:
        load_config(resolve_locations({"HOME": str(home)}))
    assert MISTAKES[text] in str(found.value)
    assert str(found.value).endswith(".")
    assert str(found.value).isprintable()


@pytest.mark.parametrize("command", FOREGROUND)
def test_every_foreground_command_says_it_and_exits_2(command: str, home: Path, environment: dict[str, str]) -> None:
    written(home, "style.palette = 'pink'\n")
    found = subprocess.run([*QUOTALINE, command], env=environment, capture_output=True, text=True, check=False)
    if command in ("doctor", "setup"):  # the one is asked about it, the other sets up what does not need it
        assert "`style.palette` is 'pink'; allowed are default" in found.stdout
        assert found.returncode == 1
        return
    assert found.stderr == "quotaline: config.toml: `style.palette` is 'pink'; allowed are default, light, ansi, ascii, mono.\n"
    assert (found.returncode, found.stdout) == (2, "")


def test_the_prompt_goes_on_with_a_broken_configuration(home: Path, environment: dict[str, str]) -> None:
    written(home, "style.palette = 'pink'\n")
    found = subprocess.run([*QUOTALINE, "prompt"], env=environment, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_an_own_segment_that_is_broken_is_named_by_its_file(home: Path, environment: dict[str, str]) -> None:
    own = written(home, "").parent / "segments"
    own.mkdir()
    (own / "mine.toml").write_text("summary = 'mine'\n", encoding="utf-8")
    found = subprocess.run([*QUOTALINE, "usage"], env=environment, capture_output=True, text=True, check=False)
    assert found.stderr == "quotaline: segments/mine.toml: `the file` lacks the key `format`.\n"


def test_no_file_and_an_empty_file_are_the_defaults(home: Path) -> None:
    assert Config() == load.load(None) == load.load(home / "none.toml") == load.parse("")


def test_lines_of_ones_own_stand_beside_the_shipped_ones() -> None:
    assert list(load.parse("line.mine.rows = [['extra']]").lines()) == ["claude", "prompt", "mine"]


def test_the_alpha_notice_comes_once_and_never_in_a_prompt(home: Path, environment: dict[str, str]) -> None:
    written(home, "enable_alpha_features = true\n")
    run = [
        subprocess.run([*QUOTALINE, command], env=environment, capture_output=True, text=True, check=False)
        for command in ("prompt", "usage", "usage")
    ]
    assert ["alpha feature" in found.stderr for found in run] == [False, True, False]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://example.com", None),
        ("https://name@example.com", "carries a user name or password"),
        ("https://:word@example.com", "carries a user name or password"),
        ("https://name:word@example.com", "carries a user name or password"),
        ("https://", "names no host"),
        ("http://localhost:8080", None),
        ("http://127.0.0.1", None),
        ("http://[::1]:1", None),
        ("http://127.0.0.1.example.com", "would send the token unprotected"),
        ("http://10.0.0.1", "would send the token unprotected"),
        ("ftp://localhost", "would send the token unprotected"),
        ("https://[", "is not an address"),
    ],
)
def test_a_token_goes_to_a_protected_address_and_nowhere_else(url: str, why: str | None) -> None:
    assert load.unsafe_base_url(url) == why
