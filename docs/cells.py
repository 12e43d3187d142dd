"""EFFECT Write the width tables of `render/cells.py` from this Python's Unicode: `make cells`; `--check` only compares.

A table holds first and last code point of each range in turn. Code points without a width of their own (unassigned,
private, control) do not end a range: so a table stays short, and a character that a later Unicode adds to a block is
likely to be counted as its neighbours are.
"""

from __future__ import annotations

import re
import sys
import textwrap
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CELLS = Path(__file__).resolve().parents[1] / "src" / "quotaline" / "render" / "cells.py"
VERSION = re.compile(r"(?<=generated from Unicode )[0-9.]+(?=,)")
FIRST = 0x300
"""Every printable character before it counts as one cell."""
LINE = 119


def cells_of(code: int) -> int | None:
    """Terminal cells of one code point, 0 to 2; None for one that is unassigned, private, a surrogate or a control."""
    character = chr(code)
    category = unicodedata.category(character)
    if category in ("Cn", "Co", "Cs", "Cc"):
        return None
    if category in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def ranges(cells: int) -> list[int]:
    """First and last code point of each range whose characters all take this many cells."""
    found: list[list[int]] = []
    inside = False
    for code in range(FIRST, sys.maxunicode + 1):
        width = cells_of(code)
        if width == cells and inside:
            found[-1][1] = code
        elif width == cells:
            found.append([code, code])
        if width is not None:
            inside = width == cells
    return [code for both in found for code in both]


def table(name: str, codes: Iterable[int]) -> str:
    """One table as Python source."""
    numbers = " ".join(f"0x{code:04X}," for code in codes)
    return f"{name} = (\n{textwrap.indent(textwrap.fill(numbers, LINE - 4), '    ')}\n)  # fmt: skip\n"


def filled(text: str, version: str, tables: dict[str, list[int]]) -> str:
    """The source of `cells.py` with these tables of this version of Unicode in it; the functions stay."""
    text = VERSION.sub(version, text, count=1)
    for name, codes in tables.items():
        text = re.sub(
            rf"^{name} = \(\n.*?^\)  # fmt: skip\n", table(name, codes), text, count=1, flags=re.DOTALL | re.MULTILINE
        )
    return text


def main() -> int:
    """Write or compare. Exit 1: the tables differ, or this Python's Unicode is older than theirs."""
    before = CELLS.read_text(encoding="utf-8")
    stated = VERSION.search(before)
    old, new = stated[0] if stated else "", unicodedata.unidata_version
    check = "--check" in sys.argv
    if check and old != new:
        print(f"Not compared: the tables are of Unicode {old}, this Python knows {new}.")
        return 0
    if [*map(int, new.split("."))] < [*map(int, old.split(".") if old else [])]:
        print(f"The tables are of Unicode {old}, this Python knows only {new}: `make cells PYTHON=python3.13` takes another.")
        return 1
    after = filled(before, new, {"WIDE": ranges(2), "ZERO": ranges(0)})
    if check:
        if before != after:
            print("The tables in render/cells.py are not what Unicode says; run `make cells`.")
        return int(before != after)
    CELLS.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
