"""EFFECT What a refresh with nothing new costs, with 3, 10 and 200 windows and a ledger of a year, and an export.

    make bench-refresh

Processor time of whole processes, in turns; the ratio is the median of the turns' ratios. Nothing is asked of anybody.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import quotaline
from corpus import END, make

PROGRAM = str(Path(sys.executable).with_name("quotaline"))
START = str(Path(quotaline.__path__[0], "start.py"))
HOUR = 3600.0
COUNTS = (3, 10, 200)
CONFIG = """\
enable_alpha_features = true
[sources]
claude_cli.enabled = false
endpoint.enabled = false
"""
ACCOUNT = "00000000-0000-4000-8000-000000000000"


def answer(now: float, count: int) -> dict[str, Any]:
    """What Claude Code keeps of the server's answer with `count` windows: the session, the week, and models' weeks."""

    def row(kind: str, percent: float, hours: float, model: str = "") -> dict[str, Any]:
        resets_at = datetime.fromtimestamp(int(now + hours * HOUR), UTC).isoformat()
        scope = {"model": {"display_name": model}} if model else None
        return {"kind": kind, "group": "weekly", "percent": percent, "resets_at": resets_at, "scope": scope}

    limits = [row("session", 42, 4), row("weekly_all", 63, 76)]
    limits += [row("weekly_scoped", n % 100, 76 + n / 60, f"Model {n}") for n in range(count - 2)]
    login = {"accountUuid": ACCOUNT, "organizationType": "claude_max", "organizationRateLimitTier": "default_claude_max_5x"}
    cache = {"fetchedAtMs": int((now - 60) * 1000), "accountUuid": ACCOUNT, "utilization": {"limits": limits}}
    return {"oauthAccount": login, "cachedUsageUtilization": cache}


def furnish(home: Path, now: float, count: int, transcripts: Path) -> dict[str, str]:
    """A home with `count` windows, whose transcripts are a link; the environment of its commands."""
    (home / ".config" / "quotaline").mkdir(parents=True)
    (home / ".config" / "quotaline" / "config.toml").write_text(CONFIG, encoding="utf-8")
    (home / ".claude").mkdir()
    (home / ".claude" / "projects").symlink_to(transcripts / "projects")
    (home / ".claude.json").write_text(json.dumps(answer(now, count)), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TZ"}}
    return {**kept, "HOME": str(home)}


def seconds(command: list[str], env: dict[str, str]) -> float:
    """Processor time of one child."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def refreshed(env: dict[str, str], count: int) -> float:
    """Processor time of one background refresh, whose snapshot is then said to be old."""
    snapshot = Path(env["HOME"], ".cache", "quotaline", "default", "snapshot.json")
    took = seconds([sys.executable, "-I", START, PROGRAM, "refresh", "--background"], env)  # as the status line starts it
    content = json.loads(snapshot.read_bytes())
    assert len(content["readings"]) == count, content["sources"]
    snapshot.write_text(json.dumps({**content, "written_at": content["written_at"] - 60}), encoding="utf-8")
    return took


def main() -> None:
    """Make the homes, take turns, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--turns", type=int, default=21)
    asked = parser.parse_args()
    now = time.time()
    with tempfile.TemporaryDirectory(prefix="quotaline-bench-") as name:
        made = make(Path(name) / "corpus", files=asked.files, days=365, filler=0.02, end=max(END, now - 86_400))
        for folder, _, _ in os.walk(made.root):  # a year's folders were not all made a moment ago
            os.utime(folder, (now - 86_400, now - 86_400))
        messages = sum(each["messages"] for day in made.truth.values() for each in day.values())
        envs = {count: furnish(Path(name) / str(count), now, count, made.root) for count in COUNTS}
        for count, env in envs.items():
            refreshed(env, count)  # the first import
        turns = []
        for _ in range(asked.turns):
            bare = seconds([sys.executable, "-c", "pass"], {"PATH": os.environ["PATH"]})
            turns.append((bare, {count: refreshed(env, count) for count, env in envs.items()}))
        exported = statistics.median(seconds([PROGRAM, "export", "--offline"], envs[COUNTS[0]]) for _ in range(asked.turns))
        print(f"a year's ledger   {messages} messages of {made.files} files on {len(made.truth)} days")
        for count in COUNTS:
            took = statistics.median(turn[count] for _, turn in turns) * 1000
            beside = statistics.median(turn[count] / bare for bare, turn in turns)
            least = statistics.median(turn[count] / turn[COUNTS[0]] for _, turn in turns)
            print(f"{count:>3} windows       {took:6.1f} ms  x{beside:.2f} of `python -c pass`, x{least:.2f} of {COUNTS[0]}")
        print(f"an export         {exported * 1000:6.1f} ms, all of its counters from the ledger")


if __name__ == "__main__":
    main()
