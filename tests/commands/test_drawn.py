"""`history --extra` by the installed command, over readings that refreshes left in the ledger."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from quotaline.refresh.run import refresh
from transcript_lines import assistant, write
from usage_history import HOUR, MINUTE, configure, tell

ODD = "/home/\x1b]0;title\x07 \u202edrow \x9b2J\r"


def spend(home: Path, amounts: dict[int, int], currency: str = "USD") -> float:
    """The meter at minutes of the hours before now; the beginning."""
    configure(home)
    start = time.time() - 3 * HOUR
    for minute, amount in amounts.items():
        now = start + minute * MINUTE
        tell(home, now, {"five_hour": (100, start + 4 * HOUR)}, {"used_credits": amount, "currency": currency})
        refresh({"HOME": str(home)}, now)
    return start


@pytest.fixture
def spent(home: Path, environment: dict[str, str]) -> dict[str, str]:
    start = spend(home, {0: 500, 50: 500, 55: 740, 60: 750, 90: 751})
    write(home / ".claude", "s1", assistant("m1", start + 10 * MINUTE, input=5, cwd="/home/user/idle", session="s1"))
    write(home / ".claude", "s2", assistant("m2", start + 52 * MINUTE, input=2000, cwd="/home/user/shop", session="s2"))
    write(home / ".claude", "s3", assistant("m3", start + 53 * MINUTE, input=1000, cwd=ODD, session="s3"))
    return environment


def run(env: dict[str, str], *arguments: str) -> str:
    done = quotaline("history", "--extra", *arguments, env=env)
    assert (0, b"") == (done.returncode, done.stderr.replace(NOTICE, b""))
    return done.stdout.decode()


NOTICE = (
    b"quotaline: extra usage, model windows and whatever else comes from undocumented sources is an alpha feature: "
    b"it relies on undocumented interfaces that may break without notice.\n"
)


def test_the_dollars_are_the_ones_that_drew_them(spent: dict[str, str]) -> None:
    page = run(spent, "--by", "project").splitlines()
    assert page[0].split() == ["project", "extra", "share", "list", "price"]
    assert page[1].split()[:3] == ["/home/user/shop", "~$1.60", "64%"]
    assert page[2].split()[-3:] == ["~$0.80", "32%", "~$0.00"]
    assert page[3].split() == ["elsewhere", "$0.11", "4%"]
    assert page[4].split() == ["total", "$2.51"]
    assert "another machine, claude.ai or a run without transcripts" in " ".join(page)
    assert "The $5.00 that the meter showed when it was first read" in " ".join(page)
    assert "idle" not in " ".join(page), "the money did not move yet"


def test_json_says_the_same_exactly(spent: dict[str, str]) -> None:
    tree: dict[str, Any] = json.loads(run(spent, "--by", "project", "--json"))
    assert (1, "project", None) == (tree["schema_version"], tree["by"], tree["why"])
    [dollars] = tree["extra"]
    assert ("USD", "2.51", "5.00") == (dollars["currency"], dollars["total"], dollars["first_reading"]["amount"])
    assert [("/home/user/shop", "1.60"), (ODD, "0.80"), ("elsewhere", "0.11")] == [
        (row["key"], row["amount"]) for row in dollars["rows"]
    ]
    assert [False, False, True] == [row["elsewhere"] for row in dollars["rows"]]
    assert "0.008" == dollars["rows"][0]["list_price_usd"]


@pytest.mark.parametrize("form", ["--csv", "--by=project"])
def test_no_folders_name_drives_the_terminal(spent: dict[str, str], form: str) -> None:
    page = run({**spent, "COLUMNS": "200"}, "--by", "project", form)
    assert "]0;title drow 2J" in page
    assert all(letter.isprintable() for letter in page.replace("\n", ""))


def test_csv_has_a_record_for_each_row(spent: dict[str, str]) -> None:
    records = list(csv.DictReader(io.StringIO(run(spent, "--by", "session", "--csv"))))
    assert [("s2", "1.60", "0"), ("s3", "0.80", "0"), ("elsewhere", "0.11", "1")] == [
        (record["key"], record["amount"], record["elsewhere"]) for record in records
    ]


def test_a_folder_without_a_name_is_not_elsewhere(spent: dict[str, str], home: Path) -> None:
    write(home / ".claude", "s3", assistant("m3", time.time() - 2 * HOUR - 7 * MINUTE, input=1000, cwd="", session="s3"))
    rows = json.loads(run(spent, "--by", "project", "--json"))["extra"][0]["rows"]
    assert [("/home/user/shop", False), ("", False), ("elsewhere", True)] == [(row["key"], row["elsewhere"]) for row in rows]


def test_one_project_and_no_day_without_money(spent: dict[str, str]) -> None:
    assert ["total", "$1.60"] in map(str.split, run(spent, "--by", "model", "--project", "shop").splitlines())
    said = run(spent, "--until", "2020-01-01")
    assert said.startswith("Extra usage was read 5 times since ")
    assert "none was drawn in what is asked for" in said.replace("\n", " ")


def test_another_currency_has_a_table_of_its_own(spent: dict[str, str], home: Path) -> None:
    start = time.time() - 3 * HOUR
    for minute, amount in ((100, 300), (101, 320)):
        now = start + minute * MINUTE
        tell(home, now, {}, {"used_credits": amount, "currency": "EUR"})
        refresh({"HOME": str(home)}, now)
    page = run(spent, "--by", "model")
    assert ["$2.51", "€0.20"] == [line.split()[-1] for line in page.splitlines() if line.startswith("total")]


def test_without_readings_it_says_why_and_what_brings_them(home: Path, environment: dict[str, str]) -> None:
    said = " ".join(run(environment).split())
    assert "No reading of extra usage is in the ledger" in said
    assert "set `enable_alpha_features = true` in config.toml" in said
    tree = json.loads(run(environment, "--json"))
    assert ([], said) == (tree["extra"], tree["why"])
    assert 1 == len(run(environment, "--csv").splitlines())
    configure(home)
    assert "No reading of extra usage is in the ledger: no open source reported it." in " ".join(run(environment).split())


def test_one_reading_tells_no_money_yet(home: Path, environment: dict[str, str]) -> None:
    spend(home, {0: 500})
    assert "money counts from the second reading on" in " ".join(run(environment).split())


def test_what_cannot_be_asked_for_together_is_refused(environment: dict[str, str]) -> None:
    for words in (("--by", "month"), ("--plot",), ("--backtest",)):
        done = quotaline("history", "--extra", *words, env=environment)
        assert (2, b"") == (done.returncode, done.stdout)


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_the_table_fits_the_terminal(spent: dict[str, str], columns: int) -> None:
    for by in ("project", "session", "model", "subagent", "day"):
        assert max(map(len, run({**spent, "COLUMNS": str(columns)}, "--by", by).splitlines())) <= columns
