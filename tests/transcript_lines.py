"""Lines of transcripts, as Claude Code writes them, for tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
COUNTERS = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")


def stamp(at: float) -> str:
    """Epoch seconds as the lines write them."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dump(*lines: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for line in lines)


def assistant(message: str, at: float = NOON, *, session: str = "s1", **said: Any) -> dict[str, Any]:
    """A line of an API message; keywords are counters, `model`, `request`, `cwd`, `sidechain`, `speed`, `geo`, `searches`."""
    counted = {name: said.get(name, 0) for name in COUNTERS}
    line = {
        "parentUuid": f"parent-of-{message}",
        "isSidechain": said.get("sidechain", False),
        "message": {
            "model": said.get("model", "claude-opus-5-5"),
            "id": message,
            "type": "message",
            "role": "assistant",
            "content": said.get("content", [{"type": "text", "text": 'it says "usage":{"input_tokens":9} here'}]),
            "usage": {
                "input_tokens": counted["input"],
                "cache_creation_input_tokens": counted["cache_write_5m"] + counted["cache_write_1h"],
                "cache_read_input_tokens": counted["cache_read"],
                "output_tokens": counted["output"],
                "server_tool_use": {"web_search_requests": said.get("searches", 0), "web_fetch_requests": 0},
                "service_tier": "standard",
                "cache_creation": {
                    "ephemeral_1h_input_tokens": counted["cache_write_1h"],
                    "ephemeral_5m_input_tokens": counted["cache_write_5m"],
                },
                "inference_geo": said.get("geo", "not_available"),
                "iterations": [{"input_tokens": counted["input"], "output_tokens": counted["output"]}],
                "speed": said.get("speed", "standard"),
            },
        },
        "requestId": said.get("request", f"req-of-{message}"),
        "type": "assistant",
        "uuid": f"line-of-{message}",
        "timestamp": stamp(at),
        "cwd": said.get("cwd", "/home/user/project"),
        "sessionId": session,
        "version": "2.1.329",
    }
    if line["requestId"] is None:
        del line["requestId"]
    return line


def tool_result(text: str, at: float = NOON, *, session: str = "s1") -> dict[str, Any]:
    """A user line that carries somebody else's usage inside a tool's result: it counts nothing."""
    return {
        "parentUuid": None,
        "isSidechain": False,
        "promptId": "p",
        "type": "user",
        "message": {"role": "user", "content": [{"type": "tool_result", "content": text}]},
        "toolUseResult": {"type": "assistant", "usage": {"input_tokens": 5, "output_tokens": 5}, "agentId": "a"},
        "uuid": "u",
        "timestamp": stamp(at),
        "sessionId": session,
    }


def owner(account: str, *, session: str = "s1") -> dict[str, Any]:
    return {"type": "session-owner", "accountUuid": account, "organizationUuid": "o", "sessionId": session}


def cost_state(dollars: float, *, session: str = "s1") -> dict[str, Any]:
    return {"type": "cost-state", "sessionId": session, "totalCostUSD": dollars, "modelUsage": {}}


def write(config_dir: Path, name: str, *lines: dict[str, Any]) -> Path:
    """A transcript `projects/-home-user-project/NAME.jsonl` with these lines; NAME may have folders in it."""
    path = config_dir / "projects" / "-home-user-project" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dump(*lines))
    return path


def append(path: Path, *lines: dict[str, Any]) -> int:
    """Append lines; how many bytes they are."""
    data = dump(*lines)
    with path.open("ab") as file:
        file.write(data)
    return len(data)
