"""EFFECT What every process of the prompt path does around its text: read stdin, print, start a refresh, never fail."""

from quotaline.core import paths, system
from quotaline.core.snapshot import FRESH_FOR, config_state
from quotaline.core.values import decode_text, loads_json, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

STDIN_LIMIT = 8 * 1024 * 1024
NEWS_AFTER = 5.0


def guarded(work: "Any") -> None:
    """Law 2: no exception leaves the prompt path; what was printed before it stays."""
    try:
        work()
    except Exception:
        pass


def read_stdin() -> bytes:
    """All of stdin up to the limit; more is read and thrown away, so that the writer never meets a closed pipe."""
    chunks: list[bytes] = []
    size = 0
    for chunk in read_chunks():
        size += len(chunk)
        if size <= STDIN_LIMIT:
            chunks.append(chunk)
    return b"".join(chunks) if size <= STDIN_LIMIT else b""


def read_chunks() -> "Iterator[bytes]":
    """Stdin as it comes, to its end; nothing of a terminal."""
    try:
        if system.isatty(0):
            return
        while chunk := system.read(0, 1 << 16):
            yield chunk
    except OSError:
        pass


def read_json() -> "Any":
    """The JSON on stdin; None where there is none."""
    return loads_json(decode_text(read_stdin()))


def emit(text: str) -> None:
    """Print in UTF-8 whatever the locale says; a reader that is gone is no error."""
    if text:
        write_out((text + "\n").encode("utf-8", "replace"))


def write_out(data: bytes) -> None:
    """Print bytes; a reader that is gone is no error."""
    try:
        while data:
            data = data[system.write(1, data) :]
    except OSError:
        pass


def refresh_if_stale(kept: "dict[str, Any]", folder: str, now: float, *, told_at: float = 0.0) -> None:
    """Start a refresh when the snapshot is older than its freshness, comes from a future, or the configuration has changed.

    A future is what a clock that was set back leaves behind. What was left in the inbox at `told_at`, after the snapshot was
    written, waits for NEWS_AFTER seconds only, so that every other surface soon says what this one says.
    """
    written = number(kept.get("written_at"))
    fresh_for = number(kept.get("fresh_for")) or FRESH_FOR
    if written is not None and told_at > written:
        fresh_for = min(fresh_for, NEWS_AFTER)
    if written is None or not 0 <= now - written < fresh_for:
        from quotaline.core.spawn_refresh import spawn_refresh

        spawn_refresh(folder, system.environ(), now)
    elif config_state(paths.config_file(system.environ())) != kept.get("config_state", ""):
        from quotaline.core.spawn_refresh import CONFIG_STAMP, spawn_refresh

        spawn_refresh(folder, system.environ(), now, CONFIG_STAMP)
