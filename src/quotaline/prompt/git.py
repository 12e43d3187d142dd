"""EFFECT The branch of a folder, read from `.git` without a process: worktrees, submodules and detached heads included."""

from quotaline.core import system
from quotaline.core.values import read_small_file

MAX_DEPTH = 64
MAX_BYTES = 4096
SHORT_SHA = 7
SHA_LENGTHS = (40, 64)


def branch(folder: str) -> str:
    """The branch's name, seven digits of a detached commit, or "" outside a repository."""
    for _ in range(MAX_DEPTH):
        marker = system.join(folder, ".git")
        head = _head(marker)
        if head:
            return head
        parent = system.dirname(folder)
        if parent == folder or not parent:
            return ""
        folder = parent
    return ""


def _head(marker: str) -> str:
    content = read_small_file(system.join(marker, "HEAD"), MAX_BYTES)
    if not content:  # a worktree or submodule has a file that names its folder
        link = read_small_file(marker, MAX_BYTES).decode("utf-8", "replace").strip()
        if not link.startswith("gitdir:"):
            return ""
        target = system.join(system.dirname(marker), link[7:].strip())
        content = read_small_file(system.join(target, "HEAD"), MAX_BYTES)
    head = content.decode("utf-8", "replace").strip()
    if head.startswith("ref:"):
        name = head[4:].strip()
        name = name.removeprefix("refs/heads/")
        return "" if name == ".invalid" else name  # a reftable repository keeps its branch elsewhere
    return head[:SHORT_SHA] if len(head) in SHA_LENGTHS and head.isalnum() else ""
