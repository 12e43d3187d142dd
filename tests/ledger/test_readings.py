from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from quotaline.ledger import Ledger, open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.readings import EVERY, activity, extra_usage_readings, readings_since, store_readings
from quotaline.model import Reading
from transcript_lines import assistant, dump
from usage_history import DAY, HOUR, MINUTE, NOW, spent, used

HERE = "~/.claude"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.db") as opened:
        yield opened


def kept(ledger: Ledger, *readings: Reading) -> list[int]:
    """How many rows each reading wrote."""
    return [store_readings(ledger, HERE, None, [reading]) for reading in readings]


def test_what_is_kept_comes_back_as_it_was(ledger: Ledger) -> None:
    rows = [spent(1240, NOW - 2, limit=5000, currency="EUR"), used(42.5, NOW - 1)]
    assert store_readings(ledger, HERE, None, rows) == 2
    assert readings_since(ledger, HERE, None, NOW - DAY) == rows
    assert readings_since(ledger, "~/other", None, NOW - DAY) == []
    assert readings_since(ledger, HERE, None, NOW) == []


def test_only_changes_and_one_an_hour_are_kept(ledger: Ledger) -> None:
    start = NOW - 5 * HOUR
    later = start + 2 * MINUTE
    rows = [(10, start), (10, start + MINUTE), (11, later), (11, later + EVERY - 1), (11, later + EVERY), (11, later + EVERY)]
    assert kept(ledger, *(used(percent, moment) for percent, moment in rows)) == [1, 0, 1, 0, 1, 0]


def test_a_reset_that_jitters_by_a_second_is_no_change_and_a_new_period_is(ledger: Ledger) -> None:
    end = NOW + HOUR
    assert kept(
        ledger, used(10, NOW, resets_at=end), used(10, NOW + 1, resets_at=end + 1), used(10, NOW + 2, resets_at=end + 5 * HOUR)
    ) == [1, 0, 1]


def test_a_raised_cap_and_a_changed_reason_are_changes(ledger: Ledger) -> None:
    ended = spent(5, NOW + 2, limit=200, enabled=False, reason="out_of_credits")
    assert kept(ledger, spent(5, NOW, limit=100), spent(5, NOW + 1, limit=200), ended) == [1, 1, 1]


def test_an_older_reading_that_comes_later_finds_its_place(ledger: Ledger) -> None:
    assert kept(ledger, used(20, NOW), used(10, NOW - MINUTE), used(20, NOW)) == [1, 1, 0]
    assert [reading.value.utilization for reading in readings_since(ledger, HERE, None, 0)] == [10, 20]


def test_where_money_moved_the_last_reading_before_is_kept_too(ledger: Ledger) -> None:
    first, last, moved = spent(5, NOW), spent(5, NOW + 30 * MINUTE), spent(8, NOW + 31 * MINUTE)
    assert kept(ledger, first, last) == [1, 0]
    assert store_readings(ledger, HERE, None, [moved], [last, used(7, NOW)]) == 2
    assert readings_since(ledger, HERE, None, 0) == [first, last, moved]
    assert store_readings(ledger, HERE, None, [moved], [last]) == 0
    assert store_readings(ledger, HERE, None, [spent(8, NOW + 33 * MINUTE)], [spent(8, NOW + 32 * MINUTE)]) == 0


def test_the_money_of_another_account_was_not_the_last_before(ledger: Ledger) -> None:
    theirs = structs.replace(spent(5, NOW), account="b")
    assert store_readings(ledger, HERE, "a", [structs.replace(spent(8, NOW + MINUTE), account="a")], [theirs]) == 1


def test_the_meters_readings_are_the_newest_accounts_and_nobodys(ledger: Ledger) -> None:
    rows = [structs.replace(spent(5 + n, NOW + n), account=who) for n, who in enumerate(("a", None, "b", "b", "a", None))]
    store_readings(ledger, HERE, None, [*rows, used(100, NOW)])
    assert extra_usage_readings(ledger, HERE, None) == [rows[0], rows[1], rows[4], rows[5]]
    assert extra_usage_readings(ledger, HERE, "b") == [rows[1], rows[2], rows[3], rows[5]]
    assert extra_usage_readings(ledger, "~/other", None) == []


def test_another_accounts_readings_are_not_mine(ledger: Ledger) -> None:
    store_readings(ledger, HERE, "a", [used(10, NOW)])
    store_readings(ledger, HERE, "b", [used(20, NOW)])
    store_readings(ledger, HERE, None, [used(30, NOW)])
    levels = {who: [r.value.utilization for r in readings_since(ledger, HERE, who, 0)] for who in ("a", "b", None)}
    assert levels == {"a": [10, 30], "b": [20, 30], None: [10, 20, 30]}


def test_the_short_history_has_the_money_and_the_limits_and_of_windows_the_recent_ones(ledger: Ledger) -> None:
    rows = [spent(5, NOW - 9 * DAY), used(50, NOW - 8 * DAY), used(100, NOW - 7 * DAY), used(20, NOW)]
    store_readings(ledger, HERE, None, rows)
    assert readings_since(ledger, HERE, None, NOW - 10 * DAY, recent=NOW - DAY) == [rows[0], rows[2], rows[3]]


def test_a_row_that_nobody_understands_is_passed_over(ledger: Ledger) -> None:
    store_readings(ledger, HERE, None, [used(10, NOW)])
    ledger.connection.execute("UPDATE reading SET body = '{}'")
    assert readings_since(ledger, HERE, None, 0) == []
    assert kept(ledger, used(10, NOW + 1)) == [1]


def test_activity_is_what_the_transcripts_weigh_minute_by_minute(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "projects" / "p"
    folder.mkdir(parents=True)
    lines = [
        assistant("a", NOW, input=10, output=1),
        assistant("b", NOW + 1, input=5),
        assistant("c", NOW + HOUR, cache_read=10),
    ]
    (folder / "s1.jsonl").write_bytes(dump(*lines))
    import_transcripts(ledger, [tmp_path])
    assert activity(ledger, NOW - DAY) == [(NOW + 1, 20.0), (NOW + HOUR, 1.0)]


def test_without_transcripts_there_is_no_activity(ledger: Ledger) -> None:
    assert activity(ledger, 0) == []
