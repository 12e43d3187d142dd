"""PURE `[fleet] url` → what libpq is told: an address without a password, and TLS that knows whom it talks to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Fleet

SCHEMES = ("postgresql", "postgres")
WORDS = frozenset({"host", "port", "dbname", "user", "service", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile"})
"""What may stand behind the `?`; `hostaddr` and `options` could undo what is promised of the rest."""
SECRETS = frozenset({"password", "sslpassword"})
VERIFY = "verify-full"
LONGEST_NAME = 100
EXAMPLE = "postgresql://USER@HOST/DATABASE"
WHERE_PASSWORDS_ARE = "put it into ~/.pgpass, PGPASSWORD or a service file"


def fleet_problem(fleet: Fleet) -> str | None:
    """What is wrong with `[fleet]` beyond its types, without a full stop; a password is never part of it."""
    for key in ("machine", "user"):
        name = getattr(fleet, key)
        if name is not None and not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
            return f"`fleet.{key}` is to be a name of at most {LONGEST_NAME} printable characters"
    if fleet.url is None:
        return None
    try:
        words = connection_words(fleet.url)
    except ValueError as error:
        return f"`fleet.url` {error}"
    mode = words.get("sslmode", VERIFY)
    if mode != VERIFY and not is_near(words.get("host", "")):
        return f"`fleet.url` asks for sslmode={mode}; allowed is {VERIFY}, but for a loopback address or a socket"
    return None


def connection_words(url: str) -> dict[str, str]:
    """The url as libpq's words. Raises ValueError, a predicate without a full stop, which quotes nothing of the url."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"is not an address; allowed is {EXAMPLE}") from None
    if parts.scheme not in SCHEMES or parts.fragment:
        raise ValueError(f"is not an address of PostgreSQL; allowed is {EXAMPLE}")
    if parts.password is not None:
        raise ValueError(f"carries a password; {WHERE_PASSWORDS_ARE}")
    host = parts.netloc.rpartition("@")[2].removesuffix(
        f":{port}"
    )  # `parts.hostname` is in lower case, which no path should be
    words = {
        "host": unquote(host.removeprefix("[").removesuffix("]")),
        "port": str(port or ""),
        "user": unquote(parts.username or ""),
    }
    words["dbname"] = unquote(parts.path.removeprefix("/"))
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key in SECRETS:
            raise ValueError(f"carries a password; {WHERE_PASSWORDS_ARE}")
        if key not in WORDS:
            shown = key if re.fullmatch(r"\w{1,30}", key) else "a word"
            raise ValueError(f"has {shown} behind the question mark; allowed are {', '.join(sorted(WORDS))}")
        words[key] = value
    if "," in words["host"]:
        raise ValueError("names several hosts; allowed is one")
    if any(not value.isprintable() for value in words.values()):
        raise ValueError("holds a control character")
    return {key: value for key, value in words.items() if value}


def is_near(host: str) -> bool:
    """Whether a host is this machine: a socket (a path, or no name at all) or a loopback address."""
    from ipaddress import ip_address  # noqa: PLC0415 - for those who have a fleet

    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def service_words(text: str, name: str) -> dict[str, str]:
    """What a service file says of one service; {} where it does not know it."""
    found: dict[str, str] = {}
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{name}]"
        elif inside and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def described(words: Mapping[str, str]) -> str:
    """The address as it may be shown."""
    if "service" in words and "host" not in words:
        return f"the service {words['service']}"
    return words.get("host") or "the local socket"
