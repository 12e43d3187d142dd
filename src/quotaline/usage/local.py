"""PURE Local totals × now → the three spans of this machine's transcripts, as `usage --json` says them (see `report`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct, field

from quotaline.core.periods import WEEK
from quotaline.model import LocalUsage, TokenUsage
from quotaline.zone import midnight

if TYPE_CHECKING:
    from datetime import tzinfo
    from decimal import Decimal

    from quotaline.model import LocalTotals

CENTS = 2
Moment = Annotated[datetime, Meta(tz=True)]


class Tokens(Struct, frozen=True, kw_only=True):
    """Token counts; `total` is all five together."""

    input: int
    output: int
    cache_write_5m: int
    cache_write_1h: int
    cache_read: int
    total: int


class ByModel(Struct, frozen=True, kw_only=True):
    """One model's share of a span; `cost_usd` is null where its price is not known.

    `source` is `transcripts`, at list price, or `record`: runs without transcripts, by the client's own count.
    """

    model: str
    tokens: Tokens
    cost_usd: str | None
    source: str


class Span(Struct, frozen=True, kw_only=True):
    """This machine's use between two times; `cost_usd` is exact and leaves the unpriced models out.

    `models` has one entry for each model and source.
    """

    starts_at: Moment
    ends_at: Moment
    tokens: Tokens
    cost_usd: str
    unpriced_models: list[str]
    models: list[ByModel] = field(default_factory=list)


class Transcripts(Struct, frozen=True, kw_only=True):
    """The three spans; `five_hour` is null while no 5-hour block is active, the others are zero when empty."""

    five_hour: Span | None
    seven_day: Span
    today: Span


def transcripts(local: LocalTotals | None, now: float, zone: tzinfo) -> Transcripts:
    """The local spans at `now`; a block or a day that is over since they were summed is not shown as it was."""
    today = LocalUsage(starts_at=midnight(now, zone), ends_at=midnight(now, zone, days=1))
    week = LocalUsage(starts_at=now - WEEK, ends_at=now)
    if local is None:
        return Transcripts(five_hour=None, seven_day=span(week), today=span(today))
    block = local.five_hour if local.five_hour and local.five_hour.ends_at > now else None
    return Transcripts(
        five_hour=span(block) if block else None,
        seven_day=span(local.seven_day if local.seven_day.ends_at > week.starts_at else week),
        today=span(local.today if local.today.ends_at > now else today),
    )


def span(usage: LocalUsage) -> Span:
    """Local usage between two times."""
    return Span(
        starts_at=moment(usage.starts_at),
        ends_at=moment(usage.ends_at),
        tokens=tokens(usage.tokens),
        cost_usd=decimal(usage.cost_usd),
        unpriced_models=list(usage.unpriced_models),
        models=[
            ByModel(
                model=part.model,
                tokens=tokens(part.tokens),
                cost_usd=None if part.cost_usd is None else decimal(part.cost_usd),
                source=part.source,
            )
            for part in usage.models
        ],
    )


def tokens(usage: TokenUsage) -> Tokens:
    """The counters with their sum."""
    return Tokens(**{name: getattr(usage, name) for name in TokenUsage.__struct_fields__}, total=usage.total)


def decimal(amount: Decimal) -> str:
    """An exact amount, with two decimals at the least."""
    return f"{amount:.{max(CENTS, -int(amount.normalize().as_tuple().exponent))}f}"


def moment(epoch: float) -> datetime:
    """Epoch seconds as a time in UTC, cut to the second."""
    return datetime.fromtimestamp(int(epoch), UTC)
