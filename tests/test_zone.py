"""Every form of TZ is a zone: where zoneinfo cannot read it, it is what the C library makes of it; from 1970 to 2106."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commandline import quotaline
from quotaline import zone
from quotaline.core import periods
from quotaline.zone import CLibraryZone, local_zone

DAY = 86400
STEP = 14 * DAY
LAST = 2**32 - 1  # in the year 2106
PARIS = "/usr/share/zoneinfo/Europe/Paris"

NAMES = (
    "UTC", "Europe/Berlin", ":Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Asia/Amman", "Pacific/Apia", "Antarctica/Troll", "Africa/Casablanca",
)  # fmt: skip
FILES = (":/etc/localtime", "/etc/localtime", PARIS, f":{PARIS}")
POSIX = (
    "UTC0", ":UTC0", "CET-1CEST", "<+03>-3", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT4,M3.2.0,M11.1.0", "MST7MDT",
    "XST-1XDT,M3.5.0/0,M10.5.0/1", "CLT4CLST,M9.1.6/24,M4.1.6/24", "IST-2IDT,M3.4.4/26,M10.5.0", "AAA3BBB,J60/0,J300/0",
)  # fmt: skip
NONSENSE = (
    "Europe", "China Standard Time", "W. Europe Standard Time", "..", "../../etc/passwd", "/nowhere/at/all", "/etc",
    "/dev/null",     "/etc/passwd", "tzdata.zi", "zone.tab", "\udcff", "é", "<", "UTC0,", "A" * 300, "A" * 5000, ":", "/",
)  # fmt: skip
EVERY = (*NAMES, *FILES, *POSIX, *NONSENSE)
moments = st.integers(0, LAST)


@pytest.fixture(autouse=True)
def zones() -> Iterator[None]:
    """TZ as it was, for the C library too."""
    before = os.environ["TZ"]
    yield
    os.environ["TZ"] = before
    time.tzset()


def enter(name: str) -> None:
    os.environ["TZ"] = name
    time.tzset()


@pytest.mark.parametrize("name", EVERY)
def test_a_zone_tells_the_time_that_the_c_library_tells(name: str) -> None:
    enter(name)

    @example(0)
    @example(LAST)
    @given(moments)
    @settings(max_examples=150)
    def holds(moment: int) -> None:
        told = datetime.fromtimestamp(moment, local_zone())
        assert time.localtime(moment)[:6] == told.timetuple()[:6]
        assert moment == told.timestamp(), "an hour that comes twice is told apart"

    holds()


def changes(one: int, other: int) -> int | None:
    """The moment between the two at which the offset changes; None where it does not."""
    if time.localtime(one).tm_gmtoff == time.localtime(other).tm_gmtoff:
        return None
    while other - one > 1:
        half = (one + other) // 2
        one, other = (half, other) if time.localtime(half).tm_gmtoff == time.localtime(one).tm_gmtoff else (one, half)
    return other


@pytest.mark.parametrize("name", [*NAMES, *POSIX])
def test_around_each_change_of_clocks_both_zones_say_the_same_and_no_second_is_lost(name: str) -> None:
    """By steps of a fortnight over 136 years, some seconds and minutes on both sides of each change."""
    enter(name)
    here, library = local_zone(), CLibraryZone()
    starts = range(0, LAST - STEP, STEP)
    for change in filter(None, (changes(start, start + STEP) for start in starts)):
        for moment in (change - 3600, change - 1, change, change + 1, change + 1800, change + 3600):
            told = datetime.fromtimestamp(moment, library)
            assert time.localtime(moment)[:6] == told.timetuple()[:6]
            assert moment == told.timestamp()
            assert datetime.fromtimestamp(moment, here).fold == told.fold
        day = datetime.fromtimestamp(change, here).date()
        for around in (day - timedelta(days=1), day, day + timedelta(days=1)):
            assert zone.day_start(around, here) == zone.day_start(around, library)


@pytest.mark.parametrize("name", [name for name in (*NAMES, *POSIX) if name != "Pacific/Apia"])  # which once left out a day
def test_a_day_begins_at_the_same_moment_in_the_prompt_and_in_the_overview(name: str) -> None:
    """Also where midnight is left out or comes twice, and whatever was asked of the C library before: mktime remembers that."""
    enter(name)
    here = local_zone()
    starts = range(0, LAST - STEP, STEP)
    for change in filter(None, (changes(start, start + STEP) for start in starts)):
        for asked in (0, 1):
            time.mktime((2020, 1 + 6 * asked, 15, 0, 0, 0, 0, 0, asked))
            for moment, days in ((change - DAY, 0), (change - DAY, 1), (change, 0), (change, -1), (change - 3 * DAY, 3)):
                expected = zone.midnight(moment, here, days)
                assert expected == periods.midnight(moment, days), (name, change, asked, days)
                assert expected == zone.midnight(moment, CLibraryZone(), days)


@pytest.mark.parametrize("name", FILES[2:])
def test_a_file_keeps_its_summer_time(name: str) -> None:
    enter(name)
    assert timedelta(hours=2) == datetime(2026, 7, 10, tzinfo=local_zone()).utcoffset()
    assert timedelta(hours=1) == datetime(2026, 1, 10, tzinfo=local_zone()).utcoffset()


def test_a_name_that_zoneinfo_knows_is_its_own() -> None:
    enter("Europe/Berlin")
    assert ZoneInfo("Europe/Berlin") == local_zone()


def test_an_offset_wider_than_datetime_takes_is_cut_and_no_error() -> None:
    for name in ("XXX24", "YYY-24", "ZZZ24:59:59"):
        enter(name)
        told = datetime.fromtimestamp(1_800_000_000, local_zone())
        assert told.timestamp() == 1_800_000_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    name=st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=12)
    | st.from_regex(r"\A:?<?[A-Z+-]{0,4}>?-?[0-9]{0,2}[A-Z]{0,4},?(M[0-9]{1,2}\.[0-9]\.[0-9])?\Z"),
    moment=moments,
)
def test_whatever_tz_says_there_is_a_day_and_a_clock(name: str, moment: int) -> None:
    enter(name)
    here = local_zone()
    told = datetime.fromtimestamp(moment, here)
    there = time.localtime(moment)
    assert there[:6] == told.timetuple()[:6] or abs(there.tm_gmtoff) >= 24 * 3600, "wider than datetime takes"
    assert isinstance(told.timestamp() + zone.midnight(moment, here), float)
    assert len(f"{told:%Y-%m-%d %H:%M %Z}") >= len("2026-11-21 07:30")


def test_a_zone_file_that_is_none_costs_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    text = tmp_path / "text"
    text.write_bytes(b"TZif2" + bytes(8))
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(5 << 30)
    for place in (folder, text, big):
        enter(f":{place}")
        assert datetime.fromtimestamp(0, local_zone()).timestamp() == 0


@pytest.mark.parametrize("name", ["CET-1CEST", "Europe", "China Standard Time"])
def test_every_command_takes_every_zone(name: str, environment: dict[str, str]) -> None:
    for command in (["usage"], ["history"]):
        done = quotaline(*command, env={**environment, "TZ": name})
        assert b"Traceback" not in done.stderr, done.stderr.decode()


@pytest.mark.parametrize(
    ("clock", "fold", "name"),
    [
        ("2026-03-29T01:59", 0, "CET"),
        ("2026-03-29T03:00", 0, "CEST"),
        ("2026-10-25T01:59", 0, "CEST"),
        ("2026-10-25T02:30", 0, "CEST"),
        ("2026-10-25T02:30", 1, "CET"),
        ("2026-10-25T03:00", 0, "CET"),
    ],
)
def test_the_name_of_a_zone_is_that_of_the_moment(clock: str, fold: int, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    assert CLibraryZone().tzname(datetime.fromisoformat(clock).replace(fold=fold)) == name
