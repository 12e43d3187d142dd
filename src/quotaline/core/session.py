"""PURE Claude Code's JSON → fields. Every member is optional, of any type, and hostile until shown otherwise."""

from quotaline.core import system
from quotaline.core.periods import WEEK
from quotaline.core.values import number
from quotaline.core.windows import MOST_PERCENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST = 1e12
"""Beyond it nothing is a count, a price or a span of a session."""
# field ← where Claude Code puts it: texts, then numbers, each with the most that it can be
TEXTS = (
    ("model.name", "model", "display_name"), ("model.id", "model", "id"), ("session.name", "session_name", None),
    ("session.id", "session_id", None), ("version.claude", "version", None), ("style.name", "output_style", "name"),
    ("effort.level", "effort", "level"), ("agent.name", "agent", "name"), ("vim.mode", "vim", "mode"),
    ("pr.state", "pr", "review_state"), ("pr.url", "pr", "url"), ("worktree.name", "worktree", "name"),
)  # fmt: skip
NUMBERS = (
    ("cost.total", "cost", "total_cost_usd", MOST),
    ("context.size", "context_window", "context_window_size", MOST),
    ("context.used", "context_window", "used_percentage", MOST_PERCENT),
    ("context.remaining", "context_window", "remaining_percentage", MOST_PERCENT),
    ("context.tokens", "context_window", "total_input_tokens", MOST),
    ("pr.number", "pr", "number", MOST),
)


def session_fields(data: "dict[str, Any]", home: str, now: float) -> "dict[str, Any]":
    """Flat fields by the names that segments use; what is absent, null or of another type is not there."""
    found: dict[str, Any] = {}
    for name, outer, inner in TEXTS:
        text = _at(data, outer, inner)
        if isinstance(text, str) and text.strip():
            found[name] = text
    for name, outer, inner, most in NUMBERS:
        amount = _count(_at(data, outer, inner), most)
        if amount is not None:
            found[name] = int(amount) if amount == int(amount) else amount
    if found.get("style.name") == "default":
        del found["style.name"]
    _directory(found, data, home)
    _session(found, data, now)
    return found


def session_folder(data: "dict[str, Any]") -> str:
    """The absolute folder that Claude Code works in, or ""."""
    for path in (_at(data, "workspace", "current_dir"), data.get("cwd")):
        if isinstance(path, str) and system.isabs(path) and "\0" not in path:
            return path
    return ""


def _count(value: "Any", most: float = MOST) -> "float | None":
    """A number from 0 to `most`; what is negative or endless is none."""
    amount = number(value)
    return amount if amount is not None and 0 <= amount <= most else None


def _at(data: "dict[str, Any]", outer: str, inner: "str | None") -> "Any":
    value = data.get(outer)
    if inner is None:
        return value
    return value.get(inner) if isinstance(value, dict) else None


def _directory(found: "dict[str, Any]", data: "dict[str, Any]", home: str) -> None:
    path = session_folder(data)
    if not path:
        return
    found["directory.name"] = system.basename(path.rstrip("/\\")) or path
    if home and (path == home or path.startswith(home.rstrip("/") + "/")):
        path = "~" + path[len(home.rstrip("/")) :]
        if path == "~":
            found["directory.name"] = path
    found["directory.path"] = path


def _session(found: "dict[str, Any]", data: "dict[str, Any]", now: float) -> None:
    added, removed = (_count(_at(data, "cost", f"total_lines_{what}")) for what in ("added", "removed"))
    if added is not None and removed is not None and (added or removed):
        found["lines.added"], found["lines.removed"] = int(added), int(removed)
    for name, key in (("duration.total", "total_duration_ms"), ("duration.api", "total_api_duration_ms")):
        span = _count(_at(data, "cost", key))
        if span:
            found[name] = span / 1000
    expires = number(_at(data, "prompt_cache", "expires_at"))
    if expires is not None and now < expires <= now + WEEK and _at(data, "prompt_cache", "warm") is True:
        found["cache.left"] = expires - now
    ratio = _count(_at(data, "prompt_cache", "hit_ratio"), 1.0)
    if ratio is not None:
        found["cache.hits"] = ratio * 100
    if data.get("fast_mode") is True:
        found["model.fast"] = "fast"
