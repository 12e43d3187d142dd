"""PURE Readings × limits × now → a verdict: room, no room or unknown, each limit with how far it is and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from quotaline.core.limits import binding, check_limits, explain_check, outcome
from quotaline.guard.fuse import fuse_check
from quotaline.model import Money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.model import Reading, Snapshot

EXIT = {"room": 0, "no_room": 1, "unknown": 3}


class LimitCheck(Struct, frozen=True, kw_only=True):
    """One limit. `used` and `limit` are percent 0-100 and above, or money; `until` is when it starts anew, epoch seconds."""

    id: str
    name: str
    state: Literal["room", "over", "unknown"]
    used: float | Money | None = None
    limit: float | Money | None = None
    until: float | None = None
    as_of: float | None = None
    why: str = ""


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether there is room. `until` is when it may be again, None where nobody knows; `message` is one sentence."""

    outcome: Literal["room", "no_room", "unknown"]
    checks: tuple[LimitCheck, ...]
    until: float | None = None
    message: str = ""

    @property
    def exit_code(self) -> int:
        """0 room, 1 no room, 3 unknown."""
        return EXIT[self.outcome]


def verdict(
    readings: Sequence[Reading],
    limits: dict[str, Any],
    now: float,
    *,
    crossing: Money | None = None,
    extra: Sequence[Reading] = (),
) -> Verdict:
    """Judge `readings` (one per window) by `limits`, in the form of `guard_limits`; `clock` among them is the style's.

    `extra_delta` among them is the fuse's: how far the readings `extra`, oldest first, may rise. Alone it is the only limit.
    """
    delta, alone = limits.get("extra_delta"), not any(limits.get(one) for one in ("windows", "extra", "no_extra", "budget"))
    checks = [] if delta and alone else check_limits(msgspec.to_builtins(list(readings)), limits, now, crossing)
    if delta:
        checks.append(fuse_check(extra, delta, now, limits["max_age"]))
    decides = binding(checks)
    result = outcome(checks)
    return Verdict(
        outcome=result,
        checks=msgspec.convert(checks, tuple[LimitCheck, ...]),
        until=decides["until"] if decides and result == "no_room" else None,
        message=_room(checks) if decides is None else explain_check(decides, now, limits.get("clock", "24h")),
    )


def _room(checks: list[dict[str, Any]]) -> str:
    percents = [check for check in checks if isinstance(check["used"], float | int)]
    rooms = [f"{check['name']} {int(check['used'])} % of {check['limit']:g} %" for check in percents]
    return "There is room" + (f": {', '.join(rooms)}." if rooms else ".")


def current_crossing(snapshot: Snapshot, now: float) -> Money | None:
    """The money that moves at `now`, as the snapshot knows it."""
    value, until = snapshot.fields.get("crossing.amount", (None, None))
    if value is None or (until is not None and until <= now):
        return None
    return value if isinstance(value, Money) else msgspec.convert(value, Money)
