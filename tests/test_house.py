"""The house: one thing one file, rooms that are not crowded, modules that say whether they touch the world."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "quotaline"
MODULES = sorted(SOURCE.rglob("*.py"))
names = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")

# what a PURE module may not import: clocks, processes, files, networks, databases
WORLD = {"subprocess", "socket", "httpx", "sqlite3", "filelock", "tempfile", "shutil", "secrets", "random", "click", "signal"}


@names
def test_a_module_says_in_its_first_line_whether_it_touches_the_world(path: Path) -> None:
    tree = ast.parse(path.read_text())
    first = (ast.get_docstring(tree) or "").partition("\n")[0]
    if path.name == "__init__.py":
        assert first
        return
    assert first.startswith(("PURE ", "EFFECT ")), first
    if first.startswith("PURE "):
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert set() == {name for name in imported if name.partition(".")[0] in WORLD}
        assert not re.search(r"\btime\.time\(|\bdatetime\.now\(|\bopen\(", path.read_text()), "a pure module has no clock"


@names
def test_no_module_is_a_hall(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 270


@names
def test_every_module_imports_alone_and_silently(path: Path) -> None:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    module = ".".join(part for part in parts if part != "__init__")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import {module}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_room_of_the_package_holds_fewer_than_three_files() -> None:
    rooms: dict[Path, set[str]] = {}
    for name in filter(None, TRACKED):
        path = Path(name)
        while path.is_relative_to("src/quotaline") and path != Path("src/quotaline"):
            rooms.setdefault(path.parent, set()).add(path.name)
            path = path.parent
    assert {} == {str(room): sorted(inside) for room, inside in rooms.items() if len(inside) < 3}


def test_no_tracked_file_names_this_machine_or_holds_what_looks_like_a_token() -> None:
    forbidden = re.compile(
        r"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{20,}|/(?:work|farm)/|[\w.+-]+@(?!example\.|users\.noreply)[\w-]+\.(?:com|org|net|dev)\b"
    )
    found = []
    for name in filter(None, TRACKED):
        path = ROOT / name
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        found += [f"{name}: {match[0]}" for match in forbidden.finditer(text)]
    assert found == []
