"""A ledger of an older version is opened with all that it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import pytest

from quotaline.ledger import open_ledger
from quotaline.ledger.accounts import last_activity
from quotaline.ledger.history import history
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.schema import MIGRATIONS
from quotaline.prices import PriceBook
from transcript_lines import NOON, assistant, write

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.ledger.history import By

SIDE = 4
SUMS_OF_THREE = """INSERT INTO usage_quarter SELECT time / 900000, model_id, flags & 3, 0, count(*), sum(input), sum(output),
  sum(cache_write_5m), sum(cache_write_1h), sum(cache_read), sum(web_searches) FROM message GROUP BY 1, 2, 3"""

BLOCK_OF_THREE = "INSERT INTO block SELECT ? WHERE NOT EXISTS (SELECT 1 FROM block WHERE start > ? - 5)"


def old(path: Path, messages: list[tuple[str, str, float, int, int]]) -> None:
    """A ledger as version 3 wrote it, with (message, request, time, flags, input); the sums are what the messages are."""
    with sqlite3.connect(path) as ledger:
        for step in MIGRATIONS[:3]:
            ledger.executescript(step)
        ledger.execute("INSERT INTO config_dir (path) VALUES ('/c')")
        ledger.execute("INSERT INTO file (config_dir_id, path) VALUES (1, '/c/s.jsonl')")
        for table, column in (("session", "uuid"), ("project", "path"), ("model", "name")):
            ledger.execute(f"INSERT INTO {table} ({column}) VALUES ('claude-opus-5-5')")  # noqa: S608
        for message, request, at, flags, count in messages:
            ledger.execute(
                """INSERT INTO message (message_id, request_id, time, session_id, project_id, model_id, flags, input, output,
                cache_write_5m, cache_write_1h, cache_read, web_searches, file_id)
                VALUES (?, ?, ?, 1, 1, 1, ?, ?, 0, 0, 0, 0, 0, 1)""",
                (message, request, int(at * 1000), flags, count),
            )
        ledger.execute(SUMS_OF_THREE)
        for hour in sorted({int(at) // 3600 for _, _, at, _, _ in messages}):
            ledger.execute(BLOCK_OF_THREE, (hour, hour))
        ledger.execute("PRAGMA user_version = 3")
    ledger.close()


def rows(path: Path) -> list[tuple[Any, ...]]:
    """(message, request, time, flags, input) of a ledger that is brought up to date; the sums are held equal to them."""
    with open_ledger(path) as ledger:
        query = "SELECT message_id, request_id, time / 1000.0, flags, input FROM message ORDER BY 1, 2"
        found = ledger.connection.execute(query).fetchall()
        summed = ledger.connection.execute("SELECT total(messages), total(input) FROM usage_quarter").fetchone()
        assert (len(found), sum(row[4] for row in found)) == summed
        assert (len(MIGRATIONS),) == ledger.connection.execute("PRAGMA user_version").fetchone()
        return found


def test_rows_that_are_no_copies_stay_as_they_are(tmp_path: Path) -> None:
    kept = [("a", "r1", NOON, 0, 1), ("a", "r2", NOON + 9000, 0, 2), ("b", "", NOON, 3, 4), ("c", "r", NOON, SIDE, 8)]
    old(tmp_path / "ledger.db", kept)
    assert kept == rows(tmp_path / "ledger.db")


@pytest.mark.parametrize(
    ("copies", "one"),
    [
        ([("r1", NOON, 0, 5), ("", NOON + 2000, 1, 7)], (NOON, 1, 7)),
        ([("", NOON, 0, 5), ("r1", NOON - 2000, 2, 3)], (NOON - 2000, 2, 5)),
        ([("r1", NOON, SIDE, 5), ("r2", NOON + 2000, SIDE, 9)], (NOON, SIDE, 9)),
        ([("r1", NOON, 0, 5), ("r2", NOON + 5, 0, 9), ("", NOON + 9, 0, 1)], (NOON, 0, 9)),
    ],
)
def test_what_was_stored_as_two_becomes_one(
    tmp_path: Path, copies: list[tuple[str, float, int, int]], one: tuple[float, int, int]
) -> None:
    path = tmp_path / "ledger.db"
    old(path, [("m", *copy) for copy in copies] + [("n", "r", NOON, 0, 100)])
    assert [("m", "", *one), ("n", "r", NOON, 0, 100)] == rows(path)


def test_the_old_copy_of_a_subagent_and_its_new_one_are_one(tmp_path: Path) -> None:
    old(tmp_path / "ledger.db", [("m1", "r1", NOON, SIDE, 5)])
    write(tmp_path, "a", assistant("m1", NOON, input=6, request="r2", sidechain=True))
    with open_ledger(tmp_path / "ledger.db") as ledger:
        import_transcripts(ledger, [tmp_path])
    assert [("m1", "", NOON, SIDE, 6)] == rows(tmp_path / "ledger.db")


@pytest.mark.parametrize("folders", [1, 2])
def test_sums_of_before_are_told_apart_by_folder(tmp_path: Path, folders: int) -> None:
    """As messages are: all at once where there is one folder, else made anew."""
    path = tmp_path / "ledger.db"
    old(path, [("a", "r", NOON, 0, 1), ("b", "r", NOON + 1, 1, 2), ("c", "r", NOON + 9000, 0, 4)])
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.executescript("".join(MIGRATIONS[3:8]) + "PRAGMA user_version = 8;")
        if folders > 1:
            ledger.execute("INSERT INTO config_dir (path) VALUES ('/d')")
            ledger.execute("INSERT INTO file (config_dir_id, path) VALUES (2, '/d/s.jsonl')")
            ledger.execute("UPDATE message SET file_id = 2 WHERE message_id = 'b'")
    with open_ledger(path) as opened:
        query = "SELECT config_dir_id, sum(messages), sum(input) FROM usage_quarter GROUP BY 1"
        assert ([(1, 3, 7)] if folders == 1 else [(1, 2, 5), (2, 1, 2)]) == opened.connection.execute(query).fetchall()


@pytest.mark.parametrize("by", ["day", "week", "month", "model", "project", "session", "subagent", "block"])
def test_a_message_of_the_year_9999_that_is_in_there_hides_nothing(tmp_path: Path, by: By) -> None:
    old(tmp_path / "ledger.db", [("far", "r", 253402300799.0, 0, 5), ("m", "r", NOON, 0, 7)])
    with open_ledger(tmp_path / "ledger.db") as ledger:
        assert last_activity(ledger) == NOON
        found = history(ledger.connection, by, UTC, PriceBook())
        assert [7] == [row.tokens.input for row in found]
        ever = history(ledger.connection, by, UTC, PriceBook(), since=date.min, until=date.max)
        assert [7] == [row.tokens.input for row in ever]
        assert [] == history(ledger.connection, by, UTC, PriceBook(), until=date.min)
