"""`history --format ccusage` against what ccusage 20.0.24 itself printed of the same transcripts, number by number."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from ccusage_corpus import EXPECTED, REPORTS, ZONES, ask, comparable, expected_name, write_corpus
from commandline import quotaline
from programs import need
from transcript_lines import NOON, assistant, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def corpus(home: Path, environment: dict[str, str]) -> dict[str, str]:
    write_corpus(home / ".claude")
    return environment


def run(env: dict[str, str], *words: str) -> Any:
    done = quotaline("history", "--format", "ccusage", *words, env=env)
    assert (0, b"") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


def expected(report: str, zone: str) -> Any:
    return json.loads((EXPECTED / expected_name(report, zone)).read_text(encoding="utf-8"))


@pytest.mark.parametrize("zone", ZONES)
def test_every_report_is_the_one_that_ccusage_prints(corpus: dict[str, str], zone: str) -> None:
    for report, (_, words) in REPORTS.items():
        assert expected(report, zone) == comparable(run({**corpus, "TZ": zone}, *words)), report


def test_the_reports_tell_what_the_corpus_is_for() -> None:
    """A comparison of empty reports would say nothing."""
    zones = [{row["date"]: row["totalTokens"] for row in expected("daily", zone)["daily"]} for zone in ZONES]
    assert zones[0] != zones[1] != zones[2] != zones[0]
    assert 3 < len(expected("blocks", "UTC")["blocks"])
    assert any(block["isGap"] for block in expected("blocks", "UTC")["blocks"])
    assert ["0000-before", "5555-first", "7777-blog"] == sorted(
        row["sessionId"] for row in expected("session", "UTC")["sessions"]
    )
    assert ["claude-unheard-of-1", "claude-unheard-of-1-fast"] == expected("daily", "UTC")["totals"]["unpricedModels"]
    assert expected("daily-breakdown", "UTC") == expected("daily", "UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_the_program_itself_still_prints_that(home: Path, zone: str) -> None:
    program = need("ccusage")
    write_corpus(home / ".claude")
    for report, (words, _) in REPORTS.items():
        assert expected(report, zone) == comparable(ask(program, home / ".claude", zone, *words)), report


def test_the_open_block_has_a_rate_and_a_projection(home: Path, environment: dict[str, str]) -> None:
    """By ccusage's formulas: the rate between its first and its last entry, held until its end."""
    now = time.time()
    lines = [assistant(f"m{n}", now - 60 * (4 - n), input=1000, model="claude-opus-4-8") for n in range(4)]
    write(home / ".claude", "s1", *lines)
    block = run(environment, "--by", "block")["blocks"][-1]
    if block["entries"] < 4:
        pytest.skip("a block began in the last minutes")
    assert (True, 4, 4000) == (block["isActive"], block["entries"], block["totalTokens"])
    rate, projection = block["burnRate"], block["projection"]
    assert {"tokensPerMinute", "tokensPerMinuteForIndicator", "costPerHour"} == set(rate)
    assert 4000 / 3 == pytest.approx(rate["tokensPerMinute"], rel=1e-3) == rate["tokensPerMinuteForIndicator"]
    assert 0.02 / 3 * 60 == pytest.approx(rate["costPerHour"], rel=1e-3)
    minutes = projection["remainingMinutes"]
    assert 0 <= minutes <= 300
    assert 4000 + rate["tokensPerMinute"] * minutes == pytest.approx(projection["totalTokens"], abs=1)
    assert 0.02 + rate["costPerHour"] / 60 * minutes == pytest.approx(projection["totalCost"], abs=0.006)


def test_of_nothing_each_report_is_empty(environment: dict[str, str]) -> None:
    nothing = dict.fromkeys(
        ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens", "totalTokens", "totalCost"), 0
    )
    for by, name in (("day", "daily"), ("week", "weekly"), ("month", "monthly"), ("session", "sessions")):
        assert {name: [], "totals": nothing} == run(environment, "--by", by)
    assert {"daily": [], "totals": nothing} == run(environment, "--instances")
    assert {"blocks": []} == run(environment, "--by", "block")


def test_only_the_folders_that_ccusage_would_read_count(home: Path, environment: dict[str, str]) -> None:
    """The ledger keeps those of other accounts as well."""
    write(home / ".claude", "s1", assistant("m1", NOON, input=5))
    write(home / "work", "s2", assistant("m2", NOON, input=7, session="s2"))
    work = {**environment, "CLAUDE_CONFIG_DIR": str(home / "work")}
    assert 7 == run(work)["totals"]["inputTokens"]
    assert 5 == run(environment)["totals"]["inputTokens"]
    assert 12 == json.loads(quotaline("history", "--json", env=work, check=True).stdout)["total"]["tokens"]["input"]


@pytest.mark.parametrize(
    "words",
    [
        ("--format", "ccusage", "--by", "model"),
        ("--format", "ccusage", "--by", "week", "--project", "x"),
        ("--format", "ccusage", "--by", "block", "--instances"),
        ("--format", "ccusage", "--csv"),
        ("--format", "ccusage", "--extra"),
        ("--format", "ccusage", "--plot"),
        ("--format", "something"),
        ("--instances",),
        ("--breakdown",),
    ],
)
def test_what_is_not_ccusages_is_refused(environment: dict[str, str], words: tuple[str, ...]) -> None:
    done = quotaline("history", *words, env=environment)
    assert (2, b"") == (done.returncode, done.stdout)
    assert done.stderr.count(b"Error: ") == 1
