"""Transcripts → ledger: what counts, and how often."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from quotaline.ledger import Ledger
from quotaline.ledger.accounts import last_activity, session_owner
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.totals import local_totals
from quotaline.model import LocalUsage, TokenUsage
from quotaline.prices import PriceBook
from transcript_lines import NOON, append, assistant, cost_state, owner, tool_result, write

if TYPE_CHECKING:
    from pathlib import Path


def total(ledger: Ledger, now: float = NOON + 3600) -> LocalUsage:
    return local_totals(ledger, now, UTC, five_hour_resets_at=None, prices=PriceBook()).seven_day


def test_the_recorded_cost_of_the_real_client(ledger: Ledger, claude: Path) -> None:
    said: dict[str, Any] = {"input": 12, "cache_write_5m": 3000, "cache_write_1h": 400, "cache_read": 11000, "output": 57}
    write(claude, "s1", assistant("m1", model="claude-opus-4-8[1m]", **said))
    import_transcripts(ledger, [claude])
    assert Decimal("0.029735") == total(ledger).cost_usd
    assert TokenUsage(**said) == total(ledger).tokens


def test_lines_of_one_message_count_once_with_the_largest_of_each_counter(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", *(assistant("m1", NOON + n, input=10, output=out) for n, out in enumerate((9, 427, 159))))
    import_transcripts(ledger, [claude])
    assert TokenUsage(input=10, output=427) == total(ledger).tokens


def test_usage_inside_tool_results_errors_and_synthetic_lines_counts_nothing(ledger: Ledger, claude: Path) -> None:
    error = {**assistant("m2", input=7), "isApiErrorMessage": True}
    synthetic = assistant("m3", input=7, model="<synthetic>")
    write(claude, "s1", assistant("m1", input=1), tool_result('"type":"assistant" "usage":{'), error, synthetic)
    report = import_transcripts(ledger, [claude])
    assert TokenUsage(input=1) == total(ledger).tokens
    assert report.lines_skipped == 0


def test_only_the_appended_bytes_are_read(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1), tool_result("x"))
    import_transcripts(ledger, [claude])
    appended = append(path, assistant("m2", input=2))
    report = import_transcripts(ledger, [claude])
    assert appended == report.bytes_read
    assert TokenUsage(input=3) == total(ledger).tokens
    assert import_transcripts(ledger, [claude]).files_read == 0


def test_a_session_names_its_account_and_the_clients_own_cost(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", owner("one"), assistant("m1", input=1), cost_state(0.5), cost_state(1.25), owner("two"))
    import_transcripts(ledger, [claude])
    assert session_owner(ledger, "s1") == "two"
    assert session_owner(ledger, "unknown") is None
    assert ledger.connection.execute("SELECT client_cost FROM session").fetchall() == [("1.25",)]
    assert ledger.connection.execute("SELECT account FROM api_message").fetchall() == [("one",)]


def test_the_time_of_the_newest_message_is_known(ledger: Ledger, claude: Path) -> None:
    assert last_activity(ledger) is None
    write(claude, "s1", assistant("m1", NOON), assistant("m2", NOON + 0.5))
    import_transcripts(ledger, [claude])
    assert last_activity(ledger) == NOON + 0.5
