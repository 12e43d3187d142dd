"""EFFECT The counters of each account: what its folders used in all, and the requests that were made for its login."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from quotaline.ledger import open_ledger
from quotaline.ledger.counters import REQUESTS, Counters, never_falling, series, used_in_all
from quotaline.prices import PriceBook
from quotaline.ratelimit.log import request_keys, requests_made

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from quotaline.config.schema import Config
    from quotaline.refresh.all_accounts import AccountSnapshot


def account_counters(accounts: Sequence[AccountSnapshot], config: Config, now: float) -> list[Counters]:
    """The counters of each of `accounts`, none where there is no ledger. Raises LedgerError where one cannot be used."""
    found: dict[tuple[Path, str], Counters] = {}
    prices = PriceBook(config.prices)
    folders = [_folders(one) for one in accounts]
    for path in {path for places in folders for path, _ in places if path.exists()}:
        with open_ledger(path) as ledger:
            owned = [[folder for place, folder in places if place == path] for places in folders]
            counters = used_in_all(ledger, [folder for some in owned for folder in some], now, prices)
            for account, some in zip(accounts, owned, strict=True):
                if some:
                    counters.setdefault(str(some[0]), {}).update(_requests(account))
            found |= {(path, folder): each for folder, each in never_falling(ledger, counters).items()}
    return [_sum([found.get((path, str(folder)), {}) for path, folder in places]) for places in folders]


def _folders(account: AccountSnapshot) -> list[tuple[Path, Path]]:
    """The account's folders, each once, with the ledger that it is in."""
    wheres = [one.where for one in account.accounts]
    return list(dict.fromkeys((where.ledger, folder) for where in wheres if where.ledger for folder in where.claude_dirs))


def _requests(account: AccountSnapshot) -> Counters:
    """Requests by source and outcome, from the ledger that counts them for all processes."""
    found: Counters = defaultdict(Decimal)
    keys: dict[Path, set[str]] = defaultdict(set)
    for one in account.accounts:
        if one.where.request_ledger and one.where.request_ledger.exists():
            keys[one.where.request_ledger] |= set(request_keys(account.snapshot.account.uuid, one.env))
    for path, some in keys.items():
        with open_ledger(path) as ledger:
            for (source, outcome), count in requests_made(ledger, sorted(some)).items():
                found[series(REQUESTS, source=source, outcome=outcome)] += count
    return dict(found)


def _sum(parts: Sequence[Counters]) -> Counters:
    found: Counters = defaultdict(Decimal)
    for part in parts:
        for one, value in part.items():
            found[one] += value
    return dict(found)
