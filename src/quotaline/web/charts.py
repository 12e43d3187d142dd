"""PURE Numbers as SVG: a window over time with its resets and its forecast, bars of days. Shapes only, words stand beside them.

A picture is stretched to the width that it gets, its strokes are not; so it holds no letters and no circles.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from quotaline.web.markup import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDE, HIGH = 1000, 100
COLUMNS = 500
"""Values along the time: more than that a screen does not tell apart."""
FULL = 100.0
LOW_BAR = 1.5
"""The least height of a bar of something, of HIGH."""


class Outlook(NamedTuple):
    """How a window goes on if its pace holds, from `now` and `used` percent, epoch seconds.

    `reached` percent at `ends`, `least` to `most`; the limit at `limit_at`, `earliest` to `latest`. None is what is not
    foreseen, and a `latest` that is not before `ends`.
    """

    now: float
    used: float
    ends: float
    reached: float | None = None
    least: float | None = None
    most: float | None = None
    limit_at: float | None = None
    earliest: float | None = None
    latest: float | None = None


class Curve(NamedTuple):
    """A window over time: the level in each of COLUMNS equal spans from `start` to `end`, None where nothing is known.

    `imported` is the same from another program's samples, for spans of which nothing else is known.
    """

    start: float
    end: float
    levels: Sequence[float | None]
    resets: Sequence[float] = ()
    outlook: Outlook | None = None
    imported: Sequence[float | None] = ()


def window_picture(curve: Curve, title: str, told: str) -> str:
    """The curve; `told` says in words what it shows."""
    known = [level for level in (*curve.levels, *curve.imported, FULL) if level is not None]
    top = max(known)
    scale = _Scale(curve.start, curve.end, top)
    parts = [f'<path class="grid" d="M0 {scale.y(level)}H{WIDE}"/>' for level in (50.0, FULL)]
    parts += [f'<path class="reset" d="M{scale.x(at)} 0V{HIGH}"/>' for at in curve.resets if curve.start < at <= curve.end]
    line, area = _paths(curve.levels, scale)
    parts += [f'<path class="area" d="{area}"/><path class="line" d="{line}"/>'] if line else []
    other, _ = _paths(curve.imported, scale)
    parts += [f'<path class="imported" d="{other}"/>'] if other else []
    parts += _outlook(curve.outlook, scale) if curve.outlook else []
    return _svg(parts, title, told)


class _Scale(NamedTuple):
    start: float
    end: float
    top: float

    def x(self, moment: float) -> str:
        return _number(WIDE * (moment - self.start) / (self.end - self.start))

    def y(self, level: float) -> str:
        return _number(HIGH - HIGH * min(level, self.top) / self.top)

    def line(self, points: Iterable[tuple[float, float]]) -> str:
        """A path through (time, percent)."""
        return "M" + "L".join(f"{self.x(at)} {self.y(level)}" for at, level in points)


def _paths(levels: Sequence[float | None], scale: _Scale) -> tuple[str, str]:
    """The line over the levels and the area below it; a span of which nothing is known interrupts both."""
    line, area = [], []
    wide = WIDE / len(levels) if levels else 0.0
    for known, run in groupby(enumerate(levels), key=lambda place: place[1] is not None):
        if not known:
            continue
        steps: list[str] = []
        first = last = 0
        for level, equal in groupby(run, key=lambda place: place[1]):
            places = [at for at, _ in equal]
            first, last = (first if steps else places[0]), places[-1]
            steps.append(f"V{scale.y(level or 0.0)}H{_number((last + 1) * wide)}")
        begin = _number(first * wide)
        line.append(f"M{begin} {steps[0][1:].partition('H')[0]}{''.join(steps)}")
        area.append(f"M{begin} {HIGH}{''.join(steps)}V{HIGH}Z")
    return "".join(line), "".join(area)


def _outlook(found: Outlook, scale: _Scale) -> list[str]:
    """Where the window goes: to the limit or to a level at the end of the period, and the shade of its range."""
    begin, parts = (found.now, found.used), []
    if found.most is not None or found.earliest is not None:
        ring = [begin]
        if found.most is None or found.most >= FULL:
            ring += [(found.earliest or found.limit_at or found.ends, FULL), (found.latest or found.ends, FULL)]
        else:
            ring.append((found.ends, found.most))
        ring += [(found.ends, found.least)] if found.latest is None and found.least is not None else []
        parts.append(f'<path class="range" d="{scale.line(ring)}Z"/>')
    if found.limit_at is not None and found.limit_at > found.now:
        parts.append(f'<path class="forecast" d="{scale.line([begin, (found.limit_at, FULL)])}"/>')
    elif found.reached is not None:
        parts.append(f'<path class="forecast" d="{scale.line([begin, (found.ends, found.reached)])}"/>')
    return parts


def bar_picture(amounts: Sequence[float | None], marked: Iterable[int], title: str, told: str, rows: str = "") -> str:
    """A bar for each amount, none for None; those in `marked` are of a day that only another program told of.

    `rows` is the id of the table whose rows the bars are, the last one first.
    """
    top = max((amount for amount in amounts if amount is not None), default=0.0) or 1.0
    wide = WIDE / max(1, len(amounts))
    gap = min(wide * 0.2, 4.0)
    known = set(marked)
    parts = [f'<path class="grid" d="M0 {HIGH - 0.5}H{WIDE}"/>']
    row = sum(amount is not None or place in known for place, amount in enumerate(amounts))
    for place, amount in enumerate(amounts):
        if amount is None and place not in known:
            continue
        row -= 1
        high = HIGH / 8 if place in known else max(LOW_BAR, HIGH * amount / top) if amount else 0.0
        size = f'width="{_number(wide - gap)}" height="{_number(high)}"'
        kind = "imported" if place in known else "bar"
        parts.append(f'<rect class="{kind}" data-r="{row}" x="{_number(place * wide)}" y="{_number(HIGH - high)}" {size}/>')
    return _svg(parts, title, told, rows)


def share_picture(share: float) -> str:
    """A bar in a cell, 0-1 of its width; the number stands beside it."""
    return (
        '<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="whole" width="100" height="10"/>'
        f'<rect class="bar" width="{_number(100 * min(1.0, max(0.0, share)))}" height="10"/></svg>'
    )


def _svg(parts: Iterable[str], title: str, told: str, rows: str = "") -> str:
    of = f' data-rows="{rows}"' if rows else ""
    return (
        f'<svg class="chart" role="img" viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" '
        f'aria-label="{text(title)}: {text(told)}"{of}>{"".join(parts)}</svg>'
    )


def _number(value: float) -> str:
    """At most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
