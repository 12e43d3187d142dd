"""EFFECT What Claude Code keeps for itself in `.claude.json`: its last `/usage` answer, and whose login it is. Undocumented.

The file also holds keys and prompt history and may be hundreds of megabytes, so it is decoded into a type that has room for
three top-level keys and nothing else, and a large one is read piece by piece. Only the top level counts: a project may hold a
key of the same name. Half an emoji or other damage in somebody's history closes nothing: `damaged_json.members` passes over it.
"""

from __future__ import annotations

import os
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field
from msgspec.structs import fields

from quotaline.core import paths
from quotaline.core.periods import not_from_the_future
from quotaline.core.values import short_label
from quotaline.errors import SourceError
from quotaline.files import open_file, read_file
from quotaline.sources.fields import BadFieldError, moment, table
from quotaline.sources.json_text import decode_json
from quotaline.sources.usage_body import Readings, readings

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_FILE = 256 * 1024 * 1024
HELD_FILE = 8 * 1024 * 1024
"""What is larger is read piece by piece, in a memory of some megabytes."""


class _File(Struct):
    """All that is ever taken out of the file."""

    cache: Raw | UnsetType = field(default=UNSET, name="cachedUsageUtilization")
    login: Raw | UnsetType = field(default=UNSET, name="oauthAccount")
    reason: Raw | UnsetType = field(default=UNSET, name="cachedExtraUsageDisabledReason")


NAMES = {part.encode_name: part.name for part in fields(_File)}


def path_of(env: Mapping[str, str]) -> Path:
    """`$CLAUDE_CONFIG_DIR/.claude.json`, else `~/.claude.json`. Claude Code takes the variable literally, without `~`."""
    return Path(env.get("CLAUDE_CONFIG_DIR") or paths.home(env)) / ".claude.json"


def read(env: Mapping[str, str], now: float) -> Readings:
    """The cached usage of the account that is logged in, `as_of` its fetch. Raises SourceError when there is none of it.

    `disabled_reason` of what is returned is newer than that: Claude Code hears with each answer why extra usage is off.
    """
    path = path_of(env)
    file = _load(path)
    cache, login = table(file.get("cache")), table(file.get("login"))
    if not cache:
        raise SourceError(f"{path.name} holds no usage; a current Claude Code writes it when /usage is opened.")
    owner, logged_in = short_label(cache.get("accountUuid")), short_label(login.get("accountUuid"))
    if logged_in is None:
        raise SourceError(f"{path.name} names no account that is logged in; log in with /login in Claude Code.")
    if owner != logged_in:
        raise SourceError(f"The usage in {path.name} belongs to another account; open /usage in Claude Code to renew it.")
    try:
        fetched = moment(cache.get("fetchedAtMs"))
    except BadFieldError:
        fetched = None
    if fetched is None:
        raise SourceError(f"The usage in {path.name} says not when it was fetched; open /usage in Claude Code to renew it.")
    as_of = not_from_the_future(fetched, now)
    found = readings(cache.get("utilization"), source="claude-json", as_of=as_of, account=logged_in)
    found.disabled_reason = short_label(file.get("reason"))
    return found


def read_account(env: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The account's uuid and plan (`max_5x`, `pro`, ...; an unknown tier raw); None for what cannot be read."""
    try:
        login = table(_load(path_of(env)).get("login"))
    except SourceError:
        return None, None
    return short_label(login.get("accountUuid")), plan_of(login)


def read_organisation(env: Mapping[str, str]) -> str | None:
    """The id of the organisation that the account belongs to; None where it cannot be read."""
    try:
        return short_label(table(_load(path_of(env)).get("login")).get("organizationUuid"))
    except SourceError:
        return None


def plan_of(login: Mapping[str, Any]) -> str | None:
    """The plan in `oauthAccount`, by substring: tier names change more often than the words in them.

    A team's member may carry a personal tier (`default_claude_max_5x`), so the organization's kind speaks first.
    """
    organization = short_label(login.get("organizationType")) or ""
    tiers = [short_label(login.get(key)) for key in ("userRateLimitTier", "organizationRateLimitTier", "seatTier")]
    words = [text for text in (*tiers, organization) if text]
    for name in ("enterprise", "team"):
        if name in organization:
            return name
    for marks, name in (
        (("max_20x",), "max_20x"),
        (("max_5x",), "max_5x"),
        (("ultra",), "ultra"),
        (("enterprise",), "enterprise"),
        (("team", "raven"), "team"),
        (("max",), "max"),
        (("pro", "default_claude_ai"), "pro"),
    ):
        if any(mark in text for text in words for mark in marks):
            return name
    return words[0] if words else None


def _load(path: Path) -> dict[str, Any]:
    """The keys of `_File` that are there and can be read, by its names. Raises SourceError."""
    try:
        facts = path.stat()
        large = facts.st_size > HELD_FILE
        found = _large(path, facts.st_ino, facts.st_mtime_ns, facts.st_size) if large else _held(read_file(path, LARGEST_FILE))
    except FileNotFoundError as error:
        raise SourceError(f"{path.name} cannot be read ({error.strerror}); it is there once Claude Code has run.") from None
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read ({error.strerror}); see what Claude Code keeps there.") from None
    if found is None:
        raise SourceError(f"{path.name} is not the JSON that Claude Code writes; it is tried again at the next refresh.")
    return {NAMES[key]: value for key, value in found.items() if value is not None}


def _held(data: bytes) -> dict[str, Any] | None:
    """The values of the keys in a file that is held in memory; None where it is no object."""
    try:
        decoded = msgspec.json.decode(data, type=_File)
    except (ValueError, RecursionError):  # the decoder's words could quote a file that holds secrets: none of them goes on
        pass
    else:
        raw = {key: getattr(decoded, name) for key, name in NAMES.items()}
        return {key: _part(text) for key, text in raw.items() if not isinstance(text, UnsetType)}
    from quotaline.sources.damaged_json import members  # noqa: PLC0415 - few files are damaged

    try:
        return members(data, NAMES)
    except ValueError:
        return None


@lru_cache(maxsize=1)  # a refresh asks for the login and for the usage
def _large(path: Path, *_state: int) -> dict[str, Any] | None:
    """The same of a file that is not, in a state of it that its numbers tell. Raises OSError."""
    from quotaline.sources.large_json import large_members  # noqa: PLC0415 - few files are that large

    with open_file(path, LARGEST_FILE) as descriptor:
        try:
            return {key: _part(text) for key, text in large_members(partial(os.read, descriptor), NAMES).items()}
        except ValueError:
            return None


def _part(raw: Raw | bytes) -> Any:
    try:
        return decode_json(raw)
    except ValueError:
        return None
