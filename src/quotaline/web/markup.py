"""PURE Text as HTML, inert whatever it holds; names cut to what a cell shows; figures, tiles and tables made of such text."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, NamedTuple

from quotaline.core.values import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_NAME = 120
"""Characters of a name that are shown: of ten thousand nobody reads the middle, and a page has its size."""
WORTH_A_FILTER = 12
"""Rows of a table above which it can be filtered."""
ON_PAPER = 60
"""Rows of a table that are printed, as `page.css` has it: whoever wants more sorts or filters first, or asks for CSV."""


def text(value: str) -> str:
    """The text for an element or an attribute; what moves a cursor, turns the writing direction or is half a character goes."""
    return html.escape(printable(value))


def name(value: str) -> str:
    """A name from outside, apart from the writing direction of what is beside it; cut in its middle where it is long."""
    shown = printable(value)
    if len(shown) > LONGEST_NAME:
        half = LONGEST_NAME // 2
        shown = f"{shown[:half]}…{shown[1 - half :]}"
    return f"<bdi>{html.escape(shown) or '(no name)'}</bdi>"


class Column(NamedTuple):
    """A column of a table: its heading, and whether it holds numbers."""

    title: str
    numeric: bool = True


class Cell(NamedTuple):
    """What a cell shows, as HTML, and what it is sorted by where that is a number; None sorts behind every number."""

    shown: str
    value: float | None = None


def table(key: str, caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], foot: Sequence[Cell] = ()) -> str:
    """A table that a script may sort and filter, in a frame that scrolls; `key` is its id. `foot` is its last row, in place."""
    found = list(rows)
    heads = "".join(f'<th scope="col"{_numeric(column)}>{text(column.title)}</th>' for column in columns)
    body = "".join(f"<tr>{_cells(row, columns)}</tr>\n" for row in found)
    last = f"<tfoot><tr>{_cells(foot, columns)}</tr></tfoot>" if foot else ""
    label = f'<p class="filter" hidden><label>Filter <input type="search" data-for="{key}"></label> <output></output></p>'
    paper = f'<p class="note paper">On paper the first {ON_PAPER} of {len(found)} rows.</p>\n' if len(found) > ON_PAPER else ""
    return (
        (label if len(found) > WORTH_A_FILTER else "")
        + f'<div class="frame" role="region" aria-labelledby="{key}-name" tabindex="0">'
        f'<table id="{key}"><caption id="{key}-name">{text(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody>{last}</table></div>\n{paper}"
    )


def _cells(row: Sequence[Cell], columns: Sequence[Column]) -> str:
    found = []
    for place, (cell, column) in enumerate(zip(row, columns, strict=True)):
        kind = "td" if place else "th"
        more = _numeric(column) if place else ' scope="row"'
        if column.numeric and cell.value is not None:
            more += f' data-v="{cell.value:.10g}"'
        found.append(f"<{kind}{more}>{cell.shown}</{kind}>")
    return "".join(found)


def _numeric(column: Column) -> str:
    return ' class="n"' if column.numeric else ""


def figure(title: str, value: str, picture: str, axis: Sequence[str], note: str = "") -> str:
    """A picture with its name, the number that matters and the axis below it; `value` and `note` are HTML."""
    marks = "".join(f"<span>{text(mark)}</span>" for mark in axis)
    told = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<figure><figcaption><b>{text(title)}</b> <span class="value">{value}</span></figcaption>{picture}'
        f'<div class="axis" aria-hidden="true">{marks}</div>{told}</figure>\n'
    )


def tile(title: str, value: str, below: Iterable[str]) -> str:
    """A number of the headline; `value` and `below` are HTML."""
    lines = "".join(f"<dd>{line}</dd>" for line in below if line)
    return f'<div class="tile"><dt>{text(title)}</dt><dd class="big">{value}</dd>{lines}</div>\n'


def section(key: str, title: str, *parts: str) -> str:
    """A part of the page with its heading; "" where it holds nothing."""
    inside = "".join(parts)
    return f'<section aria-labelledby="{key}"><h2 id="{key}">{text(title)}</h2>\n{inside}</section>\n' if inside else ""
