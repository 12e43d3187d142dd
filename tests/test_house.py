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

README = (ROOT / "README.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", README[README.index("| room | what is in it |") :], re.MULTILINE)
"""The rooms in the order in which they may import: each from those before it."""
WITHOUT_PYTHON = {"shells", "_data"}


def imports(path: Path) -> set[str]:
    """The modules of this package that a file names in any import, whether it runs or is for types only."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "quotaline":
            module = node.module or ""
            for alias in node.names:
                inner = SOURCE.parent / module.replace(".", "/") / alias.name
                found.add(f"{module}.{alias.name}" if inner.with_suffix(".py").exists() or inner.is_dir() else module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.partition(".")[0] == "quotaline"}
    return found - {"quotaline"}


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def test_the_rooms_of_the_readme_are_the_folders_and_loose_files_of_the_package() -> None:
    there = {path.name for path in SOURCE.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    loose = {path.stem for path in SOURCE.glob("*.py")} - {"__init__"}
    assert sorted(ROOMS) == sorted((there - WITHOUT_PYTHON) | loose)
    assert len(ROOMS) == len(set(ROOMS))


@names
def test_no_import_climbs(path: Path) -> None:
    if path == SOURCE / "__init__.py":
        assert imports(path) == set()
        return
    room = room_of(path)
    allowed = set(ROOMS[: ROOMS.index(room) + 1]) - ({"prompt"} if room not in ("prompt", "__main__") else set())
    assert {name.split(".")[1] for name in imports(path)} <= allowed


def test_no_file_is_part_of_a_circle() -> None:
    edges = {
        "quotaline." + ".".join(path.relative_to(SOURCE).with_suffix("").parts): imports(path)
        for path in MODULES
        if path.name != "__init__.py"
    }
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above, name))
        if name not in done:
            for other in edges.get(name, ()):
                visit(other, (*above, name))
            done.add(name)

    for name in edges:
        visit(name, ())


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


@pytest.mark.slow
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
