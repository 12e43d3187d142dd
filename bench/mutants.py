"""EFFECT Break the code in one place at a time and see whether the tests notice: a seeded sample, and its score.

    make mutants                       200 breaks with the seed of the day
    python bench/mutants.py --count 20 --seed 7 --room core

Each break is one change of behaviour in a copy of the package: an edge moved (`<` for `<=`), a condition turned round, a sum
for a difference, `min` for `max`, a number by one, a call left out. The tests of the file's own room are run first, then all of
them. What no test can notice (see EQUIVALENT) is not drawn.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "quotaline"
SECONDS = 900
EDGES: dict[type[ast.cmpop], tuple[type[ast.cmpop], str]] = {
    ast.Lt: (ast.LtE, "< to <="), ast.LtE: (ast.Lt, "<= to <"), ast.Gt: (ast.GtE, "> to >="), ast.GtE: (ast.Gt, ">= to >"),
    ast.Eq: (ast.NotEq, "== to !="), ast.NotEq: (ast.Eq, "!= to =="), ast.In: (ast.NotIn, "in to not in"),
    ast.NotIn: (ast.In, "not in to in"), ast.Is: (ast.IsNot, "is to is not"), ast.IsNot: (ast.Is, "is not to is"),
}  # fmt: skip
SUMS: dict[type[ast.operator], tuple[type[ast.operator], str]] = {
    ast.Add: (ast.Sub, "+ to -"), ast.Sub: (ast.Add, "- to +"), ast.Mult: (ast.FloorDiv, "* to //"),
    ast.FloorDiv: (ast.Mult, "// to *"), ast.Div: (ast.Mult, "/ to *"), ast.Mod: (ast.FloorDiv, "% to //"),
}  # fmt: skip
EQUIVALENT = (
    "TYPE_CHECKING",  # never runs
    "prices/table.py",  # generated and held against its source
    "prices/generate.py",
    "render/cells.py",
)
"""Files and names in which a break changes nothing that a test could see."""


class Mutant(NamedTuple):
    """One break: where, what, and the whole text of the broken file."""

    file: Path
    line: int
    what: str
    text: str


class Breaker(ast.NodeTransformer):
    """Applies the `number`-th break of a tree; with None it only counts them."""

    def __init__(self, number: int | None) -> None:
        self.number, self.count, self.done = number, 0, ("", 0)

    def turn(self, node: ast.AST, what: str) -> bool:
        """Whether this is the break that is asked for."""
        hit = self.count == self.number
        if hit:
            self.done = (what, getattr(node, "lineno", 0))
        self.count += 1
        return hit

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


def files(room: str) -> Iterator[Path]:
    """The files that are broken."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = str(path.relative_to(SOURCE))
        if name.startswith(room) and not any(name == left_out for left_out in EQUIVALENT):
            yield path


def draw(count: int, seed: int, room: str) -> list[Mutant]:
    """`count` breaks, drawn evenly over all that there are."""
    places = []
    for path in files(room):
        counter = Breaker(None)
        counter.visit(ast.parse(path.read_text(encoding="utf-8")))
        places += [(path, number) for number in range(counter.count)]
    chosen = random.Random(seed).sample(places, min(count, len(places)))
    mutants = []
    for path, number in chosen:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        breaker = Breaker(number)
        broken = ast.fix_missing_locations(breaker.visit(tree))
        mutants.append(Mutant(path, breaker.done[1], breaker.done[0], ast.unparse(broken)))
    return mutants


def noticed(mutant: Mutant, jobs: str) -> str:
    """How the tests noticed the break; "" when they did not."""
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch, "quotaline")
        shutil.copytree(SOURCE, package)
        shutil.copytree(ROOT / "segments", package / "_data" / "segments")
        (package / mutant.file.relative_to(SOURCE)).write_text(mutant.text, encoding="utf-8")
        env = {**os.environ, "PYTHONPATH": scratch, "PYTHONDONTWRITEBYTECODE": "1"}
        own = ROOT / "tests" / mutant.file.relative_to(SOURCE).parts[0]
        for tests in ([str(own)] if own.is_dir() else []), [str(ROOT / "tests")]:
            if not tests:
                continue
            command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", jobs, "-p", "no:cacheprovider", *tests]
            left_out = ["test_house", "readme", "pre_commit"]  # they look at the text of the tree, not at what it does
            command += ["-k", " and ".join(f"not {name}" for name in left_out)]
            try:
                done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
            except subprocess.TimeoutExpired:
                return "never ended"
            if done.returncode != 0:
                failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
                return failed[0][:120] if failed else f"exit {done.returncode}"
    return ""


def main() -> int:
    """Draw, break, test, print the score."""
    parser = argparse.ArgumentParser(description="Break the code in one place at a time and see whether the tests notice.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.strftime("%Y%m%d")))
    parser.add_argument("--room", default="", help="only files whose path begins so, such as core/ or ledger/sums.py")
    parser.add_argument("--jobs", default="auto", help="processes of pytest")
    options = parser.parse_args()
    score: Counter[bool] = Counter()
    for number, mutant in enumerate(draw(options.count, options.seed, options.room), 1):
        how = noticed(mutant, options.jobs)
        score[bool(how)] += 1
        place = f"{mutant.file.relative_to(SOURCE)}:{mutant.line}"
        print(f"{number:>4}  {'noticed ' if how else 'SURVIVED'}  {place:<34} {mutant.what}  {how}", flush=True)
    total = score[True] + score[False]
    print(f"{score[True]} of {total} noticed ({100 * score[True] / max(1, total):.0f} %), seed {options.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
