"""Today's share: what may be used of a week today so that it lasts, by the days of work and the zone's midnights."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.config.pace_days import pace_days
from quotaline.core.snapshot import read_or_defaults
from quotaline.forecast.today import EVERY_DAY, Calendar, TodayShare, today_fields, today_share
from quotaline.model import Window
from quotaline.prompt.line import prompt_text
from quotaline.refresh.run import refresh
from usage_history import DAY, HOUR, NOW, at, configure, tell, used


def share(
    now: str, reset: str, *points: tuple[str, float], zone: str = "UTC", days: str = "mon-sun", key: str = "seven_day"
) -> TodayShare | None:
    """Today's share at the UTC time `now`, where these percents were read; the last one is the one that is shown."""
    rows = [used(percent, at(moment), resets_at=at(reset), key=key) for moment, percent in points]
    window = rows[-1].value
    assert isinstance(window, Window)
    calendar = Calendar(at(now), ZoneInfo(zone), pace_days(days) or ())
    return today_share(window, rows, at(now), calendar)


# 2026-11-23 is a Monday
MONDAY = ("2026-11-23T12:00", "2026-11-30T00:00")
EVENING, MORNING = "2026-11-24T20:00", "2026-11-25T09:00"


def wednesday(reset: str, *points: tuple[str, float], days: str = "mon-sun") -> TodayShare | None:
    return share("2026-11-25T12:00", reset, *points, days=days)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (share(*MONDAY, ("2026-11-23T11:00", 10)), (100 / 7, 10, 100 / 7 - 10)),
        (share(*MONDAY, ("2026-11-23T11:00", 10), days="mon-fri"), (20, 10, 10)),
        (share(*MONDAY, ("2026-11-23T11:00", 30), days="mon-fri"), (20, 30, 0)),
        (share(*MONDAY, ("2026-11-23T11:00", 10), days="mon"), (100, 10, 90)),
        (share(*MONDAY, ("2026-11-23T11:00", 10), days="tue-fri"), (0, 10, 0)),
        (share("2026-11-28T12:00", MONDAY[1], ("2026-11-27T18:00", 60), ("2026-11-28T09:00", 65), days="mon-fri"), (40, 5, 35)),
        (wednesday(MONDAY[1], (EVENING, 40), (MORNING, 50), days="mon-fri"), (20, 10, 10)),
        (wednesday(MONDAY[1], (EVENING, 40), days="mon-fri"), (20, 0, 20)),
        (wednesday(MONDAY[1], (MORNING, 50), days="mon-fri"), (50 / 3, 0, 50 / 3)),
        (wednesday("2026-11-26T12:00", (EVENING, 40), (MORNING, 50)), (40, 10, 30)),
        (wednesday("2026-11-25T18:00", (EVENING, 40), (MORNING, 50)), (60, 10, 50)),
        (wednesday("2026-12-02T06:00", (MORNING, 5)), (100 * 0.75 / 7, 5, 100 * 0.75 / 7 - 5)),
        (wednesday(MONDAY[1], (EVENING, 100), (MORNING, 100)), (0, 0, 0)),
        (wednesday(MONDAY[1], (EVENING, 80), (MORNING, 0), ("2026-11-25T10:00", 4)), (20, 4, 16)),
        (wednesday(MONDAY[1], (EVENING, 80), (MORNING, 40), ("2026-11-25T10:00", 44)), (12, 4, 8)),
    ],
    ids=[
        "every day alike", "five days of work", "passed", "the only day", "a day off", "no day of work is ahead",
        "since midnight", "nothing read today", "nobody read before midnight", "the last day in part", "the last day",
        "the first day in part", "full", "a redeemed reset", "a raised limit",
    ],
)  # fmt: skip
def test_today_has_its_part_of_what_is_left(found: TodayShare | None, expected: tuple[float, float, float]) -> None:
    assert found is not None
    assert (found.share, found.used, found.left) == pytest.approx(expected)


def test_midnight_is_the_zones() -> None:
    """At 03:00 UTC it is Monday in Berlin and still Sunday in New York."""
    rows = (("2026-11-22T23:30", 40.0), ("2026-11-23T02:00", 50.0))
    berlin = share("2026-11-23T03:00", "2026-11-25T00:00", *rows, zone="Europe/Berlin")
    york = share("2026-11-23T03:00", "2026-11-25T00:00", *rows, zone="America/New_York")
    assert berlin is not None
    assert york is not None
    assert berlin.used == 10, "in Berlin 23:30 UTC is half an hour after midnight: what was used is the rise since then"
    assert york.used == 10
    assert berlin.share == pytest.approx(60 * 24 / 49)
    assert york.share == pytest.approx(60 * 24 / (24 + 24 + 19))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_is_a_day(day: str, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    noon = at(f"{day}T11:00")
    calendar = Calendar(noon, zone)
    assert calendar.tomorrow - calendar.today == hours * HOUR
    assert calendar.days_of_work(calendar.today, calendar.tomorrow + DAY) == [1, 1]
    half = used(50, noon, resets_at=calendar.tomorrow + DAY, key="seven_day")
    assert isinstance(half.value, Window)
    found = today_share(half.value, [half], noon, calendar)
    assert found is not None
    assert found.share == 25


def test_a_window_of_a_day_or_less_without_a_reset_or_a_number_has_none() -> None:
    calendar = Calendar(NOW, ZoneInfo("UTC"))
    week = used(50, NOW, resets_at=NOW + DAY, key="seven_day").value
    assert isinstance(week, Window)
    for changes in (
        {"id": "five_hour"},
        {"id": "budget_daily"},
        {"resets_at": None},
        {"resets_at": NOW},
        {"utilization": None},
    ):
        values = {"id": week.id, "name": "", "utilization": 50.0, "resets_at": week.resets_at, **changes}
        assert today_share(Window(**values), [], NOW, calendar) is None  # type: ignore[arg-type]


def test_the_fields_end_at_midnight_or_with_the_window() -> None:
    calendar = Calendar(NOW, ZoneInfo("UTC"))
    for ahead, until in ((2 * DAY, calendar.tomorrow), (HOUR, NOW + HOUR)):
        fields = today_fields([used(50, NOW, resets_at=NOW + ahead, key="seven_day")], {}, NOW, calendar)
        assert {end for _, end in fields.values()} == {until}
        assert set(fields) == {f"seven_day.{name}_today" for name in ("share", "used", "left")}


@given(
    st.tuples(st.floats(0, 6.99 * DAY), st.floats(-200 * DAY, 200 * DAY)),
    st.lists(st.tuples(st.floats(0, 6 * DAY), st.floats(0, 120)), max_size=8),
    st.floats(0, 130),
    st.lists(st.booleans(), min_size=7, max_size=7),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_it_is_never_more_than_what_is_left_nor_less_than_nothing(
    times: tuple[float, float], rows: list[tuple[float, float]], percent: float, work: list[bool], zone: str
) -> None:
    ahead, now = times[0], NOW + times[1]
    history = [used(value, now - ago, resets_at=now + ahead + 1, key="seven_day") for ago, value in rows]
    shown = used(percent, now, resets_at=now + ahead + 1, key="seven_day")
    assert isinstance(shown.value, Window)
    found = today_share(shown.value, [*history, shown], now, Calendar(now, ZoneInfo(zone), work))
    assert found is not None
    assert 0 <= found.used <= percent
    assert 0 <= found.left <= found.share <= 100
    assert found.left <= max(0.0, 100 - percent) + 1e-9


def test_the_more_days_of_work_are_ahead_the_smaller_is_the_share() -> None:
    reading = used(40, NOW, resets_at=NOW + 5 * DAY, key="seven_day")
    assert isinstance(reading.value, Window)
    shares = []
    for work in (EVERY_DAY, (True, True, True, True, True, True, False), (True, False, True, False, True, True, False)):
        found = today_share(reading.value, [reading], NOW, Calendar(NOW, ZoneInfo("UTC"), work))
        assert found is not None
        shares.append(found.share)
    assert shares == sorted(shares)
    assert len(set(shares)) == 3


def test_it_reaches_the_line_by_the_days_of_the_configuration(home: Path) -> None:
    """NOW is a Saturday, the week ends on Monday at 14:00: Sunday whole, half of Monday."""
    env = {"HOME": str(home), "TZ": "UTC"}
    shown = []
    for days in ("mon-sun", "mon,sat"):
        configure(home, f'[pace]\ndays = "{days}"')
        tell(home, NOW, {"seven_day": (40.0, NOW + 2 * DAY)})
        refresh(env, NOW, force=True)
        shown.append(prompt_text(["today_share"], read_or_defaults(f"{home}/.cache/quotaline/default"), env, NOW))
    assert shown == ["23% left today", "37% left today"]
