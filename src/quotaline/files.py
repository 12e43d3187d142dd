"""EFFECT Files are written whole and renamed; folders are 0700, files 0600."""

import os
import secrets
from pathlib import Path


def private_dir(path: Path) -> Path:
    """Make `path` with its parents, 0700, and return it. A folder that exists keeps its mode."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `data` in one step: a reader sees the old file or the new one, never half of either.

    Raises OSError; nothing is left behind then. There is no fsync: what is written so can be rebuilt.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
