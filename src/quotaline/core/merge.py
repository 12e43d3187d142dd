"""PURE THE rule by which readings of one window become one: for a refresh's readings and for the one a session was just handed.

1. A reading whose `resets_at` is not after `now` is dropped: its period is over. One without a number speaks only where none
   has one.
2. The newest reading names the period (see `periods.same_period`); readings of other periods are dropped. If one of them is
   older, the reset has moved.
3. Within the period the newest reading is the truth, up or down: usage falls where the server raises a limit or a saved reset
   is redeemed. Of one session only its newest reading counts. Where the newest is a session's, a higher one of another session
   or source counts as well while it is fresh: two sessions may be drawn in another order than they were answered in.

So an idle session never outvotes a newer reading; that its redraw is no news is the inbox's work (`rate_limits.known_since`).

Extra usage: a reading from before this calendar month (UTC, like the server's `overageResetsAt`) is dropped, the newest wins,
and of equally new ones the higher. So it falls only when a newer reading says so.
"""

from quotaline.core.periods import MINUTE, month_start, same_period
from quotaline.core.values import number
from quotaline.core.windows import EXTRA_USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

HOLDS_FOR = float(MINUTE)
"""Seconds for which a higher reading stands against a newer, lower one of a session: as long as a snapshot is fresh."""
SESSION_SOURCE = "statusline"


class Candidate:
    """What the rule looks at of one reading.

    `level` is the number by which readings of one period are compared, if there is one; `origin` is the session that it is from
    ("" for the server's own answers); `order` gives equally new ones an order that means nothing.
    """

    def __init__(
        self, as_of: float, resets_at: "float | None", level: "float | None", origin: str, order: "tuple[Any, ...]" = ()
    ) -> None:
        self.as_of, self.resets_at, self.level, self.origin, self.order = as_of, resets_at, level, origin, order

    def recency(self) -> "tuple[Any, ...]":
        """Newest last; equally new ones by later reset, then by higher level."""
        return (self.as_of, self.resets_at or 0.0, self.level or 0.0, self.order)


def choose_window(found: "Sequence[Candidate]", now: float) -> "tuple[Candidate | None, bool]":
    """The reading of one window that is true at `now`, and whether its reset has moved; None where all periods are over."""
    live = [one for one in found if one.resets_at is None or one.resets_at > now]
    live = [one for one in live if one.level is not None] or live
    if not live:
        return None, False
    newest = max(live, key=Candidate.recency)
    moved = any(one.as_of < newest.as_of and not same_period(one.resets_at, newest.resets_at) for one in live)
    if not newest.origin:
        return newest, moved
    rivals = [
        one
        for one in live
        if one.origin != newest.origin and one.as_of > now - HOLDS_FOR and same_period(one.resets_at, newest.resets_at)
    ]
    latest = [one for one in rivals if one is max((x for x in rivals if x.origin == one.origin), key=Candidate.recency)]
    return max([newest, *latest], key=lambda one: (one.level or 0.0, *one.recency())), moved


def origin_of(source: str, session: object) -> str:
    """What `Candidate.origin` is for a reading: its session's name, "" for a source that asked the server."""
    return f"session {session or ''}" if source == SESSION_SOURCE else ""


def choose_extra_usage(found: "Sequence[Candidate]", now: float) -> "Candidate | None":
    """The newest reading of extra usage in this calendar month; one without a `level` counts only where none has one."""
    live = [one for one in found if one.as_of >= month_start(now)]
    live = [one for one in live if one.level is not None] or live
    return max(live, key=Candidate.recency, default=None)


def merge_session(own: "list[dict[str, Any]]", kept: "Any", now: float) -> "list[dict[str, Any]]":
    """The snapshot's readings with those among them that this session was just handed, one per window; plain values."""
    merged = {}
    for reading in kept if isinstance(kept, list) else []:
        value = reading.get("value") if isinstance(reading, dict) else None
        if isinstance(value, dict) and isinstance(value.get("type"), str) and not is_over(reading, now):
            merged[str(value.get("id") or value["type"])] = reading
    for reading in own:
        key = reading["value"]["id"]
        other = merged.get(key)
        if other is None:
            merged[key] = reading
            continue
        mine, theirs = _candidate(reading), _candidate(other)
        merged[key] = reading if choose_window([mine, theirs], now)[0] is mine else other
    return list(merged.values())


def is_over(reading: "dict[str, Any]", now: float) -> bool:
    """Whether the period that a reading speaks of is over: its reset, or for extra usage its calendar month (UTC)."""
    value = reading["value"]
    if value.get("type") == EXTRA_USAGE:
        return (number(reading.get("as_of")) or 0.0) < month_start(now)
    resets_at = number(value.get("resets_at"))
    return resets_at is not None and resets_at <= now


def _candidate(reading: "dict[str, Any]") -> Candidate:
    value = reading["value"]
    source = str(reading.get("source"))
    return Candidate(
        number(reading.get("as_of")) or 0.0,
        number(value.get("resets_at")),
        number(value.get("utilization")),
        origin_of(source, reading.get("session")),
        (source,),
    )
