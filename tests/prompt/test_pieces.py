"""The pieces of the prompt path, each by itself: what is read and printed, the branch, the inbox, the desktop bars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quotaline.core import git, inbox, system
from quotaline.prompt import desktop_bars, run
from quotaline.prompt.line import parse
from quotaline.prompt.statusline import parse_padding, statusline_text
from quotaline.render.fields import Fields
from samples import NOW

SHA = "0123456789abcdef0123456789abcdef01234567"


def repository(folder: Path, head: str) -> Path:
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text(head)
    return folder


@pytest.mark.parametrize(
    ("head", "branch"),
    [
        ("ref: refs/heads/main\n", "main"), ("ref: refs/heads/feature/x\n", "feature/x"), ("ref: refs/tags/x", "refs/tags/x"),
        ("ref:refs/heads/main", "main"),
        ("ref: refs/heads/.invalid\n", ""), (SHA, SHA[:7]), (SHA[:39], ""), (SHA * 2, ""), (SHA + "0" * 24, SHA[:7]),
        ("-" * 40, ""), ("", ""),
        ("ref: refs/heads/" + "x" * 4079, "x" * 4079), ("ref: refs/heads/" + "x" * 4081, ""),
    ],
)  # fmt: skip
def test_the_branch_is_what_the_head_names(tmp_path: Path, head: str, branch: str) -> None:
    assert git.branch(str(repository(tmp_path / "r", head))) == branch


def test_the_repository_is_looked_for_above(tmp_path: Path) -> None:
    top = repository(tmp_path / "r", "ref: refs/heads/main\n")
    deep = top.joinpath(*["d"] * 63)
    deep.mkdir(parents=True)
    assert git.branch(str(deep)) == "main"
    assert git.branch(str(deep / "d")) == ""
    assert git.branch("/") == git.branch("relative") == ""


@pytest.mark.parametrize("link", ["gitdir: {}", "gitdir:{}", "gitdir:   {}\n"])
def test_a_worktree_names_its_folder(tmp_path: Path, link: str) -> None:
    home = tmp_path / "main.git" / "worktrees" / "w"
    home.mkdir(parents=True)
    (home / "HEAD").write_text("ref: refs/heads/other\n")
    for name, target in (("absolute", str(home)), ("relative", "../main.git/worktrees/w")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".git").write_text(link.format(target))
        assert git.branch(str(tmp_path / name)) == "other"
    (tmp_path / "no").mkdir()
    (tmp_path / "no" / ".git").write_text("nothing: ../main.git/worktrees/w")
    assert git.branch(str(tmp_path / "no")) == ""


def test_what_is_printed_is_printed_whole_in_any_number_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def write(descriptor: int, data: bytes) -> int:
        assert descriptor == 1
        written.append(data[:3])
        return min(3, len(data))

    monkeypatch.setattr(system, "write", write)
    run.emit("a\ud83dbcé")
    assert b"".join(written) == "a?bcé\n".encode()
    written.clear()
    run.emit("")
    assert written == []


@pytest.mark.parametrize(("size", "read"), [(8 << 20, 8 << 20), ((8 << 20) + 1, 0)])
def test_stdin_is_read_to_its_end_and_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch, size: int, read: int) -> None:
    left = size

    def some(descriptor: int, count: int) -> bytes:
        nonlocal left
        assert descriptor == 0
        taken = min(left, count)
        left -= taken
        return b" " * taken

    monkeypatch.setattr(system, "read", some)
    monkeypatch.setattr(system, "isatty", lambda descriptor: descriptor != 0)
    assert len(run.read_stdin()) == read
    assert left == 0
    monkeypatch.setattr(system, "isatty", lambda _descriptor: True)
    left = 9
    assert (run.read_stdin(), left) == (b"", 9)


LIMITS = {"five_hour": {"used_percentage": 42}}


def test_the_inbox_has_one_private_file_for_each_session(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    assert inbox.write_if_changed(str(folder), "s/1 é", LIMITS, NOW + 0.1234, 52.0) == NOW + 0.1234
    path = folder / "inbox" / "s-1--.json"
    assert path.read_text() == (
        '{"version":1,"session":"s/1 \\u00e9","as_of":1795244400.123,"answered":52.0,'
        '"rate_limits":{"five_hour":{"used_percentage":42}}}'
    )
    assert [place.stat().st_mode & 0o777 for place in (folder, path.parent, path)] == [0o700, 0o700, 0o600]
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("before", "answered", "is_news"),
    [(52.0, 52.0, False), (52.0, 53.0, True), (None, 53.0, False), (52.0, None, False), (None, None, False)],
)
def test_the_same_limits_are_news_where_the_session_was_answered_again(
    tmp_path: Path, before: float | None, answered: float | None, *, is_news: bool
) -> None:
    inbox.write_if_changed(str(tmp_path), "s", LIMITS, NOW, before)
    assert inbox.write_if_changed(str(tmp_path), "s", LIMITS, NOW + 9, answered) == (NOW + 9 if is_news else NOW)
    assert inbox.write_if_changed(str(tmp_path), "s", {"five_hour": {"used_percentage": 43}}, NOW + 10, answered) == NOW + 10


def test_what_is_no_session_leaves_nothing(tmp_path: Path) -> None:
    for folder, session, limits in (
        ("", "s", LIMITS),
        (str(tmp_path), None, LIMITS),
        (str(tmp_path), "s", []),
        (str(tmp_path), "s", {}),
    ):
        assert inbox.write_if_changed(folder, session, limits, NOW) == NOW
    assert not (tmp_path / "inbox").exists()
    inbox.write_if_changed(str(tmp_path), "x" * 81, LIMITS, NOW)
    inbox.write_if_changed(str(tmp_path), "", LIMITS, NOW)
    assert sorted(path.name for path in (tmp_path / "inbox").iterdir()) == ["session.json", "x" * 80 + ".json"]


def test_a_reading_of_the_future_is_written_anew(tmp_path: Path) -> None:
    inbox.write_if_changed(str(tmp_path), "s", LIMITS, NOW)
    assert inbox.write_if_changed(str(tmp_path), "s", LIMITS, NOW - 1) == NOW - 1


@pytest.mark.parametrize(
    ("words", "parsed"),
    [
        ([], ([], "plain", "prompt")), (["a", "b"], (["a", "b"], "plain", "prompt")),
        (["--shell", "bash", "a"], (["a"], "bash", "prompt")),
        (["--shell=zsh"], ([], "zsh", "prompt")), (["--shell", "nope"], ([], "plain", "prompt")),
        (["--shell"], ([], "plain", "prompt")),
        (["--line", "work", "--line=mine"], ([], "plain", "mine")), (["--line"], ([], "plain", "")),
        (["--other", "a", "-x"], (["a"], "plain", "prompt")),
    ],
)  # fmt: skip
def test_the_prompts_words(words: list[str], parsed: tuple[list[str], str, str]) -> None:
    assert parse(words) == parsed


@pytest.mark.parametrize(
    ("word", "padding"), [("1000", 1000), ("1001", 1000), ("12345678", 1000), ("123456789", 0), ("٣", 0), ("-1", 0), ("2", 2)]
)
def test_a_padding_is_a_number_of_some_digits(word: str, padding: int) -> None:
    assert parse_padding(["--padding", word]) == parse_padding([f"--padding={word}"]) == padding


def fields(**values: Any) -> Fields:
    found = Fields(NOW)
    found.update({name.replace("__", "."): value for name, value in values.items()})
    found.windows = [name.partition("__")[0] for name in values if name.endswith("__used") and not name.startswith("extra")]
    return found


STYLE = {"separator": " | ", "roles": {"ok": "32", "warn": "33", "critical": "38;5;203"}, "now": NOW}
KEPT: dict[str, Any] = {
    "style": STYLE,
    "segments": {
        "five": {"forms": [None, ["5h ", ["five_hour.used", "pct"]], None], "level": "five_hour.used", "warn": 70,
        "critical": 90, "colour": "ok"},
        "models": {"forms": [None, [["window.used", "pct"]], None], "each": "seven_day_", "level": "window.used", "warn": 50},
        "text": {"forms": [None, ["-|<&>%{x"], None]},
    },
}  # fmt: skip
TOLD = {
    "five_hour__used": 92.9, "five_hour__left": 7980.0, "five_hour__name": "Session (5h)", "seven_day_opus__used": 150.0,
    "wattle_ember__used": 3.0,
    "wattle_ember__left": 90_000.0, "extra__used": [1240, "USD", 2], "extra__limit": [5000, "USD", 2],
}  # fmt: skip


def bar(surface: str, *names: str, colour: bool = True, **told: Any) -> str:
    return desktop_bars.render_bar(surface, [list(names)], KEPT, fields(**(told or TOLD)), colour=colour)


def test_each_bar_in_its_own_words() -> None:
    waybar = json.loads(bar("waybar", "five", "models", "text"))
    assert waybar == {
        "text": "5h 92% | 150% | -|&lt;&amp;&gt;%{x",
        "tooltip": (
            "Session (5h): 92%, resets in 2h13m\nseven_day_opus: 150%\nwattle_ember: 3%, expires in 1d1h\n"
            "Extra usage: $12.40 of $50.00"
        ),
        "class": "critical", "percentage": 100,
    }  # fmt: skip
    assert bar("polybar", "five", "text") == "%{F#ff5f5f}5h 92%%{F-} | -|<&>% {x"
    assert bar("polybar", "five", colour=False) == "5h 92%"
    assert bar("i3blocks", "five", "text") == "5h 92% | -|<&>%{x\n5h 92%\n#ff5f5f"
    assert bar("i3blocks", "five", colour=False) == "5h 92%\n5h 92%"
    lines = bar("xbar", "text", "five").splitlines()[:3]
    assert lines[:2] == ["\u2010¦<&>%{x ¦ 5h 92% | color=#ff5f5f", "---"]
    assert lines[2] == "Session (5h): 92%, resets in 2h13m | trim=true"
    assert bar("xbar", "five", colour=False).startswith("5h 92% | trim=true\n---\n")
    assert bar("waybar", "none") == ""


@pytest.mark.parametrize(
    ("used", "level", "percentage"),
    [
        (-5, "none", 0),
        (0, "ok", 0),
        (69.9, "ok", 69),
        (70, "warn", 70),
        (89.9, "warn", 89),
        (90, "critical", 90),
        (250, "critical", 100),
    ],
)
def test_a_bars_level_is_the_gravest(used: float, level: str, percentage: int) -> None:
    assert desktop_bars.worst_level([["five"]], KEPT, fields(five_hour__used=used))[:2] == (level, percentage)
    both = fields(five_hour__used=used, seven_day_a__used=50, seven_day_b__used=5)
    expected = level if level == "critical" else "warn"
    assert desktop_bars.worst_level([["five", "models"], ["text", "none"]], KEPT, both)[:2] == (expected, max(percentage, 50))


def test_without_a_level_there_is_none() -> None:
    assert desktop_bars.worst_level([["text", "five"]], KEPT, fields()) == ("none", None, "")


def test_a_bars_details_mark_what_is_old_and_name_no_cap() -> None:
    told = fields(five_hour__used=42.5, extra__used=[5, "USD", 2])
    told.stale = {"five_hour", "extra"}
    assert desktop_bars.detail_lines(told) == ["five_hour: ?42%", "Extra usage: ?$0.05, no cap"]


def test_the_status_line_is_fitted_within_its_margins() -> None:
    kept = {
        "lines": {"claude": [["long"]]}, "style": STYLE, "readings": [], "fields": {},
        "segments": {"long": {"forms": [None, ["x" * 20], ["short"]]}},
    }  # fmt: skip
    shown = {
        (columns, padding): statusline_text({}, kept, {"COLUMNS": columns, "NO_COLOR": "1"}, NOW, NOW, padding=padding)
        for columns, padding in (("24", 0), ("23", 0), ("26", 1), ("25", 1), ("", 0), ("0", 0), ("-5", 0), ("x", 0), ("1", 0))
    }
    whole, cut = "x" * 20, "short"
    assert shown == {
        ("24", 0): whole, ("23", 0): cut, ("26", 1): whole, ("25", 1): cut, ("", 0): whole, ("0", 0): whole, ("-5",
        0): whole, ("x", 0): whole, ("1", 0): cut,
    }  # fmt: skip
