"""`bench/breaks.py`: what a break is, and that a draw is the same for everybody; `bench/mutants.py`: which tests come first."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"
BREAKS: dict[str, Any] = runpy.run_path(str(BENCH / "breaks.py"))
KINDS = {
    "a < b": ["a <= b"],
    "a <= b": ["a < b"],
    "a > b": ["a >= b"],
    "a >= b": ["a > b"],
    "a == b": ["a != b"],
    "a is b": ["a is not b"],
    "a not in b": ["a in b"],
    "a <= b < c": ["a < b < c", "a <= b <= c"],
    "a or b": ["a and b"],
    "a and b and c": ["a or b or c"],
    "a + b": ["a - b"],
    "a % b": ["a // b"],
    "'%s' % b": [],
    "max(a, b)": ["min(a, b)", "pass"],
    "sum(a)": ["pass"],
    "x = 1.5": ["x = 2.5"],
    "x = True": [],
    "if a: b": ["if not a:\n    b"],
    "if TYPE_CHECKING: a < b": [],
    "'text'": [],
}


@pytest.mark.parametrize("code", KINDS)
def test_a_break_changes_one_thing(code: str) -> None:
    counter = BREAKS["Breaker"](None)
    counter.visit(ast.parse(code))
    broken = [
        ast.unparse(ast.fix_missing_locations(BREAKS["Breaker"](number).visit(ast.parse(code))))
        for number in range(len(counter.found))
    ]
    assert KINDS[code] == broken


def test_a_draw_is_the_same_twice_and_begins_a_larger_one() -> None:
    draw = BREAKS["draw"]
    few, more = list(draw(5, 7, "core/")), list(draw(9, 7, "core/"))
    assert few == more[:5]
    assert len({one.name for one in more}) == 9
    assert [one.name for one in draw(5, 8, "core/")] != [one.name for one in few]
    for one in more:
        assert one.file.startswith("core/")
        assert one.text != ast.unparse(ast.parse((BREAKS["SOURCE"] / one.file).read_text(encoding="utf-8")))


def test_what_is_named_as_equivalent_stands_in_the_code_and_has_a_reason() -> None:
    for name, reason in BREAKS["EQUIVALENT"].items():
        assert name in dict(BREAKS["breaks"](name.partition(" | ")[0]))
        assert reason


def test_tests_that_run_the_line_come_first_and_each_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    mutants = runpy.run_path(str(BENCH / "mutants.py"))
    sys.modules.pop("breaks", None)
    test, it = mutants["Test"], BREAKS["Break"]("", "core/merge.py", 7, "", "")
    on_line = [test(f"line{number}", float(number), {"core/merge.py": frozenset({7})}) for number in range(50)]
    others = [
        test("elsewhere", 0.0, {}),
        test("tests/core/of_room", 0.0, {}),
        test("file", 0.0, {"core/merge.py": frozenset({8})}),
    ]
    tests = [*others, *reversed(on_line)]

    def batches(line: int, imported: set[int]) -> list[list[str]]:
        found = mutants["in_turn"](it._replace(line=line), mutants["Learned"](tests, {"core/merge.py": imported}))
        return [[one.id for one in batch] for batch in found]

    first, rest, *more = batches(7, {7})
    assert first == [f"line{number}" for number in range(mutants["FIRST"])]
    assert set(rest) == {f"line{number}" for number in range(mutants["FIRST"], 50)}
    assert {one for batch in more[:2] for one in batch} == {"tests/core/of_room", "file"}
    assert more[2] == ["elsewhere"]
    assert batches(7, {8}) == [first, rest, [], [], []], "a line inside a function that somebody runs"
    nobody = batches(9, {8})
    assert [one for batch in nobody for one in batch if not one.startswith("line")] == ["tests/core/of_room", "file"]
    assert "elsewhere" in batches(9, {9})[4]
    moved = [test("lost", 0.0, {}, True), test("file", 0.0, {"core/merge.py": frozenset()})]
    turns = [[one.id for one in batch] for batch in mutants["in_turn"](it, mutants["Learned"](moved, {}))]
    assert turns == [["lost"], [], ["file"], [], []], "a file that has changed since: nobody knows who runs the line"
