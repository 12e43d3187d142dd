"""EFFECT The user's time zone as a tzinfo that knows its summer time, which `datetime.astimezone()` alone does not keep.

What `zoneinfo` does not know (POSIX forms such as CET-1CEST, names of other systems, nonsense) is what the C library makes of
it, as on the prompt path.
"""

from __future__ import annotations

import io
import os
import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from quotaline.core.periods import DAY
from quotaline.files import read_file

LOCALTIME = Path("/etc/localtime")
LARGEST_ZONE = 1 << 20
WIDEST = DAY - 1  # what datetime allows; a POSIX form may name more


def local_zone() -> tzinfo:
    """TZ as a name or as a file, else the system's zone file; whatever zoneinfo cannot read is the C library's. Never fails."""
    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        if name and not name.startswith("/"):
            return ZoneInfo(name)
        return ZoneInfo.from_file(io.BytesIO(read_file(Path(name) if name else LOCALTIME, LARGEST_ZONE)))
    except Exception:  # noqa: BLE001 - zoneinfo raises KeyError, ValueError, OSError, struct.error and more for what is no zone
        return CLibraryZone()


def midnight(now: float, zone: tzinfo, days: int = 0) -> float:
    """The beginning of the day `days` after the one of `now` in `zone`, epoch seconds, right also where clocks change."""
    return day_start(datetime.fromtimestamp(now, zone).date() + timedelta(days=days), zone)


def day_start(day: date, zone: tzinfo) -> float:
    """The beginning of a day in `zone`, epoch seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


class CLibraryZone(tzinfo):
    """The zone in which `time.localtime` answers, whatever form TZ has, with `fold` as PEP 495 wants it."""

    def __init__(self) -> None:
        if hasattr(time, "tzset"):
            time.tzset()  # TZ may have been set since the process began

    def utcoffset(self, moment: datetime | None, /) -> timedelta | None:
        """The offset of a local time: where it comes twice the first's or, folded, the second's; in a gap the other side's."""
        if moment is None:
            return None
        wall = moment.replace(tzinfo=UTC).timestamp()
        sides = [_offset(wall - DAY), _offset(wall + DAY)]
        times = _times(wall, sides) or [wall - side for side in sides]
        return timedelta(seconds=round(wall - times[-1 if moment.fold else 0]))

    def fromutc(self, moment: datetime, /) -> datetime:
        """UTC in, local time out."""
        epoch = moment.replace(tzinfo=UTC).timestamp()
        offset = _offset(epoch)
        wall = epoch + offset
        first = min(_times(wall, [_offset(wall - DAY)]), default=epoch)
        return (moment + timedelta(seconds=offset)).replace(fold=int(first < epoch))

    def dst(self, _moment: datetime | None, /) -> None:
        """How much of the offset is summer time is nothing that the C library tells."""
        return

    def tzname(self, moment: datetime | None, /) -> str | None:
        """What the zone is called then: `CET`, `CEST`."""
        offset = self.utcoffset(moment)
        if moment is None or offset is None:
            return None
        try:
            return time.localtime((moment.replace(tzinfo=UTC) - offset).timestamp()).tm_zone
        except (OverflowError, OSError, ValueError):
            return timezone(offset).tzname(None)


def _times(wall: float, offsets: list[int]) -> list[float]:
    """The moments, in order, at which the clock shows `wall`, as far as `offsets` say by how much it may be off UTC."""
    return sorted(wall - offset for offset in set(offsets) if _offset(wall - offset) == offset)


def _offset(epoch: float) -> int:
    """Seconds east of UTC at a moment; 0 beyond what the C library counts."""
    try:
        return max(-WIDEST, min(WIDEST, time.localtime(epoch).tm_gmtoff))
    except (OverflowError, OSError, ValueError):
        return 0
