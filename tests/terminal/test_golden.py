"""Whole pages as they were looked at once, on both sides of each width at which they change, in a zone with half an hour."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from goldens import golden, printed
from overviews import HAIKU, OPUS, bare, eventful, full
from quotaline.config.palettes import PALETTES
from quotaline.config.schema import Config, Style
from quotaline.config.segments import Catalogue, catalogue, compile_lines
from quotaline.doctor.check import Check
from quotaline.forecast.backtest import Score
from quotaline.ledger.rows import HistoryRow, total_row
from quotaline.locations import resolve_locations
from quotaline.model import (
    Missing,
    ModelUsage,
    Snapshot,
    TokenUsage,
)
from quotaline.preview.live import Live
from quotaline.preview.segments import previews
from quotaline.render.fields import Fields
from quotaline.terminal import checks, history, page, plot, segments
from quotaline.usage.report import overview
from quotaline.zone import local_zone
from samples import NOW
from usage_history import HOUR, spent, used


@pytest.fixture(autouse=True)
def adelaide(zone: Callable[[str], None]) -> None:
    zone("Australia/Adelaide")


@pytest.mark.parametrize(("name", "snapshot"), [("full", full), ("eventful", eventful), ("bare", bare)])
def test_the_overview(name: str, snapshot: Callable[[], Snapshot]) -> None:
    view = overview(snapshot(), NOW, local_zone())
    shown = [
        f"--- {limit}\n{printed(page.usage_page(view, snapshot(), NOW, limit), limit)}"
        for limit in (40, 59, 60, 67, 68, 99, 100, 160)
    ]
    golden(f"terminal/usage-{name}.txt", "\n".join(shown))


@pytest.mark.parametrize("palette", PALETTES)
def test_the_overview_in_colours(palette: str) -> None:
    view = overview(eventful(), NOW, local_zone())
    config = Config(style=Style(palette=palette))
    golden(f"terminal/usage-{palette}.txt", printed(page.usage_page(view, eventful(), NOW, 80), 80, config, colour=True))


def rows(*, sessions: bool) -> list[HistoryRow]:
    """Three rows: a common one, one without a price, one with a name without end."""
    opus = ModelUsage(model="claude-opus-5-5", tokens=OPUS, cost_usd=Decimal("1234.5678"))
    new = ModelUsage(model="claude-new-1", tokens=HAIKU, cost_usd=None)
    more: list[dict[str, Any]] = [
        {"project": "/home/you/proj", "account": "00000000-0000-4000-8000-00000000000a", "client_cost_usd": Decimal("1200.10")},
        {"project": "/home/you/a folder with a name that does not fit into a line of forty cells"},
        {"project": "(unknown)", "client_cost_usd": Decimal(0)},
    ]
    found = [
        HistoryRow(
            key="2026-11-20", messages=31, tokens=OPUS, web_searches=2, cost_usd=Decimal("1234.5678"), unpriced_models=(),
            models=(opus,), starts_at=NOW - 86_400, ends_at=NOW + 0.5,
        ),
        HistoryRow(
            key="2026-11-21", messages=1, tokens=HAIKU, web_searches=0, cost_usd=Decimal(0), unpriced_models=("claude-new-1",),
            models=(new,),
        ),
        HistoryRow(
            key="a name that\x1b is far longer than its column", messages=32, tokens=OPUS + HAIKU, web_searches=2,
            cost_usd=Decimal("10.00"), unpriced_models=("claude-new-1", "other"), models=(opus, new),
        ),
    ]  # fmt: skip
    return [structs.replace(row, **values) for row, values in zip(found, more, strict=True)] if sessions else found


@pytest.mark.parametrize("by", ["day", "session"])
def test_the_history(by: str) -> None:
    found = rows(sessions=by == "session")
    tables = [history.table(by, found, total_row(found), limit) for limit in (40, 80, 81, 130)]
    shown = [f"--- {limit}\n{printed(lines, limit)}" for limit, lines in zip((40, 80, 81, 130), tables, strict=True)]
    golden(f"terminal/history-{by}.txt", "\n".join(shown))
    golden(f"terminal/history-{by}.json", history.as_json(by, found, total_row(found)) + "\n")
    golden(f"terminal/history-{by}.csv", history.as_csv(found))


def test_a_history_of_nothing_and_of_priced_models() -> None:
    total = total_row([])
    assert printed(history.table("day", [], total, 80), 80) == "No tokens are in the ledger for this time.\n"
    priced = rows(sessions=False)[:1]
    assert "≥" not in printed(history.table("day", priced, total_row(priced), 80), 80)


def test_the_windows_over_time() -> None:
    start = NOW - 24 * HOUR
    readings = [
        *(used(percent, start + hour * HOUR, key="five_hour", resets_at=start + 9 * HOUR, name="Session (5h)")
          for hour, percent in ((0, 0.4), (1, 12.5), (2, 50), (3, 49), (5, 75), (6, 100), (8, 140))),
        used(0, start + 12 * HOUR, key="five_hour", resets_at=None, name="Session (5h)"),
        used(None, start + 13 * HOUR, key="five_hour", name="Session (5h)"),
        used(30, NOW + 1, key="five_hour", name="Session (5h)"),
        used(66, start - HOUR, key="seven_day", resets_at=NOW + 9, name="Weekly"),
        used(67, NOW, key="seven_day", resets_at=NOW + 9, name="Weekly"),
        used(None, start, key="seven_day_x", name="Weekly (a model with a name that is longer than any line of forty)"),
        spent(1250, start + HOUR, limit=5000), spent(4000, start + 20 * HOUR, limit=5000), spent(1, NOW - 9, limit=0),
    ]  # fmt: skip
    shown = [f"--- {limit}\n{printed(plot.plots(readings, start, NOW, limit), limit)}" for limit in (14, 40, 80)]
    golden("terminal/plot.txt", "\n".join(shown))


@pytest.mark.parametrize(
    ("days", "columns", "shown"),
    [
        (1, 34, "     Fri 17:30   Sat 05:30    Sat 17:30"),
        (1, 29, "     Fri 17:30 Sat 05:30 Sat 17:30"),
        (1, 28, "     Fri 17:30          Sat 17:30"),
        (1, 18, "     Fri 17:30 Sat 17:30"),
        (1, 10, "     Fri 17:30 Sat 17:30"),
        (7, 31, "     14 Nov      18 Nov       21 Nov"),
        (6.9999, 29, "     Sat 17:30 Wed 05:30 Sat 17:30"),
    ],
)
def test_the_axis_has_three_times_where_there_is_room(days: float, columns: int, shown: str) -> None:
    assert plot.axis(NOW - days * 86_400, NOW, columns).plain == shown


def test_the_scores_of_past_forecasts() -> None:
    one = Score(
        id="five_hour", name="Session (5h)", periods=1, forecasts=80, points=3.2, points_90=11.04, bias=1.0, even_points=9.4,
        recent_points=3.2, weekly_points=4.75, model="recent",
        reached=12, false_alarms=0, missed=0, hours=None,
    )  # fmt: skip
    found = [
        one,
        structs.replace(one, id="seven_day", name="Weekly", periods=2, hours=0.31, missed=1, bias=-0.04),
        structs.replace(one, id="seven_day_x", name="Weekly (a model with a name longer than forty)", false_alarms=2),
    ]
    golden("terminal/scores.txt", printed(plot.scores(found, 40), 100))


def live(found: Catalogue) -> Live:
    fields = Fields(NOW)
    fields.update({
        "five_hour.used": 42.5, "five_hour.resets_at": NOW + 7980.0, "five_hour.left": 7980.0, "five_hour.label": "5h",
        "seven_day.used": 63.0, "seven_day.label": "7d", "seven_day.left": 3600.0,
        "seven_day_fable.used": 91.0, "seven_day_fable.label": "Fable", "seven_day_fable.left": 9000.0,
        "extra.used": [1240, "USD", 2], "extra.limit": [5000, "USD", 2], "extra.utilization": 24.8,
        "today.cost": 0.66, "week.tokens": 13_000_000,
    })  # fmt: skip
    fields.windows = ["five_hour", "seven_day", "seven_day_fable"]
    missing = [Missing("weekly_model", "needs enable_alpha_features"), Missing("spend_limit", "no gateway")]
    return Live(found=found, compiled=compile_lines(Config(), found), fields=fields, missing=missing)


def test_the_segments() -> None:
    found = catalogue(Config(), None)
    state = live(found)
    names = ("five_hour", "weekly_model", "extra", "crossing", "today", "spend_limit", "week", "model", "limit_at")
    shown = [one for one in previews(found, state.compiled, state.fields, state.missing) if one.name in names]
    tables = [f"--- {limit}\n{printed(segments.table(shown, limit), limit)}" for limit in (40, 71, 72, 110)]
    golden("terminal/segments.txt", "\n".join([*tables, printed(segments.table(shown, 110), 110, colour=True)]))
    where = resolve_locations({"HOME": "/home/you"})
    golden("terminal/segment.txt", "\n".join(printed(segments.explained(one, state, where), 80) for one in shown))


def test_the_formats_that_a_segment_may_name() -> None:
    shown = printed(segments.fields(80), 80)
    golden("terminal/formats.txt", shown[shown.index("Formats,") :])


def test_the_checks() -> None:
    found = [
        Check(group="files", name="config", status="PASS", message="All is well.", remedy="not shown"),
        Check(group="files", name="a longer name", status="WARN", message="A sentence " * 8, remedy="look " * 20),
        Check(group="sources", name="one", status="SKIP", message="Not here.", remedy="install it"),
        Check(group="sources", name="two", status="FAIL", message="Broken."),
        Check(group="files", name="again", status="PASS", message="A group goes on under its name."),
    ]
    shown = [printed(checks.lines(found, "quotaline 1.0 on Linux"), limit) for limit in (40, 80)]
    golden("terminal/checks.txt", "\n".join(shown))


def test_counters_are_summed_one_by_one() -> None:
    """The columns of a row are the five counters and their sum, each under its own head."""
    tokens = TokenUsage(input=1, output=20, cache_write_5m=300, cache_write_1h=4000, cache_read=50_000)
    row = structs.replace(rows(sessions=False)[0], tokens=tokens)
    shown = printed(history.table("day", [row], total_row([row]), 81), 81).splitlines()
    assert shown[0].split() == ["day", "input", "output", "write", "5m", "write", "1h", "read", "total", "list", "price"]
    assert shown[1].split()[1:-1] == ["1", "20", "300", "4k", "50k", "54k"]
