"""EFFECT config.toml → its types; an unknown key or a wrong type is one sentence that names the key and what is allowed."""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quotaline.config import segments
from quotaline.config.alert_rules import alert_problem
from quotaline.config.explain import convert, listed
from quotaline.config.guard_limits import guard_problem
from quotaline.config.palettes import PALETTES
from quotaline.config.schema import Config
from quotaline.errors import ConfigError
from quotaline.prices import PriceBook

if TYPE_CHECKING:
    from pathlib import Path


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


def load_or_default(path: Path | None) -> tuple[Config, dict[str, Any], list[str]]:
    """The user's configuration and its compiled lines; the defaults and one problem where it cannot be followed."""
    try:
        config = load(path)
        found = segments.catalogue(config, segments.own_folder(path))
        return config, segments.compile_lines(config, found), []
    except ConfigError as error:
        config = Config()
        return config, segments.compile_lines(config, segments.catalogue(config, None)), [str(error)]


def load_checked(path: Path | None) -> Config:
    """The configuration, its segments checked as well. Raises ConfigError."""
    config = load(path)
    segments.catalogue(config, segments.own_folder(path))
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
