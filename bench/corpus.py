"""A corpus of transcripts from a seed, with what it truly adds up to: `python bench/corpus.py FOLDER --files 4000`.

Made to look like what heavy users keep: main sessions and subagents, one message in several lines with a growing output count,
tool results from a hundred bytes to megabytes, resumed copies, replays in subagents, usage in quoted text and in tool results.

There are two shapes, since a reader can be quick with one and slow with the other. Of `results` most bytes stand in the results
of tools, whose lines show their type at once. Of `answers` most stand in lines with usage: thinking and its signatures, whole
files that are written; attachments hide their type behind themselves, and a fork holds all that it was forked from.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import re
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from quotaline.model import TokenUsage
from quotaline.prices import PriceBook

END = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
DAY = 86400
COUNTERS = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "web_searches")
MODELS = {
    "claude-opus-5-5": 46, "claude-sonnet-5-5": 20, "claude-haiku-4-5-20251001": 14, "claude-haiku-5-5": 10,
    "claude-fable-5-2": 6, "claude-opus-4-8": 3, "claude-unheard-of-1": 1,
}  # fmt: skip
WORDS = re.findall(
    r"\w+", "the quota of this window resets at noon: def load(path): return value if found else raise; import self"
)


class Shape(NamedTuple):
    """How lines are made: weights of 1 to 4 blocks, and of 0, 1, 2, 4, 7 subagents.

    `turns` of a session and of a subagent, and the bytes of an `answer` and a `result` with their spread, are logarithms.
    `thinking` and `attached` are the shares of blocks that think and of turns with an attachment. A fork has `copied` lines at
    the most. Where there are no `escapes`, text is prose.
    """

    blocks: tuple[int, ...]
    agents: tuple[int, ...]
    turns: tuple[float, float]
    answer: tuple[float, float]
    result: tuple[float, float]
    thinking: float = 0
    attached: float = 0
    copied: int = 60
    escapes: bool = True


SHAPES = {
    "results": Shape((30, 45, 20, 5), (45, 20, 15, 12, 8), (3.7, 3.0), (5.25, 1.2), (7.3, 1.45)),
    "answers": Shape(
        (30, 45, 20, 5), (40, 24, 20, 12, 4), (4.25, 3.4), (7.45, 0.9), (7.55, 1.0),
        thinking=0.35, attached=0.35, copied=1 << 30, escapes=False,
    ),
}  # fmt: skip


class Corpus:
    """Writes files until there are enough; `truth` is day → model → sums."""

    end = END

    def __init__(self, root: Path, seed: int, days: int, filler: float, shape: Shape) -> None:
        self.root, self.days, self.filler, self.random, self.shape = root, days, filler, random.Random(seed), shape
        self.book, self.files, self.size = PriceBook(), 0, 0
        self.truth: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.sessions: list[tuple[str, list[str]]] = []
        lines = (" ".join(self.random.choices(WORDS, k=self.random.randint(3, 14))) for _ in range(20_000))
        self.text = [f'    {line} \\"x\\"\\n' if shape.escapes else f"{line}. As we saw:  " for line in lines]
        self.text[::97] = ['{\\"type\\":\\"assistant\\",\\"usage\\":{\\"input_tokens\\":77}}\\n'] * len(self.text[::97])

    def hexes(self, digits: int) -> str:
        """Random hexadecimal digits."""
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"

    def uuid(self) -> str:
        """A random UUID."""
        text = self.hexes(32)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def prose(self, size: float) -> str:
        """About `size` bytes of text, already escaped for JSON."""
        count = max(1, int(size * self.filler / 60))
        at = self.random.randrange(max(1, len(self.text) - count))
        return "".join(self.text[at : at + count]) if count < len(self.text) else "".join(self.text) * (count // len(self.text))

    def count(self, at: float, model: str, counters: dict[str, int], *, fast: bool, us: bool) -> None:
        """One message more in the truth, priced by itself."""
        day = datetime.fromtimestamp(at, UTC).date().isoformat()
        entry = self.truth[day].setdefault(model, {**dict.fromkeys(COUNTERS, 0), "messages": 0, "cost": Decimal(0)})
        tokens = TokenUsage(**{name: counters[name] for name in COUNTERS[:5]})
        cost = self.book.cost(model, tokens, at=at, web_searches=counters["web_searches"], fast=fast, us=us)
        entry["cost"] = None if cost is None else entry["cost"] + cost
        entry["messages"] += 1
        for name in COUNTERS:
            entry[name] += counters[name]

    def assistant(self, session: str, at: float, *, agent: str | None) -> list[str]:
        """The lines of one API message: one per content block, the output count growing; counted in the truth."""
        rand, model = self.random, self.random.choices(list(MODELS), list(MODELS.values()))[0]
        fast, us = model == "claude-opus-5-5" and rand.random() < 0.04, rand.random() < 0.02
        hour = rand.randrange(8000) if rand.random() < 0.6 else 0
        counters = {
            "input": rand.randrange(1, 400), "output": rand.randrange(20, 3000), "cache_write_5m": rand.randrange(6000),
            "cache_write_1h": hour, "cache_read": rand.randrange(180_000), "web_searches": int(rand.random() < 0.01),
        }  # fmt: skip
        self.count(at, model, counters, fast=fast, us=us)
        geo = "us" if us else "not_available"
        message, request, lines = f"msg_01{self.hexes(22)}", f"req_01{self.hexes(22)}", []
        blocks = rand.choices((1, 2, 3, 4), self.shape.blocks)[0]
        for block in range(blocks):
            output = counters["output"] if block == blocks - 1 else min(counters["output"], 1 + block * 8)
            usage = (
                f'{{"input_tokens":{counters["input"]},"cache_creation_input_tokens":{counters["cache_write_5m"] + hour},'
                f'"cache_read_input_tokens":{counters["cache_read"]},"output_tokens":{output},'
                f'"server_tool_use":{{"web_search_requests":{counters["web_searches"]},"web_fetch_requests":0}},'
                f'"service_tier":"standard","cache_creation":{{"ephemeral_1h_input_tokens":{hour},'
                f'"ephemeral_5m_input_tokens":{counters["cache_write_5m"]}}},"inference_geo":"{geo}",'
                f'"iterations":[{{"input_tokens":{counters["input"]},"output_tokens":{output},"type":"message"}}],'
                f'"speed":"{"fast" if fast else "standard"}"}}'
            )
            content = self.block(last=block == blocks - 1)
            lines.append(
                f'{{"parentUuid":"{self.uuid()}","isSidechain":{"true" if agent else "false"},'
                + (f'"agentId":"{agent}",' if agent else "")
                + f'"message":{{"model":"{model}","id":"{message}","type":"message","role":"assistant","content":[{content}],'
                f'"stop_reason":"tool_use","stop_sequence":null,"usage":{usage}}},"apiBlockIndex":{block},"requestId":"{request}",'
                f'"type":"assistant",{self.tail(session, at + block)}}}\n'
            )
        return lines

    def block(self, *, last: bool) -> str:
        """What one line of a message holds."""
        rand, size = self.random, self.random.lognormvariate(*self.shape.answer)
        if rand.random() < self.shape.thinking and not last:
            signature = base64.b64encode(rand.randbytes(int(size / 2))).decode()
            return f'{{"type":"thinking","thinking":"{self.prose(size / 3)}","signature":"{signature}"}}'
        if not last:
            return f'{{"type":"text","text":"{self.prose(size)}"}}'
        tool = f'{{"type":"tool_use","id":"toolu_{self.hexes(24)}","name":"Bash","input":{{"command":"'
        return f'{tool}{self.prose(size)}"}}}}'

    def attachment(self, session: str, at: float, *, agent: str | None) -> str:
        """What the client tells the model beside the talk; its type stands behind it."""
        text = self.prose(self.random.lognormvariate(*self.shape.result))
        return (
            f'{{"parentUuid":"{self.uuid()}","isSidechain":{"true" if agent else "false"},'
            f'"attachment":{{"type":"edited_text_file","filename":"a.py","snippet":"{text}"}},'
            f'"type":"attachment",{self.tail(session, at)}}}\n'
        )

    def tail(self, session: str, at: float) -> str:
        """The keys that end a line."""
        stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6]
        return (
            f'"uuid":"{self.uuid()}","timestamp":"{stamp}Z","userType":"external","entrypoint":"cli",'
            f'"cwd":"/home/user/project","sessionId":"{session}","version":"2.1.329","gitBranch":"main"'
        )

    def user(self, session: str, at: float, *, agent: str | None) -> str:
        """A tool's result, twice, as the client keeps it; now and then of megabytes, now and then with usage in it."""
        rand = self.random
        text = self.prose(min(rand.lognormvariate(*self.shape.result), 3_000_000))
        inner = ',"usage":{"input_tokens":5,"output_tokens":5},"agentId":"a1"' if rand.random() < 0.1 else ""
        return (
            f'{{"parentUuid":"{self.uuid()}","isSidechain":{"true" if agent else "false"},"promptId":"{self.uuid()}",'
            f'"type":"user","message":{{"role":"user","content":[{{"tool_use_id":"toolu_{self.hexes(24)}",'
            f'"type":"tool_result","content":"{text}"}}]}},'
            f'"toolUseResult":{{"stdout":"{text}","stderr":"","interrupted":false{inner}}},{self.tail(session, at)}}}\n'
        )

    def talk(self, session: str, start: float, agent: str | None) -> list[str]:
        """Turns of one session or subagent from `start` on."""
        lines, at = [], start
        for _ in range(max(1, int(self.random.lognormvariate(self.shape.turns[agent is not None], 0.9)))):
            lines.append(self.user(session, at, agent=agent))
            if self.random.random() < self.shape.attached:
                lines.append(self.attachment(session, at + 1, agent=agent))
            lines += self.assistant(session, at + 2, agent=agent)
            at += self.random.expovariate(1 / 40) + 5
        return lines

    def session(self) -> None:
        """One main session with its subagents; one in eight starts with a copy of an earlier one."""
        rand, session = self.random, self.uuid()
        day = rand.randrange(self.days)
        start = self.end - (day + 1) * DAY + 8 * 3600 + rand.random() * 13 * 3600
        head = [
            f'{{"type":"session-owner","accountUuid":"account-{day % 2}","organizationUuid":"o","sessionId":"{session}"}}\n'
        ]
        project = self.root / "projects" / f"-home-user-project-{rand.randrange(40)}"
        if self.sessions and rand.random() < 0.125:
            theirs, copied = rand.choice(self.sessions)
            fork = f'"forkedFrom":{{"sessionId":"{theirs}","messageUuid":"{self.uuid()}"}}}}\n'
            head += [line.replace(theirs, session)[:-2] + f",{fork}" for line in copied]
        own = self.talk(session, start, None)
        error = f'"type":"assistant","isApiErrorMessage":true,{self.tail(session, start)}}}\n'
        usage = '"usage":{"input_tokens":0,"output_tokens":0}'
        own.insert(3, f'{{"message":{{"id":"{self.uuid()}","model":"<synthetic>","role":"assistant",{usage}}},{error}')
        cost = f'{{"type":"cost-state","sessionId":"{session}","totalCostUSD":{rand.random() * 9},"modelUsage":{{}}}}\n'
        self.write(project / f"{session}.jsonl", [*head, *own, cost], start)
        if len(self.sessions) < 200:
            self.sessions.append((session, own[: self.shape.copied]))
        for _ in range(rand.choices((0, 1, 2, 4, 7), self.shape.agents)[0]):
            agent = self.hexes(17)
            lines = self.talk(session, start + rand.random() * 900, agent)
            if rand.random() < 0.2:  # a fork of the parent's talk: the same message under another request
                line = own[1].replace('"isSidechain":false', '"isSidechain":true')
                lines.insert(0, line.replace('"requestId":"req_01', '"requestId":"req_02'))
            self.write(project / session / "subagents" / f"agent-{agent}.jsonl", lines, start)

    def write(self, path: Path, lines: list[str], at: float) -> None:
        """One file, last changed an hour after `at`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        data = "".join(lines).encode()
        path.write_bytes(data)
        os.utime(path, (at + 3600, at + 3600))
        self.files, self.size = self.files + 1, self.size + len(data)


def make(
    root: Path,
    *,
    seed: int = 1,
    files: int = 4000,
    days: int = 60,
    filler: float = 1.0,
    shape: str = "results",
    end: float = END,
) -> Corpus:
    """Fill `root` (a config dir), with sessions of the `days` before `end`, and write the truth beside it."""
    corpus = Corpus(root, seed, days, filler, SHAPES[shape])
    corpus.end = end
    while corpus.files < files:
        corpus.session()
    truth = json.dumps(corpus.truth, default=str)
    root.with_suffix(".truth.json").write_text(truth, encoding="utf-8")
    return corpus


def main() -> None:
    """Make one from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--filler", type=float, default=1.0, help="1.0 gives some 500 KB per file")
    parser.add_argument("--shape", choices=SHAPES, default="results")
    asked = parser.parse_args()
    corpus = make(asked.folder, seed=asked.seed, files=asked.files, days=asked.days, filler=asked.filler, shape=asked.shape)
    print(f"{corpus.files} files, {corpus.size / 1e9:.2f} GB, {len(corpus.truth)} days")


if __name__ == "__main__":
    main()
