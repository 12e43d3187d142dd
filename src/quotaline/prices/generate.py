"""EFFECT Writes `table.py` from genai-prices, a development dependency, and `supplement.py`: `make prices`.

Nothing imports this at run time.

A price of a kind that genai-prices does not name for a model is what genai-prices charges then: the plain input price for cache
traffic. Web searches cost the same for every model that has them.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quotaline.prices import supplement
from quotaline.prices.names import model_name

if TYPE_CHECKING:
    from decimal import Decimal

    from quotaline.prices.supplement import Row

THRESHOLDS = (0, 100_000, 200_000)  # the ledger keeps sums apart by these; another one needs a migration there
KINDS = ("input_mtok", "cache_write_mtok", "cache_write_1h_mtok", "cache_read_mtok", "output_mtok")
HEAD = '''"""PURE Anthropic's list prices. Written by `make prices`; do not edit.

Each row: model, first day (UTC) or "", speed, for prompts above this many tokens, then US dollars per million tokens of
input, 5-minute cache writes, 1-hour cache writes, cache reads, output.
"""

GENERATED = "{date}"
SOURCE = "genai-prices {version} and supplement.py"

ROWS: tuple[tuple[str, str, str, int, str, str, str, str, str], ...] = (
'''


def rows() -> list[Row]:
    """Every price of every Claude model that genai-prices or the supplement knows, sorted."""
    return sorted({row[:4]: row for row in (*published(), *supplement.ROWS)}.values())


def published() -> list[Row]:
    """Every price of every Claude model that genai-prices knows."""
    from genai_prices.data import providers  # noqa: PLC0415

    found = []
    for model in next(provider for provider in providers if provider.id == "anthropic").models:
        name = model_name(model.id)
        dated = model.prices if isinstance(model.prices, list) else [None]
        for entry in dated:
            constraint: Any = entry and entry.constraint
            since = constraint.start_date.isoformat() if constraint else ""
            found += _sheet(name, since, "standard", model.prices if entry is None else entry.prices)
        for variant in model.price_variants or ():
            if variant.when == {"speed": "fast"}:
                found += _sheet(name, "", "fast", variant.prices)
    return found


def _sheet(name: str, since: str, speed: str, prices: Any) -> list[Row]:
    values = [getattr(prices, kind) for kind in KINDS]
    values = [values[0] if value is None else value for value in values]
    starts = sorted({0} | {tier.start for value in values for tier in getattr(value, "tiers", ())})
    unknown = set(starts) - set(THRESHOLDS)
    if unknown:
        raise SystemExit(f"{name} has a price step at {unknown} tokens, which the ledger does not keep apart.")
    sheet = []
    for start in starts:
        cells = [f"{_at(value, start).normalize():f}" for value in values]
        sheet.append((name, since, speed, start, cells[0], cells[1], cells[2], cells[3], cells[4]))
    return sheet


def _at(value: Any, start: int) -> Decimal:
    """The price that holds for prompts of more than `start` tokens."""
    price: Decimal = getattr(value, "base", value)
    for tier in getattr(value, "tiers", ()):
        price = tier.price if tier.start <= start else price
    return price


def render(date: str) -> str:
    """The text of `table.py`, as of `date`."""
    lines = []
    for row in rows():
        cells = ", ".join(f'"{cell}"' if isinstance(cell, str) else f"{cell:_}" for cell in row)
        lines.append(f"    ({cells}),\n")
    return HEAD.format(date=date, version=version("genai-prices")) + "".join(lines) + ")\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(datetime.now(UTC).date().isoformat()), encoding="utf-8")
