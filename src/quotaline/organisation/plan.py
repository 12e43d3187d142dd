"""PURE Which report is asked for next, for which days, and with what words: one request at a time.

Two interfaces give the same reports: `analytics` (the Usage and Cost Analytics API, beta since October 2026) and `legacy` (the
Admin API's reports). Days are UTC's. The last three days are asked for again each hour, because they still change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Api = Literal["analytics", "legacy"]
COST, USAGE, CLAUDE_CODE, ANALYTICS = "cost", "usage", "claude_code", "analytics"
CHANGING_DAYS = 3
ASK_AGAIN = 3600.0
"""Seconds after which a day that still changes is asked for again: the reports are made every few hours."""
CLOSED_FOR = 7 * 86400.0
"""Seconds for which a report that the server does not give to a key is not asked for."""
LONGEST_SPAN = 31
FIRST_DAY = date(2026, 1, 1)  # before which the analytics know nothing
OLDEST = 364
DIMENSIONS = ("model", "workspace_id", "api_key_id", "actor", "product")
ROWS, BUCKETS = "1000", "31"
PATHS = {
    (ANALYTICS, COST): "/v1/organizations/analytics/cost",
    (ANALYTICS, USAGE): "/v1/organizations/analytics/usage",
    ("legacy", COST): "/v1/organizations/cost_report",
    ("legacy", USAGE): "/v1/organizations/usage_report/messages",
    ("legacy", CLAUDE_CODE): "/v1/organizations/usage_report/claude_code",
}
VERSIONS = {ANALYTICS: "2026-10-21", "legacy": "2023-06-01"}
BETA = "analytics-usage-cost-2026-08-24"


class Question(NamedTuple):
    """One report of one interface for the days `first` to `last`, both included; `page` goes on where an answer ended."""

    api: Api
    report: str
    first: date
    last: date
    page: str | None = None

    @property
    def path(self) -> str:
        """Where it is asked."""
        return PATHS[self.api, self.report]

    def headers(self) -> dict[str, str]:
        """What the interface wants to be told beside the key."""
        return {"anthropic-version": VERSIONS[self.api]} | ({"anthropic-beta": BETA} if self.api == ANALYTICS else {})

    def params(self) -> list[tuple[str, str]]:
        """The words of the question."""
        start, end = (f"{day.isoformat()}T00:00:00Z" for day in (self.first, self.last + timedelta(days=1)))
        if self.report == CLAUDE_CODE:
            words = [("starting_at", self.first.isoformat()), ("limit", ROWS)]
        elif self.api == ANALYTICS:
            groups = [("group_by[]", name) for name in DIMENSIONS]
            words = [("starting_at", start), ("ending_at", end), ("time_bucket_width", "1d"), *groups, ("limit", ROWS)]
        else:
            names = ("description", "workspace_id") if self.report == COST else LEGACY_USAGE
            groups = [("group_by[]", name) for name in names]
            words = [("starting_at", start), ("ending_at", end), ("bucket_width", "1d"), *groups, ("limit", BUCKETS)]
        return words + ([("page", self.page)] if self.page else [])

    def days(self) -> list[date]:
        """Each day that is asked for."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


LEGACY_USAGE = ("model", "workspace_id", "api_key_id", "account_id", "service_account_id")


def interface(closed: Mapping[str, float], now: float) -> Api:
    """The interface that is asked: the older one where the newer one does not open for this key."""
    return "legacy" if _is_closed(ANALYTICS, closed, now) else "analytics"


def next_question(
    asked: Mapping[str, Mapping[date, float]], closed: Mapping[str, float], now: float, days: int
) -> Question | None:
    """What is asked next; None while everything is fresh. `asked` says when each report was last asked for a day.

    The newest days come first, of each report in turn; then what is missing, back to `days` days ago.
    """
    api = interface(closed, now)
    reports = [COST, USAGE] + ([] if _is_closed(CLAUDE_CODE, closed, now) else [CLAUDE_CODE])
    found = [(report, due) for report in reports if (due := _due_days(asked.get(report, {}), now, days, api))]
    if not found:
        return None
    report, due = max(found, key=lambda one: one[1][-1])
    last = first = due[-1]
    wanted = set(due)
    span = 1 if report == CLAUDE_CODE else LONGEST_SPAN
    while (last - first).days + 1 < span and first - timedelta(days=1) in wanted:
        first -= timedelta(days=1)
    return Question("legacy" if report == CLAUDE_CODE else api, report, first, last)


def next_due(asked: Mapping[str, Mapping[date, float]], now: float) -> float:
    """When something is due again, while nothing is."""
    today = datetime.fromtimestamp(now, UTC).date()
    recent = [at for days in asked.values() for day, at in days.items() if (today - day).days < CHANGING_DAYS]
    return min(recent, default=now) + ASK_AGAIN


def _due_days(asked: Mapping[date, float], now: float, days: int, api: Api) -> Sequence[date]:
    today = datetime.fromtimestamp(now, UTC).date()
    oldest = today - timedelta(days=min(days - 1, OLDEST))
    if api == ANALYTICS:
        oldest = max(oldest, FIRST_DAY)
    count = (today - oldest).days + 1
    return [day for number in range(count) if _is_due(asked.get(day := oldest + timedelta(days=number)), day, now)]


def _is_due(asked_at: float | None, day: date, now: float) -> bool:
    """Never asked for, or asked for while it still changed and not within the hour. A time from the future is none."""
    if asked_at is None or asked_at > now:
        return True
    end = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + CHANGING_DAYS * 86400.0
    return asked_at < end and now - asked_at >= ASK_AGAIN


def _is_closed(report: str, closed: Mapping[str, float], now: float) -> bool:
    since = closed.get(report)
    return since is not None and 0 <= now - since < CLOSED_FOR
