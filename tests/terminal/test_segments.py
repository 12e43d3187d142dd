"""The list of segments: each value as far as there is room for it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from quotaline.preview.segments import Preview
from quotaline.terminal.segments import table


def printed(limit: int, *shows: str, why: str = "") -> list[str]:
    one = Preview(name="windows", summary="every window", shows=tuple((text, "32") for text in shows), why=why)
    console = Console(file=io.StringIO(), width=limit, color_system=None)
    console.print(*table([one], limit), sep="\n")
    file = console.file
    assert isinstance(file, io.StringIO)
    return [line.rstrip() for line in file.getvalue().splitlines() if line.strip()]


def test_values_stand_beside_what_they_are() -> None:
    assert printed(100, "5h 42%", "7d 63%")[0].split() == ["windows", "5h", "42%", "7d", "63%", "every", "window"]
    assert printed(100, why="no reading")[0].split() == ["windows", "(no", "reading)", "every", "window"]


@pytest.mark.parametrize("limit", [71, 72])
def test_a_narrow_terminal_has_them_below_each_other(limit: int) -> None:
    assert ("every window" in printed(limit, "5h 42%")[0]) is (limit >= 72)
    assert any("every window" in line for line in printed(limit, "5h 42%"))


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (31, "ab", "ab"),
        (32, "ab", ""),
        (31, "abc", "a…"),
        (34, "ab", ""),
    ],
)
def test_a_piece_without_two_cells_is_left_out(first: int, second: str, shown: str) -> None:
    line = printed(100, "x" * first, second)[0]
    assert line.split("x")[-1].removesuffix("every window").strip() == shown


def test_a_value_as_wide_as_its_column_stands_beside_and_a_longer_reason_above() -> None:
    assert printed(100, "x" * 34)[0] == "windows  " + "x" * 34 + "  every window"
    assert printed(100, why="y" * 32)[0] == "windows  (" + "y" * 32 + ")  every window"
    assert printed(100, why="y" * 33) == ["windows  (" + "y" * 33 + ")", "         every window", NOTE]


NOTE = "`quotaline segments NAME` explains one; `--fields` lists what a segment may name."
