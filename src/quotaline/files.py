"""EFFECT Files are read by kind and size, written whole, renamed, locked; folders 0700, files 0600; root leaves the owner."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PRIVATE = 0o600
LARGEST_FILE = 16 * 1024 * 1024
SCRATCH = re.compile(r"\..+\.[0-9]+\.[0-9a-f]{8}|[^.].*\.[0-9]+\.new")  # of `write_atomic` and of the inbox
SCRATCH_KEPT_FOR = 3600.0
CHUNK = 1 << 20
LOCK_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
PAUSE = 0.05  # seconds between two looks at a lock that another one has


class HeldError(Exception):
    """Another process has the lock."""


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


def write_atomic(path: Path, data: bytes, *, mode: int = PRIVATE) -> None:
    """Replace `path` by `data` in one step: a reader sees the old file or the new one, never half of either.

    It has `mode`, whatever the umask: what others are to read is asked for by name.
    Where root writes into somebody's folder, the file is that one's. Raises OSError; nothing is left behind then. There is no
    fsync: what is written so can be rebuilt.
    """
    scratch = scratch_beside(path)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if mode != PRIVATE and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
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


@contextlib.contextmanager
def lock(path: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold the lock file `path` against every other process; `patience` seconds are waited for one that has it.

    Raises HeldError where that one still has it then, OSError where the file cannot be made. The file stays: whoever waits for
    it has it open.
    """
    give_back = _take_lock(path, patience)
    try:
        yield
    finally:
        give_back()


def _take_lock(path: Path, patience: float) -> Callable[[], None]:
    """Take it as `filelock` does where there is flock; importing that takes a refresh longer than reading all its sources."""
    until = time.monotonic() + patience
    while fcntl is not None:
        descriptor = os.open(path, LOCK_FLAGS, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno == errno.ENOSYS:
                if not path.stat().st_size:
                    path.unlink()  # there a file is the lock, and says whose; this one is ours
                break
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            if time.monotonic() >= until:
                raise HeldError(path.name) from None
            time.sleep(PAUSE)
            continue
        if os.fstat(descriptor).st_nlink:
            return partial(os.close, descriptor)
        os.close(descriptor)  # somebody removed the file meanwhile
    import filelock  # noqa: PLC0415 - see above

    other = filelock.FileLock(path, mode=0o600)
    try:
        other.acquire(timeout=patience)
    except filelock.Timeout:
        raise HeldError(path.name) from None
    return other.release


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
