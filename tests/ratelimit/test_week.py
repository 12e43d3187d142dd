"""The budget over a simulated week: `bench/week.py`, whose table the README shows."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from quotaline.sources import endpoint

ROOT = Path(__file__).resolve().parents[2]
WEEK: dict[str, Any] = runpy.run_path(str(ROOT / "bench" / "week.py"))


@pytest.mark.parametrize("name", WEEK["WEEKS"])
def test_a_week_of_30_shells_and_5_sessions_never_asks_too_early(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "read", endpoint.read)  # the simulation puts its own in place
    week = WEEK["simulate"](WEEK["WEEKS"][name], tmp_path)
    assert week.shortest_gap >= 300
    assert week.broken_promises == 0
    assert len(week.requests) < week.refreshes / 10 < week.prompts
    assert WEEK["row"](name, week) in (ROOT / "README.md").read_text()
