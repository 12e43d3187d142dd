import copy
import json
import logging
import os
import pickle
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from quotaline.errors import SourceError
from quotaline.sources import credentials

NOW = 1795244400.0
TEXT = "sk-ant-" + "oat01-" + "x" * 24
OTHER = "sk-ant-" + "oat01-" + "y" * 24


def put(folder: Path, content: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / ".credentials.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def login(token: object = TEXT, expires_at: object = (NOW + 60) * 1000) -> dict[str, Any]:
    return {"claudeAiOauth": {"accessToken": token, "refreshToken": "r", "expiresAt": expires_at}, "mcpOAuth": {}}


def find(env: dict[str, str], **changes: Any) -> credentials.Credentials:
    return credentials.find(env, NOW, **{"keychain": False, "platform": "linux", **changes})


def test_the_environment_comes_first_then_the_config_dir_and_another_folders_login_is_not_taken(home: Path) -> None:
    put(home / ".claude", login())
    put(home / "work", login(OTHER))
    env = {"HOME": str(home)}
    assert find(env).token.header() == f"Bearer {TEXT}"
    assert find({**env, "CLAUDE_CONFIG_DIR": str(home / "work")}).token.header() == f"Bearer {OTHER}"
    assert find({**env, "CLAUDE_CODE_OAUTH_TOKEN": OTHER}).token.header() == f"Bearer {OTHER}"
    assert find({**env, "CLAUDE_CODE_OAUTH_TOKEN": ""}).token.header() == f"Bearer {TEXT}"
    with pytest.raises(SourceError, match="No Claude Code login"):
        find({**env, "CLAUDE_CONFIG_DIR": str(home / "empty")})


def test_an_expired_login_is_not_used(home: Path) -> None:
    put(home / ".claude", login(expires_at=NOW * 1000))
    with pytest.raises(SourceError, match=r"\.credentials\.json has expired"):
        find({"HOME": str(home)})


def test_a_login_without_an_expiry_is_used(home: Path) -> None:
    times: tuple[object, ...] = (None, "x", [])
    for expires_at in times:
        put(home / ".claude", login(expires_at=expires_at))
        assert find({"HOME": str(home)}).expires_at is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        {"mcpOAuth": {}},
        {"claudeAiOauth": None},
        login(None),
        login(7),
        login(""),
        login("two words"),
        login("a\nb"),
    ],
)
def test_a_file_without_a_usable_token_is_no_login(home: Path, content: object) -> None:
    put(home / ".claude", content)
    with pytest.raises(SourceError, match="No Claude Code login"):
        find({"HOME": str(home)})


def test_no_way_of_printing_shows_a_token(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(home / ".claude", login())
    found = find({"HOME": str(home)})
    logging.getLogger("x").warning("%s %r %s", found, found.token, [found])
    shown = [str(found), repr(found), f"{found.token}", "%r" % (found.token,), caplog.text]  # noqa: UP031 — one way of many
    assert not [text for text in shown if TEXT in text]
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            copier(found.token)
        assert TEXT not in "".join(traceback.format_exception(caught.value))


def test_a_fingerprint_tells_tokens_apart_and_needs_the_key() -> None:
    one, other = credentials.Token(TEXT), credentials.Token(OTHER)
    prints = {one.fingerprint(b"k"), one.fingerprint(b"k"), one.fingerprint(b"l"), other.fingerprint(b"k")}
    assert len(prints) == 3
    assert {32} == {len(text) for text in prints}
    assert not [text for text in prints if TEXT in text]


@pytest.fixture
def security(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `security` program that prints a login and writes down how it was called."""
    program = home / "bin" / "security"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho \"$@\" >> {home}/called\nenv >> {home}/env\necho '{json.dumps(login())}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return home / "called"


@pytest.mark.slow
def test_the_keychain_is_asked_only_on_macos_and_only_when_allowed(home: Path, security: Path) -> None:
    for changes in ({"platform": "linux", "keychain": True}, {"platform": "darwin", "keychain": False}):
        with pytest.raises(SourceError):
            find(dict(os.environ), **changes)
    assert not security.exists()
    assert find(dict(os.environ), platform="darwin", keychain=True).token.header() == f"Bearer {TEXT}"
    assert security.read_text() == "find-generic-password -s Claude Code-credentials -w\n"
    assert TEXT not in (home / "env").read_text()
    put(home / ".claude", login(OTHER))
    assert find(dict(os.environ), platform="darwin", keychain=True).token.header() == f"Bearer {OTHER}"
    assert len(security.read_text().splitlines()) == 1, "a login that is there is asked nobody for"


@pytest.mark.slow
def test_a_keychain_that_fails_has_no_login_whatever_it_prints(home: Path, security: Path) -> None:
    program = home / "bin" / "security"
    program.write_text(program.read_text() + "exit 1\n")
    with pytest.raises(SourceError, match=r"^No Claude Code login was found; log in with /login\.$"):
        find(dict(os.environ), platform="darwin", keychain=True)
    assert security.exists()


@pytest.mark.parametrize(
    ("platform", "hint"),
    [("linux", ""), ("darwin", ", or allow the Keychain with `keychain = true` in [sources.endpoint]")],
)
def test_where_there_is_a_keychain_it_is_named(home: Path, platform: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        find({"HOME": str(home)}, platform=platform)
    assert str(caught.value) == f"No Claude Code login was found; log in with /login{hint}."


def test_a_login_file_of_a_mebibyte_is_read_and_a_larger_one_is_not(home: Path) -> None:
    path = put(home / ".claude", login())
    path.write_bytes(path.read_bytes().ljust(1 << 20))
    assert find({"HOME": str(home)}).place == ".credentials.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(SourceError, match="No Claude Code login"):
        find({"HOME": str(home)})


def test_a_childs_environment_is_the_users_without_what_holds_a_login() -> None:
    secrets = ("CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_REFRESH_TOKEN", "CLAUDE_CODE_OAUTH_SCOPES", "QUOTALINE_ADMIN_KEY")
    assert credentials.scrubbed_env(dict.fromkeys(("PATH", "CLAUDE_CONFIG_DIR", *secrets), "x")) == {
        "PATH": "x", "CLAUDE_CONFIG_DIR": "x",
    }  # fmt: skip


def test_each_config_dir_has_its_own_keychain_item() -> None:
    assert credentials.keychain_service("") == "Claude Code-credentials"
    assert re.fullmatch("Claude Code-credentials-[0-9a-f]{8}", credentials.keychain_service("/a"))
    assert credentials.keychain_service("/\u0061\u0308") == credentials.keychain_service("/\u00e4")
