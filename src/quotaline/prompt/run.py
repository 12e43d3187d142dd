"""EFFECT `quotaline statusline` and `quotaline prompt`: read, format, print, start a refresh if what was read is stale."""

import os
import sys
import time

from quotaline.prompt import paths, snapshot, windows
from quotaline.prompt.draw import draw, gather
from quotaline.prompt.paint import wants_colour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

STDIN_LIMIT = 8 * 1024 * 1024
NEWS_AFTER = 5.0
MARGIN = 4  # Claude Code indents the row on both sides
BARS = ("waybar", "polybar", "i3blocks", "xbar")
PROMPT_SURFACES = ("plain", "bash", "zsh", "fish", "sh", "starship", "tmux", *BARS)


def statusline() -> None:
    """Claude Code's JSON on stdin → the `claude` line on stdout. Always returns, whatever happens."""
    guarded(_statusline)


def prompt(arguments: "list[str]") -> None:
    """The prompt line, or the segments that `arguments` name. Always returns, whatever happens."""
    guarded(lambda: _prompt(arguments))


def guarded(work: "Any") -> None:
    """Law 2: no exception leaves the prompt path; what was printed before it stays."""
    try:
        work()
    except Exception:
        pass


def _statusline() -> None:
    env, now = os.environ, time.time()
    data = snapshot.loads(read_stdin().decode("utf-8", "replace"))
    folder = paths.cache_dir(env)
    kept = load(folder)
    if not isinstance(data, dict):
        data = {}
    as_of = told(data, env, now)
    try:
        text = statusline_text(data, kept, env, now, as_of)
    except Exception:  # whatever in the snapshot did that, this session's own numbers are still good
        kept = load("")
        text = statusline_text(data, kept, env, now, as_of)
    emit(text)
    refresh_if_stale(kept, folder, now, told_at=as_of if data.get("rate_limits") else 0.0)


def told(data: "dict[str, Any]", env: "Mapping[str, str]", now: float) -> float:
    """Leave this session's rate limits in the inbox; the time since which it knows them, `now` when they are news."""
    from quotaline.prompt import inbox

    try:
        return inbox.leave(paths.cache_dir(env), data.get("session_id"), data.get("rate_limits"), now)
    except Exception:  # the line is drawn whether or not the others hear of it
        return now


def statusline_text(data: "dict[str, Any]", kept: "dict[str, Any]", env: "Mapping[str, str]", now: float, as_of: float) -> str:
    """The `claude` line for what Claude Code said; its rate limits are known since `as_of`."""
    from quotaline.prompt import statusline as claude

    fields = gather(kept, windows.own_readings(data.get("rate_limits"), as_of, now), now)
    fields.update(claude.fields(data, paths.home(env), now))
    rows = kept["lines"].get("claude") or []
    folder = claude.folder(data)
    if folder and names_field(rows, kept, "git.branch"):
        from quotaline.prompt.git import branch

        fields["git.branch"] = branch(folder) or None
    columns = snapshot.number(env.get("COLUMNS"))
    limit = max(1, int(columns) - MARGIN) if columns and columns > 0 else 0
    colour = wants_colour(str(kept["style"].get("colour", "auto")), env, default=True)
    return "\n".join(draw(rows, kept, fields, surface="claude", colour=colour, limit=limit))


def names_field(rows: "list[list[str]]", kept: "dict[str, Any]", field: str) -> bool:
    """Whether a segment of these rows shows `field`: only lines that show a branch pay for reading it."""
    return any(f"'{field}'" in str(kept["segments"].get(name)) for row in rows for name in row)


def _prompt(arguments: "list[str]") -> None:
    env, now = os.environ, time.time()
    folder = paths.cache_dir(env)
    kept = load(folder)
    emit(prompt_text(arguments, kept, env, now))
    refresh_if_stale(kept, folder, now)


def prompt_text(arguments: "list[str]", kept: "dict[str, Any]", env: "Mapping[str, str]", now: float) -> str:
    """What `quotaline prompt` prints: the segments that were named, or the line; plain unless a shell is named."""
    names, surface, line = parse(arguments)
    rows = [names] if names else kept["lines"].get(line) or []
    named = surface != "plain"
    colour = wants_colour(str(kept["style"].get("colour", "auto")), env, default=True) and named
    fields = gather(kept, [], now)
    if surface in BARS:
        from quotaline.prompt import bars

        return bars.show(surface, rows, kept, fields, colour=colour)
    return "\n".join(draw(rows, kept, fields, surface=surface, colour=colour and surface != "sh", limit=0))


def parse(arguments: "list[str]") -> "tuple[list[str], str, str]":
    """`[SEGMENT…] [--shell S] [--line NAME]` by hand: an unknown option or surface is passed over in silence."""
    names, surface, line = [], "plain", "prompt"
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        option, equals, value = word.partition("=")
        if option in ("--shell", "--line"):
            if not equals:
                value = rest.pop(0) if rest else ""
            if option == "--line":
                line = value
            elif value in PROMPT_SURFACES:
                surface = value
        elif not word.startswith("-"):
            names.append(word)
    return names, surface, line


def read_stdin() -> bytes:
    """All of stdin up to the limit; more is read and thrown away, so that the writer never meets a closed pipe."""
    chunks: list[bytes] = []
    size = 0
    try:
        if os.isatty(0):
            return b""
        while chunk := os.read(0, 1 << 20):
            size += len(chunk)
            if size <= STDIN_LIMIT:
                chunks.append(chunk)
    except OSError:
        pass
    return b"".join(chunks) if size <= STDIN_LIMIT else b""


def load(folder: str) -> "dict[str, Any]":
    """The snapshot with its parts of the right types; the shipped line where there is none."""
    kept = snapshot.read(os.path.join(folder, "snapshot.json")) if folder else None
    if kept and compiled(kept):
        return kept
    shipped = snapshot.loads(snapshot.slurp(os.path.join(os.path.dirname(__file__), "defaults.json")).decode())
    return {**(kept or {}), **(shipped if isinstance(shipped, dict) else {"segments": {}, "lines": {}, "style": {}})}


def compiled(kept: "dict[str, Any]") -> bool:
    """Whether the parts that came from the configuration have the shape that `draw` relies on."""
    if not all(isinstance(kept.get(part), dict) and kept[part] for part in ("segments", "lines", "style")):
        return False
    return all(isinstance(item, dict) and isinstance(item.get("forms"), list) for item in kept["segments"].values())


def emit(text: str) -> None:
    """Print in UTF-8 whatever the locale says; a reader that is gone is no error."""
    if not text:
        return
    data = (text + "\n").encode("utf-8", "replace")
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError:
        pass


def refresh_if_stale(kept: "dict[str, Any]", folder: str, now: float, *, told_at: float = 0.0) -> None:
    """Start a refresh when the snapshot is older than its freshness or than the configuration, or comes from a future.

    A future is what a clock that was set back leaves behind. What was left in the inbox at `told_at`, after the snapshot was
    written, waits for NEWS_AFTER seconds only, so that every other surface soon says what this one says.
    """
    written = snapshot.number(kept.get("written_at"))
    fresh_for = snapshot.number(kept.get("fresh_for")) or 60.0
    if written is not None and told_at > written:
        fresh_for = min(fresh_for, NEWS_AFTER)
    if written is None or not 0 <= now - written < fresh_for or changed(paths.config_file(os.environ)) > written:
        from quotaline.prompt.nudge import nudge

        nudge(folder, os.environ, now)


def changed(path: str) -> float:
    """When a file was last changed, epoch seconds; 0 where there is none."""
    try:
        return os.stat(path).st_mtime if path else 0.0
    except (OSError, ValueError):
        return 0.0


def main(command: str) -> int:
    """The prompt path's two commands; always 0."""
    if command == "statusline":
        statusline()
    else:
        prompt(sys.argv[2:])
    return 0
