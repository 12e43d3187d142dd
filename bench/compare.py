"""EFFECT Two installed versions against each other: whole processes, timed in pairs, each with a made home of its own.

    python bench/compare.py OLD_PYTHON NEW_PYTHON [--pairs N]

Both are interpreters of environments with quotaline in them. Each pair runs one command of both, in changing order; the ratio
is the median of the pairs' ratios new/old, with their quartiles, so that a noisy machine is noisy for both. The commands of
the prompt path are measured beside `python -c pass` of their own environment as well, within the same pair. The same
environment twice says what the machine's noise is.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

PAIRS = 60
HOUR = 3600.0
ACCOUNT = "00000000-0000-4000-8000-000000000000"
SESSION = "00000000-0000-4000-8000-000000000001"
CONFIG = """\
enable_alpha_features = true
refresh.fresh_for = 1e6
[sources]
claude_cli.enabled = false
endpoint.enabled = false
"""
EVENT = {
    "session_id": SESSION,
    "cwd": "/home/user/proj",
    "permission_mode": "default",
    "hook_event_name": "PreToolUse",
    "tool_name": "Write",
    "tool_input": {"file_path": "/home/user/proj/notes.md", "content": "words " * 2000},
    "tool_use_id": "toolu_0",
}


class Version(NamedTuple):
    """One of the two: its interpreter and its made home, `aged` the snapshot there as it was an hour ago."""

    python: Path
    home: Path
    env: dict[str, str]
    aged: bytes

    @property
    def snapshot(self) -> Path:
        """The snapshot that the prompts read."""
        return self.home / ".cache" / "quotaline" / "default" / "snapshot.json"


class Row(NamedTuple):
    """A command to measure. `stdin` is a file in the home; `bare` asks for `python -c pass` too, `aged` for an old snapshot."""

    arguments: tuple[str, ...]
    stdin: str = ""
    bare: bool = False
    aged: bool = False


ROWS = (
    Row(("statusline",), stdin="statusline.json", bare=True),
    Row(("prompt",), bare=True),
    Row(("guard", "--hook", "--five-hour", "80", "--seven-day", "90", "--max-extra", "20.00"), stdin="event.json", bare=True),
    Row(("usage",), aged=True),  # so that each one reads the sources; a snapshot of this moment is kept
    Row(("doctor",)),
    Row(("init", "bash")),
)


def statusline(now: float) -> dict[str, Any]:
    """What Claude Code pipes to its status line."""
    return {
        "session_id": SESSION,
        "cwd": "/home/user/proj",
        "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
        "workspace": {"current_dir": "/home/user/proj", "project_dir": "/home/user/proj", "added_dirs": []},
        "version": "2.1.331",
        "cost": {"total_cost_usd": 1.8342, "total_duration_ms": 2_710_000, "total_lines_added": 156, "total_lines_removed": 23},
        "context_window": {"total_input_tokens": 68_400, "context_window_size": 200_000, "used_percentage": 34},
        "prompt_cache": {"warm": True, "ttl": "5m", "expires_at": now + HOUR, "hit_ratio": 0.91},
        "rate_limits": {
            "five_hour": {"used_percentage": 42, "resets_at": int(now + 4 * HOUR)},
            "seven_day": {"used_percentage": 63, "resets_at": int(now + 76 * HOUR)},
        },
    }


def claude_json(now: float) -> dict[str, Any]:
    """What Claude Code keeps for itself: two windows, one model's, extra usage."""

    def window(percent: float, hours: float) -> dict[str, Any]:
        return {"utilization": percent, "resets_at": datetime.fromtimestamp(int(now + hours * HOUR), UTC).isoformat()}

    told = {
        "five_hour": window(42, 4),
        "seven_day": window(63, 76),
        "seven_day_opus": window(77, 76),
        "extra_usage": {
            "is_enabled": True, "monthly_limit": 5000, "used_credits": 1240, "utilization": 24.8, "currency": "USD",
        },
    }  # fmt: skip
    login = {"accountUuid": ACCOUNT, "organizationType": "claude_max", "organizationRateLimitTier": "default_claude_max_5x"}
    cache = {"fetchedAtMs": int((now - 60) * 1000), "accountUuid": ACCOUNT, "utilization": told}
    return {"oauthAccount": login, "cachedUsageUtilization": cache}


def transcript(now: float, messages: int) -> str:
    """A session's transcript, one message every half hour until now."""
    lines = []
    for at in range(messages):
        sent = datetime.fromtimestamp(now - 60 - (messages - at) * HOUR / 2, UTC).isoformat(timespec="milliseconds")
        usage = {"input_tokens": 40, "output_tokens": 1900 + at, "cache_read_input_tokens": 60_000}
        message = {"id": f"msg_{at}", "role": "assistant", "model": "claude-opus-5-5", "content": [], "usage": usage}
        head = {"type": "assistant", "timestamp": sent.replace("+00:00", "Z"), "cwd": "/home/user/proj", "sessionId": SESSION}
        lines.append(json.dumps({**head, "requestId": f"req_{at}", "message": message}) + "\n")
    return "".join(lines)


def furnish(python: Path, home: Path, now: float) -> Version:
    """A home with transcripts, an inbox and a full snapshot, all made by this version's own commands."""
    projects, config = home / ".claude" / "projects" / "-home-user-proj", home / ".config" / "quotaline"
    for folder in (projects, config):
        folder.mkdir(parents=True)
    (projects / f"{SESSION}.jsonl").write_text(transcript(now, 400), encoding="utf-8")
    (config / "config.toml").write_text(CONFIG, encoding="utf-8")
    (home / ".claude.json").write_text(json.dumps(claude_json(now)), encoding="utf-8")
    (home / "statusline.json").write_text(json.dumps(statusline(now)), encoding="utf-8")
    (home / "event.json").write_text(json.dumps(EVENT), encoding="utf-8")
    (home / "nothing").touch()
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TZ"}}
    env = {**kept, "HOME": str(home), "COLUMNS": "120"}
    quotaline = [str(python), "-P", "-m", "quotaline"]
    with (home / "statusline.json").open("rb") as stdin:  # into the inbox, so that it is no news later
        first = {**env, "QUOTALINE_REFRESH": "1"}
        subprocess.run([*quotaline, "statusline"], env=first, stdin=stdin, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([*quotaline, "refresh", "--force"], env=env, capture_output=True, check=True)
    made = Version(python, home, env, b"")
    content = json.loads(made.snapshot.read_bytes())
    assert len(content["readings"]) == 4, content["readings"]
    content |= {"written_at": now - HOUR, "fresh_for": 60}
    return made._replace(aged=json.dumps(content).encode())


def timed(version: Version, command: list[str], stdin: str) -> float:
    """Seconds of one child that reads `stdin` and prints into nothing."""
    with (version.home / (stdin or "nothing")).open("rb") as source, Path(os.devnull).open("wb") as sink:
        files = [(os.POSIX_SPAWN_DUP2, source.fileno(), 0)]
        files += [(os.POSIX_SPAWN_DUP2, sink.fileno(), descriptor) for descriptor in (1, 2)]
        start = time.perf_counter()
        child = os.posix_spawn(command[0], command, version.env, file_actions=files)
        _, status = os.waitpid(child, 0)
        took = time.perf_counter() - start
    assert status == 0, command
    return took


def measured(version: Version, row: Row) -> tuple[float, float]:
    """Seconds of the command, and of the bare interpreter beside it (0 where none is asked for)."""
    kept = version.snapshot.read_bytes()
    if row.aged:
        version.snapshot.write_bytes(version.aged)
    took = timed(version, [str(version.python.with_name("quotaline")), *row.arguments], row.stdin)
    if row.aged:
        assert version.snapshot.read_bytes() != version.aged, "it read no source"
        version.snapshot.write_bytes(kept)
    return took, timed(version, [str(version.python), "-c", "pass"], "") if row.bare else 0.0


def spread(ratios: list[float]) -> str:
    """The median with its quartiles."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"x{middle:.3f} ({low:.3f} to {high:.3f})"


def compare(old: Version, new: Version, row: Row, count: int) -> None:
    """Print one row of the table."""
    pairs: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for version in (old, new):
        measured(version, row)  # compiles what is not compiled yet
    for turn in range(count):
        if turn % 2:
            later = measured(new, row)
            pairs.append((measured(old, row), later))
        else:
            earlier = measured(old, row)
            pairs.append((earlier, measured(new, row)))
    for version in (old, new):
        assert not (version.home / ".cache" / "quotaline" / "default" / "nudged").exists(), "a refresh was started meanwhile"
    name = " ".join(row.arguments[: 1 + (row.arguments[0] in {"guard", "init"})])
    was, now = (statistics.median(pair[side][0] for pair in pairs) * 1000 for side in (0, 1))
    told = f"{name:<14} new/old {spread([later[0] / earlier[0] for earlier, later in pairs]):<26}  {was:7.2f} → {now:7.2f} ms"
    if row.bare:
        beside = [statistics.median(pair[side][0] / pair[side][1] for pair in pairs) for side in (0, 1)]
        told += f"  beside `python -c pass` x{beside[0]:.3f} → x{beside[1]:.3f}"
    print(told, flush=True)


def main() -> None:
    """Measure every row."""
    parser = argparse.ArgumentParser(description="Two installed versions of quotaline against each other.")
    parser.add_argument("old", type=Path, metavar="OLD_PYTHON", help="interpreter of the environment with the old one")
    parser.add_argument("new", type=Path, metavar="NEW_PYTHON", help="interpreter of the environment with the new one")
    parser.add_argument("--pairs", type=int, default=PAIRS, metavar="N", help="pairs of each command (%(default)s)")
    given = parser.parse_args()
    if given.pairs < 2:
        parser.error("--pairs must be 2 or more.")
    with tempfile.TemporaryDirectory() as name:
        now = time.time()
        # `absolute`, not `resolve`: the link is what makes it the environment's interpreter
        old, new = (furnish(getattr(given, side).absolute(), Path(name, side), now) for side in ("old", "new"))
        for row in ROWS:
            compare(old, new, row, given.pairs)
    print(f"{given.pairs} pairs, load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
