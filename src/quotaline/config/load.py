"""EFFECT config.toml → its types; an unknown key or a wrong type is one sentence that names the key and what is allowed."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

from quotaline.config import segments
from quotaline.config.explain import convert, listed
from quotaline.config.guard_limits import guard_problem
from quotaline.config.last_good import Kept, keep_last_good, read_last_good
from quotaline.config.palettes import PALETTES
from quotaline.config.schema import ANTHROPIC, DEFAULT_PRESET, EVERY_DAY, Budgets, Config, Fleet
from quotaline.core.snapshot import config_state
from quotaline.core.values import printable, printable_with_icons
from quotaline.errors import ConfigError
from quotaline.files import read_file
from quotaline.prices import PriceBook

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1024 * 1024  # bytes of config.toml
SETTLED = 2.0
"""Seconds after which a file system that counts time in coarse steps has another time for another content."""


def load(path: Path | None) -> Config:
    """The configuration at `path`; the defaults where there is no file. Raises ConfigError with one sentence."""
    return Config() if path is None else parse(read_text(path), path.name, path.parent / "presets")


def read_text(path: Path) -> str:
    """The text of config.toml; "" where there is no file, and for the null device. Raises ConfigError.

    A link that leads nowhere is no answer: what it should lead to may come back, and says something.
    """
    try:
        if path.exists() and path.samefile(os.devnull):
            return ""
        return read_file(path, LARGEST).decode()
    except FileNotFoundError:
        if path.is_symlink():
            raise ConfigError(f"{path.name} is a link to a file that is not there.") from None
        return ""
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"{path.name} cannot be read: {error}.") from error


def parse(text: str, name: str = "config.toml", own_presets: Path | None = None) -> Config:
    """A configuration from TOML text, over the preset that it names. Raises ConfigError."""
    import tomllib  # noqa: PLC0415 - most refreshes read no configuration anew

    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of 5,000 digits, also 5,000 brackets
        raise ConfigError(f"{name} is not valid TOML: {error}.") from error
    chosen = tree.get("preset", DEFAULT_PRESET)
    if isinstance(chosen, str) and chosen != DEFAULT_PRESET:
        from quotaline.config import presets  # noqa: PLC0415 - most refreshes read no configuration anew, and many have none

        tree = presets.lay_under(tree, presets.chosen(chosen, own_presets, name))
    return understand(tree, name)


def understand(tree: Any, name: str = "config.toml") -> Config:
    """A configuration from its tree. Raises ConfigError."""
    config = convert(tree, Config, name)
    separator = config.style.separator or ""
    if printable_with_icons(separator) != separator:
        raise ConfigError(f"{name}: `style.separator` holds a control character; colours are set by the palette.")
    if config.style.palette not in PALETTES:
        raise ConfigError(f"{name}: `style.palette` is {config.style.palette!r}; allowed are {listed(PALETTES)}.")
    for model, shown in config.style.models.items():
        if not shown.strip() or printable(shown) != shown:
            raise ConfigError(f"{name}: `style.models.{model}` is {shown!r}; allowed is a text to show.")
    problems = (guard_problem(config.guard), _budget_problem(config), _fleet_problem(config), _first_alert_problem(config))
    wrong = next(filter(None, (*problems, _accounts_problem(config), _pace_problem(config))), None)
    if wrong:
        raise ConfigError(f"{name}: {wrong}.")
    try:
        PriceBook(config.prices)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from error
    addresses = (("sources.endpoint", config.sources.endpoint), ("organisation", config.organisation))
    for table, source in addresses:
        problem = unsafe_base_url(source.base_url)
        if problem:
            raise ConfigError(f"{name}: `{table}.base_url` {problem}; allowed is HTTPS, or HTTP to a loopback address.")
    return config


def _budget_problem(config: Config) -> str | None:
    if config.budget == Budgets():
        return None
    from quotaline.config.budgets import IN_FLEET, budget_problem  # noqa: PLC0415 - for those who have budgets

    wrong = budget_problem(config.budget)
    if wrong is None and config.fleet.url is None:
        keys = [key for key in IN_FLEET.values() if getattr(config.budget, key) is not None]
        return f"`budget.{keys[0]}` is about a fleet; set `fleet.url` as well" if keys else None
    return wrong


def _accounts_problem(config: Config) -> str | None:
    if not config.accounts:
        return None
    from quotaline.config.accounts import accounts_problem  # noqa: PLC0415 - for those who have several

    return accounts_problem(config.accounts)


def _fleet_problem(config: Config) -> str | None:
    if config.fleet == Fleet():
        return None
    from quotaline.config.fleet_url import fleet_problem  # noqa: PLC0415 - for those who have a fleet

    return fleet_problem(config.fleet)


def _pace_problem(config: Config) -> str | None:
    if config.pace.days == EVERY_DAY:
        return None
    from quotaline.config.pace_days import pace_problem  # noqa: PLC0415 - for those who work on some days

    return pace_problem(config.pace.days)


def _first_alert_problem(config: Config) -> str | None:
    if not config.alert:
        return None
    from quotaline.config.alert_rules import alert_problem  # noqa: PLC0415 - its grammar, for those who have alerts

    return next((found for alert in config.alert if (found := alert_problem(alert))), None)


def load_or_default(path: Path | None, cache_dir: Path | None = None) -> tuple[Config, dict[str, Any], list[str]]:
    """The user's configuration, what of it goes into a snapshot, and what is wrong with it, a sentence each. Raises nothing.

    Where config.toml cannot be followed, the last one that could holds as a whole, as `cache_dir` keeps it, else the defaults.
    A segment file that cannot be followed costs that segment only: its last good form is used, else the shipped one, if any.
    While the files and the program are those of the last good one, nothing is read and compiled anew.
    """
    state = config_state(str(path or ""))  # before anything is read: what changes meanwhile is seen the next time
    made_of = f"{segments.shipped_state()} {state}"
    kept = read_last_good(cache_dir, understand)
    if kept and kept.made_of == made_of:
        return kept.config, {**kept.compiled, "config_state": state}, []
    last = kept.own if kept else {}
    folder = segments.own_folder(path)
    settled = _changed_at(path, folder) < time.time() - SETTLED
    try:
        config = load(path)
        own, wrong = segments.read_own(folder, config)
        own = {**{name: tree for name, tree in last.items() if name in wrong or "" in wrong}, **own}
        found = segments.assemble(config, own, missing=wrong)
        problems = list(wrong.values())
        sure, compiled = settled and not problems, segments.compile_lines(config, found)
        made_of, kept_lines = (made_of, compiled) if sure else ("", {})
        keep_last_good(cache_dir, Kept(config=config, own=own, made_of=made_of, compiled=kept_lines))
    except ConfigError as error:
        config = kept.config if kept else Config()
        own, wrong = segments.read_own(folder, config)
        found = segments.assemble_what_fits(config, {**last, **own})
        problems = [str(error), *wrong.values()]
        compiled = segments.compile_lines(config, found)
    return config, {**compiled, "config_state": state}, problems


def _changed_at(path: Path | None, folder: Path | None) -> float:
    """When the configuration was last changed, epoch seconds; 0.0 where there is none."""
    found = 0.0
    with contextlib.suppress(OSError):
        for place in (path, folder, *(folder.iterdir() if folder and folder.is_dir() else ())):
            with contextlib.suppress(OSError):
                found = max(found, place.stat().st_ctime if place else 0.0)
    return found


def load_checked(path: Path | None) -> Config:
    """The configuration, its segments checked as well. Raises ConfigError."""
    config = load(path)
    segments.catalogue(config, segments.own_folder(path))
    return config


def unsafe_base_url(url: str) -> str | None:
    """Why a token may not be sent to this address, or None when it may."""
    if url == ANTHROPIC:
        return None
    from ipaddress import ip_address  # noqa: PLC0415 - most refreshes have the usual address
    from urllib.parse import urlsplit  # noqa: PLC0415

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
