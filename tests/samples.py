"""Claude Code's stdin as recorded and documented, written anew for these tests with times relative to `NOW`."""

from __future__ import annotations

import copy
from typing import Any

NOW = 1_795_244_400.0  # 2026-11-21 07:00:00 UTC

AFTER_RESPONSE: dict[str, Any] = {
    "session_id": "00000000-0000-4000-8000-000000000001",
    "transcript_path": "/home/user/.claude/projects/-home-user-proj/00000000-0000-4000-8000-000000000001.jsonl",
    "cwd": "/home/user/proj",
    "prompt_id": "00000000-0000-4000-8000-000000000002",
    "effort": {"level": "medium"},
    "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
    "workspace": {"current_dir": "/home/user/proj", "project_dir": "/home/user/proj", "added_dirs": []},
    "version": "2.1.329",
    "output_style": {"name": "default"},
    "cost": {
        "total_cost_usd": 0.021588000000000003,
        "total_duration_ms": 9904,
        "total_api_duration_ms": 52,
        "total_lines_added": 12,
        "total_lines_removed": 3,
    },
    "context_window": {
        "total_input_tokens": 14412,
        "total_output_tokens": 57,
        "context_window_size": 1000000,
        "current_usage": {
            "input_tokens": 12,
            "output_tokens": 57,
            "cache_creation_input_tokens": 3400,
            "cache_read_input_tokens": 11000,
        },
        "used_percentage": 8,
        "remaining_percentage": 92,
    },
    "exceeds_200k_tokens": False,
    "prompt_cache": {"warm": True, "ttl": "5m", "expires_at": NOW + 290, "requests": 1, "misses": 0, "hit_ratio": 0.76},
    "fast_mode": False,
    "thinking": {"enabled": True},
    "rate_limits": {
        "five_hour": {"used_percentage": 42, "resets_at": NOW + 7980},
        "seven_day": {"used_percentage": 63, "resets_at": NOW + 300_600},
    },
}

BEFORE_FIRST_RESPONSE: dict[str, Any] = {
    key: value for key, value in AFTER_RESPONSE.items() if key not in ("rate_limits", "prompt_cache", "prompt_id")
} | {
    "cost": {"total_cost_usd": 0, "total_duration_ms": 549, "total_lines_added": 0, "total_lines_removed": 0},
    "context_window": {
        "total_input_tokens": 0,
        "context_window_size": 1000000,
        "current_usage": None,
        "used_percentage": None,
        "remaining_percentage": None,
    },
}

DOCUMENTED: dict[str, Any] = {
    "cwd": "/current/working/directory",
    "session_id": "abc123...",
    "session_name": "my-session",
    "model": {"id": "claude-opus-5", "display_name": "Opus"},
    "workspace": {
        "current_dir": "/current/working/directory",
        "project_dir": "/original/project/directory",
        "added_dirs": [],
        "git_worktree": "feature-xyz",
        "repo": {"host": "github.com", "owner": "anthropics", "name": "claude-code"},
    },
    "version": "2.1.90",
    "output_style": {"name": "default"},
    "cost": {
        "total_cost_usd": 0.01234,
        "total_duration_ms": 45000,
        "total_api_duration_ms": 2300,
        "total_lines_added": 156,
        "total_lines_removed": 23,
    },
    "context_window": {
        "total_input_tokens": 15500,
        "total_output_tokens": 1200,
        "context_window_size": 200000,
        "used_percentage": 8,
        "remaining_percentage": 92,
    },
    "effort": {"level": "high"},
    "rate_limits": {
        "five_hour": {"used_percentage": 23.5, "resets_at": NOW + 3600},
        "seven_day": {"used_percentage": 41.2, "resets_at": NOW + 432_000},
    },
    "vim": {"mode": "NORMAL"},
    "agent": {"name": "security-reviewer"},
    "pr": {"number": 1234, "url": "https://github.com/anthropics/claude-code/pull/1234", "review_state": "pending"},
    "worktree": {"name": "my-feature", "path": "/path/to/.claude/worktrees/my-feature", "branch": "worktree-my-feature"},
}

GATEWAY: dict[str, Any] = {
    **DOCUMENTED,
    "rate_limits": {
        "spend_limit": {
            "used_percentage": 104.2,
            "resets_at": NOW + 864_000,
            "used_usd": 521.0,
            "limit_usd": 500.0,
            "period": "monthly",
        }
    },
}

SAMPLES = {
    "after-response": AFTER_RESPONSE,
    "before-first-response": BEFORE_FIRST_RESPONSE,
    "documented": DOCUMENTED,
    "gateway": GATEWAY,
}


def sample(name: str) -> dict[str, Any]:
    """A copy that a test may change."""
    return copy.deepcopy(SAMPLES[name])
