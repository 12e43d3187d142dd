"""From fields to painted text: forms, levels, colours, what fits, and each surface's own words."""

from __future__ import annotations

from typing import Any

import pytest

from quotaline.core.surfaces import SURFACES
from quotaline.render import layout
from quotaline.render.ascii import to_ascii, wants_ascii
from quotaline.render.fields import Fields, gather_fields, pace
from quotaline.render.paint import escape_tmux, fit, paint, wants_colour, width
from quotaline.render.sgr import hex_colour, parse_sgr, tmux_style
from samples import NOW

HOUR, DAY = 3600.0, 86_400.0


@pytest.mark.parametrize(
    ("sgr", "found"),
    [
        ("", ([], None)), ("1", (["bold"], None)), ("1;2;3;4;7", (["bold", "dim", "italic", "underline", "reverse"], None)),
        ("5;6;8;22", ([], None)), ("29;38", ([], None)), ("30", ([], 0)), ("37", ([], 7)), ("89", ([], None)), ("90", ([], 8)),
        ("97", ([], 15)), ("98", ([], None)), ("38;5;214", ([], 214)), ("38;5;300", ([], 44)), ("38;2;1;2;255", ([], "0102ff")),
        ("38;5", ([], None)), ("38;2;1;2", ([], None)), ("38;2;1;2;3;1", (["bold"], "010203")),
        ("48;5;1;4", (["underline"], None)),
        ("58;2;1;2;3;31", ([], 1)), ("48", ([], None)), ("38;9;1", (["bold"], None)), ("31;32", ([], 2)),
        (";1;;31", (["bold"], 1)),
        ("1;x;31", (["bold"], 1)), ("1;٣;31", (["bold"], 1)), ("38;5;7;31", ([], 1)), ("38;5;;1", (["bold"], 0)),
    ],
)  # fmt: skip
def test_sgr_parameters_are_attributes_and_a_colour(sgr: str, found: tuple[list[str], object]) -> None:
    assert parse_sgr(sgr) == found


@pytest.mark.parametrize(
    ("sgr", "style", "colour"),
    [
        ("", "default", ""), ("1", "bold", ""), ("3;4", "italics,underscore", ""),
        ("1;38;5;214", "bold,fg=colour214", "ffaf00"),
        ("38;2;1;2;3", "fg=#010203", "010203"), ("31", "fg=colour1", "cd0000"), ("97", "fg=colour15", "ffffff"),
        ("30", "fg=colour0", "000000"),
        ("38;5;15", "fg=colour15", "ffffff"), ("38;5;16", "fg=colour16", "000000"), ("38;5;17", "fg=colour17", "00005f"),
        ("38;5;22", "fg=colour22", "005f00"), ("38;5;52", "fg=colour52", "5f0000"), ("38;5;231", "fg=colour231", "ffffff"),
        ("38;5;232", "fg=colour232", "080808"), ("38;5;233", "fg=colour233", "121212"), ("38;5;255", "fg=colour255", "eeeeee"),
        ("38;5;67", "fg=colour67", "5f87af"),
        ("38;5;188", "fg=colour188", "d7d7d7"), ("38;5;145", "fg=colour145", "afafaf"),
    ],
)  # fmt: skip
def test_a_colour_is_told_to_tmux_and_to_the_bars(sgr: str, style: str, colour: str) -> None:
    assert tmux_style(sgr) == style
    assert hex_colour(sgr) == colour


@pytest.mark.parametrize(
    ("setting", "env", "default", "found"),
    [
        ("always", {"NO_COLOR": "1"}, False, True), ("never", {"FORCE_COLOR": "1"}, True, False), ("auto", {}, True, True),
        ("auto", {}, False, False), ("auto", {"NO_COLOR": "0"}, True, False), ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False), ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False), ("auto", {"FORCE_COLOR": "false"}, True, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
    ],
)  # fmt: skip
def test_colours_are_asked_for_in_one_order(setting: str, env: dict[str, str], *, default: bool, found: bool) -> None:
    assert wants_colour(setting, env, default=default) is found


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, True), ({"LANG": "C"}, True), ({"LANG": "de_DE.UTF-8"}, False), ({"LANG": "C.utf8"}, False),
        ({"LC_CTYPE": "C", "LANG": "x.UTF-8"}, True),
        ({"LC_ALL": "x.UTF-8", "LC_CTYPE": "C", "LANG": "C"}, False), ({"LC_ALL": "", "LANG": "x.UTF-8"}, False),
        ({"LC_ALL": "POSIX", "LANG": "x.UTF-8"}, True),
    ],
)  # fmt: skip
def test_the_locale_says_whether_there_is_more_than_ascii(env: dict[str, str], *, wanted: bool) -> None:
    assert wants_ascii(env) is wanted


@pytest.mark.parametrize(
    ("text", "shown"), [("42%", "42%"), ("5h · █░…", "5h | #-.."), ("€5 é", "EUR 5 ?"), ("日\u0301x", "??x"), ("\x7f", "\x7f")]
)
def test_ascii_has_a_cell_for_each_cell(text: str, shown: str) -> None:
    assert to_ascii(text) == shown
    assert to_ascii(text + "\x80\x81").isascii()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "a"), ("#", "###[default]"), ("##", "#####[default]"), ("#a", "####a"), ("#[", "##["), ("##[", "####["),
        ("a#b#", "a####b###[default]"),
        ("[#", "[###[default]"), ("", ""),
    ],
)  # fmt: skip
def test_a_hash_is_a_hash_in_tmux(text: str, shown: str) -> None:
    assert escape_tmux(text) == shown


@pytest.mark.parametrize(
    ("text", "sgr", "surface", "shown"),
    [
        ("a", "1;31", "claude", "\x1b[1;31ma\x1b[0m"), ("a", "", "claude", "a"), ("", "31", "claude", ""),
        ("a", "31m;x", "claude", "a"),
        ("a", "٣", "claude", "a"), ("a\x1b[2J", "31", "plain", "\x1b[31ma[2J\x1b[0m"),
        ("$5 `x` \\ !", "", "claude", "$5 `x` \\ !"),
        ("50% $5", "", "zsh", "50%% $%{%}5"), ("#", "31", "tmux", "#[fg=colour1]###[default]#[default]"),
        ("", "31", "tmux", ""),
        ("5%", "31", "bash", "\x01\x1b[31m\x025%\x01\x1b[0m\x02"),
    ],
)  # fmt: skip
def test_text_is_painted_in_each_surfaces_words(text: str, sgr: str, surface: str, shown: str) -> None:
    if surface == "zsh":
        shown = shown.replace("$%{%}", "$" + SURFACES["zsh"].empty)
    assert paint(text, sgr, surface) == shown


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("é\u02ff", 2), ("█░·…↻▲⇡⇣€", 9), ("a\u0300", 1), ("日本", 4), ("█日", 3), ("\U0001f600", 2)],
)
def test_a_width_is_in_cells(text: str, cells: int) -> None:
    assert width(text) == cells


def piece(*forms: str, priority: int = 50, sgr: str = "") -> dict[str, Any]:
    return {"forms": list(forms), "priority": priority, "sgr": sgr}


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        (0, ["aaaa", "bbbbbb", "cc"]), (14, ["aaaa", "bbbbbb", "cc"]), (13, ["aaaa", "bbb", "cc"]), (11, ["aaaa", "bbb", "cc"]),
        (10, ["aaa", "bbb", "cc"]), (9, ["aaa", "b", "cc"]), (8, ["aaa", "b", "cc"]), (7, ["a", "b", "cc"]),
        (6, ["a", "b", "cc"]),
        (5, ["a", "cc"]), (4, ["a", "cc"]), (3, ["cc"]), (2, ["cc"]), (1, []),
    ],
)  # fmt: skip
def test_the_least_important_is_shortened_and_dropped_first(limit: int, shown: list[str]) -> None:
    row = [piece("aaaa", "aaa", "a", priority=60), piece("bbbbbb", "bbb", "b", priority=50), piece("cc", priority=70)]
    assert [text for _, text in fit(row, limit, 1)] == shown


def test_of_equally_important_pieces_the_last_goes_first() -> None:
    row = [piece("aa", sgr="1"), piece("bb", sgr="2"), piece("cc", sgr="3")]
    assert fit(row, 7, 1) == [(row[0], "aa"), (row[1], "bb")]
    assert fit(row, 4, 1) == [(row[0], "aa")]
    assert fit([], 4, 1) == []
    assert [text for _, text in fit([piece("日本", "x")], 3, 1)] == ["x"]


def fields(**values: Any) -> Fields:
    found = Fields(NOW)
    found.update({name.replace("__", "."): value for name, value in values.items()})
    found.windows = sorted({name.partition("__")[0] for name in values if not name.startswith(("extra", "today"))})
    return found


STYLE = {"separator": " · ", "roles": {"ok": "32", "warn": "33", "critical": "31", "muted": "2"}, "now": NOW}
SEGMENT = {
    "forms": [[["five_hour.used", "pct"], " of ", ["five_hour.limit", "money"]], ["5h ", ["five_hour.used", "pct"]], ["5h"]],
    "level": "five_hour.used", "warn": 70, "critical": 90, "colour": "ok", "priority": 90,
}  # fmt: skip
SEGMENTS = {
    "five": SEGMENT, "bad": 5, "w": {"forms": [None, ["wwww"], None], "priority": 10},
    "b": {"forms": [None, ["b" * 6], ["b"]], "priority": 10},
}  # fmt: skip
KEPT = {"segments": SEGMENTS, "style": STYLE}


@pytest.mark.parametrize(
    ("used", "sgr"),
    [(None, "32"), (69.99, "32"), (70, "33"), (89.99, "33"), (90, "31"), (104, "31"), ("95", "31"), ("x", "32")],
)
def test_a_level_is_reached_on_its_number(used: object, sgr: str) -> None:
    assert layout.segment_colour(SEGMENT, {"five_hour.used": used}, STYLE, "") == sgr


def test_a_colour_is_a_role_or_itself() -> None:
    assert layout.segment_colour({"colour": "1;35"}, {}, STYLE, "") == "1;35"
    assert layout.segment_colour({}, {}, STYLE, "") == ""
    assert layout.segment_colour({"level": "x.used", "warn": 5}, {"x.used": 9}, {}, "") == ""
    assert layout.segment_colour({"level": "window.used", "warn": 5, "colour": "ok"}, {"x.used": 9}, STYLE, "x") == "33"
    assert layout.segment_colour({"level": "window.used", "warn": 5, "colour": "ok"}, {"window.used": 9}, STYLE, "") == "33"
    assert layout.segment_colour({"level": "y.used", "warn": 5, "colour": "ok"}, {"y.used": 9}, STYLE, "x") == "33"


def test_a_form_is_there_where_all_its_fields_are() -> None:
    forms: Any = SEGMENT["forms"]
    long, usual = forms[:2]
    assert layout.render_form(usual, fields(five_hour__used=42.5), STYLE) == "5h 42%"
    assert layout.render_form(long, fields(five_hour__used=42.5), STYLE) is None
    assert layout.render_form(usual, fields(five_hour__used="x"), STYLE) is None
    assert layout.render_form([["window.used", "pct"]], fields(x__used=1), STYLE, "x") == "1%"
    assert layout.render_form([["window.used", "pct"]], fields(x__used=1), STYLE) is None
    old = fields(five_hour__used=42.5, seven_day__used=1)
    old.stale = {"seven_day"}
    assert layout.render_form(usual, old, STYLE) == "5h 42%"
    both = [["seven_day.used", "pct"], " ", ["five_hour.used", "pct"]]
    assert layout.render_form(both, old, STYLE) == "?1% 42%"
    assert layout.render_form(both, old, {**STYLE, "stale": "~"}) == "~1% 42%"


def test_a_segment_has_three_forms_and_the_long_one_where_it_is_asked_for() -> None:
    told = fields(five_hour__used=42.5, five_hour__limit=[500, "USD", 2])
    (long,) = layout.expand_segment(SEGMENT, told, STYLE, long=True)
    (usual,) = layout.expand_segment(SEGMENT, told, STYLE, long=False, limit=80)
    (unlimited,) = layout.expand_segment(SEGMENT, told, STYLE, long=False)
    assert long == {"forms": ["42% of $5.00", "5h 42%", "5h"], "priority": 90, "sgr": "32"}
    assert usual["forms"] == ["5h 42%", "5h 42%", "5h"]
    assert set(unlimited["forms"]) == {"5h 42%"}, "without a limit nothing is shortened"
    assert layout.expand_segment({"forms": [["x"], None, ["s"]]}, told, STYLE, long=True) == [
        {"forms": ["x", "s", "s"], "priority": 50, "sgr": ""}
    ]
    assert layout.expand_segment({"forms": [None, ["u"], None]}, told, STYLE, long=True)[0]["forms"] == ["u", "u", "u"]
    assert layout.expand_segment({"forms": [["x"], None, None]}, told, STYLE, long=True) == []


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({}, ["~today"]),
        ({"five_hour__used": 1}, []),
        ({"extra__used": [1, "USD", 2]}, []),
        ({"extra__limit": [1, "USD", 2]}, ["~today"]),
    ],
)
def test_a_fallback_is_shown_where_no_window_and_no_money_is_known(told: dict[str, Any], shown: list[str]) -> None:
    segment = {"forms": [[["none.of", ""]], [["none.of", ""]], None], "fallback": [None, ["~today"], None]}
    assert [one["forms"][1] for one in layout.expand_segment(segment, fields(**told), STYLE, long=False)] == shown


def test_a_repeated_segment_stops_where_the_line_is_full() -> None:
    segment = {"each": "w", "forms": [None, [["window.used", "pct"]], None]}
    told = fields(w1__used=1, w2__used=2, w3__used=3, w4__used=4, v__used=5)
    shown = {
        limit: len(layout.expand_segment(segment, told, STYLE, long=False, limit=limit, gap=1))
        for limit in (0, 1, 2, 4, 5, 7, 8, 99)
    }
    assert shown == {0: 4, 1: 1, 2: 2, 4: 2, 5: 3, 7: 3, 8: 4, 99: 4}


def drawn(rows: list[list[str]], limit: int, told: Fields, **kept: Any) -> list[list[tuple[str, ...]]]:
    return layout.arrange(rows, {**KEPT, **kept}, told, long=False, limit=limit)


def test_rows_are_what_there_is_to_show() -> None:
    told = fields(five_hour__used=95)
    assert drawn([["none"], ["bad"], ["five", "b"], ["b"]], 0, told) == [[("5h 95%", "31"), ("bbbbbb", "")], [("bbbbbb", "")]]
    assert drawn([["five", "b"]], 10, told) == [[("5h 95%", "31"), ("b", "")]]
    assert drawn([["five", "b"]], 9, told) == [[("5h", "31"), ("b", "")]]
    assert drawn([["b"], ["b", "five"]], 1, told) == [[("b", "")]]
    assert drawn([["five"], ["b"]], 1, told) == [[("b", "")]]
    assert drawn([["five"]], 1, told) == [[("5h", "31")]]
    assert drawn([["w", "five", "w"]], 1, told) == [[("5h", "31")]]
    assert drawn([], 0, told) == []


def test_the_mark_of_a_problem_ends_the_first_row_and_has_its_cell() -> None:
    told, style = fields(five_hour__used=95), {**STYLE, "problem": "↻↻"}
    assert drawn([["five"], ["b"]], 0, told, problems=["x"], style=style) == [[("5h 95%", "31"), ("↻", "31")], [("bbbbbb", "")]]
    assert drawn([["five"]], 10, told, problems=["x"], style=style) == [[("5h 95%", "31"), ("↻", "31")]]
    assert drawn([["five"]], 9, told, problems=["x"], style=style) == [[("5h", "31"), ("↻", "31")]]
    assert drawn([["five"], ["five"]], 9, told, problems=["x"])[1] == [("5h 95%", "31")]
    assert drawn([["five"]], 0, told, problems=["x"])[0][1] == ("x", "31")
    assert drawn([["none"]], 9, told, problems=["x"]) == []
    assert drawn([["five"], ["b"]], 3, told, problems=["x"]) == [[("b", ""), ("x", "31")]]
    assert drawn([["five"]], 3, told, problems=["x"]) == [[("5h", "31"), ("x", "31")]]


def test_pieces_stand_apart_by_the_separator_in_the_muted_colour() -> None:
    rows = [["five", "b"]]
    told = fields(five_hour__used=95)
    assert layout.draw(rows, KEPT, told, surface="plain", colour=False, limit=0) == ["5h 95% · bbbbbb"]
    assert layout.draw(rows, KEPT, told, surface="claude", colour=True, limit=0) == [
        "\x1b[31m5h 95%\x1b[0m\x1b[2m · \x1b[0mbbbbbb"
    ]
    assert layout.separator({"style": {}}, "claude", colour=True) == " "
    assert layout.separator(KEPT, "bash", colour=False) == SURFACES["bash"].cut + " · "


def test_a_field_is_shown_where_a_form_names_it() -> None:
    kept = {
        "segments": {
            "a": {"forms": [None, ["x", ["f.one", "pct"]], [["f.two", ""]]]},
            "b": 5,
            "c": {"forms": [[[]], None, ["f.one"]]},
        }
    }
    assert layout.shows_field([["a"]], kept, "f.one")
    assert layout.shows_field([["b"], ["none", "a"]], kept, "f.two")
    assert not layout.shows_field([["a"]], kept, "pct")
    assert not layout.shows_field([["b", "c"]], kept, "f.one")


@pytest.mark.parametrize(
    ("used", "resets_in", "span", "points"),
    [
        (50, 2.5 * HOUR, 5 * HOUR, 0), (60, 2.5 * HOUR, 5 * HOUR, 10), (10, HOUR, 5 * HOUR, -70), (0, 5 * HOUR, 5 * HOUR, 0),
        (0, 5 * HOUR + 1, 5 * HOUR, None), (0, 0, 5 * HOUR, None), (100, 1e-3, HOUR, pytest.approx(0, abs=1e-3)),
        (None, HOUR, 5 * HOUR, None), (5, None, 5 * HOUR, None), (5, HOUR, None, None),
    ],
)  # fmt: skip
def test_the_pace_is_against_even_use(used: Any, resets_in: Any, span: Any, points: Any) -> None:
    assert pace(used, None if resets_in is None else NOW + resets_in, span, NOW) == points


def reading(value: dict[str, Any], age: float = 60.0) -> dict[str, Any]:
    return {"value": value, "source": "endpoint", "as_of": NOW - age}


def window(key: str, **value: Any) -> dict[str, Any]:
    return {"type": "window", "id": key, "utilization": 42.5, "resets_at": NOW + 2.5 * HOUR, **value}


def test_a_snapshots_values_become_fields() -> None:
    money = {
        "type": "extra_usage",
        "is_enabled": True,
        "used": [1240, "USD", 2],
        "limit": [5000, "USD", 2],
        "balance": [3000, "USD", 2],
    }
    kept = {
        "written_at": NOW - 60, "stale_after": 600,
        "readings": [reading(window("five_hour", name="Session (5h)")), reading(window("x", name="", used_money=[5,
        "USD", 2]), 601), reading(money)],
        "fields": {"today.cost": [0.66, None], "a.b": [1, NOW], "c.d": [1, NOW + 1], "e.f": [None, None], "g.h": [1],
        "i.j": "x"},
    }  # fmt: skip
    found = gather_fields(kept, [], NOW).whole()
    found_now = {name: value for name, value in found.items() if not name.endswith(".mark")}
    assert found_now == {
        "five_hour.used": 42.5, "five_hour.remaining": 57.5, "five_hour.pace": -7.5, "five_hour.name": "Session (5h)",
        "five_hour.label": "5h",
        "five_hour.resets_at": NOW + 2.5 * HOUR, "five_hour.left": 2.5 * HOUR, "five_hour.age": 60.0,
        "five_hour.source": "endpoint",
        "x.used": 42.5, "x.remaining": 57.5, "x.name": "x", "x.label": "x", "x.resets_at": NOW + 2.5 * HOUR,
        "x.left": 2.5 * HOUR, "x.age": 601.0,
        "x.source": "endpoint", "x.money": [5, "USD", 2],
        "extra.used": [1240, "USD", 2], "extra.limit": [5000, "USD", 2], "extra.left": [3000, "USD", 2],
        "extra.utilization": 24.8,
        "extra.age": 60.0, "extra.source": "endpoint", "today.cost": 0.66, "c.d": 1,
    }  # fmt: skip
    assert (found.windows, found.stale) == (["five_hour", "x"], {"x"})
    late = gather_fields(kept, [], NOW + 541)
    assert late.stale == {"five_hour", "x", "extra", "today"}
    assert gather_fields(kept, [], NOW + 540).stale == {"x"}
    assert gather_fields({"readings": [reading(window("y"), 3600)]}, [], NOW).stale == set()
    assert gather_fields({"readings": [reading(window("y"), 3601)]}, [], NOW).stale == {"y"}


def test_money_that_is_off_or_fills_itself_up_is_told_apart() -> None:
    money = {"type": "extra_usage", "is_enabled": True, "used": [1240, "USD", 2], "balance": [3000, "USD", 2], "utilization": 7}
    assert gather_fields({"readings": [reading({**money, "is_enabled": False})]}, [], NOW).whole() == {}
    assert gather_fields({"readings": [reading(money)]}, [], NOW)["extra.left"] == [3000, "USD", 2]
    assert gather_fields({"readings": [reading({**money, "reloads": True})]}, [], NOW).get("extra.left") is None
    assert gather_fields({"readings": [reading({**money, "limit": [5000, "USD", 2]})]}, [], NOW)["extra.utilization"] == 7
    assert gather_fields({"readings": [{"value": window("y"), "as_of": "x"}]}, [], NOW).windows == []
    ahead = gather_fields({"readings": [reading(window("y"), -5)]}, [], NOW)
    assert (ahead["y.age"], "y.money" in ahead, "z" in ahead, ahead.get("y.none", 5)) == (0.0, False, False, 5)
    with pytest.raises(KeyError):
        ahead["y.none"]
