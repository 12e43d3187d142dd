"""Real repositories for tests, made by real git."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = (
    "-c", "user.name=n", "-c", "user.email=n@example.invalid", "-c", "init.defaultBranch=trunk",
    "-c", "protocol.file.allow=always",
)  # fmt: skip


def git(folder: Path, *words: str, check: bool = True) -> str:
    """What git prints in `folder`."""
    command = ["git", *IDENTITY, *words]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(command, cwd=folder, check=check, capture_output=True, text=True, env=env).stdout.strip()


def commit(folder: Path, name: str, text: str = "1\n") -> None:
    """Write a file and commit it."""
    (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", name)


def repository(folder: Path) -> Path:
    """A repository with one commit of one file, `a`, on the branch `trunk`."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    commit(folder, "a")
    return folder
