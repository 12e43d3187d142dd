"""EFFECT `git status` of a repository that nobody need trust, by a child that ends with us.

What a repository's own configuration may run at `git status` is switched off: a file system monitor (`core.fsmonitor`), hooks,
the filters that it names itself (those of the user's own configuration are the user's), a look into submodules, whose
configuration would be another, and fetching what a partial clone lacks. The environment is a list of what git needs, so that no
GIT_… variable and no secret is in it. Who owns the repository is git's to judge (`safe.directory`).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from quotaline.core.child_env import only_needed
from quotaline.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A shell in a process group of its own, which git joins: it ends the group when our end of the pipe closes.
WATCH = "read _; kill -9 0"
SAFE = ("-c", "core.fsmonitor=", "-c", f"core.hooksPath={os.devnull}")
STATUS = ("status", "--porcelain=v2", "--branch", "--show-stash", "--ignore-submodules=dirty")
NAMED = r"^(filter\..*\.(clean|process|required)|status\.showuntrackedfiles)$"
OWN_SCOPES = ("local", "worktree")
NO_UNTRACKED = ("no", "false", "off", "0")
NONE_FOUND = 1
"""What `git config` returns where nothing matches."""
LARGEST_OUTPUT = 16 * 1024 * 1024
MOST_FILTERS = 64
GRACE = 2.0


class SlowError(SourceError):
    """It did not answer in time."""


class GitStatus(Struct, frozen=True, kw_only=True):
    """What `git status` said. `oid` is the commit's digits, or `(initial)` where there is none yet.

    Counts are of files; `dirty` are all of them. `ahead` and `behind` are commits, None without an upstream that is there;
    `untracked` is None where the configuration says not to look for such files; `stash` None where there is none.
    """

    oid: str = ""
    upstream: str | None = None
    ahead: int | None = None
    behind: int | None = None
    stash: int | None = None
    staged: int = 0
    modified: int = 0
    conflicts: int = 0
    untracked: int | None = None
    dirty: int = 0


def find_git(env: Mapping[str, str]) -> str | None:
    """The path of git, from the absolute folders of PATH: the folder we look at is none of them."""
    return shutil.which("git", path=_absolute_path(env))


class Git:
    """git, for a few repositories one after the other; whatever it started ends with the block, or with us."""

    def __init__(self, program: str, env: Mapping[str, str]) -> None:
        self._program = program
        self._env = only_needed(env) | {
            "PATH": _absolute_path(env),
            "LC_ALL": "C",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",  # for a git that knows nothing of the line above
        }
        self._watch: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def status(self, top: Path, seconds: float) -> GitStatus:
        """The state of the repository at `top`. Raises SlowError after `seconds`, SourceError where git says nothing."""
        ends_at = time.monotonic() + seconds
        try:
            named = self._run(top, ("config", "--show-scope", "-z", "--get-regexp", NAMED), ends_at, allowed=(0, NONE_FOUND))
            foreign, untracked = overridden(b"".join(named))
            wanted = ("--untracked-files=normal",) if untracked else ("--untracked-files=no",)
            return parse(self._run(top, (*foreign, *STATUS, *wanted), ends_at), untracked=untracked)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SourceError(f"git cannot be asked: {type(error).__name__}.") from None

    def _run(self, top: Path, words: tuple[str, ...], ends_at: float, allowed: tuple[int, ...] = (0,)) -> Iterator[bytes]:
        """The pieces of what git prints. Raises SourceError at the end where git failed, SlowError, OSError."""
        command = [self._program, "--no-optional-locks", "--no-pager", *SAFE, "-C", str(top), *words]
        env = self._env | {"GIT_CEILING_DIRECTORIES": str(top.parent)}  # a broken `.git` is no reason to ask one above
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=env,
            process_group=self._group(),
        )
        try:
            yield from _pieces(process, ends_at)
            if process.wait(GRACE) not in allowed:
                raise SourceError("git says nothing of this repository.")
        finally:
            if process.poll() is None:
                self._end()
            _wait(process)
            if process.stdout is not None:
                process.stdout.close()

    def _group(self) -> int:
        if self._watch is None:
            void = subprocess.DEVNULL
            self._watch = subprocess.Popen(
                ["/bin/sh", "-c", WATCH], stdin=subprocess.PIPE, stdout=void, stderr=void, env={}, process_group=0
            )
        return self._watch.pid

    def _end(self) -> None:
        """End all that runs, at once."""
        watch, self._watch = self._watch, None
        if watch is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(watch.pid, signal.SIGKILL)
        _wait(watch)
        if watch.stdin is not None:
            watch.stdin.close()


def overridden(listed: bytes) -> tuple[tuple[str, ...], bool]:
    """What `git config --show-scope -z` lists → options without the repository's own filters; whether untracked files count.

    Raises SourceError where a filter's name cannot be given as an option.
    """
    parts = listed.decode("utf-8", "surrogateescape").split("\0")
    names, untracked = set(), True
    for scope, entry in zip(parts[::2], parts[1::2], strict=False):
        key, _, value = entry.partition("\n")
        if key == "status.showuntrackedfiles":
            untracked = value.lower() not in NO_UNTRACKED
        elif scope in OWN_SCOPES:
            names.add(key[len("filter.") : key.rindex(".")])
    if len(names) > MOST_FILTERS or any("=" in name for name in names):
        raise SourceError("This repository has filters that cannot be switched off.")
    changes = [f"filter.{name}.{key}" for name in sorted(names) for key in ("clean=", "process=", "required=false")]
    return tuple(word for change in changes for word in ("-c", change)), untracked


def parse(pieces: Iterator[bytes], *, untracked: bool = True) -> GitStatus:
    """The lines of `--porcelain=v2 --branch --show-stash`, counted as they come."""
    told: dict[str, str] = {}
    counts = {"staged": 0, "modified": 0, "conflicts": 0, "untracked": 0, "dirty": 0}
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            kind = line[:2]
            if kind == b"# ":
                name, _, value = line[2:].decode("utf-8", "replace").partition(" ")
                told[name] = value
                continue
            counts["untracked"] += kind == b"? "
            counts["conflicts"] += kind == b"u "
            if kind in (b"1 ", b"2 "):
                counts["staged"] += line[2:3] != b"."
                counts["modified"] += line[3:4] != b"."
            counts["dirty"] += kind in (b"? ", b"u ", b"1 ", b"2 ")
    ahead, _, behind = told.get("branch.ab", "").partition(" ")
    return GitStatus(
        oid=told.get("branch.oid", ""),
        upstream=told.get("branch.upstream"),
        ahead=_count(ahead.removeprefix("+")),
        behind=_count(behind.removeprefix("-")),
        stash=_count(told.get("stash", "")) or None,
        staged=counts["staged"],
        modified=counts["modified"],
        conflicts=counts["conflicts"],
        untracked=counts["untracked"] if untracked else None,
        dirty=counts["dirty"],
    )


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - a count, not a story


def _pieces(process: subprocess.Popen[bytes], ends_at: float) -> Iterator[bytes]:
    """Its output until it closes. Raises SlowError."""
    stdout, size = process.stdout, 0
    if stdout is None:
        return
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, ends_at - time.monotonic())):
            data = os.read(stdout.fileno(), 65536)
            if not data:
                return
            size += len(data)
            if size > LARGEST_OUTPUT:
                break
            yield data
    raise SlowError("git did not answer in time.")


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Until it has ended; one that waits for a disk cannot be killed, and is left."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)


def _absolute_path(env: Mapping[str, str]) -> str:
    """PATH without what depends on the folder one stands in."""
    return os.pathsep.join(part for part in env.get("PATH", os.defpath).split(os.pathsep) if Path(part).is_absolute())
