"""A window as lines: the bar, its tick, its role, and what is said beside it."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from overviews import full
from quotaline.config.segments import shipped_defaults
from quotaline.core.periods import month_before, month_end
from quotaline.render import layout
from quotaline.terminal import windows
from quotaline.terminal.text import ago
from quotaline.usage.report import Meter, overview, period_elapsed, period_end
from samples import NOW

SEGMENTS = shipped_defaults()["segments"]


def meter(key: str = "five_hour", **changes: Any) -> Meter:
    at = datetime.fromtimestamp(NOW, UTC)
    values: dict[str, Any] = {
        "id": key, "name": key, "unit": "percent", "used": Decimal("42.0"), "limit": Decimal("100.0"), "utilization": 42.0,
        "status": "normal", "resets_at": datetime.fromtimestamp(NOW + 9000, UTC), "source": "statusline", "as_of": at,
        "stale": False, "extras": {},
    }  # fmt: skip
    values |= changes
    used, limit = values["used"], values["limit"]
    values.setdefault("remaining", None if used is None or limit is None else max(limit - limit, limit - used))
    return Meter(**values)


def said(item: Meter) -> str:
    return " · ".join(text for text, _ in windows.detail_pieces(item, NOW))


@given(st.none() | st.floats(-1, 3), st.none() | st.floats(0, 1), st.integers(1, 200))
def test_a_bar_is_as_wide_as_it_was_asked_to_be(share: float | None, tick: float | None, size: int) -> None:
    assert windows.bar(share, tick, size, "ok").cell_len == size


def test_a_bar_shows_any_use_and_is_full_at_100_only() -> None:
    assert windows.bar(0.001, None, 10, "ok").plain == "█" + "░" * 9
    assert windows.bar(0.999, None, 10, "ok").plain == "█" * 9 + "░"
    assert windows.bar(1.0, None, 10, "ok").plain == "█" * 10
    assert windows.bar(0, None, 10, "ok").plain == "░" * 10


def test_the_tick_is_where_even_use_would_be() -> None:
    assert windows.bar(0.2, 0.5, 10, "ok").plain == "██░░░┃░░░░"
    assert windows.bar(0.8, 0.5, 10, "ok").plain == "█████┃██░░"


@pytest.mark.parametrize(
    ("key", "extras", "resets_in", "passed"),
    [
        ("five_hour", {}, 9000, 0.5),
        ("seven_day_fable", {}, 86400, 6 / 7),
        ("spend_limit", {"period": "daily"}, 21600, 0.75),
        ("cinder_cove", {}, 86400, None),
    ],
)
def test_how_much_of_the_period_has_passed(key: str, extras: dict[str, str], resets_in: float, passed: float | None) -> None:
    item = meter(key, extras=extras, resets_at=datetime.fromtimestamp(NOW + resets_in, UTC))
    assert period_elapsed(item, NOW) == (None if passed is None else pytest.approx(passed))


def test_extra_usage_runs_over_the_calendar_month() -> None:
    item = meter("extra_usage", resets_at=None)
    assert period_end(item, NOW) == datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert period_elapsed(item, NOW) == pytest.approx((20 + 7 / 24) / 30)
    assert month_end(datetime(2026, 12, 31, 23, tzinfo=UTC).timestamp()) == datetime(2027, 1, 1, tzinfo=UTC).timestamp()


def test_a_month_before_the_31st_of_march_is_the_end_of_february() -> None:
    before = month_before(datetime(2027, 3, 31, 8, tzinfo=UTC).timestamp())
    assert before == datetime(2027, 2, 28, 8, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("used", "role"), [(42.0, "ok"), (70.0, "warn"), (90.0, "critical"), (104.2, "critical")])
@pytest.mark.parametrize(("key", "segment"), [("five_hour", "five_hour"), ("seven_day_fable", "weekly_model")])
def test_the_page_and_the_line_colour_a_value_alike(key: str, segment: str, used: float, role: str) -> None:
    style = {"roles": {"ok": "ok", "warn": "warn", "critical": "critical"}}
    assert role == windows.role(meter(key, utilization=used), SEGMENTS)
    assert role == layout.segment_colour(SEGMENTS[segment], {f"{key}.used": used}, style, key)


def test_extra_usage_is_the_colour_of_money_until_its_own_threshold() -> None:
    assert windows.role(meter("extra_usage", utilization=24.8), SEGMENTS) == "money"
    assert windows.role(meter("extra_usage", utilization=80.0), SEGMENTS) == "warn"


def test_no_cap_is_said_and_is_no_zero() -> None:
    item = meter("extra_usage", unit="usd", used=Decimal("208.47"), limit=None, utilization=None, resets_at=None)
    assert windows.value_text(item) == "$208.47"
    assert said(item).startswith("no cap · month ends in 9d17h, 01 Dec 00:00 UTC")
    assert "left" not in said(item)


def test_money_of_other_currencies_keeps_its_digits() -> None:
    assert windows.value_text(meter(unit="eur", used=Decimal("40.01"))) == "€40.01"
    assert windows.value_text(meter(unit="jpy", used=Decimal(1200))) == "¥1200"
    assert windows.value_text(meter(unit="kwd", used=Decimal("1.250"))) == "1.250 KWD"


def test_what_turned_extra_usage_off_is_said_in_words() -> None:
    off = {"is_enabled": False, "disabled_reason": "out_of_credits"}
    item = meter("extra_usage", unit="eur", used=Decimal("0.00"), limit=Decimal("40.00"), utilization=0.0, extras=off)
    assert "off: the credits are used up" in said(item)


def test_source_age_and_marks_close_the_line() -> None:
    item = meter(as_of=datetime.fromtimestamp(NOW - 8000, UTC), source="claude-json", stale=True, extras={"alpha": True})
    assert said(item).endswith("claude-json, 2h13m ago, alpha, stale")
    assert windows.value_text(item) == "42%?"


def test_a_window_without_a_number_is_no_zero() -> None:
    assert windows.value_text(meter(used=None, utilization=None)) == "no number"


def test_the_forecast_is_shown_where_there_is_one() -> None:
    fields = {
        "five_hour.at_reset": (88.2, NOW + 60), "five_hour.limit_at": (NOW + 7200, NOW + 60),
        "extra.at_reset": ([3120, "USD", 2], None), "seven_day.at_reset": (99, NOW - 1),
    }  # fmt: skip
    view = overview(full(fields=fields), NOW, UTC)
    by_id = {item.id: item for item in view.windows}
    assert "~88% at the reset · full in ~2h, 09:00 UTC" in said(by_id["five_hour"])
    assert "~$31.20 at the month's end" in said(by_id["extra_usage"])
    assert "at the reset" not in said(by_id["seven_day"])


def test_the_forecast_says_its_range_and_which_window_is_full_first() -> None:
    ahead = {
        "limit_at": NOW + 7200,
        "limit_earliest": NOW + 3600,
        "limit_latest": NOW + 9000,
        "at_reset": 130.5,
        "binds_first": True,
    }
    told = said(meter(extras=ahead))
    assert "~130% at the reset" in told
    assert "full in ~2h, " in told
    assert re.search(r"\(\d\d:\d\d to \d\d:\d\d\)", told)
    assert "the first to be full" in told
    assert "to not before the reset)" in said(meter(extras={**ahead, "limit_latest": None}))


def test_the_crossing_is_said_beside_the_money() -> None:
    item = meter("extra_usage", unit="usd", used=Decimal("5.80"), extras={"crossed": [80, "USD", 2], "crossed_at": NOW - 60})
    assert "▲ $0.80 since " in said(item)


def laid_out(limit: int) -> list[str]:
    console = Console(file=io.StringIO(), width=limit, color_system=None)
    console.print(*windows.lines([meter(name="Session (5h)")], SEGMENTS, NOW, limit), sep="\n")
    file = console.file
    assert isinstance(file, io.StringIO)
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("limit", [40, 59, 60, 64, 65, 70, 71, 80, 99, 100, 101, 140, 300])
def test_details_stand_below_the_bar_or_beside_it_by_the_width(limit: int) -> None:
    found = laid_out(limit)
    [(at, bar)] = [(at, line) for at, line in enumerate(found) if "█" in line]
    cells = sum(character in "█░┃" for character in bar)
    room = limit - len("Session (5h)") - len("42%") - 4
    assert at == (1 if limit < 60 else 0), "name and value stand over the bar"
    assert ("resets in" in bar) is (limit >= 71), "where its line holds it"
    assert cells == (limit if limit < 60 else room if limit < 65 else 24 if limit < 100 else min(30, room // 3))
    assert all(len(line) <= limit for line in found)
    assert len(found) - at <= (3 if limit < 70 else 2)


@pytest.mark.parametrize(("digits", "beside"), [(8, True), (9, False)])
def test_a_bar_is_never_shorter_than_24_cells(digits: int, beside: bool) -> None:
    item = meter(
        "x", name="n" * 30, unit="usd", used=Decimal("1" * digits + ".00"), limit=None, utilization=1.0, resets_at=None
    )
    [table] = windows.lines([item], SEGMENTS, NOW, 60)[:1]
    console = Console(file=io.StringIO(), width=60, color_system=None)
    console.print(table)
    file = console.file
    assert isinstance(file, io.StringIO)
    first = file.getvalue().splitlines()[0].rstrip()
    assert first == (f"{'n' * 19}…  ${'1' * digits}.00  █{'░' * 23}" if beside else "n" * 30 + f"${'1' * digits}.00".rjust(30))


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"used": Decimal(49), "limit": Decimal(50)}, "of $50 (42%) · $1 left"),
        ({"used": Decimal(51), "limit": Decimal(50)}, "of $50 (42%) · $0 left"),
        ({"used": Decimal("50.01"), "limit": Decimal("50.00")}, "of $50.00 (42%) · $0.00 left"),
        ({"used": None, "limit": Decimal(50)}, "of $50 (42%)"),
        ({"limit": Decimal(50), "utilization": None}, "of $50 · $8.0 left"),
        ({"limit": Decimal(50), "extras": {"period": "weekly"}}, "of $50 a week (42%) · $8.0 left"),
        ({"limit": Decimal(50), "extras": {"period": "hourly"}}, "of $50 (42%) · $8.0 left"),
        ({"limit": Decimal(50), "extras": {"left": [5, "USD", 2]}}, "of $50 (42%) · $0.05 left"),
        ({"limit": Decimal(50), "extras": {"prepaid_balance": [5, "USD", 2]}}, "of $50 (42%) · balance $0.05 · $8.0 left"),
        ({"limit": None, "extras": {"left": [5, "USD", 2], "prepaid_balance": [6, "USD", 2]}},
         "no cap · balance $0.06 · $0.05 left"),
    ],
)  # fmt: skip
def test_money_is_said_against_its_cap_and_its_balance(changes: dict[str, Any], shown: str) -> None:
    item = meter("spend_limit", unit="usd", resets_at=None, **changes)
    assert said(item) == shown + " · statusline, just now"


def test_a_forecast_of_this_moment_is_past() -> None:
    assert "full" not in said(meter(extras={"limit_at": NOW}))
    assert "full in ~<1m, 07:00 UTC" in said(meter(extras={"limit_at": NOW + 1}))


def test_an_age_is_told_from_one_minute_on() -> None:
    assert ago(NOW - 59.9, NOW) == "just now"
    assert ago(NOW - 60, NOW) == "1m ago"
