"""EFFECT What a break is: one change of behaviour in one place of the package, drawn by a seed.

An edge is moved (`<` for `<=`), a condition turned round, a sum made a difference, `min` put for `max`, a number raised by one,
a call left out. What no test can notice is named in `equivalent.toml`, with the reason, and is not drawn. Draws survive edits:
where a break stands there comes from the seed and its own text, so other code may change without another being drawn.
"""

from __future__ import annotations

import ast
import hashlib
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).resolve().parents[1] / "src" / "quotaline"
EDGES: dict[type[ast.cmpop], tuple[type[ast.cmpop], str]] = {
    ast.Lt: (ast.LtE, "< to <="), ast.LtE: (ast.Lt, "<= to <"), ast.Gt: (ast.GtE, "> to >="), ast.GtE: (ast.Gt, ">= to >"),
    ast.Eq: (ast.NotEq, "== to !="), ast.NotEq: (ast.Eq, "!= to =="), ast.In: (ast.NotIn, "in to not in"),
    ast.NotIn: (ast.In, "not in to in"), ast.Is: (ast.IsNot, "is to is not"), ast.IsNot: (ast.Is, "is not to is"),
}  # fmt: skip
SUMS: dict[type[ast.operator], tuple[type[ast.operator], str]] = {
    ast.Add: (ast.Sub, "+ to -"), ast.Sub: (ast.Add, "- to +"), ast.Mult: (ast.FloorDiv, "* to //"),
    ast.FloorDiv: (ast.Mult, "// to *"), ast.Div: (ast.Mult, "/ to *"), ast.Mod: (ast.FloorDiv, "% to //"),
}  # fmt: skip
GENERATED = ("prices/table.py", "render/cells.py")
"""Files that are written by a program and held against their source."""
with Path(__file__).with_name("equivalent.toml").open("rb") as _file:
    EQUIVALENT = {name: entry["reason"] for entry in tomllib.load(_file)["equivalent"] for name in entry["breaks"]}
"""Breaks that change nothing which anybody could see, by name, each with its reason."""


class Break(NamedTuple):
    """One break: a name that survives edits elsewhere, where it is, what it is, and the whole text of the broken file."""

    name: str
    file: str
    line: int
    what: str
    text: str


class Breaker(ast.NodeTransformer):
    """Applies the `number`-th break of a tree; with None it only finds them: what each is, and its line."""

    def __init__(self, number: int | None) -> None:
        self.number = number
        self.found: list[tuple[str, int]] = []

    def turn(self, node: ast.AST, what: str) -> bool:
        """Note a break; whether it is the one that is asked for."""
        self.found.append((what, getattr(node, "lineno", 0)))
        return len(self.found) - 1 == self.number

    def visit_If(self, node: ast.If) -> ast.AST:  # noqa: D102 - ast's own name
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node
        self.generic_visit(node)
        if self.turn(node, "condition turned round"):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:  # noqa: D102
        self.generic_visit(node)
        for at, op in enumerate(node.ops):
            other, what = EDGES.get(type(op), (None, ""))
            if other is not None and self.turn(node, what):
                node.ops[at] = other()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:  # noqa: D102
        self.generic_visit(node)
        if self.turn(node, "and for or" if isinstance(node.op, ast.Or) else "or for and"):
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:  # noqa: D102
        self.generic_visit(node)
        texts = any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in (node.left, node.right))
        other, what = SUMS.get(type(node.op), (None, ""))
        if other is not None and not texts and self.turn(node, what):
            node.op = other()
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: D102
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("min", "max") and self.turn(node, f"not {node.func.id}"):
            node.func.id = "max" if node.func.id == "min" else "min"
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:  # noqa: D102
        number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        if number and self.turn(node, f"{node.value!r} plus 1"):
            return ast.copy_location(ast.Constant(node.value + 1), node)  # type: ignore[operator]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:  # noqa: D102
        if isinstance(node.value, ast.Constant):
            return node
        self.generic_visit(node)
        if isinstance(node.value, ast.Call) and self.turn(node, "call left out"):
            return ast.copy_location(ast.Pass(), node)
        return node


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def breaks(file: str) -> Iterator[tuple[str, int]]:
    """Each break of a file: its name (the file, the text of its line, what it is, and which of those), and its number."""
    source = (SOURCE / file).read_text(encoding="utf-8")
    rows, counter, seen = source.splitlines(), Breaker(None), Counter[str]()
    counter.visit(ast.parse(source))
    for number, (what, line) in enumerate(counter.found):
        row = rows[line - 1].strip()
        name = f"{file} | {row} | {what}"
        seen[name] += 1
        yield f"{name} | {seen[name]}", number


def draw(count: int, seed: int, room: str = "") -> Iterator[Break]:
    """`count` breaks, drawn evenly over all that there are in files whose path begins with `room`."""
    files = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
    drawn = []
    for file in files:
        if file.startswith(room) and file not in GENERATED:
            drawn += [(hashlib.sha256(f"{seed} {name}".encode()).digest(), name, file, number) for name, number in breaks(file)]
    for _, name, file, number in sorted(one for one in drawn if one[1] not in EQUIVALENT)[:count]:
        breaker = Breaker(number)
        broken = ast.fix_missing_locations(breaker.visit(ast.parse((SOURCE / file).read_text(encoding="utf-8"))))
        what, line = breaker.found[number]
        yield Break(name, file, line, what, ast.unparse(broken))
