"""`quotaline history`: the ledger in rows, by whatever a row is."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pexpect
import pytest

from commandline import QUOTALINE, quotaline
from quotaline.ledger.history import WAYS, histories, history
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.projects import find_projects
from quotaline.ledger.rows import total_row
from quotaline.prices import PriceBook
from transcript_lines import NOON, assistant, cost_state, owner, write

if TYPE_CHECKING:
    from pathlib import Path

    from quotaline.ledger import Ledger
    from quotaline.ledger.history import By

HOUR, DAY = 3600.0, 86400.0
MILLION = 1_000_000


@pytest.fixture
def filled(ledger: Ledger, claude: Path) -> Ledger:
    write(
        claude,
        "s1",
        owner("account-1"),
        assistant("m1", NOON - 40 * DAY, input=MILLION, cwd="/home/user/one"),
        assistant("m2", NOON - DAY, input=MILLION, output=10, cwd="/home/user/one"),
        cost_state(7.25),
    )
    write(claude, "s2", assistant("m3", NOON + 11.5 * HOUR, input=2 * MILLION, cwd="/home/user/two", session="s2", searches=1))
    unpriced = assistant("m4", NOON + 12.5 * HOUR, input=5, model="claude-unheard-of-1", cwd="/home/user/two", session="s3")
    write(claude, "s3", unpriced)
    import_transcripts(ledger, [claude])
    return ledger


def rows(
    ledger: Ledger, by: By, tz: str = "UTC", *, since: date | None = None, until: date | None = None
) -> dict[str, tuple[int, str]]:
    found = history(ledger.connection, by, ZoneInfo(tz), PriceBook(), since=since, until=until)
    return {row.key: (row.tokens.total, f"{row.cost_usd.normalize():f}") for row in found}


WANTED: dict[By, dict[str, tuple[int, str]]] = {
    "day": {
        "2026-10-11": (MILLION, "4"),
        "2026-11-19": (MILLION + 10, "4.0002"),
        "2026-11-20": (2 * MILLION, "8.01"),
        "2026-11-21": (5, "0"),
    },
    "week": {"2026-W41": (MILLION, "4"), "2026-W47": (3 * MILLION + 15, "12.0102")},
    "month": {"2026-10": (MILLION, "4"), "2026-11": (3 * MILLION + 15, "12.0102")},
    "model": {"claude-opus-5-5": (4 * MILLION + 10, "16.0102"), "claude-unheard-of-1": (5, "0")},
    "project": {"/home/user/two": (2 * MILLION + 5, "8.01"), "/home/user/one": (2 * MILLION + 10, "8.0002")},
    "subagent": {"main": (4 * MILLION + 15, "16.0102")},
    "session": {"s1": (2 * MILLION + 10, "8.0002"), "s2": (2 * MILLION, "8.01"), "s3": (5, "0")},
    "block": {
        "2026-10-11T12:00Z": (MILLION, "4"),
        "2026-11-19T12:00Z": (MILLION + 10, "4.0002"),
        "2026-11-20T23:00Z": (2 * MILLION + 5, "8.01"),
    },
}


@pytest.mark.parametrize("by", WANTED)
def test_a_row_is_what_was_asked_for(filled: Ledger, by: By) -> None:
    assert WANTED[by] == rows(filled, by)
    assert list(WANTED[by]) == list(rows(filled, by)), "in order of time, or of cost"


@pytest.mark.parametrize("by", WAYS)
def test_every_way_adds_up_to_the_same(filled: Ledger, by: By) -> None:
    total = total_row(history(filled.connection, by, UTC, PriceBook()))
    assert (4 * MILLION + 15, Decimal("16.0102"), 4, 1) == (
        total.tokens.total,
        total.cost_usd,
        total.messages,
        total.web_searches,
    )
    assert ("claude-unheard-of-1",) == total.unpriced_models


def test_several_ways_together_are_each_alone(filled: Ledger) -> None:
    [project] = find_projects(filled.connection, "/home/user/two")
    for only in (None, project):
        found = histories(filled.connection, WAYS, UTC, PriceBook(), project=only)  # type: ignore[arg-type]
        assert found == {by: history(filled.connection, by, UTC, PriceBook(), project=only) for by in WAYS}  # type: ignore[arg-type]


def test_days_are_the_users(filled: Ledger) -> None:
    assert (2 * MILLION + 5, "8.01") == rows(filled, "day", "America/New_York")["2026-11-20"]


@pytest.mark.parametrize("by", WAYS)
def test_since_and_until_are_days_both_included(filled: Ledger, by: By) -> None:
    found = rows(filled, by, since=date(2026, 11, 19), until=date(2026, 11, 20))
    assert 3 * MILLION + 10 == sum(tokens for tokens, _ in found.values())
    assert {} == rows(filled, by, since=date(2027, 1, 1))
    assert {} == rows(filled, by, until=date(2025, 1, 1))


@pytest.mark.parametrize("by", WAYS)
def test_the_first_day_of_all_is_in_what_was_asked_for_since_ever(ledger: Ledger, claude: Path, by: By) -> None:
    write(claude, "s1", assistant("m1", 946_728_000.0, input=7), assistant("m2", NOON, input=5))
    import_transcripts(ledger, [claude])
    for since in (date(1, 1, 1), date(2000, 1, 1)):
        assert 12 == sum(tokens for tokens, _ in rows(ledger, by, since=since, until=date(9999, 12, 31)).values())
    assert 5 == sum(tokens for tokens, _ in rows(ledger, by, since=date(2000, 1, 2)).values())


def test_the_clients_own_total_stands_beside_and_is_never_added(filled: Ledger) -> None:
    found = history(filled.connection, "session", UTC, PriceBook())
    assert [Decimal("7.25"), None, None] == [row.client_cost_usd for row in found]
    assert ["account-1", None, None] == [row.account for row in found]
    assert Decimal("16.0102") == total_row(found).cost_usd


def test_subagents_stand_apart(ledger: Ledger, claude: Path) -> None:
    write(claude, "s1", assistant("m1", NOON, input=3), assistant("m2", NOON, input=4, sidechain=True))
    write(claude, "s1/subagents/agent-1", assistant("m3", NOON, input=5, sidechain=True))
    import_transcripts(ledger, [claude])
    assert {"subagent": 9, "main": 3} == {key: tokens for key, (tokens, _) in rows(ledger, "subagent").items()}


@pytest.mark.parametrize("by", WAYS)
def test_one_project_is_one_projects(filled: Ledger, by: By) -> None:
    """Its rows and the other one's are all, the whole and the cut quarters of an hour."""
    one, two = (find_projects(filled.connection, name)[0] for name in ("one", "two"))
    found = history(filled.connection, by, UTC, PriceBook(), project=one)
    assert (2 * MILLION + 10, 2) == (total_row(found).tokens.total, total_row(found).messages)
    assert 2 * MILLION + 5 == total_row(history(filled.connection, by, UTC, PriceBook(), project=two)).tokens.total
    late = history(filled.connection, by, UTC, PriceBook(), project=one, since=date(2026, 11, 1))
    assert MILLION + 10 == total_row(late).tokens.total


def test_an_empty_ledger_has_no_rows(ledger: Ledger) -> None:
    assert [] == history(ledger.connection, "day", UTC, PriceBook())


@pytest.fixture
def at_home(home: Path, environment: dict[str, str]) -> dict[str, str]:
    write(home / ".claude", "s1", assistant("m1", NOON, input=MILLION, cache_read=MILLION), cost_state(1.5))
    write(home / ".claude", "s2", assistant("m2", NOON + DAY, input=3, model="my-model", session="s2"))
    return environment


def run(env: dict[str, str], *arguments: str) -> str:
    done = quotaline("history", *arguments, env=env)
    assert (0, b"") == (done.returncode, done.stderr)
    return done.stdout.decode()


def test_the_table_marks_a_sum_without_the_price_of_a_model(at_home: dict[str, str]) -> None:
    page = run(at_home, "--by", "month")
    assert "2026-11" in page
    assert "≥$4.20" in page
    assert "without my-model, whose price is not known" in page
    assert "~$4.20" in run(at_home, "--until", "2026-11-20")
    assert "by the client's own count ~$1.50" in run(at_home, "--by", "session")


def test_a_price_of_the_users_own_is_used(at_home: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[prices."my-model"]\ninput = 1000000\noutput = "0"\n')
    assert "~$7.20" in run({**at_home, "QUOTALINE_CONFIG": str(config)}, "--by", "month")
    config.write_text('[prices."my-model"]\ninptu = 1\n')
    done = quotaline("history", env={**at_home, "QUOTALINE_CONFIG": str(config)})
    assert 2 == done.returncode
    assert b'config.toml: [prices."my-model"] has the unknown key "inptu"' in done.stderr


def test_json_is_exact_and_versioned(at_home: dict[str, str]) -> None:
    tree: dict[str, Any] = json.loads(run(at_home, "--json", "--by", "session"))
    assert (1, "session") == (tree["schema_version"], tree["by"])
    first = tree["rows"][0]
    assert ("s1", "4.2", "1.5", "2026-11-20T12:00:00Z") == (
        first["key"],
        first["cost_usd"],
        first["client_cost_usd"],
        first["starts_at"],
    )
    assert MILLION * 2 + 3 == tree["total"]["tokens"]["total"]
    assert ["my-model"] == tree["total"]["unpriced_models"]


def test_csv_has_a_heading_and_a_record_for_each_row(at_home: dict[str, str]) -> None:
    records = list(csv.DictReader(io.StringIO(run(at_home, "--csv"))))
    assert ["2026-11-20", "2026-11-21"] == [record["key"] for record in records]
    assert ("4.2", str(MILLION)) == (records[0]["cost_usd"], records[0]["cache_read"])


@pytest.mark.parametrize("by", ["project", "session", "model", "day"])
def test_csv_holds_nothing_that_drives_a_terminal(environment: dict[str, str], home: Path, by: str) -> None:
    """Folders, sessions and models are named by whoever writes the transcript."""
    odd = "\x1b]0;title\x07 \u202edrow \x9b2J\x7f\r"
    write(home / ".claude", "s1", assistant("m1", NOON, input=3, cwd=f"/home/{odd}", session=f"s{odd}", model=f"m{odd}"))
    page = run(environment, "--csv", "--by", by)
    assert "]0;title drow 2J" in page or by == "day"
    assert all(letter.isprintable() for letter in page.replace("\n", ""))


def test_a_project_that_means_nothing_or_several_is_said(at_home: dict[str, str], home: Path) -> None:
    write(home / ".claude", "s3", assistant("m3", NOON, input=7, cwd="/srv/pro\x1bject", session="s3"))
    write(home / ".claude", "s4", assistant("m4", NOON, input=7, cwd="/srv/other", session="s4"))
    assert 7 == json.loads(run(at_home, "--json", "--project", "srv/other"))["total"]["tokens"]["total"]
    assert 2 == len(json.loads(run(at_home, "--json", "--project", "/home/user/project", "--by", "session"))["rows"])
    for name, said in (
        ("nothing", b'"nothing" means no project here.'),
        ("srv", b'"srv" means 2 projects: /srv/other, /srv/pro'),
    ):
        done = quotaline("history", "--project", name, env=at_home)
        assert (2, b"") == (done.returncode, done.stdout)
        assert said in done.stderr
        assert b"\x1b" not in done.stderr


def test_json_and_csv_exclude_each_other(at_home: dict[str, str]) -> None:
    assert 2 == quotaline("history", "--json", "--csv", env=at_home).returncode


def test_nothing_recorded_is_said(environment: dict[str, str]) -> None:
    assert "No tokens are in the ledger" in run(environment)


@pytest.mark.parametrize("columns", [40, 60, 120, 200])
def test_the_table_fits_the_terminal(at_home: dict[str, str], columns: int) -> None:
    for by in WAYS:
        lines = run({**at_home, "COLUMNS": str(columns)}, "--by", by).splitlines()
        assert max(map(len, lines)) <= columns


def test_the_first_import_shows_a_bar_on_a_terminal_and_nowhere_else(at_home: dict[str, str], home: Path) -> None:
    path = write(home / ".claude", "big", assistant("m9", NOON, input=1))
    with path.open("ab") as file:
        file.write(b'{"type":"user","text":"' + b"x" * (40 << 20) + b'"}\n')
    child = pexpect.spawn(QUOTALINE, ["history"], env={**at_home, "TERM": "xterm", "COLUMNS": "100"}, encoding="utf-8")
    page = child.read()
    child.close()
    assert 0 == child.exitstatus
    assert "reading transcripts" in page
    os.utime(path, (NOON, NOON))
    assert "reading" not in run(at_home)
