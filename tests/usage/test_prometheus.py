"""The export as a real node_exporter and a real Prometheus read it, and the dashboard that asks them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from commandline import quotaline
from programs import need
from prometheus_server import node_exporter, prometheus
from transcript_lines import append, assistant, write
from usage_history import HOUR, configure, tell

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
