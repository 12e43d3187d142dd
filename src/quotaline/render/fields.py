"""PURE A snapshot × now → fields: each window's and extra usage's, and the ready ones that a refresh left."""

from quotaline.core.merge import merge_session
from quotaline.core.snapshot import STALE_AFTER
from quotaline.core.values import as_money, number
from quotaline.core.windows import EXTRA_USAGE, field_prefix, window_label, window_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


NO_LIMITS, NOT_REFRESHED = "no limits yet", "not refreshed"
"""Why numbers are missing, and why they are old: what a refresh cannot know of itself, or a session knows better."""


class Fields(dict[str, "Any"]):
    """Values by field name, as they are at `now`; a field that is not there has none.

    `stale` holds what is old, by a field's first word (`five_hour`, `extra`) or its whole name; `windows` those that are there.
    A window's fields are reckoned when the first of them is asked for by `get`, `in` or `[]`: an account may have many windows,
    and a line shows few. Whoever goes through all of them calls `whole` before.
    """

    def __init__(self, now: float) -> None:
        super().__init__()
        self.now = now
        self.stale: set[str] = set()
        self.windows: list[str] = []
        self._waiting: dict[str, list[dict[str, Any]]] = {}

    def wait(self, prefix: str, reading: "dict[str, Any]") -> None:
        """Reckon the fields of `reading`, which begin with `prefix`, when one is asked for."""
        self._waiting.setdefault(prefix, []).append(reading)

    def whole(self) -> "Fields":
        """The same, with all that there is to reckon reckoned."""
        for prefix in list(self._waiting):
            self._reckon(prefix)
        return self

    def _reckon(self, prefix: str) -> None:
        for reading in reversed(self._waiting.pop(prefix)):
            for name, item in _window_fields(reading, prefix, self.now).items():
                if item is not None:
                    self.setdefault(f"{prefix}.{name}", item)

    def get(self, name: str, default: "Any" = None) -> "Any":
        """The field's value, or `default`."""
        prefix = name.partition(".")[0]
        if prefix in self._waiting:
            self._reckon(prefix)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return self.get(str(name)) is not None

    def __missing__(self, name: str) -> "Any":
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found


def gather_fields(kept: "dict[str, Any]", own: "list[dict[str, Any]]", now: float) -> Fields:
    """Every field that the snapshot and this session's own rate limits give at `now`."""
    fields = Fields(now)
    stale_after = number(kept.get("stale_after")) or STALE_AFTER
    readings = merge_session(own, kept.get("readings"), now)
    style = kept.get("style")
    add_window_fields(fields, _renamed(readings, style["models"]) if style and "models" in style else readings, stale_after)
    written = number(kept.get("written_at")) or 0.0
    ready = kept.get("fields")
    for name, entry in ready.items() if isinstance(ready, dict) else ():
        if isinstance(entry, list) and len(entry) == 2 and entry[0] is not None:  # noqa: PLR2004 - [value, until]
            until = number(entry[1])
            if until is None or now < until:
                fields[name] = entry[0]
                if now - written > stale_after:
                    fields.stale.add(name.partition(".")[0])
    if written and now - written > stale_after:
        fields["why.text"] = NOT_REFRESHED
        fields.pop("why.until", None)
        fields.stale.discard("why")
    elif own and fields.get("why.text") == NO_LIMITS:
        del fields["why.text"]
    return fields


def _renamed(readings: "list[dict[str, Any]]", names: "dict[str, Any]") -> "list[dict[str, Any]]":
    """Readings of models' windows with the user's own names for the models."""
    from quotaline.core.model_names import window_name  # most have none

    found = []
    for reading in readings:
        value = reading["value"]
        called = window_name(names, str(value.get("id")), str(value.get("name")))
        found.append(reading if called == value.get("name") else {**reading, "value": {**value, "name": called}})
    return found


def add_window_fields(fields: Fields, readings: "list[dict[str, Any]]", stale_after: float) -> None:
    """Add each reading's fields: `<window>.used`, `.left`, … and `extra.…`; names in `stale` and `windows` go along."""
    for reading in readings:
        value = reading["value"]
        as_of = number(reading.get("as_of"))
        extra = value["type"] == EXTRA_USAGE
        prefix = field_prefix(EXTRA_USAGE if extra else str(value.get("id", "")))
        if as_of is None or not prefix or (extra and not value.get("is_enabled")):
            continue
        fields.wait(prefix, reading)
        if not extra:
            fields.windows.append(prefix)
        if fields.now - as_of > stale_after:
            fields.stale.add(prefix)


def _window_fields(reading: "dict[str, Any]", prefix: str, now: float) -> "dict[str, Any]":
    value = reading["value"]
    own = _extra_usage(value) if value["type"] == EXTRA_USAGE else _window(value, prefix, now)
    return {"age": max(0.0, now - (number(reading.get("as_of")) or 0.0)), "source": reading.get("source"), **own}


def _window(value: "dict[str, Any]", key: str, now: float) -> "dict[str, Any]":
    resets_at = number(value.get("resets_at"))
    name = str(value.get("name") or key)
    used = number(value.get("utilization"))
    return {
        "used": used,
        "remaining": None if used is None else max(0.0, 100.0 - used),
        "pace": pace(used, resets_at, window_length(key), now),
        "name": name,
        "label": window_label(key, name),
        "resets_at": resets_at,
        "left": None if resets_at is None else resets_at - now,
        "money": as_money(value.get("used_money")),
        "limit": as_money(value.get("limit_money")),
        "mark": estimate_mark(value.get("extras")) or None,
    }


def estimate_mark(extras: "Any") -> str:
    """What stands before a budget's money, which is reckoned from a list of prices: `≥` where it lacks one."""
    if not isinstance(extras, dict) or not extras.get("estimate"):
        return ""
    return "≥" if extras.get("at_least") else "~"


def pace(used: "float | None", resets_at: "float | None", span: "float | None", now: float) -> "float | None":
    """Points by which `used` is ahead of even use of a period of `span` seconds; negative when behind."""
    if used is None or resets_at is None or span is None or not now < resets_at <= now + span:
        return None
    return used - 100 * (1 - (resets_at - now) / span)


def _extra_usage(value: "dict[str, Any]") -> "dict[str, Any]":
    used, limit = as_money(value.get("used")), as_money(value.get("limit"))
    utilization = number(value.get("utilization"))
    balance = None if value.get("reloads") else as_money(value.get("balance"))
    room = None
    if (used and limit) or balance:
        from quotaline.core.money import money_left, money_share  # many a line shows none

        room = money_left(used, limit, balance)
        utilization = money_share(used, limit) if utilization is None else utilization
    return {"used": used, "limit": limit, "left": room, "utilization": utilization}
