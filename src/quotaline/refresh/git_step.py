"""EFFECT After a refresh: a look at each repository that a Claude line showed lately, for lines that show a git state.

`<cache dir>/git/*.json` holds one repository each. The prompt path makes the file and touches it when it draws; here it is
filled: `head`, `oid`, `ref` and `index` say of which commit and index the `fields` were taken, `at` when. Few, and the quickest
first; one that takes its time is asked less often. A repository that is gone costs its file and no process.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, structs

from quotaline.core import git
from quotaline.core.paths import cache_dir as cache_dir_of
from quotaline.core.periods import DAY, HOUR
from quotaline.errors import SourceError
from quotaline.files import HeldError, lock, read_file, remove_scratch, write_own
from quotaline.sources.git_status import Git, GitStatus, SlowError, find_git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.model import Snapshot

VERSION = 1
LATELY, KEPT_FOR = 600.0, float(DAY)
"""Seconds since a repository was last drawn: until when it is looked at, and until when its file is kept."""
MOST = 8
LIMIT, TOGETHER = 5.0, 10.0
"""Seconds for one repository, and after which no other is begun."""
SOONEST, SHARE = 5.0, 30.0
"""A look is worth another after this many seconds, and after so many times the seconds that it took."""
FAILED_FIRST, FAILED_LONGEST = 60.0, float(HOUR)
LARGEST = 65536
OPERATIONS = (
    ("rebase-merge", "rebase"), ("rebase-apply", "rebase"), ("MERGE_HEAD", "merge"), ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"), ("BISECT_LOG", "bisect"),
)  # fmt: skip
"""What is in the git folder while an operation waits to be ended, and its name."""


class State(Struct, kw_only=True):
    """A repository's file. Times are epoch seconds; `took` are the last look's seconds, `failures` those in a row."""

    version: int = VERSION
    top: str
    asked: float = 0.0
    took: float = 0.0
    failures: int = 0
    at: float | None = None
    head: str = ""
    oid: str = ""
    ref: str = ""
    index: list[int] = []
    fields: dict[str, str | int] = {}


def look_at_repositories(env: Mapping[str, str], snapshot: Snapshot, *, eager: bool = False) -> None:
    """Fill the files of repositories whose turn it is; `eager` makes it everyone's. Raises nothing."""
    cache_dir, glyphs = cache_dir_of(env), snapshot.style.get("git")
    if not cache_dir or not isinstance(glyphs, list):
        return
    folder = Path(cache_dir, git.STATES)
    with contextlib.suppress(OSError, HeldError):
        found = drawn_lately(folder, time.time())
        due = [one for one in found if eager or is_due(one[0], time.time())]
        program = find_git(env) if due else None
        if program is None:
            return
        remove_scratch((folder,), time.time())
        with lock(folder / "lock"), Git(program, env) as asked:
            ends_at = time.monotonic() + TOGETHER
            for state, path in sorted(due, key=lambda one: one[0].took):
                if time.monotonic() < ends_at:
                    look(asked, state, path, glyphs)


def drawn_lately(folder: Path, now: float) -> list[tuple[State, Path]]:
    """The repositories that were drawn in the last minutes and are still there, at most MOST; other files are removed."""
    with os.scandir(folder) as entries:
        files = [(entry.stat().st_mtime, Path(entry.path)) for entry in entries if entry.name.endswith(".json")]
    found: list[tuple[State, Path]] = []
    for drawn, path in sorted(files, reverse=True):
        if now - drawn > KEPT_FOR:
            path.unlink(missing_ok=True)
        elif now - drawn <= LATELY and len(found) < MOST:
            try:
                state = msgspec.json.decode(read_file(path, LARGEST), type=State)
            except (OSError, ValueError):
                continue
            if state.version == VERSION and git.branch(state.top):
                found.append((state, path))
            else:
                path.unlink(missing_ok=True)
    return found


def is_due(state: State, now: float) -> bool:
    """Whether a look is worth its price: the longer the last one took, the later comes the next."""
    pause = max(SOONEST, SHARE * state.took)
    if state.failures:
        pause = max(pause, min(FAILED_FIRST * 2.0 ** min(state.failures - 1, 20), FAILED_LONGEST))
    return not state.asked <= now < state.asked + pause


def look(asked: Git, state: State, path: Path, glyphs: list[str]) -> None:
    """One repository's look, and its file. Raises OSError."""
    began, now = time.monotonic(), time.time()
    top, home, head = git.repository(state.top) or ("", "", "")
    if top != state.top:  # it is gone, and another one stands around it
        path.unlink(missing_ok=True)
        return
    ref, index = ref_file(home, head), git.index_facts(home)  # before: what moves meanwhile does not fit what is found
    state = structs.replace(state, asked=now)
    try:
        told = asked.status(Path(state.top), LIMIT)
    except SourceError as error:
        took = LIMIT if isinstance(error, SlowError) else 0.0
        state = structs.replace(state, failures=state.failures + 1, took=max(state.took, took))
    else:
        fields = git_fields(told, operation(home), glyphs)
        took = time.monotonic() - began
        state = structs.replace(
            state, failures=0, took=took, at=now, head=head, oid=told.oid, ref=ref, index=index, fields=fields
        )
    drawn = path.stat().st_mtime
    write_own(path, msgspec.json.encode(state))
    os.utime(path, (drawn, drawn))  # what the prompt path says by it stays said


def git_fields(told: GitStatus, doing: str | None, glyphs: list[str]) -> dict[str, Any]:
    """What is known as fields: `git.state` in few signs, and one for each number."""
    clean, up, down = glyphs
    gone = "gone" if told.upstream and told.ahead is None and told.oid != "(initial)" else None
    signs = [
        doing,
        None if told.dirty else clean,
        told.conflicts and f"={told.conflicts}",
        told.staged and f"+{told.staged}",
        told.modified and f"!{told.modified}",
        told.untracked and f"?{told.untracked}",
        told.ahead and f"{up}{told.ahead}",
        told.behind and f"{down}{told.behind}",
        gone,
        told.stash and f"${told.stash}",
    ]
    numbers = structs.asdict(told)
    del numbers["oid"]
    words = {**numbers, "operation": doing, "state": " ".join(str(sign) for sign in signs if sign)}
    return {f"git.{name}": value for name, value in words.items() if value is not None}


def operation(home: str) -> str | None:
    """What waits to be ended in a git folder: a rebase, a merge …; None where nothing does."""
    return next((name for mark, name in OPERATIONS if Path(home, mark).exists()), None)


def ref_file(home: str, head: str) -> str:
    """The file that says at which commit the branch is; "" for a detached HEAD, whose text says it."""
    name = head[4:].strip() if head.startswith("ref:") else ""
    if not name.startswith("refs/") or ".." in name:
        return ""
    try:
        common = read_file(Path(home, "commondir"), git.MAX_BYTES).decode("utf-8", "surrogateescape").strip()
    except OSError:
        common = ""  # no worktree
    return os.path.normpath(Path(home, common, name))
