"""PURE One line of a transcript → the usage it tells of.

The format is internal to Claude Code and changes without notice: every field is optional, unknown ones are passed over, and the
order of the keys means nothing here. `"usage"` stands on lines of other types too, inside tool results and quoted text; only
the type at the top of the line decides.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct, ValidationError

FAST, US, SIDECHAIN = 1, 2, 4
INPUT, OUTPUT, WRITE_5M, WRITE_1H, READ, SEARCHES = range(8, 14)  # the counters' places in a row

# A line whose top-level type is proven, from its first bytes, to be none of ours. Before the type may stand pairs with a flat
# value and nothing else, so that the type found is the top one; half of a transcript's bytes are thrown away by this.
OTHER = re.compile(
    rb'\{(?:"(?!type")\w+": ?(?:"[^"\\]*"|null|true|false|-?\d+), ?)*'
    rb'"type": ?"(?!assistant"|session-owner"|cost-state")\w[\w-]*"'
).match


class _Cache(Struct, gc=False):
    ephemeral_5m_input_tokens: int | None = 0
    ephemeral_1h_input_tokens: int | None = 0


class _Server(Struct, gc=False):
    web_search_requests: int | None = 0


class _Usage(Struct, gc=False):
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cache_creation_input_tokens: int | None = 0
    cache_read_input_tokens: int | None = 0
    cache_creation: _Cache | None = None
    server_tool_use: _Server | None = None
    inference_geo: str | None = None
    speed: str | None = None


class _Message(Struct, gc=False):
    id: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class _Fork(Struct, gc=False, rename="camel"):
    session_id: str | None = None


class Line(Struct, gc=False, rename="camel"):
    """What is read of a line."""

    type: str | None = None
    message: _Message | None = None
    request_id: str | None = None
    timestamp: str | None = None
    session_id: str | None = None
    uuid: str | None = None
    cwd: str | None = None
    is_sidechain: bool | None = None
    is_api_error_message: bool | None = None
    forked_from: _Fork | None = None
    account_uuid: str | None = None
    total_cost_usd: Decimal | None = msgspec.field(name="totalCostUSD", default=None)


_decode = msgspec.json.Decoder(Line, strict=False).decode
_TYPES = ("assistant", "session-owner", "cost-state")


def read_line(data: bytes | bytearray) -> Line | None:
    """The line, or None when it is of no interest; raises ValueError when it is one of ours and makes no sense."""
    try:
        line = _decode(data)
    except ValidationError:
        loose = msgspec.json.decode(data)
        if not isinstance(loose, dict) or loose.get("type") not in _TYPES:
            return None
        raise
    except UnicodeDecodeError:
        line = _decode(bytes(data).decode("utf-8", "replace").encode())
    return line if line.type in _TYPES else None


def usage_row(line: Line, owner: str | None) -> list[Any] | None:
    """An assistant line as [message id, request id, time, session, project, model, flags, owner, six counters].

    None when it stands for no API call.
    `time` is the line's own text. `owner` is the account that the file named last. Raises ValueError when it cannot be placed.
    """
    message = line.message
    if message is None or message.usage is None or message.model == "<synthetic>" or line.is_api_error_message:
        return None
    usage, key = message.usage, message.id or line.uuid
    if not key or not line.timestamp:
        raise ValueError("An API message has neither an id nor a time.")
    cache = usage.cache_creation
    hour = (cache and cache.ephemeral_1h_input_tokens) or 0
    five = max((usage.cache_creation_input_tokens or 0) - hour, (cache and cache.ephemeral_5m_input_tokens) or 0)
    fork = line.forked_from
    return [
        key,
        line.request_id or "",
        line.timestamp,
        (fork and fork.session_id) or line.session_id or "",
        line.cwd or "",
        message.model or "",
        (usage.speed == "fast") * FAST + (usage.inference_geo == "us") * US + bool(line.is_sidechain) * SIDECHAIN,
        owner,
        usage.input_tokens or 0,
        usage.output_tokens or 0,
        five,
        hour,
        usage.cache_read_input_tokens or 0,
        (usage.server_tool_use and usage.server_tool_use.web_search_requests) or 0,
    ]


def same_message(kept: list[Any], new: list[Any]) -> None:
    """Fold a further line of the same message into `kept`: the largest of each counter, the first time."""
    for place in range(INPUT, SEARCHES + 1):
        kept[place] = max(kept[place], new[place])
    kept[2] = min(kept[2], new[2])


def milliseconds(timestamp: str) -> int:
    """ISO 8601 → milliseconds since the epoch; a time without zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
