"""A small corpus of transcripts, and what ccusage 20.0.24 makes of it: `python tests/ccusage_corpus.py PROGRAM`.

The expected output in `tests/data/ccusage` was written so by the program of the npm package @ccusage/ccusage-linux-x64, without
network, in three time zones. Nothing of the corpus is what ccusage counts otherwise than we do by intent: README has the list.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from transcript_lines import assistant, dump
from usage_history import at

EXPECTED = Path(__file__).parent / "data" / "ccusage"
ZONES = ("UTC", "Asia/Tokyo", "America/New_York")
SHOP, BLOG = "-home-user-shop", "-home-user-blog"
SOME_DAYS = ("--since", "20261103", "--until", "20261107")
REPORTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "daily": (("daily",), ()),
    "daily-since-until": (
        ("daily", "--since", "20261103", "--until", "20261108"),
        ("--since", "20261103", "--until", "20261108"),
    ),
    "daily-instances": (("daily", "--instances"), ("--instances",)),
    "daily-project": (("daily", f"--project={SHOP}"), (f"--project={SHOP}",)),
    "daily-no-project": (("daily", "--project=shop"), ("--project=shop",)),
    "daily-breakdown": (("daily", "--breakdown"), ("--breakdown",)),
    "weekly": (("weekly",), ("--by", "week")),
    "weekly-since": (("weekly", "--since", "20261103"), ("--by", "week", "--since", "20261103")),
    "monthly": (("monthly",), ("--by", "month")),
    "session": (("session",), ("--by", "session")),
    "session-until": (("session", "--until", "20261107"), ("--by", "session", "--until", "20261107")),
    "blocks": (("blocks",), ("--by", "block")),
    "blocks-since": (("blocks", "--since", "20261107"), ("--by", "block", "--since", "20261107")),
}
"""What ccusage is asked, and what `history --format ccusage`."""


def spoken(message: str, moment: str, model: str, *, outputs: tuple[int, ...] = (1, 40), **said: Any) -> list[dict[str, Any]]:
    """The lines of one message, four seconds apart, its output growing."""
    start = at(moment)
    return [assistant(message, start + 4 * place, output=output, model=model, **said) for place, output in enumerate(outputs)]


def write_corpus(config_dir: Path) -> None:
    """Two projects, a fork that comes before and one that comes behind what it was forked from, subagents, midnights, gaps."""
    opus, haiku, odd = "claude-opus-4-8", "claude-haiku-4-5-20251001", "claude-unheard-of-1"
    first = [
        *spoken("m1", "2026-10-31T22:00:00", opus, input=900, cache_write_5m=4000, cache_read=120_000),
        *spoken("m2", "2026-10-31T23:59:57", haiku, input=7, cache_write_1h=3000, cache_write_5m=20, outputs=(1, 9, 77)),
        *spoken("m3", "2026-11-01T02:59:58", haiku, input=1, cache_read=70_001),
        *spoken("m4", "2026-11-01T03:00:00", odd, input=2, outputs=(5,)),
        *spoken("m5", "2026-11-01T08:30:00", opus, input=3, cache_read=90_000),
    ]
    copies = [line | {"sessionId": "0000-before", "forkedFrom": {"sessionId": "5555-first"}} for line in first[:5]]
    behind = [line | {"sessionId": "9999-behind", "forkedFrom": {"sessionId": "5555-first"}} for line in first[:4]]
    later = spoken("m6", "2026-11-03T14:59:59", opus, input=11, cache_write_1h=50_000, session="0000-before")
    side = [
        *spoken("a1", "2026-11-03T15:10:00", haiku, input=4, cache_read=1000, sidechain=True, session="0000-before"),
        *spoken("a2", "2026-11-07T04:59:58", haiku, input=5, cache_read=2000, sidechain=True, session="0000-before"),
    ]
    other = [
        *spoken("b1", "2026-11-07T05:00:00", opus, input=6, session="7777-blog"),
        *spoken("b2", "2026-11-07T10:00:00", opus, input=6, session="7777-blog", outputs=(8,)),
        *spoken("b3", "2026-11-08T11:00:00", opus, input=6, session="7777-blog", outputs=(8,), request=None),
        *spoken("b4", "2026-11-08T11:00:01", odd, input=6, session="7777-blog", speed="fast"),
    ]
    files = {
        f"{SHOP}/5555-first": first,
        f"{SHOP}/0000-before": [*copies, *later],
        f"{SHOP}/0000-before/subagents/agent-1": side,
        f"{SHOP}/9999-behind": behind,
        f"{BLOG}/7777-blog": other,
    }
    for name, lines in files.items():
        path = config_dir / "projects" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dump(*lines))


def ask(program: str, config_dir: Path, zone: str, *words: str) -> dict[str, Any]:
    """What ccusage prints of a corpus, with the prices that it has built in."""
    env = {**os.environ, "CLAUDE_CONFIG_DIR": str(config_dir), "TZ": zone, "HOME": str(config_dir)}
    command = [program, "claude", *words, "--json", "--offline"]
    done = subprocess.run(command, env=env, capture_output=True, check=True)
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree


def comparable(tree: Any) -> Any:
    """A report in which the order of models says nothing, and dollars are what they are to the ninth decimal."""
    if isinstance(tree, dict):
        return {key: comparable(value) for key, value in tree.items()}
    if isinstance(tree, list):
        items = [comparable(item) for item in tree]
        named = all(isinstance(item, str) or "modelName" in item for item in items)
        return sorted(items, key=lambda item: item if isinstance(item, str) else item["modelName"]) if named else items
    return round(tree, 9) + 0 if isinstance(tree, float) else tree


def expected_name(report: str, zone: str) -> str:
    return f"{report}.{zone.replace('/', '-')}.json"


def main(program: str) -> None:
    """Write what the program makes of the corpus."""
    EXPECTED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(Path(folder))
        for report, (words, _) in REPORTS.items():
            for zone in ZONES:
                tree = comparable(ask(program, Path(folder), zone, *words))
                text = json.dumps(tree, separators=(",", ":"), sort_keys=True)
                (EXPECTED / expected_name(report, zone)).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
