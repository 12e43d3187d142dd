"""The key of an organisation's reports: from the environment, or a file that is the user's alone; a mistake is a sentence."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from quotaline.config.schema import Organisation
from quotaline.core.child_env import without_admin_key
from quotaline.errors import SourceError
from quotaline.organisation.key import find_key
from quotaline.sources.credentials import scrubbed_env

KEY = "sk-ant-" + "admin01-" + "k" * 24


def key_file(home: Path, text: str = KEY + "\n", mode: int = 0o600) -> Path:
    path = home / "admin.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def find(home: Path, file: str | None = "~/admin.key", **env: str) -> str:
    """The key, or what is wrong."""
    try:
        return find_key(Organisation(key_file=file), {"HOME": str(home), **env}).token.word()
    except SourceError as error:
        return str(error)


def test_a_file_of_ones_own_holds_it_and_the_environment_comes_first(home: Path) -> None:
    key_file(home)
    assert find(home) == KEY
    assert find(home, QUOTALINE_ADMIN_KEY=KEY + "2") == KEY + "2"
    assert find(home, None, QUOTALINE_ADMIN_KEY=KEY) == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620])
def test_a_file_that_others_can_reach_is_refused(home: Path, mode: int) -> None:
    key_file(home, mode=mode)
    assert find(home) == f"The key file ~/admin.key is open to others (mode {mode:03o}); run `chmod 600 ~/admin.key`."


def test_a_file_of_somebody_else_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file(home)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert find(home) == "The key file ~/admin.key belongs to somebody else; chown it to yourself."


def test_what_is_no_file_is_refused_before_it_is_read(home: Path) -> None:
    assert find(home) == "The key file ~/admin.key cannot be read: no such file or directory."
    os.mkfifo(home / "admin.key", 0o600)
    assert find(home) == "The key file ~/admin.key cannot be read: not a regular file."
    (home / "admin.key").unlink()
    (home / "admin.key").mkdir()
    assert find(home) == "The key file ~/admin.key cannot be read: not a regular file."
    assert find(home, "/dev/zero") == "The key file /dev/zero cannot be read: not a regular file."
    assert find(home, "~/\0") == "The key file ~/ holds no key: it is not text."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "~/admin.key holds no key: it is empty."),
        ("two words\n", "~/admin.key holds no key: a key is one word of letters, digits and dashes."),
        ("k\u00e9y", "~/admin.key holds no key: a key is one word of letters, digits and dashes."),
        ("x" * 5000, "The key file ~/admin.key cannot be read: larger than 4 KiB."),
    ],
)
def test_what_is_no_key_is_said(home: Path, text: str, says: str) -> None:
    key_file(home, text)
    assert find(home) == says


KINDS = [("api03", "for messages"), ("oat01", "a login of Claude Code"), ("x", "of another kind")]


@pytest.mark.parametrize(("kind", "what"), KINDS)
def test_a_key_for_something_else_is_said_and_not_shown(home: Path, kind: str, what: str) -> None:
    key_file(home, f"sk-ant-{kind}-" + "s" * 24)
    said = find(home)
    assert said.startswith(f"The key in ~/admin.key is {what}; the reports need an Admin key (sk-ant-admin…)")
    assert "ssss" not in said


def test_without_any_it_says_where_one_belongs(home: Path) -> None:
    assert find(home, None) == "There is no key: set QUOTALINE_ADMIN_KEY, or `organisation.key_file` in config.toml."


def test_nothing_shows_it_and_no_child_gets_it(home: Path) -> None:
    key_file(home)
    found = find_key(Organisation(key_file="~/admin.key"), {"HOME": str(home)})
    assert KEY not in repr(found) + str(found)
    with pytest.raises(TypeError):
        pickle.dumps(found)
    env = {"QUOTALINE_ADMIN_KEY": KEY, "PATH": "/bin"}
    assert without_admin_key(env) == scrubbed_env(env) == {"PATH": "/bin"}
