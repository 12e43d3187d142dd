"""A project is one, whatever folder its sessions went to."""

from __future__ import annotations

from sqlite3 import SQLITE_OK, SQLITE_READ
from typing import TYPE_CHECKING

import pytest

from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.projects import checkout, find_projects, projects, within
from transcript_lines import NOON, assistant, write

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.ledger import Ledger


@pytest.mark.parametrize(
    ("path", "project"),
    [
        ("/home/u/shop/.claude/worktrees/a", "/home/u/shop"),
        ("/home/u/shop/.claude/worktrees/a/src", "/home/u/shop/src"),
        (r"C:\shop\.claude\worktrees\a", r"C:\shop"),
        ("/home/u/shop/.claude/worktrees", "/home/u/shop/.claude/worktrees"),
        ("/home/u/shop/.claude/worktreesx/a", "/home/u/shop/.claude/worktreesx/a"),
        ("", ""),
    ],
)
def test_a_worktree_of_claude_code_is_its_checkout(path: str, project: str) -> None:
    assert project == checkout(path)


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        ("/a/b", "/a", True),
        ("/a", "/a", True),
        ("/ab", "/a", False),
        ("/a", "/", False),
        ("/a", "", False),
        (r"C:\a\b", r"C:\a", True),
    ],
)
def test_a_folder_holds_what_is_below_it(path: str, folder: str, *, inside: bool) -> None:
    assert inside == within(path, folder)


def test_a_sessions_subfolders_are_its_project_and_other_folders_are_their_own(ledger: Ledger, claude: Path) -> None:
    told = {"s1": ["/shop", "/shop/src", "/other"], "s2": ["/shop/src", "/shop"], "s3": ["/shop/.claude/worktrees/x/deep"]}
    for session, folders in told.items():
        lines = [assistant(f"{session}{n}", NOON + n, cwd=cwd, session=session) for n, cwd in enumerate(folders)]
        write(claude, session, *lines)
    import_transcripts(ledger, [claude])
    names = dict(ledger.connection.execute("SELECT id, path FROM project"))
    found = sorted((session, names[folder], path) for (session, folder), path in projects(ledger.connection).items())
    sessions = dict(ledger.connection.execute("SELECT uuid, id FROM session"))
    assert found == sorted(
        [
            (sessions["s1"], "/shop", "/shop"),
            (sessions["s1"], "/shop/src", "/shop"),
            (sessions["s1"], "/other", "/other"),
            (sessions["s2"], "/shop/src", "/shop/src"),
            (sessions["s2"], "/shop", "/shop"),
            (sessions["s3"], "/shop/.claude/worktrees/x/deep", "/shop/deep"),
        ]
    )


@pytest.mark.parametrize("last_first", [False, True])
def test_where_a_session_started_is_its_earliest_line_whenever_that_is_read(
    ledger: Ledger, claude: Path, *, last_first: bool
) -> None:
    told = [("early", 0, "/shop"), ("late", 60, "/shop/src")]
    for name, after, cwd in reversed(told) if last_first else told:
        write(claude, name, assistant(name, NOON + after, cwd=cwd, session="s"))
        import_transcripts(ledger, [claude])
    assert ["/shop", "/shop"] == list(projects(ledger.connection).values())
    assert (NOON * 1000,) == ledger.connection.execute("SELECT min(first) FROM session_folder").fetchone()


def test_which_projects_there_are_is_known_without_the_messages(ledger: Ledger, claude: Path) -> None:
    write(claude, "s", assistant("m", NOON, cwd="/shop", session="s"))
    import_transcripts(ledger, [claude])
    read: set[str] = set()

    def note(action: int, table: str | None, *_: object) -> int:
        if action == SQLITE_READ and table:
            read.add(table)
        return SQLITE_OK

    ledger.connection.set_authorizer(note)
    assert ["/shop"] == list(projects(ledger.connection).values())
    assert "session_folder" in read
    assert "message" not in read


PATHS = ("/home/u/shop", "/home/u/shop-api", "/srv/shop", "/home/u/Blog", "/", "", r"C:\code\blog")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("/home/u/shop", ["/home/u/shop"]),
        ("/home/u/shop/", ["/home/u/shop"]),
        ("shop", ["/home/u/shop", "/srv/shop"]),
        ("shop-api", ["/home/u/shop-api"]),
        ("srv", ["/srv/shop"]),
        ("u/shop", ["/home/u/shop", "/home/u/shop-api"]),
        ("blog", [r"C:\code\blog"]),
        ("Blog", ["/home/u/Blog"]),
        ("/", ["/"]),
        ("nowhere", []),
    ],
)
def test_a_project_is_called_by_its_path_its_last_part_or_a_part_of_it(
    ledger: Ledger, claude: Path, name: str, found: list[str]
) -> None:
    for number, path in enumerate(PATHS):
        write(claude, f"s{number}", assistant(f"m{number}", NOON, cwd=path, session=f"s{number}"))
    import_transcripts(ledger, [claude])
    assert found == [project.path for project in find_projects(ledger.connection, name)]
