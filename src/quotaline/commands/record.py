"""EFFECT `quotaline record`: stands behind `claude -p` in a pipe, passes everything on and keeps what it cost."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quotaline.core import paths, system
from quotaline.core.inbox import write_if_changed
from quotaline.errors import LedgerError
from quotaline.ledger import open_ledger
from quotaline.ledger.runs import store_run
from quotaline.ledger.store import short_waits
from quotaline.locations import resolve_locations
from quotaline.sources.claude_output import OutputReader
from quotaline.sources.claude_result import event_limits, read_result
from quotaline.transcripts.row import FIRST_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from quotaline.ledger.runs import Run
    from quotaline.sources.claude_output import Message
    from quotaline.sources.claude_result import Result

PIECE = 1 << 16


@click.command()
def record() -> int:
    """Read the output of `claude -p --output-format json` (or stream-json) on stdin and pass it on unchanged.

    What the run used and cost goes into the ledger, the rate limits that a stream tells to the prompts. Exit code 0 when the
    result is there and says no error, 1 otherwise; an answer that a hook blocked or stopped is none, though the client calls
    it a success.

    \b
    claude -p "…" --output-format json | quotaline record | jq -r .result
    """  # noqa: D301 - \b tells click to leave the lines below it as they are
    if not os.isatty(0):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, whose result is still to come
    recorder = Recorder(os.environ)
    for piece in _passed_on():
        recorder.feed(piece)
    recorder.finish()
    result = recorder.last
    if result is None:
        click.echo("quotaline: stdin held no result of claude -p; add --output-format json (or stream-json).", err=True)
    elif not result.healthy and not result.is_error:
        click.echo("quotaline: a hook stopped the run before it was done; the client calls it a success.", err=True)
    return 0 if result is not None and result.healthy else 1


def _passed_on() -> Iterator[bytes]:
    """The pieces of stdin, each copied to stdout first, also to a reader that leaves early. In the end stdout is closed."""
    listening = True
    while piece := os.read(0, PIECE):
        rest = piece
        while listening and rest:
            try:
                rest = rest[os.write(1, rest) :]
            except BlockingIOError:
                select.select([], [1], [])
            except OSError as error:
                listening = False
                if not isinstance(error, BrokenPipeError):
                    click.echo(f"quotaline: the output cannot be passed on: {error.strerror}.", err=True)
        yield piece
    nowhere = os.open(os.devnull, os.O_WRONLY)  # whoever reads the pipe is done, whatever the ledger still needs
    os.dup2(nowhere, 1)
    os.close(nowhere)


class Recorder:
    """Keeps the runs and the rate limits of one output of `claude -p`; `last` is the last result so far."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.last: Result | None = None
        self._where = resolve_locations(env)
        self._cache_dir = paths.cache_dir(env)
        self._reader = OutputReader()
        self._folder = _working_folder()
        self._config_dir = str(self._where.claude_dirs[0]) if self._where.claude_dirs else ""
        self._another = False
        self._pending: list[Run] = []
        self._follows: str | None = None

    def feed(self, piece: bytes) -> None:
        """Take over the next bytes; a run is kept as soon as its result is there."""
        before = len(self._pending)
        self._take(self._reader.feed(piece))
        if len(self._pending) > before:
            with short_waits():
                self._store()

    def finish(self) -> None:
        """Keep what is still to be kept; says on stderr what cannot be."""
        self._take(self._reader.finish())
        problem = self._store()
        if problem:
            click.echo(f"quotaline: {problem}", err=True)

    def _take(self, messages: Iterable[Message]) -> None:
        for message in messages:
            kind = message["type"]
            if kind == "result":
                self.last = read_result(
                    message, self._moment(), folder=self._folder, config_dir=self._config_dir, follows=self._follows
                )
                self._follows = self.last.run.uuid
                self._pending.append(self.last.run)
            elif kind == "rate_limit_event" and not self._another:
                moment = self._moment()  # each event is a new answer of the server, whether or not its numbers are
                write_if_changed(self._cache_dir, message.get("session_id"), event_limits(message), moment, moment)
            elif message.get("subtype") == "init":
                self._begin(message)

    def _begin(self, message: Message) -> None:
        """What the first message of a stream says of where it runs."""
        folder, memory = message.get("cwd"), message.get("memory_paths")
        if isinstance(folder, str) and system.isabs(folder) and "\0" not in folder:
            self._folder = folder.encode("utf-8", "replace").decode()
        kept = memory.get("auto") if isinstance(memory, dict) else None
        config_dir, projects, _ = kept.rpartition("/projects/") if isinstance(kept, str) else ("", "", "")
        if projects and config_dir not in map(str, self._where.claude_dirs):
            self._config_dir, self._another = config_dir, True

    def _moment(self) -> float:
        """When the message at hand came: as the stream says, else now; for a file its last change."""
        now = time.time()
        with contextlib.suppress(OSError):
            facts = os.fstat(0)
            if stat.S_ISREG(facts.st_mode):
                now = min(now, facts.st_mtime)
        told = self._reader.moment
        return told if told is not None and FIRST_MS / 1000 <= told < now else now

    def _store(self) -> str | None:
        """Keep the runs that are not kept yet; why that failed."""
        if not self._pending or self._where.ledger is None:
            return None
        try:
            with open_ledger(self._where.ledger) as ledger:
                while self._pending:
                    store_run(ledger, self._pending[0])
                    del self._pending[0]
        except LedgerError as error:
            return str(error)
        return None


def _working_folder() -> str:
    try:
        return str(Path.cwd()).encode("utf-8", "replace").decode()
    except OSError:
        return ""
