"""EFFECT Print the overview by rich, in the palette of the prompt line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from msgspec import structs
from rich.console import Console, Group
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from quotaline.config.palettes import PALETTES
from quotaline.core.model_names import window_name
from quotaline.core.values import printable_with_icons
from quotaline.core.windows import EVERYTHING, KINDS, window_title
from quotaline.model import RECORD
from quotaline.render.paint import wants_colour
from quotaline.render.sgr import parse_sgr
from quotaline.terminal import tokens, windows
from quotaline.terminal.text import ASCII, Flow, Words, clock_with_zone
from quotaline.terminal.welcome import welcome
from quotaline.usage.report import period_elapsed, ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from quotaline.config.schema import Config
    from quotaline.integrations.steps import FirstSteps
    from quotaline.model import Missing, Snapshot
    from quotaline.terminal.text import Line
    from quotaline.usage.report import Overview

NARROWEST, WIDEST = 40, 200
PLAIN_WIDTH = 80
HEALTH_PARTS = {
    "week": "the week's budget takes most of it",
    "block": "the block's budget takes most of it",
    "pace": "being ahead of even use takes most of it",
}


def print_usage(
    view: Overview,
    snapshot: Snapshot,
    config: Config,
    env: Mapping[str, str],
    now: float,
    *,
    ascii_only: bool,
    steps: FirstSteps | None = None,
) -> None:
    """Print the page; in a pipe it is plain text. Where there is nothing to show it is the `steps` to the first number."""
    screen = console(config, env)
    lines = whole_page(view, snapshot, config, now, screen.width, steps=steps)
    print_lines(screen, lines, config, ascii_only=ascii_only or needs_ascii(config))


def whole_page(
    view: Overview, snapshot: Snapshot, config: Config, now: float, limit: int, *, steps: FirstSteps | None
) -> list[Line]:
    """The overview as lines of at most `limit` cells; where there is nothing to show, the `steps` to the first number."""
    if view.empty and steps is not None:
        told = welcome(steps, limit, example=sys.stdout.isatty(), alpha=config.enable_alpha_features)
        return first_page(view, snapshot, told, now)
    return usage_page(view, snapshot, now, limit)


def console(config: Config, env: Mapping[str, str], **options: Any) -> Console:
    """A console as wide as the terminal says, or COLUMNS, with colours where the prompt line would have them."""
    colour = wants_colour(config.style.colour, env, default=sys.stdout.isatty())
    found = Console().width if sys.stdout.isatty() else PLAIN_WIDTH
    usual = {"width": page_width(env, found), "force_terminal": colour}
    return Console(
        **{**usual, **options},
        color_system="truecolor" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def page_width(env: Mapping[str, str], columns: int) -> int:
    """The cells that a page is drawn for in a terminal of `columns`: COLUMNS has the word."""
    told = env.get("COLUMNS", "")
    return min(WIDEST, max(NARROWEST, int(told) if told.isdecimal() and int(told) else columns))


def needs_ascii(config: Config) -> bool:
    """Whether only ASCII may be printed: the palette says so, or stdout could not carry more."""
    return config.style.palette == "ascii" or "utf" not in (sys.stdout.encoding or "").lower()


def print_page(
    lines_at: Callable[[int], Iterable[Line]], config: Config, env: Mapping[str, str], *, ascii_only: bool = False
) -> None:
    """Print what `lines_at` draws for the width of the screen, in ASCII where nothing else can be shown."""
    screen = console(config, env)
    print_lines(screen, lines_at(screen.width), config, ascii_only=ascii_only or needs_ascii(config))


def print_lines(screen: Console, lines: Iterable[Line], config: Config, *, ascii_only: bool) -> None:
    """Print lines and tables in the palette; no line ends in blanks."""
    rows = painted_rows(screen, lines, config, screen.width, ascii_only=ascii_only)
    screen.print(Segments([part for row in rows for part in (*row, Segment.line())]), end="", soft_wrap=True)


def painted_rows(
    screen: Console, lines: Iterable[Line], config: Config, limit: int, *, ascii_only: bool
) -> list[list[Segment]]:
    """Lines and tables of `limit` cells as rows of painted pieces, in the palette; no row ends in blanks."""
    styles = {role: style_of(sgr) for role, sgr in PALETTES[config.style.palette].items()}
    rows: list[list[Segment]] = []
    with screen.use_theme(Theme(styles)):
        whole = screen.render(Group(*lines), screen.options.update(width=limit, no_wrap=True, overflow="ignore"))
        for line in Segment.split_lines(whole):
            shown = [Segment(printable_with_icons(_ascii(text) if ascii_only else text), style) for text, style, _ in line]
            while shown and not shown[-1].text.strip():
                shown.pop()
            rows.append([*shown[:-1], *(Segment(text.rstrip(), style) for text, style, _ in shown[-1:])])
    return rows


def _ascii(text: str) -> str:
    return text.translate(ASCII).encode("ascii", "replace").decode()


def style_of(sgr: str) -> Style:
    """SGR parameters, as palettes and segments hold them, as a rich style."""
    words, colour = parse_sgr(sgr)
    if colour is not None:
        words.append("rgb({},{},{})".format(*bytes.fromhex(colour)) if isinstance(colour, str) else f"color({colour})")
    return Style.parse(" ".join(words) or "none")


def usage_page(view: Overview, snapshot: Snapshot, now: float, limit: int) -> list[Line]:
    """The whole overview at `now` (epoch seconds) as lines of at most `limit` cells."""
    clock = clock_of(snapshot)
    return paragraphs([head(view, now, clock), *usage_blocks(view, snapshot, now, limit), legend_of([view], now)])


def usage_blocks(view: Overview, snapshot: Snapshot, now: float, limit: int) -> list[list[Line]]:
    """What the page says between its head and what the marks mean."""
    show, names = str(snapshot.style.get("show", "used")), snapshot.style.get("models")
    if names:
        called = [structs.replace(meter, name=window_name(names, meter.id, meter.name)) for meter in view.windows]
        view = structs.replace(view, windows=called)
    blocks = [windows.lines(view.windows, snapshot.segments, now, limit, show, clock=clock_of(snapshot)), health(view)]
    blocks += [tokens.lines(view.transcripts, now, limit, names)]
    return [*blocks, gaps(view.missing), unforeseen(view, snapshot, now), troubles(snapshot)]


def clock_of(snapshot: Snapshot) -> str:
    """How times of day are told."""
    return str(snapshot.style.get("clock", "24h"))


def first_page(view: Overview, snapshot: Snapshot, told: list[list[Line]], now: float) -> list[Line]:
    """The page while there is no number: what to do, and what went wrong; why each number is missing is said by that."""
    usual = {*(kind.missing_id for kind in KINDS), EVERYTHING}
    wrong = [gap for gap in view.missing if gap.id not in usual]
    sources = structs.replace(snapshot, sources=tuple(state for state in snapshot.sources if state.source != "transcripts"))
    return paragraphs([head(view, now, clock_of(snapshot)), *told, gaps(wrong), troubles(sources)])


def head(view: Overview, now: float, clock: str) -> list[Line]:
    """Whose numbers these are, and when."""
    account = view.account
    told = [("Claude usage", "accent")]
    told += [(text, "text") for text in (account.plan and account.plan.replace("_", " "), account.config_dir) if text]
    return [Flow([*told, (clock_with_zone(now, now, clock), "muted")])]


def paragraphs(blocks: Iterable[list[Line]]) -> list[Line]:
    """Blocks with an empty line between them; those without a line are left out."""
    return [line for block in blocks if block for line in (*block, Text())][:-1]


def health(view: Overview) -> list[Line]:
    """How well the budgets stand, and what pulls that down."""
    found = view.health
    if found is None:
        return []
    why = f"; {HEALTH_PARTS.get(found.part, found.part)}" if found.part else ""
    return [Words(f"Health of your budgets: {found.score} of 100{why}")]


def gaps(missing: list[Missing]) -> list[Line]:
    """Why anything is missing, and what to do; values that are missing for one reason share its lines."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for gap in missing:
        reasons.setdefault((gap.why, gap.remedy), []).append(window_title(gap.id))
    lines: list[Line] = [Text("Not shown", "accent")] if missing else []
    for (why, remedy), names in reasons.items():
        lines.append(Words(f"{', '.join(names)}: {why}"))
        lines += [Words("→ " + remedy, "muted", indent=2)] if remedy else []
    return lines


def unforeseen(view: Overview, snapshot: Snapshot, now: float) -> list[Line]:
    """The windows that cannot be forecast yet, and why; those with too few readings share a line."""
    reasons: dict[str, list[str]] = {}
    for meter in view.windows:
        prefix = "extra" if meter.id == "extra_usage" else meter.id
        if why := ready(snapshot, f"{prefix}.no_forecast", now):
            reasons.setdefault(str(why).partition(": ")[0], []).append(window_title(meter.id, meter.name))
    lines = [Words(f"{', '.join(names)}: {why}") for why, names in reasons.items()]
    return [Text("No forecast yet", "accent"), *lines] if lines else []


def legend_of(views: Sequence[Overview], now: float) -> list[Line]:
    """What the marks mean, those that are on a page with these."""
    windows = [window for view in views for window in view.windows]
    local = [
        span for view in views for span in (view.transcripts.five_hour, view.transcripts.today, view.transcripts.seven_day)
    ]
    spans = [span for span in local if span is not None and span.tokens.total]
    unpriced = any(span.unpriced_models for span in spans) or any(one.extras.get("at_least") for one in windows)
    guessed = any(one.extras.get(name) is not None for one in windows for name in ("estimate", "at_reset", "limit_at"))
    recorded = any(model.source == RECORD for span in spans for model in span.models)
    ticked = any(one.utilization is not None and period_elapsed(one, now) is not None for one in windows)
    marks = {
        "┃ even use by now": ticked,
        "~ an estimate": guessed or any(span.cost_usd for span in spans),
        "≥ a price is missing": unpriced,
        f"{tokens.OWN_COUNT} the client's own count of a run without transcripts": recorded,
        "? stale": any(one.stale for one in windows),
        "alpha: from an undocumented source": any(one.extras.get("alpha") for one in windows),
    }
    told = [(text, "muted") for text, shown in marks.items() if shown]
    return [Flow(told)] if told else []


def troubles(snapshot: Snapshot) -> list[Line]:
    """Sources that could not be read or that wait for their turn, unless the list of missing values said it already."""
    said = {gap.why for gap in snapshot.missing}
    states = [(state.source, state.problem or state.note) for state in snapshot.sources]
    told = [Words(f"{source}: {words}", "muted") for source, words in states if words and words not in said]
    return [Text("Sources", "accent"), *told] if told else []
