"""EFFECT Many bytes are scanned by two processes, few by this one.

The second process is a fresh interpreter, not a fork: it shares no database and no lock with this one. Both take the next turn
from one pipe, so neither waits for the other, and results come back as length and MessagePack.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING

import msgspec

from quotaline.transcripts.job import NUMBER_BYTES, Job
from quotaline.transcripts.scan import CHUNK, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quotaline.transcripts.job import Scanned

WORTH_IT = 48 << 20  # bytes below which a second interpreter costs more than it saves
TICKETS = 2048  # a pipe holds them all on every system
START = "from quotaline.transcripts.workers import serve; serve()"


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
    from quotaline.transcripts.helper import Helper  # noqa: PLC0415 - a refresh that reads little starts no process

    turns = batches(jobs)
    tokens, writer = os.pipe()
    os.write(writer, b"".join(turn.to_bytes(NUMBER_BYTES, "big") for turn in range(len(turns))))
    os.close(writer)
    left, buffer = {job.file_id: job for job in jobs}, bytearray(CHUNK)
    try:
        with Helper(START, turns, tokens) as helper:
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
    while len(token := os.read(tokens, NUMBER_BYTES)) == NUMBER_BYTES:
        yield int.from_bytes(token, "big")


def serve() -> None:
    """The second process: take turns until there are none, write results; leave when nobody reads them."""
    gc.disable()
    encode, turns = msgspec.msgpack.encode, msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[list[Job]])
    out, buffer = sys.stdout.buffer, bytearray(CHUNK)
    with contextlib.suppress(BrokenPipeError):
        for turn in _taken(int(sys.argv[1])):
            for job in turns[turn]:
                for scanned in scan(job, buffer):
                    data = encode(scanned)
                    out.write(len(data).to_bytes(NUMBER_BYTES, "big") + data)
                    out.flush()
