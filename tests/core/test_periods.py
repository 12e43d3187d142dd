"""Periods against the library that counts them another way, on both sides of each edge, and in other zones than UTC."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from quotaline.core import periods
from quotaline.core.formats import format_clock
from quotaline.zone import local_zone
from quotaline.zone import midnight as library_midnight
from usage_history import DAY, HOUR, at

RESET = at("2026-11-21T10:00")
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia",
    "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
MOMENTS = st.integers(min_value=86_400, max_value=4_291_747_200).map(float)  # to the first day of 2106
FIRST_SECONDS = st.builds(lambda year, month: at(f"{year}-{month:02}-01"), st.integers(1971, 2105), st.integers(1, 12))
NEAR_A_MONTHS_EDGE = st.builds(lambda edge, off: edge + off, FIRST_SECONDS, st.sampled_from([-1.0, -0.25, 0.0, 0.25, 1.0]))
one_process = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the zone is set anew for each example


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (RESET + 5, RESET + 20, True),  # one minute, further apart than the jitter
        (RESET - 29, RESET + 29, True),
        (RESET + 31, RESET + 89, True),
        (RESET + 28, RESET + 32, False),  # two minutes, further apart than the jitter
        (RESET + 29, RESET + 31, True),  # two minutes, no further apart than the jitter
        (RESET + 29, RESET + 31.25, False),
        (RESET, RESET + 60, False),
        (RESET, RESET + 59, False),
    ],
)
def test_two_resets_are_one_in_the_same_minute_or_two_seconds_apart(one: float, other: float, same: bool) -> None:
    assert same == periods.same_period(one, other) == periods.same_period(other, one)


@given(MOMENTS | NEAR_A_MONTHS_EDGE)
def test_a_month_begins_and_ends_where_the_calendar_says(moment: float) -> None:
    first = datetime.fromtimestamp(moment, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=31)).replace(day=1)
    assert (periods.month_start(moment), periods.month_end(moment)) == (first.timestamp(), following.timestamp())


@given(MOMENTS | NEAR_A_MONTHS_EDGE)
@example(at("2026-03-31T12:30"))
@example(at("2028-03-30T00:00"))
@example(at("2026-01-31T23:59:59"))
def test_a_month_earlier_is_the_same_day_or_the_shorter_months_last(moment: float) -> None:
    now = datetime.fromtimestamp(moment, UTC)
    last = now.replace(day=1) - timedelta(days=1)
    assert periods.month_before(moment) == last.replace(day=min(now.day, last.day)).timestamp()


@given(MOMENTS, st.sampled_from(ZONES), st.integers(-8, 8))
@one_process
def test_the_local_day_begins_where_the_zone_database_says(
    zone: Callable[[str], None], moment: float, name: str, days: int
) -> None:
    zone(name)
    assert isinstance(local_zone(), ZoneInfo)
    begins = library_midnight(moment, local_zone(), days)
    assert periods.midnight(moment, days) == begins


@pytest.mark.parametrize(
    ("name", "noon", "hours"),
    [
        ("Europe/Berlin", "2026-10-25T12:00+01:00", 25),
        ("Europe/Berlin", "2026-03-29T12:00+02:00", 23),
        ("Australia/Lord_Howe", "2026-04-05T12:00+10:30", 24.5),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T12:00+01:00", 25),
        ("Asia/Tokyo", "2026-10-25T12:00+09:00", 24),
        ("America/Havana", "2026-11-01T12:00-05:00", 25),  # midnight comes twice
        ("America/Havana", "2026-03-08T12:00-04:00", 23),  # and never
        ("AAA0BBB-0:30,M3.5.0/0,M10.5.0/0:30", "2026-10-25T12:00Z", 24.5),
        ("AAA0BBB-0:30,M3.5.0/0,M10.5.0/0:30", "2026-03-29T12:00+00:30", 23.5),
    ],
)
def test_a_day_on_which_the_clocks_change_has_its_own_length(
    zone: Callable[[str], None], name: str, noon: str, hours: float
) -> None:
    zone(name)
    begins, ends = periods.midnight(at(noon)), periods.midnight(at(noon), 1)
    assert (begins < at(noon) < ends, (ends - begins) / HOUR) == (True, hours)


@pytest.mark.parametrize(
    ("name", "noon"),
    [("America/Sao_Paulo", "2017-10-15T12:00-02:00"), ("AAA0BBB-0:30:15,M3.2.0/0,M11.1.0/3", "2026-03-08T12:00+00:00")],
)
def test_a_day_without_a_midnight_begins_where_its_clock_does_whichever_side_the_c_library_takes(
    zone: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, name: str, noon: str
) -> None:
    zone(name)
    begins, mktime = periods.midnight(at(noon)), time.mktime

    def before(wanted: Any) -> float:
        found = mktime(wanted)
        shown = time.localtime(found)
        return found - shown.tm_hour * 3600 - shown.tm_min * 60 - shown.tm_sec

    assert time.localtime(begins)[3:5] in ((1, 0), (0, 30))
    monkeypatch.setattr(time, "mktime", before)
    assert periods.midnight(at(noon)) == begins
    assert time.localtime(before((*time.localtime(at(noon))[:3], 0, 0, 0, 0, 0, -1))).tm_hour == 23


def test_a_clock_is_the_zones_own(zone: Callable[[str], None]) -> None:
    evening = at("2026-11-21T16:30Z")
    for name, text in (
        ("UTC", "16:30"),
        ("Asia/Tokyo", "Sun 01:30"),
        ("America/New_York", "11:30"),
        ("Asia/Kathmandu", "22:15"),
    ):
        zone(name)
        assert format_clock(evening, at("2026-11-21T14:00Z")) == text, name


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        (None, None),
        (1, 1.0),
        (4_294_967_295, 4_294_967_295.0),
        (100_000_000_000, 100_000_000_000.0),
        (100_000_000_001, 100_000_000.001),
        ("100000000001", 100_000_000.001),
        (1_795_251_000_000, 1_795_251_000.0),
    ],
)
def test_a_number_is_seconds_until_no_second_is_that_far(told: object, moment: float | None) -> None:
    assert periods.parse_moment(told) == moment


@pytest.mark.parametrize("told", [0, -1, "", "x", True, [], 1e15])
def test_a_moment_that_is_none_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match="a date"):
        periods.parse_moment(told)


TEXTS = st.builds(
    lambda moment, gap, fraction, offset: moment.strftime(f"%Y-%m-%d{gap}%H:%M:%S").zfill(19) + fraction + offset,
    st.datetimes(min_value=datetime(1000, 1, 1)),  # noqa: DTZ001 - the offset stands in the text
    st.sampled_from(["T", " "]),
    st.sampled_from(["", ".5", ".538465", ".001", ",25"]),
    st.sampled_from(["", "Z", "+00:00", "-00:00", "+01:00", "-09:30", "+14:00", "+23:59", "-23:59"]),
)


@given(TEXTS)
@example("2026-02-29T00:00:00Z")
@example("2028-02-29T00:00:00Z")
@example("1900-02-29T00:00:00Z")
@example("2000-02-29T00:00:00Z")
@example("2026-11-31T00:00:00Z")
@example("2026-12-31T23:59:59Z")
@example("2026-00-10T00:00:00Z")
@example("2026-13-10T00:00:00Z")
@example("2026-11-00T00:00:00Z")
@example("2026-11-21T10:60:00Z")
@example("2026-11-21T10:00:60Z")
@example("2026-11-21T10:00:00+24:00")
@example("0000-01-01T00:00:00Z")
@example("0001-01-01T00:00:00Z")
@example("2026-11-21x")
@example("9999-12-31T23:59:59Z")
@example("2026-01-01T00:00:00Z")
@example("2026-11-21")
def test_a_time_is_read_as_the_library_reads_it(text: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        expected = None
    else:
        expected = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    found = periods.parse_rfc3339(text)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert abs(found - expected.total_seconds()) < 1e-4  # a float holds a second of the year 9999 to 31 µs


@pytest.mark.parametrize("clock", ["24:00:00Z", "10:00:00+10:60", "10:00:00+25:00", "10:00:0xZ", "10:00:00:00Z", "10:00:00.Z5"])
def test_a_time_of_day_that_rfc_3339_does_not_know_is_none(clock: str) -> None:
    assert periods.parse_rfc3339(f"2026-11-21T{clock}") is None


@given(MOMENTS)
def test_what_is_written_is_read_back(moment: float) -> None:
    assert periods.parse_rfc3339(periods.rfc3339(moment)) == moment
    assert periods.rfc3339(moment + 0.999) == periods.rfc3339(moment)


@pytest.mark.parametrize("name", ZONES)
def test_no_zone_of_the_process_changes_what_is_counted_in_utc(zone: Callable[[str], None], name: str) -> None:
    zone(name)
    moment = at("2026-11-01T00:00")
    assert periods.parse_rfc3339("2026-11-01T00:00:00") == periods.parse_rfc3339("2026-11-01") == moment
    assert periods.rfc3339(moment) == "2026-11-01T00:00:00Z"
    assert (periods.month_start(moment), periods.month_start(moment - 1)) == (moment, moment - 31 * DAY)
