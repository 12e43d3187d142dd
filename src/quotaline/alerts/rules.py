"""PURE Fields × `[[alert]]` × now → which alerts are due, each once for its threshold and period.

A value that is stale or absent fires nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.config.alert_rules import QUIET, Condition, parse_condition
from quotaline.core.money import format_money
from quotaline.core.periods import HOUR
from quotaline.core.windows import EXTRA_USAGE, window_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from quotaline.config.schema import Alert
    from quotaline.render.fields import Fields

MONTHLY = ("used", "left", "limit", "utilization", "at_reset")
LATE = float(HOUR)
"""Seconds after a reset at which it is no news any more."""


class Firing(Struct, frozen=True, kw_only=True):
    """An alert that is due: `key` and `period` say for what, so that it is given once; `message` is for people."""

    key: str
    period: str
    message: str
    alert: Any


def due_alerts(
    alerts: Iterable[Alert],
    fields: Fields,
    before: Iterable[Mapping[str, Any]],
    now: float,
    zone: tzinfo,
) -> list[Firing]:
    """The alerts whose condition holds at `now`, given or not. `fields` as `render.fields.gather_fields` makes them.

    `before` are the readings (plain values) of the snapshot before this one: a reset is a window of theirs that has ended.
    """
    previous = list(before)
    found = []
    for alert in alerts:
        condition = parse_condition(alert.when)
        if condition is None or (alert.quiet and is_quiet(alert.quiet, now, zone)):
            continue
        if condition.op:
            found += _compared(alert, condition, fields, now, zone)
        elif condition.field == "crossing":
            found += _crossed(alert, fields)
        else:
            found += _reset(alert, condition.field.removesuffix("reset").rstrip("."), previous, now)
    return found


def is_quiet(hours: str, now: float, zone: tzinfo) -> bool:
    """Whether the local clock at `now` lies in `22:00-07:00`, the end excluded."""
    found = QUIET.fullmatch(hours)
    if found is None:
        return False
    start, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
    clock = datetime.fromtimestamp(now, zone)
    minute = clock.hour * 60 + clock.minute
    return start <= minute < end if start <= end else minute >= start or minute < end


def _compared(alert: Alert, condition: Condition, fields: Fields, now: float, zone: tzinfo) -> list[Firing]:
    prefix, _, rest = condition.field.partition(".")
    value = _number(fields.get(condition.field))
    if value is None or prefix in fields.stale or not _holds(value, condition):
        return []
    resets_at = fields.get(f"{prefix}.resets_at")
    if prefix == "crossing":
        period = str(int(fields.get("crossing.since") or 0))
    elif resets_at is not None:
        period = str(round(resets_at / 60))
    elif prefix == "extra" and rest in MONTHLY:
        period = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
    else:
        period = datetime.fromtimestamp(now, zone).strftime("%Y-%m-%d")
    name = window_title(EXTRA_USAGE) if prefix == "extra" else str(fields.get(f"{prefix}.name") or prefix.replace("_", " "))
    amount = value_text(fields[condition.field])
    what = f"is at {amount}{'' if prefix == 'extra' else ' %'}" if rest == "used" else f"{rest.replace('_', ' ')} is {amount}"
    return [_firing(alert, alert.when, period, f"{name} {what} ({alert.when.strip()})")]


def _firing(alert: Alert, event: str, period: str, message: str) -> Firing:
    return Firing(key=alert_key(alert, event), period=period, message=message, alert=alert)


def alert_key(alert: Alert, event: str) -> str:
    """What an alert is remembered by: its condition, for a reset the window as well, and what it does."""
    run = alert.run if isinstance(alert.run, str) else " ".join(alert.run)
    return f"{event} / {run or alert.terminal}"


def _crossed(alert: Alert, fields: Fields) -> list[Firing]:
    amount, since = fields.get("crossing.amount"), fields.get("crossing.since")
    if amount is None or since is None or {"crossing", "extra"} & fields.stale:
        return []
    name = fields.get("crossing.name")
    why = f"{name} is at its limit" if name else "no window is at its limit"
    message = f"Money is being spent beyond the plan: {value_text(amount)} so far; {why}"
    return [_firing(alert, alert.when, str(int(since)), message)]


def _reset(alert: Alert, wanted: str, previous: Iterable[Mapping[str, Any]], now: float) -> list[Firing]:
    found = []
    for reading in previous:
        value = reading["value"]
        resets_at = value.get("resets_at")
        if value["type"] != "window" or (wanted and value["id"] != wanted) or not value.get("utilization"):
            continue
        if resets_at is not None and resets_at <= now < resets_at + LATE:
            message = f"{value['name']} has started anew; it was at {int(value['utilization'])} %"
            found.append(_firing(alert, f"{alert.when} {value['id']}", str(round(resets_at / 60)), message))
    return found


def value_text(value: Any) -> str:
    """A field's value in a message: money as money, else the number."""
    return str(format_money(value)) if isinstance(value, list) else f"{value:g}"


def _number(value: Any) -> Decimal | None:
    """A field as an exact number, money in whole units; None for whatever does not read as one: a text, a truth, nothing."""
    try:
        if isinstance(value, list | tuple):
            return Decimal(value[0]).scaleb(-value[2])
        return Decimal(repr(value))
    except (InvalidOperation, IndexError, TypeError):
        return None


def _holds(value: Decimal, condition: Condition) -> bool:
    number = condition.number
    return {">=": value >= number, "<=": value <= number, ">": value > number, "<": value < number}[condition.op]
