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
from quotaline.render.paint import wants_colour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

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
        text = statusline_text(data, kept, env, now, as_of, padding=padding)
    except Exception:  # whatever in the snapshot did that, this session's own numbers are still good
        kept = read_or_defaults("")
        text = statusline_text(data, kept, env, now, as_of, padding=padding)
    emit(text)
    refresh_if_stale(kept, folder, now, told_at=as_of if data.get("rate_limits") else 0.0)


def statusline_text(
    data: "dict[str, Any]", kept: "dict[str, Any]", env: "Mapping[str, str]", now: float, as_of: float, *, padding: int = 0
) -> str:
    """The `claude` line for what Claude Code said; its rate limits are known since `as_of`. Its row is padded on both sides."""
    own = session_readings(data.get("rate_limits"), as_of, now, data.get("session_id"))
    fields = gather_fields(kept, own, now)
    fields.update(session_fields(data, paths.home(env), now))
    rows = kept["lines"].get("claude") or []
    folder = session_folder(data)
    if folder and shows_field(rows, kept, "git.branch"):  # only lines that show a branch pay for reading it
        from quotaline.prompt.git import branch

        fields["git.branch"] = branch(folder) or None
    columns = number(env.get("COLUMNS"))
    limit = max(1, int(columns) - MARGIN - 2 * padding) if columns and columns > 0 else 0
    colour = wants_colour(str(kept["style"].get("colour", "auto")), env, default=True)
    return "\n".join(draw(rows, kept, fields, surface="claude", colour=colour, limit=limit))
