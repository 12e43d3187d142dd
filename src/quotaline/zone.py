"""EFFECT The user's time zone as a tzinfo that knows its summer time, which `datetime.astimezone()` alone does not keep."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")


def local_zone() -> tzinfo:
    """TZ, else the system's zone file, else the present offset from UTC."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        try:
            return ZoneInfo(name)
        except (ValueError, OSError):  # POSIX forms such as CET-1CEST: the C library knows them, zoneinfo does not
            return _offset()
    try:
        with LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (ValueError, OSError):
        return _offset()


def midnight(now: float, zone: tzinfo, days: int = 0) -> float:
    """The beginning of the day `days` after the one of `now` in `zone`, epoch seconds, right also where clocks change."""
    return day_start(datetime.fromtimestamp(now, zone).date() + timedelta(days=days), zone)


def day_start(day: date, zone: tzinfo) -> float:
    """The beginning of a day in `zone`, epoch seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _offset() -> tzinfo:
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None  # noqa: S101 - astimezone() always sets it
    return zone
