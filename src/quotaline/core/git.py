"""EFFECT A folder's repository, read from `.git` without a process: worktrees, submodules and detached heads included."""

from quotaline.core import system
from quotaline.core.values import read_small_file

MAX_DEPTH = 64
MAX_BYTES = 4096
SHORT_SHA = 7
SHA_LENGTHS = (40, 64)
STATES = "git"
"""The folder below the account's cache, with one file for each repository whose state a line shows (`refresh/git_step.py`)."""


def branch(folder: str) -> str:
    """The branch's name, seven digits of a detached commit, or "" outside a repository."""
    found = repository(folder)
    return name_of(found[2]) if found else ""


def repository(folder: str) -> "tuple[str, str, str] | None":
    """The top of the working tree that `folder` is in, its git folder, and the text of its HEAD; None outside of one."""
    for _ in range(MAX_DEPTH):
        marker = system.join(folder, ".git")
        home, head = marker, head_text(marker)
        if not head:  # a worktree or submodule has a file that names its folder
            link = read_small_file(marker, MAX_BYTES).decode("utf-8", "replace").strip()
            if link.startswith("gitdir:"):
                home = system.join(folder, link[7:].strip())
                head = head_text(home)
        if name_of(head):
            return folder, home, head
        parent = system.dirname(folder)
        if parent == folder or not parent:
            return None
        folder = parent
    return None


def head_text(home: str) -> str:
    """`ref: refs/heads/main`, or the digits of a commit; "" where there is no HEAD."""
    return read_small_file(system.join(home, "HEAD"), MAX_BYTES).decode("utf-8", "replace").strip()


def name_of(head: str) -> str:
    """What a HEAD names: a branch, or seven digits of a detached commit."""
    if head.startswith("ref:"):
        name = head[4:].strip()
        name = name.removeprefix("refs/heads/")
        return "" if name == ".invalid" else name  # a reftable repository keeps its branch elsewhere
    return head[:SHORT_SHA] if len(head) in SHA_LENGTHS and head.isalnum() else ""


def index_facts(home: str) -> "list[int]":
    """What changes with each `git add`, commit and checkout: time and size of the index; empty where there is none."""
    try:
        facts = system.stat(system.join(home, "index"))
    except (OSError, ValueError):
        return []
    return [facts.st_mtime_ns, facts.st_size]


def state_file(folder: str, top: str) -> str:
    """The file of a repository's state in the cache folder; two repositories of one name tell each other apart by `top`."""
    return system.join(folder, STATES, f"{hash(int.from_bytes(system.fsencode(top), 'big')):x}.json")
