"""EFFECT The inbox: the rate limits that Claude Code handed to this session, where the refresh finds them.

One file a session, `{"version":1,"session":…,"as_of":…,"answered":…,"rate_limits":…}`, replaced in one step and only when the
limits changed or the session was answered again, which the time it has spent waiting for the API tells: so `as_of` is when the
server said so, also for a session that is drawn again and again while idle.
"""

from quotaline.core import paths, system
from quotaline.core.rate_limits import only_fewer
from quotaline.core.values import encode_json, loads_json, number, read_small_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_BYTES = 65536
ENRICHED = "quotaline"
"""The member of what `statusline --enrich` passes on: limits in there are not what the session was told."""


def record_rate_limits(data: "dict[str, Any]", env: "Mapping[str, str]", now: float) -> float:
    """Write this session's limits to the inbox if they changed; since when they are known, `now` when they are news."""
    if ENRICHED in data:
        return now
    try:
        cost = data.get("cost")
        answered = number(cost.get("total_api_duration_ms")) if isinstance(cost, dict) else None
        return write_if_changed(paths.cache_dir(env), data.get("session_id"), data.get("rate_limits"), now, answered)
    except Exception:  # the line is drawn whether or not the others hear of it
        return now


def write_if_changed(folder: str, session: "Any", rate_limits: "Any", now: float, answered: "float | None" = None) -> float:
    """Write what is new and return the time since which this session knows these limits; `answered` grows with each answer."""
    if not folder or not isinstance(session, str) or not isinstance(rate_limits, dict) or not rate_limits:
        return now
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in session)[:80] or "session"
    path = system.join(folder, "inbox", f"{name}.json")
    text = f'"rate_limits":{encode_json(rate_limits)}}}'
    old = read_small_file(path, MAX_BYTES).decode("utf-8", "replace")
    value = loads_json(old) if old else None
    if isinstance(value, dict) and (old.endswith(text) or only_fewer(rate_limits, value.get("rate_limits"))):
        since, before = number(value.get("as_of")), number(value.get("answered"))
        if since is not None and since <= now and (answered is None or before is None or answered == before):
            return since
    known = "" if answered is None else f'"answered":{encode_json(answered)},'
    head = f'{{"version":1,"session":{encode_json(session)},"as_of":{now:.3f},'
    leave(path, f"{head}{known}{text}".encode())
    return now


def leave(path: str, data: bytes) -> None:
    """Replace a small file of the cache in one step; where that cannot be, what was there stays. Raises nothing."""
    scratch = f"{path}.{system.getpid()}.new"
    try:
        try:
            descriptor = system.open(scratch, system.O_WRONLY | system.O_CREAT | system.O_TRUNC, 0o600)
        except FileNotFoundError:
            import os

            os.makedirs(system.dirname(system.dirname(path)), 0o700, exist_ok=True)
            os.makedirs(system.dirname(path), 0o700, exist_ok=True)
            descriptor = system.open(scratch, system.O_WRONLY | system.O_CREAT | system.O_TRUNC, 0o600)
        try:
            whole = system.write(descriptor, data) == len(data)
        finally:
            system.close(descriptor)
        if whole:
            system.replace(scratch, path)
        else:
            system.unlink(scratch)
    except (OSError, ValueError):
        try:
            system.unlink(scratch)
        except (OSError, ValueError):
            pass
