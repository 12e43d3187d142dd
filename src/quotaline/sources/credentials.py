"""EFFECT Claude Code's own access token, read for one request and never kept, refreshed, written or shown.

Places, in order: `CLAUDE_CODE_OAUTH_TOKEN`, `.credentials.json` in `$CLAUDE_CONFIG_DIR` or else in `~/.claude`, and on macOS,
only when the configuration says so, the Keychain. With `CLAUDE_CONFIG_DIR` set the home folder is not asked: another folder is
another login.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import Struct

from quotaline.core import paths
from quotaline.core.child_env import ADMIN_KEY, without_session
from quotaline.errors import SourceError
from quotaline.files import read_file
from quotaline.sources.fields import BadFieldError, moment, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_FILE = 1024 * 1024
VARIABLE = "CLAUDE_CODE_OAUTH_TOKEN"
SECRET_VARIABLES = (VARIABLE, "CLAUDE_CODE_OAUTH_REFRESH_TOKEN", "CLAUDE_CODE_OAUTH_SCOPES", ADMIN_KEY)
_SERVICE = "Claude Code-credentials"
_KEYCHAIN_SECONDS = 30.0


class ExpiredError(SourceError):
    """There is a login, and its time is over."""


class Token:
    """An access token that no repr, log, pickle or traceback can show."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Token(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A token is not to be copied anywhere.")

    def header(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self._text}"

    def word(self) -> str:
        """The value of a header that holds nothing else."""
        return self._text

    def stands_in(self, value: object) -> bool:
        """Whether decoded JSON, or the bytes it was decoded from, holds the token in any text, keys included."""
        waiting = [value]
        while waiting:
            match waiting.pop():
                case bytes(data) if self._text.encode() in data:
                    return True
                case str(text) if self._text in text:
                    return True
                case dict(content):
                    waiting += [*content, *content.values()]
                case list(content):
                    waiting += content
        return False

    def fingerprint(self, key: bytes) -> str:
        """What tells one token from another to whoever holds `key`, and tells nobody the token."""
        return hmac.new(key, self._text.encode(), hashlib.sha256).hexdigest()[:32]


class Credentials(Struct, frozen=True):
    """A token, when it ends (epoch seconds; None when that is not said), and the place it was found in."""

    token: Token
    expires_at: float | None
    place: str


def find(env: Mapping[str, str], now: float, *, keychain: bool, platform: str = sys.platform) -> Credentials:
    """The first login found that has not ended. Raises SourceError; an expired one is not replaced by another place's."""
    found = _from_environment(env) or _from_file(_folder(env) / ".credentials.json")
    if found is None and keychain and platform == "darwin":
        found = _parse(_keychain(env), "the Keychain")
    if found is None:
        hint = (
            "" if keychain or platform != "darwin" else ", or allow the Keychain with `keychain = true` in [sources.endpoint]"
        )
        raise SourceError(f"No Claude Code login was found; log in with /login{hint}.")
    if found.expires_at is not None and found.expires_at <= now:
        raise ExpiredError(f"The login in {found.place} has expired; use Claude Code once and it renews it.")
    return found


def keychain_service(config_dir: str) -> str:
    """The Keychain item's name; each `CLAUDE_CONFIG_DIR` has its own (openusage PR #424)."""
    if not config_dir:
        return _SERVICE
    return f"{_SERVICE}-{hashlib.sha256(unicodedata.normalize('NFC', config_dir).encode()).hexdigest()[:8]}"


def _folder(env: Mapping[str, str]) -> Path:
    chosen = env.get("CLAUDE_CONFIG_DIR")
    return Path(chosen) if chosen else Path(paths.home(env), ".claude")


def _from_environment(env: Mapping[str, str]) -> Credentials | None:
    token = _token(env.get(VARIABLE))
    return Credentials(token, None, VARIABLE) if token else None


def _from_file(path: Path) -> Credentials | None:
    try:
        return _parse(read_file(path, LARGEST_FILE), path.name)
    except OSError:
        return None


def _parse(data: bytes, place: str) -> Credentials | None:
    """`{"claudeAiOauth": {"accessToken", "expiresAt" in ms}}`; None for anything else, `mcpOAuth` alone included."""
    try:
        content: Any = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    login = table(table(content).get("claudeAiOauth"))
    token = _token(login.get("accessToken"))
    try:
        expires_at = moment(login.get("expiresAt"))
    except BadFieldError:
        expires_at = None
    return Credentials(token, expires_at, place) if token else None


def _token(text: object) -> Token | None:
    """A token fit for a header: one word of printable ASCII."""
    if not isinstance(text, str) or not text.strip():
        return None
    word = text.strip()
    return Token(word) if word.isascii() and word.isprintable() and " " not in word else None


def _keychain(env: Mapping[str, str]) -> bytes:
    """The item's content, or nothing. macOS may ask the user; Claude Code resets the item's permissions when it writes it."""
    command = ["security", "find-generic-password", "-s", keychain_service(env.get("CLAUDE_CONFIG_DIR", "")), "-w"]
    try:
        found = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_KEYCHAIN_SECONDS,
            check=False,
            env=scrubbed_env(env),
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return found.stdout.strip() if found.returncode == 0 else b""


def scrubbed_env(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child of ours: the user's, without what holds a login or belongs to a session around us."""
    return {name: value for name, value in without_session(env).items() if name not in SECRET_VARIABLES}


@contextlib.contextmanager
def no_core_dumps() -> Iterator[None]:
    """While a token is held, a crash leaves no image of our memory. Undone after, for the command that `guard` becomes."""
    try:
        import resource  # noqa: PLC0415 - not there on Windows, where there are no core files either
    except ImportError:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_CORE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, before[1]))
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, before)
