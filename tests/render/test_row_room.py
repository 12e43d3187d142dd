"""Rows that fill the width, and links: on a terminal's screen, whatever the width and the characters."""

from __future__ import annotations

from typing import Any

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.config.load import parse
from quotaline.config.segments import catalogue, compile_lines
from quotaline.errors import ConfigError
from quotaline.prompt.line import prompt_text
from quotaline.prompt.statusline import MARGIN, statusline_text
from quotaline.render.paint import is_safe_url, linked, wants_links, width
from samples import NOW

PR = "https://github.com/anthropics/claude-code/pull/1234"
USAGE = "https://claude.ai/settings/usage"
STDIN: dict[str, Any] = {
    "model": {"display_name": "Opus 5.5"}, "cwd": "/home/you/projekt", "session_name": "日本語の名前",
    "pr": {"number": 1234, "url": PR, "review_state": "pending"}, "cost": {"total_cost_usd": 1.5},
    "rate_limits": {"five_hour": {"used_percentage": 42, "resets_at": NOW + 7980}},
}  # fmt: skip


def kept(rows: str, more: str = "", **changes: Any) -> dict[str, Any]:
    config = parse(f"{more}\n[line]\nclaude.rows = {rows}\nprompt.rows = {rows}")
    return {**compile_lines(config, catalogue(config, None)), "readings": [], "fields": {}, **changes}


def drawn(rows: str, columns: int, more: str = "", data: dict[str, Any] | None = None, **env: str) -> list[str]:
    env = {"HOME": "/home/you", "NO_COLOR": "1", "COLUMNS": str(columns + MARGIN)} | env
    return statusline_text(STDIN if data is None else data, kept(rows, more), env, NOW, NOW).split("\n")


def on_screen(rows: list[str], columns: int) -> list[str]:
    screen = pyte.Screen(columns, 6)
    pyte.Stream(screen).feed("\r\n".join(rows))
    return [line.rstrip() for line in screen.display if line.strip()]


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "", "FORCE_COLOR": "1"}, {"NO_COLOR": "", "FORCE_HYPERLINK": "1"}])
def test_what_follows_the_sign_stands_at_the_right_edge(columns: int, env: dict[str, str]) -> None:
    rows = drawn('[["model", "session", ">", "cost", "five_hour"]]', columns, "", STDIN, **env)
    [line] = on_screen(rows, columns)
    assert line.startswith("Opus 5.5  " if columns == 40 else "Opus 5.5 · 日本語の名前  ")
    assert line.endswith("5h 42%" if columns == 40 else "5h 42% 2h13m")
    assert width(line) == columns


def test_the_room_is_shared_and_a_row_may_begin_with_it() -> None:
    row = drawn('[["model", ">", "cost", ">", "five_hour"]]', 60)[0]
    left, middle, right = row.split("  ", 1)[0], "~$1.50 session", "5h 42% 2h13m"
    gaps = (row.index(middle) - len(left), row.index(right) - row.index(middle) - len(middle))
    assert (left, len(row), abs(gaps[0] - gaps[1]) <= 1) == ("Opus 5.5", 60, True)
    assert drawn('[[">", "model"]]', 20) == ["\x1b[0m" + " " * 12 + "Opus 5.5"]
    assert drawn('[["model", ">"]]', 20) == ["Opus 5.5"]
    assert drawn('[["model", ">", ">", "cost"]]', 30) == ["Opus 5.5" + " " * 8 + "~$1.50 session"]
    assert drawn('[["model", ">", "vim", "cost"], [">"], ["cost"]]', 30)[0] == "Opus 5.5" + " " * 8 + "~$1.50 session"


def test_without_room_or_width_it_is_the_separator() -> None:
    rows = '[["model", ">", "cost"]]'
    assert drawn(rows, 26) == ["Opus 5.5" + " " * 4 + "~$1.50 session"]
    assert drawn(rows, 25) == ["Opus 5.5 · ~$1.50 session"]
    assert drawn(rows, 24) == ["Opus 5.5" + " " * 10 + "~$1.50"]
    assert drawn(rows, 17) == ["Opus 5.5 · ~$1.50"]
    assert drawn(rows, 16) == ["Opus 5.5"]
    assert drawn(rows, 40, COLUMNS="") == ["Opus 5.5 · ~$1.50 session"]
    costs = {"today.cost": [[1, "USD", 2], None], "week.cost": [[1, "USD", 2], None]}
    told = {"today.mark": ["~", None], "week.mark": ["~", None]} | costs
    snapshot = kept('[["today", ">", "week"]]', written_at=NOW, fields=told)
    for shell in ("plain", "fish", "tmux", "waybar"):
        env = {"NO_COLOR": "1", "LANG": "C.UTF-8"}
        assert "$0.01 today · ~$0.01 week" in prompt_text(["--shell", shell], snapshot, env, NOW).replace("#[]", "")


def test_the_mark_of_a_mistake_stands_at_the_very_end() -> None:
    snapshot = kept('[["model", ">", "cost"]]', problems=["x"])
    env = {"NO_COLOR": "1", "COLUMNS": str(40 + MARGIN)}
    row = statusline_text(STDIN, snapshot, env, NOW, NOW)
    assert row == "Opus 5.5" + " " * 14 + "~$1.50 session · ×"
    assert len(row) == 40


@given(
    st.integers(1, 120),
    st.text(st.sampled_from("aé日\U0001f600\u0300 "), max_size=30),
    st.lists(st.sampled_from(["model", "session", "directory", "cost", "five_hour", "vim", ">"]), min_size=1, max_size=9),
)
def test_no_row_is_wider_than_the_terminal_unless_one_piece_alone_is(columns: int, name: str, names: list[str]) -> None:
    data = STDIN | {"session_name": name, "model": {"display_name": name[:3] or "m"}}
    plain = drawn(f"{[names]}".replace("'", '"'), columns, data=data)
    row = plain[0].replace("\x1b[0m", "")
    assert width(row) <= columns or " · " not in row


def test_a_pull_request_and_a_window_are_links_where_the_terminal_can() -> None:
    rows = '[["model", "pr", "five_hour"]]'
    plain = drawn(rows, 80)
    assert plain == ["Opus 5.5 · #1234 pending · 5h 42% 2h13m"]
    linking = drawn(rows, 80, NO_COLOR="", FORCE_COLOR="0", TERM="xterm-kitty")
    assert linking == plain, "no colours, no links"
    [row] = drawn(rows, 80, 'style.links = "always"')
    assert row == (f"Opus 5.5 · \x1b]8;;{PR}\x07#1234 pending\x1b]8;;\x07 · \x1b]8;;{USAGE}\x07" + "5h 42% 2h13m\x1b]8;;\x07")
    assert on_screen([row], 80) == plain
    [coloured] = drawn(rows, 80, NO_COLOR="", TERM="xterm-kitty")
    assert f"\x1b]8;;{PR}\x07\x1b[38;5;75m#1234 pending\x1b[0m\x1b]8;;\x07" in coloured
    assert "\x1b]8" not in drawn(rows, 80, 'style.links = "never"', NO_COLOR="", TERM="xterm-kitty")[0]
    assert "\x1b]8" not in drawn(rows, 80, NO_COLOR="", TERM="xterm-kitty", TMUX="/run/tmux,1,0")[0]
    for columns in range(1, 80):
        assert on_screen(drawn(rows, columns, 'style.links = "always"'), 200) == on_screen(drawn(rows, columns), 200)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "http://example.org", "javascript:alert(1)", "file:///etc/passwd", "HTTPS://x", "https://",
        "https://" + "x" * 2000,
        *(f"https://x{odd}y" for odd in ("\x1b\\", "\x07", " ", "é", ";", '"', "<", ">", "\\", "\n", "\u202e", "`", "{", "^")),
    ],
)  # fmt: skip
def test_no_other_address_is_sent_to_a_terminal(url: str) -> None:
    assert not is_safe_url(url)
    assert linked("text", url) == "text"
    data = STDIN | {"pr": {"number": 1, "url": url}}
    [row] = drawn('[["pr"]]', 80, 'style.links = "always"', data)
    assert row == "#1" or (row.startswith("\x1b]8;;https://") and "\x1b" not in row[5:-7].replace("\x1b]8;;\x07", ""))
    assert row == "#1" or is_safe_url(row[5 : row.index("\x07")])


def test_prompts_have_no_links() -> None:
    fields = {"today.mark": ["~", None], "today.cost": [[1, "USD", 2], None]}
    snapshot = kept('[["today"]]', f'style.links = "always"\nsegments.today.link = "{USAGE}"', fields=fields)
    for shell in ("plain", "bash", "zsh", "fish", "tmux", "starship", "waybar", "xbar"):
        text = prompt_text(["--shell", shell], snapshot, {"TERM": "xterm-kitty", "FORCE_HYPERLINK": "1"}, NOW)
        assert "$" in text
        assert "claude.ai" not in text


@pytest.mark.parametrize(
    ("env", "links"),
    [
        ({}, False), ({"TERM": "xterm-256color"}, False), ({"TERM": "xterm-kitty"}, True), ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False), ({"VTE_VERSION": "7200"}, True), ({"VTE_VERSION": "5000"}, False),
        ({"VTE_VERSION": "4999"}, False), ({"VTE_VERSION": "x"}, False), ({"VTE_VERSION": "٩٩٩٩"}, False),
        ({"WT_SESSION": "1"}, True), ({"TERM_PROGRAM": "WezTerm", "TMUX": "x"}, False),
        ({"TERM_PROGRAM": "vscode", "STY": "1.x"}, False), ({"TERM": "screen-256color", "VTE_VERSION": "7200"}, False),
        ({"FORCE_HYPERLINK": "1"}, True), ({"FORCE_HYPERLINK": "1", "TMUX": "x"}, True),
        ({"FORCE_HYPERLINK": "0", "TERM": "xterm-kitty"}, False), ({"FORCE_HYPERLINK": "", "TERM": "xterm-kitty"}, True),
        ({"TERM": "dumb", "TERM_PROGRAM": "vscode"}, False),
    ],
)  # fmt: skip
def test_which_terminals_are_sent_links(env: dict[str, str], links: bool) -> None:
    assert wants_links("auto", env, colour=True) is links
    assert not wants_links("auto", env, colour=False)
    assert wants_links("always", env, colour=False)
    assert not wants_links("never", env, colour=True)


@pytest.mark.parametrize("link", ["http://x", "{model.nam}", "x", "{pr.url", "https://a b", "javascript:x"])
def test_a_link_that_is_none_is_a_sentence(link: str) -> None:
    config = parse(f'[segments.pr]\nlink = "{link}"')
    with pytest.raises(ConfigError, match=r"segments\.pr"):
        catalogue(config, None)


def test_a_link_can_be_taken_out_and_made() -> None:
    assert drawn('[["pr"]]', 80, 'style.links = "always"\nsegments.pr.link = ""') == ["#1234 pending"]
    [row] = drawn('[["pr"]]', 80, 'style.links = "always"\nsegments.pr.link = "https://example.org/{pr.number}/x"')
    assert row.startswith("\x1b]8;;https://example.org/1234/x\x07")


def test_the_sign_is_no_segment_and_no_other_sign_is_one() -> None:
    with pytest.raises(ConfigError, match="names '>>'"):
        kept('[["model", ">>"]]')
