"""Widths agree with the Unicode tables of the interpreter that runs the test, and `docs/cells.py` writes them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest

from quotaline.render import cells
from quotaline.render.cells import count
from quotaline.render.paint import NARROW, width

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "src" / "quotaline" / "render" / "cells.py"


@pytest.fixture
def generator(tmp_path: Path) -> Path:
    """A copy of `docs/cells.py` in a tree of its own, beside a copy of what it writes."""
    for path in (Path("docs", "cells.py"), SHIPPED.relative_to(ROOT)):
        (tmp_path / "tree" / path).parent.mkdir(parents=True)
        shutil.copy(ROOT / path, tmp_path / "tree" / path)
    return tmp_path / "tree" / "docs" / "cells.py"


def load(generator: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("cells_generator", generator)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(generator: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, generator, *options], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_generator_writes_the_shipped_tables_as_they_stand(generator: Path) -> None:
    shipped = SHIPPED.read_text()
    made = load(generator).filled(shipped, "15.1.0", {"WIDE": list(cells.WIDE), "ZERO": list(cells.ZERO)})
    assert shipped == made
    assert "Unicode 16.0.0," in load(generator).filled(shipped, "16.0.0", {})


@pytest.mark.slow
def test_the_generator_takes_its_ranges_from_this_python(generator: Path) -> None:
    """Every character that this Python knows is in the range of its width, and no range reaches into another's."""
    made = load(generator)
    for width_of, codes in ((2, made.ranges(2)), (0, made.ranges(0))):
        assert codes == sorted(codes)
        inside = {code for first, last in zip(codes[::2], codes[1::2], strict=True) for code in range(first, last + 1)}
        wrong = []
        for code in range(0x300, 0x110000):
            known = made.cells_of(code)
            if known is not None and (known == width_of) != (code in inside):
                wrong.append(f"{code:x}")
        assert wrong == []


@pytest.mark.slow
def test_the_check_compares_what_this_python_can_know_and_says_so_where_it_cannot(generator: Path) -> None:
    file = generator.parents[1] / SHIPPED.relative_to(ROOT)
    own = unicodedata.unidata_version
    file.write_text(load(generator).filled(file.read_text(), own, {"WIDE": [0x1100, 0x115F]}))
    code, said = run(generator, "--check")
    assert code == 1
    assert "make cells" in said
    assert run(generator) == (0, "")
    assert run(generator, "--check") == (0, "")
    namespace: dict[str, object] = {}
    exec(compile(file.read_text(), str(file), "exec"), namespace)  # noqa: S102 - what was just written
    assert callable(namespace["count"])
    written = file.read_text().replace(f"Unicode {own},", "Unicode 99.0.0,")
    file.write_text(written)
    assert run(generator, "--check")[0] == 0
    assert "Not compared" in run(generator, "--check")[1]
    assert run(generator)[0] == 1
    assert file.read_text() == written, "a newer table is not replaced by an older one"


@pytest.mark.slow
def test_the_shipped_tables_are_those_of_the_unicode_that_they_name() -> None:
    code, said = run(ROOT / "docs" / "cells.py", "--check")
    assert (0, "") == (code, said if unicodedata.unidata_version == "15.1.0" else "")


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
