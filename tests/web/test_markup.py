"""Whatever a name is, it is text; what is drawn stays inside its picture."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from html_tables import Page
from quotaline.web import charts, markup
from quotaline.web.markup import Cell, Column

HOSTILE = (
    "</script><img src=x onerror=\"document.title='ran'\">",
    "</title></style><script>document.title='ran'</script>",
    "'\"><svg onload=alert(1)>",
    "&lt;b&gt;&#0;&amp;amp",
    "a\u202egnp.exe\u2066\u200f",
    "half \ud800 an emoji \udfff",
    "\x1b]0;ran\x07\x00\n\t",
    "x" * 10_000,
    "<" * 10_000,
    "]]><!--",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_elements_and_attributes(name: str) -> None:
    cell = markup.name(name)
    whole = markup.table("t", name, [Column(name, numeric=False)], [[Cell(cell)]]) + f'<p title="{markup.text(name)}"></p>'
    page = Page(whole)
    assert whole.replace("\n", "").isprintable()
    assert {tag for tag, _ in page.elements} == {"div", "table", "caption", "thead", "tbody", "tr", "th", "bdi", "p"}
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    [[shown]] = page.tables["t"]
    assert len(shown.shown) <= markup.LONGEST_NAME
    assert shown.shown.isprintable()
    assert cell.encode()


@given(st.text(max_size=300))
def test_what_is_shown_of_a_name_is_the_name_without_what_cannot_be_printed(name: str) -> None:
    page = Page(f"<p>{markup.name(name)}</p>")
    kept = "".join(letter for letter in name if letter.isprintable())
    if len(kept) <= markup.LONGEST_NAME:
        assert page.text == (kept or "(no name)")
    else:
        before, _, behind = page.text.partition("…") if "…" not in kept else (kept[:60], "", kept[-59:])
        assert kept.startswith(before)
        assert kept.endswith(behind)
    assert [tag for tag, _ in page.elements] == ["p", "bdi"]


def test_a_short_table_has_no_filter_and_a_long_one_has() -> None:
    rows = [[Cell(f"{number}", number)] for number in range(markup.WORTH_A_FILTER + 1)]
    assert "search" not in markup.table("t", "T", [Column("N")], rows[1:])
    assert 'type="search" data-for="t"' in markup.table("t", "T", [Column("N")], rows)


def numbers(picture: str) -> list[float]:
    """Every coordinate of a picture's shapes."""
    shapes = re.findall(r' (?:d|x|y|width|height)="([^"]*)"', picture.partition("aria-label")[2])
    return [float(number) for shape in shapes for number in re.findall(r"-?[0-9.]+", shape)]


@given(st.lists(st.none() | st.floats(0, 400), min_size=1, max_size=60), st.floats(0, 400))
def test_a_curve_stays_inside_its_picture(levels: list[float | None], used: float) -> None:
    outlook = charts.Outlook(now=50.0, used=used, ends=100.0, reached=used + 50, limit_at=60.0, earliest=55.0, latest=None)
    picture = charts.window_picture(charts.Curve(0.0, 100.0, levels, (20.0, 100.0, 500.0), outlook), "A <window>", "told")
    assert all(0 <= number <= charts.WIDE for number in numbers(picture))
    assert "&lt;window&gt;: told" in picture
    assert picture.count('class="reset"') == 2


@pytest.mark.parametrize(
    ("outlook", "shade", "line"),
    [
        ({"reached": 60.0}, None, "M500 50L1000 40"),
        ({"reached": 60.0, "least": 55.0, "most": 70.0}, "M500 50L1000 30L1000 45Z", "M500 50L1000 40"),
        (
            {"reached": 90.0, "least": 80.0, "most": 120.0, "earliest": 90.0},
            "M500 50L900 0L1000 0L1000 20Z",
            "M500 50L1000 10",
        ),
        (
            {"reached": 130.0, "least": 110.0, "most": 150.0, "limit_at": 80.0, "earliest": 70.0, "latest": 90.0},
            "M500 50L700 0L900 0Z",
            "M500 50L800 0",
        ),
        ({"limit_at": 80.0, "earliest": 70.0}, "M500 50L700 0L1000 0Z", "M500 50L800 0"),
    ],
)
def test_the_shade_holds_where_the_forecast_may_end(outlook: dict[str, float], shade: str | None, line: str) -> None:
    found = charts.Outlook(50.0, 50.0, 100.0, **outlook)
    picture = charts.window_picture(charts.Curve(0.0, 100.0, (50.0, None), outlook=found), "W", "told")
    assert re.findall(r'class="range" d="([^"]*)"', picture) == ([shade] if shade else [])
    assert re.findall(r'class="forecast" d="([^"]*)"', picture) == [line]


def test_a_gap_interrupts_the_line() -> None:
    picture = charts.window_picture(charts.Curve(0.0, 4.0, (50.0, None, 50.0, 50.0)), "W", "told")
    assert 'class="line" d="M0 50V50H250M500 50V50H1000"' in picture


def test_a_bar_names_its_row_and_an_absent_day_has_none() -> None:
    picture = charts.bar_picture((2.0, None, 4.0, 0.0), (), "Days", "told", "day")
    bars = re.findall(r'data-r="(\d)" x="([0-9.]+)" y="([0-9.]+)" .*?height="([0-9.]+)"', picture)
    assert bars == [("2", "0", "50", "50"), ("1", "500", "0", "100"), ("0", "750", "100", "0")]
