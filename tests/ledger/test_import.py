"""Transcripts → ledger: what counts, and how often."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from quotaline.ledger import Ledger, importer
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


def iterated(*iterations: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A line of a message with these rows of `usage.iterations`."""
    line = assistant("m1", **said)
    line["message"]["usage"]["iterations"] = list(iterations)
    return line


ADVICE = {"type": "advisor_message", "model": "claude-fable-5", "input_tokens": 90, "output_tokens": 8}
REPEATED: list[Any] = [
    *({"type": "message", "input_tokens": 5}, {"type": "fallback_message", "input_tokens": 5}, {"input_tokens": 5}),
    *(5, None),
]


def parts(ledger: Ledger) -> list[tuple[Any, ...]]:
    """(model, speed, input, output) of every part."""
    query = "SELECT model, speed, input, output FROM api_message ORDER BY part"
    return ledger.connection.execute(query).fetchall()


def test_an_iteration_that_stands_only_there_counts_once_under_its_own_model(ledger: Ledger, claude: Path) -> None:
    line = iterated(*REPEATED, ADVICE, {**ADVICE, "output_tokens": 1}, {"type": "compaction", "input_tokens": 7}, input=10)
    write(claude, "s1", line, line)
    write(claude, "fork", {**line, "forkedFrom": {"sessionId": "s1"}})
    write(claude, "s1/subagents/agent-1", {**line, "isSidechain": True, "requestId": "other"})
    import_transcripts(ledger, [claude])
    counted = [("claude-fable-5", "standard", 90, 8), ("claude-fable-5", "standard", 90, 1)]
    own = [("claude-opus-5-5", "standard", 10, 0), *counted, ("claude-opus-5-5", "standard", 7, 0)]
    assert own == parts(ledger)
    assert [(1,)] == ledger.connection.execute("SELECT sum(messages) FROM usage_quarter").fetchall(), "it is one message"


def test_an_iterations_speed_is_its_own_or_the_messages_where_the_model_is(ledger: Ledger, claude: Path) -> None:
    compaction = {"type": "compaction", "input_tokens": 7}
    write(claude, "s1", iterated(compaction, ADVICE), iterated(compaction, ADVICE, speed="fast"))
    import_transcripts(ledger, [claude])
    assert ["fast", "fast", "standard"] == [row[1] for row in parts(ledger)]


USAGE_COUNTERS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


@pytest.mark.parametrize("there", USAGE_COUNTERS)
@pytest.mark.parametrize("others", [{}, dict.fromkeys(USAGE_COUNTERS)])
def test_a_counter_that_is_absent_or_null_counts_nothing(
    there: str, others: dict[str, None], ledger: Ledger, claude: Path
) -> None:
    line = assistant("m1")
    line["message"]["usage"] = {**others, there: 5}
    write(claude, "s1", line)
    import_transcripts(ledger, [claude])
    assert 5 == total(ledger).tokens.total


def test_a_bad_iteration_costs_itself_only(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", iterated({**ADVICE, "input_tokens": -1}, {"type": ["compaction"]}, ADVICE, input=10, output=1))
    assert import_transcripts(ledger, [claude]).lines_skipped == 1
    assert [(10, 1), (0, 8), (90, 8)] == [row[2:] for row in parts(ledger)]


def test_flags_on_a_later_line_hold_for_the_message(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", input=1), assistant("m1", input=1, speed="fast", geo="us"))
    write(claude, "s2", assistant("m2", input=1))
    write(claude, "s3", assistant("m2", input=1, speed="fast", geo="us"))
    import_transcripts(ledger, [claude])
    assert [(3,), (3,)] == ledger.connection.execute("SELECT flags FROM message").fetchall()


def test_a_last_line_counts_before_its_newline_and_not_again_after(ledger: Ledger, claude: Path) -> None:
    path = write(claude, "s1", assistant("m1", input=1), assistant("m2", input=2))
    whole = path.read_bytes()
    for data in (whole[:-1], whole, whole + whole):
        path.write_bytes(data)
        import_transcripts(ledger, [claude])
        assert TokenUsage(input=3) == total(ledger).tokens


@pytest.mark.parametrize(("dollars", "kept"), [(0, "0"), (0.5, "0.5"), (1e9, None), (-0.01, None), (float("nan"), None)])
def test_a_session_costs_nothing_or_something_that_can_be(
    dollars: float, kept: str | None, ledger: Ledger, claude: Path
) -> None:
    write(claude, "s1", assistant("m1", NOON), {**cost_state(1.0), "totalCostUSD": dollars})
    import_transcripts(ledger, [claude])
    [(found,)] = ledger.connection.execute("SELECT client_cost FROM session")
    assert found == kept


def test_many_rows_are_written_as_they_come_and_few_at_once(
    ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "COMMIT_SECONDS", -1.0)
    monkeypatch.setattr(importer, "FIRST_SECONDS", -1.0)
    for rows, commits in ((2, 2), (100, 1)):
        monkeypatch.setattr(importer, "BATCH_ROWS", rows)
        for number in range(3):
            write(claude, f"of {rows}, {number}", assistant(f"m{rows}{number}", NOON))
        said: list[str] = []
        ledger.connection.set_trace_callback(said.append)
        import_transcripts(ledger, [claude])
        ledger.connection.set_trace_callback(None)
        first = next(at for at, one in enumerate(said) if "INSERT INTO message" in one)
        assert said[first:].count("COMMIT") == commits, rows


def test_each_commit_sums_anew_only_what_it_changed(ledger: Ledger, claude: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(claude, "first", assistant("m0", NOON))
    import_transcripts(ledger, [claude])
    monkeypatch.setattr(importer, "COMMIT_SECONDS", -1.0)
    monkeypatch.setattr(importer, "BATCH_ROWS", 1)
    renewed: list[int] = []
    monkeypatch.setattr(importer, "renew", lambda _connection, quarters: renewed.append(len(list(quarters))))
    for number in range(1, 4):
        write(claude, f"s{number}", assistant(f"m{number}", NOON + 900 * number))
    import_transcripts(ledger, [claude])
    assert [1, 1, 1] == [size for size in renewed if size]
