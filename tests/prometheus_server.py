"""A real Prometheus and a real node_exporter on loopback, for tests; both end with their block."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

from programs import need

SCRAPE = "200ms"
LOOK = 0.05


class Point(NamedTuple):
    """One value of an answer, with its labels."""

    labels: dict[str, str]
    value: float


class Prometheus:
    """A server that scrapes `http://127.0.0.1:TARGET/metrics` five times a second."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process, self._url = process, f"http://127.0.0.1:{port}"

    def get(self, path: str, **words: str) -> object:
        """The `data` of an answer of the API."""
        found = httpx.get(f"{self._url}/api/v1/{path}", params=words, trust_env=False).json()
        assert found["status"] == "success", found
        return found["data"]

    def query(self, expr: str) -> list[Point]:
        """What an instant query answers now."""
        data = self.get("query", query=expr)
        assert isinstance(data, dict)
        return [Point(one["metric"], float(one["value"][1])) for one in data["result"]]

    def wait_for(self, expr: str, enough: Callable[[list[Point]], bool] = bool) -> list[Point]:
        """The answer as soon as it is `enough`."""
        while not enough(found := self.query(expr)):
            assert self._process.poll() is None
            time.sleep(LOOK)
        return found


@contextlib.contextmanager
def node_exporter(folder: Path) -> Iterator[int]:
    """The port of a node_exporter that has the textfile collector alone, over `folder`."""
    with _server("prometheus-node-exporter", folder.parent, "--collector.disable-defaults", "--web.disable-exporter-metrics",
                 "--collector.textfile", f"--collector.textfile.directory={folder}") as (_, port):  # fmt: skip
        yield port


@contextlib.contextmanager
def prometheus(target: int, folder: Path) -> Iterator[Prometheus]:
    """A Prometheus that scrapes the port `target` and keeps its data in `folder`."""
    config = folder / "prometheus.yml"
    config.write_text(
        f"global: {{scrape_interval: {SCRAPE}, scrape_timeout: {SCRAPE}}}\n"
        f"scrape_configs: [{{job_name: node, static_configs: [{{targets: ['127.0.0.1:{target}']}}]}}]\n",
        encoding="utf-8",
    )
    words = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}", "--log.level=error")
    with _server("prometheus", folder, *words) as (process, port):
        server = Prometheus(process, port)
        server.wait_for("up == 1")
        yield server


@contextlib.contextmanager
def _server(program: str, folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process, when it answers, and its port. A port that somebody else took meanwhile is another try."""
    path = need(program)
    while True:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with (folder / f"{program}.log").open("wb") as log:
            process = subprocess.Popen([path, *words, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        if _answers(process, port):
            break
        said = (folder / f"{program}.log").read_text(encoding="utf-8", errors="replace")
        assert "address already in use" in said, said
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    while process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).is_success
        time.sleep(LOOK)
    return False
