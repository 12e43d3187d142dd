"""EFFECT Transcripts at scale: made corpora against their own truth, against native ccusage, and ten times as long.

    make bench-transcripts

Whole processes, timed in pairs in changing order, page cache warm, no network; the ratio is the median of the pairs' ratios, so
that a noisy machine is noisy for both. ccusage is the npm package's program for this platform, which npm fetches into the
scratch folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from corpus import COUNTERS, END, SHAPES, make
from quotaline.ledger import open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.totals import local_totals
from quotaline.ledger.usage import usage_between
from quotaline.prices import PriceBook

IMPORT = """
import sys
from pathlib import Path
from quotaline.ledger import open_ledger
from quotaline.ledger.importer import import_transcripts
with open_ledger(Path(sys.argv[1])) as ledger:
    import_transcripts(ledger, [Path(sys.argv[2])])
"""
MEGABYTE = 1 << 20
TARGET = 0.6
FILES = {"results": 4000, "answers": 1900}  # of each shape, about 2 GB


class Took(NamedTuple):
    """Seconds of one child and of its children: by the clock, and of processors."""

    wall: float
    processor: float


def timed(command: list[str], env: dict[str, str]) -> Took:
    """What one child took whose output goes nowhere."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ours(scratch: Path, root: Path) -> list[str]:
    """The first import, into a ledger that is not there yet."""
    for file in scratch.glob("ledger.db*"):
        file.unlink()
    return [sys.executable, "-P", "-c", IMPORT, str(scratch / "ledger.db"), str(root)]


def ccusage(scratch: Path) -> Path | None:
    """The native program, or None where npm cannot fetch it."""
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "")
    machine = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "")
    package = f"@ccusage/ccusage-{system}-{machine}"
    if shutil.which("npm"):
        subprocess.run(["npm", "install", "--prefix", scratch / "npm", package], capture_output=True, check=False)
    program = scratch / "npm" / "node_modules" / package / "bin" / "ccusage"
    if program.exists():
        program.chmod(0o700)
        return program
    return None


def against_ccusage(scratch: Path, root: Path, pairs: int) -> float:
    """Print the pairs, and on how many days both count the same; the median of our seconds."""
    program = ccusage(scratch)
    offline = ["unshare", "-rn"] if subprocess.run(["unshare", "-rn", "true"], check=False).returncode == 0 else []
    env = {**os.environ, "CLAUDE_CONFIG_DIR": str(root), "TZ": "UTC", "HOME": str(scratch)}
    command = [*offline, str(program), "claude", "daily", "--json", "--offline"]
    found = []
    for turn in range(pairs + 1):
        took = {}
        for who in ("ours", "theirs") if turn % 2 else ("theirs", "ours"):
            if who == "ours":
                took[who] = timed(ours(scratch, root), dict(os.environ))
            elif program:
                took[who] = timed(command, env)
        if turn:  # the first pair warms the page cache
            found.append(took)
    mine = statistics.median(pair["ours"].wall for pair in found)
    if program is None:
        print(f"first import      {mine:6.2f} s   ccusage is not to be had here")
        return mine
    for place, name in enumerate(("first import", "its processor")):
        ratios = sorted(pair["ours"][place] / pair["theirs"][place] for pair in found)
        middles = [statistics.median(pair[who][place] for pair in found) for who in ("ours", "theirs")]
        spread = f"{len(found)} pairs, {ratios[0]:.2f} to {ratios[-1]:.2f}"
        beside = f"x{statistics.median(ratios):.3f} of it (target {TARGET}; {spread})"
        print(f"{name:<17} {middles[0]:6.2f} s   ccusage {middles[1]:.2f} s   {beside}")
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    same(scratch, json.loads(said)["daily"])
    return mine


def same(scratch: Path, theirs: list[dict[str, Any]]) -> None:
    """Print on how many days ccusage counts what the ledger has."""
    days = defaultdict[str, list[int]](lambda: [0] * 4)
    with open_ledger(scratch / "ledger.db") as ledger:
        for part in usage_between(ledger.connection, 0, END + 1e6):
            tokens, day = part.tokens, datetime.fromtimestamp(part.time, UTC).date().isoformat()
            written = tokens.cache_write_5m + tokens.cache_write_1h
            for place, count in enumerate((tokens.input, tokens.output, written, tokens.cache_read)):
                days[day][place] += count
    names = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
    equal = sum(days.get(day["date"]) == [day[name] for name in names] for day in theirs)
    print(f"same as ccusage   {equal} of {len(theirs)} days, {len(days)} here")


def memory(scratch: Path, root: Path) -> None:
    """Print the peak of both processes together: the sum of each one's own peak, shared pages counted twice."""
    peaks: dict[int, int] = {}
    child = subprocess.Popen(ours(scratch, root))

    def watch() -> None:
        while child.returncode is None:
            children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
            for pid in [child.pid, *map(int, children.read_text().split())] if children.exists() else []:
                status = Path(f"/proc/{pid}/status")
                found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
                peaks[pid] = max(peaks.get(pid, 0), int(found[1]) * 1024 if found else 0)
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    child.wait()
    watcher.join()
    each = " + ".join(f"{peak / MEGABYTE:.0f}" for peak in peaks.values())
    print(f"peak memory       {sum(peaks.values()) / MEGABYTE:6.0f} MB  ({each}; target 150)")


def check(scratch: Path, root: Path) -> None:
    """Print whether every day and model has its true counters and its true cost, to the last digit."""
    truth = json.loads(root.with_suffix(".truth.json").read_text(encoding="utf-8"))
    book, found = PriceBook(), defaultdict[tuple[str, str], list[Any]](lambda: [0] * 7 + [Decimal(0)])
    with open_ledger(scratch / "ledger.db") as ledger:
        for part in usage_between(ledger.connection, 0, END + 1e6):
            row = found[datetime.fromtimestamp(part.time, UTC).date().isoformat(), part.model]
            counts = [getattr(part.tokens, name) for name in COUNTERS[:5]]
            for place, count in enumerate((*counts, part.web_searches, part.messages)):
                row[place] += count
            cost = part.cost(book)
            row[7] = None if cost is None or row[7] is None else row[7] + cost
    wrong = 0
    for day, models in truth.items():
        for model, sums in models.items():
            cost = None if sums["cost"] is None else Decimal(sums["cost"])
            wrong += found.pop((day, model), None) != [*(sums[name] for name in (*COUNTERS, "messages")), cost]
    cells = sum(map(len, truth.values()))
    print(f"totals and costs  {cells - wrong} of {cells} days and models exact, {len(found)} that should not be there")


def refresh(scratch: Path, root: Path) -> tuple[float, Any]:
    """Seconds of a refresh's transcript step, with the totals; and what the import reported."""
    start = time.perf_counter()
    with open_ledger(scratch / "ledger.db") as ledger:
        report = import_transcripts(ledger, [root])
        local_totals(ledger, END - 3600, UTC, five_hour_resets_at=None, prices=PriceBook())
    return time.perf_counter() - start, report


def nothing_changed(scratch: Path, root: Path, first: float) -> None:
    """Print the step when there is nothing to read, and how many transcripts it opens."""
    opened: list[str] = []
    counting = True
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if counting and event == "open" else None)
    refresh(scratch, root)
    median = statistics.median(refresh(scratch, root)[0] for _ in range(21))
    counting = False
    count = sum(path.endswith(".jsonl") for path in opened)
    print(f"nothing changed   {median * 1000:6.1f} ms  x{median / first:.4f} of the first import (target 0.05); {count} opened")


def append(root: Path, number: int) -> int:
    """Append a line with a new message to the newest transcript; its bytes."""
    newest = max(root.glob("projects/*/*.jsonl"), key=lambda path: path.stat().st_mtime)
    lines = newest.read_bytes().splitlines(keepends=True)
    line = next(line for line in reversed(lines) if b'"id":"msg_' in line)
    line = re.sub(rb'"id":"msg_\w+"', b'"id":"msg_appended%d"' % number, line)
    with newest.open("ab") as file:
        file.write(line)
    return len(line)


def appended(folders: list[tuple[Path, Path]], turns: int) -> list[float]:
    """Median seconds of the refresh after one appended line, for each history, in turns; reads exactly those bytes."""
    seconds: list[list[float]] = [[] for _ in folders]
    for number in range(turns):
        for place, (scratch, root) in enumerate(folders):
            size = append(root, number)
            took, report = refresh(scratch, root)
            assert report.bytes_read == size, (report, size)
            seconds[place].append(took)
    return [statistics.median(each) for each in seconds]


def main() -> None:
    """Make the corpora, measure, print, and take everything away again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual 2 GB of each shape")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quotaline-bench-") as name:
        long, scratches = Path(name) / "tenfold", {shape: Path(name) / shape for shape in SHAPES}
        long.mkdir()
        for shape, scratch in scratches.items():
            scratch.mkdir()
            files, filler = int(FILES[shape] * asked.share), 1.1 if shape == "results" else 1.0
            made = make(scratch / "corpus", seed=asked.seed, files=files, filler=filler, shape=shape)
            size = f"{made.files} files, {made.size / 1e9:.2f} GB, {len(made.truth)} days, seed {asked.seed}"
            print(f"corpus {shape:<10} {size}", flush=True)
            first = against_ccusage(scratch, scratch / "corpus", asked.pairs)
            memory(scratch, scratch / "corpus")
            check(scratch, scratch / "corpus")
            nothing_changed(scratch, scratch / "corpus", first)
        scratch = scratches["results"]
        made = make(long / "corpus", seed=asked.seed, files=int(FILES["results"] * asked.share) * 10, days=600, filler=0.02)
        timed(ours(long, long / "corpus"), dict(os.environ))
        check(long, long / "corpus")
        folders = [(scratch, scratch / "corpus"), (long, long / "corpus")]
        appended(folders, 3)
        once, tenfold = appended(folders, 21)
        print(f"one line more     {once * 1000:6.1f} ms, exactly its bytes read")
        print(f"10 x the history  {tenfold * 1000:6.1f} ms  x{tenfold / once:.3f} (target 1.2); {made.files} files, 600 days")


if __name__ == "__main__":
    main()
