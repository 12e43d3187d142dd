"""PURE Snapshot × `[[alert]]` × now → which alerts fire, each once for its threshold and period.

The grammar is closed: `FIELD >= NUMBER` (also `>`, `<=`, `<`) for any number that a segment may show, `crossing`, `reset` and
`WINDOW.reset`. A value that is stale or absent fires nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.fieldnames import is_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from quotaline.config import Alert

FORM = re.compile(r"\s*([a-z][a-z0-9_.]*)\s*(?:(>=|<=|>|<)\s*[$€£¥]?([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*%?)?\s*")
QUIET = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
MONTHLY = ("used", "left", "limit", "utilization", "at_reset")
LATE = 3600.0
"""Seconds after a reset at which it is no news any more."""


class Condition(Struct, frozen=True):
    """A parsed `when`: a comparison, or an event (`crossing`, `reset`) with `op` empty. `field` may be a window's `….reset`."""

    field: str
    op: str = ""
    number: Decimal = Decimal(0)


class Firing(Struct, frozen=True, kw_only=True):
    """An alert that is due: `key` and `period` say for what, so that it is given once; `message` is for people."""

    key: str
    period: str
    message: str
    alert: Any


def parse(when: str) -> Condition | None:
    """The condition in `when`; None when it is none."""
    found = FORM.fullmatch(when)
    if found is None:
        return None
    name, op, number = found.groups()
    if op is None:
        event = name in ("crossing", "reset") or (name.endswith(".reset") and is_field(name[:-6] + ".resets_at"))
        return Condition(name) if event else None
    return Condition(name, op, Decimal(number)) if is_field(name) else None


def problem(alert: Alert) -> str | None:
    """What is wrong with an `[[alert]]` beyond its types, without a full stop."""
    if parse(alert.when) is None:
        return (
            f"`alert.when` is {alert.when!r}; allowed are a field, a comparison and a number (`five_hour.used >= 90`), "
            "`crossing`, `reset` and `WINDOW.reset`"
        )
    if isinstance(alert.run, str) != alert.shell and alert.run:
        return "`alert.run` must be a list of words, or one text together with `shell = true`"
    if alert.quiet is not None and not QUIET.fullmatch(alert.quiet):
        return f'`alert.quiet` is {alert.quiet!r}; allowed is a span of local time such as "22:00-07:00"'
    return None


def due(
    alerts: Iterable[Alert],
    fields: Mapping[str, Any],
    before: Iterable[Mapping[str, Any]],
    now: float,
    zone: tzinfo,
) -> list[Firing]:
    """The alerts whose condition holds at `now`, given or not. `fields` as `prompt.run.gather` makes them.

    `before` are the readings (plain values) of the snapshot before this one: a reset is a window of theirs that has ended.
    """
    previous = list(before)
    found = []
    for alert in alerts:
        condition = parse(alert.when)
        if condition is None or (alert.quiet and quiet(alert.quiet, now, zone)):
            continue
        if condition.op:
            found += _compared(alert, condition, fields, now, zone)
        elif condition.field == "crossing":
            found += _crossed(alert, fields)
        else:
            found += _reset(alert, condition.field.removesuffix("reset").rstrip("."), previous, now)
    return found


def quiet(hours: str, now: float, zone: tzinfo) -> bool:
    """Whether the local clock at `now` lies in `22:00-07:00`, the end excluded."""
    found = QUIET.fullmatch(hours)
    if found is None:
        return False
    start, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
    clock = datetime.fromtimestamp(now, zone)
    minute = clock.hour * 60 + clock.minute
    return start <= minute < end if start <= end else minute >= start or minute < end


def _compared(alert: Alert, condition: Condition, fields: Mapping[str, Any], now: float, zone: tzinfo) -> list[Firing]:
    prefix, _, rest = condition.field.partition(".")
    value = _number(fields.get(condition.field))
    if value is None or prefix in fields["stale"] or not _holds(value, condition):
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
    name = "Extra usage" if prefix == "extra" else str(fields.get(f"{prefix}.name") or prefix.replace("_", " "))
    amount = shown(fields[condition.field])
    what = f"is at {amount}{'' if prefix == 'extra' else ' %'}" if rest == "used" else f"{rest.replace('_', ' ')} is {amount}"
    return [_firing(alert, alert.when, period, f"{name} {what} ({alert.when.strip()})")]


def _firing(alert: Alert, event: str, period: str, message: str) -> Firing:
    return Firing(key=key_of(alert, event), period=period, message=message, alert=alert)


def key_of(alert: Alert, event: str) -> str:
    """What an alert is remembered by: its condition, for a reset the window as well, and what it does."""
    run = alert.run if isinstance(alert.run, str) else " ".join(alert.run)
    return f"{event} / {run or alert.terminal}"


def _crossed(alert: Alert, fields: Mapping[str, Any]) -> list[Firing]:
    amount, since = fields.get("crossing.amount"), fields.get("crossing.since")
    if amount is None or since is None or {"crossing", "extra"} & fields["stale"]:
        return []
    name = fields.get("crossing.name")
    why = f"{name} is at its limit" if name else "no window is at its limit"
    message = f"Money is being spent beyond the plan: {shown(amount)} so far; {why}"
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


def shown(value: Any) -> str:
    """A field's value in a message: money as money, else the number."""
    from quotaline.prompt.template import money  # noqa: PLC0415 - only where something fires

    return str(money(value)) if isinstance(value, list) else f"{value:g}"


def _number(value: Any) -> Decimal | None:
    """A field as an exact number: money in whole units."""
    try:
        if isinstance(value, list | tuple):
            return Decimal(value[0]).scaleb(-value[2])
        return None if value is None or isinstance(value, bool | str) else Decimal(repr(value))
    except (InvalidOperation, IndexError, TypeError):
        return None


def _holds(value: Decimal, condition: Condition) -> bool:
    number = condition.number
    return {">=": value >= number, "<=": value <= number, ">": value > number, "<": value < number}[condition.op]
