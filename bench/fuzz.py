"""EFFECT Feed each parser of what comes from outside with damaged samples and look for what must never be.

    make fuzz                                20,000 executions per parser, with the seed of the day
    python bench/fuzz.py --runs 500 --seed 7 body hook

Never: an exception that is not the parser's own, more than a second for one input, a control character in what is shown.
atheris searches where it is installed (it is led by what the code does with an input), else hypothesis does. Each parser runs
in a process of its own; exit 1 says that one of them fell.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from quotaline.config import segments
from quotaline.config.load import parse as parse_config
from quotaline.config.schema import Config
from quotaline.core.formats import format_value
from quotaline.core.snapshot import NAME, read_or_defaults
from quotaline.core.values import decode_text, loads_json
from quotaline.errors import ConfigError, SourceError
from quotaline.ledger import open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.ledger.runs import store_run
from quotaline.other_tools import read
from quotaline.prompt import enrich, guard_hook, hook_context, statusline
from quotaline.refresh import git_step
from quotaline.sources import claude_desktop, claude_json, credentials, git_status, inbox, stats_cache, usage_body
from quotaline.sources.claude_output import OutputReader
from quotaline.sources.claude_result import event_limits, read_result
from quotaline.sources.json_text import decode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
NOW = 1_795_251_000.0
SLOWEST = 1.0
LONGEST_WORD = 64  # of libFuzzer's dictionary
LARGEST = 1 << 16
SGR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
PIECES = (
    b"\0", b"\x1b]0;x\x07", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"1e400", b"-0", b"NaN", b"null", b"[" * 3000,
    b'{"a":' * 3000, b"9" * 5000, b'"', b"\\u0007", b"\\ud800", b"$(x)", b"%{", b"\n", b"\xe2\x80\xae", b"2026-02-30T25:61:61Z",
)  # fmt: skip
LIMITS = {
    "five_hour": {"used_percentage": 42.5, "resets_at": NOW + 8000},
    "seven_day": {"used_percentage": 7, "resets_at": NOW + 9e4},
}
STDIN = {
    "session_id": "s", "cwd": "/p", "model": {"id": "claude-opus-4-5", "display_name": "Opus 4.5"}, "version": "2.1.300",
    "workspace": {"current_dir": "/p", "project_dir": "/p"}, "rate_limits": LIMITS,
    "cost": {"total_cost_usd": 1.25, "total_duration_ms": 60000, "total_api_duration_ms": 2300},
    "context_window": {"used_percentage": 8, "context_window_size": 200000},
}  # fmt: skip
USAGE = {"input_tokens": 5, "output_tokens": 7, "cache_creation": {"ephemeral_5m_input_tokens": 3}, "iterations": []}
LINE = {
    "type": "assistant", "timestamp": "2026-11-20T12:00:00.000Z", "sessionId": "s", "requestId": "r", "cwd": "/p",
    "message": {"id": "m", "model": "claude-opus-4-5", "usage": USAGE},
}  # fmt: skip
RESULT = {"type": "result", "session_id": "s", "total_cost_usd": 1.25, "is_error": False, "num_turns": 1, "result": "done"}
INBOX = {"version": 1, "session": "s", "as_of": NOW - 60, "rate_limits": LIMITS}
LOGIN = {"claudeAiOauth": {"accessToken": "t", "expiresAt": (NOW + 9e3) * 1000}}
HOOK = {"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}}
READING = {
    "value": {"type": "window", "id": "five_hour", "name": "Session (5h)", "utilization": 99, "resets_at": NOW + 9},
    "source": "endpoint", "as_of": NOW,
}  # fmt: skip
STATS = {
    "version": 2, "dailyActivity": [{"date": "2026-11-20", "messageCount": 4, "sessionCount": 1, "toolCallCount": 9}],
    "dailyModelTokens": [{"date": "2026-11-20", "tokensByModel": {"claude-opus-4-5": 1200}}],
}  # fmt: skip
DESKTOP = {"samples": [{"org": "o", "t": (NOW - 60) * 1000, "u": {"fh": 42, "sd": 7}}]}
GIT = (
    b"# branch.oid 0123456789012345678901234567890123456789\n# branch.head main\n# branch.upstream origin/main\n"
    b"# branch.ab +1 -2\n# stash 3\n1 .M N... 100644 100644 100644 0 0 a\n2 R. N... 100644 100644 100644 0 0 R100 b\tc\n? d\n"
)
FULL = {"version": 1, "written_at": NOW, "readings": [READING], "fields": {"today.tokens": [7, ""]}}


class Room:
    """The parsers, each a method from bytes to the text that people would see; it raises what must never be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = read_or_defaults("")
        self._full = {**self._kept, **FULL}
        self._ledger = open_ledger(folder / "ledger.db")
        for name in ("claude/projects/-p", "segments", "inbox"):
            (folder / name).mkdir(parents=True)

    def stdin(self, data: bytes) -> str:
        """The status line."""
        told = loads_json(decode_text(data))
        return statusline.statusline_text(told if isinstance(told, dict) else {}, self._kept, {}, NOW, NOW)

    def hook(self, data: bytes) -> str:
        """The guard's answer to Claude Code."""
        told = loads_json(decode_text(data))
        if not isinstance(told, dict):
            return ""
        return self._answer(told, self._full)

    def _answer(self, told: dict[str, Any], kept: dict[str, Any]) -> str:
        """The texts of an answer to a session that was not asked before."""
        answer = guard_hook.answer(told, kept, ["--five-hour", "80"], os.devnull, NOW)
        return "".join(texts(json.loads(answer))) if answer else ""

    def body(self, data: bytes) -> str:
        """What is shown of the answer to `/usage`."""
        try:
            found = usage_body.parse(decode_json(data), NOW)
        except ValueError:
            return ""
        except SourceError as error:
            return str(error)
        return "".join([value.name for value in found.values] + list(found.unread()))

    def claude_json(self, data: bytes) -> str:
        """What Claude Code's own file tells of its last answer and of the login."""
        (self._folder / ".claude.json").write_bytes(data)
        env = {"HOME": str(self._folder)}
        account, plan = claude_json.read_account(env)
        try:
            found = claude_json.read(env, NOW)
        except SourceError as error:
            return str(error)
        return "".join([account or "", plan or "", found.disabled_reason or "", *(one.value.name for one in found)])

    def credentials(self, data: bytes) -> str:
        """What is said of a login."""
        (self._folder / ".credentials.json").write_bytes(data)
        try:
            return credentials.find({"CLAUDE_CONFIG_DIR": str(self._folder)}, NOW, keychain=False).place
        except SourceError as error:
            return str(error)

    def inbox(self, data: bytes) -> str:
        """What a session left."""
        (self._folder / "inbox/s.json").write_bytes(data)
        return "".join(one.value.name for one in inbox.read(self._folder, NOW))

    def snapshot(self, data: bytes) -> str:
        """The line and the hook's answer of a snapshot that is damaged."""
        (self._folder / NAME).write_bytes(data)
        kept = read_or_defaults(str(self._folder))
        try:
            line = statusline.statusline_text(STDIN, kept, {}, NOW, NOW)
        except Exception:  # noqa: BLE001 - as the prompt path does with a snapshot that nobody can draw
            line = statusline.statusline_text(STDIN, self._kept, {}, NOW, NOW)
        return line + self._answer(HOOK, kept)

    def result(self, data: bytes) -> str:
        """What `claude -p` printed; nothing of it is shown."""
        reader, found = OutputReader(), []
        for message in [*reader.feed(data), *reader.finish()]:
            if message["type"] == "result":
                found.append(read_result(message, NOW))
                store_run(self._ledger, found[-1].run)
            else:
                event_limits(message)
        return str(found[-1].healthy) if found else ""

    def transcript(self, data: bytes) -> str:
        """What an import says."""
        (self._folder / "claude/projects/-p/s.jsonl").write_bytes(data)
        return "".join(import_transcripts(self._ledger, [self._folder / "claude"]).unreadable)

    def config(self, data: bytes) -> str:
        """What is said of config.toml and of the line that it draws."""
        try:
            found = parse_config(data.decode("utf-8", "replace"))
            segments.compile_lines(found, segments.assemble(found, {}))
        except ConfigError as error:
            return str(error)
        return ""

    def enrich(self, data: bytes) -> str:
        """Nothing is shown; what is passed on has lost nothing."""
        told = loads_json(decode_text(data))
        if isinstance(told, dict):
            passed = loads_json(decode_text(enrich.enriched(data, told, self._full, NOW, NOW)))
            assert isinstance(passed, dict)
            limits, more = told.get("rate_limits"), passed.get("rate_limits", {})
            assert isinstance(more, dict) or more == limits
            assert all(repr(passed[name]) == repr(value) for name, value in told.items() if name != "rate_limits")
            assert not isinstance(limits, dict) or all(repr(more[name]) == repr(value) for name, value in limits.items())
        return ""

    def told(self, data: bytes) -> str:
        """What the hook tells a model of a snapshot."""
        (self._folder / NAME).write_bytes(data)
        return hook_context.news(read_or_defaults(str(self._folder)), NOW)[0]

    def stats_cache(self, data: bytes) -> str:
        """What Claude Code counted itself."""
        (self._folder / "stats-cache.json").write_bytes(data)
        try:
            return "".join(
                name for day in stats_cache.read(self._folder / "stats-cache.json") for name in (day.day, *day.models)
            )
        except SourceError as error:
            return str(error)

    def claude_desktop(self, data: bytes) -> str:
        """What Claude Desktop saw."""
        (self._folder / "history.json").write_bytes(data)
        try:
            return "".join(level.window for level in claude_desktop.read(self._folder / "history.json", NOW))
        except SourceError as error:
            return str(error)

    def git(self, data: bytes) -> str:
        """What is shown of a repository's state."""
        fields = git_step.git_fields(git_status.parse(iter([data[:7], data[7:]])), None, ["=", "+", "-"])
        return "".join(format_value(fields[name], "", {}) or "" for name in ("git.state", "git.upstream") if name in fields)

    def other_tools(self, data: bytes) -> str:
        """The presets that other tools' configurations are, as each of them."""
        shown = []
        for tool in read.TOOLS:
            try:
                found = read.imported(tool, data, "it")
            except ConfigError as error:
                shown.append(str(error))
            else:
                shown += [*found.without_equal, *(word for pair in found.taken for word in pair)]
        return "".join(shown)

    def segment(self, data: bytes) -> str:
        """What is said of a segment's file."""
        (self._folder / "segments/mine.toml").write_bytes(data)
        found, wrong = segments.read_own(self._folder / "segments", Config())
        with contextlib.suppress(ConfigError):
            segments.compile_lines(Config(), segments.assemble(Config(), found, missing=wrong))
        return "".join(wrong.values())


def recorded(part: str) -> list[bytes]:
    """What the recorded answers hold under that key, as it was sent."""
    contents = (json.loads(path.read_bytes()) for path in sorted((DATA / "usage").glob("*.json")))
    return [json.dumps(content[part]).encode() for content in contents if part in content]


SAMPLES: dict[str, Callable[[], list[bytes]]] = {
    "stdin": lambda: [json.dumps(STDIN).encode()],
    "hook": lambda: [json.dumps(HOOK).encode(), json.dumps({**HOOK, "hook_event_name": "UserPromptSubmit"}).encode()],
    "body": lambda: recorded("body"),
    "claude_json": lambda: recorded("file"),
    "credentials": lambda: [json.dumps(LOGIN).encode()],
    "inbox": lambda: [json.dumps(INBOX).encode()],
    "snapshot": lambda: [json.dumps(snapshot).encode() for snapshot in (FULL, {**read_or_defaults(""), **FULL})],
    "result": lambda: [json.dumps(RESULT).encode(), json.dumps([HOOK, RESULT]).encode(), json.dumps(RESULT).encode() * 2],
    "transcript": lambda: [json.dumps(LINE).encode() + b"\n", json.dumps(LINE).encode() * 2],
    "config": lambda: [
        b'enable_alpha_features=true\n[guard]\nfive_hour = 80\nmax_extra = "5 EUR"\nmax_age = "15m"\n[style]\ncolour="auto"\n',
        b'[[alert]]\nwhen = "extra.used >= 5"\nrun = ["notify-send", "x"]\nquiet = "22:00-07:00"\n',
        b'[line.prompt]\nrows = [["five_hour", "extra"]]\n[segments.five_hour]\nformat = "{five_hour.used:pct}"\nwarn = 70\n',
    ],
    "enrich": lambda: [json.dumps(STDIN).encode(), json.dumps({**STDIN, "rate_limits": {}}).encode(), b"\xef\xbb\xbf {} "],
    "told": lambda: [json.dumps(snapshot).encode() for snapshot in (FULL, {**read_or_defaults(""), **FULL})],
    "stats_cache": lambda: [json.dumps(STATS).encode()],
    "claude_desktop": lambda: [json.dumps(DESKTOP).encode()],
    "git": lambda: [GIT],
    "other_tools": lambda: [
        json.dumps({"version": 3, "lines": [[{"id": "1", "type": "model", "color": "cyan"}, {"type": "git-branch"}]]}).encode(),
        json.dumps({"theme": "dark", "display": {"lines": [{"segments": {"directory": {"enabled": True}}}]}}).encode(),
        b'theme = "default"\n[style]\nmode = "plain"\nseparator = " | "\n[[segments]]\nid = "model"\nenabled = true\n',
    ],
    "segment": lambda: [path.read_bytes() for path in sorted(segments.shipped_folder().glob("*.toml"))],
}  # fmt: skip


def texts(value: object) -> Iterator[str]:
    """Each text in decoded JSON, keys included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *texts(item))
    elif isinstance(value, str):
        yield value


def checked(parser: Callable[[bytes], str], data: bytes) -> None:
    """One execution; AssertionError where it was slow or shows a control character, and whatever the parser raises."""
    start = time.process_time()
    shown = SGR.sub("", parser(data))
    taken = time.process_time() - start
    assert taken < SLOWEST, f"{taken:.1f} s for {len(data)} bytes"
    assert CONTROL.search(shown) is None, f"a control character in {shown!r}"


def damaged(samples: list[bytes]) -> st.SearchStrategy[bytes]:
    """A sample with up to six pieces put in, over or instead of a part of it; or bytes of any kind."""
    edit = st.tuples(st.floats(0, 1), st.sampled_from(PIECES) | st.binary(max_size=8), st.integers(0, 12))

    def apply(sample: bytes, edits: list[tuple[float, bytes, int]]) -> bytes:
        for where, piece, over in edits:
            at = int(where * len(sample))
            sample = sample[:at] + piece + sample[at + over :]
        return sample[:LARGEST]

    return st.builds(apply, st.sampled_from(samples), st.lists(edit, max_size=6)) | st.binary(max_size=200)


def with_hypothesis(name: str, parser: Callable[[bytes], str], runs: int, number: int) -> int:
    """How many executions passed; raises at the first that did not, made small."""
    passed = 0

    @seed(number)
    @settings(max_examples=runs, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(SAMPLES[name]()))
    def one(data: bytes) -> None:
        nonlocal passed
        checked(parser, data)
        passed += 1

    one()
    return passed


def with_atheris(atheris: Any, samples: list[bytes], parser: Callable[[bytes], str], folder: Path, options: list[str]) -> None:
    """Does not return: libFuzzer ends the process, with 0 after `runs` executions."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for at, sample in enumerate(samples):
        (corpus / str(at)).write_bytes(sample)
    words = folder / "words"
    short = (piece for piece in PIECES if len(piece) < LONGEST_WORD)
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in piece) + '"\n' for piece in short))
    options = [*options, f"-max_len={LARGEST}", f"-dict={words}", "-timeout=10", "-verbosity=0", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: checked(parser, data))
    atheris.instrument_all()
    atheris.Fuzz()


def run_one(name: str, runs: int, number: int) -> None:
    """One parser, in this process."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        os.environ |= {"HOME": text, "QUOTALINE_CACHE_DIR": text, "QUOTALINE_REFRESH": "1"}
        parser = getattr(Room(folder), name)
        if importlib.util.find_spec("atheris"):
            print(f"{name}: {runs} executions by atheris", flush=True)
            atheris = importlib.import_module("atheris")
            with_atheris(atheris, SAMPLES[name](), parser, folder, [f"-runs={runs}", f"-seed={number}"])
        print(f"{name}: {with_hypothesis(name, parser, runs, number)} executions by hypothesis, nothing found")


def main() -> int:
    """Each parser in a process of its own; 1 when one of them fell."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parsers", nargs="*", choices=[*SAMPLES, []], help=f"of {', '.join(SAMPLES)}; all of them")
    options.add_argument("--runs", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=int(time.strftime("%Y%m%d")))
    options.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given_ = options.parse_args()
    if given_.here:
        run_one(given_.parsers[0], given_.runs, given_.seed)
        return 0
    fell = []
    for name in given_.parsers or SAMPLES:
        command = [sys.executable, __file__, "--here", name, f"--runs={given_.runs}", f"--seed={given_.seed}"]
        with tempfile.TemporaryDirectory(prefix="quotaline-fuzz-") as folder:  # atheris leaves its own behind
            if subprocess.run(command, check=False, env={**os.environ, "TMPDIR": folder}).returncode:
                fell.append(name)
    print(f"seed {given_.seed}: {', '.join(fell) + ' fell' if fell else 'no parser fell'}")
    return int(bool(fell))


if __name__ == "__main__":
    sys.exit(main())
