"""An endless loop, wherever it stands, ends by the name of its test, and the tests after it run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENDLESS = {
    "a loop": "def test_it():\n    while True: pass\n",
    "a loop that catches everything": (
        "def test_it():\n    while True:\n        try:\n            time.sleep(1)\n        except Exception: pass\n"
    ),
    "a property": "@given(st.integers())\ndef test_it(number):\n    while number >= 0: pass\n",
    "a file that nobody writes": "def test_it(tmp_path):\n    os.mkfifo(tmp_path / 'f')\n    open(tmp_path / 'f').read()\n",
    "a child": "def test_it():\n    subprocess.run(['sleep', '1000'])\n",
    "a fixture": "@pytest.fixture\ndef slow():\n    time.sleep(1000)\ndef test_it(slow): pass\n",
    "a finalizer": "@pytest.fixture\ndef slow():\n    yield\n    time.sleep(1000)\ndef test_it(slow): pass\n",
}
HEAD = "import os, subprocess, time\nimport pytest\nfrom hypothesis import given, strategies as st\n"


@pytest.mark.slow
def test_what_never_ends_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    for number, body in enumerate(ENDLESS.values()):
        (tmp_path / f"test_{number}.py").write_text(HEAD + body + "def test_after(): pass\n")
    (tmp_path / "conftest.py").write_text("pytest_plugins = ['time_limit']\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    env = {**os.environ, "TEST_TIME_LIMIT": "0.5", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    for number, name in enumerate(ENDLESS):
        assert f"test_{number}.py::test_it was still running after 0.5 s" in done.stdout, name
    # the finalizer's test itself passed
    assert f"{len(ENDLESS) + 1} passed" in done.stdout
