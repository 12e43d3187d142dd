"""PURE What a scan is given and what it gives."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

NUMBER_BYTES = 4  # of a number in the pipes between two processes that scan


class Job(Struct, array_like=True, gc=False):
    """A file to read: from `offset` on. `owner` is the account named before it, `skipping` says it lies in a giant line.

    `size` is what the file had then, `guard` the checksum of the `guarded` bytes before the offset; `ahead` is how many bytes
    there seem to be to read.
    """

    file_id: int
    path: str
    ahead: int = 0
    size: int = 0
    offset: int = 0
    guard: int = 0
    guarded: int = 0
    owner: str | None = None
    skipping: bool = False


class Scanned(Struct, array_like=True):
    """What a job gave: rows and, when `whole`, the state to go on from and what the file says of sessions.

    `state` has the offset behind the last whole line; `skipped` counts lines above 64 MiB and lines of which something makes no
    sense, in a file that was read `anew` all of them.
    """

    state: Job
    rows: list[list[Any]]
    whole: bool = False
    inode: int = 0
    mtime_ns: int = 0
    bytes_read: int = 0
    skipped: int = 0
    anew: bool = False
    problem: str | None = None
    owners: dict[str, str] | None = None
    costs: dict[str, str] | None = None
