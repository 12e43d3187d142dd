"""EFFECT The prompt path against a bare interpreter: whole processes of the installed wheel, timed in pairs.

    make bench

Each pair runs `python -c pass` of the same environment and one command, in changing order; the ratio is the median of the
pairs' ratios, so that a noisy machine is noisy for both. Memory is the peak resident size of each child.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from quotaline.core.snapshot import read_or_defaults
from quotaline.integrations.launcher import start
from quotaline.preview.sample import load as sample

PAIRS = 120
SCRIPT = str(Path(sys.executable).with_name("quotaline"))
sys.argv[0] = SCRIPT  # whose start it is


MEASURE = """
import posix, sys
child = posix.posix_spawn(sys.argv[1], sys.argv[1:], posix.environ)
print(posix.wait4(child, 0)[2].ru_maxrss, file=sys.stderr)
"""


def timed(command: list[str], env: dict[str, str], stdin: Path) -> float:
    """Seconds of one child that reads `stdin` and prints into nothing."""
    with stdin.open("rb") as source, Path(os.devnull).open("wb") as sink:
        files = [(os.POSIX_SPAWN_DUP2, source.fileno(), 0), (os.POSIX_SPAWN_DUP2, sink.fileno(), 1)]
        start = time.perf_counter()
        child = os.posix_spawn(command[0], command, env, file_actions=files)
        _, status = os.waitpid(child, 0)
        took = time.perf_counter() - start
    assert status == 0, command
    return took


def peak(command: list[str], env: dict[str, str], stdin: Path) -> int:
    """Peak kilobytes of one child, started by an interpreter that is smaller than it: a child inherits its parent's peak."""
    with stdin.open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", MEASURE, *command], env=env, stdin=source, capture_output=True, check=True
        )
    return int(done.stderr)


def compare(name: str, command: list[str], env: dict[str, str], stdin: Path, target: float) -> None:
    """Print the medians of one command beside the bare interpreter's."""
    bare = [sys.executable, "-c", "pass"]
    pairs = []
    for turn in range(PAIRS):
        if turn % 2:
            base = timed(bare, env, stdin)
            pairs.append((timed(command, env, stdin), base))
        else:
            ours = timed(command, env, stdin)
            pairs.append((ours, timed(bare, env, stdin)))
    ratio = statistics.median(ours / base for ours, base in pairs)
    memory = statistics.median(peak(command, env, stdin) / peak(bare, env, stdin) for _ in range(9))
    print(
        f"{name:<34} {statistics.median(pair[0] for pair in pairs) * 1000:6.2f} ms"
        f"  bare {statistics.median(pair[1] for pair in pairs) * 1000:6.2f} ms"
        f"  time x{ratio:.3f} (target {target})  memory x{memory:.3f} (target 1.3)"
    )


def snapshot(folder: Path, windows: int) -> None:
    """A full snapshot with `windows` windows, written now."""
    now = time.time()
    shown = [("five_hour", 42.0, 7980), ("seven_day", 63.0, 276_000)]
    shown += [(f"seven_day_model{at}", at % 100, 276_000) for at in range(windows - len(shown))]
    readings: list[dict[str, object]] = [
        {
            "value": {"type": "window", "id": key, "name": key, "utilization": used, "resets_at": now + left},
            "source": "endpoint",
            "as_of": now - 60,
            "alpha": True,
        }
        for key, used, left in shown
    ]
    extra = {"type": "extra_usage", "is_enabled": True, "used": [1240, "USD", 2], "limit": [5000, "USD", 2]}
    readings.append({"value": extra, "source": "endpoint", "as_of": now - 60, "alpha": True})
    fields = {"today.cost": [[310, "USD", 2], now + 9999], "block.tokens": [420_000, now + 9999]}
    head = {"version": 1, "written_at": now, "fresh_for": 1e6, "stale_after": 3600, "readings": readings, "fields": fields}
    account = folder / "default"
    account.mkdir(parents=True, exist_ok=True)
    (account / "snapshot.json").write_text(json.dumps({**head, **read_or_defaults("")}), encoding="utf-8")


def main() -> None:
    """Measure the commands with a usual snapshot and with one of 50 windows, and the status line as `install` writes it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {"HOME": name, "PATH": os.environ["PATH"], "QUOTALINE_CACHE_DIR": name, "COLUMNS": "120"}
        stdin = folder / "stdin.json"
        stdin.write_text(json.dumps(sample("statusline.json", time.time())), encoding="utf-8")
        for windows in (3, 50):
            snapshot(folder, windows)
            for command, target in (("statusline", 1.15), ("prompt", 1.1), ("guard --hook", 1.1)):
                compare(f"quotaline {command}, {windows} windows", [SCRIPT, *command.split()], env, stdin, target)
            compare(f"as installed, {windows} windows", [*start(), "statusline"], env, stdin, 1.0)
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
