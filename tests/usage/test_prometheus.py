"""The export as a real node_exporter and a real Prometheus read it, and the dashboard that asks them."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from dashboards import check_places
from programs import need
from prometheus_server import node_exporter, prometheus
from quotaline.ledger import open_ledger
from quotaline.locations import resolve_locations
from quotaline.refresh.run import refresh
from transcript_lines import append, assistant, write
from usage_history import HOUR, MINUTE, configure, tell

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "dashboards" / "quotaline-prometheus.json"
NAMES = '[accounts]\nwork = "~/.claude-work"\nhome = "~/.claude"\n'
INPUT = 'quotaline_tokens_total{kind="input"}'


@pytest.fixture
def env(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a person's own command; without the servers the test is skipped."""
    for program in ("prometheus", "prometheus-node-exporter"):
        need(program)
    return {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}


def export(env: dict[str, str], folder: Path) -> None:
    """All that is new, into the folder that node_exporter reads."""
    quotaline("refresh", "--force", env=env, check=True)
    done = quotaline("export", "--output", str(folder / "quotaline.prom"), env=env, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_prometheus_reads_the_file_and_rates_what_rises(env: dict[str, str], home: Path, tmp_path: Path) -> None:
    configure(home)
    now = time.time()
    tell(home, now, {"five_hour": (42.5, now + 2 * HOUR)})
    path = write(home / ".claude", "s1", assistant("m1", now - 60, input=500, output=3))
    folder = tmp_path / "textfiles"
    folder.mkdir()
    quotaline("segments", env=env)  # whatever is said once on stderr is said
    export(env, folder)
    with node_exporter(folder) as port, prometheus(port, tmp_path) as server:
        assert [0.0] == [one.value for one in server.wait_for("node_textfile_scrape_error")]
        assert [0.425] == [one.value for one in server.wait_for('quotaline_window_used_ratio{window="five_hour"}')]
        assert [500.0] == [one.value for one in server.wait_for(INPUT)]
        types = server.get("metadata")
        assert isinstance(types, dict)
        kinds = {name: {one["type"] for one in told} for name, told in types.items() if name.startswith("quotaline_")}
        assert kinds["quotaline_info"] == kinds["quotaline_window_used_ratio"] == {"gauge"}
        assert kinds["quotaline_tokens_total"] == kinds["quotaline_cost_dollars_total"] == {"counter"}
        append(path, assistant("m2", now - 30, input=1000), assistant("m3", now - 30, request="r1", input=200))
        append(path, assistant("m3", now - 30, request="r2", input=300))
        export(env, folder)
        assert [2000.0] == [one.value for one in server.wait_for(f"{INPUT} > 500")]
        append(path, assistant("m3", now - 30, request=None, input=1))  # two messages become one: 200 tokens less
        export(env, folder)
        append(path, assistant("m4", now - 20, output=9))
        export(env, folder)
        server.wait_for('quotaline_tokens_total{kind="output"} == 12')
        [resets] = server.query(f"resets({INPUT}[1h])")
        [rise] = server.wait_for(f"increase({INPUT}[1h])")
        [rate] = server.query(f"rate({INPUT}[1h])")
        assert resets.value == 0, "Prometheus saw no restart"
        assert 1500 <= rise.value < 2000, "what came, and as much of the hour's edges as Prometheus adds to each increase"
        assert rate.value == pytest.approx(rise.value / 3600, rel=0.1)


@pytest.fixture
def strict_target(env: dict[str, str], home: Path) -> Iterator[int]:
    """A port that gives the strict form of an export under OpenMetrics' own content type."""
    write(home / ".claude", "s1", assistant("m1", time.time() - 60, input=500))
    text = quotaline("export", "--format", "openmetrics", env=env, check=True).stdout

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_prometheus_reads_the_strict_form_by_openmetrics_rules(strict_target: int, tmp_path: Path) -> None:
    with prometheus(strict_target, tmp_path) as server:
        assert [500.0] == [one.value for one in server.wait_for(INPUT)]
        types = server.get("metadata")
        assert isinstance(types, dict)
        assert {one["type"] for one in types["quotaline"]} == {"info"}
        assert {one["type"] for one in types["quotaline_tokens"]} == {"counter"}


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def furnish(env: dict[str, str], home: Path) -> Path:
    """Two accounts with windows over time, extra usage, transcripts of two models, requests; the transcript that grows."""
    configure(home, NAMES)
    now = time.time()
    for place, login in ((home / ".claude-work", "b"), (home, "a")):
        place.mkdir(exist_ok=True)
        account = {} if place == home else {"CLAUDE_CONFIG_DIR": str(place)}
        for number in range(7):  # readings of an hour, which a forecast needs
            then = now - (6.1 - number) * 10 * MINUTE
            windows = {"five_hour": (10.0 + 5 * number, now + 2 * HOUR), "seven_day": (63.0, now + 50 * HOUR)}
            tell(place, then, windows, {"used_credits": 1240, "monthly_limit": 5000})
            path = place / ".claude.json"
            path.write_text(path.read_text("utf-8").replace("00000000000a", f"00000000000{login}"), "utf-8")
            refresh({"HOME": str(home), "TZ": "UTC", **account}, then)
    write(home / ".claude", "s1", assistant("m0", now - 60, input=500, model="claude-haiku-4-5"))
    path = write(home / ".claude-work", "s2", assistant("m1", now - 60, input=500, output=3))
    quotaline("refresh", env=env, check=True)
    ledger = resolve_locations(env).ledger
    assert ledger
    with open_ledger(ledger) as opened:
        insert = "INSERT INTO request (key, source, asked_at, outcome) VALUES (?, 'endpoint', ?, 'answered')"
        opened.connection.execute(insert, ("account:00000000-0000-4000-8000-00000000000b", now))
    return path


def test_every_query_of_the_dashboard_gives_a_result(env: dict[str, str], home: Path, tmp_path: Path) -> None:
    path, folder = furnish(env, home), tmp_path / "textfiles"
    folder.mkdir()
    export(env, folder)
    with node_exporter(folder) as port, prometheus(port, tmp_path) as server:
        server.wait_for(INPUT)
        append(path, assistant("m2", time.time() - 30, input=10_000))
        export(env, folder)
        server.wait_for(f"{INPUT} > 10000")
        accounts = {one.labels["account"] for one in server.query("group by (account) (quotaline_info)")}
        assert accounts == {"work", "home"}, "what label_values of the variable asks for"
        for panel in panels():
            for target in panel["targets"]:
                for chosen in (".*", "work|home", "work"):
                    expr = re.sub(r"\$(__range|__rate_interval)\b", "5m", target["expr"].replace("$account", chosen))
                    assert "$" not in expr
                    found = server.wait_for(expr) if "increase(" in expr or "rate(" in expr else server.query(expr)
                    assert found, expr
                    assert all(math.isfinite(one.value) for one in found), expr
                    shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                    assert all(shown == set(one.labels) for one in found), f"{panel['title']} names all that it parts"
        assert not server.query('max by (account) (quotaline_info{account=~"none"})')


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    """As far as this can be said without Grafana: ids, places on the grid, data sources, variables, kinds of panels."""
    whole = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert whole["id"] is None, "a number is another Grafana's"
    assert re.fullmatch(r"[a-z-]{1,40}", whole["uid"])
    assert "__inputs" not in whole
    variables = {one["name"]: one for one in whole["templating"]["list"]}
    assert {name: one["type"] for name, one in variables.items()} == {"datasource": "datasource", "account": "query"}
    assert variables["datasource"]["query"] == "prometheus"
    account = variables["account"]
    assert account["query"]["query"] == "label_values(quotaline_info, account)"
    assert (account["includeAll"], account["allValue"]) == (True, ".*"), "also without [accounts]"
    source = {"type": "prometheus", "uid": "${datasource}"}
    check_places(panels())
    for panel in panels():
        assert panel["type"] in ("timeseries", "stat", "bargauge")
        assert panel["datasource"] == source
        assert [target["refId"] for target in panel["targets"]] == list("ABC"[: len(panel["targets"])])
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps[0]["value"] is None, "the first step holds from the very start"
        assert [step["value"] for step in steps[1:]] == sorted(step["value"] for step in steps[1:])
        for target in panel["targets"]:
            assert target["datasource"] == source
            assert target["instant"] is not target["range"]
            assert target["range"] is (panel["type"] == "timeseries")
            assert 'account=~"$account"' in target["expr"]
