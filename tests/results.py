"""Results of `claude -p`, as the clients print them."""

from __future__ import annotations

import json
import uuid
from typing import Any


def used(count: int, cost: float | None = 0.021588000000000003, *, split: bool = True) -> dict[str, Any]:
    """A model's entry in `modelUsage` after `count` such answers; clients before 2.1.24x do not `split` the cache writes."""
    entry: dict[str, Any] = {
        "inputTokens": 12 * count,
        "outputTokens": 57 * count,
        "cacheReadInputTokens": 11000 * count,
        "cacheCreationInputTokens": 3400 * count,
        "webSearchRequests": 0,
        "contextWindow": 1000000,
        "maxOutputTokens": 128000,
    }
    if cost is not None:
        entry["costUSD"] = cost * count
    if split:
        entry |= {"cacheCreationEphemeral5mInputTokens": 3000 * count, "cacheCreationEphemeral1hInputTokens": 400 * count}
    return entry


def result(total: int, *, session: str = "s1", own: int = 1, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A result whose totals are those of `total` answers, of which its main loop made `own`.

    Keywords are members of its own; `since` is `model_usage_since_last_result` in answers, as stream-json of 2.1.331 has it,
    `model` the model's id.
    """
    model, since = more.pop("model", "claude-opus-5-5"), more.pop("since", None)
    message: dict[str, Any] = {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "duration_ms": 225,
        "duration_api_ms": 32 * total,
        "num_turns": 1,
        "result": "Hello.",
        "session_id": session,
        "total_cost_usd": 0.021588000000000003 * total,
        "usage": {
            "input_tokens": 12 * own,
            "cache_creation_input_tokens": 3400 * own,
            "cache_read_input_tokens": 11000 * own,
            "output_tokens": 57 * own,
            "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
            "cache_creation": {"ephemeral_1h_input_tokens": 400 * own, "ephemeral_5m_input_tokens": 3000 * own},
        },
        "modelUsage": {model: used(total)},
        "subagent_stats": {"spawned": 0},
        "uuid": name or str(uuid.uuid4()),
    }
    if since is not None:
        message["model_usage_since_last_result"] = {model: used(since)}
    return message | more


def init(session: str = "s1", **more: Any) -> dict[str, Any]:
    """The first message of a stream."""
    return {"type": "system", "subtype": "init", "session_id": session, "cwd": "/home/user/shop", **more}


def limits(session: str = "s1", *, five_hour: float, resets_at: float, seven_day: float = 0.63) -> dict[str, Any]:
    """What a stream tells of the rate limits."""
    windows = {
        "five_hour": {"utilization": five_hour, "resetsAt": resets_at, "status": "allowed"},
        "seven_day": {"utilization": seven_day, "resetsAt": resets_at + 86400, "status": "allowed"},
    }
    info = {"status": "allowed", "resetsAt": resets_at, "rateLimitType": "five_hour", "unifiedWindows": windows}
    return {"type": "rate_limit_event", "rate_limit_info": info, "session_id": session, "uuid": str(uuid.uuid4())}


def lines(*messages: dict[str, Any]) -> bytes:
    """As stream-json has them."""
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)
