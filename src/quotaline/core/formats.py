"""PURE A value → text, by the specs that a segment's format may name.

money    minor units or a number of dollars    $12.40
pct      percent 0-100, cut like Claude's      42%
pace     points ahead of even use              ⇡12%  ⇣8%
left     seconds                               3d4h  2h13m  13m  <1m
tokens   a count                               420k  1.2M
bar, barN  percent as 10 or N cells            ████░░░░░░
clock    epoch seconds, local                  15:00  Thu 15:00  Thu 3:00 PM
.N       text of at most N characters          feature/long-na…
.Nf      a number with N decimals              3.14
"""

import time

from quotaline.core.periods import DAY, HOUR, MINUTE, WEEK
from quotaline.core.values import number, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def format_value(value: "Any", spec: str, style: "dict[str, Any]") -> "str | None":
    """One value by its spec; None when they do not fit together."""
    if spec == "money":
        from quotaline.core.money import format_money  # many a line shows none

        return format_money(value)
    if spec == "" or (spec[0] == "." and spec[1:].isdigit()):
        return _text(value, int(spec[1:]) if spec else 0, style)
    amount = number(value)
    if amount is None:
        return None
    if spec == "pct":
        return format_percent(amount)
    if spec == "pace":
        ahead, behind = style.get("pace", ("⇡", "⇣"))
        return f"{ahead if amount > -1 else behind}{abs(int(amount))}%"
    if spec == "left":
        return format_left(amount)
    if spec == "tokens":
        return format_tokens(amount)
    if spec == "clock":
        return format_clock(amount, style.get("now", 0), style.get("clock", "24h"))
    if spec.startswith("bar"):
        return format_bar(amount, int(spec[3:] or 10), style)
    return format(amount, spec)


def _text(value: "Any", limit: int, style: "dict[str, Any]") -> str:
    text = value if isinstance(value, str) else format(value, "g") if isinstance(value, float) else str(value)
    text = printable(text)
    if 0 < limit < len(text):
        ellipsis = str(style.get("ellipsis", "…"))
        return text[: max(0, limit - len(ellipsis))] + ellipsis
    return text


def format_percent(value: float) -> str:
    """`42%`, cut like Claude's own, never rounded up."""
    return f"{int(value)}%"


def format_left(seconds: float) -> str:
    """A span in its two largest units."""
    span = int(seconds)
    if span >= DAY:
        hours = span % DAY // HOUR
        return f"{span // DAY}d{hours}h" if hours else f"{span // DAY}d"
    if span >= HOUR:
        minutes = span % HOUR // MINUTE
        return f"{span // HOUR}h{minutes}m" if minutes else f"{span // HOUR}h"
    return f"{span // MINUTE}m" if span >= MINUTE else "<1m"


def format_tokens(count: float) -> str:
    """A count in three digits or so."""
    for limit, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= limit:
            scaled = count / limit
            return f"{scaled:.1f}{unit}" if scaled < 10 and unit != "k" else f"{int(scaled)}{unit}"  # noqa: PLR2004
    return str(int(count))


def counted(count: int, noun: str) -> str:
    """`1 reading`, `2 readings`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def format_bar(percent: float, cells: int, style: "dict[str, Any]") -> str:
    """A bar of `cells` cells; anything above 0 fills one, and only 100 fills the last."""
    full, empty = (str(cell) for cell in style.get("bar", ("█", "░")))
    filled = cells if percent >= 100 else min(cells - 1, int(max(0, percent) * cells / 100 + 0.5))  # noqa: PLR2004
    if percent > 0 and not filled:
        filled = 1
    return full * filled + empty * (cells - filled)


def format_clock(moment: float, now: float, clock: str = "24h") -> str:
    """A local time of day; with its weekday when it is not today, with its date when it is a week away or more."""
    local = time.localtime(moment)
    hour = format_hour(local.tm_hour, local.tm_min, clock)
    if time.localtime(now)[:3] == local[:3]:
        return hour
    return time.strftime("%a " if abs(moment - now) < WEEK else "%d %b ", local) + hour


def format_hour(hour: int, minute: int, clock: str = "24h") -> str:
    """`15:00` or, by the 12-hour clock, `3:00 PM`; noon is 12:00 PM, midnight 12:00 AM."""
    if clock == "12h":
        return f"{hour % 12 or 12}:{minute:02d} {'AM' if hour < 12 else 'PM'}"  # noqa: PLR2004 - noon
    return f"{hour:02d}:{minute:02d}"
