"""`history --source organisation`, `--reconcile`, `refresh` and `doctor` with a key, as the installed program does it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from quotaline.ledger import open_ledger
from report_server import COST, OPUS, ReportServer, person, report_server
from transcript_lines import assistant, write

KEY = "sk-ant-" + "admin01-" + "k" * 24
TODAY = datetime.now(UTC)
YESTERDAY = (TODAY - timedelta(days=1)).date().isoformat()


@pytest.fixture
def server() -> Iterator[ReportServer]:
    with report_server() as running:
        yield running


def set_up(home: Path, server: ReportServer, *, key: str = KEY, mode: int = 0o600) -> None:
    folder = home / ".config/quotaline"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'[organisation]\nkey_file = "~/admin.key"\nbase_url = "{server.url}"\ndays = 5\n')
    (home / "admin.key").write_text(key)
    (home / "admin.key").chmod(mode)


def run(env: dict[str, str], *arguments: str) -> str:
    done = quotaline(*arguments, env=env)
    assert (done.returncode, done.stderr) == (0, b""), done
    return done.stdout.decode()


def rows(env: dict[str, str], *arguments: str) -> Any:
    return json.loads(run(env, "history", *arguments, "--json"))


def test_a_refresh_asks_and_history_shows_what_came(home: Path, environment: dict[str, str], server: ReportServer) -> None:
    set_up(home, server)
    server.cost(YESTERDAY, "1234.5678", actor=person("dev@example.com"), workspace_id="wrkspc_1", product="claude_code")
    assert "organisation: 1 reading" in run(environment, "refresh", "--force")
    assert "There is at most one request in a minute" in run(environment, "refresh", "--force")
    for by, key in (("day", YESTERDAY), ("model", OPUS), ("workspace", "wrkspc_1"), ("actor", "dev@example.com")):
        tree = rows(environment, "--source", "organisation", "--by", by)
        assert [(row["key"], row["cost_usd"]) for row in tree["rows"]] == [(key, "12.345678")]
        assert tree["total"]["cost_usd"] == "12.345678"
    shown = run(environment, "history", "--source", "organisation", "--by", "actor")
    assert "dev@example.com" in shown
    assert "$12.35" in shown
    table = list(csv.DictReader(io.StringIO(run(environment, "history", "--source", "organisation", "--csv"))))
    assert [(row["key"], row["cost_usd"]) for row in table] == [(YESTERDAY, "12.345678")]
    assert len(server.requests) == 1, "history asks nobody"


@pytest.mark.parametrize(
    ("by", "noted"), [("day", False), ("model", False), ("workspace", False), ("api-key", True), ("user", False)]
)
def test_the_older_reports_say_where_they_know_no_cost(by: str, noted: bool, home: Path, environment: dict[str, str]) -> None:
    with open_ledger(home / ".local/share/quotaline/ledger.db") as ledger:
        state = "INSERT INTO organisation_state (owner, asked_at, answered_at, closed) VALUES ('o', 1.0, 1.0, ?)"
        ledger.connection.execute(state, (json.dumps({"analytics": 1.0}),))
        for report in ("usage", "claude_code"):
            ledger.connection.execute(
                """INSERT INTO organisation_row (owner, report, day, model, workspace, api_key, actor, input, output,
                cache_write_5m, cache_write_1h, cache_read, web_searches)
                VALUES ('o', ?, ?, ?, 'w', 'k', 'a', 1, 0, 0, 0, 0, 0)""",
                (report, YESTERDAY, OPUS),
            )
    tree = rows(environment, "--source", "organisation", "--by", by)
    assert any("so there is no cost here" in note for note in tree["notes"]) is noted


def test_the_background_asks_and_a_look_does_not(home: Path, environment: dict[str, str], server: ReportServer) -> None:
    set_up(home, server)
    looking = {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}
    quotaline("usage", env=looking)
    quotaline("refresh", env=looking)
    assert server.requests == []
    quotaline("refresh", "--background", env=looking)
    assert server.requests == [], "a snapshot of this moment is kept"
    snapshot = home / ".cache/quotaline/default/snapshot.json"
    snapshot.unlink()
    quotaline("refresh", "--background", env=looking)
    assert [path for path, *_ in server.requests] == [COST]


def test_reconcile_puts_both_sides_beside_each_other(home: Path, environment: dict[str, str], server: ReportServer) -> None:
    set_up(home, server)
    server.cost(YESTERDAY, "50000", product="claude_code")
    server.cost(YESTERDAY, "300", product="chat")
    noon = datetime.fromisoformat(f"{YESTERDAY}T12:00:00+00:00").timestamp()
    write(home / ".claude", "s1", assistant("m1", noon, output=1_000_000))
    run(environment, "refresh", "--force")
    tree = rows(environment, "--reconcile")
    (row,) = tree["rows"]
    assert (row["day"], row["model"], row["report_usd"], row["named"]) == (YESTERDAY, OPUS, "503", True)
    assert float(row["here_usd"]) > 0
    assert "other products: chat $3.00" in row["explanations"]
    assert tree["days"]["last"] == TODAY.date().isoformat()
    shown = run(environment, "history", "--reconcile", "--since", YESTERDAY)
    assert "other products: chat $3.00" in shown
    assert "$503.00" in shown
    table = list(csv.DictReader(io.StringIO(run(environment, "history", "--reconcile", "--csv"))))
    assert [(one["day"], one["report_usd"], one["named"]) for one in table] == [(YESTERDAY, "503", "1")]


def test_without_a_key_or_a_report_it_says_why(home: Path, environment: dict[str, str], server: ReportServer) -> None:
    asked = ("history", "--source", "organisation")
    says = "No report is in the ledger. There is no key: set QUOTALINE_ADMIN_KEY"
    assert says in " ".join(run(environment, *asked).split())
    assert says in rows(environment, "--reconcile")["notes"][0]
    set_up(home, server, key="sk-ant-" + "api03-" + "m" * 24)
    assert "The key in ~/admin.key is for messages" in " ".join(run(environment, *asked).split())
    assert "organisation: The key in ~/admin.key is for messages" in quotaline("refresh", env=environment).stdout.decode()
    assert server.requests == []


def test_doctor_looks_at_the_key_and_the_last_answer(home: Path, environment: dict[str, str], server: ReportServer) -> None:
    def told() -> list[tuple[str, str, str]]:
        tree = json.loads(quotaline("doctor", "--json", env=environment).stdout)
        return [(c["name"], c["status"], c["says"]) for c in tree["checks"] if c["group"] == "Organisation"]

    assert told() == [("key", "SKIP", "No key is set; no report is ever asked for.")]
    set_up(home, server, mode=0o644)
    assert told() == [("key", "FAIL", "The key file ~/admin.key is open to others (mode 644).")]
    (home / "admin.key").chmod(0o600)
    assert told()[0] == ("key", "PASS", "~/admin.key holds an administrator's key.")
    assert told()[1][:2] == ("reports", "SKIP")
    run(environment, "refresh", "--force")
    assert told()[1] == ("reports", "PASS", "The last report was read <1m ago.")


def test_a_failure_is_told_by_doctor(home: Path, environment: dict[str, str], server: ReportServer) -> None:
    set_up(home, server)
    server.refusals[COST] = 401
    quotaline("refresh", "--force", env=environment)
    tree = json.loads(quotaline("doctor", "--json", env=environment).stdout)
    assert ("FAIL", "The server did not accept the key (401); see whether it was revoked.") in [
        (check["status"], check["says"]) for check in tree["checks"]
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--by", "actor"], "--by actor is of --source organisation."),
        (["--source", "organisation", "--by", "block"], "is --by day, model, workspace, actor, api-key or user."),
        (["--reconcile", "--extra"], "An organisation's reports know neither --extra, --project, --plot nor --backtest."),
    ],
)
def test_wrong_usage_is_2_and_a_sentence(words: list[str], says: str, environment: dict[str, str]) -> None:
    done = quotaline("history", *words, env=environment)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.decode().split())


MISTAKES = [("days = 0", "`organisation.days`"), ('base_url = "http://x.invalid"', "`organisation.base_url`")]


@pytest.mark.parametrize(("line", "says"), MISTAKES)
def test_a_mistake_in_the_configuration_is_named(home: Path, environment: dict[str, str], line: str, says: str) -> None:
    folder = home / ".config/quotaline"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"[organisation]\n{line}\n")
    done = quotaline("history", "--reconcile", env=environment)
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_the_key_is_in_no_file_and_with_no_child(home: Path, environment: dict[str, str], server: ReportServer) -> None:
    set_up(home, server)
    (home / "admin.key").unlink()
    env = {**environment, "QUOTALINE_ADMIN_KEY": KEY}
    for words in ("refresh --force", "history --source organisation", "doctor", "usage", "config show"):
        done = quotaline(*words.split(), env=env)
        assert KEY.encode() not in done.stdout + done.stderr
    assert len(server.requests) == 1
    assert b"KEY" not in quotaline("guard", "--unknown", "ok", "--offline", "--", "env", env=env).stdout
    fused = ("guard", "--max-extra-delta", "1", "--unknown", "ok", "--offline", "--", "env")
    assert b"KEY" not in quotaline(*fused, env=env).stdout
    quotaline("config", "edit", env={**env, "VISUAL": "sh -c 'env > seen; exit 0'", "EDITOR": ""}, cwd=home)
    assert "VISUAL" in (home / "seen").read_text()
    for path in home.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
    with open_ledger(home / ".local/share/quotaline/ledger.db") as ledger:
        assert KEY not in "\n".join(ledger.connection.iterdump())
