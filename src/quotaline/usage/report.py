"""PURE Snapshot × now → the overview: every window, extra usage, local totals and what is missing, as `usage --json` says it.

These types are the machine interface. Their JSON Schema is `_data/usage.schema.json`; within one `SCHEMA_VERSION` keys are
added and never changed. Decimals are JSON numbers exact to the minor unit, times are RFC 3339 in UTC.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct, structs

from quotaline.core.formats import format_clock
from quotaline.core.money import money_left
from quotaline.core.periods import MINUTE, month_before, month_end
from quotaline.core.windows import EXTRA_USAGE, FIVE_HOUR, field_prefix, window_expires, window_length
from quotaline.model import Account, ExtraUsage, Missing
from quotaline.snapshot.merge import merge
from quotaline.snapshot.missing import INSTALL_LINE
from quotaline.usage.local import Moment, Transcripts, moment, transcripts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from quotaline.model import Fault, Reading, Snapshot

SCHEMA_VERSION = 1

# What the meter and the forecast leave in `Snapshot.fields` under `<window>.NAME`; it comes out in `extras.NAME`.
OUTLOOK = (
    "at_reset", "at_reset_least", "at_reset_most", "limit_at", "limit_earliest", "limit_latest", "limit_error", "forecast_by",
    "binds_first", "share_today", "used_today", "left_today",
    "rate", "today", "crossed_at", "crossed",
)  # fmt: skip


class Meter(Struct, frozen=True, kw_only=True):
    """A window or extra usage. `unit` is `percent`, or a currency in lower case; `used` and `limit` are in that unit.

    `limit` null is no cap; `remaining` is what is left under it, never below zero. `utilization` is percent, 0-100 and beyond;
    `status` holds it against the thresholds of its segment. `source` says who reported it, `as_of` when it was true.
    """

    id: str
    name: str
    unit: str
    used: Decimal | None
    limit: Decimal | None
    remaining: Decimal | None
    utilization: float | None
    status: Literal["normal", "warning", "critical"]
    resets_at: Moment | None
    source: str
    as_of: Moment
    stale: bool
    extras: dict[str, Any]


class Health(Struct, frozen=True, kw_only=True):
    """How well your own budgets stand: 0-100, and which part takes most of what is missing (null while none does)."""

    score: int
    part: str | None


class Overview(Struct, frozen=True, kw_only=True):
    """All that quotaline knows at one moment."""

    schema_version: Annotated[int, Meta(ge=SCHEMA_VERSION, le=SCHEMA_VERSION)] = SCHEMA_VERSION
    generated_at: Moment
    account: Account
    windows: list[Meter]
    health: Health | None = None
    transcripts: Transcripts
    missing: list[Missing]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show: no window, no extra usage, no token in the last seven days."""
        spans = (self.transcripts.five_hour, self.transcripts.seven_day, self.transcripts.today)
        return not self.windows and not any(span and span.tokens.total for span in spans)


class AccountOverview(Overview, frozen=True, kw_only=True):
    """One account's overview: what `[accounts]` calls it, and the other names that its login has there."""

    name: str
    also: list[str] = []


class AllAccounts(Struct, frozen=True, kw_only=True):
    """The overviews of all accounts, in the order of `[accounts]`."""

    schema_version: Annotated[int, Meta(ge=SCHEMA_VERSION, le=SCHEMA_VERSION)] = SCHEMA_VERSION
    generated_at: Moment
    accounts: list[AccountOverview]


def overview(snapshot: Snapshot, now: float, zone: tzinfo, *, line_installed: bool = False) -> Overview:
    """The snapshot as it is true at `now` (epoch seconds): what was reset since is missing. Days are `zone`'s.

    Where Claude Code's line is installed already, the remedy for a missing window is another.
    """
    live = merge(snapshot.readings, now)
    over = {reading.value.id for reading in snapshot.readings} - {reading.value.id for reading in live}
    named = {gap.id for gap in snapshot.missing}
    gone = [gone_window(key) for key in sorted(over - named)]
    return Overview(
        generated_at=moment(now),
        account=snapshot.account,
        windows=[meter(reading, snapshot, now) for reading in live],
        health=None
        if (score := ready(snapshot, "health.score", now)) is None
        else Health(score=score, part=ready(snapshot, "health.part", now)),
        transcripts=transcripts(snapshot.local, now, zone),
        missing=[
            *(fitting(gap, line_installed=line_installed) for gap in snapshot.missing),
            *gone,
            *(failed(fault, now, str(snapshot.style.get("clock", "24h"))) for fault in snapshot.faults),
        ],
    )


def account_overview(names: Sequence[str], snapshot: Snapshot, now: float, zone: tzinfo) -> AccountOverview:
    """The same for one of several accounts, which is called by the first of its names."""
    view = overview(snapshot, now, zone)
    return AccountOverview(name=names[0], also=list(names[1:]), **structs.asdict(view))


def fitting(gap: Missing, *, line_installed: bool) -> Missing:
    """The gap with the remedy that is left."""
    return structs.replace(gap, remedy=ONE_MESSAGE) if line_installed and gap.remedy == INSTALL_LINE else gap


def ready(snapshot: Snapshot, name: str, now: float) -> Any:
    """A ready field's value; None where there is none, or it is no longer true."""
    value, until = snapshot.fields.get(name, (None, None))
    return value if until is None or now < until else None


def failed(fault: Fault, now: float, clock: str = "24h") -> Missing:
    """What the refresh could not do, as something that is missing."""
    since = f"since {format_clock(fault.since, now, clock)}: " if now - fault.since >= MINUTE else ""
    return Missing(fault.stage, f"{since}{fault.message}", "run `quotaline doctor`")


def gone_window(key: str) -> Missing:
    """A window whose period is over: it begins anew, but a credit has ended."""
    if window_expires(key):
        return Missing(key, "it has expired")
    return Missing(key, OVER, "it comes back with the next answer in Claude Code")


ONE_MESSAGE = "send a message in Claude Code; with an API key there are no windows"
OVER = "its period ended since it was last read"


def meter(reading: Reading, snapshot: Snapshot, now: float) -> Meter:
    """One reading for people and programs."""
    value = reading.value
    if isinstance(value, ExtraUsage):
        used, cap, resets_at = value.used, value.limit, None
    else:
        used, cap, resets_at = value.used_money, value.limit_money, value.resets_at
    prefix = field_prefix(value.id)
    extras = {name: item for name, item in value.extras.items() if name != "label"}
    if isinstance(value, ExtraUsage) and not value.is_enabled:
        extras |= {"is_enabled": False, "disabled_reason": value.disabled_reason}
    for name in OUTLOOK:
        found = ready(snapshot, f"{prefix}.{name}", now)
        if found is not None:
            extras[name] = found
    extras |= remaining_money(value) if isinstance(value, ExtraUsage) else {"expires": True} if window_expires(value.id) else {}
    if reading.alpha:
        extras["alpha"] = True
    money = used if used is not None else cap
    percent = None if value.utilization is None else Decimal(repr(float(value.utilization)))
    limit = cap.decimal() if cap else None if money or isinstance(value, ExtraUsage) else Decimal("100.0")
    amount = used.decimal() if used else None if money else percent
    return Meter(
        id=value.id,
        name=value.name,
        unit=money.currency.lower() if money else "usd" if isinstance(value, ExtraUsage) else "percent",
        used=amount,
        limit=limit,
        remaining=None if amount is None or limit is None else max(limit - limit, limit - amount),
        utilization=None if value.utilization is None else float(value.utilization),
        status=status(value.utilization, segment_of(value.id, snapshot.segments)),
        resets_at=None if resets_at is None else moment(resets_at),
        source=reading.source,
        as_of=moment(reading.as_of),
        stale=now - reading.as_of > snapshot.stale_after,
        extras=extras,
    )


def segment_of(key: str, segments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The compiled segment that shows the window `key`; the 5-hour window's for one that has none of its own."""
    each = next((name for name, part in segments.items() if part.get("each") and key.startswith(part["each"])), FIVE_HOUR)
    found: Mapping[str, Any] = segments.get(field_prefix(key)) or segments.get(each) or {}
    return found


def status(utilization: float | None, segment: Mapping[str, Any]) -> Literal["normal", "warning", "critical"]:
    """How far a window is by the thresholds that the prompt line paints it by."""
    for threshold, word in ((segment.get("critical"), "critical"), (segment.get("warn"), "warning")):
        if utilization is not None and threshold is not None and utilization >= threshold:
            return word  # type: ignore[return-value]
    return "normal"


def remaining_money(value: ExtraUsage) -> dict[str, Any]:
    """`left` and `prepaid_balance` as money, where they are known: what can be spent is the less of cap and balance."""
    amounts = (value.used, value.limit, value.balance)
    used, limit, balance = (None if one is None else list(structs.astuple(one)) for one in amounts)
    left = money_left(used, limit, None if value.reloads else balance)
    return {key: money for key, money in (("left", left), ("prepaid_balance", balance)) if money is not None}


def period_end(meter: Meter, now: float) -> float | None:
    """When its period ends, epoch seconds: the reset, or for extra usage the end of the calendar month (UTC)."""
    if meter.resets_at is not None:
        return meter.resets_at.timestamp()
    return month_end(now) if meter.id == EXTRA_USAGE else None


def period_elapsed(meter: Meter, now: float) -> float | None:
    """How much of its period has passed, 0-1; None where the period is not known."""
    end = period_end(meter, now)
    if end is None:
        return None
    period = meter.extras.get("period")
    length = window_length(meter.id, period)
    if meter.id == EXTRA_USAGE or period == "monthly":
        start = month_before(end)
    elif length is not None:
        start = end - length
    else:
        return None
    return min(1.0, max(0.0, (now - start) / (end - start)))
