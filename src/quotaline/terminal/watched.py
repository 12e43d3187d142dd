"""EFFECT What `quotaline watch` looks at: an account's snapshot and configuration, read again when they changed on disk."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from quotaline.config.accounts import NamedAccount, named_accounts
from quotaline.config.load import load_checked
from quotaline.core.snapshot import config_state
from quotaline.core.spawn_refresh import spawn_refresh
from quotaline.errors import ConfigError
from quotaline.integrations.steps import first_steps
from quotaline.refresh.all_accounts import account_snapshots
from quotaline.refresh.current import current_snapshot
from quotaline.snapshot.load import is_fresh, load_snapshot, snapshot_state
from quotaline.terminal.accounts import accounts_page
from quotaline.terminal.page import whole_page
from quotaline.usage.report import account_overview, overview
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Config
    from quotaline.locations import Locations
    from quotaline.terminal.text import Line


class Watched:
    """One account. What cannot be understood any more leaves what was understood last, and `problem` says so."""

    def __init__(self, where: Locations, env: Mapping[str, str], config: Config, now: float) -> None:
        self._where, self._env, self.config = where, env, config
        self._zone = local_zone()
        self._state = self.state()
        self._snapshot = current_snapshot(where, env, now, offline=True)
        self.problem = ""

    def state(self) -> tuple[object, ...]:
        """Something that is another when there is something new to show; it costs a few `stat`s."""
        return snapshot_state(self._where.snapshot), config_state(str(self._where.config_file or ""))

    def lines(self, now: float, limit: int) -> list[Line]:
        """The page at `now` as lines of at most `limit` cells."""
        self._look()
        steps = first_steps(self._env)
        view = overview(self._snapshot, now, self._zone, line_installed=steps.claude_code)
        return whole_page(view, self._snapshot, self.config, now, limit, steps=steps)

    def _look(self) -> None:
        """Read what has changed on disk since the last look."""
        if self._state == (state := self.state()):
            return
        self._state = state
        self._snapshot = load_snapshot(self._where.snapshot) or self._snapshot
        try:
            self.config, self.problem = load_checked(self._where.config_file), ""
        except ConfigError as error:
            self.problem = f"{error} Shown as before."

    def refresh_if_due(self, now: float) -> None:
        """Start a refresh as prompts do, where the snapshot has become old."""
        if not is_fresh(self._snapshot, self._where.config_file, now):
            self.refresh(now)

    def refresh(self, now: float) -> bool:
        """Start the refresh that prompts start, which asks nobody whom the rate limiter does not let it ask; whether it was."""
        return spawn_refresh(str(self._where.cache_dir or ""), self._env, now)


class WatchedAccounts(Watched):
    """Every account of `[accounts]`, one below the other; the present one's refresh looks after the others."""

    _named: tuple[Config, list[NamedAccount]] | None = None

    def _accounts(self) -> list[NamedAccount]:
        if self._named is None or self._named[0] is not self.config:
            self._named = self.config, named_accounts(self.config.accounts, self._env)
        return self._named[1]

    def state(self) -> tuple[object, ...]:
        """The same of each account."""
        return *(snapshot_state(account.where.snapshot) for account in self._accounts()), config_state(
            str(self._where.config_file or "")
        )

    def lines(self, now: float, limit: int) -> list[Line]:
        """The page of all accounts."""
        self._look()
        found = account_snapshots(self.config, self._env, now, offline=True)
        views = [account_overview(one.names, one.snapshot, now, self._zone) for one in found]
        return accounts_page([(view, one.snapshot) for view, one in zip(views, found, strict=True)], now, limit)

    def refresh_if_due(self, now: float) -> None:
        """Start a refresh where one of the snapshots has become old."""
        for account in self._accounts():
            snapshot = load_snapshot(account.where.snapshot)
            if snapshot is None or not is_fresh(snapshot, account.where.config_file, now):
                self.refresh(now)
                return


def reap() -> None:
    """Take note of the refreshes that have ended, so that none stays behind as a zombie as long as we run."""
    with contextlib.suppress(ChildProcessError, AttributeError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
