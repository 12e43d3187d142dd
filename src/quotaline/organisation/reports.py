"""PURE A page of a report → rows, in both interfaces' forms. A row that cannot be understood costs itself only.

Groups and fields that are not known are passed over and named: the rows count all the same.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.errors import Outcome, RequestError
from quotaline.organisation.plan import ANALYTICS, CLAUDE_CODE, COST
from quotaline.organisation.values import (
    COST_FIELDS,
    COUNTS,
    ENVELOPE,
    GROUPS,
    LEGACY,
    LEGACY_COST,
    PERSON,
    ROW,
    actor_name,
    items,
    read_count,
    read_day,
    read_money,
    read_name,
    read_tokens,
)
from quotaline.sources.fields import BadFieldError, moment, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.organisation.plan import Question

MOST_UNKNOWN = 12


class ReportRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a report says of one group on one day (UTC). None is "not told" or "none", never zero.

    `cents` and `list_cents` are exact, in hundredths of the currency's unit, after and before discounts.
    """

    day: str
    model: str | None = None
    workspace: str | None = None
    api_key: str | None = None
    actor: str | None = None
    product: str | None = None
    input: int = 0
    output: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    web_searches: int = 0
    requests: int | None = None
    cents: Decimal | None = None
    list_cents: Decimal | None = None
    currency: str | None = None
    sessions: int | None = None
    lines_added: int | None = None
    lines_removed: int | None = None
    commits: int | None = None
    pull_requests: int | None = None


class Page(Struct, frozen=True, kw_only=True):
    """One answer. `days` are those that it says something of, be it nothing; `unread` counts rows that cost themselves.

    `unknown` are names that this version does not know; `refreshed_at` is up to when the report is complete, epoch seconds.
    """

    rows: tuple[ReportRow, ...]
    days: tuple[str, ...]
    next_page: str | None
    refreshed_at: float | None = None
    unread: int = 0
    unknown: tuple[str, ...] = ()


def read_page(question: Question, body: Any) -> Page:
    """A decoded answer to `question`. Raises RequestError where it is no report at all."""
    content = table(body)
    if not isinstance(content.get("data"), list):
        raise RequestError("The server's answer is no report; it is asked again later.", Outcome.FAILED)
    reader = _Reader(question)
    for item in content["data"]:
        reader.read(table(item))
    following = content.get("next_page")
    more = content.get("has_more", bool(following))
    if more and not (isinstance(following, str) and following):
        raise RequestError("The report goes on, and does not say where; it is asked again later.", Outcome.FAILED)
    try:
        refreshed_at = moment(content.get("data_refreshed_at"))
    except BadFieldError:
        refreshed_at = None
    return Page(
        rows=tuple(reader.rows),
        days=tuple(sorted(reader.days)),
        next_page=following if more else None,
        refreshed_at=refreshed_at,
        unread=reader.unread,
        unknown=tuple(sorted(reader.unknown | (set(map(str, content)) - ENVELOPE)))[:MOST_UNKNOWN],
    )


class _Reader:
    """The rows of one page, read one item after the other."""

    def __init__(self, question: Question) -> None:
        self.rows: list[ReportRow] = []
        self.days: set[str] = set()
        self.unknown: set[str] = set()
        self.unread = 0
        self._question = question
        self._asked = {day.isoformat() for day in question.days()}

    def read(self, item: dict[str, Any]) -> None:
        """One element of `data`."""
        day = read_day(item.get("date" if self._question.report == CLAUDE_CODE else "starting_at"))
        if day not in self._asked:  # also what is no day
            self.unread += 1
            return
        self.days.add(day)
        if self._question.report == CLAUDE_CODE:
            self._keep(item, day, self._person)
        elif self._question.api == ANALYTICS:
            self._keep(item, day, self._flat)
        else:
            for result in items(item.get("results")):
                self._keep(table(result), day, self._legacy)

    def _keep(self, item: dict[str, Any], day: str, read: Any) -> None:
        try:
            self.rows += list(read(item, day))
        except (BadFieldError, InvalidOperation):
            self.unread += 1

    def _flat(self, item: dict[str, Any], day: str) -> Iterator[ReportRow]:
        group, told = table(item.get("group")), table(item.get("cost" if self._question.report == COST else "usage"))
        self._note(item, ROW)
        self.unknown |= {f"group.{name}" for name, value in group.items() if name not in GROUPS and value is not None}
        self._note(told, COST_FIELDS if self._question.report == COST else COUNTS)
        if not told:
            raise BadFieldError("a row without a number")
        yield ReportRow(
            day=day,
            model=read_name(group.get("model")),
            workspace=read_name(group.get("workspace_id")),
            api_key=read_name(group.get("api_key_id")),
            actor=actor_name(group.get("actor")),
            product=read_name(group.get("product")),
            **(read_money(told) if self._question.report == COST else read_tokens(told)),
        )

    def _legacy(self, item: dict[str, Any], day: str) -> Iterator[ReportRow]:
        self._note(item, LEGACY_COST if self._question.report == COST else LEGACY)
        who = item.get("account_id") or item.get("service_account_id")
        yield ReportRow(
            day=day,
            model=read_name(item.get("model")),
            workspace=read_name(item.get("workspace_id")),
            api_key=read_name(item.get("api_key_id")),
            actor=read_name(who),
            **(read_money(item) if self._question.report == COST else read_tokens(item)),
        )

    def _person(self, item: dict[str, Any], day: str) -> Iterator[ReportRow]:
        """Claude Code's report of one person or key: what was done, then the tokens and the estimated cost of each model."""
        self._note(item, PERSON)
        actor, done = actor_name(item.get("actor")), table(item.get("core_metrics"))
        lines = table(done.get("lines_of_code"))
        yield ReportRow(
            day=day,
            actor=actor,
            product="claude_code",
            sessions=read_count(done.get("num_sessions")),
            lines_added=read_count(lines.get("added")),
            lines_removed=read_count(lines.get("removed")),
            commits=read_count(done.get("commits_by_claude_code")),
            pull_requests=read_count(done.get("pull_requests_by_claude_code")),
        )
        for part in items(item.get("model_breakdown")):
            tokens, cost = table(table(part).get("tokens")), table(table(part).get("estimated_cost"))
            yield ReportRow(
                day=day,
                actor=actor,
                product="claude_code",
                model=read_name(table(part).get("model")),
                input=read_count(tokens.get("input")) or 0,
                output=read_count(tokens.get("output")) or 0,
                cache_write_5m=read_count(tokens.get("cache_creation")) or 0,  # this report does not part the two
                cache_read=read_count(tokens.get("cache_read")) or 0,
                **(read_money(cost) if cost else {}),
            )

    def _note(self, item: dict[str, Any], known: frozenset[str]) -> None:
        self.unknown |= {str(name) for name in item} - known
