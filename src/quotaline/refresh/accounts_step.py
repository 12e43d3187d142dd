"""EFFECT What a line shows of all accounts beside each other, for those who have several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quotaline.config.accounts import named_accounts
from quotaline.core.formats import format_percent
from quotaline.core.windows import FIVE_HOUR, window_label
from quotaline.model import Window
from quotaline.snapshot.load import load_snapshot
from quotaline.snapshot.merge import merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.config.schema import Config
    from quotaline.model import Snapshot


def accounts_fields(config: Config, env: Mapping[str, str], own: Snapshot, now: float) -> dict[str, tuple[Any, float | None]]:
    """`accounts.five_hour`, such as `work 5h 9% · home 42%`, and `accounts.used`, the highest of these, until one is over.

    An account whose window nobody knows is left out; a stale value is marked.
    """
    told: list[str] = []
    shares: list[float] = []
    until: list[float] = []
    seen: set[str] = set()
    for account in named_accounts(config.accounts, env):
        snapshot = own if account.env == dict(env) else load_snapshot(account.where.snapshot)
        window, as_of = _five_hour(snapshot, now)
        if snapshot is None or window is None or window.utilization is None:
            continue
        if snapshot.account.uuid is not None and snapshot.account.uuid in seen:
            continue
        seen.add(snapshot.account.uuid or "")
        turns = as_of + own.stale_after
        until += [window.resets_at] if window.resets_at is not None else []
        until += [turns] if turns > now else []
        label = "" if told else f"{window_label(window.id, window.name)} "
        left = own.style.get("show") == "left"
        share = max(0.0, 100.0 - window.utilization) if left else window.utilization
        mark = str(own.style.get("stale", "?")) if turns <= now else ""
        told.append(f"{account.name} {label}{mark}{format_percent(share)}{' left' if left else ''}")
        shares.append(window.utilization)
    if not told:
        return {}
    end = min(until, default=None)
    return {"accounts.five_hour": (" · ".join(told), end), "accounts.used": (max(shares), end)}


def _five_hour(snapshot: Snapshot | None, now: float) -> tuple[Window | None, float]:
    """The account's 5-hour window as it is true at `now`, and when that was read."""
    for reading in merge(snapshot.readings, now) if snapshot else ():
        if isinstance(reading.value, Window) and reading.value.id == FIVE_HOUR:
            return reading.value, reading.as_of
    return None, 0.0
