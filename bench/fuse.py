"""EFFECT The fuse's reaction: from a reading in the snapshot to the signal that the command gets.

.venv/bin/python bench/fuse.py
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from prompt import SCRIPT

RUNS = 20
COMMAND = """
import signal, time
def caught(*_):
    print(time.time(), flush=True)
    raise SystemExit
signal.signal(signal.SIGINT, caught)
print("ready", flush=True)
time.sleep(60)
"""


def spend(folder: Path, cents: int) -> float:
    """Leave a snapshot by which extra usage has come to that much; when it was there."""
    now = time.time()
    value = {"type": "extra_usage", "is_enabled": True, "used": [cents, "USD", 2]}
    kept = {
        "version": 1, "written_at": now, "fresh_for": 60.0, "stale_after": 3600.0, "account": {"config_dir": "~/.claude"},
        "readings": [{"value": value, "source": "endpoint", "as_of": now}],
    }  # fmt: skip
    (folder / "new").write_text(json.dumps(kept), encoding="utf-8")
    (folder / "new").replace(folder / "snapshot.json")
    return time.time()


def main() -> None:
    """Blow the fuse again and again, at another moment of its clock each time."""
    took = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "default")
        folder.mkdir()
        env = {"HOME": name, "PATH": os.environ["PATH"], "QUOTALINE_CACHE_DIR": name}
        words = [SCRIPT, "guard", "--max-extra-delta", "2.00", "--offline", "--", "python3", "-c", COMMAND]
        for run in range(RUNS):
            spend(folder, 1000)
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as child:
                assert child.stdout is not None
                assert child.stdout.readline() == "ready\n"
                time.sleep(0.5 + run / RUNS * 0.25)
                at = spend(folder, 1201)
                took.append(float(child.stdout.readline()) - at)
            assert child.returncode == 4
    print(f"from the reading to the signal: median {statistics.median(took):.2f} s, at most {max(took):.2f} s ({RUNS} runs)")
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
