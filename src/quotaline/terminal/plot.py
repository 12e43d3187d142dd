"""PURE Windows over time as curves of block characters, and the scores of past forecasts as a table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from quotaline.core.formats import counted, format_hour
from quotaline.core.periods import DAY
from quotaline.core.windows import window_title
from quotaline.ledger.imported import CLAUDE_DESKTOP, HOLDS
from quotaline.model import ExtraUsage, Window
from quotaline.terminal.text import percent, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.forecast.backtest import Score
    from quotaline.model import Reading

STEPS = " ▁▂▃▄▅▆▇█"
ROWS = 4
FULL = 100.0
MARGIN = 5
DESKTOP = ", in part as Claude Desktop saw it (alpha)"
MODEL_NAMES = {"even": "even pace", "recent": "recent pace", "weekly": "hours of the week"}


def plots(readings: Sequence[Reading], start: float, end: float, limit: int, clock: str = "24h") -> list[Text]:
    """Each window and extra usage from `start` to `end` (epoch seconds), `limit` cells wide, newest at the right.

    A column is the highest value in its time; columns without a reading go on from the one before, up to the reset. What
    Claude Desktop saw goes on for an hour at the most.
    """
    names: dict[str, str] = {}
    for reading in readings:
        names.setdefault(reading.value.id, window_title(reading.value.id, reading.value.name))
    columns = max(10, limit - MARGIN)
    lines: list[Text] = []
    for key, name in names.items():
        of_window = [reading for reading in readings if reading.value.id == key]
        levels = curve(of_window, start, end, columns)
        top = max([FULL, *(level for level in levels if level is not None)])
        last = next((level for level in reversed(levels) if level is not None), None)
        now = "" if last is None else f"  {percent(last)}"
        now += DESKTOP if any(reading.source == CLAUDE_DESKTOP for reading in of_window) else ""
        lines += [
            Text(),
            Text(short(name, limit - 8)).append(short(now, max(8, limit - cell_len(name))), "accent"),
            *drawn(levels, top),
        ]
    if not lines:
        return [Text("No readings are in the ledger for this time; they come with each refresh.", "muted")]
    return [*lines[1:], axis(start, end, columns, clock)]


def curve(readings: Sequence[Reading], start: float, end: float, columns: int) -> list[float | None]:
    """The percent of one window in each of `columns` equal spans of time; None where nothing is known."""
    wide = (end - start) / columns
    levels: list[float | None] = [None] * columns
    for reading, after in zip(readings, [*readings, None][1:], strict=True):
        level = _level(reading)
        if level is None:
            continue
        ends = [end, after.as_of if after is not None else end]
        if isinstance(reading.value, Window) and reading.value.resets_at is not None:
            ends.append(reading.value.resets_at)
        if reading.source == CLAUDE_DESKTOP:
            ends.append(reading.as_of + HOLDS)
        first = max(0, int((reading.as_of - start) / wide))
        for column in range(first, min(columns, int((min(ends) - start) / wide) + 1)):
            levels[column] = max(level, levels[column] or 0.0)
    return levels


def drawn(levels: Sequence[float | None], top: float) -> list[Text]:
    """The curve as ROWS lines with a scale at the left."""
    lines: list[Text] = []
    for row in range(ROWS - 1, -1, -1):
        cells = []
        for level in levels:
            if level:
                cells.append(STEPS[max(0, min(8, round(level / top * ROWS * 8 - row * 8)))])
            else:
                cells.append("·" if level is not None and row == 0 else " ")
        scale = {ROWS - 1: f"{top:>4.0f} ", 0: "   0 "}.get(row, " " * MARGIN)
        lines.append(Text.assemble((scale, "muted"), ("".join(cells).rstrip(), "ok")))
    return lines


def axis(start: float, end: float, columns: int, clock: str = "24h") -> Text:
    """The time at both ends and in the middle."""
    moments = [time.localtime(at) for at in (start, (start + end) / 2, end)]
    if end - start < 7 * DAY:
        left, middle, right = (f"{time.strftime('%a', at)} {format_hour(at.tm_hour, at.tm_min, clock)}" for at in moments)
    else:
        left, middle, right = (time.strftime("%d %b", at) for at in moments)
    gap = columns - cell_len(left) - cell_len(middle) - cell_len(right)
    if gap < 2:  # noqa: PLR2004 - one blank on each side
        return Text(" " * MARGIN + left + " " * max(1, columns - cell_len(left) - cell_len(right)) + right, "muted")
    return Text(" " * MARGIN + left + " " * (gap // 2) + middle + " " * (gap - gap // 2) + right, "muted")


def scores(found: Sequence[Score], limit: int) -> list[Text]:
    """What the forecasts erred by, a line or two for each window."""
    if not found:
        return [Text("No period has ended yet with enough readings to score a forecast.", "muted")]
    lines: list[Text] = []
    for score in found:
        lines.append(Text(short(window_title(score.id, score.name), limit), "accent"))
        told = [
            f"{counted(score.forecasts, 'forecast')} in {counted(score.periods, 'period')}",
            f"percent at the reset: off by {score.points:.1f} points (median), {score.points_90:.1f} (9 of 10)",
            f"bias {score.bias:+z.1f} points; by {MODEL_NAMES.get(score.model, score.model)} at present",
            "off by model: " + ", ".join(f"{name} {getattr(score, f'{key}_points'):.1f}" for key, name in MODEL_NAMES.items()),
        ]
        if score.hours is not None:
            told.append(f"time of 100 %: off by {score.hours:.1f} h (median of {score.reached})")
        if score.false_alarms or score.missed:
            told.append(f"100 % foreseen that did not come: {score.false_alarms}; that came unforeseen: {score.missed}")
        lines += [Text("  " + text) for text in told]
    return lines


def _level(reading: Reading) -> float | None:
    value = reading.value
    if value.utilization is None and isinstance(value, ExtraUsage) and value.used and value.limit and value.limit.amount:
        return value.used.amount * FULL / value.limit.amount
    return value.utilization
