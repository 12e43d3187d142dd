"""The refresh that gives an alert also shows it, for ten minutes to the second; a terminal that refuses costs nothing."""

from __future__ import annotations

import errno
import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from quotaline.alerts.delivery import SHOWN_FOR, ring_terminal
from quotaline.core.snapshot import read_or_defaults
from quotaline.prompt.line import prompt_text
from quotaline.refresh.run import refresh
from usage_history import HOUR, NOW, configure, tell

WORDS = "Session (5h) is at 91 % (five_hour.used >= 90)"
CONFIG = '[[alert]]\nwhen = "five_hour.used >= 90"\nrun = ["sh", "-c", "echo x >> \\"$HOME/told\\""]\nterminal = "bell"\n'


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    configure(home, CONFIG)
    tell(home, NOW, {"five_hour": (91, NOW + 2 * HOUR)})
    return {"HOME": str(home), "TZ": "UTC", "PATH": os.environ["PATH"]}


@pytest.fixture
def terminal() -> Iterator[str]:
    ours, theirs = pty.openpty()
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


@pytest.mark.slow
def test_the_refresh_that_gives_an_alert_shows_it_for_ten_minutes(env: dict[str, str], home: Path) -> None:
    refresh(env, NOW)
    kept = read_or_defaults(str(home / ".cache/quotaline/default"))
    shown = [prompt_text(["alert"], kept, env, NOW + late) for late in (0, SHOWN_FOR - 0.001, SHOWN_FOR)]
    assert shown == [WORDS, WORDS, ""]


def open_descriptors() -> int:
    """How many there are; one stands for the listing itself."""
    return len(list(Path("/dev/fd").iterdir()))


def refuse(descriptor: int, data: bytes) -> int:
    raise OSError(errno.EIO, "Input/output error", str(descriptor), len(data))


def test_a_terminal_that_refuses_the_bell_is_no_failure(terminal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ring_terminal("bell", "x", {"QUOTALINE_TTY": terminal})
    descriptors = open_descriptors()
    monkeypatch.setattr(os, "write", refuse)
    assert not ring_terminal("bell", "x", {"QUOTALINE_TTY": terminal})
    monkeypatch.undo()
    assert open_descriptors() == descriptors


@pytest.mark.slow
def test_a_refresh_whose_terminal_refuses_the_bell_has_refreshed(
    env: dict[str, str], home: Path, terminal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    bell = b"\a"
    monkeypatch.setattr(os, "write", lambda where, data: refuse(where, data) if data == bell else write(where, data))
    assert refresh({**env, "QUOTALINE_TTY": terminal}, NOW).status == "written"
    assert (home / "told").read_text() == "x\n"
