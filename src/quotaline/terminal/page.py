"""EFFECT Print the overview by rich, in the palette of the prompt line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.style import Style
from rich.text import Text

from quotaline.config.palettes import PALETTES
from quotaline.core.values import printable
from quotaline.render.paint import wants_colour
from quotaline.terminal import tokens, windows
from quotaline.terminal.text import ASCII, Line, clock_with_zone, flow, title, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quotaline.config.schema import Config
    from quotaline.model import Missing, Snapshot
    from quotaline.usage.report import Overview

NARROWEST, WIDEST = 40, 200
PLAIN_WIDTH = 80


def print_usage(
    view: Overview, snapshot: Snapshot, config: Config, env: Mapping[str, str], now: float, *, ascii_only: bool
) -> None:
    """Print the page; in a pipe it is plain text."""
    screen = console(config, env)
    print_lines(screen, usage_page(view, snapshot, now, screen.width), config, ascii_only=ascii_only or needs_ascii(config))


def console(config: Config, env: Mapping[str, str], **options: Any) -> Console:
    """A console as wide as the terminal says, or COLUMNS, with colours where the prompt line would have them."""
    colour = wants_colour(config.style.colour, env, default=sys.stdout.isatty())
    told = env.get("COLUMNS", "")
    columns = int(told) if told.isdecimal() and int(told) else None
    found = columns or (Console().width if sys.stdout.isatty() else PLAIN_WIDTH)
    return Console(
        width=min(WIDEST, max(NARROWEST, found)),
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        **options,
    )


def needs_ascii(config: Config) -> bool:
    """Whether only ASCII may be printed: the palette says so, or stdout could not carry more."""
    return config.style.palette == "ascii" or "utf" not in (sys.stdout.encoding or "").lower()


def print_lines(screen: Console, lines: Iterable[Line], config: Config, *, ascii_only: bool) -> None:
    """Print lines of pieces in the palette."""
    styles = {role: style_of(sgr) for role, sgr in PALETTES[config.style.palette].items()}
    for line in lines:
        text = Text(no_wrap=True, overflow="ignore", end="")
        for words, role in line:
            shown = printable(words.translate(ASCII).encode("ascii", "replace").decode() if ascii_only else words)
            text.append(shown, styles[role] if role in styles else style_of(role))
        text.rstrip()
        screen.print(text, soft_wrap=True)


def style_of(sgr: str) -> Style:
    """SGR parameters, as palettes and segments hold them, as a rich style."""
    numbers = sgr.split(";") if sgr else []
    words = []
    while numbers:
        code = numbers.pop(0)
        if code == "38" and numbers[:1] == ["5"]:
            words.append(f"color({numbers[1]})")
            del numbers[:2]
        elif code == "38" and numbers[:1] == ["2"]:
            words.append("rgb({},{},{})".format(*numbers[1:4]))
            del numbers[:4]
        elif code in SGR_WORDS:
            words.append(SGR_WORDS[code])
        elif code.isdigit() and int(code) in range(30, 38):
            words.append(f"color({int(code) - 30})")
        elif code.isdigit() and int(code) in range(90, 98):
            words.append(f"color({int(code) - 82})")
    return Style.parse(" ".join(words) or "none")


SGR_WORDS = {"1": "bold", "2": "dim", "3": "italic", "4": "underline", "7": "reverse"}


def usage_page(view: Overview, snapshot: Snapshot, now: float, limit: int) -> list[Line]:
    """The whole overview at `now` (epoch seconds) as lines of at most `limit` cells."""
    account = view.account
    head = [("Claude usage", "accent")]
    head += [(text, "text") for text in (account.plan and account.plan.replace("_", " "), account.config_dir) if text]
    lines = [*flow([*head, (clock_with_zone(now, now), "muted")], limit), []]
    lines += windows.lines(view.windows, snapshot.segments, now, limit)
    blocks = [tokens.lines(view.transcripts, now, limit), gaps(view.missing, limit)]
    blocks += [unforeseen(view, snapshot, now, limit), troubles(snapshot, limit)]
    for block in blocks:
        if block:
            lines += [*([] if lines[-1] == [] else [[]]), *block]
    return lines


def gaps(missing: list[Missing], limit: int) -> list[Line]:
    """Why anything is missing, and what to do; values that are missing for one reason share its lines."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for gap in missing:
        reasons.setdefault((gap.why, gap.remedy), []).append(title(gap.id))
    lines: list[Line] = [[("Not shown", "accent")]] if missing else []
    for (why, remedy), names in reasons.items():
        lines += [[(text, "text")] for text in wrapped(f"{', '.join(names)}: {why}", limit)]
        lines += [[("  " + text, "muted")] for text in (wrapped("→ " + remedy, limit - 2) if remedy else [])]
    return lines


def unforeseen(view: Overview, snapshot: Snapshot, now: float, limit: int) -> list[Line]:
    """The windows that cannot be forecast yet, and why."""
    lines: list[Line] = []
    for meter in view.windows:
        prefix = "extra" if meter.id == "extra_usage" else meter.id
        why, until = snapshot.fields.get(f"{prefix}.no_forecast", (None, None))
        if why and (until is None or now < until):
            lines += [[(text, "text")] for text in wrapped(f"{title(meter.id, meter.name)}: {why}", limit)]
    return [[("No forecast yet", "accent")], *lines] if lines else []


def troubles(snapshot: Snapshot, limit: int) -> list[Line]:
    """Sources that could not be read or that wait for their turn, unless the list of missing values said it already."""
    said = {gap.why for gap in snapshot.missing}
    states = [(state.source, state.problem or state.note) for state in snapshot.sources]
    told = [(source, words) for source, words in states if words and words not in said]
    lines: list[Line] = [[("Sources", "accent")]] if told else []
    for source, words in told:
        lines += [[(text, "muted")] for text in wrapped(f"{source}: {words}", limit)]
    return lines
