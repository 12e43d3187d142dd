"""This machine's cost beside the organisation's report: what is named, and which explanations can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from quotaline.config.schema import Organisation
from quotaline.ledger import open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.locations import resolve_locations
from quotaline.model import TokenUsage
from quotaline.organisation.ask import ask_organisation
from quotaline.organisation.reconcile import Comparison, Reconciliation, reconcile
from quotaline.organisation.store import load_state
from quotaline.prices import PriceBook
from report_server import OPUS, ReportServer, person, report_server
from transcript_lines import assistant, write
from usage_history import MINUTE, at

NOW = at("2026-11-25T12:00")
KEY = "sk-ant-" + "admin01-" + "k" * 24


@pytest.fixture
def server() -> Iterator[ReportServer]:
    with report_server(lambda: NOW) as running:
        yield running


def compared(server: ReportServer, home: Path, *messages: tuple[str, str, int], since: str | None = None) -> Reconciliation:
    """The comparison with messages of (day, model, output tokens) here."""
    env = {"HOME": str(home), "QUOTALINE_ADMIN_KEY": KEY}
    where = resolve_locations(env)
    lines = [assistant(f"m{n}", at(f"{day}T10:00"), model=model, output=out) for n, (day, model, out) in enumerate(messages)]
    write(home / ".claude", "s1", *lines)
    for minute in range(4):  # the costs, today's people, the tokens
        ask_organisation(Organisation(base_url=server.url, days=4), where, env, NOW + minute * MINUTE)
    assert where.ledger
    with open_ledger(where.ledger) as ledger:
        import_transcripts(ledger, where.claude_dirs)
        state = load_state(ledger)
        assert state is not None
        first = date.fromisoformat(since) if since else None
        return reconcile(ledger.connection, state.owner, PriceBook(), since=first)


def one(found: Reconciliation, day: str = "2026-11-24", model: str = OPUS) -> Comparison:
    (row,) = [row for row in found.rows if (row.day, row.model) == (day, model)]
    return row


def price(tokens: int) -> Decimal:
    """Of that many output tokens of Opus."""
    found = PriceBook().cost(OPUS, TokenUsage(output=tokens), at=at("2026-11-24"))
    assert found is not None
    return found


def cents(dollars: Decimal) -> str:
    return str(dollars * 100)


def test_what_agrees_is_not_named(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", cents(price(1_000_000)))
    server.usage("2026-11-24", 1_000_000)
    row = one(compared(server, home, ("2026-11-24", OPUS, 1_000_000)))
    assert (row.here, row.reported, row.difference, row.named) == (price(1_000_000), price(1_000_000), Decimal(0), False)


@pytest.mark.parametrize(
    ("factor", "named"), [("1.04", False), ("1.06", True), ("0.96", False), ("0.94", True)], ids=["+4%", "+6%", "-4%", "-6%"]
)
def test_a_difference_counts_above_5_percent(server: ReportServer, home: Path, factor: str, named: bool) -> None:
    assert price(10_000_000) * Decimal("0.04") > 1
    server.cost("2026-11-24", cents(price(10_000_000) * Decimal(factor)))
    assert one(compared(server, home, ("2026-11-24", OPUS, 10_000_000))).named is named


def test_a_difference_counts_above_a_dollar(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", "100")
    server.cost("2026-11-23", "101")
    found = compared(server, home)
    assert (one(found).named, one(found, "2026-11-23").named) == (False, True)


def test_the_same_model_under_another_name_is_the_same(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", cents(price(1_000_000)), OPUS + "-20260922")
    assert one(compared(server, home, ("2026-11-24", OPUS + "[1m]", 1_000_000))).difference == 0


def test_other_machines_and_people_are_seen_by_their_tokens(server: ReportServer, home: Path) -> None:
    for name in ("a", "b"):
        server.cost("2026-11-24", "5000", actor=person(f"{name}@example.com"), product="claude_code")
    server.usage("2026-11-24", 1_500_000)
    row = one(compared(server, home, ("2026-11-24", OPUS, 1_000_000)))
    assert row.explanations == ("other machines: 500k tokens that are not here, used by 2 people or keys",)


def test_other_products_are_named_with_what_they_cost(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", "1000", product="messages_api")
    server.cost("2026-11-24", "3000", product="chat")
    server.cost("2026-11-24", "500", product="claude_code")
    assert one(compared(server, home)).explanations == ("other products: chat $30.00", "other products: messages_api $10.00")


def test_a_model_without_a_price_here_is_named(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", "900", "claude-nova-9")
    server.usage("2026-11-24", 1_000_000, "claude-nova-9")
    row = one(compared(server, home, ("2026-11-24", "claude-nova-9", 1_000_000)), model="claude-nova-9")
    assert (row.here, row.explanations) == (Decimal(0), ("its price is not known here", "the same tokens at another price"))


def test_a_discount_is_seen(server: ReportServer, home: Path) -> None:
    full = price(1_000_000)
    server.cost("2026-11-24", cents(full / 2), list_amount=cents(full))
    server.usage("2026-11-24", 1_000_000)
    row = one(compared(server, home, ("2026-11-24", OPUS, 1_000_000)))
    assert row.explanations == (f"a discount: ${full:.2f} at list price", "the same tokens at another price")


def test_what_only_this_machine_has_is_named(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", "1", "claude-haiku-4-5")
    row = one(compared(server, home, ("2026-11-24", OPUS, 1_000_000)))
    assert row.explanations == (
        "1.0M tokens that the report does not have: use on a plan, of another organisation, or not reported yet",
    )


def test_a_day_that_the_report_does_not_hold_is_said(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", "100")
    found = compared(server, home, ("2026-11-23", OPUS, 1_000_000))
    row = one(found, "2026-11-23")
    assert (row.reported, row.explanations) == (None, ("the report holds nothing of this day",))
    assert "2026-11-23" in found.covered.missing


def test_only_days_that_the_report_covers_and_that_are_asked_for_are_compared(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", "100")
    found = compared(server, home, ("2026-11-01", OPUS, 1_000_000), ("2026-11-20", OPUS, 1_000_000), since="2026-11-22")
    assert {row.day for row in found.rows} == {"2026-11-24"}


def test_other_currencies_stand_beside_the_comparison(server: ReportServer, home: Path) -> None:
    server.cost("2026-11-24", "900", currency="EUR")
    found = compared(server, home)
    assert found.others == (("EUR", Decimal(9)),)
    assert found.rows == ()
