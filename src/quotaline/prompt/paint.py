"""PURE Colour, width, and each surface's escapes.

Every value was cleaned of control characters before it comes here; what this file adds is the only escape in the output.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# East Asian wide and emoji blocks: two cells each. Combining marks and joiners: none.
WIDE = (
    (0x1100, 0x115F), (0x231A, 0x231B), (0x23E9, 0x23EC), (0x2E80, 0x303E), (0x3041, 0x33FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xA000, 0xA4CF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60),
    (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF), (0x20000, 0x3FFFD),
)  # fmt: skip
NARROW = ((0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x064B, 0x065F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
          (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF))  # fmt: skip


def width(text: str) -> int:
    """Terminal cells that `text` takes."""
    if text.isascii():
        return len(text)
    cells = 0
    for character in text:
        code = ord(character)
        if code < 0x300:  # noqa: PLR2004 - everything below takes one cell
            cells += 1
        elif not any(low <= code <= high for low, high in NARROW):
            cells += 2 if any(low <= code <= high for low, high in WIDE) else 1
    return cells


def wants_colour(setting: str, env: "Mapping[str, str]", *, default: bool) -> bool:
    """The user's configuration first, then NO_COLOR, then FORCE_COLOR, then what the surface is used to."""
    if setting in ("always", "never"):
        return setting == "always"
    if env.get("NO_COLOR"):
        return False
    forced = env.get("FORCE_COLOR")
    if forced:
        return forced not in ("0", "false")
    return default


def escape(text: str, surface: str) -> str:
    """`text` with the characters doubled that `surface` would otherwise read as its own."""
    if surface == "tmux":
        return text.replace("#", "##")
    if surface == "zsh":
        return text.replace("%", "%%")
    return text


def paint(text: str, sgr: str, surface: str) -> str:
    """Escaped `text` in the colour `sgr` (the parameters of an SGR sequence, "" for none) as `surface` wants it."""
    text = escape(text, surface)
    if not sgr or not text:
        return text
    if surface == "tmux":
        return f"#[{tmux_style(sgr)}]{text}#[default]"
    before, after = f"\x1b[{sgr}m", "\x1b[0m"
    if surface == "bash":  # readline's own marks: bash does not read \[ in the output of a $(…)
        before, after = f"\x01{before}\x02", f"\x01{after}\x02"
    elif surface == "zsh":
        before, after = f"%{{{before}%}}", f"%{{{after}%}}"
    return before + text + after


def tmux_style(sgr: str) -> str:
    """SGR parameters as a tmux style: `1;38;5;214` is `bold,fg=colour214`."""
    numbers = sgr.split(";")
    words = []
    while numbers:
        code = numbers.pop(0)
        if code == "38" and numbers[:1] == ["5"]:
            words.append(f"fg=colour{numbers[1]}")
            del numbers[:2]
        elif code == "38" and numbers[:1] == ["2"]:
            red, green, blue = (int(part) for part in numbers[1:4])
            words.append(f"fg=#{red:02x}{green:02x}{blue:02x}")
            del numbers[:4]
        elif code in ("1", "2", "3", "4", "7"):
            words.append({"1": "bold", "2": "dim", "3": "italics", "4": "underscore", "7": "reverse"}[code])
        elif code.isdigit() and 30 <= int(code) <= 37:  # noqa: PLR2004 - the eight ANSI colours
            words.append(f"fg=colour{int(code) - 30}")
        elif code.isdigit() and 90 <= int(code) <= 97:  # noqa: PLR2004 - and their bright twins
            words.append(f"fg=colour{int(code) - 82}")
    return ",".join(words) or "default"


def fit(segments: "list[dict[str, Any]]", limit: int, gap: int) -> "list[tuple[str, str]]":
    """Choose for each segment a form so that the row takes at most `limit` cells (0: no limit).

    `segments` are `{"forms": [longest … shortest], "priority": int, "sgr": str}`. First the least important are shortened,
    long forms before short ones, then the least important are dropped; a number is never cut. A row whose last segment is
    still too wide is empty.
    """
    ranks = [0] * len(segments)
    kept = list(range(len(segments)))
    while limit and kept:
        total = sum(width(segments[at]["forms"][ranks[at]]) for at in kept) + gap * (len(kept) - 1)
        if total <= limit:
            break
        shorter = [at for at in kept if ranks[at] + 1 < len(segments[at]["forms"])]
        if shorter:
            ranks[min(shorter, key=lambda at: (ranks[at], segments[at]["priority"]))] += 1
        else:
            kept.remove(min(kept, key=lambda at: int(segments[at]["priority"])))
    return [(segments[at]["forms"][ranks[at]], segments[at]["sgr"]) for at in kept]
