"""EFFECT `quotaline statusline --enrich`: Claude Code's JSON, completed for another program's line, and else byte for byte.

What is added is fresh, was absent, and has the client's own form:

    "rate_limits": {…, "five_hour": {"used_percentage": 42, "resets_at": 1795569579}, "seven_day": {…}, "seven_day_opus": {…},
      "model_scoped": [{"display_name": "Fable", "utilization": 77, "resets_at": "2026-11-28T10:59:49Z"}],
      "extra_usage": {"is_enabled": true, "used_credits": 1240, "monthly_limit": 5000, "utilization": 24.8, "currency": "USD",
        "decimal_places": 2, "disabled_reason": null}},
    "quotaline": {"as_of": {"model_scoped": 1795569000, …}}

`used_percentage` is how stdin names it, `utilization` how the client's answer to `get_usage` does, which has the last two.
"""

from quotaline.core import paths, system
from quotaline.core.inbox import ENRICHED, record_rate_limits
from quotaline.core.merge import merge_session
from quotaline.core.periods import rfc3339
from quotaline.core.rate_limits import session_readings
from quotaline.core.snapshot import NAME, STALE_AFTER, read_snapshot
from quotaline.core.values import as_money, decode_text, encode_json, loads_json, number, scan_json
from quotaline.core.windows import EXTRA_USAGE, MODELS, PLAN_KINDS, window_kind, window_label, window_order
from quotaline.prompt.run import STDIN_LIMIT, read_chunks, refresh_if_stale, write_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

BLANK = " \t\n\r"
BEFORE = BLANK + "\0\xef\xbb\xbf"
"""What may stand before the object, in characters of one byte: blanks, NULs, a byte order mark."""


def main(now: float) -> None:
    """Pass on what is on stdin, completed where it is an object of Claude Code's and something is known."""
    raw, rest = bytearray(), read_chunks()
    for chunk in rest:
        raw += chunk
        if len(raw) > STDIN_LIMIT:  # no status line's: passed on as it comes
            write_out(bytes(raw))
            for more in rest:
                write_out(more)
            return
    whole = bytes(raw)
    folder = paths.cache_dir(system.environ())
    kept, told_at, text = {}, 0.0, whole
    try:
        kept = read_snapshot(system.join(folder, NAME)) or {} if folder else {}
        data = loads_json(decode_text(whole))
        if isinstance(data, dict):
            as_of = record_rate_limits(data, system.environ(), now)
            told_at = as_of if data.get("rate_limits") else 0.0
            text = enriched(whole, data, kept, now, as_of)
    except Exception:  # whatever in the snapshot did that, it is written anew
        kept = {}
    write_out(text)
    refresh_if_stale(kept, folder, now, told_at=told_at)


def enriched(raw: bytes, data: "Mapping[str, Any]", kept: "dict[str, Any]", now: float, as_of: float) -> bytes:
    """`raw`, which reads as `data`, with what the snapshot knows beyond it; itself where that is nothing."""
    limits = data.get("rate_limits", {})
    if not isinstance(limits, dict) or ENRICHED in data:
        return raw
    own = session_readings(limits, as_of, now, data.get("session_id"))
    stale_after = number(kept.get("stale_after")) or STALE_AFTER
    readings = merge_session(own, kept.get("readings"), now)
    fresh = [one for one in readings if now - (number(one.get("as_of")) or 0.0) <= stale_after]
    found = {name: value for name, value in additions(fresh).items() if name not in limits}
    if not found:
        return raw
    try:
        return insert(raw.decode("latin-1"), found).encode("latin-1")
    except (ValueError, IndexError):  # not UTF-8
        return raw


def insert(text: str, found: "dict[str, tuple[str, float]]") -> str:
    """A JSON object with `found` in its `rate_limits`. `text` has a character for each byte, so that none of them changes.

    Raises ValueError or IndexError where it is no such object.
    """
    inside = ",".join(f'"{name}":{value}' for name, (value, _) in found.items())
    mark = encode_json({"as_of": {name: int(moment) for name, (_, moment) in found.items()}})
    members, end = read_members(text, len(text) - len(text.lstrip(BEFORE)))
    last = f',"{ENRICHED}":{mark}'
    if "rate_limits" not in members:
        return f'{text[:end]}{"," if members else ""}"rate_limits":{{{inside}}}{last}{text[end:]}'
    inner, at = read_members(text, members["rate_limits"])
    return f"{text[:at]}{',' if inner else ''}{inside}{text[at:end]}{last}{text[end:]}"


def additions(readings: "list[dict[str, Any]]") -> "dict[str, tuple[str, float]]":
    """Members of `rate_limits` by name: their JSON, and since when they are true."""
    found: dict[str, tuple[str, float]] = {}
    models: list[tuple[dict[str, Any], float]] = []
    plan = {kind.id for kind in PLAN_KINDS}
    for reading in sorted(readings, key=lambda one: _order(one["value"])):
        value, moment = reading["value"], float(reading["as_of"])
        key = str(value.get("id") or value["type"])
        utilization, resets_at = _whole(number(value.get("utilization"))), number(value.get("resets_at"))
        if key == EXTRA_USAGE:
            found[key] = encode_json(_extra_usage(value)), moment
        elif utilization is None:
            continue
        elif window_kind(key) is MODELS:
            name = window_label(key, str(value.get("name") or key))
            until = None if resets_at is None else rfc3339(resets_at)
            models.append(({"display_name": name, "utilization": utilization, "resets_at": until}, moment))
        if utilization is not None and (key in plan or key in MODELS.body):
            until_second = None if resets_at is None else int(resets_at)
            found[key] = encode_json({"used_percentage": utilization, "resets_at": until_second}), moment
    if models:
        found["model_scoped"] = encode_json([row for row, _ in models]), min(moment for _, moment in models)
    return found


def _order(value: "dict[str, Any]") -> "tuple[int, float, str]":
    position = value.get("position")
    return window_order(str(value.get("id") or value["type"]), position if isinstance(position, int) else None)


def _extra_usage(value: "dict[str, Any]") -> "dict[str, Any]":
    """The client's form: minor units. A cap in another currency is not told, since `null` means that there is none."""
    used, limit = as_money(value.get("used")), as_money(value.get("limit"))
    unit = used or limit
    found: dict[str, Any] = {"is_enabled": value.get("is_enabled") is True, "used_credits": used and used[0]}
    if not limit or (unit and limit[1:] == unit[1:]):
        found["monthly_limit"] = limit and limit[0]
    found["utilization"] = _whole(number(value.get("utilization")))
    found["currency"], found["decimal_places"] = (unit[1], unit[2]) if unit else (None, None)
    reason = value.get("disabled_reason")
    found["disabled_reason"] = reason if isinstance(reason, str) else None
    return found


def _whole(amount: "float | None") -> "float | None":
    """`77`, not `77.0`, as the client writes it."""
    return int(amount) if amount is not None and amount == int(amount) else amount


def read_members(text: str, at: int) -> "tuple[dict[str, int], int]":
    """Where each member's value begins in the object at `at`, and the place behind the last one. Raises ValueError."""
    members: dict[str, int] = {}
    end = at + 1
    at = _skip(text, end)
    while text[at] != "}":
        key, at = scan_json(text, at)
        at = _skip(text, at)
        if text[at] != ":":
            raise ValueError("no member")
        members[str(key)] = at = _skip(text, at + 1)
        end = scan_json(text, at)[1]
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return members, end


def _skip(text: str, at: int) -> int:
    while text[at] in BLANK:
        at += 1
    return at
