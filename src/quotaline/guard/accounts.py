"""EFFECT Which account has room: one, any or all of `[accounts]`, watched like one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import structs

from quotaline.config.accounts import account_named, named_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quotaline.config.accounts import NamedAccount
    from quotaline.guard.verdict import Verdict
    from quotaline.guard.watch import Watch
    from quotaline.locations import Locations

ANY, ALL = "any", "all"
ACCOUNT, CONFIG_DIR = "QUOTALINE_ACCOUNT", "QUOTALINE_CONFIG_DIR"
"""What COMMAND is told: the account that has room, and its folder."""


class AccountsWatch:
    """Accounts that are looked at together. `chosen` is the first of those that decided the verdict."""

    def __init__(self, which: str, accounts: Sequence[NamedAccount], watches: Sequence[Watch]) -> None:
        self._which = which
        self._watches = list(zip(accounts, watches, strict=True))
        self._last = 0

    @property
    def chosen(self) -> NamedAccount:
        """The account that COMMAND is to use."""
        return self._watches[self._last][0]

    @property
    def account(self) -> str | None:
        """How that one is called."""
        return self.chosen.name

    @property
    def watch(self) -> Watch:
        """What a fuse watches: the chosen account."""
        return self._watches[self._last][1]

    def look(self, now: float) -> Verdict:
        """One verdict. Of `any`: room where one has room; none where none has; else unknown. Of `all`: the other way round."""
        found: list[Verdict] = []
        for number, (account, watch) in enumerate(self._watches):
            verdict = watch.look(now)
            found.append(structs.replace(verdict, message=f"{account.name}: {verdict.message}"))
            if self._which == ANY and verdict.outcome == "room":
                self._last = number
                return found[-1]
        decides = ("unknown", "no_room") if self._which == ANY else ("no_room", "unknown", "room")
        outcome = next(one for one in decides if any(verdict.outcome == one for verdict in found))
        told = [verdict for verdict in found if verdict.outcome == outcome]
        self._last = found.index(told[0])
        ends = [verdict.until for verdict in told if verdict.until is not None]
        until = min(ends, default=None)
        if self._which == ALL:  # when the last of them starts anew, if that is known of each
            until = max(ends) if len(ends) == len(told) else None
        return structs.replace(told[0], until=until, message=" ".join(verdict.message for verdict in told))

    def changed(self) -> Any:
        """Something that is another when one of the snapshots is."""
        return tuple(watch.changed() for _, watch in self._watches)


def watch_accounts(
    which: str,
    accounts: Mapping[str, str],
    env: Mapping[str, str],
    watch_of: Callable[[Locations, Mapping[str, str]], Watch],
) -> AccountsWatch:
    """A watch of what `--account WHICH` means. Raises ConfigError for a name that is none, and where there are none."""
    if which in (ANY, ALL) and accounts:
        chosen = [account for account in named_accounts(accounts, env) if account.name in accounts]
    else:
        chosen = [account_named(accounts, env, which)]
    return AccountsWatch(which, chosen, [watch_of(account.where, account.env) for account in chosen])


def use_account(account: NamedAccount) -> None:
    """Let what is started next work with this account."""
    os.environ.pop("CLAUDE_CONFIG_DIR", None)
    os.environ.update({name: value for name, value in account.env.items() if name == "CLAUDE_CONFIG_DIR"})
    os.environ.update({ACCOUNT: account.name, CONFIG_DIR: account.folder})
