"""EFFECT `quotaline statusline`: Claude Code's JSON on stdin → the `claude` line on stdout."""

import time

from quotaline.core import paths, system
from quotaline.core.inbox import record_rate_limits
from quotaline.core.rate_limits import session_readings
from quotaline.core.session import session_fields, session_folder
from quotaline.core.snapshot import read_or_defaults
from quotaline.core.values import number
from quotaline.prompt.run import emit, guarded, read_json, refresh_if_stale
from quotaline.render.fields import gather_fields
from quotaline.render.layout import draw, shows_field
from quotaline.render.paint import wants_colour, wants_links

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from quotaline.render.fields import Fields

MARGIN = 4  # Claude Code indents the row on both sides, and once more by its settings' `padding`
WIDEST = 1000


def main(arguments: "list[str]") -> None:
    """Print the line for what is on stdin, or with `--enrich` that itself. Always returns, whatever happens."""
    if "--enrich" in arguments:
        from quotaline.prompt.enrich import main as enrich

        guarded(lambda: enrich(time.time()))
        return
    guarded(lambda: _print(parse_padding(arguments)))


def parse_padding(arguments: "list[str]") -> int:
    """`--padding N`, the status line's own in Claude Code's settings; 0 for anything else. What is unknown is passed over."""
    text = "0"
    for number_of, word in enumerate(arguments):
        option, equals, value = word.partition("=")
        if option == "--padding":
            text = value if equals else "".join(arguments[number_of + 1 : number_of + 2])
    return min(int(text), WIDEST) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004 - not all digits of the world


def _print(padding: int) -> None:
    env, now = system.environ(), time.time()
    data = read_json()
    folder = paths.cache_dir(env)
    kept = read_or_defaults(folder)
    if not isinstance(data, dict):
        data = {}
    as_of = record_rate_limits(data, env, now)
    try:
        text, news = session_line(data, kept, env, now, as_of, padding=padding)
    except Exception:  # whatever in the snapshot did that, this session's own numbers are still good
        kept = read_or_defaults("")
        text, news = session_line(data, kept, env, now, as_of, padding=padding)
    emit(text)
    refresh_if_stale(kept, folder, now, told_at=now if news else as_of if data.get("rate_limits") else 0.0)


def statusline_text(
    data: "dict[str, Any]", kept: "dict[str, Any]", env: "Mapping[str, str]", now: float, as_of: float, *, padding: int = 0
) -> str:
    """The `claude` line for what Claude Code said; its rate limits are known since `as_of`. Its row is padded on both sides."""
    return session_line(data, kept, env, now, as_of, padding=padding)[0]


def session_line(
    data: "dict[str, Any]", kept: "dict[str, Any]", env: "Mapping[str, str]", now: float, as_of: float, *, padding: int = 0
) -> "tuple[str, bool]":
    """The same, and whether a refresh would bring news of the repository."""
    own = session_readings(data.get("rate_limits"), as_of, now, data.get("session_id"))
    fields = gather_fields(kept, own, now)
    fields.update(session_fields(data, paths.home(env), now))
    own_names = kept["style"].get("models")
    if own_names:
        from quotaline.core.model_names import own_name

        called = [fields[name] for name in ("model.name", "model.id") if name in fields]
        fields["model.name"] = own_name(own_names, *called) or fields.get("model.name")
    rows = kept["lines"].get("claude") or []
    news = add_git_fields(fields, rows, kept, session_folder(data), env)
    columns = number(env.get("COLUMNS"))
    limit = max(1, int(columns) - MARGIN - 2 * padding) if columns and columns > 0 else 0
    colour = wants_colour(str(kept["style"].get("colour", "auto")), env, default=True)
    links = wants_links(str(kept["style"].get("links", "auto")), env, colour=colour)
    return "\n".join(draw(rows, kept, fields, surface="claude", colour=colour, limit=limit, links=links)), news


def add_git_fields(fields: "Fields", rows: "Any", kept: "dict[str, Any]", folder: str, env: "Mapping[str, str]") -> bool:
    """Add what the line shows of the repository around `folder`, and whether a refresh would bring news of it.

    Only lines that show a branch pay for reading it, and only lines that show its state for that.
    """
    state = "git" in kept["style"]
    if not folder or not (state or shows_field(rows, kept, "git.branch")):
        return False
    from quotaline.core.git import name_of, repository

    found = repository(folder)
    if found is None:
        return False
    fields["git.branch"] = name_of(found[2])
    if not state:
        return False
    from quotaline.prompt.git_state import git_state

    told = git_state(*found, paths.cache_dir(env), fields.now)
    fields.update(told.fields)
    if told.stale:
        fields.stale.update(told.fields)  # not the branch, which was read just now
    return told.news
