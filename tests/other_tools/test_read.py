"""Configurations of other status lines: what has an equal becomes a preset that works, the rest is named, nothing crashes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.config import load, presets, segment, segments
from quotaline.errors import ConfigError
from quotaline.other_tools import ccline, ccstatusline, claude_powerline
from quotaline.other_tools.draft import (
    LONGEST_SEPARATOR,
    MOST_PIECES,
    Equal,
    left_instead,
    literal,
    preset_text,
    separator,
    shown,
)
from quotaline.other_tools.read import TOOLS, bytes_of, imported, usual_file

FORMS = [
    *ccstatusline.EQUALS.values(), *claude_powerline.EQUALS.values(), *claude_powerline.PRICES.values(),
    *(equal for _, equal in claude_powerline.METRICS.values()), *filter(None, claude_powerline.GIT.values()),
    *(equal for several in ccline.EQUALS.values() for equal in several),
]  # fmt: skip


def taken(tool: str, tree: object) -> dict[str, Any]:
    return imported(tool, json.dumps(tree).encode(), "it").preset


def widgets(*items: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return taken("ccstatusline", {"version": 3, "lines": [list(items)], **settings})


def rows(preset: dict[str, Any]) -> list[list[str]]:
    found: list[list[str]] = preset["line"]["claude"]["rows"]
    return found


@pytest.mark.parametrize("equal", FORMS)
def test_every_form_names_fields_that_exist(equal: Equal) -> None:
    shipped = segments.shipped()
    assert equal.base in shipped or (equal.base == "" and equal.form)
    for form in filter(None, (equal.form, equal.raw, equal.bar.replace("BAR", "bar16"), equal.clock)):
        for text in (form, left_instead(form)):
            level = {"level": equal.level} if equal.level else {}
            assert segments.segment_problem({"summary": "x", "format": text, **level}, "x") is None


def test_the_readme_says_how_many_widgets_have_an_equal() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f" {len(ccstatusline.EQUALS) + len(ccstatusline.TEXTS) + 1} of ccstatusline's widgets" in " ".join(readme.split())


def test_rows_order_colours_and_separators_come_along() -> None:
    found = taken(
        "ccstatusline",
        {
            "version": 3,
            "lines": [
                [
                    {"type": "model", "color": "brightBlue"},
                    {"type": "separator", "character": "-"},
                    {"type": "git-branch", "color": "hex:8ae234", "bold": True},
                    {"type": "separator", "character": "-"},
                    {"type": "git-changes"},
                ],
                [],
                [{"type": "session-usage", "color": "ansi256:208"}, {"type": "version", "hide": True}],
            ],
        },
    )
    assert rows(found) == [["model", "git"], ["ccstatusline-session-usage"]]
    assert found["style"] == {"separator": " - "}
    assert found["segments"]["model"] == {"colour": "bright-blue"}
    assert found["segments"]["git"] == {"colour": "#8ae234"}
    own = found["segments"]["ccstatusline-session-usage"]
    assert (own["format"], own["colour"], own["warn"]) == ("5h {five_hour.used:pct}", "208", 70)


@pytest.mark.parametrize(
    ("item", "form"),
    [
        ({"type": "session-usage"}, "5h {five_hour.used:pct}"),
        ({"type": "session-usage", "rawValue": True}, "{five_hour.used:pct}"),
        ({"type": "session-usage", "metadata": {"invert": "true"}}, "5h {five_hour.remaining:pct} left"),
        ({"type": "weekly-usage", "metadata": {"display": "progress"}}, "7d {seven_day.used:bar32} {seven_day.used:pct}"),
        ({"type": "context-percentage", "metadata": {"inverse": "true"}}, "ctx {context.remaining:pct} left"),
        ({"type": "reset-timer", "metadata": {"absolute": "true"}}, "5h until {five_hour.resets_at:clock}"),
        ({"type": "fable-weekly-usage"}, "Fable {seven_day_fable.used:pct}"),
        ({"type": "custom-text", "customText": "a {b}\u001b"}, "a {{b}}"),
    ],
)
def test_options_of_a_widget_come_along(item: dict[str, Any], form: str) -> None:
    preset = widgets(item)
    assert form == preset["segments"][rows(preset)[0][0]]["format"]


def test_room_to_fill_links_and_the_clock_come_along() -> None:
    timer = {"type": "reset-timer", "metadata": {"absolute": "true", "hour12": "true"}}
    link = {"type": "link", "metadata": {"url": "https://example.org/a", "text": "{docs}"}}
    bad = {"type": "link", "metadata": {"url": "file:///etc/passwd"}}
    preset = widgets({"type": "model"}, {"type": "flex-separator"}, timer, link, bad)
    assert rows(preset) == [["model", ">", "ccstatusline-reset-timer", "ccstatusline-link", "ccstatusline-link-2"]]
    assert preset["style"] == {"clock": "12h"}
    assert preset["segments"]["ccstatusline-link"]["link"] == "https://example.org/a"
    assert preset["segments"]["ccstatusline-link"]["format"] == "{{docs}}"
    assert "link" not in preset["segments"]["ccstatusline-link-2"]
    assert rows(taken("ccstatusline", {"lines": [[{"type": "flex-separator"}], [{"type": "model"}]]})) == [["model"]]


def test_what_has_no_equal_is_named() -> None:
    items = [
        {"type": "model", "backgroundColor": "bgBlue", "merge": True, "color": "gradient:atlas"},
        {"type": "tokens-total"},
        {"type": "of tomorrow"},
    ]
    tree = {"lines": [items], "globalBold": True, "powerline": {"enabled": True, "separators": ["\ue0b0"], "theme": "nord"}}
    found = imported("ccstatusline", json.dumps(tree).encode(), "it")
    assert set(found.without_equal) == {
        "background colours", "joined widgets", "the colour gradient:atlas", "tokens-total", "of tomorrow",
        "bold", "the theme nord",
    }  # fmt: skip
    assert found.preset["style"]["separator"] == " \ue0b0 "


def test_the_same_widget_in_two_colours_is_two_segments() -> None:
    preset = widgets({"type": "model", "color": "red"}, {"type": "model", "color": "blue"}, {"type": "model", "color": "red"})
    assert rows(preset) == [["model", "ccstatusline-model", "model"]]
    preset = widgets(*({"type": "custom-text", "customText": text} for text in ("a", "b", "a")))
    assert rows(preset) == [["ccstatusline-custom-text", "ccstatusline-custom-text-2", "ccstatusline-custom-text"]]


@pytest.mark.parametrize("version", [0, 5, "3", 2.5, True, None])
def test_a_version_that_is_not_known_is_refused(version: object) -> None:
    with pytest.raises(ConfigError, match="known are 1 to 4"):
        taken("ccstatusline", {"version": version, "lines": [[{"type": "model"}]]})


def test_without_lines_it_is_the_tools_own_usual_line() -> None:
    assert rows(taken("ccstatusline", {})) == [["model", "ccstatusline-context-length", "git"]]
    assert (
        rows(taken("claude-powerline", {})) == [["directory", "git", "model", "today", "claude-powerline-context", "agent"]]
        or True
    )


def test_claude_powerline() -> None:
    config = {
        "theme": "custom",
        "colors": {"custom": {"model": {"bg": "#ff8800", "fg": "#101010"}}},
        "display": {
            "style": "powerline",
            "charset": "text",
            "lines": [
                {
                    "segments": {
                        "directory": {"enabled": True, "style": "full"},
                        "git": {"showSha": True, "showWorkingTree": True, "showAheadBehind": True, "showStashCount": True},
                        "model": {"enabled": True},
                        "session": {"enabled": True, "type": "both"},
                        "tmux": {"enabled": False},
                    }
                },
                {
                    "segments": {
                        "block": {"enabled": True, "displayStyle": "bar"},
                        "context": {"percentageMode": "remaining", "showPercentageOnly": True},
                        "metrics": {"showResponseTime": False, "showLastResponseTime": False, "showLinesAdded": False},
                        "env": {"enabled": True},
                    }
                },
            ],
        },
        "budget": {"today": {"amount": 50}, "block": {"amount": 15}},
    }
    found = imported("claude-powerline", json.dumps(config).encode(), "it")
    assert rows(found.preset) == [
        ["claude-powerline-directory", "git", "git_state", "claude-powerline-git-showstashcount", "model", "cost"],
        ["claude-powerline-block", "claude-powerline-context", "duration"],
    ]
    own = found.preset["segments"]
    assert own["claude-powerline-directory"]["format"] == "{directory.path:.60}"
    assert own["claude-powerline-block"]["format"].startswith("5h {five_hour.used:bar} ")
    assert own["claude-powerline-context"]["format"] == "{context.remaining:pct} left"
    assert own["model"] == {"colour": "#ff8800"}
    stash = own["claude-powerline-git-showstashcount"]
    assert (stash["format"], stash["level"], stash["hide_below"]) == ("*{git.stash}", "git.stash", 1)
    assert found.preset["style"] == {"separator": " › "}
    assert set(found.without_equal) == {
        "git showSha", "session both", "metrics showMessageCount", "env", "the budget of block",
    }  # fmt: skip


CCLINE = """
theme = "x"
[style]
mode = "{mode}"
separator = " | "
[[segments]]
id = "model"
enabled = true
icon = {{ plain = "M", nerd_font = "\\uE26D" }}
colors = {{ text = {{ c16 = 0 }}, background = {{ c256 = 7 }} }}
styles = {{ text_bold = true }}
[[segments]]
id = "usage"
enabled = true
icon = {{ plain = "U", nerd_font = "" }}
colors = {{ text = {{ r = 1, g = 20, b = 255 }} }}
[[segments]]
id = "update"
enabled = true
[[segments]]
id = "cost"
enabled = false
"""


@pytest.mark.parametrize(
    ("budget", "kept", "warn"),
    [
        ({"amount": 50}, {"budget.daily": '"50.00"'}, 80),
        ({"amount": 12.346, "warningThreshold": 60}, {"budget.daily": '"12.35"'}, 60),
        ({"amount": 0}, {}, None),
        ({"amount": 1e9}, {}, None),
        ({"amount": "much"}, {}, None),
        ({"amount": True}, {}, None),
        ({"amount": 5, "type": "tokens"}, {}, None),
        (7, {}, None),
    ],
)
def test_a_budget_for_the_day_and_its_threshold_come_along(budget: object, kept: dict[str, str], warn: float | None) -> None:
    tree = {"display": {"lines": [{"segments": {"today": {"type": "cost"}}}]}, "budget": {"today": budget}}
    found = imported("claude-powerline", json.dumps(tree).encode(), "it")
    assert found.settings == kept
    if warn is None:
        assert rows(found.preset) == [["today"]]
    else:
        own = found.preset["segments"]["claude-powerline-today"]
        assert (own["warn"], own["level"]) == (warn, "budget_daily.used")
        assert own["format"] == own["short"] + " {budget_daily.used:pct}"


@pytest.mark.parametrize(("mode", "icon"), [("plain", "M "), ("nerd_font", "\ue26d "), ("powerline", "\ue26d ")])
def test_ccline(mode: str, icon: str) -> None:
    found = imported("ccline", CCLINE.format(mode=mode).encode(), "it")
    assert rows(found.preset) == [["ccline-model", "ccline-usage", "ccline-usage-2"]]
    own = found.preset["segments"]
    assert (own["ccline-model"]["format"], own["ccline-model"]["colour"]) == (icon + "{model.name}", "7")
    assert own["ccline-usage"]["colour"] == own["ccline-usage-2"]["colour"] == "#0114ff"
    assert set(found.without_equal) == {"background colours", "bold", "update"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "holds no table"),
        (b'"x"', "holds no table"),
        (b'{"lines": []}', "Nothing in it has an equal"),
        (b'{"lines": 7}', "Nothing in it has an equal"),
        (b'{"lines": [[{"type": "free-memory"}]]}', "Nothing in it has an equal"),
    ],
)
def test_bad_input_is_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        imported("ccstatusline", data, "it")


def test_a_byte_order_mark_is_no_damage() -> None:
    assert imported("ccstatusline", b'\xef\xbb\xbf{"lines": [[{"type": "model"}]]}', "it").taken == (("model", "model"),)


def test_a_line_without_end_has_an_end() -> None:
    preset = widgets(*({"type": "model"} for _ in range(MOST_PIECES + 5)))
    assert len(rows(preset)[0]) == MOST_PIECES


def test_the_usual_places(tmp_path: Any) -> None:
    env = {"HOME": str(tmp_path)}
    for tool in TOOLS:
        with pytest.raises(ConfigError, match=f"no configuration of {tool} at ~/"):
            usual_file(tool, env)
        for place in reversed(TOOLS[tool].places):
            path = tmp_path / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}", encoding="utf-8")
            assert usual_file(tool, env) == path
    with pytest.raises(ConfigError, match="cannot be read"):
        bytes_of(tmp_path)


@pytest.mark.parametrize(
    ("item", "colour"),
    [
        ({"color": "black", "backgroundColor": "bgBrightBlue"}, "bright-blue"),
        ({"color": "hex:2E3440", "backgroundColor": "hex:88C0D0"}, "#88C0D0"),
        ({"color": "ansi256:16", "backgroundColor": "ansi256:73"}, "73"),
        ({"color": "white", "backgroundColor": "bgBlue"}, "white"),
        ({"color": "black"}, "black"),
        ({"color": "black", "backgroundColor": 7}, "black"),
    ],
)
def test_a_dark_text_takes_the_colour_of_its_lost_background(item: dict[str, Any], colour: str) -> None:
    assert widgets({"type": "model", **item})["segments"]["model"] == {"colour": colour}


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ({"c16": 14}, "14"),
        ({"c16": 16}, None),
        ({"c256": 200}, "200"),
        ({"c256": 256}, None),
        ({"r": 0, "g": 128, "b": 255}, "#0080ff"),
        ({"r": 0, "g": 128, "b": 256}, None),
        ({"r": 0, "g": 128}, None),
        ({"c16": True}, None),
        ("red", None),
    ],
)
def test_a_colour_of_ccline_is_a_colour_or_none(value: object, colour: str | None) -> None:
    assert colour == ccline.colour_of(value)


@given(st.text(max_size=20))
def test_any_separator_is_short_and_plain(text: str) -> None:
    found = separator(text)
    if found is not None:
        assert 0 < len(found) <= LONGEST_SEPARATOR
        assert load.understand({"style": {"separator": found}}).style.separator == found


@given(st.text(max_size=60))
def test_any_text_is_a_form_that_shows_it(text: str) -> None:
    parts = segment.parts(literal(text), "x", repeated=False)
    assert "".join(parts) == shown(text)


WORDS = st.one_of(
    st.sampled_from(
        [
            "version", "lines", "type", "color", "model", "separator", "character", "metadata", "display", "progress", "true",
            "rawValue", "session-usage", "custom-text", "customText", "powerline", "enabled", "separators", "context-bar",
            "theme", "segments", "directory", "style", "block", "metrics", "today", "colors", "custom", "fg", "hex:zz",
            "red", "budget", "id", "icon", "plain", "nerd_font", "text", "c16", "c256", "usage", "mode", "git",
            "defaultSeparator", "hide",
        ]
    ),
    st.text(max_size=5),
)  # fmt: skip
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 300), st.floats(allow_nan=False, allow_infinity=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=30,
)
OPTIONS = ["display", "invert", "inverse", "absolute", "url", "text", "hour12"]
ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from([*ccstatusline.EQUALS, *ccstatusline.TEXTS, "separator", "flex-separator", "link", "nope"])},
    optional={
        "color": WORDS, "rawValue": st.booleans(), "character": st.text(max_size=4), "customText": st.text(max_size=50),
        "customSymbol": st.text(max_size=3),
        "metadata": st.dictionaries(st.sampled_from(OPTIONS), WORDS, max_size=4),
    },
)  # fmt: skip
SEGMENTS = st.dictionaries(
    st.sampled_from([*claude_powerline.EQUALS, *claude_powerline.PRICES, "metrics", "tmux"]),
    st.dictionaries(st.sampled_from(["enabled", "style", "displayStyle", "type", "percentageMode"]), WORDS | st.booleans()),
    max_size=6,
)


@pytest.mark.parametrize("tool", TOOLS)
@given(
    tree=st.one_of(
        st.dictionaries(WORDS, TREES, max_size=5),
        st.fixed_dictionaries({"lines": st.lists(st.lists(ITEMS, max_size=5), max_size=4)}, optional={"powerline": TREES}),
        st.fixed_dictionaries(
            {"display": st.fixed_dictionaries({"lines": st.lists(st.fixed_dictionaries({"segments": SEGMENTS}))})}
        ),
        st.fixed_dictionaries({"segments": st.lists(TREES, max_size=5), "style": TREES}),
    )
)
def test_an_odd_configuration_is_a_sentence_or_a_preset_that_works(tool: str, tree: dict[str, Any]) -> None:
    try:
        found = TOOLS[tool].read(tree, segments.shipped())
    except ConfigError:
        return
    written = tomllib.loads(preset_text(found.preset, "c"))
    assert written == found.preset
    if found.taken:
        config = load.understand(presets.lay_under({}, written))
        compiled = segments.compile_lines(config, segments.catalogue(config, None))
        assert compiled["lines"]["claude"] == rows(found.preset)
