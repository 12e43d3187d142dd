"""EFFECT `quotaline guard --hook` against a bare interpreter, as `bench/prompt.py` measures the prompt path.

    .venv/bin/python bench/guard.py

There is room, so that the hook is silent: this is what every tool call pays. The target is 1.5 times `python -c pass`.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from prompt import SCRIPT, compare, snapshot

TARGET = 1.5
EVENT = {
    "session_id": "00000000-0000-4000-8000-000000000001",
    "transcript_path": "/home/user/.claude/projects/-home-user-proj/00000000-0000-4000-8000-000000000001.jsonl",
    "cwd": "/home/user/proj",
    "permission_mode": "default",
    "hook_event_name": "PreToolUse",
    "tool_name": "Write",
    "tool_input": {"file_path": "/home/user/proj/notes.md", "content": "words " * 2000},
    "tool_use_id": "toolu_0",
}


def main() -> None:
    """Measure the hook with a usual snapshot and with one of 50 windows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {"HOME": name, "PATH": os.environ["PATH"], "QUOTALINE_CACHE_DIR": name}
        stdin = folder / "stdin.json"
        stdin.write_text(json.dumps(EVENT), encoding="utf-8")
        command = [SCRIPT, "guard", "--hook", "--five-hour", "80", "--seven-day", "90", "--max-extra", "20.00"]
        for windows in (3, 50):
            snapshot(folder, windows)
            compare(f"quotaline guard --hook, {windows} windows", command, env, stdin, TARGET)
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
