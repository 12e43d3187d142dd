"""A real HTTP server on loopback that gives an organisation's reports by both interfaces, in every way there is."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ANALYTICS = "/v1/organizations/analytics/"
COST, USAGE = ANALYTICS + "cost", ANALYTICS + "usage"
LEGACY_COST, LEGACY_USAGE = "/v1/organizations/cost_report", "/v1/organizations/usage_report/messages"
PEOPLE = "/v1/organizations/usage_report/claude_code"
OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-4-5-20251001"


def person(address: str) -> dict[str, Any]:
    return {"type": "user_actor", "user_id": "user_1", "email_address": address, "name": None, "deleted": False}


class ReportServer(ThreadingHTTPServer):
    """`costs` and `usages` are rows of the analytics, by day; `refusals` a status by path, `bodies` a body instead of one.

    `rows` is how many rows a page holds. `requests` are the (path, query, headers) that came.
    """

    daemon_threads = True

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.clock = clock
        self.costs: list[dict[str, Any]] = []
        self.usages: list[dict[str, Any]] = []
        self.people: list[dict[str, Any]] = []
        self.refusals: dict[str, int] = {}
        self.bodies: dict[str, bytes] = {}
        self.headers_sent: dict[str, str] = {}
        self.rows = 1000
        self.refreshed_at: str | None = None
        self.missing: set[str] = set()
        self.requests: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, path: str) -> list[dict[str, list[str]]]:
        return [query for where, query, _ in self.requests if where == path]

    def cost(self, day: str, cents: str, model: str | None = OPUS, *, currency: str = "USD", **group: Any) -> None:
        """A row of the cost report."""
        told = {"amount": cents, "list_amount": group.pop("list_amount", cents), "currency": currency, "requests": 3}
        self.costs.append({**_bounds(day), "group": _group(model, group), "cost": told})

    def usage(self, day: str, tokens: int, model: str | None = OPUS, **group: Any) -> None:
        """A row of the usage report: that many input tokens."""
        told = {
            "uncached_input_tokens": tokens, "cache_read_input_tokens": 0, "output_tokens": 0, "total_tokens": tokens,
            "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
            "server_tool_use": {"web_search_requests": 0}, "requests": 1,
        }  # fmt: skip
        self.usages.append({**_bounds(day), "group": _group(model, group), "usage": told})

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some of these tests are about."""


def _bounds(day: str) -> dict[str, str]:
    following = date.fromisoformat(day) + timedelta(days=1)
    return {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{following.isoformat()}T00:00:00Z"}


def _group(model: str | None, group: dict[str, Any]) -> dict[str, Any]:
    empty = dict.fromkeys(("actor", "api_key_id", "workspace_id", "product", "rbac_group_id"))
    return {**empty, "model": model, **group}


class _Handler(BaseHTTPRequestHandler):
    server: ReportServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.server.clock() if timestamp is None else timestamp)

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        query = parse_qs(where.query)
        self.server.requests.append((where.path, query, dict(self.headers)))
        status = self.server.refusals.get(where.path, 200)
        if status != 200:
            self._send(status, json.dumps({"error": {"message": f"no: {self.headers.get('x-api-key')}"}}).encode())
        elif where.path in self.server.bodies:
            self._send(200, self.server.bodies[where.path])
        else:
            self._send(200, json.dumps(self._report(where.path, query)).encode())

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in self.server.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)
        self.close_connection = True

    def _report(self, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        start = query["starting_at"][0][:10]
        end = query.get("ending_at", [""])[0][:10]
        if path == PEOPLE:
            rows = [row for row in self.server.people if row["date"][:10] == start]
        elif path.startswith(ANALYTICS):
            found = self.server.costs if path == COST else self.server.usages
            rows = [row for row in found if start <= row["starting_at"][:10] < end]
        else:
            rows = self._buckets(path, start, end)
        first = int(query.get("page", ["page_0"])[0].removeprefix("page_"))
        more = first + self.server.rows < len(rows)
        answer: dict[str, Any] = {
            "data": rows[first : first + self.server.rows],
            "has_more": more,
            "next_page": f"page_{first + self.server.rows}" if more else None,
        }
        return answer | ({"data_refreshed_at": self.server.refreshed_at} if path.startswith(ANALYTICS) else {})

    def _buckets(self, path: str, start: str, end: str) -> list[dict[str, Any]]:
        """The older reports: a bucket for each day, also for one without use."""
        days, buckets = [], []
        day = date.fromisoformat(start)
        while day.isoformat() < end:
            days.append(day.isoformat())
            day += timedelta(days=1)
        for one in days:
            if one in self.server.missing:
                continue
            results = []
            for row in self.server.costs if path == LEGACY_COST else self.server.usages:
                if row["starting_at"][:10] == one:
                    group = {name: row["group"][name] for name in ("model", "workspace_id", "api_key_id")}
                    results.append({**group, **(row["cost"] if path == LEGACY_COST else row["usage"])})
            buckets.append({**_bounds(one), "results": results})
        return buckets


@contextlib.contextmanager
def report_server(clock: Callable[[], float] = lambda: datetime.now(UTC).timestamp()) -> Iterator[ReportServer]:
    server = ReportServer(clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
