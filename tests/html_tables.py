"""Reads a page of ours the way a browser does, without one: its tables by their ids, and all of its elements."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

VOID = {"meta", "link", "input", "br", "rect", "path"}


class Value(NamedTuple):
    """What a cell shows, and what it is sorted by."""

    shown: str
    number: float | None


class Page(HTMLParser):
    """`tables[id]` are the rows of a table's body, `foot[id]` its last row, `elements` every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[list[Value]]] = {}
        self.foot: dict[str, list[Value]] = {}
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self._key = ""
        self._row: list[Value] | None = None
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.elements.append((tag, told))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._key = told["id"] or ""
            self.tables[self._key] = []
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th") and self._row is not None:
            number = told.get("data-v")
            self._row.append(Value("", None if number is None else float(number)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open.pop() == tag
        if tag == "tr" and self._row is not None:
            if "tbody" in self._open:
                self.tables[self._key].append(self._row)
            elif "tfoot" in self._open:
                self.foot[self._key] = self._row
            self._row = None

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._open):
            self.text += data
        if self._row and self._open[-1] != "tr":
            self._row[-1] = Value(self._row[-1].shown + data, self._row[-1].number)
