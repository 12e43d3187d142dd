"""EFFECT Which test runs which lines of the package: a tracer in each process of a venv, and a pytest plugin that collects.

`bench/mutants.py` puts this file into a venv of its own and starts `follow` with every interpreter there, so that the processes
which a test starts are seen too. Those write as they go, since a prompt ends without tidying up. PYTEST_DONT_REWRITE: it is
imported before pytest.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(HERE, "quotaline", "")
OF_CHILDREN, OF_TESTS = os.path.join(HERE, "touched.children"), os.path.join(HERE, "touched.tests")
AT_IMPORT = ""
"""Stands for the test of what ran while tests were collected."""


class Tracers(dict[str, "Callable[[FrameType, str, Any], Any] | None"]):
    """For each file's name what is called at each of its lines; None for a file that is not the package's."""

    def __init__(self) -> None:
        self.lines: dict[str, set[int]] = defaultdict(set)
        self.is_child = True

    def __missing__(self, filename: str) -> Callable[[FrameType, str, Any], Any] | None:
        if not filename.startswith(PACKAGE):
            return self.setdefault(filename, None)
        name, lines = filename.removeprefix(PACKAGE), self.lines[filename.removeprefix(PACKAGE)]

        def at_line(frame: FrameType, _event: str, _argument: object) -> Any:
            if frame.f_lineno not in lines:
                lines.add(frame.f_lineno)
                if self.is_child:
                    write(OF_CHILDREN, f"{name} {frame.f_lineno}\n")
            return at_line

        return self.setdefault(filename, at_line)

    def enter(self, frame: FrameType, _event: str, _argument: object) -> Callable[[FrameType, str, Any], Any] | None:
        """What follows a function that is called."""
        return self[frame.f_code.co_filename]

    def collected(self) -> dict[str, list[int]]:
        """The lines that were run here and in children since this was asked last."""
        lines = {name: set(numbers) for name, numbers in self.lines.items()}
        if os.path.exists(OF_CHILDREN):
            with open(OF_CHILDREN, encoding="utf-8") as file:
                for name, number in (row.split() for row in file):
                    lines.setdefault(name, set()).add(int(number))
            os.truncate(OF_CHILDREN, 0)
        for numbers in self.lines.values():
            numbers.clear()
        return {name: sorted(numbers) for name, numbers in lines.items() if numbers}


tracers = Tracers()
clock: list[float] = []
"""When the test that runs was started, in seconds."""


def write(path: str, text: str) -> None:
    """Append at once; a process that may not does without."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    except OSError:
        return
    os.write(descriptor, text.encode())
    os.close(descriptor)


def follow() -> None:
    """Follow this process from now on."""
    threading.settrace(tracers.enter)
    sys.settrace(tracers.enter)


def pytest_configure() -> None:
    """This process is the one that runs the tests."""
    tracers.is_child = False


def pytest_runtest_logstart() -> None:
    """What ran so far is nobody's. Python drops a tracer that meets the end of the stack: each test begins with one."""
    record(AT_IMPORT, 0.0)
    follow()
    clock.append(time.perf_counter())


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Write down what ran during a test, how long it took, and whether the tracer was lost on the way."""
    record(nodeid, time.perf_counter() - clock.pop(), lost=sys.gettrace() is None)


def record(test: str, seconds: float, *, lost: bool = False) -> None:
    """One row of what `bench/mutants.py` reads."""
    row = {"test": test, "seconds": round(seconds, 3), "lines": tracers.collected(), "lost": lost}
    if row["lines"] or test:
        write(OF_TESTS, json.dumps(row) + "\n")
