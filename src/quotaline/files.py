"""EFFECT Files are read by kind and size, written whole and renamed; folders are 0700, files 0600; root leaves the owner."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_FILE = 16 * 1024 * 1024
SCRATCH = re.compile(r"\..+\.[0-9]+\.[0-9a-f]{8}|[^.].*\.[0-9]+\.new")  # of `write_atomic` and of the inbox
SCRATCH_KEPT_FOR = 3600.0
CHUNK = 1 << 20


def read_file(path: Path, limit: int = LARGEST_FILE) -> bytes:
    """The whole of a regular file of at most `limit` bytes, as `open_file` opens it. Raises the same."""
    with open_file(path, limit) as descriptor:
        pieces, room = [], limit + 1  # a file may grow while it is read
        while room and (piece := os.read(descriptor, min(room, CHUNK))):
            pieces.append(piece)
            room -= len(piece)
        if not room:
            raise OSError(errno.EFBIG, f"larger than {_size(limit)}", str(path))
        return b"".join(pieces)


@contextlib.contextmanager
def open_file(path: Path, limit: int) -> Iterator[int]:
    """A descriptor that reads a regular file of at most `limit` bytes; it never waits.

    Raises OSError, whose `strerror` says it, also for what is no file (a FIFO, a device, a folder, a socket) or is larger:
    one that a link names is looked at, not read. ValueError for a name that holds a NUL.
    """
    flags = ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
    descriptor = os.open(path, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EISDIR if stat.S_ISDIR(facts.st_mode) else errno.EINVAL, "not a regular file", str(path))
        if facts.st_size > limit:
            raise OSError(errno.EFBIG, f"larger than {_size(limit)}", str(path))
        yield descriptor
    finally:
        os.close(descriptor)


def private_dir(path: Path) -> Path:
    """Make `path` with its parents, 0700, and return it. A folder that exists keeps its mode."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def scratch_beside(path: Path) -> Path:
    """A name that no other writer of `path` has, for what will take its place; SCRATCH knows it when it is left behind."""
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `data` in one step: a reader sees the old file or the new one, never half of either.

    Where root writes into somebody's folder, the file is that one's. Raises OSError; nothing is left behind then. There is no
    fsync: what is written so can be rebuilt.
    """
    scratch = scratch_beside(path)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            _leave_the_owner(file.fileno(), path)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def write_own(path: Path, data: bytes) -> None:
    """`write_atomic` for a file that is quotaline's alone: a folder that stands in its place is moved out of the way.

    An empty one is removed, another renamed to `NAME.moved-<epoch>`. Raises OSError.
    """
    try:
        write_atomic(path, data)
    except IsADirectoryError:
        try:
            path.rmdir()
        except OSError:
            path.rename(path.with_name(f"{path.name}.moved-{int(time.time())}"))
        write_atomic(path, data)


def remove_scratch(folders: Iterable[Path | None], now: float, *, beside: Path | None = None) -> None:
    """Remove what writers that were killed left half written, an hour later; `folders` are ours. Raises nothing.

    In the folder of the file `beside`, which others use as well, only what was to become that file.
    """
    for folder, start in ((beside and beside.parent, f".{beside.name}." if beside else ""), *((one, "") for one in folders)):
        if folder is None:
            continue
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(start) and SCRATCH.fullmatch(entry.name):
                    _remove_old(entry, now)


def _remove_old(entry: os.DirEntry[str], now: float) -> None:
    with contextlib.suppress(OSError):
        if entry.is_file(follow_symlinks=False) and now - entry.stat(follow_symlinks=False).st_mtime > SCRATCH_KEPT_FOR:
            Path(entry.path).unlink()


def _leave_the_owner(descriptor: int, path: Path) -> None:
    """For root: the owner of the file that was there, else of its folder."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    with contextlib.suppress(OSError):
        try:
            facts = path.stat()
        except OSError:
            facts = path.parent.stat()
        if (facts.st_uid, facts.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, facts.st_uid, facts.st_gid)


def _size(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
