"""`bench/matrix.py`: which Pythons and which lowest dependencies there are to test, and how an interpreter is found."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
MATRIX: dict[str, Any] = runpy.run_path(str(ROOT / "bench" / "matrix.py"))
OWN = f"3.{sys.version_info.minor}"


def interpreter(path: Path, *, version: str = OWN, code: int = 0) -> Path:
    """A program that answers like a Python of this version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_the_versions_are_the_classifiers_and_the_next_one() -> None:
    tree = MATRIX["project"]()
    versions = MATRIX["versions"](tree)
    named = {f"Programming Language :: Python :: {version}" for version in versions}
    assert set(tree["project"]["classifiers"]) & named == named - {f"Programming Language :: Python :: {versions[-1]}"}
    assert versions[0] == tree["project"]["requires-python"].removeprefix(">=")


def test_every_dependency_has_a_lower_bound_that_can_be_tested() -> None:
    tree = MATRIX["project"]()
    names = [pin.partition("==")[0] for pin in MATRIX["lowest_pins"](tree)]
    assert [text.partition(">=")[0] for text in tree["project"]["dependencies"]] == names
    with pytest.raises(ValueError, match="'click' has no lower bound"):
        MATRIX["lowest_pins"]({"project": {"dependencies": ["click"]}})


@pytest.mark.slow
def test_a_shim_without_a_python_behind_it_is_passed_over(tmp_path: Path) -> None:
    shims, home = tmp_path / "shims", tmp_path / "home"
    env = {"PATH": f"{shims}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)}
    interpreter(shims / "python3.99", code=127)
    assert MATRIX["find"]("3.99", {**env, "PATH": str(shims)}) is None
    interpreter(shims / "python3.99", version="3.11")
    assert MATRIX["find"]("3.99", env) is None, "a program that is another version"
    for patch in (2, 10):
        interpreter(home / f".pyenv/versions/3.99.{patch}/bin/python", version="3.99")
    interpreter(home / ".pyenv/versions/3.99.11-dev/bin/python", version="3.99")
    assert MATRIX["find"]("3.99", env) == str(home / ".pyenv/versions/3.99.10/bin/python")
    at_path = interpreter(shims / "python3.99", version="3.99")
    assert MATRIX["find"]("3.99", env) == str(at_path)


@pytest.mark.slow
def test_an_interpreter_that_only_uv_has_is_found(tmp_path: Path) -> None:
    kept = interpreter(tmp_path / "kept" / "python", version="3.99")
    uv = interpreter(tmp_path / "bin" / "uv")
    uv.write_text(f'#!/bin/sh\n[ "$1 $2 $4" = "python find 3.99" ] && echo {kept}\n')
    env = {"PATH": f"{uv.parent}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(tmp_path)}
    assert MATRIX["find"]("3.99", env) == str(kept)
    assert MATRIX["find"]("3.98", env) is None


def test_what_cannot_be_had_is_named_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    last = MATRIX["versions"](MATRIX["project"]())[-1]
    assert MATRIX["main"]([last]) == 0
    assert f"{last}  not tested: no python{last} on PATH, under pyenv or with uv" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        MATRIX["main"](["2.7"])
    assert "2.7 is not in the matrix" in capsys.readouterr().err
