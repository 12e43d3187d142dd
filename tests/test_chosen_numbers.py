"""Times and sizes that no test can wait for or fill: each was promised or measured where it stands, and is a decision.

What can be reached by a test, such as the edge of a file that is still read, is held beside the code that reads it.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest

KIB, MIB = 1 << 10, 1 << 20
CHOSEN: dict[str, dict[str, Any]] = {
    "alerts.delivery": {"SHOWN_FOR": 600.0, "KEPT_FOR": 40 * 86_400.0, "PATIENCE": 10.0},
    "commands.record": {"PIECE": 64 * KIB},
    "commands.reported": {"MOST_DAYS": 3},
    "config.edit": {"PATIENCE": 10.0},
    "config.last_good": {"LARGEST": 4 * MIB},
    "core.inbox": {"MAX_BYTES": 64 * KIB},
    "core.snapshot": {"FRESH_FOR": 60.0, "STALE_AFTER": 3600.0, "MOST_FILES": 256},
    "core.spawn_refresh": {"PAUSE": 15.0, "LONGEST_STAMP": 16},
    "doctor.endpoint": {"PATIENCE": 1.0},
    "doctor.integrations": {"PATIENCE": 2.0, "SLOW": 0.3},
    "doctor.ledger": {"PATIENCE": 0.3},
    "files": {"LARGEST_FILE": 16 * MIB, "SCRATCH_KEPT_FOR": 3600.0, "CHUNK": MIB, "PAUSE": 0.05},
    "forecast.curve": {"FALL": 2.0},
    "forecast.models": {
        "MOMENTS": 25, "LEAST_READINGS": 3, "LEAST_SPAN": 300.0, "RECENT": {18_000.0: 7200.0}, "YOUNGEST": 0.05,
        "LEAST_HOURS": 24.0, "SMOOTHING": 2.0, "INERTIA": 15.0,
    },
    "forecast.past": {
        "KEPT": 24, "LEAST_PERIODS": 2, "BETTER": 0.85, "UNPROVEN_ERROR": 80.0,
        "UNPROVEN": {18_000.0: ("recent", "even", "weekly")}, "UNPROVEN_LONGER": ("even", "weekly", "recent"),
    },
    "forecast.profile": {"HALF_LIFE": 28 * 86_400.0},
    "forecast.replay": {"TURNS": 20, "SEEN_TO": 0.1},
    "integrations.claude_code": {"REFRESH_INTERVAL": 30},
    "ledger.importer": {"BATCH_ROWS": 8192, "COMMIT_SECONDS": 1.0, "FIRST_SECONDS": 10.0},
    "ledger.store": {"BUSY_SECONDS": 30.0, "READER_SECONDS": 1.0, "CACHE_KILOBYTES": 32 * KIB},
    "preview.sample": {"PATIENCE": 5.0},
    "prompt.run": {"NEWS_AFTER": 5.0},
    "ratelimit.home": {"LARGEST_KEY": 4 * KIB, "KEY_BYTES": 32},
    "ratelimit.log": {"FAILURE_COUNTS": 3600.0, "RESETS_KEPT": 3600.0, "REMEMBERED": 86_400.0},
    "refresh.current": {"PATIENCE": 2.0},
    "refresh.ledger_step": {"RECENT": 26 * 3600},
    "refresh.past_step": {"LOOK_BACK": 56 * 86_400.0, "MOST_PERIODS": 60},
    "refresh.run": {"SOON": 5.0},
    "snapshot.frames": {"FOREVER": 9_999_999_999},
    "sources.claude_cli": {
        "SECONDS": 45.0, "VERSION_SECONDS": 10.0, "NOT_STARTED": 127, "_LARGEST_OUTPUT": 8 * MIB, "_GRACE": 2.0,
    },
    "sources.claude_output": {"WHOLE": 4 * MIB, "MOST": 8 * MIB, "LONGEST_TEXT": 64 * KIB},
    "sources.client_version": {"PATIENCE": 0.4},
    "sources.credentials": {"_KEYCHAIN_SECONDS": 30.0},
    "transcripts.helper": {"WAITING": 512},
    "transcripts.job": {"NUMBER_BYTES": 4},
    "transcripts.scan": {
        "CHUNK": 512 * KIB, "LONGEST": 64 * MIB, "BATCH": 4096, "GUARD": 4096, "END": 448, "LITTLE": 64 * KIB, "KEPT": 64 * KIB,
    },
    "transcripts.workers": {"WORTH_IT": 48 * MIB, "TICKETS": 2048},
    "zone": {"LARGEST_ZONE": MIB, "WIDEST": 86_399},
}  # fmt: skip


@pytest.mark.parametrize("module", CHOSEN)
def test_a_chosen_number_is_changed_on_purpose(module: str) -> None:
    found = vars(importlib.import_module(f"quotaline.{module}"))
    assert CHOSEN[module] == {name: found[name] for name in CHOSEN[module]}
