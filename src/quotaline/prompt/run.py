"""EFFECT `quotaline statusline` and `quotaline prompt`: read, format, print, start a refresh if what was read is stale."""

import os
import sys
import time

from quotaline.prompt import paths, snapshot, windows
from quotaline.prompt.paint import fit, paint, wants_colour, width
from quotaline.prompt.template import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

STDIN_LIMIT = 8 * 1024 * 1024
MARGIN = 4  # Claude Code indents the row on both sides
PROMPT_SURFACES = ("plain", "bash", "zsh", "fish", "starship", "tmux")


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
    try:
        text = statusline_text(data, kept, env, now)
    except Exception:  # whatever in the snapshot did that, this session's own numbers are still good
        kept = load("")
        text = statusline_text(data, kept, env, now)
    emit(text)
    refresh_if_stale(kept, folder, now)


def statusline_text(data: "dict[str, Any]", kept: "dict[str, Any]", env: "Mapping[str, str]", now: float) -> str:
    """The `claude` line for what Claude Code said; its rate limits are left in the inbox on the way."""
    from quotaline.prompt import inbox
    from quotaline.prompt import statusline as claude

    as_of = inbox.leave(paths.cache_dir(env), data.get("session_id"), data.get("rate_limits"), now)
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
    return "\n".join(draw(rows, kept, gather(kept, [], now), surface=surface, colour=colour, limit=0))


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


def gather(kept: "dict[str, Any]", own: "list[dict[str, Any]]", now: float) -> "dict[str, Any]":
    """Every field that the snapshot and this session's own rate limits give at `now`."""
    fields: dict[str, Any] = {"stale": set(), "windows": [], "now": now}
    stale_after = snapshot.number(kept.get("stale_after")) or 3600.0
    windows.put(fields, windows.combine(own, kept.get("readings"), now), now, stale_after)
    written = snapshot.number(kept.get("written_at")) or 0.0
    ready = kept.get("fields")
    for name, entry in ready.items() if isinstance(ready, dict) else ():
        if isinstance(entry, list) and len(entry) == 2 and entry[0] is not None:  # noqa: PLR2004 - [value, until]
            until = snapshot.number(entry[1])
            if until is None or now < until:
                fields[name] = entry[0]
                if now - written > stale_after:
                    fields["stale"].add(name.partition(".")[0])
    return fields


def draw(
    rows: "Any", kept: "dict[str, Any]", fields: "dict[str, Any]", *, surface: str, colour: bool, limit: int
) -> "list[str]":
    """The painted rows, without those that have nothing to show."""
    style = {**kept["style"], "now": fields["now"]}
    separator = str(style.get("separator", " "))
    muted = str(style.get("roles", {}).get("muted", "")) if colour else ""
    between = paint(separator, muted, surface)
    drawn = []
    widest: list[dict[str, Any]] = []
    for row in rows:
        pieces = []
        for name in row:
            segment = kept["segments"].get(name)
            if isinstance(segment, dict):
                pieces.extend(expand(segment, fields, style, long=surface == "claude"))
        widest = widest or pieces
        fitted = fit(pieces, limit, width(separator))
        if fitted:
            drawn.append(between.join(paint(text, sgr if colour else "", surface) for text, sgr in fitted))
    if not drawn and widest:  # nothing fits: the most important piece, whole, beats a blank row
        best = max(widest, key=lambda piece: piece["priority"])
        drawn.append(paint(best["forms"][-1], best["sgr"] if colour else "", surface))
    return drawn


def expand(
    segment: "dict[str, Any]", fields: "dict[str, Any]", style: "dict[str, Any]", *, long: bool
) -> "list[dict[str, Any]]":
    """A compiled segment's pieces: none when a field is absent, several when it is repeated for each window."""
    each = segment.get("each")
    prefixes = [""] if not each else [key for key in fields["windows"] if key.startswith(each)]
    pieces = []
    for prefix in prefixes:
        texts = [render(form, fields, style, prefix) if form else None for form in segment["forms"]]
        if not any(texts) and segment.get("fallback") and not fields["windows"] and "extra.used" not in fields:
            texts = [render(form, fields, style, prefix) if form else None for form in segment["fallback"]]
        full, usual, short = texts
        usual = usual or short
        if not usual:
            continue
        forms = [(full or usual) if long else usual, usual, short or usual]
        pieces.append(
            {"forms": forms, "priority": segment.get("priority", 50), "sgr": colour_of(segment, fields, style, prefix)}
        )
    return pieces


def colour_of(segment: "dict[str, Any]", fields: "dict[str, Any]", style: "dict[str, Any]", prefix: str) -> str:
    """The SGR parameters for a segment at its present level."""
    roles = style.get("roles", {})
    field = segment.get("level") or ""
    if prefix and field.startswith("window."):
        field = prefix + field[6:]
    value = snapshot.number(fields.get(field)) if field else None
    for role in ("critical", "warn"):
        threshold = segment.get(role)
        if value is not None and threshold is not None and value >= threshold:
            return str(roles.get(role, ""))
    colour = segment.get("colour", "")
    return str(roles.get(colour, colour))


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


def refresh_if_stale(kept: "dict[str, Any]", folder: str, now: float) -> None:
    """Start a refresh when the snapshot is older than its freshness or than the configuration, or comes from a future.

    A future is what a clock that was set back leaves behind.
    """
    written = snapshot.number(kept.get("written_at"))
    fresh_for = snapshot.number(kept.get("fresh_for")) or 60.0
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
