"""PURE Periods: whether two resets are one, where a month or a local day begins, RFC 3339. Times are epoch seconds (UTC)."""

import time

from quotaline.core.values import number

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK = 7 * DAY
SAME_RESET_WITHIN = 2.0
"""Seconds by which the server's times jitter."""
CLOCK_JITTER = 5.0
"""Seconds by which two clocks, or one that is being set, may differ without being wrong."""
MILLISECONDS_FROM = 1e11  # in seconds this is the year 5138
LATEST = 253402300799.0  # the last second of the year 9999
DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def same_period(one: "float | None", other: "float | None") -> bool:
    """Whether two `resets_at` name the same period: the same minute, or 2 s apart. No reset is a period of its own."""
    if one is None or other is None:
        return one is other
    return round(one / MINUTE) == round(other / MINUTE) or abs(one - other) <= SAME_RESET_WITHIN


def month_start(moment: float) -> float:
    """The beginning of the calendar month (UTC) that `moment` lies in: extra usage is counted by it."""
    second = int(moment)
    now = time.gmtime(second)
    return float(second - (now.tm_mday - 1) * DAY - now.tm_hour * HOUR - now.tm_min * MINUTE - now.tm_sec)


def month_end(moment: float) -> float:
    """The beginning of the next one."""
    return month_start(month_start(moment) + 32 * DAY)


def month_before(moment: float) -> float:
    """The same day and time (UTC) one month earlier; the last day of a shorter month."""
    second = int(moment)
    now = time.gmtime(second)
    last = month_start(month_start(second) - DAY)
    length = (month_start(second) - last) // DAY
    return last + (min(now.tm_mday, length) - 1) * DAY + second % DAY + (moment - second)


def midnight(now: float, days: int = 0) -> float:
    """The beginning of the local day `days` after today's, by the C library's zone, right also where clocks change."""
    today = time.localtime(now)
    start = time.mktime((today.tm_year, today.tm_mon, today.tm_mday + days, 0, 0, 0, 0, 0, -1))
    found = time.localtime(start)
    if found.tm_hour >= 12:  # noqa: PLR2004 - no such time on that day, and mktime took the side before
        return start + DAY - found.tm_hour * HOUR - found.tm_min * MINUTE - found.tm_sec
    earlier = start - (time.localtime(start - HOUR * 12).tm_gmtoff - found.tm_gmtoff)
    return earlier if earlier < start and time.localtime(earlier)[:5] == found[:5] else start  # midnight came twice


def not_from_the_future(as_of: float, now: float) -> float:
    """When a reading was true, if that was noted as `as_of`: no later than `now`.

    A time ahead of `now` was noted by a clock that ran ahead. How old the reading is then nobody knows: it counts as a day old,
    so that it is shown as stale and gives way to every reading whose time is known.
    """
    return min(as_of, now) if as_of <= now + CLOCK_JITTER else now - DAY


def rfc3339(moment: float) -> str:
    """`2026-11-21T07:30:00Z`, cut to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(moment)))


def parse_rfc3339(text: str) -> "float | None":
    """`2026-11-21T07:30:00.5+01:00`, also with a blank for the T or without a zone (UTC), or the day alone; else None."""
    text = text.strip()
    day, clock = text[:10], text[11:]
    if len(text) > 10 and text[10] not in "Tt ":  # noqa: PLR2004 - where the date ends
        return None
    if len(day) != 10 or day[4] != "-" or day[7] != "-":  # noqa: PLR2004
        return None
    offset = 0
    if clock[-1:] in ("Z", "z"):
        clock = clock[:-1]
    elif clock[-6:-5] in ("+", "-") and clock[-3:-2] == ":":
        zone = _digits(clock[-5:-3]), _digits(clock[-2:])
        if zone[0] is None or zone[1] is None or zone[0] > 23 or zone[1] > 59:  # noqa: PLR2004
            return None
        offset = (zone[0] * HOUR + zone[1] * MINUTE) * (-1 if clock[-6] == "-" else 1)
        clock = clock[:-6]
    clock, _, fraction = clock.replace(",", ".").partition(".")
    parts = [_digits(part) for part in (day[:4], day[5:7], day[8:], *(clock.split(":") if clock else ()))]
    if None in parts or len(parts) > 6 or (fraction and _digits(fraction) is None):  # noqa: PLR2004
        return None
    year, month, date, hour, minute, second = [part or 0 for part in parts] + [0] * (6 - len(parts))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (1 <= year <= 9999 and 1 <= month <= 12 and hour <= 23 and minute <= 59 and second <= 59):  # noqa: PLR2004
        return None
    if not 1 <= date <= (DAYS_BEFORE_MONTH + (365,))[month] - DAYS_BEFORE_MONTH[month - 1] + (leap and month == 2):  # noqa: PLR2004, RUF005
        return None
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719162  # from the year 1 to 1970
    days += DAYS_BEFORE_MONTH[month - 1] + (leap and month > 2) + date - 1  # noqa: PLR2004
    return days * DAY + hour * HOUR + minute * MINUTE + second - offset + (float(f"0.{fraction}") if fraction else 0.0)


def parse_moment(value: "object") -> "float | None":
    """Epoch seconds from RFC 3339 or a number of s or ms, also one in a text; None for null. Raises ValueError."""
    if value is None:
        return None
    moment = parse_rfc3339(value) if isinstance(value, str) else None
    if moment is None:
        moment = number(value)
        if moment is not None and moment > MILLISECONDS_FROM:
            moment /= 1000
    if moment is None:
        raise ValueError("a date that is none")
    if not 0 < moment <= LATEST:
        raise ValueError("a date outside of time")
    return float(moment)


def _digits(text: str) -> "int | None":
    return int(text) if text.isascii() and text.isdigit() else None
