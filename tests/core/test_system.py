"""The prompt path's own way to the system is `os`'s, without its import."""

from __future__ import annotations

import json
import os
import posixpath
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.core import system

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there it is `os` itself")
paths = st.text("/ab.é\udc80", max_size=8)


@given(paths, st.lists(paths, max_size=3))
def test_paths_are_made_and_taken_apart_as_the_library_does(path: str, more: list[str]) -> None:
    assert system.join(path, *more) == posixpath.join(path, *more)
    assert system.dirname(path) == posixpath.dirname(path)
    assert system.basename(path) == posixpath.basename(path)
    assert system.isabs(path) == posixpath.isabs(path)
    assert system.fsencode(path) == os.fsencode(path)


def test_the_calls_are_those_of_the_library() -> None:
    for name in [
        "open",
        "read",
        "write",
        "close",
        "stat",
        "fstat",
        "listdir",
        "replace",
        "unlink",
        "getpid",
        "isatty",
        "geteuid",
    ]:
        assert getattr(system, name) is getattr(os, name), name
    assert system.geteuid is os.geteuid
    for name in ("O_CREAT", "O_EXCL", "O_TRUNC", "O_WRONLY"):
        assert getattr(system, name) == getattr(os, name), name
    assert system.READ == os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY


@pytest.mark.slow
def test_the_environment_is_the_same_with_the_library_and_without() -> None:
    """Without `site` nobody has imported it; bytes that are no text stay what they are."""
    root = str(Path(system.__file__).parents[2])
    told = f"""
import sys
sys.path.append({root!r})
from quotaline.core import system
print("os" in sys.modules, ascii(dict(sorted(system.environ().items()))))
"""
    env = {b"A": b"x", b"B": b"\xff\xc3\xa9", b"LC_ALL": b"C.UTF-8", b"EMPTY": b""}
    words = [sys.executable, "-I", "-S", "-c", told]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    alone, _, found = done.stdout.partition(" ")
    assert alone == "False"
    assert found.strip() == ascii(dict(sorted((os.fsdecode(name), os.fsdecode(value)) for name, value in env.items())))


def test_a_change_of_the_environment_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTALINE_TEST", "é")
    assert system.environ()["QUOTALINE_TEST"] == "é"
    assert json.dumps(dict(system.environ())) == json.dumps(dict(os.environ))
