"""EFFECT config.toml → a Struct; an unknown key or a wrong type is one sentence that names the key and what is allowed."""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta, field

from quotaline.alerts import problem as alert_problem
from quotaline.errors import ConfigError
from quotaline.guard import problem as guard_problem
from quotaline.palettes import PALETTES
from quotaline.prices import PriceBook
from quotaline.strict import Strict, convert, listed

if TYPE_CHECKING:
    from pathlib import Path

Seconds = Annotated[float, Meta(ge=1)]
Percent = Annotated[float, Meta(ge=0, le=1000)]

CLAUDE_ROWS = (
    ("model", "directory", "git", "context", "cost"),
    ("five_hour", "seven_day", "weekly_model", "spend_limit", "extra", "crossing"),
)
PROMPT_ROWS = (("extra", "crossing", "five_hour", "seven_day"),)


class Line(Strict, frozen=True, kw_only=True):
    """`[line.NAME]`: rows of segment names."""

    rows: tuple[tuple[str, ...], ...]


class ClaudeJson(Strict, frozen=True, kw_only=True):
    """`[sources.claude_json]`: the cache in `~/.claude.json`."""

    enabled: bool = True


class ClaudeCli(Strict, frozen=True, kw_only=True):
    """`[sources.claude_cli]`: `claude -p /usage` by the user's own program."""

    enabled: bool = True
    command: str = "claude"


class Endpoint(Strict, frozen=True, kw_only=True):
    """`[sources.endpoint]`: the last resort, the only source that reads the user's token."""

    enabled: bool = True
    base_url: str = "https://api.anthropic.com"
    user_agent: str | None = None
    keychain: bool = False


class Sources(Strict, frozen=True, kw_only=True):
    """`[sources]`: each can be closed on its own; the alpha ones need `enable_alpha_features` as well."""

    claude_json: ClaudeJson = ClaudeJson()
    claude_cli: ClaudeCli = ClaudeCli()
    endpoint: Endpoint = Endpoint()


class Style(Strict, frozen=True, kw_only=True):
    """`[style]`."""

    colour: Literal["auto", "always", "never"] = "auto"
    palette: str = "default"


class Refresh(Strict, frozen=True, kw_only=True):
    """`[refresh]`: seconds after which a prompt starts a refresh, and after which a value is marked stale."""

    fresh_for: Seconds = 60.0
    stale_after: Seconds = 3600.0


class Guard(Strict, frozen=True, kw_only=True):
    """`[guard]`: limits of `quotaline guard` and of its hook. Percent 0-1000; `max_extra` in the account's currency.

    `hook` is how the hook answers a tool call: ask the user, or deny it.
    """

    five_hour: Percent | None = None
    seven_day: Percent | None = None
    windows: dict[str, Percent] = field(default_factory=dict)
    max_extra: int | float | str | None = None
    no_extra: bool = False
    max_age: str | None = None
    unknown: Literal["tell", "ok", "fail"] = "tell"
    hook: Literal["ask", "deny"] = "ask"


class Alert(Strict, frozen=True, kw_only=True, omit_defaults=True):
    """`[[alert]]`: `run` is a list of words, or one text with `shell = true`; `quiet` is local time, "22:00-07:00".

    `terminal` is what is sent to the terminal that a prompt was drawn in: the bell, or OSC 9 (a notification).
    """

    when: str
    run: tuple[str, ...] | str = ()
    shell: bool = False
    terminal: Literal["none", "bell", "osc9"] = "none"
    quiet: str | None = None


class Config(Strict, frozen=True, kw_only=True):
    """The whole file; every key is optional."""

    enable_alpha_features: bool = False
    line: dict[str, Line] = field(default_factory=dict)
    segments: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: Sources = Sources()
    style: Style = Style()
    refresh: Refresh = Refresh()
    guard: Guard = Guard()
    alert: tuple[Alert, ...] = ()
    prices: dict[str, dict[str, float | str]] = field(default_factory=dict)

    def lines(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Rows by line name, the shipped lines included."""
        return {"claude": CLAUDE_ROWS, "prompt": PROMPT_ROWS, **{name: line.rows for name, line in self.line.items()}}


def load(path: Path | None) -> Config:
    """The configuration at `path`; the defaults where there is no file. Raises ConfigError with one sentence."""
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {error}.") from error
    return parse(text, path.name)


def parse(text: str, name: str = "config.toml") -> Config:
    """A configuration from TOML text. Raises ConfigError."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not valid TOML: {error}.") from error
    config = convert(tree, Config, name)
    if config.style.palette not in PALETTES:
        raise ConfigError(f"{name}: `style.palette` is {config.style.palette!r}; allowed are {listed(PALETTES)}.")
    wrong = guard_problem(config.guard) or next((found for alert in config.alert if (found := alert_problem(alert))), None)
    if wrong:
        raise ConfigError(f"{name}: {wrong}.")
    try:
        PriceBook(config.prices)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from error
    problem = unsafe_base_url(config.sources.endpoint.base_url)
    if problem:
        raise ConfigError(f"{name}: `sources.endpoint.base_url` {problem}; allowed is HTTPS, or HTTP to a loopback address.")
    return config


def unsafe_base_url(url: str) -> str | None:
    """Why a token may not be sent to this address, or None when it may."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is not an address"
    if parts.username or parts.password:
        return "carries a user name or password"
    if not host:
        return "names no host"
    if parts.scheme == "https":
        return None
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    return None if parts.scheme == "http" and loopback else "would send the token unprotected"
