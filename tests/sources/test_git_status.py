"""`git status` by real git: what is counted, and that nothing of a hostile repository or environment runs or hangs."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from quotaline.errors import SourceError
from quotaline.sources.git_status import Git, GitStatus, SlowError, find_git, overridden, parse
from repositories import commit, git, repository

pytestmark = pytest.mark.slow
PATIENCE = 60.0


def status(top: Path, seconds: float = PATIENCE, **more: str) -> GitStatus:
    env = {**os.environ, **more}
    program = find_git(env)
    assert program
    with Git(program, env) as asked:
        return asked.status(top, seconds)


def counts(top: Path) -> dict[str, object]:
    """What is not as in a clean repository without an upstream."""
    told, usual = structs.asdict(status(top)), structs.asdict(GitStatus(untracked=0))
    return {name: value for name, value in told.items() if name != "oid" and value != usual[name]}


def test_files_are_counted_as_git_counts_them(tmp_path: Path) -> None:
    top = repository(tmp_path / "r")
    commit(top, "b")
    assert counts(top) == {}
    assert status(top).oid == git(top, "rev-parse", "HEAD")
    (top / "a").write_text("2\n")
    (top / "new").touch()
    (top / "folder").mkdir()
    (top / "folder" / "x").touch()
    (top / "folder" / "y").touch()
    assert counts(top) == {"modified": 1, "untracked": 2, "dirty": 3}
    git(top, "add", "a", "new")
    (top / "a").write_text("3\n")
    assert counts(top) == {"staged": 2, "modified": 1, "untracked": 1, "dirty": 3}
    git(top, "mv", "b", "odd\nna\tme \"'é")
    assert counts(top) == {"staged": 3, "modified": 1, "untracked": 1, "dirty": 4}
    git(top, "stash", "-q")
    assert counts(top) == {"untracked": 1, "dirty": 1, "stash": 1}


def test_commits_are_counted_from_the_upstream(tmp_path: Path) -> None:
    there = repository(tmp_path / "there")
    here = tmp_path / "here"
    git(tmp_path, "clone", "-q", "there", "here")
    commit(there, "b")
    commit(there, "c")
    commit(here, "d")
    git(here, "fetch", "-q")
    assert counts(here) == {"upstream": "origin/trunk", "ahead": 1, "behind": 2}
    git(here, "update-ref", "-d", "refs/remotes/origin/trunk")
    assert counts(here) == {"upstream": "origin/trunk"}
    git(here, "checkout", "-q", "--detach")
    assert counts(here) == {}


def test_conflicts_unborn_branches_worktrees_and_submodules(tmp_path: Path) -> None:
    top = repository(tmp_path / "r")
    git(top, "checkout", "-q", "-b", "other")
    commit(top, "a", "other\n")
    git(top, "checkout", "-q", "trunk")
    commit(top, "a", "trunk\n")
    git(top, "merge", "other", check=False)
    assert counts(top) == {"conflicts": 1, "dirty": 1}
    git(top, "merge", "--abort")
    git(top, "worktree", "add", "-q", "../tree", "other")
    (tmp_path / "tree" / "n").touch()
    assert counts(tmp_path / "tree") == {"untracked": 1, "dirty": 1}
    assert counts(top) == {}
    git(top, "submodule", "--quiet", "add", str(repository(tmp_path / "sub")), "sub")
    git(top, "commit", "-q", "-m", "sub")
    (top / "sub" / "a").write_text("dirty\n")
    assert counts(top) == {}, "a look into a submodule would follow its own configuration"
    assert counts(top / "sub") == {"modified": 1, "dirty": 1, "upstream": "origin/trunk", "ahead": 0, "behind": 0}
    git(top / "sub", "checkout", "-q", "a")
    commit(top / "sub", "b")
    assert counts(top) == {"modified": 1, "dirty": 1}
    (tmp_path / "unborn").mkdir()
    git(tmp_path / "unborn", "init", "-q")
    (tmp_path / "unborn" / "a").touch()
    git(tmp_path / "unborn", "add", "a")
    assert counts(tmp_path / "unborn") == {"staged": 1, "dirty": 1}
    assert status(tmp_path / "unborn").oid == "(initial)"


@pytest.mark.parametrize(("value", "untracked"), [("no", None), ("all", 1), ("normal", 1)])
def test_who_does_not_look_for_untracked_files_is_not_told_zero(tmp_path: Path, value: str, untracked: int | None) -> None:
    top = repository(tmp_path / "r")
    (top / "new").touch()
    git(top, "config", "status.showUntrackedFiles", value)
    assert status(top).untracked == untracked


def trap(folder: Path, marker: Path, name: str = "trap") -> Path:
    """A program that leaves a marker."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho ran >> '{marker}'\ncat\n")
    program.chmod(0o700)
    return program


def test_no_command_of_a_repositorys_own_configuration_runs(tmp_path: Path) -> None:
    top, marker = repository(tmp_path / "r"), tmp_path / "marker"
    program = str(trap(tmp_path, marker))
    (top / ".gitattributes").write_text("* filter=evil diff=evil\n*.x filter=worse\n")
    commit(top, "b.x")
    for key in (
        "core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "filter.worse.process", "diff.external",
        "diff.evil.textconv", "diff.evil.command", "core.pager", "pager.status", "core.sshCommand",
        "core.editor", "gpg.program", "credential.helper",
    ):  # fmt: skip
        git(top, "config", key, program)
    git(top, "config", "filter.evil.required", "true")
    git(top, "config", "alias.status", f"!{program}")
    git(top, "config", "core.hooksPath", str(tmp_path / "hooks"))
    (tmp_path / "hooks").mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "pre-auto-gc", "reference-transaction"):
        trap(tmp_path / "hooks", marker, hook)
    for file in (top / "a", top / "b.x"):  # so that git has to look what is in them
        os.utime(file, (1, 1))
    marker.unlink(missing_ok=True)
    assert status(top).oid
    assert not marker.exists()
    git(top, "status", check=False)
    assert marker.exists(), "the traps work"


def test_filters_of_the_users_own_configuration_are_the_users(tmp_path: Path, home: Path) -> None:
    top, marker = repository(tmp_path / "r"), tmp_path / "marker"
    (top / ".gitattributes").write_text("* filter=mine\n")
    commit(top, "b")
    (home / ".gitconfig").write_text(f'[filter "mine"]\n\tclean = {trap(tmp_path, marker)}\n')
    os.utime(top / "a", (1, 1))
    assert counts(top) == {}
    assert marker.exists()


def test_no_variable_of_git_reaches_it_and_no_secret(tmp_path: Path) -> None:
    top, other, marker = repository(tmp_path / "r"), repository(tmp_path / "other"), tmp_path / "marker"
    (top / "new").touch()
    program = str(trap(tmp_path, marker))
    told = status(
        top, GIT_DIR=str(other / ".git"), GIT_WORK_TREE=str(other), GIT_INDEX_FILE=str(other / "none"), GIT_TRACE=str(marker),
        GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="core.fsmonitor", GIT_CONFIG_VALUE_0=program, GIT_EXTERNAL_DIFF=program,
        GIT_CONFIG_PARAMETERS=f"'core.fsmonitor'='{program}'", GIT_PAGER=program, GIT_EXEC_PATH=str(tmp_path),
    )  # fmt: skip
    assert (told.dirty, marker.exists()) == (1, False)


def test_the_environment_is_a_list_and_the_program_is_in_no_folder_that_depends_on_where_one_stands(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "git"
    fake.write_text(f"#!/bin/sh\nenv >> '{tmp_path}/env'\n")
    fake.chmod(0o700)
    path = f":.:bin:{tmp_path}/bin:/usr/bin:/bin"
    assert find_git({"PATH": path}) == str(fake)
    assert find_git({"PATH": ".:bin:"}) is None
    secrets = dict.fromkeys(("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "QUOTALINE_ADMIN_KEY", "GITHUB_TOKEN"), "secret")
    with Git(str(fake), {"HOME": str(tmp_path), "PATH": path, **secrets}) as asked:
        asked.status(tmp_path, PATIENCE)
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()} - {"PWD", "_", "SHLVL", "OLDPWD"}
    assert names == {
        "HOME", "PATH", "LC_ALL", "GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL",
        "GIT_CEILING_DIRECTORIES",
    }  # fmt: skip
    assert f"PATH={tmp_path}/bin:/usr/bin:/bin\n" in (tmp_path / "env").read_text()


def hanging(folder: Path) -> Path:
    """A repository whose configuration includes a FIFO: whoever reads it waits for ever."""
    top = repository(folder)
    os.mkfifo(folder / "fifo")
    git(top, "config", "include.path", "../fifo")
    return top


def running(top: Path) -> list[str]:
    """Command lines of processes that name `top`."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in listed if str(top) in line and line.startswith(("git", "/"))]


def gone(top: Path) -> bool:
    ends_at = time.monotonic() + PATIENCE
    while running(top) and time.monotonic() < ends_at:
        time.sleep(0.05)
    return not running(top)


def test_one_that_hangs_is_ended_and_the_next_is_asked(tmp_path: Path) -> None:
    slow, quick = hanging(tmp_path / "slow"), repository(tmp_path / "quick")
    program = find_git(os.environ)
    assert program
    with Git(program, os.environ) as asked:
        with pytest.raises(SlowError):
            asked.status(slow, 0.2)
        assert gone(slow)
        assert asked.status(quick, PATIENCE).oid


def test_whoever_is_killed_takes_git_along(tmp_path: Path) -> None:
    slow = hanging(tmp_path / "slow")
    code = (
        "import os, sys; from pathlib import Path; from quotaline.sources.git_status import Git, find_git\n"
        "with Git(find_git(os.environ), os.environ) as asked: asked.status(Path(sys.argv[1]), 600)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(slow)], start_new_session=True)
    try:
        ends_at = time.monotonic() + PATIENCE
        while not any(" config " in line for line in running(slow)) and time.monotonic() < ends_at:
            time.sleep(0.05)
        assert any(" config " in line for line in running(slow))
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert gone(slow)


def test_what_is_no_repository_of_ones_own_says_nothing(tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer")
    (outer / "inner" / ".git").mkdir(parents=True)
    (outer / "inner" / ".git" / "HEAD").write_text("ref: refs/heads/trunk\n")
    for folder in (tmp_path, tmp_path / "none", outer / "inner"):
        with pytest.raises(SourceError):
            status(folder)
    odd = repository(tmp_path / "odd")
    git(odd, "config", "filter.a=b.clean", "x")
    with pytest.raises(SourceError, match="filters"):
        status(odd)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_whose_repository_may_be_read_is_gits_to_judge(tmp_path: Path) -> None:
    top = repository(tmp_path / "r")
    for path in (top, top / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(SourceError):
        status(top)


def test_nothing_is_written_into_the_repository(tmp_path: Path) -> None:
    top = repository(tmp_path / "r")
    os.utime(top / "a", (1, 1))  # git would like to note that it is as committed

    def facts() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(top.rglob("*"))}

    before = facts()
    assert counts(top) == {}
    assert facts() == before
    assert stat.S_ISREG((top / ".git" / "index").stat().st_mode)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_output_is_an_error(pieces: list[bytes]) -> None:
    told = parse(iter(pieces))
    assert told.dirty >= 0
    assert parse(iter([b"".join(pieces)])) == told


def test_only_filters_that_the_repository_names_itself_are_switched_off() -> None:
    listed = (
        b"global\0filter.lfs.clean\ngit-lfs clean\0local\0filter.b.c.clean\nx\0worktree\0filter.a.process\ny\0"
        b"global\0status.showuntrackedfiles\nNo\0"
    )
    words, untracked = overridden(listed)
    assert [word for word in words if word != "-c"] == [
        "filter.a.clean=", "filter.a.process=", "filter.a.required=false",
        "filter.b.c.clean=", "filter.b.c.process=", "filter.b.c.required=false",
    ]  # fmt: skip
    assert not untracked
    assert overridden(b"") == ((), True)
