"""EFFECT The second process that scans, as the first one sees it."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

import msgspec

from quotaline.core.child_env import without_admin_key
from quotaline.transcripts.job import NUMBER_BYTES, Scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.transcripts.job import Job

WAITING = 512  # results that may wait while the first process stores; some 5 MB

_decode_scanned = msgspec.msgpack.Decoder(Scanned).decode


class Helper:
    """The second process, and a thread that takes its results off the pipe while this one scans."""

    def __init__(self, code: str, turns: list[list[Job]], tokens: int) -> None:
        self._queue: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", code, str(tokens)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(tokens,),
            env=without_admin_key(os.environ),
        )
        self._thread = threading.Thread(target=self._carry, args=(msgspec.msgpack.encode(turns),), daemon=True)
        self._thread.start()

    def _carry(self, jobs: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(jobs)
            self._process.stdin.close()
            source = self._process.stdout
            while len(head := source.read(NUMBER_BYTES)) == NUMBER_BYTES:
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
