"""PURE The line for desktop bars: waybar, polybar, i3blocks, xbar and SwiftBar. Imported only when one of them is named.

Each shows the whole line as text, the names of the windows where there is room for them, and how grave it is.
"""

from quotaline.prompt import snapshot
from quotaline.prompt.draw import arrange
from quotaline.prompt.template import clean, left, money

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EIGHT = ("000000", "cd0000", "00cd00", "cdcd00", "1e90ff", "cd00cd", "00cdcd", "e5e5e5")
BRIGHT = ("7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff")
STEPS = (0, 95, 135, 175, 215, 255)  # of the 6×6×6 cube in the 256-colour palette


def show(surface: str, names: "Any", kept: "dict[str, Any]", fields: "dict[str, Any]", *, colour: bool) -> str:
    """What `surface` wants on stdout; "" where there is nothing to show."""
    rows = arrange(names, kept, fields, long=False, limit=0)
    if not rows:
        return ""
    level, percentage, sgr = gravest(names, kept, fields)
    between = str(kept["style"].get("separator", " "))
    text = between.join(text for row in rows for text, _ in row)
    hexcode = hex_of(sgr) if colour else ""
    if surface == "polybar":
        pieces = [polybar(piece, hex_of(own) if colour else "") for row in rows for piece, own in row]
        return polybar(between, "").join(pieces)
    if surface == "i3blocks":
        return "\n".join([text, rows[0][0][0], *([f"#{hexcode}"] if hexcode else [])])
    if surface == "xbar":
        lines = [f"{xbar(text)} | color=#{hexcode}" if hexcode else f"{xbar(text)} | trim=true", "---"]
        return "\n".join([*lines, *(f"{xbar(line)} | trim=true" for line in details(fields))])
    parts = [f'"text":{quoted(pango(text))}', f'"tooltip":{quoted(chr(10).join(pango(line) for line in details(fields)))}']
    parts.append(f'"class":{quoted(level)}')
    if percentage is not None:
        parts.append(f'"percentage":{percentage}')
    return "{" + ",".join(parts) + "}"


def gravest(rows: "Any", kept: "dict[str, Any]", fields: "dict[str, Any]") -> "tuple[str, int | None, str]":
    """`critical`, `warn`, `ok` or `none` over the row's segments, the highest percentage, and the level's SGR parameters."""
    rank, highest = -1, None
    for name in (name for row in rows for name in row):
        segment = kept["segments"].get(name)
        field = segment.get("level") if isinstance(segment, dict) else None
        if not field:
            continue
        each = segment.get("each")
        for prefix in [key for key in fields["windows"] if key.startswith(each)] if each else [""]:
            value = snapshot.number(fields.get(prefix + field[6:] if prefix and field.startswith("window.") else field))
            if value is None:
                continue
            highest = value if highest is None or value > highest else highest
            for number, role in enumerate(("ok", "warn", "critical")):
                threshold = segment.get(role) if number else 0
                if threshold is not None and value >= threshold:
                    rank = max(rank, number)
    level = ("none", "ok", "warn", "critical")[rank + 1]
    sgr = str(kept["style"].get("roles", {}).get(level, ""))
    return level, None if highest is None else max(0, min(100, int(highest))), sgr


def details(fields: "dict[str, Any]") -> "list[str]":
    """One line for each window and one for extra usage, as a tooltip or a menu shows them."""
    lines = []
    stale = fields["stale"]
    for key in fields["windows"]:
        used, remaining = snapshot.number(fields.get(f"{key}.used")), snapshot.number(fields.get(f"{key}.left"))
        if used is not None:
            resets = f", resets in {left(remaining)}" if remaining is not None else ""
            lines.append(f"{clean(str(fields.get(f'{key}.name', key)))}: {'?' if key in stale else ''}{int(used)}%{resets}")
    spent = money(fields["extra.used"]) if fields.get("extra.used") else None
    if spent:
        cap = money(fields["extra.limit"]) if fields.get("extra.limit") else None
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


def quoted(text: str) -> str:
    """A JSON string; `json` would cost more than all the rest."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def hex_of(sgr: str) -> str:
    """The foreground of SGR parameters as `rrggbb`; "" where they name none."""
    numbers = [int(part) for part in sgr.split(";") if part.isdigit()]
    while numbers:
        code = numbers.pop(0)
        if code == 38 and numbers[:1] == [5] and len(numbers) > 1:  # noqa: PLR2004 - 38;5;N
            return _palette(numbers[1])
        if code == 38 and numbers[:1] == [2] and len(numbers) > 3:  # noqa: PLR2004 - 38;2;R;G;B
            return "".join(f"{part & 255:02x}" for part in numbers[1:4])
        if 30 <= code <= 37:  # noqa: PLR2004 - the eight ANSI colours
            return EIGHT[code - 30]
        if 90 <= code <= 97:  # noqa: PLR2004 - and their bright twins
            return BRIGHT[code - 90]
    return ""


def _palette(number: int) -> str:
    if number < 16:  # noqa: PLR2004 - the sixteen that a terminal names
        return (EIGHT + BRIGHT)[number]
    if number < 232:  # noqa: PLR2004 - the cube, then 24 greys
        number -= 16
        return "".join(f"{STEPS[part]:02x}" for part in (number // 36, number // 6 % 6, number % 6))
    return f"{8 + 10 * (number - 232):02x}" * 3
