"""PURE A window as lines: name, value, a bar with the pace tick, countdown, money, source and age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Group
from rich.table import Column, Table
from rich.text import Text

from quotaline.core import formats
from quotaline.core.money import format_money
from quotaline.core.windows import EXTRA_USAGE, window_expires, window_title
from quotaline.render.fields import estimate_mark
from quotaline.render.layout import segment_colour
from quotaline.snapshot.reasons import reason_text
from quotaline.terminal.text import Flow, ago, countdown, money, short
from quotaline.usage.report import period_elapsed, period_end, segment_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quotaline.terminal.text import Line, Piece
    from quotaline.usage.report import Meter

ROLES = {"ok": "ok", "warn": "warn", "critical": "critical"}
PERIOD_WORDS = {"block": "a block", "daily": "a day", "weekly": "a week", "monthly": "a month"}
TWO_LINES, ONE_LINE = 60, 100
SHORTEST_BAR, LONGEST_BAR = 24, 30
BESIDE = 20
"""Cells beside the bar below which it takes the whole width."""


def role(meter: Meter, segments: Mapping[str, Any]) -> str:
    """The role that the prompt line paints this value in, by the same thresholds."""
    segment = segment_of(meter.id, segments)
    level = segment.get("level") or ""
    roles = {key: key for key in ("text", "muted", "accent", "money", *ROLES)}
    painted = segment_colour(dict(segment), {level: meter.utilization}, {"roles": roles}, "")
    return painted if painted in roles else "text"


def bar(share: float | None, tick: float | None, size: int, colour: str) -> Text:
    """A bar of `size` cells, `share` 0-1 of it filled; at `tick` 0-1 a mark: fuller than this is faster than even use."""
    filled = 0 if share is None or share <= 0 else size if share >= 1 else max(1, min(size - 1, round(share * size)))
    drawn = Text.assemble(("█" * filled, colour), ("░" * (size - filled), "muted"))
    if tick is None:
        return drawn
    at = min(size - 1, int(tick * size))
    return Text.assemble(drawn[:at], ("┃", "text"), drawn[at + 1 :])


def value_text(meter: Meter, show: str = "used") -> str:
    """The number that matters: percent used or, with `show` "left", left; or money; a stale one carries the line's mark."""
    if meter.used is None:
        text = "no number" if meter.utilization is None else formats.format_percent(meter.utilization)
    elif meter.unit == "percent" and show == "left" and meter.remaining is not None:
        text = f"{formats.format_percent(float(meter.remaining))} left"
    elif meter.unit == "percent":
        text = formats.format_percent(float(meter.used))
    else:
        text = money(meter.used, meter.unit)
    return estimate_mark(meter.extras) + text + ("?" if meter.stale else "")


def detail_pieces(meter: Meter, now: float, clock: str = "24h") -> list[Piece]:
    """What is said beside the bar."""
    pieces: list[Piece] = []
    end = period_end(meter, now)
    extras = meter.extras
    if meter.unit != "percent":
        pieces += money_pieces(meter)
    if extras.get("is_enabled") is False:
        reason = reason_text(extras.get("disabled_reason"))
        pieces.append((f"off{': ' + reason if reason else ''}", "warn"))
    if end is not None:
        verb = "month ends" if meter.id == EXTRA_USAGE else "expires" if window_expires(meter.id) else "resets"
        pieces.append((f"{verb} {countdown(end, now, clock)}", "text"))
    pieces += forecast_pieces(meter, now, clock)
    mark = ", alpha" if extras.get("alpha") else ""
    mark += ", stale" if meter.stale else ""
    return [*pieces, (f"{meter.source}, {ago(meter.as_of.timestamp(), now)}{mark}", "muted")]


def money_pieces(meter: Meter) -> list[Piece]:
    """Money against its cap, and what of both cap and prepaid balance can still be spent."""
    left, balance = (meter.extras.get(name) for name in ("left", "prepaid_balance"))
    prepaid = [(f"balance {format_money(balance)}", "text")] if isinstance(balance, list) else []
    rest = [(f"{format_money(left)} left", "text")] if isinstance(left, list) else []
    if meter.limit is None:
        return [("no cap", "text"), *prepaid, *rest]
    every = PERIOD_WORDS.get(str(meter.extras.get("period")), "")
    share = "" if meter.utilization is None else f" ({formats.format_percent(meter.utilization)})"
    pieces = [(f"of {money(meter.limit, meter.unit)}{' ' + every if every else ''}{share}", "text")]
    if not rest and meter.remaining is not None:
        rest = [(f"{money(meter.remaining, meter.unit)} left", "text")]
    return [*pieces, *prepaid, *rest]


def forecast_pieces(meter: Meter, now: float, clock: str = "24h") -> list[Piece]:
    """What the forecast and the meter of money say, where they said something."""
    extras, pieces = meter.extras, []
    at_reset, limit_at = extras.get("at_reset"), extras.get("limit_at")
    if isinstance(at_reset, (int, float)):
        pieces.append((f"~{formats.format_percent(at_reset)} at the reset{_percents(extras)}", "text"))
    elif isinstance(at_reset, list):
        pieces.append((f"~{format_money(at_reset)} at the month's end", "text"))
    if isinstance(limit_at, (int, float)) and limit_at > now:
        until = countdown(limit_at, now, clock).removeprefix("in ")
        pieces.append((f"full in ~{until}{_range(extras, now, clock)}", "warn"))
        if extras.get("binds_first"):
            pieces.append(("the first to be full", "warn"))
    if isinstance(share := extras.get("share_today"), (int, float)):
        left = formats.format_percent(extras.get("left_today") or 0)
        pieces.append((f"{left} of today's {formats.format_percent(share)} left", "text"))
    if isinstance(extras.get("crossed"), list):
        since = formats.format_clock(extras["crossed_at"], now, clock)
        pieces.append((f"▲ {format_money(extras['crossed'])} since {since}", "critical"))
    for key, form in (("today", "{} today"), ("rate", "{}/h")):
        if isinstance(extras.get(key), list):
            pieces.append((form.format(format_money(extras[key])), "text"))
    return pieces


def _percents(extras: Mapping[str, Any]) -> str:
    """` (51 to 80%)`: between which percents past forecasts would put it."""
    least, most = extras.get("at_reset_least"), extras.get("at_reset_most")
    if not isinstance(least, (int, float)) or not isinstance(most, (int, float)):
        return ""
    return f" ({int(least)} to {formats.format_percent(most)})" if int(least) != int(most) else ""


def _range(extras: Mapping[str, Any], now: float, clock: str) -> str:
    """` (14:20 to 16:10)`: between which times, or from when on, past forecasts would put it."""
    earliest, latest = extras.get("limit_earliest"), extras.get("limit_latest")
    if not isinstance(earliest, (int, float)):
        return ""
    upper = f"{formats.format_clock(latest, now, clock)}" if isinstance(latest, (int, float)) else "not before the reset"
    return f" ({formats.format_clock(earliest, now, clock)} to {upper})"


def lines(
    meters: Sequence[Meter], segments: Mapping[str, Any], now: float, limit: int, show: str = "used", *, clock: str = "24h"
) -> list[Line]:
    """Every meter over `limit` cells, bars below each other; stacked where there is no room for that.

    With `show` "left" numbers in percent and bars are what is left; times are by the `clock` of 24 or 12 hours.
    """
    if not meters:
        return []
    names = min(max(cell_len(window_title(item.id, item.name)) for item in meters), limit // 3)
    values = max(cell_len(value_text(item, show)) for item in meters)
    room = limit - names - values - 4
    if limit < TWO_LINES or room < SHORTEST_BAR:
        stacks = [stacked(item, role(item, segments), now, limit, show, clock=clock) for item in meters]
        return [line for stack in stacks for line in (Text(), *stack)][1:]
    wide = limit >= ONE_LINE
    size = min(LONGEST_BAR, room // 3) if wide else SHORTEST_BAR if room >= SHORTEST_BAR + 2 + BESIDE else room
    widths = (names + 2, values, 2, *((size + 2, room - size - 2) if wide else (room,)))
    table = Table.grid(*(Column(width=width, justify="right" if at == 1 else "left") for at, width in enumerate(widths)))
    for item in meters:
        colour, told = role(item, segments), detail_pieces(item, now, clock)
        chart = bars(item, colour, now, size, show)
        beside = [Group(*chart), Flow(told)] if wide else [Group(*begun(chart, told, room))]
        table.add_row(*head(item, colour, names, show), "", *beside)
    return [table]


def begun(chart: Sequence[Text], pieces: Sequence[Piece], room: int) -> list[Line]:
    """The bar with as many of the details beside it as its line holds, the others below it."""
    if not chart:
        return [Flow(pieces)]
    line, count = chart[0].copy(), 0
    for text, style in pieces:
        between = " · " if count else "  "
        if line.cell_len + len(between) + cell_len(text) > room:
            break
        line.append(between, "muted").append(text, style)
        count += 1
    return [line, *([Flow(pieces[count:])] if count < len(pieces) else [])]


def stacked(meter: Meter, colour: str, now: float, limit: int, show: str, *, clock: str) -> list[Line]:
    """Name and value over a bar over the details."""
    name, value = head(meter, colour, limit - cell_len(value_text(meter, show)) - 1, show)
    table = Table.grid(Column(width=limit - value.cell_len), Column(width=value.cell_len))
    table.add_row(name, value)
    return [table, *bars(meter, colour, now, limit, show), Flow(detail_pieces(meter, now, clock))]


def head(meter: Meter, colour: str, room: int, show: str = "used") -> tuple[Text, Text]:
    """The name in `room` cells, and the value."""
    return Text(short(window_title(meter.id, meter.name), room)), Text.assemble((value_text(meter, show), colour))


def bars(meter: Meter, colour: str, now: float, size: int, show: str = "used") -> list[Text]:
    """The bar, where there is a percentage to draw."""
    if meter.utilization is None:
        return []
    share, tick = meter.utilization / 100, period_elapsed(meter, now)
    if show == "left":
        share, tick = 1 - share, None if tick is None else 1 - tick
    return [bar(share, tick, size, colour)]
