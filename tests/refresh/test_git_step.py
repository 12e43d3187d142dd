"""Which repositories a refresh looks at, how often, and what it leaves for the prompt path."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from commandline import quotaline
from quotaline.core import git as hot
from quotaline.model import Account, Snapshot
from quotaline.prompt.git_state import GitState, git_state
from quotaline.refresh import git_step
from quotaline.refresh.git_step import State, git_fields, is_due, look_at_repositories, operation
from quotaline.sources.git_status import GitStatus
from repositories import commit, git, repository

pytestmark = pytest.mark.slow
GLYPHS = ["✓", "⇡", "⇣"]


def look(*, eager: bool = False, **env: str) -> None:
    style: dict[str, Any] = {"git": GLYPHS}
    snapshot = Snapshot(written_at=0, fresh_for=60, stale_after=60, account=Account(config_dir=""), style=style)
    look_at_repositories({**os.environ, **env}, snapshot, eager=eager)


def cache(home: Path) -> str:
    return str(home / ".cache" / "quotaline" / "default")


def draw(top: Path, home: Path) -> GitState:
    found = hot.repository(str(top))
    assert found
    return git_state(*found, cache(home), time.time())


def kept(top: Path, home: Path) -> State:
    return msgspec.json.decode(Path(hot.state_file(cache(home), str(top))).read_bytes(), type=State)


def told(top: Path, home: Path) -> Any:
    return draw(top, home).fields.get("git.state")


def fake(folder: Path, body: str) -> str:
    """A PATH in which git is a shell script that notes each call in `calls`."""
    folder.mkdir(exist_ok=True)
    (folder / "git").write_text(f"#!/bin/sh\necho \"$@\" >> '{folder}/calls'\n{body}\n")
    (folder / "git").chmod(0o700)
    return f"{folder}:/usr/bin:/bin"


def calls(folder: Path, word: str = " status ") -> list[str]:
    """The repositories that the fake one was asked of, in order."""
    lines = (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []
    return [Path(line.partition(" -C ")[2].partition(" ")[0]).name for line in lines if word in line]


def test_what_a_line_showed_is_looked_at_and_the_next_line_shows_what_was_found(tmp_path: Path, home: Path) -> None:
    top = repository(tmp_path / "r")
    look()
    assert told(top, home) is None
    look()
    assert told(top, home) == "✓"
    (top / "n").touch()
    assert told(top, home) == "✓"
    look(eager=True)
    assert told(top, home) == "?1"
    git(top, "add", "n")
    assert draw(top, home).stale
    look(eager=True)
    assert (told(top, home), draw(top, home).stale) == ("+1", False)
    git(top, "commit", "-q", "-m", "n")
    assert told(top, home) is None
    look(eager=True)
    git(top, "checkout", "-q", "-b", "other")
    assert told(top, home) is None
    git(top, "pack-refs", "--all")
    look(eager=True)
    assert told(top, home) == "✓"
    commit(top, "m")
    assert told(top, home) is None
    git(top, "reset", "-q", "--soft", "HEAD~1")
    assert told(top, home) != "✓" or draw(top, home).stale


@pytest.mark.parametrize(("row", "looked"), [('["git", "git_state"]', True), ('["git"]', False)])
def test_the_refresh_that_a_prompt_starts_looks_for_lines_that_show_it(
    tmp_path: Path, home: Path, environment: dict[str, str], row: str, looked: bool
) -> None:
    config = home / ".config" / "quotaline" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[line.claude]\nrows = [{row}]\n")
    top = repository(tmp_path / "r")
    (top / "n").touch()
    env = environment | {"NO_COLOR": "1", "PATH": fake(tmp_path / "bin", 'exec /usr/bin/git "$@"')}
    stdin = json.dumps({"cwd": str(top)}).encode()
    for _ in range(2):
        quotaline("refresh", "--force", "--background", env=env, check=True)
        shown = quotaline("statusline", env=env, stdin=stdin, check=True).stdout.decode().strip()
        assert shown
    quotaline("refresh", "--background", env=env, check=True)
    assert quotaline("statusline", env=env, stdin=stdin).stdout.decode().strip() == ("trunk · ?1" if looked else "trunk")
    assert bool(calls(tmp_path / "bin")) is looked
    assert (home / ".cache/quotaline/default/git").exists() is looked


def test_worktrees_and_submodules_have_states_of_their_own(tmp_path: Path, home: Path) -> None:
    top = repository(tmp_path / "r")
    git(top, "worktree", "add", "-q", "-b", "other", "../tree")
    git(top, "submodule", "--quiet", "add", str(repository(tmp_path / "source")), "sub")
    tree, sub = tmp_path / "tree", top / "sub"
    for number, one in enumerate((top, tree, sub)):
        for name in range(number + 3):
            (one / f"n{name}").touch()
        draw(one, home)
    look()
    assert [told(one, home) for one in (top, tree, sub)] == ["+2 ?3", "?4", "?5"]
    commit(tree, "x")
    assert [told(one, home) for one in (top, tree, sub)] == ["+2 ?3", None, "?5"]


def test_operations_and_detached_heads(tmp_path: Path, home: Path) -> None:
    top = repository(tmp_path / "r")
    git(top, "checkout", "-q", "-b", "other")
    commit(top, "a", "other\n")
    git(top, "checkout", "-q", "trunk")
    commit(top, "a", "trunk\n")
    draw(top, home)
    for words, name in (
        (("merge", "other"), "merge"), (("rebase", "other"), "rebase"), (("cherry-pick", "other"), "cherry-pick"),
        (("revert", "HEAD~1"), "revert"),
    ):  # fmt: skip
        git(top, *words, check=False)
        look(eager=True)
        assert str(told(top, home)).startswith(name + " =1"), name
        assert draw(top, home).fields["git.operation"] == name
        git(top, name, "--abort")
        assert operation(str(top / ".git")) is None
    git(top, "checkout", "-q", "--detach")
    look(eager=True)
    assert told(top, home) == "✓"
    git(top, "bisect", "start")
    look(eager=True)
    assert told(top, home) == "bisect ✓"


def test_the_signs_of_a_state() -> None:
    whole = GitStatus(
        oid="1", upstream="u", ahead=1, behind=2, stash=3, staged=4, modified=5, conflicts=6, untracked=7, dirty=20
    )
    found = git_fields(whole, "rebase", ["ok", "^", "v"])
    assert found["git.state"] == "rebase =6 +4 !5 ?7 ^1 v2 $3"
    assert {name: found[f"git.{name}"] for name in ("ahead", "behind", "stash", "dirty", "upstream", "operation")} == {
        "ahead": 1, "behind": 2, "stash": 3, "dirty": 20, "upstream": "u", "operation": "rebase",
    }  # fmt: skip
    assert git_fields(GitStatus(oid="1", upstream="u"), None, GLYPHS)["git.state"] == "✓ gone"
    assert git_fields(GitStatus(oid="(initial)", upstream="u"), None, GLYPHS)["git.state"] == "✓"
    assert "git.untracked" not in git_fields(GitStatus(oid="1"), None, GLYPHS)
    assert git_fields(GitStatus(oid="1", untracked=0), None, GLYPHS)["git.untracked"] == 0


def test_only_what_was_drawn_lately_is_looked_at_and_what_is_gone_costs_no_process(tmp_path: Path, home: Path) -> None:
    tops = [repository(tmp_path / f"r{number}") for number in range(3)]
    for top in tops:
        draw(top, home)
    late, old, gone = (Path(hot.state_file(cache(home), str(top))) for top in tops)
    now = time.time()
    os.utime(late, (now, now - 601))
    (tops[2] / ".git").rename(tmp_path / "elsewhere")
    path = fake(tmp_path / "bin", 'exec /usr/bin/git "$@"')
    look(PATH=path)
    assert calls(tmp_path / "bin") == ["r1"]
    assert (late.exists(), old.exists(), gone.exists()) == (True, True, False)
    os.utime(late, (now, now - 86_401))
    look(PATH=path)
    assert not late.exists()


def test_a_few_are_looked_at_the_quickest_first(tmp_path: Path, home: Path) -> None:
    tops = [repository(tmp_path / f"r{number}") for number in range(git_step.MOST + 2)]
    for number, top in enumerate(tops):
        draw(top, home)
        file = Path(hot.state_file(cache(home), str(top)))
        file.write_bytes(msgspec.json.encode(State(top=str(top), took=1.0 / (number + 1))))
        os.utime(file, (time.time(), time.time() - number))
    look(PATH=fake(tmp_path / "bin", "exit 3"))
    assert calls(tmp_path / "bin", " config ") == [f"r{number}" for number in reversed(range(git_step.MOST))]


def test_the_file_still_says_when_it_was_drawn(tmp_path: Path, home: Path) -> None:
    top = repository(tmp_path / "r")
    draw(top, home)
    file = Path(hot.state_file(cache(home), str(top)))
    drawn = time.time() - 300
    os.utime(file, (drawn, drawn))
    look()
    assert file.stat().st_mtime == pytest.approx(drawn)
    assert file.stat().st_mode & 0o777 == 0o600


def test_one_that_fails_or_hangs_is_asked_seldom_and_keeps_what_was_found(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = repository(tmp_path / "r")
    draw(top, home)
    look()
    monkeypatch.setattr(git_step, "LIMIT", 0.3)
    look(eager=True, PATH=fake(tmp_path / "bin", "sleep 60"))
    state = kept(top, home)
    assert (state.failures, state.took) == (1, 0.3)
    assert told(top, home) == "✓"
    assert not is_due(state, state.asked + 59)
    assert is_due(state, state.asked + 61)
    look(eager=True, PATH=fake(tmp_path / "bin", "exit 128"))
    assert kept(top, home).failures == 2
    look()
    assert kept(top, home).failures == 2, "it is not its turn"
    look(eager=True)
    assert kept(top, home).failures == 0


@pytest.mark.parametrize(
    ("took", "failures", "pause"),
    [(0.01, 0, 5), (1.0, 0, 30), (4.0, 0, 120), (0.0, 1, 60), (0.0, 2, 120), (0.0, 99, 3600), (5.0, 1, 150)],
)
def test_the_longer_a_look_takes_the_later_comes_the_next(took: float, failures: int, pause: float) -> None:
    state = State(top="/r", asked=1000.0, took=took, failures=failures)
    assert not is_due(state, 1000.0)
    assert not is_due(state, 999.9 + pause)
    assert is_due(state, 1000.0 + pause)
    assert is_due(state, 999.0), "a clock that was set back"


def test_without_git_or_repositories_nothing_is_shown_and_nothing_fails(tmp_path: Path, home: Path) -> None:
    look()
    assert not (home / ".cache").exists()
    top = repository(tmp_path / "r")
    draw(top, home)
    look(PATH="/nowhere")
    assert told(top, home) is None
    Path(hot.state_file(cache(home), str(top))).write_text('{"version":1}')
    look()
    assert told(top, home) is None
    look()
    assert json.loads(Path(hot.state_file(cache(home), str(top))).read_text())["fields"]["git.state"] == "✓"


def test_files_of_a_newer_version_or_of_nonsense_are_let_be_or_removed(tmp_path: Path, home: Path) -> None:
    folder = Path(cache(home), "git")
    folder.mkdir(parents=True)
    top = repository(tmp_path / "r")
    (folder / "newer.json").write_bytes(msgspec.json.encode(State(version=9, top=str(top))))
    (folder / "nonsense.json").write_text("{")
    (folder / "x.json.1.new").touch()
    os.utime(folder / "x.json.1.new", (1, 1))
    draw(top, home)
    look()
    assert told(top, home) == "✓"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [Path(hot.state_file(cache(home), str(top))).name, "lock", "nonsense.json"]
    )
