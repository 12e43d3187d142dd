"""PURE Colour, width, and each surface's escapes.

Every value was cleaned of control characters before it comes here, except what stands in a damaged snapshot; what this file
adds is the only escape in the output.
"""

from quotaline.core.values import without_controls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from quotaline.core.surfaces import Surface

UNESCAPED = ("claude", "plain")
"""They read nothing as their own and need no marks: most prompts do without the table of surfaces."""
LOOK_ALIKES = str.maketrans({"`": "'", "\\": "/", "!": "\u01c3"})
"""What a shell may read as its own in a prompt and knows no way to write: inside double quotes, or under PROMPT_BANG."""
NARROW = frozenset("█░·…↻▲⇡⇣±€")  # what quotaline itself writes: one cell each

LINKING_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "zed")
LINKING_TERMINALS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm")
FIRST_LINKING_VTE = 5000
URL_SIGNS = frozenset("-._~:/?#[]@!$&'()*+,=%")  # of RFC 3986, without the semicolon, which is OSC 8's own
LONGEST_URL = 2000


def width(text: str) -> int:
    """Terminal cells that `text` takes."""
    if text.isascii():
        return len(text)
    if all(character < "\u0300" or character in NARROW for character in text):
        return len(text)
    from quotaline.render.cells import count  # only for scripts and symbols beyond Latin

    return count(text)


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


def escape_text(text: str, place: "Surface") -> str:
    """`text` with the characters disarmed that `place` would otherwise read as its own."""
    if place.escape == "tmux":
        return escape_tmux(text) if "#" in text else text
    if place.escape == "zsh":
        text = text.replace("%", "%%")
    if place.escape:
        for code, other in LOOK_ALIKES.items():  # `translate` asks for each character, and most texts have none of them
            text = text.replace(chr(code), other)
        text = text.replace("$", "$" + place.empty)
    return text


def escape_tmux(text: str) -> str:
    """`#` halves twice on its way to the screen, as a format and as a style, but before `[` only once (tmux 3.3a)."""
    pieces = []
    count = 0
    for character in text:
        if character == "#":
            count += 1
            continue
        pieces.append("#" * count * (2 if character == "[" else 4) + character)
        count = 0
    if count:  # whatever follows may begin with a `#[` of ours
        pieces.append("##" * count + "#[default]")
    return "".join(pieces)


def paint(text: str, sgr: str, surface: str) -> str:
    """Escaped `text` in the colour `sgr` (the parameters of an SGR sequence, "" for none) as `surface` wants it."""
    if not text.isprintable():
        text = without_controls(text)
    if sgr and not (sgr.isascii() and sgr.replace(";", "").isdigit()):
        sgr = ""
    if surface in UNESCAPED:
        return f"\x1b[{sgr}m{text}\x1b[0m" if sgr and text else text
    from quotaline.core.surfaces import SURFACES

    return paint_at(text, sgr, SURFACES[surface])


def paint_at(text: str, sgr: str, place: "Surface") -> str:
    """The same for a surface of the table."""
    text = escape_text(text, place)
    if not sgr or not text:
        return text
    if place.escape == "tmux":
        from quotaline.render.sgr import tmux_style  # a terminal takes the parameters as they are

        return f"#[{tmux_style(sgr)}]{text}#[default]"
    opens, closes = place.marks
    return f"{opens}\x1b[{sgr}m{closes}{text}{opens}\x1b[0m{closes}"


def cut_mark(surface: str) -> str:
    """What stands before each separator where a narrow terminal may cut the line; it takes no cell."""
    if surface in UNESCAPED:
        return ""
    from quotaline.core.surfaces import SURFACES

    return SURFACES[surface].cut


def wants_links(setting: str, env: "Mapping[str, str]", *, colour: bool) -> bool:
    """Whether a text of the Claude line may be a link: the configuration first, then FORCE_HYPERLINK, then the terminal.

    Known are those in which Claude Code itself makes links. Nobody who wants no colours is sent other escapes; tmux and screen
    may take them away or count them as cells.
    """
    if setting in ("always", "never"):
        return setting == "always"
    if not colour:
        return False
    forced = env.get("FORCE_HYPERLINK")
    if forced:
        return forced not in ("0", "false")
    terminal = env.get("TERM", "")
    if env.get("TMUX") or env.get("STY") or terminal.startswith(("screen", "tmux", "dumb")):
        return False
    vte = env.get("VTE_VERSION", "")
    return (
        env.get("TERM_PROGRAM", "") in LINKING_PROGRAMS
        or terminal in LINKING_TERMINALS
        or bool(env.get("WT_SESSION"))
        or (vte.isascii() and vte.isdigit() and int(vte[:9]) > FIRST_LINKING_VTE)
    )


def linked(painted: str, url: str) -> str:
    """Painted text as a link (OSC 8); as it is where the address is none that may be sent to a terminal."""
    if not painted or not is_safe_url(url):
        return painted
    return f"\x1b]8;;{url}\x07{painted}\x1b]8;;\x07"  # not ESC \\: what measures Claude Code's rows knows BEL alone


def is_safe_url(url: str) -> bool:
    """Whether an address is HTTPS, and of characters that nobody reads as anything else."""
    if not url.startswith("https://") or not LONGEST_URL >= len(url) > len("https://"):
        return False
    return all(character.isascii() and (character.isalnum() or character in URL_SIGNS) for character in url)


def fit(segments: "list[dict[str, Any]]", limit: int, gap: int) -> "list[tuple[dict[str, Any], str]]":
    """Choose for each segment a form so that the row takes at most `limit` cells (0: no limit).

    `segments` are `{"forms": [longest … shortest], "priority": int, "sgr": str}`. First the least important are shortened,
    long forms before short ones, then the least important are dropped; a number is never cut. A row whose last segment is
    still too wide is empty.
    """
    widths = [[width(form) for form in segment["forms"]] for segment in segments]
    ranks = [0] * len(segments)
    total = sum(cells[0] for cells in widths) + gap * (len(segments) - 1)
    # of equally important ones the last is the first to go
    order = sorted(range(len(segments)), key=lambda at: (segments[at]["priority"], -at))
    kept = set(order)
    if limit:
        for rank in (1, 2):
            for at in order:
                if total > limit and rank < len(widths[at]):
                    total += widths[at][rank] - widths[at][rank - 1]
                    ranks[at] = rank
        for at in order:
            if total > limit:
                total -= widths[at][ranks[at]] + gap
                kept.discard(at)
    return [(segment, segment["forms"][ranks[at]]) for at, segment in enumerate(segments) if at in kept]
