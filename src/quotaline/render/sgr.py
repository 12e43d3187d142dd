"""PURE THE parser of SGR parameters (`1;38;5;214`), and what they are called by tmux and as `rrggbb`."""

BASIC = ("000000", "cd0000", "00cd00", "cdcd00", "1e90ff", "cd00cd", "00cdcd", "e5e5e5",
         "7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff")  # fmt: skip
STEPS = (0, 95, 135, 175, 215, 255)  # of the 6×6×6 cube in the 256-colour palette
ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
EXTENDED, ARGUMENTS = (38, 48, 58), {5: 1, 2: 3}  # colours of letters, ground and underline: 5;N, or 2;R;G;B
TMUX_ATTRIBUTES = {"italic": "italics", "underline": "underscore"}


def parse_sgr(sgr: str) -> "tuple[list[str], int | str | None]":
    """The attributes in SGR parameters, in order, and the foreground: 0-255 of the palette, or `rrggbb`, or None.

    The parameters of an extended colour are its own, also where it is cut short: none of them is an attribute.
    """
    numbers = [int(part or 0) for part in sgr.split(";") if not part or (part.isascii() and part.isdigit())]
    attributes: list[str] = []
    colour: int | str | None = None
    while numbers:
        code = numbers.pop(0)
        if code in EXTENDED:
            wanted = ARGUMENTS.get(numbers.pop(0), 0) if numbers else 0
            parts = [part & 255 for part in numbers[:wanted]]
            del numbers[:wanted]
            if code == EXTENDED[0] and wanted and len(parts) == wanted:
                colour = parts[0] if wanted == 1 else "".join(f"{part:02x}" for part in parts)
        elif code in ATTRIBUTES:
            attributes.append(ATTRIBUTES[code])
        elif 30 <= code <= 37:  # noqa: PLR2004 - the eight ANSI colours
            colour = code - 30
        elif 90 <= code <= 97:  # noqa: PLR2004 - and their bright twins
            colour = code - 82
    return attributes, colour


def tmux_style(sgr: str) -> str:
    """SGR parameters as a tmux style: `1;38;5;214` is `bold,fg=colour214`."""
    attributes, colour = parse_sgr(sgr)
    words = [TMUX_ATTRIBUTES.get(word, word) for word in attributes]
    if colour is not None:
        words.append(f"fg=#{colour}" if isinstance(colour, str) else f"fg=colour{colour}")
    return ",".join(words) or "default"


def hex_colour(sgr: str) -> str:
    """The foreground of SGR parameters as `rrggbb`; "" where they name none."""
    colour = parse_sgr(sgr)[1]
    if colour is None or isinstance(colour, str):
        return colour or ""
    if colour < len(BASIC):
        return BASIC[colour]
    if colour < 232:  # noqa: PLR2004 - the cube, then 24 greys
        colour -= 16
        return "".join(f"{STEPS[part]:02x}" for part in (colour // 36, colour // 6 % 6, colour % 6))
    return f"{8 + 10 * (colour - 232):02x}" * 3
