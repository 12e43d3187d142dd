"""`make run`: the product on the bundled sample where there is no Claude data."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from quotaline.locations import resolve_locations
from quotaline.preview import sample
from quotaline.snapshot.load import load_snapshot


@pytest.mark.slow
def test_the_sample_shows_the_line_the_prompt_and_the_overview(environment: dict[str, str]) -> None:
    command = [sys.executable, "-P", "-m", "quotaline.preview.sample"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    opening, line, prompt, overview = done.stdout.split("\n\n", 3)
    assert opening.endswith("no Claude data was found on this machine.")
    assert "Opus" in line.partition("\n")[2]
    assert "5h" in prompt.partition("\n")[2]
    assert "Session (5h)" in overview
    assert overview.endswith("quotaline setup` brings the line to Claude Code and your shell.\n")


def test_its_past_is_past(home: Path) -> None:
    now = time.time()
    snapshot = load_snapshot(resolve_locations(sample.furnish(home, now)).snapshot)
    assert snapshot is not None
    assert snapshot.written_at == now - sample.PAST[-1][0]


def test_without_a_terminal_a_sample_is_a_hundred_columns_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    for size, columns in ((OSError(), 100), (os.terminal_size((61, 20)), 61)):
        monkeypatch.setattr(sample, "os", Mock(get_terminal_size=Mock(side_effect=[size])))
        assert sample._columns() == columns
