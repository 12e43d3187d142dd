"""EFFECT `claude -p /usage`: the user's own program asks with its own login; no model call, and we see no token. Undocumented.

The first line of its stream-json output with a `usage_report` is read, then its whole process group is ended, which also ends
when we are killed. Older versions reject an option or print no report: `UnsupportedError`, which the caller remembers.
Nothing that runs inside may start us again: `QUOTALINE_REFRESH` stands in its environment, and we do not run where it is ours.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from quotaline.core.paths import REFRESH_MARKER
from quotaline.errors import Outcome, RequestError, SourceError
from quotaline.sources.credentials import scrubbed_env
from quotaline.sources.fields import table
from quotaline.sources.json_text import decode_json
from quotaline.sources.usage_body import readings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from quotaline.model import Reading

SECONDS = 45.0
VERSION_SECONDS = 10.0
OURS = "claude-cli"  # the marker's value inside a run of ours
ARGUMENTS = (
    "-p", "/usage", "--output-format", "stream-json", "--verbose", "--no-session-persistence", "--safe-mode",
    "--strict-mcp-config", "--mcp-config", '{"mcpServers":{}}',
)  # fmt: skip
FIRST_REPORTING = (2, 1, 273)
"""The oldest version seen to report. Older ones print prose, and ask the server for it, which costs the budget a request."""
# Beside the program itself: ends the whole process group when our end of the pipe closes, for a killed refresh cannot.
WATCHED = """
import os, signal, sys
pipe = int(sys.argv[1])
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    void = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(void, standard)
    os.read(pipe, 1)
    os.killpg(0, signal.SIGKILL)
os.close(pipe)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
try:
    os.execvp(sys.argv[2], sys.argv[2:])
except OSError:
    os._exit(127)
"""
NOT_STARTED = 127
_LARGEST_OUTPUT = 8 * 1024 * 1024
_GRACE = 2.0


class UnsupportedError(RequestError):
    """This version of `claude` cannot do it: it ends without a report."""


class RejectedError(UnsupportedError):
    """It printed nothing at all, as for an option that it does not know: the server was not asked."""


def read(
    command: str, env: Mapping[str, str], now: float, *, folder: Path, account: str | None, seconds: float = SECONDS
) -> list[Reading]:
    """Run `command` in `folder` (an empty one, so that no project's settings apply) and read its report, `as_of` now.

    Raises SourceError when nothing was run, RequestError when a run brought nothing, UnsupportedError when it never will.
    """
    with _running([*_program(command), *ARGUMENTS], env, folder) as process:
        report, refused, silent = _report(process, seconds)
    if report is None:
        _check_started(process, command)
        if refused:
            raise RequestError(f"`{command} -p /usage` ended with an error; try it in a terminal.", Outcome.FAILED)
        kind = RejectedError if silent else UnsupportedError
        raise kind(unsupported(command), Outcome.FAILED)
    body = report.get("rate_limits")
    if not body:
        raise RequestError(
            f"`{command} -p /usage` knows no limits now: too many requests, or a login without them.", Outcome.NO_LIMITS
        )
    try:
        return readings(body, source="claude-cli", as_of=now, account=account)
    except SourceError as error:
        raise RequestError(str(error), Outcome.FAILED) from None


def version(command: str, env: Mapping[str, str], folder: Path) -> str:
    """What `command --version` prints, one line; "" when it does not say. Raises SourceError when there is no such program."""
    lines: list[bytes] = []
    with _running([*_program(command), "--version"], env, folder) as process, contextlib.suppress(RequestError):
        lines = list(_lines(process, VERSION_SECONDS))
    if not lines:
        _check_started(process, command)
    return lines[0].decode("utf-8", "replace").strip()[:80] if lines else ""


def reports(version_text: str) -> bool:
    """Whether a version may report usage to programs: `2.1.329 (Claude Code)`; one that does not say may."""
    parts = version_text.partition(" ")[0].split(".")
    if len(parts) != len(FIRST_REPORTING) or not all(part.isascii() and part.isdigit() for part in parts):
        return True
    return tuple(int(part) for part in parts) >= FIRST_REPORTING


def unsupported(command: str) -> str:
    """What is said of a version that does not report."""
    return f"This version of `{command}` reports no usage to programs; a newer one does."


def inside(env: Mapping[str, str]) -> bool:
    """Whether we were started from within a `claude -p /usage` of ours."""
    return env.get(REFRESH_MARKER) == OURS


def _program(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise SourceError("`sources.claude_cli.command` is no command; give the program's name or path.")
    return words


@contextlib.contextmanager
def _running(command: list[str], env: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program while it is needed; it and whatever it started end with the block, or with us. Raises SourceError."""
    watched, ours = os.pipe()
    try:
        try:
            process = _start(command, env, folder, watched)
        finally:
            os.close(watched)
        try:
            yield process
        finally:
            _end(process)
    finally:
        os.close(ours)


def _start(command: list[str], env: Mapping[str, str], folder: Path, watched: int) -> subprocess.Popen[bytes]:
    """Raises SourceError."""
    if inside(env):
        raise SourceError("This runs inside a `claude -p /usage` of quotaline, which does not start another.")
    if sys.executable:
        command = [sys.executable, "-I", "-S", "-c", WATCHED, str(watched), *command]
    try:
        return subprocess.Popen(
            command,
            pass_fds=(watched,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=folder,
            env=scrubbed_env(env) | {REFRESH_MARKER: OURS},
        )
    except OSError:
        raise _not_started(command[0]) from None


def _check_started(process: subprocess.Popen[bytes], command: str) -> None:
    """Raises SourceError where there was no such program."""
    if process.returncode == NOT_STARTED:
        raise _not_started(_program(command)[0])


def _not_started(program: str) -> SourceError:
    return SourceError(f"The program `{program}` cannot be started; set `sources.claude_cli.command` to its path.")


def _report(process: subprocess.Popen[bytes], seconds: float) -> tuple[dict[str, Any] | None, bool, bool]:
    """The first usage report; without one, whether a result said that it is an error, and whether nothing was printed.

    Raises RequestError after `seconds`.
    """
    refused, silent = False, True
    for line in _lines(process, seconds):
        silent = False
        if b'"usage_report"' not in line and b'"is_error"' not in line:
            continue
        try:
            content = table(decode_json(line))
        except ValueError:
            continue
        if isinstance(content.get("usage_report"), dict):
            return content["usage_report"], False, False
        refused = refused or content.get("is_error") is True
    return None, refused, silent


def _lines(process: subprocess.Popen[bytes], seconds: float) -> Iterator[bytes]:
    """The lines of its output until it closes. Raises RequestError after `seconds` or 8 MiB."""
    stdout = process.stdout
    if stdout is None:
        return
    ends_at, rest, size = time.monotonic() + seconds, b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, ends_at - time.monotonic())):
            data = os.read(stdout.fileno(), 65536)
            if not data:
                if rest:
                    yield rest
                return
            size += len(data)
            if size > _LARGEST_OUTPUT:
                raise RequestError("`claude -p /usage` printed more than 8 MiB; it was ended.", Outcome.FAILED)
            *lines, rest = (rest + data).split(b"\n")
            yield from lines
    raise RequestError(f"`claude -p /usage` did not answer within {seconds:g} s; it was ended.", Outcome.FAILED)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started: first politely, then for good."""
    if process.stdout is not None:
        process.stdout.close()
    for blow in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, blow)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
