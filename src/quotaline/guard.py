"""PURE Readings × limits × now → a verdict: room, no room or unknown, each limit with how far it is and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from quotaline.model import Money
from quotaline.prompt.verdict import binding, judge, money_limit, outcome, sentence, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.config import Guard
    from quotaline.model import Reading, Snapshot

EXIT = {"room": 0, "no_room": 1, "unknown": 3}


class Check(Struct, frozen=True, kw_only=True):
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
    """Whether there is room. `until` is when it may be again, None where nobody knows; `says` is one sentence."""

    outcome: Literal["room", "no_room", "unknown"]
    checks: tuple[Check, ...]
    until: float | None = None
    says: str = ""

    @property
    def exit_code(self) -> int:
        """0 room, 1 no room, 3 unknown."""
        return EXIT[self.outcome]


def verdict(readings: Sequence[Reading], limits: dict[str, Any], now: float, *, crossing: Money | None = None) -> Verdict:
    """Judge `readings` (one per window) by `limits`, in the form of `limits_of`."""
    checks = judge(msgspec.to_builtins(list(readings)), limits, now, crossing)
    decides = binding(checks)
    result = outcome(checks)
    return Verdict(
        outcome=result,
        checks=msgspec.convert(checks, tuple[Check, ...]),
        until=decides["until"] if decides and result == "no_room" else None,
        says=_room(checks) if decides is None else sentence(decides, now),
    )


def _room(checks: list[dict[str, Any]]) -> str:
    percents = [check for check in checks if isinstance(check["used"], float | int)]
    told = [f"{check['name']} {int(check['used'])} % of {check['limit']:g} %" for check in percents]
    return "There is room" + (f": {', '.join(told)}." if told else ".")


def problem(guard: Guard) -> str | None:
    """What is wrong with `[guard]` beyond its types, without a full stop."""
    if guard.max_extra is not None and money_limit(str(guard.max_extra)) is None:
        return f"`guard.max_extra` is {guard.max_extra!r}; allowed is an amount such as 5.00"
    if guard.max_age is not None and not span(guard.max_age):
        return f"`guard.max_age` is {guard.max_age!r}; allowed is a time such as 90s, 15m, 2h or 1d"
    return None


def limits_of(guard: Guard, stale_after: float) -> dict[str, Any]:
    """`[guard]` as the limits that the snapshot carries: plain values, so that the hook reads them without parsing."""
    named = {"five_hour": guard.five_hour, "seven_day": guard.seven_day}
    return {
        "windows": guard.windows | {key: limit for key, limit in named.items() if limit is not None},
        "extra": None if guard.max_extra is None else money_limit(str(guard.max_extra)),
        "no_extra": guard.no_extra,
        "max_age": stale_after if guard.max_age is None else span(guard.max_age),
        "hook": guard.hook,
    }


def crossing_of(snapshot: Snapshot, now: float) -> Money | None:
    """The money that moves at `now`, as the snapshot knows it."""
    value, until = snapshot.fields.get("crossing.amount", (None, None))
    if value is None or (until is not None and until <= now):
        return None
    return value if isinstance(value, Money) else msgspec.convert(value, Money)
