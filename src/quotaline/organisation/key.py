"""EFFECT The key that opens an organisation's reports: from `QUOTALINE_ADMIN_KEY`, or from a file that is the user's alone.

It is read for one request and never stored, printed, logged or given to another program.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from quotaline.core import paths
from quotaline.core.child_env import ADMIN_KEY
from quotaline.errors import SourceError
from quotaline.files import open_file
from quotaline.sources.credentials import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Organisation

LARGEST = 4096  # bytes of a key's file
OTHERS = 0o077
ANTHROPIC, ADMIN, ANALYTICS = "sk-ant-", "sk-ant-admin", "sk-ant-api01-"
"""What keys of the Console's administrators begin with, and those of an Enterprise organisation's analytics."""
NEEDED = "the reports need an Admin key (sk-ant-admin…), or an Enterprise organisation's key for analytics (sk-ant-api01-…)"


class AdminKey(NamedTuple):
    """A key, the place it was found in, and whether it is an administrator's, which opens the older reports as well."""

    token: Token
    place: str
    is_admin: bool


def find_key(config: Organisation, env: Mapping[str, str]) -> AdminKey:
    """The key. Raises SourceError with one sentence, which never holds a part of it."""
    if env.get(ADMIN_KEY):
        return _judge(env[ADMIN_KEY], ADMIN_KEY)
    if not config.key_file:
        raise SourceError(f"There is no key: set {ADMIN_KEY}, or `organisation.key_file` in config.toml.")
    path = key_path(config.key_file, env)
    return _judge(_read(path, config.key_file), config.key_file)


def key_path(text: str, env: Mapping[str, str]) -> Path:
    """`key_file` with the home folder for its `~`."""
    home = paths.home(env)
    return Path(home + text[1:]) if home and (text == "~" or text.startswith("~/")) else Path(text)


def _read(path: Path, shown: str) -> str:
    try:
        with open_file(path, LARGEST) as descriptor:
            facts = os.fstat(descriptor)
            if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
                raise SourceError(f"The key file {shown} belongs to somebody else; chown it to yourself.")
            if facts.st_mode & OTHERS and os.name == "posix":
                mode = stat.S_IMODE(facts.st_mode)
                raise SourceError(f"The key file {shown} is open to others (mode {mode:03o}); run `chmod 600 {shown}`.")
            return os.read(descriptor, LARGEST).decode()
    except OSError as error:
        why = error.strerror or "an error"
        raise SourceError(f"The key file {shown} cannot be read: {why[0].lower()}{why[1:]}.") from None
    except ValueError:  # also a name with a NUL in it
        raise SourceError(f"The key file {shown} holds no key: it is not text.") from None


def _judge(text: str, place: str) -> AdminKey:
    """A key fit for a header and for these reports."""
    word = text.strip()
    if not word:
        raise SourceError(f"{place} holds no key: it is empty.")
    if not word.isascii() or not word.isprintable() or " " in word:
        raise SourceError(f"{place} holds no key: a key is one word of letters, digits and dashes.")
    if word.startswith(ANTHROPIC) and not word.startswith((ADMIN, ANALYTICS)):
        kind = word[len(ANTHROPIC) :].partition("-")[0]
        what = {"api": "for messages", "oat": "a login of Claude Code"}.get(kind[:3], "of another kind")
        raise SourceError(f"The key in {place} is {what}; {NEEDED}.")
    return AdminKey(Token(word), place, not word.startswith(ANALYTICS))
