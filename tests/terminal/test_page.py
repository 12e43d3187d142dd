"""The whole page: from 40 to 200 columns, in every palette, in ASCII, and as plain text in a pipe."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs
from rich.cells import cell_len
from rich.console import Console

from overviews import full
from quotaline.config.palettes import PALETTES, ROLES
from quotaline.config.schema import Config, Style
from quotaline.model import Missing
from quotaline.terminal import page
from quotaline.terminal.page import style_of
from quotaline.terminal.text import ASCII, Flow, Line, short, wrapped
from quotaline.usage.report import Overview, overview
from samples import NOW

VIEW = overview(full(), NOW, UTC)


def printed(
    lines: Sequence[Line], limit: int, config: Config | None = None, *, ascii_only: bool = False, colour: bool = False
) -> str:
    out = io.StringIO()
    console = Console(file=out, width=limit, force_terminal=colour, color_system="256" if colour else None, highlight=False)
    page.print_lines(console, lines, config or Config(), ascii_only=ascii_only)
    return out.getvalue()


def text_of(
    limit: int, config: Config | None = None, *, view: Overview = VIEW, ascii_only: bool = False, colour: bool = False
) -> str:
    return printed(page.usage_page(view, full(), NOW, limit), limit, config, ascii_only=ascii_only, colour=colour)


@pytest.mark.parametrize("limit", range(40, 201))
def test_no_line_is_wider_than_the_terminal(limit: int) -> None:
    assert max(cell_len(line) for line in text_of(limit).splitlines()) <= limit


@pytest.mark.parametrize("limit", [40, 80, 200])
def test_every_number_is_on_the_page_at_every_width(limit: int) -> None:
    said = " ".join(text_of(limit).split())
    for part in (
        "42%",
        "63%?",
        "91%",
        "$521.00",
        "$12.40",
        "of $50.00",
        "~$3.15",
        "2h13m",
        "no price",
        "alpha",
        "stale",
        "UTC",
    ):
        assert part in said


def test_a_blocks_end_is_told_whole_or_not_at_all() -> None:
    ends = re.search(r"5-hour block.*(  ends in \S+)$", text_of(200), re.MULTILINE)
    assert ends
    pages = [text_of(limit).splitlines() for limit in range(40, 201)]
    shown = [next(line for line in lines if line.startswith("5-hour block")) for lines in pages]
    assert {True, False} == {line.endswith(ends[1]) for line in shown}
    assert all(line.endswith(ends[1]) or line.split()[-1].startswith(("~", "≥")) for line in shown)


def test_a_model_without_a_price_costs_no_zero() -> None:
    rows = [line.split() for line in text_of(100).splitlines() if "claude-new-1" in line]
    assert rows[0][-2:] == ["no", "price"]
    assert "Without claude-new-1: no price is known, and none is guessed." in text_of(100)


def test_plain_text_holds_no_escape() -> None:
    assert "\x1b" not in text_of(100)


def test_ascii_is_ascii() -> None:
    assert text_of(100, ascii_only=True).isascii()
    assert {chr(code) for code in ASCII} >= {letter for letter in text_of(100) if not letter.isascii()}


@pytest.mark.parametrize("palette", PALETTES)
def test_only_the_palettes_own_colours_are_used(palette: str) -> None:
    painted = text_of(100, Config(style=Style(palette=palette)), colour=True)
    used = set(re.findall(r"\x1b\[([0-9;]*)m", painted)) - {"0", ""}
    assert used <= set(PALETTES[palette].values())


def test_a_name_of_any_length_keeps_to_the_width() -> None:
    readings = full().readings
    value = structs.replace(
        readings[0].value, name="Weekly (a model with a name that has no end in sight 日本語)", id="seven_day_x"
    )
    view = overview(full(readings=(*readings, structs.replace(readings[0], value=value))), NOW, UTC)
    for limit in range(40, 130):
        assert max(cell_len(line) for line in text_of(limit, view=view).splitlines()) <= limit


def test_every_role_has_a_style() -> None:
    for roles in PALETTES.values():
        assert {style_of(roles[role]) for role in ROLES}
    assert str(style_of("1;38;5;203")) == "bold color(203)"
    assert str(style_of("38;2;1;2;3")) == "rgb(1,2,3)"
    assert str(style_of("95")) == "color(13)"


def test_values_missing_for_one_reason_share_it() -> None:
    gaps = [Missing("extra_usage", "no", "do"), Missing("weekly_model", "no", "do"), Missing("five_hour", "other")]
    said = printed(page.gaps(gaps), 80).splitlines()
    assert said == ["Not shown", "Extra usage, Weekly by model: no", "  → do", "Session (5h): other"]


def test_a_source_in_trouble_is_named_with_its_reason() -> None:
    assert "endpoint: The endpoint asks to wait; the next request is allowed at 14:05." in text_of(120)


@settings(max_examples=200)
@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=200), st.integers(2, 60))
def test_wrapping_loses_no_letter_and_keeps_to_the_width(text: str, limit: int) -> None:
    lines = wrapped(text, limit)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= limit for line in lines)


@pytest.mark.parametrize(
    ("columns", "width"),
    [("39", 40), ("40", 40), ("41", 41), ("200", 200), ("201", 200), ("0", 80), ("", 80), ("wide", 80), ("-90", 80)],
)
def test_a_page_is_as_wide_as_columns_says_within_reason(columns: str, width: int) -> None:
    assert page.console(Config(), {"COLUMNS": columns}).width == width


@pytest.mark.parametrize(
    ("palette", "encoding", "ascii_only"),
    [("default", "utf-8", False), ("default", "UTF-16", False), ("default", "latin-1", True), ("ascii", "utf-8", True)],
)
def test_only_ascii_goes_where_no_more_can(
    palette: str, encoding: str, *, ascii_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(style=Style(palette=palette))
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", out)
    assert page.needs_ascii(config) is ascii_only
    for asked in (False, True):
        page.print_usage(VIEW, full(), config, {"COLUMNS": "100"}, NOW, ascii_only=asked)
        out.flush()
        said = out.buffer.getvalue().decode(encoding)
        assert ("█" in said) is (not ascii_only and not asked)
        assert "Session (5h)        42%" in said
        out.buffer.truncate(0)
        out.buffer.seek(0)


def test_a_piece_that_fits_exactly_keeps_its_blanks() -> None:
    assert printed([Flow([("a  b", "ok")])], 4) == "a  b\n"
    assert printed([Flow([("a  bc", "ok")])], 4) == "a bc\n"


def test_pieces_share_a_line_while_they_fit() -> None:
    flow = Flow([("one", "ok"), ("two", "warn"), ("three", "critical")])
    assert printed([flow], 8).splitlines() == ["one", "two", "three"]
    assert printed([flow], 9).splitlines() == ["one · two", "three"]
    assert printed([flow], 16).splitlines() == ["one · two", "three"]
    assert printed([flow], 17).splitlines() == ["one · two · three"]
    assert printed([flow], 10).splitlines() == ["one · two", "three"]
    assert printed([flow], 10, Config(style=Style(palette="ansi")), colour=True).splitlines() == [
        "\x1b[34mone\x1b[0m\x1b[2m · \x1b[0m\x1b[33mtwo\x1b[0m",
        "\x1b[1;31mthree\x1b[0m",
    ]


WORDS = st.text(st.characters(categories=("L", "M", "N", "P")), min_size=1, max_size=20)


@example(words=["a", "\u0301", "b"], limit=10)
@given(words=st.lists(WORDS, min_size=1, max_size=12), limit=st.integers(2, 40))
def test_no_line_is_empty_or_begins_with_a_blank(words: list[str], limit: int) -> None:
    lines = wrapped(" ".join(words), limit)
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert all(line and line == line.strip() for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("abcdefgh ij", ["abcd", "efgh", "ij"]),
        ("abcdefgh ijkl", ["abcd", "efgh", "ijkl"]),
        ("abcdef g", ["abcd", "ef g"]),
        ("ab cdefgh", ["ab", "cdef", "gh"]),
        ("", [""]),
    ],
)
def test_after_a_word_that_is_longer_than_a_line_words_go_on(text: str, lines: list[str]) -> None:
    assert wrapped(text, 4) == lines


@given(WORDS, st.integers(3, 40))
def test_a_cut_text_says_so_and_loses_no_more_than_it_must(text: str, limit: int) -> None:
    cut = short(text, limit)
    assert cell_len(cut) <= limit
    if cell_len(text) <= limit:
        assert cut == text
    else:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])
        assert cell_len(cut) >= limit - 1
