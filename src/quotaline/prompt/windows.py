"""PURE Readings × now → the fields of every window and of extra usage; and one session's own rate limits among them.

The rule for two readings of one window is `merge.py`'s, restated for the two that meet here: the snapshot's and the one
that this session was just handed.
"""

import time

from quotaline.prompt.snapshot import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LENGTHS = {"five_hour": 18000.0, "seven_day": 604800.0}
LABELS = {"five_hour": "5h", "seven_day": "7d", "spend_limit": "limit"}
SAME_RESET_WITHIN, HOLDS_FOR = 2.0, 3600.0
NAMES = {"five_hour": "Session (5h)", "seven_day": "Weekly", "spend_limit": "Spend limit"}


def own_readings(rate_limits: "Any", as_of: float, now: float) -> "list[dict[str, Any]]":
    """Claude Code's `rate_limits` as readings; an absent, null or broken window is none."""
    found: list[dict[str, Any]] = []
    if not isinstance(rate_limits, dict):
        return found
    for key, limit in rate_limits.items():
        if not isinstance(limit, dict) or key not in NAMES:
            continue
        used = number(limit.get("used_percentage"))
        resets_at = number(limit.get("resets_at"))
        if used is None or (resets_at is not None and resets_at <= now):
            continue
        window: dict[str, Any] = {
            "type": "window",
            "id": key,
            "name": NAMES[key],
            "utilization": used,
            "resets_at": resets_at,
        }
        for field, source in (("used_money", "used_usd"), ("limit_money", "limit_usd")):
            dollars = number(limit.get(source))
            if dollars is not None:
                window[field] = [round(dollars * 100), "USD", 2]
        found.append({"value": window, "source": "statusline", "as_of": as_of})
    return found


def combine(own: "list[dict[str, Any]]", kept: "Any", now: float) -> "list[dict[str, Any]]":
    """The snapshot's readings with this session's among them, one per window."""
    merged = {}
    for reading in kept if isinstance(kept, list) else []:
        value = reading.get("value") if isinstance(reading, dict) else None
        if isinstance(value, dict) and isinstance(value.get("type"), str) and not passed(reading, now):
            merged[str(value.get("id") or value["type"])] = reading
    for reading in own:
        key = reading["value"]["id"]
        other = merged.get(key)
        if other is None or _prefer(reading, other, now):
            merged[key] = reading
    return list(merged.values())


def _prefer(own: "dict[str, Any]", other: "dict[str, Any]", now: float) -> bool:
    """Whether this session's reading is the truer one of a window.

    Inside one period a session only ever raises: of two sessions the higher one, and a lower one does not replace another
    source's reading that is less than an hour old. Of two periods the newer reading's.
    """
    here, there = own["value"], other["value"]
    as_of = number(other.get("as_of")) or 0.0
    newer = bool(as_of <= own["as_of"])
    resets, other_resets = number(here.get("resets_at")), number(there.get("resets_at"))
    if not same_period(resets, other_resets):
        return newer
    higher = bool(here["utilization"] >= (number(there.get("utilization")) or 0))
    if other.get("source") == "statusline":
        return higher
    return newer and (higher or as_of <= now - HOLDS_FOR)


def same_period(one: "float | None", other: "float | None") -> bool:
    """Whether two resets are one: the same minute, or 2 s apart; the server's times jitter by a second."""
    if one is None or other is None:
        return one is other
    return round(one / 60) == round(other / 60) or abs(one - other) <= SAME_RESET_WITHIN


def passed(reading: "dict[str, Any]", now: float) -> bool:
    """Whether the period that a reading speaks of is over: its reset, or for extra usage its calendar month (UTC)."""
    value = reading["value"]
    if value.get("type") == "extra_usage":
        return time.gmtime(number(reading.get("as_of")) or 0)[:2] < time.gmtime(now)[:2]
    resets_at = number(value.get("resets_at"))
    return resets_at is not None and resets_at <= now


def put(fields: "dict[str, Any]", readings: "list[dict[str, Any]]", now: float, stale_after: float) -> None:
    """Add each reading's fields: `<window>.used`, `.left`, … and `extra.…`; names in `stale` and `windows` go along."""
    for reading in readings:
        value = reading["value"]
        as_of = number(reading.get("as_of"))
        prefix = "extra" if value["type"] == "extra_usage" else str(value.get("id", ""))
        if as_of is None or not prefix or (prefix == "extra" and not value.get("is_enabled")):
            continue
        entry: dict[str, Any] = {"age": max(0.0, now - as_of), "source": reading.get("source")}
        if prefix == "extra":
            entry.update(_extra(value))
        else:
            entry.update(_window(value, prefix, now))
            fields["windows"].append(prefix)
        if entry["age"] > stale_after:
            fields["stale"].add(prefix)
        for name, item in entry.items():
            if item is not None:
                fields[f"{prefix}.{name}"] = item


def _window(value: "dict[str, Any]", key: str, now: float) -> "dict[str, Any]":
    resets_at = number(value.get("resets_at"))
    name = str(value.get("name") or key)
    used = number(value.get("utilization"))
    return {
        "used": used,
        "pace": pace(used, resets_at, length(key), now),
        "name": name,
        "label": label(key, name),
        "resets_at": resets_at,
        "left": None if resets_at is None else resets_at - now,
        "money": _money(value.get("used_money")),
        "limit": _money(value.get("limit_money")),
    }


def label(key: str, name: str) -> str:
    """The short name of a window: 5h, 7d; "Weekly (Fable)" is short for Fable."""
    return LABELS.get(key) or name.partition("(")[2].rstrip(")") or name


def length(key: str) -> "float | None":
    """How long a window's period is in seconds; None where the server does not say."""
    return LENGTHS["seven_day"] if key.startswith("seven_day") else LENGTHS.get(key)


def pace(used: "float | None", resets_at: "float | None", span: "float | None", now: float) -> "float | None":
    """Points by which `used` is ahead of even use of a period of `span` seconds; negative when behind."""
    if used is None or resets_at is None or span is None or not now < resets_at <= now + span:
        return None
    return used - 100 * (1 - (resets_at - now) / span)


def _extra(value: "dict[str, Any]") -> "dict[str, Any]":
    used, limit = _money(value.get("used")), _money(value.get("limit"))
    utilization = number(value.get("utilization"))
    room = None
    if used and limit and used[1:] == limit[1:]:
        room = [max(0, limit[0] - used[0]), *used[1:]]
        if utilization is None and limit[0]:
            utilization = used[0] * 100 / limit[0]
    return {"used": used, "limit": limit, "left": room, "utilization": utilization}


def _money(value: "Any") -> "list[Any] | None":
    """`[int, str, int]` or nothing: what else stands there is not money."""
    if isinstance(value, list) and len(value) == 3:  # noqa: PLR2004 - model.Money has three fields
        amount, currency, exponent = value
        if isinstance(amount, int) and isinstance(currency, str) and isinstance(exponent, int) and 0 <= exponent <= 9:  # noqa: PLR2004
            return value
    return None
