"""A program named `claude` that does what a test wants, and writes down how it was started."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from usage_bodies import recorded

if TYPE_CHECKING:
    from pathlib import Path

REPORT = json.dumps(recorded("usage-report-2.1.329")["line"])
INIT = json.dumps({"type": "system", "subtype": "init", "tools": []})
NOT_LOGGED_IN = json.dumps({"type": "result", "is_error": True, "result": "Not logged in · Please run /login"})
TEXT_ONLY = json.dumps({"type": "result", "is_error": False, "result": "Current session: 42% used"})

_PROGRAM = """#!{python}
import json, os, pathlib, subprocess, sys, time
folder = pathlib.Path({folder!r})
behaviour = json.loads((folder / "behaviour.json").read_text())
with (folder / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps({{"args": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(), "pid": os.getpid()}}) + "\\n")
if sys.argv[1:] == ["--version"]:
    print(behaviour["version"])
    raise SystemExit
for option in behaviour["rejects"]:
    if option in sys.argv:
        print("error: unknown option '" + option + "'", file=sys.stderr)
        raise SystemExit(1)
if behaviour["child"]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / "child.pid").write_text(str(child.pid))
if behaviour["runs"]:
    subprocess.run([behaviour["runs"]], stdout=subprocess.DEVNULL, check=True)
for line in behaviour["lines"]:
    print(line, flush=True)
    time.sleep(behaviour["pause"])
time.sleep(behaviour["stays"])
"""


class FakeClaude:
    """`command` is the path to run; `behave` changes what it does next time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / "claude"
        program.write_text(_PROGRAM.format(python=sys.executable, folder=str(folder)))
        program.chmod(0o755)
        self.command = str(program)
        self.behave(lines=[INIT, REPORT])

    def behave(self, **changes: Any) -> None:
        """`lines` are printed with a `pause` after each, then it `stays`.

        `rejects` names options that it does not know, `child` starts a process that stays, `runs` a program before the lines.
        """
        usual = {
            "version": "2.1.329 (Claude Code)",
            "rejects": [],
            "child": False,
            "runs": "",
            "lines": [],
            "pause": 0,
            "stays": 0,
        }
        (self.folder / "behaviour.json").write_text(json.dumps(usual | changes))

    @property
    def calls(self) -> list[dict[str, Any]]:
        """How it was started, each time."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The runs of `/usage`."""
        return [call for call in self.calls if call["args"] != ["--version"]]
