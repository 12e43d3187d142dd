"""A real HTTP server on loopback that answers `/api/oauth/usage` in every way there is, and counts who asked."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = {
    "five_hour": {"utilization": 42.5, "resets_at": "2026-11-21T10:00:00.538465+00:00"},
    "seven_day": {"utilization": 63.0, "resets_at": "2026-11-24T10:00:00.538484+00:00"},
    "extra_usage": {"is_enabled": True, "monthly_limit": 5000, "used_credits": 1240, "utilization": 24.8, "currency": "USD"},
}


class UsageServer(ThreadingHTTPServer):
    """`mode` decides the answer; `requests` holds (path, headers) of each GET, `connections` how often anybody connected."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode = "ok"
        self.headers_sent: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many of these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: UsageServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base class's name
        pass

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        getattr(self, f"_{self.server.mode}", self._status)()

    def _send(self, status: int, data: bytes, *, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "taste=sweet")
        for name, value in self.server.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)
        self.close_connection = True

    def _ok(self) -> None:
        self._send(200, json.dumps(BODY).encode())

    def _status(self) -> None:
        """A status by its number, with an error body that repeats what it was sent, as proxies do."""
        words = {"error": {"type": "rate_limit_error", "message": f"no: {self.headers.get('Authorization')}"}}
        self._send(int(self.server.mode), json.dumps(words).encode())

    def _garbage(self) -> None:
        self._send(200, b"<html>\xff\x00 a portal wants your attention")

    def _empty(self) -> None:
        self._send(200, b"")

    def _unknown(self) -> None:
        self._send(200, b'{"a_new_world": {"utilization": 0}}')

    def _echo(self) -> None:
        self._send(200, json.dumps({**BODY, "seen": self.headers.get("Authorization")}).encode())

    def _echo_escaped(self) -> None:
        """The token in escapes of the server's choice, as a value."""
        self._send(200, json.dumps({**BODY, "limits": [{"kind": "new", "scope": "@"}]}).replace("@", self._escaped()).encode())

    def _echo_key(self) -> None:
        self._send(200, json.dumps({**BODY, "spend": {"deep": [{"@": 1}]}}).replace("@", self._escaped()).encode())

    def _escaped(self) -> str:
        word = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return "".join(f"\\u{ord(letter):04x}" if place % 2 else letter for place, letter in enumerate(word))

    def _half(self) -> None:
        data = json.dumps(BODY).encode()
        self._send(200, data[: len(data) // 2], length=len(data))

    def _large(self) -> None:
        self._send(200, b'{"padding": "' + b"x" * 20_000_000 + b'"}')

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.closing.is_set():
                self.wfile.write(b" " * 65536)

    def _packed(self) -> None:
        self.server.headers_sent = {"Content-Encoding": "gzip"}
        self._ok()

    def _hang(self) -> None:
        self.server.closing.wait()

    def _drip_body(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self._drip(b" ")

    def _drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self._drip(b"x")

    def _drip(self, byte: bytes) -> None:
        with contextlib.suppress(OSError):
            while not self.server.closing.wait(0.05):
                self.wfile.write(byte)
                self.wfile.flush()


@contextlib.contextmanager
def usage_server() -> Iterator[UsageServer]:
    server = UsageServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
