"""EFFECT The bytes of one transcript that were not read yet → rows of usage."""

from __future__ import annotations

import mmap
import os
import stat
import time
import zlib
from typing import TYPE_CHECKING

from quotaline.transcripts.collected import Collected
from quotaline.transcripts.job import Job, Scanned
from quotaline.transcripts.line import OTHER, OURS, decode
from quotaline.transcripts.row import tomorrow

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 19  # fits the processor's cache: each byte comes from memory once
LONGEST = 64 << 20  # a longer line is skipped and counted
BATCH = 4096  # rows of one file that are kept before they are handed on
GUARD = 4096  # bytes before the offset whose checksum tells a grown file from a rewritten one
# A line of another kind is thrown away by its first bytes. A record of ours that is glued behind it is looked for in all of the
# line where little is read, which is every time but the first, or where damage was found; else at the end of the line, by a
# letter of `requestId` and then by the type: to look at every byte would cost half as much again as reading the file.
GLUED, RARE, END, LITTLE = b'"assistant"', b"q", 448, 1 << 16
KEPT = 1 << 16  # bytes at the end of a line beyond `CHUNK` that are kept for that


def scan(job: Job, buffer: bytearray) -> Iterator[Scanned]:
    """Read `job`'s file from its offset; yields rows in batches, the last one `whole`. Raises nothing.

    `buffer`, of `CHUNK` bytes, is lent: thousands of new ones would cost as much as the reading.
    A file that is shorter than the offset, or does not go on from what was there, is read from its start. What is no regular
    file (any more) is refused before it is read, and opening it does not wait for the other end of a pipe.
    """
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(job.path, flags)
    except OSError as error:
        yield Scanned(job, [], whole=True, problem=error.strerror or str(error))
        return
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            yield Scanned(job, [], whole=True, problem="not a regular file")
            return
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
        self._kept = Collected(tomorrow(time.time()), job.owner)
        self._buffer = buffer
        self._held = self._skipped = self._read = self._passed = 0
        self._offset, self._passing = job.offset, job.skipping
        self._counted, self._odd = job.skipping, job.ahead <= LITTLE
        self._tail: bytes | bytearray = b""

    def run(self) -> Iterator[Scanned]:
        status = os.fstat(self._descriptor)
        if not self._goes_on(status.st_size):
            self._offset, self._kept.owner, self._passing, self._counted = 0, None, False, False
        anew = not self._offset
        position = os.lseek(self._descriptor, self._offset, os.SEEK_SET)
        while position < status.st_size:
            room = min(len(self._buffer), self._held + status.st_size - position)
            with memoryview(self._buffer) as view, view[self._held : room] as free:
                count = os.readv(self._descriptor, [free])
            if not count:
                break
            position += count
            self._read += count
            self._held += count
            self._advance()
            if len(self._kept) >= BATCH:
                yield Scanned(self._job, self._kept.rows(self._job.file_id))
        if self._passing and self._counted:  # a giant line without its end: never read these bytes again
            self._offset, self._tail = self._offset + self._passed + self._held, b""
        elif self._held and not self._passing:
            self._rest()
        state = Job(
            self._job.file_id,
            self._job.path,
            size=status.st_size,
            offset=self._offset,
            guard=zlib.crc32(self._tail),
            guarded=len(self._tail),
            owner=self._kept.owner,
            skipping=self._passing and self._counted,
        )
        if self._offset == self._job.offset:
            state.guard, state.guarded = self._job.guard, self._job.guarded
        yield Scanned(
            state,
            self._kept.rows(self._job.file_id),
            whole=True,
            inode=status.st_ino,
            mtime_ns=status.st_mtime_ns,
            bytes_read=self._read,
            skipped=self._skipped,
            anew=anew,
            owners=self._kept.owners,
            costs=self._kept.costs,
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
            self._drop(done)
        elif self._held == len(self._buffer):
            if not self._buffer[0]:
                done = self._held - len(self._buffer[: self._held].lstrip(b"\0"))  # a hole in the file is not read as one line
                self._drop(done)
            elif self._held >= LONGEST or OTHER(self._buffer, 0, CHUNK):
                self._passing, self._passed = True, 0
                self._pass()
            else:
                self._buffer.extend(bytes(len(self._buffer)))

    def _drop(self, count: int) -> None:
        """Go on behind the first `count` bytes of the buffer."""
        self._tail = self._buffer[max(0, count - GUARD) : count]
        self._offset += count
        self._held -= count
        self._buffer[: self._held] = self._buffer[count : count + self._held]

    def _pass(self) -> bool:
        """Throw away the bytes of a line that is not kept; true when its end was found and the buffer starts after it.

        `_passed` bytes of it are thrown away, the buffer begins with those that are kept.
        """
        end = self._buffer.find(b"\n", 0, self._held) + 1
        if self._passed + (end or self._held) > LONGEST and not self._counted:
            self._skipped, self._counted = self._skipped + 1, True
        if not end:
            gone = max(0, self._held - KEPT)
            self._passed += gone
            self._held -= gone
            self._buffer[: self._held] = self._buffer[gone : gone + self._held]
            return False
        if self._buffer.find(GLUED, 0, end) >= 0:
            self._search(self._buffer[:end], count=not self._counted)
        self._offset += self._passed
        self._drop(end)
        self._passing, self._passed, self._counted = False, 0, False
        return True

    def _take(self) -> int:
        """Read the whole lines of the buffer; their length together. The hot loop: most lines end at `OTHER`."""
        buffer, held, start = self._buffer, self._held, 0
        find, other, message = buffer.find, OTHER, self._kept.message
        while (end := find(b"\n", start, held)) >= 0:
            if other(buffer, start, end):
                edge = start if self._odd else find(RARE, max(start, end - END), end)
                if edge >= 0 and find(GLUED, max(start, edge - END), end) >= 0:
                    self._glued(buffer[start:end])
            elif end > start:
                try:
                    line = decode(buffer[start:end])
                    kind = line.type
                    if kind == "assistant":
                        message(line)
                    elif kind in OURS:
                        self._kept.session(line)
                except Exception:  # noqa: BLE001 - whatever a line has in it costs that line only
                    self._search(buffer[start:end])
            start = end + 1
        return start

    def _glued(self, data: bytearray) -> None:
        """Look at a line of another kind with a mark of ours in it: most are one record with that inside."""
        try:
            decode(data)
        except (ValueError, RecursionError):
            self._search(data)

    def _search(self, data: bytearray, *, count: bool = True) -> None:
        """Take the whole records of a line that is not simply one; `count` it when something in it is lost."""
        from quotaline.transcripts.records import search  # noqa: PLC0415 - clean transcripts never need it

        self._odd = True
        found = search(data)
        lost = found.damaged
        for line in found.lines:
            lost = not self._kept.record(line) or lost
        self._skipped += lost and count

    def _rest(self) -> None:
        """Take the records behind the last newline that are whole: it may never come, and what is taken twice counts once.

        The rest may be half written: then something in it that looks like a record is none.
        """
        data = self._buffer[: self._held]
        if data.rstrip(b" \t\r\0").endswith(b"}") and (GLUED in data or not OTHER(data)):
            from quotaline.transcripts.records import search  # noqa: PLC0415 - as above

            found = search(data)
            for line, whole in zip(found.lines, found.whole, strict=True):
                if whole:
                    self._kept.record(line)
