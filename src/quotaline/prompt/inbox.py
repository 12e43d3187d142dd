"""EFFECT Leave the rate limits that Claude Code handed to this session where the refresh finds them.

One file a session, `{"version":1,"session":…,"as_of":…,"rate_limits":…}`, replaced in one step and only when the limits
changed: so `as_of` is the time at which they were first seen, also for a session that is drawn again and again while idle.
"""

import os

from quotaline.prompt.snapshot import loads, number, slurp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 65536
MAX_DEPTH = 6
MAX_ITEMS = 64


def leave(folder: str, session: "Any", rate_limits: "Any", now: float) -> float:
    """Write what is new and return the time since which this session knows these limits."""
    if not folder or not isinstance(session, str) or not isinstance(rate_limits, dict) or not rate_limits:
        return now
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in session)[:80] or "session"
    path = os.path.join(folder, "inbox", f"{name}.json")
    text = f'"rate_limits":{encode(rate_limits)}}}'
    old = slurp(path, MAX_BYTES).decode("utf-8", "replace")
    if old.endswith(text):
        value = loads(old)
        since = number(value.get("as_of")) if isinstance(value, dict) else None
        if since is not None and since <= now:
            return since
    _replace(path, f'{{"version":1,"session":{encode(session)},"as_of":{now:.3f},{text}'.encode())
    return now


def _replace(path: str, data: bytes) -> None:
    scratch = f"{path}.{os.getpid()}.new"
    try:
        try:
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(os.path.dirname(path)), 0o700, exist_ok=True)
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            whole = os.write(descriptor, data) == len(data)
        finally:
            os.close(descriptor)
        if whole:
            os.replace(scratch, path)
        else:
            os.unlink(scratch)
    except (OSError, ValueError):
        try:
            os.unlink(scratch)
        except (OSError, ValueError):
            pass


def encode(value: "Any", depth: int = 0) -> str:
    """JSON of numbers, texts, lists and objects; what is deeper or longer than any rate limit is left out."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value) if number(value) is not None else "null"
    if isinstance(value, str):
        return _quote(value)
    if depth >= MAX_DEPTH:
        return "null"
    if isinstance(value, dict):
        members = [f"{_quote(str(key))}:{encode(item, depth + 1)}" for key, item in list(value.items())[:MAX_ITEMS]]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(encode(item, depth + 1) for item in value[:MAX_ITEMS]) + "]"
    return "null"


def _quote(text: str) -> str:
    """A JSON string in ASCII; `json.encoder` would bring `re` along."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    parts = []
    for character in text[:4096]:
        code = ord(character)
        if character in '"\\':
            parts.append("\\" + character)
        elif 32 <= code < 127:  # noqa: PLR2004 - printable ASCII
            parts.append(character)
        elif code < 0x10000:  # noqa: PLR2004 - one UTF-16 unit
            parts.append(f"\\u{code:04x}")
        else:
            code -= 0x10000
            parts.append(f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}")
    return '"' + "".join(parts) + '"'
