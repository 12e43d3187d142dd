"""EFFECT `claude -p /usage`: the user's own program asks with its own login; no model call, and we see no token. Undocumented.

The first line of its stream-json output with a `usage_report` is read, then its whole process group is ended. Older versions
reject an option or print no report: `UnsupportedError`, which the caller remembers.
Nothing that runs inside may start us again: `QUOTALINE_REFRESH` stands in its environment, and we do not run where it is ours.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import msgspec

from quotaline.core.paths import REFRESH_MARKER
from quotaline.errors import Outcome, RequestError, SourceError
from quotaline.sources.credentials import scrubbed_env
from quotaline.sources.fields import table
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
# Claude Code refuses to start, or takes itself for a part of another session, where these are set.
SESSION_VARIABLES = (
    "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT", "CLAUDE_CODE_SESSION_ID", "CLAUDE_PROJECT_DIR",
)  # fmt: skip
_LARGEST_OUTPUT = 8 * 1024 * 1024
_GRACE = 2.0


class UnsupportedError(RequestError):
    """This version of `claude` cannot do it: it rejects an option, or ends without a report."""


def read(
    command: str, env: Mapping[str, str], now: float, *, folder: Path, account: str | None, seconds: float = SECONDS
) -> list[Reading]:
    """Run `command` in `folder` (an empty one, so that no project's settings apply) and read its report, `as_of` now.

    Raises SourceError when nothing was run, RequestError when a run brought nothing, UnsupportedError when it never will.
    """
    process = _start([*_program(command), *ARGUMENTS], env, folder)
    try:
        report, refused = _report(process, seconds)
    finally:
        _end(process)
    if report is None:
        if refused:
            raise RequestError(f"`{command} -p /usage` ended with an error; try it in a terminal.", Outcome.FAILED)
        raise UnsupportedError(f"This version of `{command}` reports no usage to programs; a newer one does.", Outcome.FAILED)
    body = report.get("rate_limits")
    if body is None:
        raise RequestError(
            f"`{command} -p /usage` knows no limits now: too many requests, or a login without them.", Outcome.NO_LIMITS
        )
    try:
        return readings(body, source="claude-cli", as_of=now, account=account)
    except SourceError as error:
        raise RequestError(str(error), Outcome.FAILED) from None


def version(command: str, env: Mapping[str, str], folder: Path) -> str:
    """What `command --version` prints, one line; "" when it does not say. Raises SourceError when there is no such program."""
    process = _start([*_program(command), "--version"], env, folder)
    try:
        lines = list(_lines(process, VERSION_SECONDS))
    except RequestError:
        lines = []
    finally:
        _end(process)
    return lines[0].decode("utf-8", "replace").strip()[:80] if lines else ""


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


def _start(command: list[str], env: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """Raises SourceError."""
    if inside(env):
        raise SourceError("This runs inside a `claude -p /usage` of quotaline, which does not start another.")
    env_of_child = {name: value for name, value in scrubbed_env(env).items() if name not in SESSION_VARIABLES} | {
        REFRESH_MARKER: OURS
    }
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=folder,
            env=env_of_child,
        )
    except OSError:
        pass
    raise SourceError(f"The program `{command[0]}` cannot be started; set `sources.claude_cli.command` to its path.")


def _report(process: subprocess.Popen[bytes], seconds: float) -> tuple[dict[str, Any] | None, bool]:
    """The first usage report; without one, whether a result said that it is an error. Raises RequestError after `seconds`."""
    refused = False
    for line in _lines(process, seconds):
        if b'"usage_report"' not in line and b'"is_error"' not in line:
            continue
        try:
            content = table(msgspec.json.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(content.get("usage_report"), dict):
            return content["usage_report"], False
        refused = refused or content.get("is_error") is True
    return None, refused


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
