"""Widths agree with the Unicode tables of the interpreter that runs the test."""

from __future__ import annotations

import unicodedata

import pytest

from quotaline.render.cells import count
from quotaline.render.paint import NARROW, width


def test_every_assigned_printable_character_has_its_east_asian_width() -> None:
    wrong = []
    for code in range(0x20, 0x110000):
        character = chr(code)
        kind = unicodedata.category(character)
        if kind in ("Cn", "Cs", "Co", "Cc") or code < 0x300:
            continue
        combining = kind in ("Mn", "Me", "Cf")
        expected = 0 if combining else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if count(character) != expected:
            wrong.append(f"{code:x}")
    # a newer Unicode may have moved a few; the table's own version has none
    assert len(wrong) <= (0 if unicodedata.unidata_version == "15.1.0" else 40), wrong


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("日本語", 6), ("e\u0301", 1), ("🚀 go", 5), ("█░", 2), ("Über", 4)])
def test_width_counts_cells_not_characters(text: str, cells: int) -> None:
    assert cells == width(text)


def test_the_glyphs_quotaline_writes_take_one_cell() -> None:
    assert all(count(glyph) == 1 for glyph in NARROW if ord(glyph) >= 0x300)
