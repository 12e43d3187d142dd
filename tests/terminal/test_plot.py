import pytest
from msgspec import structs
from rich.text import Text

from quotaline.forecast.backtest import Score
from quotaline.render.paint import width
from quotaline.terminal.plot import curve, plots, scores
from usage_history import DAY, HOUR, NOW, spent, used


def text(line: Text) -> str:
    return line.plain.rstrip()


def test_a_value_goes_on_until_the_next_and_not_beyond_its_reset() -> None:
    rows = [used(50, NOW - 4 * HOUR, resets_at=NOW - HOUR), used(80, NOW - 2 * HOUR, resets_at=NOW - HOUR)]
    assert curve(rows, NOW - 5 * HOUR, NOW, 5) == [None, 50, 50, 80, 80]


def test_what_claude_desktop_saw_goes_on_for_an_hour_at_the_most_and_is_named() -> None:
    seen = structs.replace(used(50, NOW - 4 * HOUR, resets_at=None), source="claude-desktop")
    assert curve([seen], NOW - 8 * HOUR, NOW, 16) == [None] * 8 + [50.0] * 3 + [None] * 5
    assert ", in part as Claude Desktop saw it (alpha)" in plots([seen], NOW - 8 * HOUR, NOW, 80)[0].plain
    assert all(width(line.plain) <= 40 for line in plots([seen], NOW - 8 * HOUR, NOW, 40))


def test_of_many_values_in_a_column_the_highest_is_drawn() -> None:
    rows = [used(10, NOW - 50), used(90, NOW - 40), used(20, NOW - 30)]
    assert curve(rows, NOW - 100, NOW, 1) == [90]


def test_money_is_drawn_as_its_share_of_the_cap() -> None:
    bare = spent(2500, NOW - 1, limit=5000)
    assert curve([bare], NOW - 10, NOW, 1) == [50]
    assert curve([spent(2500, NOW - 1)], NOW - 10, NOW, 1) == [None]


@pytest.mark.parametrize("limit", [40, 80, 200])
def test_a_plot_fits_and_names_each_window(limit: int) -> None:
    rows = [used(at % 100, NOW - (200 - at) * HOUR / 2, resets_at=NOW + DAY, key="seven_day") for at in range(200)]
    lines = [text(line) for line in plots([*rows, spent(100, NOW - HOUR, limit=1000)], NOW - 4 * DAY, NOW, limit)]
    assert max(width(line) for line in lines) <= limit
    assert "Weekly  99%" in lines
    assert "Extra usage  10%" in lines
    assert "█" in "".join(lines)


def test_a_curve_stands_on_four_rows_with_its_scale() -> None:
    lines = [text(line) for line in plots([used(100, NOW - DAY, resets_at=NOW + DAY)], NOW - DAY, NOW, 15)]
    assert [" 100 ", " " * 5, " " * 5, "   0 "] == [line.removesuffix("█" * 10) for line in lines[1:-1]]


@pytest.mark.parametrize(("limit", "columns"), [(10, 10), (14, 10), (15, 10), (16, 11), (80, 75)])
def test_a_curve_and_its_axis_take_the_width_beside_the_scale(limit: int, columns: int) -> None:
    lines = [text(line) for line in plots([used(100, NOW - DAY, resets_at=NOW + DAY)], NOW - DAY, NOW, limit)]
    assert {f" 100 {'█' * columns}"} == {line for line in lines if "100" in line and "%" not in line}
    if columns >= 20:
        assert len(lines[-1]) == limit


def test_without_readings_it_says_so() -> None:
    assert text(plots([], NOW - DAY, NOW, 80)[0]).startswith("No readings are in the ledger")
    assert text(scores([], 80)[0]).startswith("No period has ended yet")


def test_scores_say_points_hours_and_what_was_missed() -> None:
    score = Score(
        id="five_hour", name="Session (5h)", periods=3, forecasts=80, points=3.2, points_90=11.04, bias=-1.0, even_points=9.4,
        recent_points=3.2, weekly_points=4.75, model="recent",
        reached=12, false_alarms=2, missed=1, hours=0.31,
    )  # fmt: skip
    assert [text(line) for line in scores([score], 80)] == [
        "Session (5h)",
        "  80 forecasts in 3 periods",
        "  percent at the reset: off by 3.2 points (median), 11.0 (9 of 10)",
        "  bias -1.0 points; by recent pace at present",
        "  off by model: even pace 9.4, recent pace 3.2, hours of the week 4.8",
        "  time of 100 %: off by 0.3 h (median of 12)",
        "  100 % foreseen that did not come: 2; that came unforeseen: 1",
    ]
