"""EFFECT `history --format ccusage` against native ccusage on 2 GB of transcripts of two shapes, number by number.

    make bench-ccusage

ccusage 20.0.24 counts a subagent's replay of a message that grew twice in all reports but `daily`. So the sessions that have
one are told apart, and then the replays are taken out of the corpus, in all time zones.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from corpus import SHAPES, make
from transcripts import FILES, ccusage

QUOTALINE = Path(sys.executable).with_name("quotaline")
NUMBERS = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
REPORTS = {
    "day": ("daily", "daily", ("date",)),
    "week": ("weekly", "weekly", ("week",)),
    "month": ("monthly", "monthly", ("month",)),
    "session": ("session", "sessions", ("projectPath", "sessionId")),
}
REPLAY = b'"requestId":"req_02'  # how a made corpus marks them


def printed(command: list[str | Path], env: dict[str, str]) -> Any:
    """The JSON that a command prints."""
    return json.loads(subprocess.run(command, env=env, capture_output=True, check=True).stdout)


def numbers(row: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The counters of a row and of each of its models."""
    models = {model["modelName"]: tuple(model[name] for name in NUMBERS) for model in row["modelBreakdowns"]}
    return {"": tuple(row[name] for name in NUMBERS), **models}


def replayed(root: Path) -> set[str]:
    """The sessions in which a subagent replays a message."""
    files = root.glob("projects/*/*/subagents/*.jsonl")
    return {path.parts[-3] for path in files if REPLAY in path.read_bytes()}


def take_out_replays(root: Path) -> None:
    """Rewrite the subagents' transcripts that have one."""
    for path in root.glob("projects/*/*/subagents/*.jsonl"):
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if REPLAY not in line]
        if len(kept) < len(lines):
            path.write_bytes(b"".join(kept))


def compare(program: Path, root: Path, scratch: Path, zone: str) -> None:
    """Print on how many rows and models both have the same counters, of each report in one time zone."""
    folders = {"HOME": str(scratch), "QUOTALINE_DATA_DIR": str(scratch), "QUOTALINE_CACHE_DIR": str(scratch)}
    env = {**os.environ, **folders, "CLAUDE_CONFIG_DIR": str(root), "TZ": zone}
    odd = replayed(root)
    for by, (report, key, names) in REPORTS.items():
        theirs = printed([program, "claude", report, "--json", "--offline"], env)[key]
        ours = {tuple(row[name] for name in names): numbers(row) for row in _ours(by, env)[key]}
        both = {tuple(row[name] for name in names): numbers(row) for row in theirs}
        equal = sum(ours.get(name) == counts for name, counts in both.items())
        cells = sum(map(len, both.values()))
        same = sum(ours.get(name, {}).get(model) == cell for name, row in both.items() for model, cell in row.items())
        text = f"{zone:<17} {report:<8} {equal} of {len(both)} rows, {same} of {cells} sums and models; {len(ours)} rows here"
        if by == "session":
            wrong = [name for name, counts in both.items() if ours.get(name) != counts]
            text += f"; unequal without a replay {sum(name[1] not in odd for name in wrong)}, sessions with one {len(odd)}"
        print(text, flush=True)
    theirs = printed([program, "claude", "blocks", "--json", "--offline"], env)["blocks"]
    starts = {(row["id"], row["isGap"]) for row in _ours("block", env)["blocks"]}
    equal = sum((row["id"], row["isGap"]) in starts for row in theirs)
    print(f"{zone:<17} blocks   {equal} of {len(theirs)} begin at the same time; {len(starts)} here", flush=True)


def _ours(by: str, env: dict[str, str]) -> Any:
    return printed([QUOTALINE, "history", "--format", "ccusage", "--by", by], env)


def main() -> None:
    """Make the corpora, compare, and take everything away again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual 2 GB of each shape")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quotaline-bench-") as name:
        program = ccusage(Path(name))
        if program is None:
            sys.exit("ccusage is not to be had here.")
        for shape in SHAPES:
            scratch = Path(name) / shape
            scratch.mkdir()
            filler = 1.1 if shape == "results" else 1.0
            made = make(scratch / "corpus", files=int(FILES[shape] * asked.share), filler=filler, shape=shape)
            print(f"corpus {shape}: {made.files} files, {made.size / 1e9:.2f} GB", flush=True)
            compare(program, made.root, scratch, "UTC")
            take_out_replays(made.root)
            print("without replays", flush=True)
            (scratch / "ledger.db").unlink()
            for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
                compare(program, made.root, scratch, zone)


if __name__ == "__main__":
    main()
