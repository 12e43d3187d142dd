import logging
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from quotaline.config.schema import Endpoint
from quotaline.errors import Outcome, RequestError, SourceError
from quotaline.sources import endpoint
from quotaline.sources.credentials import Token
from usage_bodies import told
from usage_server import UsageServer, usage_server

NOW = 1795244400.0
SECRET = "sk-ant-" + "oat01-" + "x" * 24
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[UsageServer]:
    with usage_server() as running:
        yield running


def ask(url: str, **changes: Any) -> list[str]:
    found = endpoint.read(Endpoint(base_url=url, **changes), Token(SECRET), NOW, account="a")
    assert {(r.source, r.as_of, r.account, r.alpha) for r in found} == {("endpoint", NOW, "a", True)}
    return [told(reading.value) for reading in found]


def fail(url: str, **changes: Any) -> RequestError:
    """The error of a request that brings nothing; nothing that can be got out of it holds the token."""
    with pytest.raises(RequestError) as caught:
        ask(url, **changes)
    error: BaseException | None = caught.value
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    while error is not None:
        assert not isinstance(error, httpx.HTTPError | httpx.InvalidURL)
        assert SECRET not in f"{error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert str(caught.value).endswith(".")
    return caught.value


def test_the_servers_answer_is_read(server: UsageServer) -> None:
    assert ask(server.url) == [
        "Session (5h): 42.5 %, resets 2026-11-21 10:00",
        "Weekly: 63 %, resets 2026-11-24 10:00",
        "Extra Usage Spend: 12.40 USD of 50.00, 24.8 %",
    ]


def test_the_request_says_who_it_is_and_nothing_else(server: UsageServer) -> None:
    ask(server.url)
    ask(server.url + "/")
    [(path, headers), (second_path, second)] = server.requests
    assert path == second_path == "/api/oauth/usage"
    assert headers["User-Agent"].startswith("quotaline/")
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert headers["anthropic-beta"] == "oauth-2025-04-20"
    assert "Cookie" not in second
    ask(server.url, user_agent="my own")
    assert server.requests[-1][1]["User-Agent"] == "my own"


@pytest.mark.parametrize(
    ("status", "retry_after", "outcome", "pause"),
    [
        ("401", None, Outcome.UNAUTHORIZED, None),
        ("403", None, Outcome.FORBIDDEN, None),
        ("429", None, Outcome.RATE_LIMITED, None),
        ("429", "0", Outcome.RATE_LIMITED, None),
        ("429", "3037", Outcome.RATE_LIMITED, 3037.0),
        ("429", "Sat, 21 Nov 2026 08:00:00 GMT", Outcome.RATE_LIMITED, 3600.0),
        ("429", "later", Outcome.RATE_LIMITED, None),
        ("500", None, Outcome.FAILED, None),
        ("503", "20", Outcome.FAILED, None),
        ("404", None, Outcome.FAILED, None),
        ("204", None, Outcome.FAILED, None),
    ],
)
def test_each_status_has_its_outcome(
    server: UsageServer, status: str, retry_after: str | None, outcome: Outcome, pause: float | None
) -> None:
    server.mode, server.headers_sent = status, {"Retry-After": retry_after} if retry_after else {}
    error = fail(server.url)
    assert (error.outcome, error.retry_after) == (outcome, pause)
    assert status in str(error)


@pytest.mark.parametrize(
    "mode", ["garbage", "empty", "unknown", "echo", "echo_escaped", "echo_key", "half", "large", "endless", "packed"]
)
def test_an_answer_that_is_none_is_a_failure_and_never_zero_percent(server: UsageServer, mode: str) -> None:
    server.mode = mode
    assert fail(server.url).outcome is Outcome.FAILED


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_no_redirect_is_followed(server: UsageServer, status: str) -> None:
    with usage_server() as elsewhere:
        server.mode, server.headers_sent = status, {"Location": elsewhere.url + "/api/oauth/usage"}
        assert "elsewhere" in str(fail(server.url))
        assert elsewhere.requests == []


@pytest.mark.parametrize("mode", ["hang", "drip_body", "drip_headers"])
def test_a_server_that_hangs_or_drips_is_given_up(server: UsageServer, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "READ_SECONDS", 0.3)
    monkeypatch.setattr(endpoint, "CONNECT_SECONDS", 0.2)
    server.mode = mode
    assert "in time" in str(fail(server.url))


def test_nobody_there_is_a_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    assert "cannot be reached" in str(fail(url))


@pytest.mark.parametrize(
    "url", ["http://example.invalid", "http://10.0.0.1", "ftp://127.0.0.1", "http://u:p@127.0.0.1", "127.0.0.1", ""]
)
def test_a_token_goes_over_https_or_to_loopback_and_nowhere_else(url: str) -> None:
    def client(**_: object) -> httpx.Client:
        pytest.fail("a request was about to be made")

    with pytest.raises(SourceError, match="nothing was sent") as caught:
        endpoint.read(Endpoint(base_url=url), Token(SECRET), NOW, account=None, client=client)
    assert not isinstance(caught.value, RequestError)


def test_plain_http_to_loopback_goes_straight_and_not_through_a_proxy(
    server: UsageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with usage_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        ask(server.url)
        assert (proxy.connections, len(server.requests)) == (0, 1)


@pytest.mark.parametrize("proxy", ["http://me:pass-word@127.0.0.1:9", "http://me:pass-word@[", "nonsense://me:pass-word@x"])
def test_a_proxy_is_taken_from_the_environment_and_its_password_is_not_told(
    proxy: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = fail("https://127.0.0.1:9")
    assert "pass-word" not in "".join(traceback.format_exception(error)) + str(vars(error))
    assert SECRET not in caplog.text


def test_nothing_logged_at_any_level_holds_the_token(server: UsageServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ask(server.url)
    server.mode = "500"
    fail(server.url)
    assert "127.0.0.1" in caplog.text
    assert SECRET not in caplog.text


def test_a_transport_in_place_of_the_network_is_enough_to_read_an_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"five_hour": {"utilization": 7, "resets_at": None}}, request=request)

    def client(**settings: Any) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(answer), **settings)

    found = endpoint.read(Endpoint(), Token(SECRET), NOW, account=None, client=client)
    assert [told(reading.value) for reading in found] == ["Session (5h): 7 %"]
