"""EFFECT Which project a message belongs to: its folder, or the one that its session started in when that holds it.

A worktree that Claude Code made for itself (`.claude/worktrees/NAME`) is the checkout that it was made in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

WORKTREE = re.compile(r"[/\\]\.claude[/\\]worktrees[/\\][^/\\]+(?=[/\\]|$)")


def projects(connection: Connection, since: float = 0.0) -> dict[tuple[int, int], str]:
    """(session, folder) by their ids → the project's path, for every pair that has messages from `since` (epoch seconds) on."""
    paths = {key: checkout(path) for key, path in connection.execute("SELECT id, path FROM project")}
    query = "SELECT session_id, project_id FROM message WHERE time >= ? GROUP BY 1, 2 ORDER BY min(time), min(id)"
    found: dict[tuple[int, int], str] = {}
    started: dict[int, str] = {}
    for session, folder in connection.execute(query, (since * 1000,)):
        start = started.setdefault(session, paths[folder])
        found[session, folder] = start if within(paths[folder], start) else paths[folder]
    return found


def checkout(path: str) -> str:
    """`path`, or what it is in the checkout that its worktree was made in."""
    return WORKTREE.sub("", path)


def within(path: str, folder: str) -> bool:
    """Whether `path` is in `folder`, which is not the root; names are compared, links are not followed."""
    return len(folder) > 1 and (path == folder or (path.startswith(folder) and path[len(folder)] in "/\\"))
