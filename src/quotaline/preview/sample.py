"""EFFECT What `make run` shows: the lines and the overview for this machine's own Claude data, or for the bundled sample."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from quotaline.locations import Locations, resolve_locations
from quotaline.model import Account, Snapshot
from quotaline.refresh.run import refresh

MOMENT = re.compile(r"(epoch|ms|iso)([+-]\d+)")
# seconds ago, percent of session, week and Fable's week, cents beyond the plan: what there is to forecast from
PAST = (
    (108_000, None, 51, 60, 1020),
    (93_600, None, 54, 65, 1100),
    (79_200, None, 56, 68, 1240),
    (9_300, 4, 58, 70, 1240),
    (7_200, 14, 59, 72, 1240),
    (4_800, 24, 61, 74, 1240),
    (2_400, 33, 62, 76, 1240),
)
PATIENCE = 5.0
"""Seconds that a previewed command may take; a chained one may be anybody's."""
MINUTES_AGO = (5, 9, 14, 31, 62, 1500, 2900, 4400)  # when the sample's messages were sent


def has_claude_data(where: Locations) -> bool:
    """Whether any transcript or inbox file is there to be read."""
    if where.cache_dir and any((where.cache_dir / "inbox").glob("*.json")):
        return True
    return any(next((folder / "projects").glob("**/*.jsonl"), None) for folder in where.claude_dirs)


def filled(value: Any, now: float) -> Any:
    """The sample with its relative times, such as "epoch+7980", made absolute."""
    if isinstance(value, dict):
        return {key: filled(item, now) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, now) for item in value]
    found = MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    moment = int(now) + int(found[2])
    if found[1] == "iso":
        return datetime.fromtimestamp(moment, UTC).isoformat()
    return moment * (1000 if found[1] == "ms" else 1)


def load(name: str, now: float) -> Any:
    """One of the bundled files, at `now`."""
    text = (files("quotaline") / "_data" / f"sample_{name}").read_text(encoding="utf-8")
    return filled(json.loads(text), now)


def transcript(now: float) -> str:
    """A session's transcript whose messages were sent MINUTES_AGO."""
    lines = []
    for at, minutes in enumerate(reversed(MINUTES_AGO)):
        sent = datetime.fromtimestamp(now - minutes * 60, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        usage = {
            "input_tokens": 40,
            "output_tokens": 1900 + 100 * at,
            "cache_read_input_tokens": 60_000,
            "cache_creation_input_tokens": 9000,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 9000},
        }
        message = {"id": f"msg_sample{at}", "role": "assistant", "model": "claude-opus-5-5", "content": [], "usage": usage}
        line = {"type": "assistant", "timestamp": sent, "cwd": "/home/you/quotaline", "requestId": f"req_sample{at}"}
        lines.append(json.dumps({**line, "sessionId": "00000000-0000-4000-8000-00000000cafe", "message": message}))
    return "".join(line + "\n" for line in lines)


def usage(now: float, moment: tuple[int, int | None, int, int, int]) -> Any:
    """`claude.json` at a moment of PAST; no session is a 5-hour window that has not begun."""
    ago, session, week, fable, cents = moment
    content = load("claude.json", now)
    cached = content["cachedUsageUtilization"]
    body = cached["utilization"]
    cached["fetchedAtMs"] = int((now - ago) * 1000)
    body["five_hour"] = body["five_hour"] if session is not None else None
    body["limits"] = [row for row in body["limits"] if session is not None or row["kind"] != "session"]
    percents = {"session": session, "weekly_all": week, "weekly_scoped": fable}
    for row in body["limits"]:
        row["percent"] = percents[row["kind"]]
    for key, percent in (("five_hour", session), ("seven_day", week)):
        if body[key] is not None:
            body[key]["utilization"] = percent
    body["extra_usage"] |= {"used_credits": cents, "utilization": cents / 50}
    return content


def furnish(home: Path, now: float, *, opened: bool = True) -> dict[str, str]:
    """Lay the sample out as a home folder, refreshed over its last 30 hours, and return the environment that points there.

    `opened`: its undocumented sources are open.
    """
    projects = home / ".claude" / "projects" / "-home-you-quotaline"
    projects.mkdir(parents=True)
    (projects / "00000000-0000-4000-8000-00000000cafe.jsonl").write_text(transcript(now), encoding="utf-8")
    config = files("quotaline") / "_data" / "sample_config.toml"
    (home / "config.toml").write_text(config.read_text(encoding="utf-8") if opened else "", encoding="utf-8")
    foreign = ("CLAUDE_", "QUOTALINE_", "XDG_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env |= {"HOME": str(home), "QUOTALINE_CONFIG": str(home / "config.toml"), "QUOTALINE_REFRESH": "1"}
    for moment in PAST if opened else ():
        (home / ".claude.json").write_text(json.dumps(usage(now, moment)), encoding="utf-8")
        refresh(env, now - moment[0], force=True)
    (home / ".claude.json").write_text(json.dumps(load("claude.json", now)), encoding="utf-8")
    return env


def show(env: dict[str, str], stdin: str) -> None:
    """Run the real commands, one after the other, and let them print."""
    quotaline = [sys.executable, "-P", "-m", "quotaline"]
    env = {**env, "COLUMNS": str(_columns())}

    def run(title: str, *command: str, text: str = "") -> None:
        print(f"\n{title}", flush=True)
        subprocess.run([*quotaline, *command], env=env, input=text, text=True, check=False)

    run("Claude Code's status line (quotaline statusline):", "statusline", text=stdin)
    run("A shell prompt's line (quotaline prompt):", "prompt", *(["--shell", "fish"] if sys.stdout.isatty() else []))
    run("The overview (quotaline usage):", "usage")


def line_drawn_by(command: str, compiled: dict[str, Any], now: float) -> str:
    """What the shell command of a status line prints for the sample, with the person's own segments and lines; "" if it fails.

    It has a cache of its own: nothing that it is told reaches the real one.
    """
    with tempfile.TemporaryDirectory(prefix="quotaline-") as folder:
        env = {**os.environ, "QUOTALINE_CACHE_DIR": folder, "QUOTALINE_REFRESH": "1", "COLUMNS": str(_columns())}
        env |= {} if sys.stdout.isatty() else {"NO_COLOR": "1"}
        cache = resolve_locations(env).snapshot
        if cache is None:
            return ""
        cache.parent.mkdir(parents=True, exist_ok=True)
        account = Account(config_dir="")
        kept = Snapshot(written_at=now, fresh_for=now, stale_after=now, account=account, **compiled)
        cache.write_bytes(msgspec.json.encode(kept))
        stdin = json.dumps(load("statusline.json", now)).encode()
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", command], env=env, input=stdin, capture_output=True, timeout=PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace") if not done.returncode else ""


def _columns() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 100


def main() -> int:
    """Show this machine's numbers where there are any, the sample's otherwise, say which, and what is next."""
    if has_claude_data(resolve_locations(os.environ)):
        print("quotaline, with this machine's own Claude data.")
        refresh(os.environ, time.time(), force=True)
        show(dict(os.environ), "{}")
    else:
        print("quotaline, with the bundled sample: no Claude data was found on this machine.")
        show_sample()
    program = os.path.relpath(Path(sys.executable).with_name("quotaline"))
    print(f"\nNext: `{program} setup` brings the line to Claude Code and your shell.")
    return 0


def show_sample() -> None:
    """The bundled sample in a home of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="quotaline-") as folder:
        now, home = time.time(), Path(folder)
        env, stdin = furnish(home, now), load("statusline.json", now)
        where = resolve_locations(env)
        if where.cache_dir is not None and where.data_dir is not None:
            told = {"version": 1, "session": "sample", "as_of": now, "rate_limits": stdin["rate_limits"]}
            (where.cache_dir / "inbox").mkdir(parents=True)
            (where.cache_dir / "inbox" / "sample.json").write_text(json.dumps(told), encoding="utf-8")
            (where.data_dir / "alpha-notice").touch()  # nobody has opened anything
        refresh(env, now, force=True)
        show(env, json.dumps(stdin))


if __name__ == "__main__":
    sys.exit(main())
