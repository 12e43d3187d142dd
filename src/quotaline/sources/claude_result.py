"""PURE What the messages of `claude -p` say: the result that ends a run, and the rate limits that it was told meanwhile.

    {"type": "result", "session_id": "…", "uuid": "…", "total_cost_usd": 0.021588, "num_turns": 1, "duration_ms": 225,
     "usage": {"input_tokens": 12, …}, "modelUsage": {"claude-opus-5-5": {"inputTokens": 12, …, "costUSD": 0.021588}},
     "model_usage_since_last_result": {…}}
    {"type": "rate_limit_event", "session_id": "…", "rate_limit_info": {"rateLimitType": "five_hour", "resetsAt": 1795570792,
     "unifiedWindows": {"five_hour": {"utilization": 0.42, "resetsAt": 1795570790, "status": "allowed"}, …}}}

sdk.d.ts 0.3.329, `SDKResultMessage` and `SDKRateLimitEvent`; outputs of 2.1.197 and 2.1.331. `modelUsage` runs on within a
session, `usage` is one run's main loop; older versions list models as `{"model", "inputTokens", "outputTokens", "cost"}`.
Every member is optional, of any type, and hostile until shown otherwise.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import structs

from quotaline.core.values import number
from quotaline.core.windows import BY_ID, MODELS, MOST_PERCENT
from quotaline.ledger.run_totals import NOTHING, UNKNOWN_MODEL, Counters, ModelTotal, Totals
from quotaline.ledger.runs import Run
from quotaline.transcripts.collected import MOST_DOLLARS
from quotaline.transcripts.records import read_dollars, read_text, read_usage

if TYPE_CHECKING:
    from decimal import Decimal

MOST_MODELS = 256
LONGEST_NAME = 200
FINEST = -40  # the exponent beyond which nothing is an amount
MOST = 10**12
_BLOCKED = re.compile(r"(User\w+ o|O)peration (blocked|stopped) by hook")


class Result(NamedTuple):
    """How a run ended. `healthy`: the model answered, with no error, and no hook stopped the prompt or the run."""

    run: Run
    healthy: bool
    is_error: bool


def read_result(
    message: dict[str, Any], ended_at: float, *, folder: str = "", config_dir: str = "", follows: str | None = None
) -> Result:
    """A `result` message; the rest is as in `Run`."""
    spent, agents = message.get("usage"), message.get("subagent_stats")
    run = Run(
        uuid=_name(message.get("uuid")),
        session_id=_name(message.get("session_id")),
        ended_at=ended_at,
        cost=_dollars(message.get("total_cost_usd")),
        totals=_totals(message.get("modelUsage")) or {},
        since=_totals(message.get("model_usage_since_last_result")),
        spent=Counters(*read_usage(spent)[0].counters()) if isinstance(spent, dict) else None,
        turns=_count(message.get("num_turns")),
        duration_ms=_count(message.get("duration_ms")),
        api_ms=_count(message.get("duration_api_ms")),
        subagents=_count(agents.get("spawned")) if isinstance(agents, dict) else None,
    )
    # The same output is the same run, also where the client gives it no name.
    uuid = run.uuid or hashlib.blake2b(msgspec.json.encode(structs.replace(run, ended_at=0.0)), digest_size=16).hexdigest()
    is_error = message.get("is_error") not in (None, False, "false", "0")
    stopped = message.get("terminal_reason") == "hook_stopped" or _prompt_blocked(message)
    kept = structs.replace(
        run, uuid=uuid, session_id=run.session_id or uuid, folder=folder, config_dir=config_dir, follows=follows
    )
    return Result(kept, not (is_error or stopped), is_error)


def event_limits(message: dict[str, Any]) -> dict[str, Any]:
    """The `rate_limits` of a `rate_limit_event`, as a status line is handed them: see `core.rate_limits`."""
    info = message.get("rate_limit_info")
    if not isinstance(info, dict):
        return {}
    windows, kind = info.get("unifiedWindows"), info.get("rateLimitType")
    blocks = dict(windows) if isinstance(windows, dict) else {}
    if isinstance(kind, str):
        blocks.setdefault(kind, info)
    limits: dict[str, Any] = {}
    for key, block in blocks.items():
        used = number(block.get("utilization")) if isinstance(block, dict) else None
        if used is None or not 0 <= used <= MOST_PERCENT:
            continue
        percent = round(used * 1000) / 10
        known = BY_ID.get(key)
        if known is not None and known.statusline:
            limits[key] = {"used_percentage": percent, "resets_at": block.get("resetsAt")}
        elif key in MODELS.body:
            row = {"display_name": MODELS.body[key], "utilization": percent, "resets_at": block.get("resetsAt")}
            limits.setdefault("model_scoped", []).append(row)
    return limits


def _prompt_blocked(message: dict[str, Any]) -> bool:
    """A prompt that a hook blocks is a success of no turn, the hook's words its answer (clients 2.1.197 and 2.1.331)."""
    text = message.get("result")
    return not message.get("num_turns") and isinstance(text, str) and _BLOCKED.match(text) is not None


def _totals(models: Any) -> Totals | None:
    """By model; None where that is not told at all."""
    if isinstance(models, dict):
        named = list(models.items())
    elif isinstance(models, list):
        named = [(entry.get("model"), entry) for entry in models if isinstance(entry, dict)]
    else:
        return None
    found: Totals = {}
    for name, entry in named[:MOST_MODELS]:
        if not isinstance(entry, dict):
            continue
        model, total = _name(name) or UNKNOWN_MODEL, _model_total(entry)
        if total or total.cost is None:
            found[model] = found.get(model, NOTHING) + total
    return found


def _model_total(entry: dict[str, Any]) -> ModelTotal:
    written = {
        "ephemeral_1h_input_tokens": entry.get("cacheCreationEphemeral1hInputTokens"),
        "ephemeral_5m_input_tokens": entry.get("cacheCreationEphemeral5mInputTokens"),
    }
    usage = {
        "input_tokens": entry.get("inputTokens"),
        "output_tokens": entry.get("outputTokens"),
        "cache_read_input_tokens": entry.get("cacheReadInputTokens"),
        "cache_creation_input_tokens": entry.get("cacheCreationInputTokens"),
        "cache_creation": written,
        "server_tool_use": {"web_search_requests": entry.get("webSearchRequests")},
    }
    cost = entry.get("costUSD") if entry.get("costUSD") is not None else entry.get("cost")
    return ModelTotal(Counters(*read_usage(usage)[0].counters()), _dollars(cost))


def _name(value: Any) -> str:
    return (read_text(value) or "").strip()[:LONGEST_NAME]


def _dollars(value: Any) -> Decimal | None:
    amount = read_dollars(value)
    if amount is None or not amount.is_finite() or not 0 <= amount < MOST_DOLLARS:
        return None
    exponent = amount.as_tuple().exponent
    return abs(amount) if isinstance(exponent, int) and exponent >= FINEST else None


def _count(value: Any) -> int | None:
    amount = number(value)
    return int(amount) if amount is not None and 0 <= amount <= MOST else None
