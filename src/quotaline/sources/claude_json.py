"""EFFECT What Claude Code keeps for itself in `.claude.json`: its last `/usage` answer, and whose login it is. Undocumented.

The file also holds keys and prompt history and may be hundreds of megabytes, so it is read up to a cap and decoded into a type
that has room for two top-level keys and nothing else. Only the top level counts: a project may hold a key of the same name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from quotaline.core import paths
from quotaline.core.periods import not_from_the_future
from quotaline.core.values import short_label
from quotaline.errors import SourceError
from quotaline.sources.fields import BadFieldError, moment, table
from quotaline.sources.usage_body import readings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.model import Reading

LARGEST_FILE = 256 * 1024 * 1024


class _File(Struct):
    """All that is ever taken out of the file."""

    cache: Raw | UnsetType = field(default=UNSET, name="cachedUsageUtilization")
    login: Raw | UnsetType = field(default=UNSET, name="oauthAccount")


def path_of(env: Mapping[str, str]) -> Path:
    """`$CLAUDE_CONFIG_DIR/.claude.json`, else `~/.claude.json`. Claude Code takes the variable literally, without `~`."""
    return Path(env.get("CLAUDE_CONFIG_DIR") or paths.home(env)) / ".claude.json"


def read(env: Mapping[str, str], now: float) -> list[Reading]:
    """The cached usage of the account that is logged in, `as_of` its fetch. Raises SourceError when there is none of it."""
    path = path_of(env)
    file = _load(path)
    cache, login = _part(file.cache), _part(file.login)
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
    return readings(cache.get("utilization"), source="claude-json", as_of=not_from_the_future(fetched, now), account=logged_in)


def read_account(env: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The account's uuid and plan (`max_5x`, `pro`, ...; an unknown tier raw); None for what cannot be read."""
    try:
        login = _part(_load(path_of(env)).login)
    except SourceError:
        return None, None
    return short_label(login.get("accountUuid")), plan_of(login)


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


def _load(path: Path) -> _File:
    """Raises SourceError."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read ({error.strerror}); it is there once Claude Code has run.") from None
    if len(data) > LARGEST_FILE:
        raise SourceError(
            f"{path.name} is larger than {LARGEST_FILE >> 20} MiB and was not read; see what Claude Code keeps there."
        )
    try:
        return msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # `from None`: a decoder's words could quote a file that holds secrets.
        raise SourceError(
            f"{path.name} is not the JSON that Claude Code writes; it is tried again at the next refresh."
        ) from None


def _part(raw: Raw | UnsetType) -> dict[str, Any]:
    try:
        return {} if isinstance(raw, UnsetType) else table(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
