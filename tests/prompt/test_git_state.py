"""The state of a repository on the Claude line: shown where it is still true, marked where it may not be, else not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from quotaline.config.load import parse
from quotaline.config.segments import catalogue, compile_lines
from quotaline.core import system
from quotaline.core.git import state_file
from quotaline.prompt.statusline import session_line
from samples import NOW

SHA, OTHER = "0123456789abcdef0123456789abcdef01234567", "f" * 40
STATE = 'rows = [["git", "git_state"]]'


def snapshot(lines: str = STATE, **more: Any) -> dict[str, Any]:
    config = parse(f"[line.claude]\n{lines}")
    return {**compile_lines(config, catalogue(config, None)), "readings": [], "fields": {}, **more}


def drawn(folder: Path, home: Path, lines: str = STATE, now: float = NOW) -> tuple[str, bool]:
    env = {"HOME": str(home), "NO_COLOR": "1"}
    return session_line({"cwd": str(folder)}, snapshot(lines), env, now, now)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository as the prompt path sees it: HEAD, the branch's commit, an index."""
    folder = tmp_path / "r"
    (folder / ".git" / "refs" / "heads").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/trunk\n")
    (folder / ".git" / "refs" / "heads" / "trunk").write_text(SHA + "\n")
    (folder / ".git" / "index").write_text("1")
    return folder


def kept_at(top: Path, home: Path) -> Path:
    return Path(state_file(str(home / ".cache" / "quotaline" / "default"), str(top)))


def keep(top: Path, home: Path, **changes: Any) -> Path:
    """What a refresh leaves."""
    path = kept_at(top, home)
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = (top / ".git" / "index").stat()
    state = {
        "version": 1, "top": str(top), "at": NOW - 60, "head": "ref: refs/heads/trunk", "oid": SHA,
        "ref": str(top / ".git" / "refs" / "heads" / "trunk"), "index": [facts.st_mtime_ns, facts.st_size],
        "fields": {"git.state": "+2 ?1", "git.dirty": 3, "git.staged": 2},
    }  # fmt: skip
    path.write_text(json.dumps(state | changes))
    os.utime(path, (1, 1))
    return path


def test_the_first_line_notes_the_repository_and_asks_for_a_look(top: Path, home: Path) -> None:
    (top / "deep" / "er").mkdir(parents=True)
    assert drawn(top / "deep" / "er", home) == ("trunk", True)
    path = kept_at(top, home)
    assert json.loads(path.read_text()) == {"version": 1, "top": str(top), "since": NOW}
    assert [place.stat().st_mode & 0o777 for place in (path, path.parent)] == [0o600, 0o700]
    assert drawn(top, home) == ("trunk", True)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert drawn(top, home, now=NOW + 59) == ("trunk", True)
    assert drawn(top, home, now=NOW + 60) == ("trunk", False), "there is no git, or nobody refreshes"


def test_what_was_found_is_shown_and_the_file_says_that_it_was_drawn(top: Path, home: Path) -> None:
    path = keep(top, home)
    assert drawn(top, home) == ("trunk · +2 ?1", False)
    assert path.stat().st_mtime == NOW


@pytest.mark.parametrize(
    ("age", "shown"),
    [(0, "+2 ?1"), (-5, "+2 ?1"), (-6, ""), (120, "+2 ?1"), (120.5, "?+2 ?1"), (3599, "?+2 ?1"), (3600, "")],
)
def test_an_old_state_is_marked_then_left_out_and_the_branch_is_not_marked(
    top: Path, home: Path, age: float, shown: str
) -> None:
    keep(top, home, at=NOW - age)
    assert drawn(top, home)[0] == (f"trunk · {shown}" if shown else "trunk")


def test_a_branch_or_commit_that_moved_has_no_counts_of_another(top: Path, home: Path) -> None:
    keep(top, home)
    place = top / ".git" / "refs" / "heads" / "trunk"
    place.write_text(OTHER)
    assert drawn(top, home) == ("trunk", True)
    place.unlink()
    assert drawn(top, home) == ("trunk · +2 ?1", False), "packed away, so it did not move"
    place.write_text("ref: refs/heads/other")
    assert drawn(top, home) == ("trunk · +2 ?1", False)
    (top / ".git" / "HEAD").write_text("ref: refs/heads/other\n")
    assert drawn(top, home) == ("other", True)
    (top / ".git" / "HEAD").write_text(SHA)
    keep(top, home, head=SHA, ref="")
    assert drawn(top, home) == (SHA[:7] + " · +2 ?1", False)
    (top / ".git" / "HEAD").write_text(OTHER)
    assert drawn(top, home) == (OTHER[:7], True)


def test_a_first_commit_has_no_counts_of_the_time_before_it(top: Path, home: Path) -> None:
    place = top / ".git" / "refs" / "heads" / "trunk"
    place.unlink()
    keep(top, home, oid="(initial)")
    assert drawn(top, home) == ("trunk · +2 ?1", False)
    place.write_text(SHA)
    assert drawn(top, home) == ("trunk", True)


def test_what_cannot_be_looked_at_starts_no_refresh_of_its_own(top: Path, home: Path) -> None:
    keep(top, home, failures=1)
    assert drawn(top, home) == ("trunk · +2 ?1", False)
    (top / ".git" / "index").write_text("12")
    assert drawn(top, home) == ("trunk · ?+2 ?1", False)
    (top / ".git" / "HEAD").write_text("ref: refs/heads/other\n")
    assert drawn(top, home) == ("other", False)


def test_an_index_that_changed_marks_the_state_and_asks_for_a_look(top: Path, home: Path) -> None:
    keep(top, home)
    (top / ".git" / "index").write_text("12")
    assert drawn(top, home) == ("trunk · ?+2 ?1", True)
    (top / ".git" / "index").unlink()
    assert drawn(top, home) == ("trunk · ?+2 ?1", True)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version":2}', '{"version":1,"top":"/elsewhere","at":1795244400,"fields":{}}', "\0" * 70000]
)
def test_a_file_that_is_none_is_written_anew(top: Path, home: Path, text: str) -> None:
    keep(top, home).write_text(text)
    assert drawn(top, home) == ("trunk", True)
    assert json.loads(kept_at(top, home).read_text()) == {"version": 1, "top": str(top), "since": NOW}


@pytest.mark.parametrize(
    "changes",
    [{"at": None}, {"fields": None}, {"fields": []}, {"head": 5}, {"fields": {"git.state": None, "model.name": "x"}}],
)
def test_odd_values_show_nothing(top: Path, home: Path, changes: dict[str, Any]) -> None:
    keep(top, home, **changes)
    assert drawn(top, home, 'rows = [["model", "git", "git_state"]]')[0] == "trunk"


def test_no_place_to_keep_it_is_no_error(top: Path, home: Path) -> None:
    (home / ".cache").write_text("a file")
    assert drawn(top, home)[0] == "trunk"


def test_names_are_text(top: Path, home: Path) -> None:
    hostile = "x\x1b]0;evil\x07\u202e$(touch /x)`y`"
    (top / ".git" / "HEAD").write_text(f"ref: refs/heads/{hostile}\n")
    keep(top, home, head=f"ref: refs/heads/{hostile}", ref="", fields={"git.state": "+1\x1b[2J", "git.upstream": hostile})
    text = drawn(top, home)[0]
    assert text == "x]0;evil$(touch /x)`y` · +1[2J"


def test_lines_that_show_no_state_open_nothing_for_it(top: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def counting(path: str, *rest: Any) -> int:
        opened.append(path)
        return real(path, *rest)

    real = system.open
    monkeypatch.setattr(system, "open", counting)
    keep(top, home)
    assert drawn(top, home, 'rows = [["git"]]') == ("trunk", False)
    assert opened == [str(top / ".git" / "HEAD")]
    opened.clear()
    assert drawn(top, home, 'rows = [["model"]]') == ("", False)
    assert opened == []
    drawn(top, home)
    assert opened == [
        str(top / ".git" / "HEAD"), str(kept_at(top, home)), str(top / ".git" / "refs" / "heads" / "trunk"),
    ]  # fmt: skip


def test_a_level_alone_is_a_state_too(top: Path, home: Path) -> None:
    lines = 'rows = [["git"]]\n[segments.git]\nlevel = "git.dirty"\nhide_below = 4'
    assert "git" in snapshot(lines)["style"]
    assert "git" not in snapshot('rows = [["git"]]')["style"]
    keep(top, home)
    assert drawn(top, home, lines)[0] == ""
    assert drawn(top, home, lines.replace("4", "3"))[0] == "trunk"


def test_the_ascii_palette_has_signs_of_its_own() -> None:
    config = parse(f'style.palette = "ascii"\n[line.claude]\n{STATE}')
    assert compile_lines(config, catalogue(config, None))["style"]["git"] == ["ok", "^", "v"]
