"""EFFECT Which project a message belongs to: its folder, or the one that its session started in when that holds it.

A worktree that Claude Code made for itself (`.claude/worktrees/NAME`) is the checkout that it was made in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection
    from sqlite3 import Connection

IN_PROJECT = "(session_id, project_id) IN (SELECT session_id, project_id FROM temp.in_project)"
WORKTREE = re.compile(r"[/\\]\.claude[/\\]worktrees[/\\][^/\\]+(?=[/\\]|$)")


class Project(NamedTuple):
    """A project's path, and the pairs of session and folder, by their ids, whose messages are its own."""

    path: str
    pairs: tuple[tuple[int, int], ...]


PAIRS = (
    "SELECT session_id, project_id FROM session_folder WHERE {} ORDER BY first, project_id",
    "SELECT session_id, project_id FROM counted_run WHERE {} GROUP BY 1, 2 ORDER BY min(time), min(id)",
)


def projects(connection: Connection, sessions: Collection[int] | None = None) -> dict[tuple[int, int], str]:
    """(session, folder) by their ids → the project's path, for every pair that has messages or runs.

    With `sessions`, their ids, for those alone.
    """
    paths = {key: checkout(path) for key, path in connection.execute("SELECT id, path FROM project")}
    which = "TRUE" if sessions is None else f"session_id IN ({','.join(map(str, sessions))})"
    pairs = [pair for query in PAIRS for pair in connection.execute(query.format(which))]
    found: dict[tuple[int, int], str] = {}
    started: dict[int, str] = {}
    for session, folder in pairs:
        start = started.setdefault(session, paths[folder])
        found[session, folder] = start if within(paths[folder], start) else paths[folder]
    return found


def find_projects(connection: Connection, name: str) -> list[Project]:
    """The projects that `name` means: that path, else those whose last part it is, else those whose path holds it."""
    pairs: dict[str, list[tuple[int, int]]] = {}
    for pair, path in projects(connection).items():
        pairs.setdefault(path, []).append(pair)
    name = name.rstrip("/\\") or name
    exact = [path for path in pairs if path == name]
    last = [path for path in pairs if re.split(r"[/\\]", path)[-1] == name]
    found = exact or last or [path for path in pairs if name in path]
    return [Project(path, tuple(pairs[path])) for path in sorted(found)]


def keep_only(connection: Connection, project: Project) -> None:
    """Let `IN_PROJECT` choose the messages of one project, in this connection."""
    connection.execute("DROP TABLE IF EXISTS temp.in_project")
    connection.execute(
        "CREATE TEMP TABLE in_project (session_id, project_id, PRIMARY KEY (session_id, project_id)) WITHOUT ROWID"
    )
    connection.executemany("INSERT INTO temp.in_project VALUES (?, ?)", project.pairs)


def checkout(path: str) -> str:
    """`path`, or what it is in the checkout that its worktree was made in."""
    return WORKTREE.sub("", path)


def within(path: str, folder: str) -> bool:
    """Whether `path` is in `folder`, which is not the root; names are compared, links are not followed."""
    return len(folder) > 1 and (path == folder or (path.startswith(folder) and path[len(folder)] in "/\\"))
