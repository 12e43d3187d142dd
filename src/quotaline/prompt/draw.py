"""PURE A snapshot × now → fields; compiled rows × fields → painted rows."""

from quotaline.prompt import snapshot, windows
from quotaline.prompt.paint import fit, paint, width
from quotaline.prompt.template import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
    return dress(arrange(rows, kept, fields, long=surface == "claude", limit=limit), kept, surface, colour=colour)


def dress(rows: "list[list[tuple[str, str]]]", kept: "dict[str, Any]", surface: str, *, colour: bool) -> "list[str]":
    """Arranged rows as `surface` wants them."""
    style = kept["style"]
    muted = str(style.get("roles", {}).get("muted", "")) if colour else ""
    between = paint(str(style.get("separator", " ")), muted, surface)
    return [between.join(paint(text, sgr if colour else "", surface) for text, sgr in row) for row in rows]


def arrange(
    rows: "Any", kept: "dict[str, Any]", fields: "dict[str, Any]", *, long: bool, limit: int
) -> "list[list[tuple[str, str]]]":
    """Each row that has something to show as `(text, sgr)` pairs, fitted to `limit` cells (0: no limit)."""
    style = {**kept["style"], "now": fields["now"]}
    gap = width(str(style.get("separator", " ")))
    arranged = []
    widest: list[dict[str, Any]] = []
    for row in rows:
        pieces = []
        for name in row:
            segment = kept["segments"].get(name)
            if isinstance(segment, dict):
                pieces.extend(expand(segment, fields, style, long=long))
        widest = widest or pieces
        fitted = fit(pieces, limit, gap)
        if fitted:
            arranged.append(fitted)
    if not arranged and widest:  # nothing fits: the most important piece, whole, beats a blank row
        best = max(widest, key=lambda piece: piece["priority"])
        arranged.append([(best["forms"][-1], best["sgr"])])
    return arranged


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
