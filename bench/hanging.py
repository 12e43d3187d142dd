"""EFFECT Prompts while the server hangs: drawn in pairs, one beside a refresh that waits for an answer, one beside none.

    python bench/hanging.py

The server takes the connection and the request and never answers. Both machines have the same snapshot; the ratio is the
median of the pairs' ratios.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.core.snapshot import read_or_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = str(Path(sys.executable).with_name("quotaline"))
ROUNDS = 3


def drawn(env: dict[str, str]) -> float:
    """Seconds of one `quotaline prompt`."""
    start = time.perf_counter()
    subprocess.run([SCRIPT, "prompt"], env=env, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def machine(folder: Path, url: str) -> dict[str, str]:
    """The environment of a user with a login, a snapshot of an hour ago, and only the endpoint to ask."""
    config, account = folder / ".config" / "quotaline", folder / ".cache" / "quotaline" / "default"
    for made in (config, account, folder / ".claude"):
        made.mkdir(parents=True)
    (config / "config.toml").write_text(
        f'enable_alpha_features = true\n[sources]\nclaude_cli.enabled = false\nendpoint.base_url = "{url}"\n'
    )
    (folder / ".claude" / ".credentials.json").write_text(json.dumps({"claudeAiOauth": {"accessToken": "x" * 40}}))
    now = time.time()
    value = {"type": "window", "id": "five_hour", "name": "Session (5h)", "utilization": 42.0, "resets_at": now + 9000}
    reading = {"value": value, "source": "endpoint", "as_of": now - 3600, "alpha": True}
    head = {"version": 1, "written_at": now - 3600, "fresh_for": 60, "stale_after": 3600, "readings": [reading]}
    whose = {"account": {"config_dir": "~/.claude"}}
    (account / "snapshot.json").write_text(json.dumps({**read_or_defaults(""), **head, **whose}))
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TZ"}}
    return {**kept, "HOME": str(folder)}


def pairs(waiting: socket.socket) -> Iterator[tuple[float, float]]:
    """(beside a hanging refresh, beside none) for as long as one refresh waits."""
    url = f"http://127.0.0.1:{waiting.getsockname()[1]}"
    with tempfile.TemporaryDirectory() as name:
        hanging, quiet = machine(Path(name, "hanging"), url), machine(Path(name, "quiet"), url)
        taken: list[socket.socket] = []
        server = threading.Thread(target=lambda: taken.append(waiting.accept()[0]), daemon=True)
        server.start()
        with subprocess.Popen([SCRIPT, "refresh", "--background"], env=hanging) as refresh:
            server.join()
            while refresh.poll() is None:
                # neither starts a refresh of its own
                both = [drawn({**env, "QUOTALINE_REFRESH": "1"}) for env in (hanging, quiet)]
                if refresh.poll() is None:
                    yield both[0], both[1]
        for connection in taken:
            connection.close()


def main() -> None:
    """Print the medians."""
    with socket.create_server(("127.0.0.1", 0)) as waiting:
        found = [pair for _ in range(ROUNDS) for pair in pairs(waiting)]
    ratio = statistics.median(hanging / quiet for hanging, quiet in found)
    hanging, quiet = (statistics.median(pair[place] for pair in found) * 1000 for place in (0, 1))
    print(f"quotaline prompt, server hangs {hanging:6.2f} ms  quiet {quiet:6.2f} ms  time x{ratio:.3f}  ({len(found)} pairs)")


if __name__ == "__main__":
    main()
