"""PURE The line for desktop bars: waybar, polybar, i3blocks, xbar and SwiftBar. Imported only when one of them is named.

Each shows the whole line as text, the names of the windows where there is room for them, and how grave it is.
"""

from quotaline.core.formats import format_left
from quotaline.core.money import format_money
from quotaline.core.values import number, printable, quote_json
from quotaline.core.windows import window_expires
from quotaline.render.layout import arrange
from quotaline.render.sgr import hex_colour

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from quotaline.render.fields import Fields


def render_bar(surface: str, names: "Any", kept: "dict[str, Any]", fields: "Fields", *, colour: bool) -> str:
    """What `surface` wants on stdout; "" where there is nothing to show."""
    rows = arrange(names, kept, fields, long=False, limit=0)
    if not rows:
        return ""
    level, percentage, sgr = worst_level(names, kept, fields)
    between = str(kept["style"].get("separator", " "))
    text = between.join(text for row in rows for text, _ in row)
    hexcode = hex_colour(sgr) if colour else ""
    if surface == "polybar":
        pieces = [polybar(piece, hex_colour(own) if colour else "") for row in rows for piece, own in row]
        return polybar(between, "").join(pieces)
    if surface == "i3blocks":
        return "\n".join([text, rows[0][0][0], *([f"#{hexcode}"] if hexcode else [])])
    if surface == "xbar":
        lines = [f"{xbar(text)} | color=#{hexcode}" if hexcode else f"{xbar(text)} | trim=true", "---"]
        return "\n".join([*lines, *(f"{xbar(line)} | trim=true" for line in detail_lines(fields))])
    tooltip = "\n".join(pango(line) for line in detail_lines(fields))
    parts = [f'"{name}":{quote_json(value, only_ascii=False)}' for name, value in (("text", pango(text)), ("tooltip", tooltip))]
    parts.append(f'"class":{quote_json(level)}')
    if percentage is not None:
        parts.append(f'"percentage":{percentage}')
    return "{" + ",".join(parts) + "}"


def worst_level(rows: "Any", kept: "dict[str, Any]", fields: "Fields") -> "tuple[str, int | None, str]":
    """`critical`, `warn`, `ok` or `none` over the row's segments, the highest percentage, and the level's SGR parameters."""
    rank, highest = -1, None
    for name in (name for row in rows for name in row):
        segment = kept["segments"].get(name)
        field = segment.get("level") if isinstance(segment, dict) else None
        if not field:
            continue
        each = segment.get("each")
        for prefix in [key for key in fields.windows if key.startswith(each)] if each else [""]:
            value = number(fields.get(prefix + field[6:] if prefix and field.startswith("window.") else field))
            if value is None:
                continue
            highest = value if highest is None or value > highest else highest
            for step, role in enumerate(("ok", "warn", "critical")):
                threshold = segment.get(role) if step else 0
                if threshold is not None and value >= threshold:
                    rank = max(rank, step)
    level = ("none", "ok", "warn", "critical")[rank + 1]
    sgr = str(kept["style"].get("roles", {}).get(level, ""))
    return level, None if highest is None else max(0, min(100, int(highest))), sgr


def detail_lines(fields: "Fields") -> "list[str]":
    """One line for each window and one for extra usage, as a tooltip or a menu shows them."""
    lines = []
    stale = fields.stale
    for key in fields.windows:
        used, remaining = number(fields.get(f"{key}.used")), number(fields.get(f"{key}.left"))
        if used is not None:
            verb = "expires" if window_expires(key) else "resets"
            resets = f", {verb} in {format_left(remaining)}" if remaining is not None else ""
            lines.append(f"{printable(str(fields.get(f'{key}.name', key)))}: {'?' if key in stale else ''}{int(used)}%{resets}")
    spent = format_money(fields["extra.used"]) if fields.get("extra.used") else None
    if spent:
        cap = format_money(fields["extra.limit"]) if fields.get("extra.limit") else None
        lines.append(f"Extra usage: {'?' if 'extra' in stale else ''}{spent}" + (f" of {cap}" if cap else ", no cap"))
    return lines


def polybar(text: str, hexcode: str) -> str:
    """Text that polybar cannot read as a tag, `%{`, in a colour."""
    text = text.replace("%{", "% {")
    return f"%{{F#{hexcode}}}{text}%{{F-}}" if hexcode else text


def xbar(text: str) -> str:
    """Text without the bar that begins xbar's parameters, nor the dashes that begin a menu."""
    text = text.replace("|", "¦")
    return f"\u2010{text[1:]}" if text.startswith("-") else text


def pango(text: str) -> str:
    """Text with the three characters escaped that waybar reads as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
