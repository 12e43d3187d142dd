"""Claude Code's settings that no editor of JSON can read, and backups that are none any more."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from commandline import QUOTALINE, quotaline
from quotaline.errors import HostError
from quotaline.integrations import claude_code

OURS = {"type": "command", "command": f"{QUOTALINE} statusline", "refreshInterval": 30}


def settings(home: Path, content: bytes) -> Path:
    path = home / ".claude" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "place"), [(b'{"a": "\xff"}', 7), (b"\xff\xfe{}", 0), (b'{"a": "\xc3"}', 7), (b"{}\x80", 2)], ids=repr
)
def test_settings_that_are_not_utf_8_are_refused_with_the_place(content: bytes, place: int, home: Path) -> None:
    path = settings(home, content)
    for act in (claude_code.install, claude_code.uninstall, claude_code.held_by):
        with pytest.raises(HostError, match=f"settings.json is not UTF-8 at byte {place}"):
            act(dict(os.environ))
    assert path.read_bytes() == content


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_settings_that_are_not_utf_8_are_left_alone_with_one_sentence(
    command: str, home: Path, environment: dict[str, str]
) -> None:
    path = settings(home, b'{"a": "\xff"}')
    done = quotaline(command, "claude-code", env=environment)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"quotaline: settings.json is not UTF-8 at byte 7")
    assert done.stderr.count(b"\n") == 1
    assert [path] == list(path.parent.iterdir())
    assert path.read_bytes() == b'{"a": "\xff"}'


@pytest.mark.parametrize("kept", ["{broken", "", "[1]", "7", '{"statusLine": ', "{}{}"])
def test_a_backup_that_is_no_json_any_more_does_not_keep_us_in_the_settings(kept: str) -> None:
    text = json.dumps({"a": 1, "statusLine": OURS}, indent=2)
    assert json.loads(claude_code.text_after(text, "settings.json", claude_code.InstalledCommand(QUOTALINE, ""), kept)) == {
        "a": 1
    }
    chained = claude_code.InstalledCommand(QUOTALINE, "their line")
    after = claude_code.text_after(text, "settings.json", chained, kept)
    assert json.loads(after) == {"a": 1, "statusLine": {"type": "command", "command": "their line"}}


def test_uninstall_with_a_broken_backup_takes_us_out(home: Path, environment: dict[str, str]) -> None:
    path = settings(home, b'{\n  "a": 1\n}\n')
    assert quotaline("install", "claude-code", env=environment).returncode == 0
    [backup] = [other for other in path.parent.iterdir() if other != path]
    backup.write_text("{broken")
    assert quotaline("uninstall", "claude-code", env=environment).returncode == 0
    assert json.loads(path.read_bytes()) == {"a": 1}
