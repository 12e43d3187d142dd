"""EFFECT Many bytes are scanned by two processes, few by this one.

The second process is a fresh interpreter, not a fork: it shares no database and no lock with this one. Both take the next turn
from one pipe, so neither waits for the other, and results come back as length and MessagePack.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

import msgspec

from quotaline.transcripts.job import Job, Scanned
from quotaline.transcripts.scan import CHUNK, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORTH_IT = 48 << 20  # bytes below which a second interpreter costs more than it saves
TICKET_BYTES = 4
TICKETS = 2048  # a pipe holds them all on every system
WAITING = 512  # results that may wait while this process stores; some 5 MB
START = "from quotaline.transcripts.workers import serve; serve()"

_encode = msgspec.msgpack.Encoder().encode
_decode_turns = msgspec.msgpack.Decoder(list[list[Job]]).decode
_decode_scanned = msgspec.msgpack.Decoder(Scanned).decode


def scan_all(jobs: Sequence[Job]) -> Iterator[Scanned]:
    """What every job gives, in no particular order."""
    large = sum(job.ahead for job in jobs) >= WORTH_IT and len(jobs) > 1
    if not large or os.name != "posix" or not sys.executable or _processors() < 2:  # noqa: PLR2004 - two are two
        buffer = bytearray(CHUNK)
        for job in jobs:
            yield from scan(job, buffer)
        return
    collecting = gc.isenabled()
    gc.disable()  # rows hold no cycles; looking for them takes a tenth of the time
    try:
        yield from _together(jobs)
    finally:
        if collecting:
            gc.enable()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def batches(jobs: Sequence[Job]) -> list[list[Job]]:
    """The jobs as one turn for each token; the largest first, lest one process ends long after the other."""
    large = [job for job in jobs if job.ahead > WORTH_IT]
    small = [job for job in jobs if job.ahead <= WORTH_IT]
    several = -(-len(small) // TICKETS)
    return [[job] for job in large] + [small[at : at + several] for at in range(0, len(small), several or 1)]


def _together(jobs: Sequence[Job]) -> Iterator[Scanned]:
    turns = batches(jobs)
    tokens, writer = os.pipe()
    os.write(writer, b"".join(turn.to_bytes(TICKET_BYTES, "big") for turn in range(len(turns))))
    os.close(writer)
    left, buffer = {job.file_id: job for job in jobs}, bytearray(CHUNK)
    try:
        with _Helper(turns, tokens) as helper:
            for turn in _taken(tokens):
                for job in turns[turn]:
                    for scanned in scan(job, buffer):
                        yield _seen(scanned, left)
                    for scanned in helper.results(wait=False):
                        yield _seen(scanned, left)
            for scanned in helper.results(wait=True):
                yield _seen(scanned, left)
    finally:
        os.close(tokens)
    for job in left.values():  # whatever the helper took and did not finish
        yield from scan(job, buffer)


def _seen(scanned: Scanned, left: dict[int, Job]) -> Scanned:
    if scanned.whole:
        left.pop(scanned.state.file_id, None)
    return scanned


def _taken(tokens: int) -> Iterator[int]:
    """Turns from the pipe that both processes read, until it is empty."""
    while len(token := os.read(tokens, TICKET_BYTES)) == TICKET_BYTES:
        yield int.from_bytes(token, "big")


class _Helper:
    """The second process, and a thread that takes its results off the pipe while this one scans."""

    def __init__(self, turns: list[list[Job]], tokens: int) -> None:
        self._queue: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, str(tokens)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(tokens,),
        )
        self._thread = threading.Thread(target=self._carry, args=(_encode(turns),), daemon=True)
        self._thread.start()

    def _carry(self, jobs: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(jobs)
            self._process.stdin.close()
            source = self._process.stdout
            while len(head := source.read(TICKET_BYTES)) == TICKET_BYTES:
                size = int.from_bytes(head, "big")
                data = source.read(size)
                if len(data) == size:
                    self._queue.put(data)
        except OSError:
            pass  # it is gone; what it did not finish is done here
        finally:
            self._queue.put(None)

    def results(self, *, wait: bool) -> Iterator[Scanned]:
        """What is there by now; all that will come, with `wait`."""
        while wait or not self._queue.empty():
            data = self._queue.get()
            if data is None:
                self._queue.put(None)
                return
            yield _decode_scanned(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        while self._thread.is_alive():  # it may wait for room in the queue
            with contextlib.suppress(queue.Empty):
                self._queue.get(timeout=0.01)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


def serve() -> None:
    """The second process: take turns until there are none, write results; leave when nobody reads them."""
    gc.disable()
    turns = _decode_turns(sys.stdin.buffer.read())
    out, buffer = sys.stdout.buffer, bytearray(CHUNK)
    with contextlib.suppress(BrokenPipeError):
        for turn in _taken(int(sys.argv[1])):
            for job in turns[turn]:
                for scanned in scan(job, buffer):
                    data = _encode(scanned)
                    out.write(len(data).to_bytes(TICKET_BYTES, "big") + data)
                    out.flush()
