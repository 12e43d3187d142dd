"""The files in which other programs keep their own statistics, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ORG = "00000000-0000-4000-8000-0000000000aa"


def stats_cache(folder: Path, days: dict[str, dict[str, Any]], counts: dict[str, int] | None = None) -> Path:
    """`stats-cache.json` of Claude Code: day → tokens by model, day → messages."""
    body = {
        "version": 2,
        "lastComputedDate": max(days, default=None),
        "dailyActivity": [
            {"date": day, "messageCount": count, "sessionCount": 2, "toolCallCount": 3} for day, count in (counts or {}).items()
        ],
        "dailyModelTokens": [{"date": day, "tokensByModel": models} for day, models in days.items()],
        "modelUsage": {"claude-opus-4-6": {"inputTokens": 1, "outputTokens": 2, "costUSD": 0}},
        "totalSessions": 10,
        "hourCounts": {"9": 12},
    }
    return put(folder / "stats-cache.json", json.dumps(body))


def desktop_history(home: Path, samples: list[tuple[float, dict[str, Any]]], org: str = ORG) -> Path:
    """`plan-usage-history.json` of Claude Desktop on Linux: epoch seconds and its own keys of windows."""
    told = [{"t": int(at * 1000), "org": org, "u": used} for at, used in samples]
    return put(home / ".config" / "Claude" / "plan-usage-history.json", json.dumps({"version": 2, "samples": told}))


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
