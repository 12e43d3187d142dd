"""PURE `pace.days` → the days of the week on which somebody works: `mon-fri`, `mon,wed-fri`, `fri-mon`."""

from __future__ import annotations

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def pace_days(text: str) -> tuple[bool, ...] | None:
    """Whether each day is one of them, Monday first; None where the text is no list of days and spans of days.

    Case and blanks do not matter; a span that ends before it begins goes over the week's end.
    """
    found = [False] * len(DAYS)
    for part in text.lower().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            return None
        start, end = DAYS.index(first), DAYS.index(last if dash else first)
        for day in range(start, end + 1 if end >= start else end + len(DAYS) + 1):
            found[day % len(DAYS)] = True
    return tuple(found)


def pace_problem(text: str) -> str | None:
    """What is wrong with `pace.days`, without a full stop."""
    if pace_days(text) is None:
        return f"`pace.days` is {text!r}; allowed are days and spans of days such as mon-fri or mon,wed-fri"
    return None
