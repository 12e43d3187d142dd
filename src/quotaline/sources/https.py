"""EFFECT One GET that carries a secret: HTTPS or a loopback address, no redirect, no cookies, an end to its time and its size.

What is raised is made of our own words only: neither the server's text nor httpx's (which may name a proxy with its password)
reaches a message, and no exception is chained to another that knows the request.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from quotaline.config.load import unsafe_base_url
from quotaline.errors import Outcome, RequestError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

OK = 200


class Answer(NamedTuple):
    """A response: `date` is the server's clock as it wrote it. `body` is whole for a 200, else nothing."""

    status: int
    retry_after: str | None
    date: str | None
    body: bytes


class Limits(NamedTuple):
    """Seconds to connect and to read, both together for the whole however slowly it drips; bytes of a body."""

    connect: float
    read: float
    largest: int


def get(
    base_url: str,
    path: str,
    headers: Mapping[str, str],
    limits: Limits,
    *,
    what: str,
    params: Sequence[tuple[str, str]] = (),
    client: Callable[..., httpx.Client] = httpx.Client,
) -> Answer:
    """One GET of `path` at `base_url`, which is called `what` in a message.

    Raises RequestError when the request brought nothing, SourceError when none was made.
    """
    unsafe = unsafe_base_url(base_url)
    if unsafe:
        raise SourceError(f"{what} {unsafe}, so nothing was sent; give an HTTPS address.")
    sent = {
        **headers,
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # so that the cap on the body counts what it unpacks to
    }
    problem = ""
    deadline = _Deadline(limits.connect + limits.read)
    try:
        with (
            client(
                timeout=httpx.Timeout(limits.read, connect=limits.connect),
                follow_redirects=False,
                # A proxy would see a plain request whole: HTTP goes to loopback only, and straight.
                trust_env=urlsplit(base_url).scheme == "https",
            ) as http,
            deadline,
            http.stream(
                "GET",
                base_url.rstrip("/") + path,
                params=list(params) or None,
                headers=sent,
                extensions={"trace": deadline.trace},
            ) as response,
        ):
            told = response.headers
            return Answer(response.status_code, told.get("Retry-After"), told.get("Date"), _body(response, limits.largest))
    except RequestError:
        raise
    except httpx.TimeoutException:
        problem = "The server did not answer in time"
    except httpx.ProxyError:
        problem = "The proxy from the environment refused the connection"
    except httpx.ConnectError:
        problem = "The server cannot be reached"
    except httpx.HTTPError:
        problem = "The server did not answer in time" if deadline.passed else "The connection broke off"
    except (httpx.InvalidURL, ValueError, ImportError, OSError):
        problem = "The request cannot be made with the base_url and the proxy variables that are set"
    # Raised here and not in the handlers, so that it carries no context: httpx's exceptions hold the request.
    raise RequestError(f"{problem}; it is asked again later.", Outcome.FAILED)


def _body(response: httpx.Response, largest: int) -> bytes:
    """The body of a 200, at most `largest` bytes; other answers' bodies are of no interest. Raises RequestError."""
    if response.status_code != OK:
        return b""
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RequestError("The server packed its answer though it was asked not to; it was not read.", Outcome.FAILED)
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > largest:
            raise RequestError(f"The server's answer is larger than {largest >> 20} MiB; it was not read.", Outcome.FAILED)
    return bytes(data)


class _Deadline:
    """Ends a connection that is still talking after `seconds`: httpx's read timeout starts anew with each byte."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Httpcore's `trace` extension: remembers the socket of the connection, the TLS one when there is one."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self.passed:
                    self._shut()

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        try:
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has just ended by itself
