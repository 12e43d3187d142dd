"""The endpoint's answers on both sides of each edge, and who is shown the body."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from quotaline.config.schema import Endpoint
from quotaline.errors import Outcome, RequestError
from quotaline.sources import endpoint
from quotaline.sources.credentials import Token
from usage_server import BODY

NOW = 1795244400.0
TOKEN = "sk-ant-" + "oat01-" + "x" * 24


def ask(answer: httpx.Response, watch: Any = None) -> Any:
    def client(**options: object) -> httpx.Client:
        assert options["timeout"] == httpx.Timeout(5.0, connect=2.0)
        return httpx.Client(transport=httpx.MockTransport(lambda _request: answer))

    return endpoint.read(Endpoint(), Token(TOKEN), NOW, account="a", client=client, watch=watch)


@pytest.mark.parametrize(
    ("status", "says", "outcome"),
    [
        (201, "answered 201", Outcome.FAILED), (299, "answered 299", Outcome.FAILED),
        (300, "sent us elsewhere (300)", Outcome.FAILED), (399, "sent us elsewhere (399)", Outcome.FAILED),
        (400, "answered 400", Outcome.FAILED), (401, "(401)", Outcome.UNAUTHORIZED), (402, "answered 402", Outcome.FAILED),
        (403, "(403)", Outcome.FORBIDDEN), (428, "answered 428", Outcome.FAILED), (429, "(429)", Outcome.RATE_LIMITED),
        (500, "answered 500", Outcome.FAILED), (503, "answered 503", Outcome.FAILED),
    ],
)  # fmt: skip
def test_each_status_is_told_as_what_it_is(status: int, says: str, outcome: Outcome) -> None:
    with pytest.raises(RequestError) as caught:
        ask(httpx.Response(status))
    assert says in str(caught.value)
    assert caught.value.outcome is outcome


@pytest.mark.parametrize("content", [b"<html></html>", b"", b'{"five_hour": ', b"\xff\xfe"])
def test_an_answer_that_is_no_json_is_shown_to_nobody(content: bytes) -> None:
    seen: list[object] = []
    with pytest.raises(RequestError, match="no JSON"):
        ask(httpx.Response(200, content=content), seen.append)
    assert seen == []


def test_an_answer_that_is_json_is_shown_also_where_it_holds_nothing_known() -> None:
    seen: list[object] = []
    assert ask(httpx.Response(200, json=BODY), seen.append)
    with pytest.raises(RequestError):
        ask(httpx.Response(200, json={"a_new_world": 1}), seen.append)
    assert seen == [BODY, {"a_new_world": 1}]


def test_an_answer_of_a_mebibyte_is_read_and_one_byte_more_is_not() -> None:
    body = b'{"five_hour": {"utilization": 42}}'
    largest = 1 << 20
    assert ask(httpx.Response(200, content=body + b" " * (largest - len(body))))
    with pytest.raises(RequestError, match="larger"):
        ask(httpx.Response(200, content=body + b" " * (largest - len(body) + 1)))
