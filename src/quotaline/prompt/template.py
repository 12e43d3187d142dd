"""PURE Compiled segment × fields → text, or nothing when a field it names is absent.

A compiled form is a list of literals and `[field, spec]` pairs. Specs:

    money    minor units or a number of dollars    $12.40
    pct      percent 0-100, cut like Claude's      42%
    pace     points ahead of even use              ⇡12%  ⇣8%
    left     seconds                               3d4h  2h13m  13m  <1m
    tokens   a count                               420k  1.2M
    bar, barN  percent as 10 or N cells            ████░░░░░░
    clock    epoch seconds, local                  15:00  Thu 15:00
    .N       text of at most N characters          feature/long-na…
    .Nf      a number with N decimals              3.14
"""

import time

from quotaline.prompt.snapshot import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "BRL": "R$",
    "CAD": "CA$",
    "AUD": "A$",
}
DAY, HOUR, MINUTE = 86400, 3600, 60
WEEK = 7 * DAY


def render(form: "list[Any]", fields: "dict[str, Any]", style: "dict[str, Any]", prefix: str = "") -> "str | None":
    """The text of one form; None when a field is absent or does not fit its spec.

    `prefix` is the window that `window.` stands for in a segment that is repeated for each of several windows.
    """
    pieces = []
    stale = False
    for part in form:
        if isinstance(part, str):
            pieces.append(part)
            continue
        name, spec = part
        if prefix and name.startswith("window."):
            name = prefix + name[6:]
        value = fields.get(name)
        if value is None:
            return None
        text = show(value, spec, style)
        if text is None:
            return None
        pieces.append(text)
        stale = stale or name.partition(".")[0] in fields["stale"]
    mark = style.get("stale", "?") if stale else ""
    return mark + "".join(pieces)


def show(value: "Any", spec: str, style: "dict[str, Any]") -> "str | None":
    """One value by its spec; None when they do not fit together."""
    if spec == "money":
        return money(value)
    if spec == "" or (spec[0] == "." and spec[1:].isdigit()):
        return _text(value, int(spec[1:]) if spec else 0, style)
    amount = number(value)
    if amount is None:
        return None
    if spec == "pct":
        return f"{int(amount)}%"
    if spec == "pace":
        ahead, behind = style.get("pace", ("⇡", "⇣"))
        return f"{ahead if amount > -1 else behind}{abs(int(amount))}%"
    if spec == "left":
        return left(amount)
    if spec == "tokens":
        return tokens(amount)
    if spec == "clock":
        return clock(amount, style.get("now", 0))
    if spec.startswith("bar"):
        return bar(amount, int(spec[3:] or 10), style)
    return format(amount, spec)


def _text(value: "Any", limit: int, style: "dict[str, Any]") -> str:
    text = value if isinstance(value, str) else format(value, "g") if isinstance(value, float) else str(value)
    text = clean(text)
    if 0 < limit < len(text):
        ellipsis = str(style.get("ellipsis", "…"))
        return text[: max(0, limit - len(ellipsis))] + ellipsis
    return text


def clean(text: str) -> str:
    """The text without anything that could move a cursor, change a colour or turn the writing direction."""
    if text.isprintable():
        return text
    return "".join(character for character in text if character.isprintable())


def money(value: "Any") -> "str | None":
    """`[minor units, currency, exponent]`, or a number of dollars; integers stay exact, a negative amount keeps its sign."""
    if isinstance(value, list):
        amount, currency, exponent = value
        sign = "-" if amount < 0 else ""
        whole, minor = divmod(abs(amount), 10**exponent)
        digits = f"{whole}.{minor:0{exponent}d}" if exponent else str(whole)
    else:
        dollars = number(value)
        if dollars is None:
            return None
        sign, currency, digits = ("-" if dollars < 0 else ""), "USD", f"{abs(dollars):.2f}"
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {clean(currency)}"


def left(seconds: float) -> str:
    """A span in its two largest units."""
    span = int(seconds)
    if span >= DAY:
        hours = span % DAY // HOUR
        return f"{span // DAY}d{hours}h" if hours else f"{span // DAY}d"
    if span >= HOUR:
        minutes = span % HOUR // MINUTE
        return f"{span // HOUR}h{minutes}m" if minutes else f"{span // HOUR}h"
    return f"{span // MINUTE}m" if span >= MINUTE else "<1m"


def tokens(count: float) -> str:
    """A count in three digits or so."""
    for limit, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= limit:
            scaled = count / limit
            return f"{scaled:.1f}{unit}" if scaled < 10 and unit != "k" else f"{int(scaled)}{unit}"  # noqa: PLR2004
    return str(int(count))


def bar(percent: float, cells: int, style: "dict[str, Any]") -> str:
    """A bar of `cells` cells; anything above 0 fills one, and only 100 fills the last."""
    full, empty = (str(cell) for cell in style.get("bar", ("█", "░")))
    filled = cells if percent >= 100 else min(cells - 1, int(percent * cells / 100 + 0.5)) if percent > 0 else 0  # noqa: PLR2004
    if percent > 0 and not filled:
        filled = 1
    return full * filled + empty * (cells - filled)


def clock(moment: float, now: float) -> str:
    """A local time of day; with its weekday when it is not today, with its date when it is a week away or more."""
    local = time.localtime(moment)
    if time.localtime(now)[:3] == local[:3]:
        return time.strftime("%H:%M", local)
    return time.strftime("%a %H:%M" if abs(moment - now) < WEEK else "%d %b %H:%M", local)
