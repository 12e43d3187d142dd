"""PURE THE rule by which readings of one window become one: for a refresh's readings and for the one a session was just handed.

1. A reading whose `resets_at` is not after `now` is dropped: its period is over. One without a number speaks only where none
   has one.
2. The newest reading names the period (see `periods.same_period`); readings of other periods are dropped. If one of them is
   older, the reset has moved.
3. Within the period the newest reading wins, but a statusline reading only ever raises: an idle Claude Code session repeats old
   numbers with a new time. The highest session wins over lower sessions, and a lower session does not replace another source's
   reading that is less than an hour old.

Extra usage: a reading from before this calendar month (UTC, like the server's `overageResetsAt`) is dropped, the newest wins,
and of equally new ones the higher. So it falls only when a newer reading says so.
"""

from quotaline.core.periods import HOUR, month_start, same_period
from quotaline.core.values import number
from quotaline.core.windows import EXTRA_USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

HOLDS_FOR = float(HOUR)
"""How long another source's reading stands against a lower percentage on stdin, in seconds."""
SESSION_SOURCE = "statusline"


class Candidate:
    """What the rule looks at of one reading.

    `level` is the number by which readings of one period are compared, if there is one; `order` gives equally new ones an order
    that means nothing.
    """

    def __init__(
        self, as_of: float, resets_at: "float | None", level: "float | None", source: str, order: "tuple[Any, ...]" = ()
    ) -> None:
        self.as_of, self.resets_at, self.level, self.source, self.order = as_of, resets_at, level, source, order

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
    period = [one for one in live if same_period(one.resets_at, newest.resets_at)]
    others = [one for one in period if one.source != SESSION_SOURCE]
    sessions = [one for one in period if one.source == SESSION_SOURCE]
    if others:
        best = max(others, key=Candidate.recency)
        later = [one for one in sessions if one.recency() > best.recency()]
        if later and best.as_of > now - HOLDS_FOR:
            later.append(best)
        sessions = later or [best]
    return max(sessions, key=lambda one: (one.level or 0.0, *one.recency())), moved


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
    return Candidate(
        number(reading.get("as_of")) or 0.0,
        number(value.get("resets_at")),
        number(value.get("utilization")),
        str(reading.get("source")),
        (str(reading.get("session") or ""),),
    )
