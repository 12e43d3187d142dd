"""At which seconds a segment may change: neither one too few, nor work that shows nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from quotaline.core.formats import format_left
from quotaline.core.periods import month_end
from quotaline.snapshot.frames import countdown, frames, moments, shown_only
from samples import NOW

MINUTE, HOUR, DAY = 60, 3600, 86_400


def segment(*fields: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"forms": [None, [list(field) for field in fields], None], **more}


def reading(key: str = "five_hour", resets_in: float | None = 2 * HOUR, age: float = MINUTE) -> dict[str, Any]:
    resets_at = None if resets_in is None else NOW + resets_in
    value = {"type": "window", "id": key, "name": key, "utilization": 42.5, "resets_at": resets_at}
    return {"value": value, "source": "endpoint", "as_of": NOW - age}


def kept(*readings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"written_at": NOW - MINUTE, "stale_after": 600, "readings": list(readings), "fields": {}, **more}


@settings(max_examples=60)
@given(st.floats(0, 5 * HOUR - 1))
def test_a_countdown_of_hours_moves_when_its_text_does(left: float) -> None:
    end = NOW + left
    found = countdown(end, NOW)
    changes = [
        second for second in range(int(NOW) + 1, math.ceil(end)) if format_left(end - second) != format_left(end - (second - 1))
    ]
    assert {second for second in found if NOW < second < end} >= set(changes)
    assert len(found) <= len(changes) + 3
    assert math.ceil(end) in found


@settings(max_examples=60)
@example(9 * DAY)
@example(8 * DAY)
@example(DAY + 3 * HOUR)
@example(5 * HOUR)
@example(0)
@given(st.integers(0, 9 * DAY))
def test_a_countdown_moves_by_minutes_then_by_tens_of_them_and_by_hours(left: int) -> None:
    """Each minute of the next five hours, each tenth one of the next day, each hour of eight days."""
    minutes, expected = left // MINUTE, {left}
    for minute in range(minutes + 1):
        ahead = minutes - minute
        step = 1 if ahead < 300 else 10 if ahead < 1440 else 60
        if ahead < 8 * 1440 and minute % step == 0 and (minute < 1440 or minute % 60 == 0):
            expected.add(left - minute * MINUTE + 1)
    assert {second - int(NOW) for second in countdown(NOW + left, NOW)} == expected


def offsets(snapshot: dict[str, Any], shown: dict[str, Any]) -> list[int]:
    return sorted(int(moment - NOW) for moment in moments(snapshot, shown, NOW) if NOW < moment < NOW + 9 * DAY)


def test_a_segment_changes_where_what_it_shows_does() -> None:
    plain = segment(("five_hour.used", "pct"))
    month = int(month_end(NOW) - NOW)
    assert int(month_end(NOW)) in moments(kept(), plain, NOW)
    assert month > 9 * DAY
    assert offsets(kept(), plain) == [541]
    assert offsets(kept(written_at=None), plain) == [601]
    assert offsets(kept(stale_after=None), plain) == [3541]
    assert offsets(kept(reading()), plain) == [541, 2 * HOUR]
    assert offsets(kept(reading(age=0)), plain) == [541, 601, 2 * HOUR]
    assert offsets(kept(reading(resets_in=None)), plain) == [541]
    assert offsets(kept(fields={"today.cost": [5, NOW + 77.5], "x.y": [5, None]}), plain) == [78, 541]
    aging = offsets(kept(), segment(("five_hour.age", "left")))
    assert aging[:3] == [541, HOUR, 2 * HOUR]
    assert (len(aging), aging[-1]) == (192, 191 * HOUR)
    assert len(offsets(kept(reading(resets_in=HOUR)), segment(("five_hour.left", "left")))) == 62
    assert len(offsets(kept(reading(resets_in=HOUR)), segment(("five_hour.pace", "pace")))) == 62
    assert len(offsets(kept(reading(resets_in=HOUR)), segment(level="five_hour.left"))) == 62


def test_a_clock_changes_at_midnight_and_a_week_before(zone: Callable[[str], None]) -> None:
    zone("Asia/Kolkata")
    clock = segment(("five_hour.resets_at", "clock"))
    midnights = [11 * HOUR + 1800 + day * DAY for day in range(8)]
    assert offsets(kept(), clock) == sorted([541, *midnights])
    assert offsets(kept(reading(resets_in=8 * DAY)), clock) == sorted([541, *midnights, DAY + 1, 8 * DAY])
    assert offsets(kept(fields={"limit.at": [NOW + 8 * DAY, None]}), clock) == sorted([541, *midnights, DAY + 1])
    assert offsets(kept(fields={"limit.at": [NOW + 8 * DAY, None]}), segment(("limit.at", "left"))) == [541]


def test_a_frame_is_made_of_what_its_segment_can_show() -> None:
    readings = [
        reading(key, resets_in) for key, resets_in in (("five_hour", HOUR), ("a", 5 * HOUR), ("b", None), ("c", 9 * HOUR))
    ]
    extra = {"value": {"type": "extra_usage", "is_enabled": True}, "as_of": NOW}
    found = kept(
        *readings, extra, fields={"five_hour.at_reset": [1, None], "a.x": [1, None], "today.cost": [1, None]}, problems=["x"]
    )

    def names(one: dict[str, Any]) -> list[str]:
        shown = shown_only(found, one)
        assert shown["problems"] == ()
        return [*(each["value"].get("id", "extra") for each in shown["readings"]), *shown["fields"]]

    assert names(segment(("five_hour.used", "pct"))) == ["five_hour", "five_hour.at_reset"]
    assert names(segment(("today.cost", "money"), level="a.used")) == ["a", "a.x", "today.cost"]
    assert names(segment(("window.used", "pct"), each="a")) == ["a", "a.x"]
    assert names(segment(("five_hour.used", "pct"), fallback=[None, [["today.cost", "money"]], None])) == [
        "five_hour", "extra", "b", "five_hour.at_reset", "today.cost",
    ]  # fmt: skip
    assert names(segment(("b.used", "pct"), fallback=[None, None, None])) == ["b", "extra", "c"]


def test_frames_follow_each_other_and_the_last_holds_for_ever() -> None:
    style = {"separator": " ", "roles": {}}
    both = {"five": segment(("five_hour.used", "pct")), "bad": 5}
    snapshot = kept(reading(resets_in=100.5), segments=both, style=style)
    assert list(frames(snapshot, [["five", "none", "bad"], ["bad"]], NOW)) == [
        (int(NOW) + 101, [[("42%", "")]]), (9_999_999_999, []),
    ]  # fmt: skip
    marked = list(frames({**snapshot, "problems": ["x"]}, [["five"]], NOW))
    assert marked == [(int(NOW) + 101, [[("42%", ""), ("x", "")]]), (9_999_999_999, [])]
    assert list(frames(snapshot, [], NOW)) == [(9_999_999_999, [])]
    late = list(frames(snapshot, [["five"]], NOW + 60.5))
    assert [until - int(NOW) for until, _ in late] == [101, 9_999_999_999 - int(NOW)]
