"""This machine's cost beside an organisation's report, line by line as it is drawn."""

from __future__ import annotations

from decimal import Decimal

from goldens import golden
from quotaline.organisation.reconcile import Comparison, Reconciliation
from quotaline.organisation.rows import Coverage
from quotaline.terminal.reported import comparison_table


def row(model: str, here: str, reported: str | None, *explanations: str) -> Comparison:
    return Comparison(
        day="2026-11-24", model=model, here=Decimal(here), reported=Decimal(reported) if reported else None,
        named=bool(explanations), explanations=explanations,
    )  # fmt: skip


ROWS = (
    row("claude-opus-5-5", "1.5", "2.25", "another machine", "a later report"), row("模型", "0", "0.004"),
    row("a-name-that-is-longer-than-its-column-could-ever-be-on-this-terminal", "1234.5", None),
)  # fmt: skip


def test_a_comparison_is_drawn_in_columns_whatever_its_names_are() -> None:
    found, shown = Reconciliation(rows=ROWS, covered=Coverage()), []
    for limit in (80, 60):
        shown += [str(getattr(line, "plain", line)) for line in comparison_table(found, ["A note."], limit)]
    golden("terminal/reported.txt", "\n".join(shown) + "\n")
    assert [str(line) for line in comparison_table(Reconciliation(rows=(), covered=Coverage()), ["A note."], 80)] == ["A note."]
