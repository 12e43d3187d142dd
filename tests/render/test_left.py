"""What is left in place of what is used, segments that hide below a level, and a window's status."""

from __future__ import annotations

from typing import Any

import pytest

from quotaline.config.load import parse
from quotaline.config.schema import Config
from quotaline.config.segments import catalogue, compile_lines
from quotaline.core.snapshot import STALE_AFTER
from quotaline.errors import ConfigError
from quotaline.model import Account, Snapshot
from quotaline.preview.segments import preview
from quotaline.render.fields import Fields, gather_fields
from quotaline.render.layout import draw
from quotaline.terminal import windows
from quotaline.usage.report import overview
from quotaline.zone import local_zone
from samples import NOW
from usage_history import HOUR, spent, used

LEFT = '[style]\nshow = "left"\n'


def compiled(text: str) -> dict[str, Any]:
    config = parse(text)
    return compile_lines(config, catalogue(config, None))


def window(percent: float | None, key: str = "five_hour") -> dict[str, Any]:
    value = {"type": "window", "id": key, "name": "Weekly (Fable)", "utilization": percent, "resets_at": NOW + 2 * HOUR}
    return {"value": value, "source": "statusline", "as_of": NOW - 1}


def fields(*readings: dict[str, Any]) -> Fields:
    return gather_fields({"readings": list(readings), "stale_after": STALE_AFTER, "written_at": NOW}, [], NOW)


def drawn(text: str, *readings: dict[str, Any], rows: Any = (("five_hour", "weekly_model"),)) -> list[str]:
    return draw(rows, compiled(text), fields(*readings), surface="plain", colour=False, limit=0)


@pytest.mark.parametrize(
    ("percent", "shown"), [(0.0, "100% left"), (42.4, "57% left"), (99.5, "0% left"), (100.0, "0% left"), (131.0, "0% left")]
)
def test_a_window_tells_what_is_left_and_says_the_word(percent: float, shown: str) -> None:
    assert drawn(LEFT, window(percent)) == [f"5h {shown} 2h"]
    assert drawn("", window(percent)) == [f"5h {int(percent)}% 2h"]


def test_so_do_windows_that_are_repeated_and_bars() -> None:
    text = LEFT + '[segments.five_hour]\nformat = "{five_hour.used:bar8} {five_hour.used:pct}"\nlong = "{five_hour.used:.1f}"\n'
    assert drawn(text, window(25.0), window(90.0, "seven_day_fable")) == ["██████░░ 75% left · Fable 10% left 2h"]


def test_what_is_no_window_stays_as_it_is() -> None:
    text = LEFT + '[segments.extra]\nformat = "{context.used:pct}"\n'
    found = fields(window(25.0))
    found["context.used"] = 34.0
    assert draw([["extra"]], compiled(text), found, surface="plain", colour=False, limit=0) == ["34%"]


def test_thresholds_are_held_against_what_is_used_all_the_same() -> None:
    rows = draw([["five_hour"]], compiled(LEFT), fields(window(95.0)), surface="plain", colour=True, limit=0)
    assert rows == ["\x1b[1;38;5;203m5h 5% left 2h\x1b[0m"]


def test_a_window_without_a_number_is_not_shown_as_empty_or_full() -> None:
    assert drawn(LEFT, window(None)) == []


HIDDEN = "[segments.five_hour]\nhide_below = 50\n"


@pytest.mark.parametrize(("percent", "shown"), [(0.0, False), (49.99, False), (50.0, True), (51.0, True)])
def test_a_segment_is_hidden_below_its_level(percent: float, shown: bool) -> None:
    assert bool(drawn(HIDDEN, window(percent))) is shown
    config = parse(HIDDEN)
    found = catalogue(config, None)
    told = preview("five_hour", found, compile_lines(config, found), fields(window(percent)), [])
    assert (bool(told.shows), told.why) == (shown, "" if shown else "hidden below 50")


def test_of_windows_that_are_repeated_each_hides_alone() -> None:
    text = "[segments.weekly_model]\nhide_below = 50\n"
    assert drawn(text, window(10.0, "seven_day_a"), window(60.0, "seven_day_b")) == ["Fable 60% 2h"]


def test_what_hides_needs_a_level() -> None:
    with pytest.raises(ConfigError, match="`hide_below` needs a `level`"):
        catalogue(parse("[segments.today]\nhide_below = 5\n"), None)
    with pytest.raises(ConfigError, match="hide_below"):
        catalogue(parse('[segments.five_hour]\nhide_below = "x"\n'), None)


def page(percent: float, show: str) -> tuple[str, Any]:
    readings = (used(percent, NOW - 5, resets_at=NOW + 2 * HOUR), spent(1240, NOW - 5, limit=5000))
    settled = compiled(f'[style]\nshow = "{show}"\n')
    snapshot = Snapshot(
        written_at=NOW, fresh_for=60, stale_after=3600, account=Account(config_dir="~/.claude"), readings=readings, **settled
    )
    view = overview(snapshot, NOW, local_zone())
    return windows.value_text(view.windows[0], show), view.windows


def test_the_page_and_json_say_the_same() -> None:
    text, (meter, extra) = page(42.4, "left")
    assert (text, float(meter.remaining), meter.status) == ("57% left", 57.6, "normal")
    assert (str(extra.remaining), str(extra.used), str(extra.limit)) == ("37.60", "12.40", "50.00")
    assert page(42.4, "used")[0] == "42%"
    assert (page(130.0, "left")[0], float(page(130.0, "left")[1][0].remaining)) == ("0% left", 0.0)


@pytest.mark.parametrize(("percent", "status"), [(69.9, "normal"), (70.0, "warning"), (89.9, "warning"), (90.0, "critical")])
def test_the_status_is_that_of_the_segments_thresholds(percent: float, status: str) -> None:
    assert page(percent, "used")[1][0].status == status


def test_the_bar_of_what_is_left_ends_where_the_bar_of_what_is_used_begins() -> None:
    meter = page(25.0, "left")[1][0]
    [left], [spent_bar] = (windows.bars(meter, "ok", NOW, 20, show) for show in ("left", "used"))
    assert (left.plain.rindex("█"), spent_bar.plain.rindex("█")) == (14, 4)
    assert abs(left.plain.index("┃") + spent_bar.plain.index("┃") - 19) <= 1


def test_nothing_is_different_where_nothing_is_asked() -> None:
    assert "show" not in compile_lines(Config(), catalogue(Config(), None))["style"]
