"""A newcomer's steps: what is installed, by `install` or by hand, and what only looks like it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from commandline import quotaline
from quotaline.integrations.steps import FirstSteps, first_steps, is_installed, names_us


def test_on_an_empty_machine_nothing_is_done(home: Path) -> None:
    assert first_steps({"HOME": str(home)}) == FirstSteps(False, "bash", False)


@pytest.mark.parametrize(
    ("shell", "known"),
    [("/bin/zsh", "zsh"), ("/usr/bin/fish", "fish"), ("/bin/bash", "bash"), ("/bin/tcsh", "bash"), ("", "bash")],
)
def test_the_shell_is_the_logins_one_where_it_is_known(shell: str, known: str, home: Path) -> None:
    assert first_steps({"HOME": str(home), "SHELL": shell}).shell == known


@pytest.mark.parametrize("host", ["claude-code", "bash", "zsh", "fish", "starship", "tmux"])
def test_what_install_wrote_is_installed_until_it_is_taken_out(host: str, environment: dict[str, str]) -> None:
    assert not is_installed(host, environment)
    quotaline("install", host, env=environment, check=True)
    assert is_installed(host, environment)
    quotaline("uninstall", host, env=environment, check=True)
    assert not is_installed(host, environment)


SETTINGS = {
    "ours by hand": ({"statusLine": {"type": "command", "command": "quotaline statusline"}}, True),
    "ours in a script": ({"statusLine": {"type": "command", "command": "a | quotaline statusline"}}, True),
    "another's": ({"statusLine": {"type": "command", "command": "ccstatusline"}}, False),
    "none": ({}, False),
    "no table": ({"statusLine": "quotaline"}, False),
    "another key": ({"hooks": {"x": "quotaline guard --hook"}}, False),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_slot_of_claude_code(name: str, home: Path) -> None:
    settings, wanted = SETTINGS[name]
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    assert is_installed("claude-code", dict(os.environ)) is wanted


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[1]", b"\xff\xfe", b"{"])
def test_a_file_that_is_none_shows_no_line(content: bytes, home: Path) -> None:
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_bytes(content)
    assert not is_installed("claude-code", dict(os.environ))


def test_a_folder_or_a_pipe_in_its_place_shows_none(home: Path) -> None:
    (home / ".bashrc").mkdir()
    os.mkfifo(home / ".zshrc")
    assert [is_installed(host, dict(os.environ)) for host in ("bash", "zsh")] == [False, False]
    assert not is_installed("bash", {}), "nor without a home"


def test_a_comment_names_nothing() -> None:
    assert [names_us(text) for text in ("# quotaline\n", '  eval "$(quotaline init bash)"\n', "x\n", "a # quotaline\n")] == [
        False,
        True,
        False,
        True,
    ]
