"""EFFECT `GET /api/oauth/usage`: undocumented, the last resort, and the only place that ever sends the user's token.

One request: 2 s to connect, 5 s to read, 7 s in all however slowly it drips; at most 1 MiB, no redirect, no cookies, HTTPS or a
loopback address. What is raised is made of our own words only: neither the server's text nor httpx's (which may name a proxy
with its password) reaches a message, and no exception is chained to another that knows the request.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from quotaline import __version__
from quotaline.config.load import unsafe_base_url
from quotaline.errors import Outcome, RequestError, SourceError
from quotaline.sources.fields import retry_after_seconds
from quotaline.sources.json_text import decode_json
from quotaline.sources.usage_body import readings

if TYPE_CHECKING:
    from collections.abc import Callable

    from quotaline.config.schema import Endpoint
    from quotaline.model import Reading
    from quotaline.sources.credentials import Token

PATH = "/api/oauth/usage"
CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
LARGEST_BODY = 1024 * 1024
BETA = "oauth-2025-04-20"
OK = 200


class _Answer(NamedTuple):
    status: int
    retry_after: str | None
    body: bytes


def read(
    config: Endpoint,
    token: Token,
    now: float,
    *,
    account: str | None,
    client: Callable[..., httpx.Client] = httpx.Client,
    watch: Callable[[object], None] | None = None,
) -> list[Reading]:
    """The windows and extra usage that the server reports, `as_of` now. `watch` is shown the decoded body.

    Raises RequestError when the request brought nothing, SourceError when none was made.
    """
    answer = _get(config, token, client)
    if answer.status == OK:
        body, broken = _decode(answer.body)
        if token.stands_in([answer.body, body]):  # decoded as well: `\u0073k-ant-…` is the token once more
            raise RequestError("The server sent the login back; its answer was not kept.", Outcome.FAILED)
        if watch is not None and not broken:
            watch(body)
        if not broken:
            try:
                return readings(body, source="endpoint", as_of=now, account=account)
            except SourceError as error:
                raise RequestError(str(error), Outcome.FAILED) from None
        raise RequestError("The server's answer is no JSON; it is asked again later.", Outcome.FAILED)
    raise _refusal(answer, now)


def _refusal(answer: _Answer, now: float) -> RequestError:
    """What a status other than 200 means, in our words."""
    match answer.status:
        case 429:
            pause = retry_after_seconds(answer.retry_after, now)
            return RequestError("The server said that there were too many requests (429).", Outcome.RATE_LIMITED, pause)
        case 401:
            message = "The server did not accept the login (401); use Claude Code once and it renews it."
            return RequestError(message, Outcome.UNAUTHORIZED)
        case 403:
            message = "The server refuses this login (403): it lacks the user:profile scope, or the organization forbids it"
            return RequestError(f"{message}; try /login.", Outcome.FORBIDDEN)
        case status if 300 <= status < 400:  # noqa: PLR2004 — redirects
            return RequestError(
                f"The server sent us elsewhere ({status}), where no login is sent; see base_url.", Outcome.FAILED
            )
        case status:
            return RequestError(f"The server answered {status}; it is asked again later.", Outcome.FAILED)


def _get(config: Endpoint, token: Token, client: Callable[..., httpx.Client]) -> _Answer:
    """One GET. Raises RequestError, SourceError."""
    unsafe = unsafe_base_url(config.base_url)
    if unsafe:
        raise SourceError(f"The endpoint's base_url {unsafe}, so nothing was sent; give an HTTPS address.")
    headers = {
        "Authorization": token.header(),
        "anthropic-beta": BETA,
        "User-Agent": config.user_agent or f"quotaline/{__version__}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # so that the cap on the body counts what it unpacks to
    }
    problem = ""
    deadline = _Deadline(CONNECT_SECONDS + READ_SECONDS)
    try:
        with (
            client(
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                follow_redirects=False,
                # A proxy would see a plain request whole: HTTP goes to loopback only, and straight.
                trust_env=urlsplit(config.base_url).scheme == "https",
            ) as http,
            deadline,
            http.stream(
                "GET", config.base_url.rstrip("/") + PATH, headers=headers, extensions={"trace": deadline.trace}
            ) as response,
        ):
            return _Answer(response.status_code, response.headers.get("Retry-After"), _body(response))
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


def _body(response: httpx.Response) -> bytes:
    """The body of a 200, at most 1 MiB of it; other answers' bodies are of no interest. Raises RequestError."""
    if response.status_code != OK:
        return b""
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RequestError("The server packed its answer though it was asked not to; it was not read.", Outcome.FAILED)
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > LARGEST_BODY:
            raise RequestError("The server's answer is larger than 1 MiB; it was not read.", Outcome.FAILED)
    return bytes(data)


def _decode(data: bytes) -> tuple[Any, bool]:
    """The decoded body, and whether it is broken."""
    try:
        return decode_json(data), False
    except ValueError:
        return None, True


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
