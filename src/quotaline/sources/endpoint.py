"""EFFECT `GET /api/oauth/usage`: undocumented, the last resort, and the only place that ever sends the user's token.

One request, as `https` makes it: 2 s to connect, 5 s to read, at most 1 MiB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from quotaline import __version__
from quotaline.errors import Outcome, RequestError, SourceError
from quotaline.sources.fields import retry_after_seconds
from quotaline.sources.https import OK, Answer, Limits, get
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


def _refusal(answer: Answer, now: float) -> RequestError:
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


def _get(config: Endpoint, token: Token, client: Callable[..., httpx.Client]) -> Answer:
    """One GET. Raises RequestError, SourceError."""
    headers = {
        "Authorization": token.header(),
        "anthropic-beta": BETA,
        "User-Agent": config.user_agent or f"quotaline/{__version__}",
    }
    limits = Limits(CONNECT_SECONDS, READ_SECONDS, LARGEST_BODY)
    return get(config.base_url, PATH, headers, limits, what="The endpoint's base_url", client=client)


def _decode(data: bytes) -> tuple[Any, bool]:
    """The decoded body, and whether it is broken."""
    try:
        return decode_json(data), False
    except ValueError:
        return None, True
