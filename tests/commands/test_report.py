"""`quotaline report` and `history --html` by the installed command: one private file, whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from commandline import quotaline
from html_tables import Page


def test_the_page_is_a_private_file_and_says_what_the_other_commands_say(furnished: dict[str, str], home: Path) -> None:
    done = quotaline("report", env=furnished, check=True)
    page = home / "quotaline.html"
    assert done.stdout.startswith(b"quotaline.html: ")
    assert page.stat().st_mode & 0o777 == 0o600
    read = Page(page.read_text(encoding="utf-8"))
    for by in ("day", "model", "project", "subagent", "session"):
        told = json.loads(quotaline("history", "--by", by, "--json", env=furnished, check=True).stdout)
        price, tokens = (3, 4) if by == "session" else (1, 2)
        assert sorted(row[price].number or 0 for row in read.tables[by]) == pytest.approx(
            sorted(float(row["cost_usd"]) for row in told["rows"])
        )
        assert sorted(row[tokens].number or 0 for row in read.tables[by]) == sorted(
            row["tokens"]["total"] for row in told["rows"]
        )
        assert read.foot[by][tokens].number == told["total"]["tokens"]["total"]
    usage = json.loads(quotaline("usage", "--json", "--offline", env=furnished, check=True).stdout)
    assert [row[1].number for row in read.tables["windows"]] == [window["utilization"] for window in usage["windows"]]
    extra = json.loads(quotaline("history", "--extra", "--by", "project", "--json", env=furnished, check=True).stdout)
    assert [row[1].number for row in read.tables["extra-USD"]] == [float(row["amount"]) for row in extra["extra"][0]["rows"]]


def test_both_ways_write_the_same_and_a_dash_is_stdout(furnished: dict[str, str], home: Path) -> None:
    printed = quotaline("history", "--html", "-", "--since", "yesterday", env=furnished, check=True)
    quotaline("report", "--since", "yesterday", "page.html", env=furnished, check=True)
    tables = [Page(text).tables for text in (printed.stdout.decode(), (home / "page.html").read_text(encoding="utf-8"))]
    assert tables[0]["day"] == tables[1]["day"]
    assert len(tables[0]["day"]) == 2
    assert not list(home.glob(".page.html*"))


def test_what_does_not_go_together_is_refused(furnished: dict[str, str], home: Path) -> None:
    for more in (["--json"], ["--csv"], ["--plot"], ["--extra"], ["--by", "day"], ["--reconcile"], ["--format", "ccusage"]):
        done = quotaline("history", "--html", "x.html", *more, env=furnished)
        assert done.returncode == 2
        assert b"--html has all of it" in done.stderr or b"--csv" in done.stderr
    done = quotaline("report", "no/such/folder.html", env=furnished)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"No such file" in done.stderr
    (home / "folder").mkdir()
    assert quotaline("report", "folder", env=furnished).returncode == 1
    assert [path.name for path in home.glob("*.html")] == []


def test_a_home_with_nothing_gives_a_page_that_says_so(environment: dict[str, str]) -> None:
    page = Page(quotaline("report", "-", env=environment, check=True).stdout.decode())
    assert "The ledger is empty" in page.text
    assert page.tables == {}


def test_a_link_stays_one_and_what_is_no_file_is_written_into(furnished: dict[str, str], home: Path) -> None:
    (home / "link.html").symlink_to("page.html")
    quotaline("report", "link.html", env=furnished, check=True)
    assert (home / "link.html").is_symlink()
    assert (home / "page.html").stat().st_mode & 0o777 == 0o600
    os.mkfifo(home / "pipe")
    reader = os.open(home / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 1 << 20)
    quotaline("report", "pipe", env=furnished, check=True)
    assert os.read(reader, 1 << 20).endswith(b"</html>\n")
    os.close(reader)
    assert (home / "pipe").is_fifo()


def test_a_name_is_said_without_what_moves_a_cursor_and_none_is_refused(furnished: dict[str, str]) -> None:
    assert b"\x1b" not in quotaline("report", "a\x1b[31m.html", env=furnished, check=True).stdout
    for name in ("", "no\x1b/x.html"):
        done = quotaline("report", name, env=furnished)
        assert done.returncode == 1
        assert b"\x1b" not in done.stderr
        assert b"Traceback" not in done.stderr


def test_a_time_without_anything_says_that_of_it_alone(furnished: dict[str, str]) -> None:
    page = Page(quotaline("report", "-", "--since", "20300101", env=furnished, check=True).stdout.decode())
    assert "The ledger is empty" not in page.text
    assert "day" not in page.tables
