"""PURE Compiled rows × fields → the pieces that fit, and those as a surface wants them."""

from quotaline.core.formats import format_value
from quotaline.core.values import number
from quotaline.render.paint import cut_mark, fit, linked, paint, width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from quotaline.render.fields import Fields

FILL = ">"
"""In a row: what follows stands at the right edge, where the width is known. Of several each takes its share of the room."""


def draw(
    rows: "Any", kept: "dict[str, Any]", fields: "Fields", *, surface: str, colour: bool, limit: int, links: bool = False
) -> "list[str]":
    """The painted rows, without those that have nothing to show."""
    arranged = arrange(rows, kept, fields, long=surface == "claude", limit=limit, links=links)
    return paint_rows(arranged, kept, surface, colour=colour)


def paint_rows(rows: "list[list[tuple[str, ...]]]", kept: "dict[str, Any]", surface: str, *, colour: bool) -> "list[str]":
    """Arranged rows as `surface` wants them."""
    between = separator(kept, surface, colour=colour)
    return [_painted(row, between, surface, colour=colour) for row in rows]


def _painted(row: "list[tuple[str, ...]]", between: str, surface: str, *, colour: bool) -> str:
    pieces: list[str] = []
    for text, sgr, *more in row:
        url, room = more or ("", "")
        if pieces:
            pieces.append(room or between)
        elif room:
            pieces.append("\x1b[0m" + room)  # Claude Code trims a row, and this is nothing that it trims
        painted = paint(text, sgr if colour else "", surface)
        pieces.append(linked(painted, url) if url else painted)
    return "".join(pieces)


def separator(kept: "Mapping[str, Any]", surface: str, *, colour: bool) -> str:
    """What stands between two pieces of a row, painted."""
    style = kept["style"]
    muted = str(style.get("roles", {}).get("muted", "")) if colour else ""
    return cut_mark(surface) + paint(str(style.get("separator", " ")), muted, surface)


def arrange(
    rows: "Any", kept: "dict[str, Any]", fields: "Fields", *, long: bool, limit: int, links: bool = False
) -> "list[list[tuple[str, ...]]]":
    """Each row that has something to show as `(text, sgr)` pairs, fitted to `limit` cells (0: no limit).

    In a row with links, or with room to fill, each is `(text, sgr, address, blanks in place of the separator before it)`.
    While the snapshot names problems with the configuration, the first row ends in their mark.
    """
    style = {**kept["style"], "now": fields.now}
    gap = width(str(style.get("separator", " ")))
    mark = problem_mark(kept)
    arranged: list[list[tuple[str, ...]]] = []
    widest: list[dict[str, Any]] = []
    for row in rows:
        pieces = []
        fills = 0
        for name in row:
            segment = kept["segments"].get(name)
            if name == FILL:
                fills += 1
            elif isinstance(segment, dict):
                found = expand_segment(segment, fields, style, long=long, limit=limit, gap=gap)
                for piece in found:
                    piece["fills"] = fills
                    piece["url"] = render_form(segment["link"], fields, style) if links and "link" in segment else None
                pieces.extend(found)
        widest = widest or pieces
        room = max(1, limit - gap - 1) if limit and mark and not arranged else limit
        chosen = fit(pieces, room, gap)
        if chosen and (links or (fills and room)):
            arranged.append(_spread(chosen, room, gap))
        elif chosen:
            arranged.append([(form, piece["sgr"]) for piece, form in chosen])
    if not arranged and widest:  # nothing fits: the most important piece, whole, beats a blank row
        best = max(widest, key=lambda piece: piece["priority"])
        arranged.append([(best["forms"][-1], best["sgr"])])
    if arranged and mark:
        arranged[0].append(mark)
    return arranged


def _spread(chosen: "list[tuple[dict[str, Any], str]]", limit: int, gap: int) -> "list[tuple[str, ...]]":
    """Chosen pieces with their addresses, and the room that is left shared by those before which there is one to fill."""
    free = max(0, limit - sum(width(form) for _, form in chosen) - gap * (len(chosen) - 1)) if limit else 0
    shares = len({piece["fills"] for piece, _ in chosen} - {0})
    row: list[tuple[str, ...]] = []
    last = 0
    for piece, form in chosen:
        room = 0
        if piece["fills"] != last and free:
            room = free // shares
            free, shares = free - room, shares - 1
        last = piece["fills"]
        row.append((form, piece["sgr"], piece["url"] or "", " " * (room + gap if row and room else room)))
    return row


def problem_mark(kept: "Mapping[str, Any]") -> "tuple[str, str] | None":
    """One cell that says that the configuration cannot be followed, and its colour; None while it can."""
    if not kept.get("problems"):
        return None
    style = kept["style"]
    return str(style.get("problem") or "x")[:1], str(style.get("roles", {}).get("critical", ""))


def expand_segment(
    segment: "dict[str, Any]", fields: "Fields", style: "dict[str, Any]", *, long: bool, limit: int = 0, gap: int = 0
) -> "list[dict[str, Any]]":
    """A compiled segment's pieces: none when a field is absent, several when it is repeated for each window.

    Of those, no more than fill `limit` cells (0: no limit) in their shortest forms with `gap` between: the last of equally
    important pieces are the first that `fit` drops.
    """
    each = segment.get("each")
    prefixes = [""] if not each else [key for key in fields.windows if key.startswith(each)]
    pieces = []
    taken = -gap
    hidden = segment.get("hide_below")
    for prefix in prefixes:
        if limit and taken > limit:
            break
        if hidden is not None and (level_of(segment, fields, prefix) or 0.0) < hidden:
            continue
        forms = render_forms(segment["forms"], fields, style, prefix, long=long, limit=limit)
        if not forms and segment.get("fallback") and not fields.windows and "extra.used" not in fields:
            forms = render_forms(segment["fallback"], fields, style, prefix, long=long, limit=limit)
        if not forms:
            continue
        pieces.append(
            {"forms": forms, "priority": segment.get("priority", 50), "sgr": segment_colour(segment, fields, style, prefix)}
        )
        if limit:
            taken += gap + width(forms[-1])
    return pieces


def render_forms(
    forms: "list[Any]", fields: "Fields", style: "dict[str, Any]", prefix: str, *, long: bool, limit: int
) -> "list[str]":
    """The texts of a segment's three forms, the longest first; none where it has nothing to show.

    What nobody will see is not made: a long form where the usual one is shown, a short one where there is no limit.
    """
    full, usual, short = forms
    text = render_form(usual, fields, style, prefix) if usual else None
    if text and not long and not limit:
        return [text, text, text]
    shortest = render_form(short, fields, style, prefix) if short else None
    text = text or shortest
    if not text:
        return []
    longest = render_form(full, fields, style, prefix) if full and long else None
    return [longest or text, text, shortest or text]


def render_form(form: "list[Any]", fields: "Fields", style: "dict[str, Any]", prefix: str = "") -> "str | None":
    """The text of one form, a list of literals and `[field, spec]` pairs; None when a field is absent or does not fit its spec.

    `prefix` is the window that `window.` stands for in a segment that is repeated for each of several windows.
    """
    pieces = []
    stale = False
    for part in form:
        if isinstance(part, str):
            pieces.append(part)
            continue
        name, spec = part
        if prefix and name.startswith("window."):
            name = prefix + name[6:]
        value = fields.get(name)
        if value is None:
            return None
        text = format_value(value, spec, style)
        if text is None:
            return None
        pieces.append(text)
        if fields.stale and not stale:
            stale = name.partition(".")[0] in fields.stale or name in fields.stale
    mark = style.get("stale", "?") if stale else ""
    return mark + "".join(pieces)


def level_of(segment: "dict[str, Any]", fields: "Mapping[str, Any]", prefix: str) -> "float | None":
    """The number that a segment's thresholds are held against; None where it has none, or nobody knows it."""
    field = segment.get("level") or ""
    if prefix and field.startswith("window."):
        field = prefix + field[6:]
    return number(fields.get(field)) if field else None


def segment_colour(segment: "dict[str, Any]", fields: "Mapping[str, Any]", style: "dict[str, Any]", prefix: str) -> str:
    """The SGR parameters for a segment at its present level."""
    roles = style.get("roles", {})
    value = level_of(segment, fields, prefix)
    for role in ("critical", "warn"):
        threshold = segment.get(role)
        if value is not None and threshold is not None and value >= threshold:
            return str(roles.get(role, ""))
    colour = segment.get("colour", "")
    return str(roles.get(colour, colour))


def shows_field(rows: "Any", kept: "dict[str, Any]", field: str) -> bool:
    """Whether a segment of these rows names `field` in one of its forms."""
    segments = [kept["segments"].get(name) for row in rows for name in row]
    forms = [form for segment in segments if isinstance(segment, dict) for form in segment["forms"] if form]
    return any(isinstance(part, list) and part and part[0] == field for form in forms for part in form)
