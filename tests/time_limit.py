"""A pytest plugin: a test that never ends fails by its own name after LIMIT seconds, its finalizers after as many again.

The limit only ends a broken run; no test asserts it. pytest-timeout does not do here: it raises once, as pytest's own failure,
which hypothesis takes for a counter-example and runs again, and then nothing ends it. What is raised here passes through
`except Exception` and through hypothesis.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Generator, Iterator
from types import FrameType

import pytest

LIMIT = float(os.environ.get("TEST_TIME_LIMIT") or 300)


class EndlessTestError(BaseException):
    """A test was still running when its time was over."""


@contextlib.contextmanager
def limited(item: pytest.Item) -> Iterator[None]:
    """End what runs inside after LIMIT seconds with an error that names the test and shows where it was."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise EndlessTestError(f"{item.nodeid} was still running after {LIMIT:g} s")

    former = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    with limited(item):
        return (yield)
