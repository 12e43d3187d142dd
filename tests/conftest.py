"""Every test has a home, a cache and a clock of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from quotaline.ledger import Ledger, open_ledger

settings.register_profile("quotaline", deadline=None)  # a busy machine is no counter-example
settings.load_profile("quotaline")


if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLES = (
    "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN", "QUOTALINE_CONFIG", "QUOTALINE_CACHE_DIR", "QUOTALINE_DATA_DIR",
    "QUOTALINE_REFRESH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES",
    "CLAUDECODE", "CLAUDE_PROJECT_DIR",
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder; no variable of the machine reaches quotaline."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The environment for a child process: the one of this test, and a refresh that is never started by accident."""
    assert os.environ["HOME"] == str(home)
    return {**os.environ, "QUOTALINE_REFRESH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, open."""
    with open_ledger(tmp_path / "data" / "ledger.db") as opened:
        yield opened


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    """Where a config dir of Claude Code will be."""
    return tmp_path / "claude"
