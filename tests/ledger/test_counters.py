"""Counters of what was used in all: exact, told apart by folder, and never less than they were once exported."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quotaline.ledger import Ledger, open_ledger
from quotaline.ledger.counters import COST, MESSAGES, RUNS, TOKENS, Counters, Series, never_falling, series, used_in_all
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.runs import store_run
from quotaline.ledger.totals import usage
from quotaline.ledger.usage import usage_between
from quotaline.prices import PriceBook
from quotaline.sources.claude_result import read_result
from results import result
from transcript_lines import NOON, append, assistant, write

if TYPE_CHECKING:
    from pathlib import Path

OPUS = {"model": "claude-opus-5-5", "source": "transcripts"}
INPUT = series(TOKENS, **OPUS, kind="input")
DAY = 86_400.0
BOOK = PriceBook()


def counted(ledger: Ledger, *folders: Path, now: float = NOON + 60, prices: PriceBook = BOOK) -> dict[str, Counters]:
    """What an export has: all that is new is read, and the marks are kept."""
    import_transcripts(ledger, folders)
    return never_falling(ledger, used_in_all(ledger, folders, now, prices))


def test_all_that_was_used_is_counted_whatever_its_age(ledger: Ledger, claude: Path) -> None:
    lines = (assistant(f"m{n}", NOON - n * 50 * DAY, input=10**n, output=3, searches=n) for n in range(4))
    write(claude, "s1", *lines, assistant("x", NOON, model="claude-new-1", input=5))
    [found] = counted(ledger, claude).values()
    assert found[INPUT] == 1111
    assert found[series(TOKENS, **OPUS, kind="output")] == 12
    assert found[series(TOKENS, **OPUS, kind="cache_read")] == 0
    assert found[series(MESSAGES, model="claude-opus-5-5")] == 4
    assert found[series(COST, **OPUS)] == usage(ledger.connection, 0, NOON + DAY, BOOK).cost_usd
    assert found[series(TOKENS, model="claude-1-new", source="transcripts", kind="input")] == 5
    assert series(COST, model="claude-1-new", source="transcripts") not in found, "no price is not a price of zero"
    assert series(RUNS) not in found


def test_each_folder_has_counters_of_its_own(ledger: Ledger, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write(one, "s1", assistant("m1", input=1))
    write(two, "s2", assistant("m2", input=2, session="s2"))
    import_transcripts(ledger, [one, two])
    assert {str(one): 1, str(two): 2} == {path: each[INPUT] for path, each in counted(ledger, one, two).items()}
    assert {str(two): 2} == {path: each[INPUT] for path, each in counted(ledger, two, tmp_path / "three").items()}


def test_recorded_runs_count_as_a_source_of_their_own(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", input=1))
    for name in ("a", "b"):
        run = read_result(result(1, session=name), NOON, folder="/home/user/shop", config_dir=str(claude)).run
        assert store_run(ledger, run)
    [found] = counted(ledger, claude).values()
    record_parts = [part for part in usage_between(ledger.connection, 0, NOON + DAY) if part.runs]
    told = {"model": "claude-opus-5-5", "source": "record"}
    assert found[series(RUNS)] == 2
    assert found[series(COST, **told)] == sum(part.told or 0 for part in record_parts) > 0
    assert found[series(TOKENS, **told, kind="output")] == 2 * 57
    assert [1, 1] == [found[INPUT], found[series(MESSAGES, model="claude-opus-5-5")]]


def test_a_counter_stays_when_two_copies_become_one_and_goes_on_where_the_sum_has_caught_up(
    ledger: Ledger, claude: Path
) -> None:
    path = write(claude, "s1", assistant("m1", request="r1", input=5), assistant("m1", request="r2", input=7))
    [before] = counted(ledger, claude).values()
    append(path, assistant("m1", request=None, input=1))
    [after] = counted(ledger, claude).values()
    [falls] = used_in_all(ledger, [claude], NOON + 60, BOOK).values()
    assert [12, 12, 7] == [each[INPUT] for each in (before, after, falls)]
    assert before == after
    append(path, assistant("m2", input=4))
    assert [12] == [each[INPUT] for each in counted(ledger, claude).values()]
    append(path, assistant("m3", input=4))
    assert [15] == [each[INPUT] for each in counted(ledger, claude).values()]


def test_a_price_that_is_corrected_takes_nothing_back(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", output=1_000_000))
    costs = []
    for price in ("10", "4", "11.50"):
        book = PriceBook({"claude-opus-5-5": {"input": "1", "output": price}})
        costs += [each[series(COST, **OPUS)] for each in counted(ledger, claude, prices=book).values()]
    assert [Decimal(10), Decimal(10), Decimal("11.50")] == costs


def test_a_mark_is_exact_and_outlives_the_process(tmp_path: Path) -> None:
    path, one = tmp_path / "ledger.db", series(COST, model='a "model"\n', source="record")
    much = {"/c": {one: Decimal("123456789012345678901.000000000000000000001")}}
    with open_ledger(path) as ledger:
        assert much == never_falling(ledger, much)
    with open_ledger(path) as ledger:
        assert much == never_falling(ledger, {"/c": {one: Decimal(1)}})
        assert {"/d": {one: Decimal(1)}} == never_falling(ledger, {"/d": {one: Decimal(1)}}), "another's mark is another's"
        assert {"/c": {}} == never_falling(ledger, {"/c": {}}), "what is not there has no sample, whatever it was"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 10**18)), max_size=8))
def test_no_counter_ever_falls(tmp_path: Path, sums: list[dict[str, int]]) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.connection.execute("DELETE FROM counter_mark")
        last: dict[Series, Decimal] = {}
        for each in sums:
            now = {series(TOKENS, model=name): Decimal(value) for name, value in each.items()}
            found = never_falling(ledger, {"/c": now})["/c"]
            assert found == {one: max(value, last.get(one, value)) for one, value in now.items()}
            last |= found


def test_a_message_of_a_year_to_come_is_not_counted_before_it_is_there(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", input=1))
    import_transcripts(ledger, [claude])
    ledger.connection.execute(
        "INSERT INTO usage_quarter SELECT 9999999, config_dir_id, model_id, 0, 0, 1, 50, 0, 0, 0, 0, 0 FROM usage_quarter"
    )
    assert [1] == [each[INPUT] for each in counted(ledger, claude).values()]
