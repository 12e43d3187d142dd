"""PURE THE parser of the `rate_limits` that Claude Code hands to its status line, for the line itself and for the inbox.

    "five_hour": {"used_percentage": 42, "resets_at": 1795251475}, "seven_day": {...},
    "spend_limit": {"used_percentage": 104.2, "resets_at": 1796083200, "used_usd": 521.0, "limit_usd": 500.0, "period":
    "monthly"}, "model_scoped": [{"display_name": "Fable", "utilization": 77, "resets_at": "2026-11-24T09:59:59.5+00:00"}]

Every field is optional and of any type. What is there and cannot be understood costs its own window, and only that.
"""

from quotaline.core.merge import SESSION_SOURCE
from quotaline.core.periods import parse_moment
from quotaline.core.values import number, short_label
from quotaline.core.windows import FIVE_HOUR, KINDS, MODELS, is_percent, may_reset_at, member_id, member_name, own_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_MEMBERS = 64


def parse_rate_limits(limits: "Any", now: float) -> "list[dict[str, Any]]":
    """The windows in `rate_limits`, in the form of `model.Window`: `{"type": "window", "id", "name", "utilization", …}`.

    A window with a percentage that is none, or that ends later than it can, is no window. Two models under one name are two.
    """
    if not isinstance(limits, dict):
        return []
    found = []
    for kind in KINDS:
        block = limits.get(kind.id)
        if kind.statusline and isinstance(block, dict):
            try:
                found += _window(kind.id, kind.name, block, now)
            except ValueError:
                continue
    rows = limits.get("model_scoped")
    members: dict[str, dict[str, Any]] = {}
    for row in rows[:MOST_MEMBERS] if isinstance(rows, list) else ():
        try:
            _add_member(members, row, now)
        except ValueError:
            continue
    return [*found, *members.values()]


def known_since(limits: "Any", as_of: float) -> float:
    """Since when these limits can be known at the latest, if they were first seen at `as_of`.

    A session that still names a 5-hour reset that has passed was answered before it: it is at least that old.
    """
    block = limits.get(FIVE_HOUR) if isinstance(limits, dict) else None
    try:
        resets_at = parse_moment(block.get("resets_at")) if isinstance(block, dict) else None
    except ValueError:
        resets_at = None
    return as_of if resets_at is None else min(as_of, resets_at)


def only_fewer(limits: "Any", before: "Any") -> bool:
    """Whether `limits` name nothing that `before` did not: a window that ended and went is no news of the others."""
    if not isinstance(limits, dict) or not isinstance(before, dict):
        return False
    return all(key in before and before[key] == value for key, value in limits.items())


def session_readings(limits: "Any", as_of: float, now: float, session: "Any" = None) -> "list[dict[str, Any]]":
    """The windows with a number whose reset has not passed, as readings of `session`, which knows them since `as_of`."""
    found = []
    as_of = known_since(limits, as_of)
    for window in parse_rate_limits(limits, now):
        resets_at = window["resets_at"]
        if window["utilization"] is not None and (resets_at is None or resets_at > now):
            found.append({"value": window, "source": SESSION_SOURCE, "as_of": as_of, "session": short_label(session)})
    return found


def _window(key: str, name: str, block: "dict[str, Any]", now: float) -> "list[dict[str, Any]]":
    """One window; none where it holds no number. Raises ValueError."""
    used, limit = _dollars(block.get("used_usd")), _dollars(block.get("limit_usd"))
    try:
        utilization = _percent(block.get("used_percentage"))
    except ValueError:
        if used is None:
            raise
        utilization = None
    if utilization is None and used and limit:
        from quotaline.core.money import money_share  # gateways only

        utilization = money_share(used, limit)
    if utilization is None and used is None:
        return []
    period = short_label(block.get("period"))
    window: dict[str, Any] = {
        "type": "window",
        "id": key,
        "name": name,
        "utilization": utilization,
        "resets_at": _reset(block.get("resets_at"), key, now, period),
    }
    if used is not None:
        window["used_money"] = used
    if limit is not None:
        window["limit_money"] = limit
    if period:
        window["extras"] = {"period": period}
    return [window]


def _add_member(members: "dict[str, dict[str, Any]]", row: "Any", now: float) -> None:
    """Add a row of `model_scoped`, a weekly window of one model, under an id of its own. Raises ValueError."""
    name = short_label(row.get("display_name")) if isinstance(row, dict) else None
    if name is None:
        return
    named = own_name(MODELS, [name], members)
    key = member_id(MODELS, named)
    utilization, resets_at = _percent(row.get("utilization")), _reset(row.get("resets_at"), key, now, None)
    members[key] = {
        "type": "window",
        "id": key,
        "name": member_name(MODELS, named),
        "utilization": utilization,
        "resets_at": resets_at,
        "position": len(members),
    }


def _reset(value: "Any", key: str, now: float, period: "str | None") -> "float | None":
    """When the window `key` ends; None for null. Raises ValueError, also for a time that it cannot last to."""
    resets_at = parse_moment(value)
    if resets_at is not None and not may_reset_at(key, resets_at, now, period):
        raise ValueError("a reset beyond any window")
    return resets_at


def _percent(value: "Any") -> "float | None":
    """Percent used, 0 and up; None for null."""
    if value is None:
        return None
    percent = number(value)
    if percent is None or not is_percent(percent):
        raise ValueError("a percentage that is none")
    return float(percent)


def _dollars(value: "Any") -> "list[Any] | None":
    """Whole dollars as money; None for null."""
    if value is None:
        return None
    from quotaline.core.money import dollars_to_cents

    cents = dollars_to_cents(value)
    if cents is None:
        raise ValueError("an amount that is none")
    return [cents, "USD", 2]
