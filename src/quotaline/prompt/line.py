"""EFFECT `quotaline prompt`: the prompt line, or the segments that are named, from the snapshot."""

import time

from quotaline.core import paths, system
from quotaline.core.snapshot import read_or_defaults
from quotaline.prompt.run import emit, guarded, refresh_if_stale
from quotaline.render.fields import gather_fields
from quotaline.render.layout import draw
from quotaline.render.paint import wants_colour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def main(arguments: "list[str]") -> None:
    """Print the line. Always returns, whatever happens."""
    guarded(lambda: _print(arguments))


def _print(arguments: "list[str]") -> None:
    env, now = system.environ(), time.time()
    folder = paths.cache_dir(env)
    kept = read_or_defaults(folder)
    try:
        text = prompt_text(arguments, kept, env, now)
    except Exception:  # a snapshot that cannot be drawn is written anew
        kept, text = {}, ""
    emit(text)
    refresh_if_stale(kept, folder, now)


def prompt_text(arguments: "list[str]", kept: "dict[str, Any]", env: "Mapping[str, str]", now: float) -> str:
    """What `quotaline prompt` prints: the segments that were named, or the line; plain unless a shell is named."""
    names, surface, line = parse(arguments)
    rows = [names] if names else kept["lines"].get(line) or []
    if names:  # a value that somebody puts into a line of their own carries no mark of ours
        kept = {**kept, "problems": None}
    fields = gather_fields(kept, [], now)
    if surface == "plain":
        return "\n".join(draw(rows, kept, fields, surface=surface, colour=False, limit=0))
    from quotaline.core.surfaces import SURFACES, VARIABLES

    if surface == VARIABLES:
        from quotaline.prompt.variables import variable_lines

        return variable_lines(fields)
    colour = wants_colour(str(kept["style"].get("colour", "auto")), env, default=True) and SURFACES[surface].coloured
    if SURFACES[surface].bar:
        from quotaline.prompt.desktop_bars import render_bar

        return render_bar(surface, rows, kept, fields, colour=colour)
    text = "\n".join(draw(rows, kept, fields, surface=surface, colour=colour, limit=0))
    if SURFACES[surface].ascii_form and not text.isascii():
        from quotaline.render.ascii import to_ascii, wants_ascii

        return to_ascii(text) if wants_ascii(env) else text
    return text


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
            elif is_option(value):
                surface = value
        elif not word.startswith("-"):
            names.append(word)
    return names, surface, line


def is_option(value: str) -> bool:
    """Whether `--shell` knows this surface."""
    from quotaline.core.surfaces import PROMPT_SURFACES, VARIABLES

    return value in PROMPT_SURFACES or value == VARIABLES
