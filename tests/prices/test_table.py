"""The table is what `make prices` makes of the genai-prices that is installed."""

from __future__ import annotations

import re
import runpy
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest
from genai_prices.data import providers

from quotaline.prices import generate, model_name, supplement, table
from quotaline.prices.generate import THRESHOLDS, published, render


def test_the_table_is_up_to_date_and_says_its_date() -> None:
    if f"genai-prices {version('genai-prices')} and supplement.py" != table.SOURCE:
        pytest.fail("genai-prices is another one than the table was made from: run `make prices`")
    assert render(table.GENERATED) == Path(table.__file__).read_text(encoding="utf-8")
    assert date.fromisoformat(table.GENERATED) >= date(2026, 11, 21)


def test_every_claude_model_has_a_price() -> None:
    theirs = next(provider for provider in providers if provider.id == "anthropic").models
    lacking = {row[0] for row in supplement.ROWS}
    assert {model_name(model.id) for model in theirs} | lacking == {row[0] for row in table.ROWS}


def test_the_supplement_ends_where_genai_prices_begins() -> None:
    """The newest of its rows for what genai-prices knows is what genai-prices says: else one of them is old."""
    theirs = {(row[0], row[2], row[3]): row[4:] for row in sorted(published(), key=lambda row: row[1])}
    ours = {(row[0], row[2], row[3]): row[4:] for row in sorted(supplement.ROWS, key=lambda row: row[1])}
    assert {key: ours[key] for key in ours.keys() & theirs.keys()} == {key: theirs[key] for key in ours.keys() & theirs.keys()}
    assert ours.keys() & theirs.keys()


def test_the_ledger_keeps_every_price_step_apart() -> None:
    assert {row[3] for row in table.ROWS} <= set(THRESHOLDS)


def test_the_prices_that_were_recorded() -> None:
    rows = {row[:4]: row[4:] for row in table.ROWS}
    assert rows["claude-fable-5-2", "", "standard", 0] == ("8", "10", "16", "0.2", "40")
    assert rows["claude-opus-5-5", "", "fast", 0] == ("8", "10", "16", "0.4", "40")
    assert rows["claude-haiku-5-5", "", "standard", 100_000] == ("0.5", "0.625", "1", "0.05", "2.5")


def test_the_generator_writes_the_table_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["generate", str(tmp_path / "table.py")])
    runpy.run_path(generate.__file__, run_name="__main__")
    written = (tmp_path / "table.py").read_text(encoding="utf-8")
    assert written == render(re.findall(r"\d{4}-\d\d-\d\d", written)[0])
