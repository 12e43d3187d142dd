"""EFFECT What each window's ended periods tell: read in every refresh, brought up to date when a period ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from quotaline.core.periods import WEEK, same_period
from quotaline.core.windows import is_budget, window_length
from quotaline.forecast.past import Past
from quotaline.ledger.window_past import store_pasts, stored_pasts
from quotaline.model import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import tzinfo

    from quotaline.ledger import Ledger
    from quotaline.ledger.accounts import Dirs
    from quotaline.model import Account

LOOK_BACK = 8.0 * WEEK
"""Seconds back to which the past of a window is made where none is kept yet: two half lives of the weekly profile."""
MOST_PERIODS = 60
"""Periods that are replayed at once at the most: a fifth of a second."""


def window_pasts(
    ledger: Ledger,
    account: Account,
    readings: Sequence[Reading],
    now: float,
    *,
    zone: tzinfo,
    dirs: Dirs,
    budget_past: Callable[[str, float], Iterable[Reading]],
) -> dict[str, Past]:
    """The past by window of the merged `readings`. While no period has ended since, one query. Raises LedgerError.

    What an undocumented source said counts only while one is open. `budget_past` gives the readings of a budget, by its id and
    from when on: these are in the messages. `dirs` are the account's folders.
    """
    kept = stored_pasts(ledger, account.config_dir, account.uuid)
    opened = any(reading.alpha for reading in readings)
    found: dict[str, Past] = {}
    late: dict[str, Window] = {}
    for reading in readings:
        window = reading.value
        if not isinstance(window, Window) or window.resets_at is None or window.resets_at <= now:
            continue
        if window_length(window.id, window.extras.get("period")) is None:
            continue
        past = _past(kept.get(window.id))
        if past is None or past.of != _of(window) or (past.alpha and not opened):
            past = Past(of=_of(window))
        found[window.id] = past
        if not same_period(past.reset, window.resets_at):
            late[window.id] = window
    if late:
        renew = _Renewal(ledger, account, now, zone, opened=opened, dirs=dirs, budget_past=budget_past)
        renewed = {key: renew.past(found[key], window) for key, window in late.items()}
        bodies = {key: msgspec.json.encode(past).decode() for key, past in renewed.items()}
        store_pasts(ledger, account.config_dir, account.uuid, bodies)
        found |= renewed
    return found


class _Renewal:
    """Brings pasts up to date; what several windows need is read once."""

    def __init__(
        self,
        ledger: Ledger,
        account: Account,
        now: float,
        zone: tzinfo,
        *,
        opened: bool,
        dirs: Dirs,
        budget_past: Callable[[str, float], Iterable[Reading]],
    ) -> None:
        from quotaline.forecast.profile import hours_of_week  # noqa: PLC0415 - in most refreshes no period has ended

        self._ledger, self._account, self._now, self._opened, self._dirs = ledger, account, now, opened, dirs
        self._budget_past, self._hour_of_week = budget_past, hours_of_week(zone)
        self._used: list[tuple[float, float]] = []
        self._used_since = now

    def past(self, past: Past, window: Window) -> Past:
        """The past with the periods that have ended since it was made, up to the present one of `window`."""
        from quotaline.forecast.replay import fold, periods, reset_of  # noqa: PLC0415 - as above

        since, budget = past.until or self._now - LOOK_BACK, is_budget(window.id)
        rows = [row for row in self._readings(window.id, since) if row.as_of <= self._now and (self._opened or not row.alpha)]
        rows = [row for row in rows if row.value.utilization is not None and reset_of(row)]
        ended = [period for period in periods(rows) if not same_period(reset_of(period[0]), window.resets_at)]
        present = [row.as_of for row in rows if same_period(reset_of(row), window.resets_at)]
        used = self._activity(since) if ended and not budget else []
        for period in ended[-MOST_PERIODS:]:
            past = fold(past, period, self._hour_of_week, used)
        alpha = past.alpha or any(row.alpha for period in ended for row in period)
        return structs.replace(past, reset=window.resets_at or 0.0, until=min(present, default=self._now), alpha=alpha)

    def _readings(self, key: str, since: float) -> Iterable[Reading]:
        if is_budget(key):
            return self._budget_past(key, since)
        from quotaline.ledger.readings import window_readings  # noqa: PLC0415 - as above

        return window_readings(self._ledger, self._account, key, since)

    def _activity(self, since: float) -> list[tuple[float, float]]:
        from quotaline.ledger.readings import activity  # noqa: PLC0415 - as above

        if not self._used or self._used_since > since:
            self._used, self._used_since = activity(self._ledger, since, self._dirs), since
        return self._used


def _of(window: Window) -> str:
    """What the percents are shares of, where that may change: a budget's amount."""
    return "" if window.limit_money is None or not is_budget(window.id) else str(window.limit_money.amount)


def _past(body: str | None) -> Past | None:
    """A kept text's past; None for one that another version wrote and this one cannot understand."""
    try:
        return None if body is None else msgspec.json.decode(body, type=Past)
    except msgspec.MsgspecError:
        return None
