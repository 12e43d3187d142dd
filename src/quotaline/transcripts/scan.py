"""EFFECT The bytes of one transcript that were not read yet → rows of usage."""

from __future__ import annotations

import mmap
import os
import zlib
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from quotaline.transcripts.line import OTHER, TIME, Line, milliseconds, read_line, same_message, usage_row

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 19  # fits the processor's cache: each byte comes from memory once
LONGEST = 64 << 20  # a longer line is skipped and counted
BATCH = 4096  # rows of one file that are kept before they are handed on
GUARD = 4096  # bytes before the offset whose checksum tells a grown file from a rewritten one


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

    `state` has the offset behind the last whole line; `skipped` counts lines above 64 MiB and lines that make no sense.
    """

    state: Job
    rows: list[tuple[Any, ...]]
    whole: bool = False
    inode: int = 0
    mtime_ns: int = 0
    bytes_read: int = 0
    skipped: int = 0
    problem: str | None = None
    owners: dict[str, str] | None = None
    costs: dict[str, str] | None = None


def scan(job: Job, buffer: bytearray) -> Iterator[Scanned]:
    """Read `job`'s file from its offset; yields rows in batches, the last one `whole`. Raises nothing.

    `buffer`, of `CHUNK` bytes, is lent: thousands of new ones would cost as much as the reading.
    A file that is shorter than the offset, or does not go on from what was there, is read from its start.
    """
    try:
        descriptor = os.open(job.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        yield Scanned(job, [], whole=True, problem=error.strerror or str(error))
        return
    try:
        yield from _Scan(job, descriptor, buffer).run()
    except OSError as error:
        yield Scanned(job, [], whole=True, problem=error.strerror or str(error))
    finally:
        os.close(descriptor)
        del buffer[CHUNK:]


class _Scan:
    """One pass over one file. `_buffer[:_held]` are the bytes from `_offset` on that no newline has ended yet."""

    def __init__(self, job: Job, descriptor: int, buffer: bytearray) -> None:
        self._job, self._descriptor = job, descriptor
        self._messages: dict[tuple[str | None, str | None], list[Any]] = {}
        self._owners: dict[str, str] = {}
        self._costs: dict[str, str] = {}
        self._buffer = buffer
        self._held = self._skipped = self._read = self._passed = 0
        self._offset, self._owner, self._passing = job.offset, job.owner, job.skipping
        self._counted = job.skipping
        self._tail: bytes | bytearray = b""

    def run(self) -> Iterator[Scanned]:
        stat = os.fstat(self._descriptor)
        if not self._goes_on(stat.st_size):
            self._offset, self._owner, self._passing, self._counted = 0, None, False, False
        position = os.lseek(self._descriptor, self._offset, os.SEEK_SET)
        while position < stat.st_size:
            room = min(len(self._buffer), self._held + stat.st_size - position)
            with memoryview(self._buffer) as view, view[self._held : room] as free:
                count = os.readv(self._descriptor, [free])
            if not count:
                break
            position += count
            self._read += count
            self._held += count
            self._advance()
            if len(self._messages) >= BATCH:
                yield Scanned(self._job, self._rows())
        if self._passing and self._counted:  # a giant line without its end: never read these bytes again
            self._offset, self._tail = self._offset + self._passed, b""
        state = Job(
            self._job.file_id,
            self._job.path,
            size=stat.st_size,
            offset=self._offset,
            guard=zlib.crc32(self._tail),
            guarded=len(self._tail),
            owner=self._owner,
            skipping=self._passing and self._counted,
        )
        if self._offset == self._job.offset:
            state.guard, state.guarded = self._job.guard, self._job.guarded
        yield Scanned(
            state,
            self._rows(),
            whole=True,
            inode=stat.st_ino,
            mtime_ns=stat.st_mtime_ns,
            bytes_read=self._read,
            skipped=self._skipped,
            owners=self._owners,
            costs=self._costs,
        )

    def _goes_on(self, size: int) -> bool:
        """Whether the file holds before the offset what it held. Through a mapping: nothing but appended bytes is read."""
        job = self._job
        if not job.offset or not job.guarded:
            return size >= job.offset
        if size <= job.size or size < job.offset:  # the same size and yet changed: rewritten
            return False
        start = job.offset - job.guarded
        page = start - start % mmap.ALLOCATIONGRANULARITY
        with mmap.mmap(self._descriptor, job.offset - page, access=mmap.ACCESS_READ, offset=page) as window:
            return zlib.crc32(window[start - page :]) == job.guard

    def _advance(self) -> None:
        """Take the whole lines out of the buffer; make room for the rest of a long one."""
        if self._passing and not self._pass():
            return
        done = self._take()
        if done:
            self._tail = self._buffer[max(0, done - GUARD) : done]
            self._offset += done
            self._held -= done
            self._buffer[: self._held] = self._buffer[done : done + self._held]
        elif self._held == len(self._buffer):
            if self._held >= LONGEST or OTHER(self._buffer, 0, CHUNK):
                self._passing, self._passed = True, 0
                self._pass()
            else:
                self._buffer.extend(bytes(len(self._buffer)))

    def _pass(self) -> bool:
        """Throw away the bytes of a line that is not kept; true when its end was found and the buffer starts after it."""
        end = self._buffer.find(b"\n", 0, self._held) + 1
        self._passed += end or self._held
        if self._passed > LONGEST and not self._counted:
            self._skipped, self._counted = self._skipped + 1, True
        if not end:
            self._held = 0
            return False
        self._tail = self._buffer[max(0, end - GUARD) : end]
        self._offset += self._passed
        self._held -= end
        self._buffer[: self._held] = self._buffer[end : end + self._held]
        self._passing, self._passed, self._counted = False, 0, False
        return True

    def _take(self) -> int:
        """Read the whole lines of the buffer; their length together. The hot loop: most lines end at `OTHER`."""
        buffer, held, start = self._buffer, self._held, 0
        find, other = buffer.find, OTHER
        while (end := find(b"\n", start, held)) >= 0:
            if end > start and not other(buffer, start, end):
                try:
                    line = read_line(buffer[start:end])
                    if line is None:
                        pass
                    elif line.type == "assistant":
                        self._message(line)
                    else:
                        self._session(line)
                except (ValueError, RecursionError):  # msgspec's errors are of the first kind
                    self._skipped += 1
            start = end + 1
        return start

    def _message(self, line: Line) -> None:
        """Keep the usage of an API message; raises ValueError when it has no id or no time."""
        message = line.message
        if message is None or (usage := message.usage) is None:
            return
        if line.is_api_error_message or message.model == "<synthetic>":
            return
        key = (message.id or line.uuid, line.request_id)
        row = self._messages.get(key)
        if row is not None:
            same_message(row, line, usage)
        else:
            self._messages[key] = usage_row(line, message, usage, self._owner)

    def _session(self, line: Line) -> None:
        """Keep what a line says of its session: whose it is, and what the client says it cost."""
        if line.session_id and line.account_uuid:
            self._owner = self._owners[line.session_id] = line.account_uuid
        elif line.session_id and line.total_cost_usd is not None:
            self._costs[line.session_id] = str(line.total_cost_usd)

    def _rows(self) -> list[tuple[Any, ...]]:
        rows = []
        for row in self._messages.values():
            try:
                row[TIME] = milliseconds(row[TIME])
            except ValueError:
                self._skipped += 1
                continue
            row.append(self._job.file_id)
            rows.append(tuple(row))
        self._messages.clear()
        return rows
