"""PURE Readings × limits × now → is there room? One truth for `quotaline guard` and for its hook.

`limits`: `windows` percent by window id; `extra` `[digits, decimals]` of money this month; `no_extra` no money at all;
`budget` no budget of one's own that is spent; `max_age` seconds; without any limit every window of the plan counts, up to
100 %. A window inside its period only fills, so one that is over its limit stays over it however old the reading; one below it,
too old, is unknown. One whose reset has passed is empty, unless that is longer ago than `max_age`.
"""

from quotaline.core.formats import format_clock, format_left
from quotaline.core.money import format_money, to_minor_units
from quotaline.core.periods import DAY, HOUR, MINUTE, month_end, month_start
from quotaline.core.values import as_money, number, printable
from quotaline.core.windows import EVERYTHING, EXTRA_USAGE, PLAN_KINDS, is_budget, window_expires, window_kind, window_title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal

FULL = 100.0
EXTRA_NAME = window_title(EXTRA_USAGE)
NOTHING_READ = "Nothing has been read yet"
NO_BUDGET = "none is set under [budget] in config.toml, or no transcript was read yet"
UNTOLD = "Whether there is room cannot be told."
SEGMENT_FILES = "segments/"  # a problem of one of these begins with it
LISTED = 12  # ids that one sentence names
LONGEST = 30.0 * DAY  # no reading of any use is older, and nobody waits longer
UNITS = {"s": 1.0, "m": float(MINUTE), "h": float(HOUR), "d": float(DAY)}


def untold_limits(problems: "object") -> "str | None":
    """What keeps the limits of the configuration from being known: a snapshot's first problem that no segment file has."""
    told = [str(problem) for problem in (problems if isinstance(problems, list | tuple) else [problems] if problems else [])]
    return next((problem for problem in told if not problem.startswith(SEGMENT_FILES)), None)


def check_limits(
    readings: "Iterable[Any]", limits: "dict[str, Any]", now: float, crossing: "Any" = None
) -> "list[dict[str, Any]]":
    """One check per limit: `id`, `name`, `state` (room, over, unknown), `used`, `limit`, `until`, `as_of`, `why`.

    `readings` are a snapshot's. `used` and `limit` are percent, or `[amount, currency, exponent]`. `crossing` is the money that
    moves now, if any. Without a limit every window of the plan counts, up to 100 %.
    """
    known = {}
    for reading in readings:
        value = reading.get("value") if isinstance(reading, dict) else None
        if isinstance(value, dict) and number(reading.get("as_of")) is not None:
            known[str(value.get("id") or value.get("type"))] = reading
    absent = "it was not read" if known else NOTHING_READ
    extra = known.pop(EXTRA_USAGE, None)
    budgets = {key: reading for key, reading in known.items() if is_budget(key)}
    plan = {key: reading for key, reading in known.items() if key not in budgets}
    max_age = number(limits.get("max_age")) or float(HOUR)
    wanted = limits.get("windows") or {}
    checks = [
        _window(key, known[key], float(limit), now, max_age) if key in known else _absent(key, float(limit), known, absent)
        for key, limit in wanted.items()
    ]
    if limits.get("no_extra") or not (wanted or limits.get("extra") or limits.get("budget")):
        every = [_window(key, reading, FULL, now, max_age) for key, reading in plan.items() if key not in wanted]
        checks += [
            one for one in every if one["state"] != "over" or not window_expires(one["id"])
        ]  # a spent credit stops nothing
    if limits.get("extra"):
        checks.append(_extra(extra, limits["extra"], now, max_age, absent))
    full = any(check["state"] == "over" and check["id"] in plan and check["used"] >= FULL for check in checks)
    if limits.get("no_extra") and not full:  # a full window draws the money, and its reset ends that
        checks += _any_extra(extra, crossing, now, seen=bool(plan))
    if limits.get("budget"):
        checks += [_window(key, budgets[key], FULL, now, max_age) for key in budgets if key not in wanted]
        checks += [] if budgets else [_check("budget", "Budget", "unknown", why=NO_BUDGET)]
    if not checks:
        checks.append(_check(EVERYTHING, "Every window", "unknown", why=absent if absent == NOTHING_READ else "none was read"))
    return checks


def outcome(checks: "list[dict[str, Any]]") -> "Literal['room', 'no_room', 'unknown']":
    """`no_room` when a limit is passed, else `unknown` when one cannot be told, else `room`."""
    states = {check["state"] for check in checks}
    return "no_room" if "over" in states else "unknown" if "unknown" in states else "room"


def binding(checks: "list[dict[str, Any]]") -> "dict[str, Any] | None":
    """The check that decides: of the passed limits the one that ends last, else the first unknown one."""
    over = [check for check in checks if check["state"] == "over"]
    if over:
        return max(over, key=lambda check: float("inf") if check["until"] is None else check["until"])
    return next((check for check in checks if check["state"] == "unknown"), None)


def explain_check(check: "dict[str, Any]", now: float, clock: str = "24h") -> str:
    """A check that is not `room` in one sentence: which limit, how far, until when."""
    name = printable(check["name"])
    if check["why"] == NOTHING_READ:
        return f"{NOTHING_READ}, so whether there is room cannot be told; `quotaline doctor` says what is missing."
    if check["state"] == "unknown":
        return f"{name} is unknown: {check['why']}."
    used, limit, until = check["used"], check["limit"], check["until"]
    if isinstance(used, list) or used is None:
        text = (
            f"{name} {check['why']}"
            if limit is None
            else f"{name} is at {format_money(used)}, the limit is {format_money(limit)}"
        )
    else:
        text = f"{name} is at {int(used)} %, the limit is {limit:g} %"
    verb = "expires" if window_expires(check["id"]) else "starts anew"
    if until is None:
        return text + "."
    return f"{text}; it {verb} at {format_clock(until, now, clock)}, in {format_left(until - now)}."


def _check(key: str, name: str, state: str, **more: "Any") -> "dict[str, Any]":
    return {
        "id": key,
        "name": name,
        "state": state,
        "used": None,
        "limit": None,
        "until": None,
        "as_of": None,
        "why": "",
        **more,
    }


def _absent(key: str, limit: float, known: "dict[str, Any]", why: str) -> "dict[str, Any]":
    """A window that was not read. Of an id that may be a slip of the pen it is said which ones there are."""
    if known and window_kind(key) is None:
        ids = dict.fromkeys([*(kind.id for kind in PLAN_KINDS), *known])
        why = f"{why}; known are {', '.join(list(ids)[:LISTED])}"
    return _check(key, window_title(key), "unknown", limit=limit, why=why)


def _window(key: str, reading: "dict[str, Any]", limit: float, now: float, max_age: float) -> "dict[str, Any]":
    value, as_of = reading["value"], reading["as_of"]
    check = _check(key, str(value.get("name") or key), "room", limit=limit, as_of=as_of)
    used, until = number(value.get("utilization")), number(value.get("resets_at"))
    if until is not None and until <= now:
        since = now - until
        return (
            {**check, "used": 0.0}
            if since <= max_age
            else {**check, "state": "unknown", "why": "it was reset since it was read"}
        )
    if used is None:
        return {**check, "state": "unknown", "why": "its source gave no number"}
    check["used"], check["until"] = used, until
    if used >= limit:
        check["state"] = "over"
    elif now - as_of > max_age:
        check["state"], check["why"] = "unknown", _old(now - as_of)
    return check


def _extra(reading: "dict[str, Any] | None", limit: "list[int]", now: float, max_age: float, absent: str) -> "dict[str, Any]":
    name = EXTRA_NAME
    if reading is None:
        return _check(EXTRA_USAGE, name, "unknown", why=absent)
    value, as_of = reading["value"], reading["as_of"]
    used = value.get("used")
    check = _check(EXTRA_USAGE, name, "room", as_of=as_of, used=used)
    money = as_money(used)
    if money is not None:
        amount, currency, exponent = money
        check["limit"] = [to_minor_units(limit, exponent), currency, exponent]
        if as_of < month_start(now):
            late = now - month_end(as_of) > max_age
            fresh = {**check, "used": [0, currency, exponent]}
            return {**fresh, "state": "unknown", "why": "it was not read this month"} if late else fresh
        if amount * 10 ** limit[1] >= limit[0] * 10**exponent and value.get("is_enabled"):
            return {**check, "state": "over", "until": month_end(now)}
    if now - as_of > max_age:
        return {**check, "state": "unknown", "why": _old(now - as_of)}
    if value.get("is_enabled") and money is None:
        return {**check, "state": "unknown", "why": "its source gave no amount"}
    return check


def _any_extra(reading: "dict[str, Any] | None", crossing: "Any", now: float, *, seen: bool) -> "list[dict[str, Any]]":
    """Beside the windows at their limit: money that moves without one, and plans where every request costs."""
    if crossing:
        return [_check(EXTRA_USAGE, EXTRA_NAME, "over", why="is being spent now", until=None)]
    if seen:
        return []
    enabled = reading is not None and reading["value"].get("is_enabled")
    if enabled and reading is not None and month_start(reading["as_of"]) == month_start(now):
        return [_check(EXTRA_USAGE, EXTRA_NAME, "over", why="is on and no window is known: each request may cost money")]
    return [_check(EVERYTHING, "Every window", "unknown", why="none was read" if reading else NOTHING_READ)]


def _old(age: float) -> str:
    return f"it was read {format_left(age)} ago"


def parse_duration(text: str) -> "float | None":
    """`90s`, `15m`, `2h`, `1d` in seconds, at most 30 days; else None. A bare 15 could be minutes or seconds: it is none."""
    unit = UNITS.get(text[-1:])
    amount = number(text[:-1]) if unit else None
    return None if unit is None or amount is None or not 0 <= amount * unit <= LONGEST else amount * unit


def parse_percent(text: str) -> "float | None":
    """`80`, `80%` as a number, 0-1000; None when it is none."""
    amount = number(text.strip().removesuffix("%").strip())
    return amount if amount is not None and 0 <= amount <= 1000 else None  # noqa: PLR2004
