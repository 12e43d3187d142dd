"""EFFECT `[accounts]` → the accounts that are shown side by side: each with its folder, its environment and its places.

An account is a folder of Claude Code's. The environment of one is that in which `claude` would use it, so that its snapshot,
its prompt files and its login are those that a shell with that `CLAUDE_CONFIG_DIR` has.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from quotaline.core import paths
from quotaline.errors import ConfigError
from quotaline.locations import Locations, folder_env, is_same_folder, resolve_locations

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
WORDS = ("any", "all")
"""What `guard --account` takes beside names."""
MOST = 20


class NamedAccount(NamedTuple):
    """An account: how it is called, the environment in which it is the present one, and where its files are."""

    name: str
    env: dict[str, str]
    where: Locations

    @property
    def folder(self) -> str:
        """Claude Code's folder of this account; "" where there is no home."""
        return str(self.where.claude_dirs[0]) if self.where.claude_dirs else ""


def accounts_problem(accounts: Mapping[str, str]) -> str | None:
    """What is wrong with `[accounts]` beyond its types, without a full stop."""
    taken: dict[str, str] = {}
    if len(accounts) > MOST:
        return f"`accounts` has {len(accounts)} names; at most {MOST} are shown side by side"
    for name, folder in accounts.items():
        if not NAME.fullmatch(name) or name in WORDS:
            return f"`accounts` has {name!r}; allowed is a short name of letters, digits, - and _, but neither any nor all"
        if not folder.startswith(("~/", "/")) and not re.match(r"[A-Za-z]:[/\\]", folder):
            return f"`accounts.{name}` is {folder!r}; allowed is a whole path such as ~/.claude-work"
        other = taken.setdefault(folder.rstrip("/\\"), name)
        if other != name:
            return f"`accounts.{name}` is the folder of `accounts.{other}`; an account has one name"
    return None


def named_accounts(accounts: Mapping[str, str], env: Mapping[str, str]) -> list[NamedAccount]:
    """The accounts of the configuration in its order; before them the present one, where it is none of these."""
    present = Path(found) if (found := paths.home(env)) else None
    current = resolve_locations(env)
    found_ones, known = [], False
    for name, text in accounts.items():
        folder = Path(str(present or "~") + text[1:] if text.startswith("~/") else text)
        same = bool(current.claude_dirs) and is_same_folder(folder, current.claude_dirs[0])
        of_account = dict(env) if same else folder_env(env, folder)
        known = known or same
        found_ones.append(NamedAccount(name, of_account, current if same else resolve_locations(of_account)))
    return found_ones if known else [NamedAccount(current.config_dir, dict(env), current), *found_ones]


def account_named(accounts: Mapping[str, str], env: Mapping[str, str], name: str) -> NamedAccount:
    """The account of this name. Raises ConfigError where there is none."""
    for account in named_accounts(accounts, env):
        if account.name == name and name in accounts:
            return account
    known = ", ".join(accounts) if accounts else "none; give them names under [accounts] in config.toml"
    raise ConfigError(f"There is no account {name!r}. Known: {known}.")
