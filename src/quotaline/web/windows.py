"""PURE The windows of the page: how they stand, as the overview says it, and over time with resets and forecast."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from quotaline.core import formats
from quotaline.core.values import number
from quotaline.core.windows import EXTRA_USAGE, is_budget, window_title
from quotaline.forecast.replay import periods
from quotaline.model import Window
from quotaline.terminal.plot import curve
from quotaline.terminal.windows import detail_pieces, value_text
from quotaline.web.charts import COLUMNS, Curve, Outlook, share_picture, window_picture
from quotaline.web.markup import Cell, Column, figure, name, table, text, tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.config.schema import Style
    from quotaline.model import Reading
    from quotaline.usage.report import Meter, Overview
    from quotaline.web.facts import Over

HEADLINE = ("five_hour", "seven_day", "spend_limit", EXTRA_USAGE)
MOST_PERIODS = 300
"""Periods of all windows together in their table, the newest of them."""
ALPHA = ' <span class="tag">alpha</span>'


def tiles(view: Overview, style: Style) -> str:
    """The windows that every plan has, extra usage and whole budgets, as numbers of the headline."""
    return "".join(_tile(meter, view, style) for meter in view.windows if meter.id in HEADLINE or is_whole_budget(meter))


def is_whole_budget(meter: Meter) -> bool:
    """Whether it is a budget of all projects."""
    return is_budget(meter.id) and meter.id in {"budget_block", "budget_daily", "budget_weekly", "budget_monthly"}


def _tile(meter: Meter, view: Overview, style: Style) -> str:
    told = [words for words, _ in detail_pieces(meter, view.generated_at.timestamp(), style.clock)]
    value = text(value_text(meter, style.show)) + (ALPHA if meter.extras.get("alpha") else "")
    return tile(window_title(meter.id, meter.name), value, [_status(meter), *(text(words) for words in told[:2])])


def _status(meter: Meter) -> str:
    return "" if meter.status == "normal" else f'<span class="{meter.status}">{meter.status}</span>'


def now_table(view: Overview, style: Style) -> str:
    """Every window as the overview has it."""
    if not view.windows:
        return ""
    now = view.generated_at.timestamp()
    columns = [
        Column("Window", numeric=False),
        Column("Used" if style.show == "used" else "Left"),
        Column("Details", numeric=False),
    ]
    cells = []
    for meter in view.windows:
        share = "" if meter.utilization is None else share_picture(_share(meter, style.show))
        told = " · ".join(filter(None, (_status(meter), *(text(words) for words, _ in detail_pieces(meter, now, style.clock)))))
        title = name(window_title(meter.id, meter.name))
        level = None if meter.utilization is None else 100 * _share(meter, style.show)
        cells.append([Cell(title), Cell(text(value_text(meter, style.show)) + share, level), Cell(told)])
    return table("windows", "How the windows stand", columns, cells)


def _share(meter: Meter, show: str) -> float:
    """What is used of a window whose percentage is known, or what is left of it; 1 is all."""
    used = (meter.utilization or 0.0) / 100
    return used if show == "used" else 1 - used


def figures(view: Overview, over_time: Sequence[Over], style: Style) -> str:
    """Each window over time; "" where no reading is kept."""
    meters = {meter.id: meter for meter in view.windows}
    found = [_figure(over, meters.get(over.last.value.id), view, style) for over in over_time]
    return f'<div class="charts">{"".join(found)}</div>' if found else ""


def _figure(over: Over, meter: Meter | None, view: Overview, style: Style) -> str:
    last, now = over.last, view.generated_at.timestamp()
    title = window_title(last.value.id, last.value.name)
    outlook = None if meter is None or over.end < now else _outlook(meter, now)
    end = max(over.end, outlook.ends) if outlook else over.end
    levels, beside = (curve(readings, over.start, over.end, COLUMNS) for readings in (over.readings, over.imported))
    known = [level for level in (*levels, *beside) if level is not None]
    width = max(1, round(COLUMNS * (over.end - over.start) / (end - over.start)))
    squeezed = [_squeezed(one, width, COLUMNS) for one in (levels, beside)]
    drawn = Curve(over.start, end, squeezed[0], _resets(over), outlook, squeezed[1] if over.imported else ())
    told = f"from {clock(over.start)} to {clock(over.end)}, percent used in {len(drawn.resets)} periods that ended"
    told += f", at most {formats.format_percent(max(known))}" if known else ""
    value = f"at most {formats.format_percent(max(known))}" if known else ""
    if meter is not None:
        told += f"; now {value_text(meter)}"
        value = f"now {value_text(meter)}, {value}"
    value = text(value) + (ALPHA if any(reading.alpha for reading in (*over.readings, *over.imported)) else "")
    told += "; the dotted part is what Claude Desktop saw" if over.imported else ""
    said = [words for words, _ in detail_pieces(meter, now, style.clock)] if meter else []
    note = " · ".join(words for words in said if words.startswith(("~", "full in", "resets", "month ends")))
    axis = [clock(over.start), clock((over.start + end) / 2), clock(end)]
    return figure(title, value, window_picture(drawn, title, f"{told}. The table below has each period."), axis, text(note))


def _outlook(meter: Meter, now: float) -> Outlook | None:
    """What the overview foresees of a window in percent; None where it foresees nothing."""
    ends, extras = meter.resets_at, meter.extras
    if ends is None or meter.utilization is None or ends.timestamp() <= now:
        return None
    names = ("at_reset", "at_reset_least", "at_reset_most", "limit_at", "limit_earliest", "limit_latest")
    found = [number(extras.get(name)) for name in names]
    return Outlook(now, meter.utilization, ends.timestamp(), *found) if found[0] is not None or found[3] is not None else None


def _squeezed(levels: Sequence[float | None], width: int, size: int) -> list[float | None]:
    """The levels in the first `width` of `size` spans, the highest of those that fall into one; nothing behind them."""
    found: list[float | None] = [None] * size
    for place, level in enumerate(levels):
        at = min(width - 1, place * width // len(levels))
        before = found[at]
        found[at] = level if before is None else before if level is None else max(before, level)
    return found


def _resets(over: Over) -> list[float]:
    """The ends of the periods that were read and are over, each once."""
    ended = [_reset(period) for period in _periods(over)]
    return [at for at in ended if at <= over.end]


def _periods(over: Over) -> list[list[Reading]]:
    whole = [one for one in over.readings if isinstance(one.value, Window) and one.value.resets_at is not None]
    return periods(whole)


def _reset(period: Sequence[Reading]) -> float:
    value = period[-1].value
    return (value.resets_at or 0.0) if isinstance(value, Window) else 0.0


def periods_table(over_time: Sequence[Over], now: float) -> str:
    """Each period that was read: how full it was when it was read last; what the pictures show, in words."""
    columns = [
        Column("Window", numeric=False),
        Column("Reset"),
        Column("At most"),
        Column("Last read"),
        Column("Source", numeric=False),
    ]
    found = []
    for over in over_time:
        for period in _periods(over):
            levels = [one.value.utilization for one in period if one.value.utilization is not None]
            last, ends = period[-1], _reset(period)
            most = Cell(formats.format_percent(max(levels)), max(levels)) if levels else Cell("no number")
            source = text(last.source) + (ALPHA if last.alpha else "")
            title = name(window_title(last.value.id, last.value.name))
            state = "" if ends <= now else " (open)"
            row = [Cell(title), Cell(clock(ends) + state, ends), most, Cell(clock(last.as_of), last.as_of), Cell(source)]
            found.append((ends, row))
    found.sort(key=lambda pair: -pair[0])
    shown = [row for _, row in found[:MOST_PERIODS]]
    return table("periods", "Periods of the windows, the newest first", columns, shown) if shown else ""


def clock(moment: float) -> str:
    """A local date and time: `2026-11-25 14:00`, which sorts and needs no zone beside it, as the page names that once."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
