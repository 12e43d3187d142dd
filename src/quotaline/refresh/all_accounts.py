"""EFFECT The accounts of `[accounts]` beside each other: the snapshot of each, made new where it is old.

Nobody draws a prompt for an account that rests, so a background refresh of one also makes the old snapshots of the others new,
each by its own lock and its own rate limiter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from quotaline.config.accounts import NamedAccount, named_accounts
from quotaline.core.windows import FIVE_HOUR
from quotaline.errors import LedgerError
from quotaline.model import Window
from quotaline.refresh.current import current_snapshot
from quotaline.refresh.run import refresh
from quotaline.snapshot.load import is_fresh, load_snapshot
from quotaline.snapshot.merge import merge
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quotaline.config.schema import Config
    from quotaline.model import LocalTotals, Reading, Snapshot


class AccountSnapshot(NamedTuple):
    """What is known of one login: the `names` of its folders, the first of which it is called by, and its snapshot.

    `accounts` are those folders' own, the first one's first.
    """

    names: tuple[str, ...]
    accounts: tuple[NamedAccount, ...]
    snapshot: Snapshot


def account_snapshots(config: Config, env: Mapping[str, str], now: float, *, offline: bool = False) -> list[AccountSnapshot]:
    """Each account's snapshot, refreshed as `current_snapshot` does. Folders with the same login are one account."""
    found: dict[str, list[AccountSnapshot]] = {}
    for account in named_accounts(config.accounts, env):
        snapshot = current_snapshot(account.where, account.env, now, offline=offline)
        found.setdefault(snapshot.account.uuid or f" {account.name}", []).append(
            AccountSnapshot((account.name,), (account,), snapshot)
        )
    return [group[0] if len(group) == 1 else _as_one(group, config, now) for group in found.values()]


def _as_one(group: Sequence[AccountSnapshot], config: Config, now: float) -> AccountSnapshot:
    """Several folders of one login: the readings merged, the local totals those of all of them."""
    first = max(group, key=lambda one: one.snapshot.written_at)
    readings = merge([reading for one in group for reading in one.snapshot.readings], now)
    totals = _totals(group, readings, config, now) or first.snapshot.local
    shown = structs.replace(first.snapshot, account=group[0].snapshot.account, readings=tuple(readings), local=totals)
    names, folders = (one.names[0] for one in group), (one.accounts[0] for one in group)
    return AccountSnapshot(tuple(names), tuple(folders), shown)


def _totals(group: Sequence[AccountSnapshot], readings: Sequence[Reading], config: Config, now: float) -> LocalTotals | None:
    """Local totals of several folders; None where the ledger cannot tell."""
    from quotaline.ledger import open_ledger  # noqa: PLC0415 - for the few who have one login in two folders
    from quotaline.ledger.accounts import own_dirs  # noqa: PLC0415
    from quotaline.ledger.totals import local_totals  # noqa: PLC0415
    from quotaline.prices import PriceBook  # noqa: PLC0415

    path = group[0].accounts[0].where.ledger
    resets = [each.value.resets_at for each in readings if isinstance(each.value, Window) and each.value.id == FIVE_HOUR]
    if path is None or not path.exists():
        return None
    try:
        with open_ledger(path) as ledger:
            dirs = own_dirs(ledger.connection, [folder for one in group for folder in one.accounts[0].where.claude_dirs])
            until, prices = (resets[0] if resets else None), PriceBook(config.prices)
            return local_totals(ledger, now, local_zone(), five_hour_resets_at=until, prices=prices, dirs=dirs)
    except (LedgerError, OSError):
        return None


def refresh_others(config: Config, env: Mapping[str, str], now: float) -> None:
    """Make the old snapshots of the other accounts new. Raises nothing."""
    for account in named_accounts(config.accounts, env):
        snapshot = load_snapshot(account.where.snapshot)
        if snapshot is None or not is_fresh(snapshot, account.where.config_file, now):
            refresh(account.env, now)
