"""PURE A snapshot → one prompt file per surface, which a shell reads with its builtins.

    quotaline 1 WRITTEN EXPIRES TAG       after EXPIRES a shell starts a refresh
    UNTIL<tab>TEXT                        what the line is until UNTIL; one row, in order of time, for each change to come

Times are epoch seconds; TAG is another one for other frames, so that a shell reads on only where the head is new. The texts
are what `quotaline prompt` would print at that time, already escaped for the surface: a countdown that moves, a value whose
window has reset, a value that turned stale, each is a frame of its own. So a shell compares numbers and never calculates.
The rows of a line of several are separated by the byte 0x1f. `prompt.NAME-ascii` is for a locale without UTF-8.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from quotaline.core import values
from quotaline.core.periods import MINUTE
from quotaline.core.surfaces import PROMPT_FILES, SURFACES
from quotaline.render import layout
from quotaline.render.ascii import to_ascii
from quotaline.render.paint import paint_at
from quotaline.snapshot.frames import frames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quotaline.core.surfaces import Surface
    from quotaline.snapshot.frames import Frame, Piece

VERSION = 1


def render_prompt_files(kept: Mapping[str, Any], now: float, line: str = "prompt") -> dict[str, bytes]:
    """File name (`prompt.<surface>`) → content, from a snapshot as the prompt path reads it."""
    written = int(values.number(kept.get("written_at")) or now)
    expires = written + max(1, int(values.number(kept.get("fresh_for")) or MINUTE))
    shown = list(frames(kept, kept["lines"].get(line) or [], now))
    texts: dict[Any, dict[str, bytes]] = {}
    files = {}
    for name in PROMPT_FILES:
        look = _look(kept, SURFACES[name])
        if look not in texts:
            texts[look] = _forms(kept, shown, name)
        for form, body in texts[look].items():
            files[f"prompt.{name}{form}"] = f"quotaline {VERSION} {written} {expires} {zlib.crc32(body):x}\n".encode() + body
    return files


def _look(kept: Mapping[str, Any], surface: Surface) -> tuple[Any, ...]:
    """What painted text depends on: where it is the same, one surface's file is another's."""
    return surface.escape, surface.marks, surface.empty, surface.cut, _coloured(kept, surface), surface.ascii_form


def _coloured(kept: Mapping[str, Any], surface: Surface) -> bool:
    return surface.coloured and kept["style"].get("colour") != "never"


def _forms(kept: Mapping[str, Any], shown: Sequence[Frame], name: str) -> dict[str, bytes]:
    """The frames painted for one surface: as they are, and `-ascii` where there is that form."""
    surface = SURFACES[name]
    colour = _coloured(kept, surface)
    pieces = {piece for _, rows in shown for row in rows for piece in row}  # most stand in many frames
    painted: dict[Piece, str] = {(text, sgr): paint_at(text, sgr if colour else "", surface) for text, sgr in pieces}
    gap = layout.separator(kept, name, colour=colour)
    forms = {"": _body(shown, painted, gap)}
    if surface.ascii_form:
        forms["-ascii"] = _body(shown, {piece: to_ascii(text) for piece, text in painted.items()}, to_ascii(gap))
    return forms


def _body(shown: Sequence[Frame], text_of: Mapping[Piece, str], gap: str) -> bytes:
    lines = [
        f"{until}\t" + "\x1f".join([gap.join([text_of[piece] for piece in row]) for row in rows]) + "\n"
        for until, rows in shown
    ]
    return "".join(lines).encode("utf-8", "replace")
