"""Real shells with quotaline's hooks in them: without a terminal for what is set, with one for what is seen."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pexpect

from programs import may_trace, need
from quotaline.core import shell_code
from quotaline.render.paint import LOOK_ALIKES

HOOKED = ("bash", "zsh", "fish")
# shell → what runs a script of it without the user's own configuration, with -e -u where it knows them
STRICT: dict[str, list[str]] = {
    "bash": ["bash", "--norc", "--noprofile", "-eu"],
    "zsh": ["zsh", "-f", "-eu"],
    "fish": ["fish", "--no-config"],
    "sh": ["dash", "-eu"],
    "busybox": ["busybox", "sh", "-eu"],
}
HOOK = {"bash": "__quotaline_hook", "zsh": "__quotaline_precmd", "fish": "__quotaline_hook", "sh": "quotaline_update"}
HOOK["busybox"] = HOOK["sh"]
FILE = {"bash": "prompt.bash", "zsh": "prompt.zsh", "fish": "prompt.fish", "sh": "prompt.sh", "busybox": "prompt.sh"}
SHOW = {"fish": "printf '[%s]' $QUOTALINE"}


def frames(*lines: tuple[int, str], written: int | None = None, expires: int | None = None) -> str:
    """A prompt file from `(seconds from now, text)`."""
    now = int(time.time())
    head = f"quotaline 1 {now if written is None else written} {now + 600 if expires is None else expires}"
    return head + " 0123abcd\n" + "".join(f"{now + offset}\t{text}\n" for offset, text in lines)


def write(folder: Path, content: str | bytes, name: str) -> Path:
    """A prompt file in the cache folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fake_command(folder: Path, body: str = "") -> Path:
    """A `quotaline` that notes its arguments in `calls` beside it and then does `body`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "quotaline"
    path.write_text(f'#!/bin/sh\necho "$*" >> {shlex.quote(str(folder / "calls"))}\n{body}\n')
    path.chmod(0o755)
    return path


def code(shell: str, folder: Path, command: Path | str = "/dev/null/none", *, place: bool = True) -> str:
    """What `quotaline init` prints, for a cache folder and a command of the test."""
    kind = "sh" if shell == "busybox" else shell
    settings = shell_code.settings(kind, {"QUOTALINE_CACHE_DIR": str(folder)}, str(command), place=place)
    other = [line for line in settings.splitlines(keepends=True) if "__quotaline_home" not in line]
    return "".join(other).replace(f"{folder}/default", str(folder)) + shell_code.init_code(kind)


def run(shell: str, script: str, env: dict[str, str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a script in the real shell; anything on stderr is a failure."""
    program, *options = STRICT[shell]
    done = subprocess.run(
        [need(program), *options, "-c", script],
        env=env, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if check:
        assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stderr, done.stdout)
    return done


def shown(shell: str, folder: Path, env: dict[str, str], command: Path | str = "/dev/null/none", times: int = 1) -> str:
    """QUOTALINE after the hook ran `times` times; the shell must have been silent."""
    hook = f"{HOOK[shell]}\n" * times
    return run(shell, code(shell, folder, command) + "\n" + hook + SHOW.get(shell, 'printf "[%s]" "$QUOTALINE"'), env).stdout[
        1:-1
    ]


class Terminal:
    """An interactive shell in a terminal of 24×100, without the user's configuration; its prompt is `PROMPT> `."""

    PROMPT = "PROMPT> "
    START: dict[str, list[str]] = {  # noqa: RUF012 - a table
        "bash": ["bash", "--norc", "--noprofile", "-i"],
        "zsh": ["zsh", "-f", "-i"],
        "fish": ["fish", "-i", "-C", "function fish_prompt; printf 'PROMPT> '; end"],
        "sh": ["dash", "-i"],
        "busybox": ["busybox", "sh", "-i"],
    }

    def __init__(self, shell: str, env: dict[str, str], *options: str, before: tuple[str, ...] = ()) -> None:
        program, *words = self.START[shell]
        if shell == "fish":  # with this there its first start generates no completions in the background
            Path(env["HOME"], ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
        command = [*before, need(program), *words, *options]
        self.child = pexpect.spawn(
            command[0], command[1:], env={**env, "TERM": "xterm", "PS1": self.PROMPT}, encoding="utf-8",
            dimensions=(24, 100), timeout=60, echo=True,
        )  # fmt: skip
        self.child.delaybeforesend = None  # every command waits for its own mark
        self.shell = shell
        if shell == "fish":
            self.child.expect(self.PROMPT)
        elif shell == "zsh":
            self.child.expect("[%#>] ")
            self.child.sendline(f"PROMPT='{self.PROMPT}'; unsetopt prompt_sp prompt_cr; bindkey -e")
        self.mark = 0

    def do(self, line: str) -> str:
        """Type a line; everything that appeared until it and one more command were done."""
        self.mark += 1
        self.child.sendline(line)
        self.child.sendline(f"echo end-'of'-{self.mark}")
        self.child.expect(f"end-of-{self.mark}\r?\n")
        return str(self.child.before)

    def source(self, text: str, folder: Path) -> None:
        """Read shell code from a file, as an rc file would."""
        path = folder / f"init.{self.shell}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.do(f"{'.' if self.shell in ('sh', 'busybox') else 'source'} {shlex.quote(str(path))}")

    def close(self) -> None:
        """Leave the shell; it must end by itself, at once, without a word about jobs."""
        self.child.sendline("exit 0")
        self.child.expect(pexpect.EOF)
        self.child.close()


def inert(text: str, shell: str) -> str:
    """What a prompt shows of a text: in these shells some characters have no form that none of their options reads."""
    return text if shell == "fish" else text.translate(LOOK_ALIKES)


def environment() -> dict[str, str]:
    """The environment of a user with these shells; HOME and the rest are the test's own."""
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TZ", "TMPDIR")}
    return {**keep, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def plain(text: str) -> str:
    """Without escape sequences and the marks of zero width."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][AB0]|\x1b[=>]|\x1b\][^\x07]*\x07|[\x01\x02\r]", "", text)


def traced(trace: Path) -> list[str]:
    """What to put before a command, so that `count_processes` knows what it starts; nothing where no process may be traced."""
    strace = shutil.which("strace")
    if strace is None or not may_trace(strace):
        return []
    calls = "trace=clone,clone3,fork,vfork,execve"
    return [strace, "-qq", "-f", "--seccomp-bpf", "-s", "999", "-e", calls, "-o", str(trace)]


def count_processes(trace: Path) -> int:
    """The forks and the programs started so far; threads are not counted."""
    text = trace.read_text(errors="replace") if trace.exists() else ""
    forks = re.findall(r"^\d+ +(?:<\.\.\. )?(?:clone3?|v?fork)\b.*", text, re.MULTILINE)
    begun = [line for line in forks if "CLONE_THREAD" not in line and "resumed" not in line]
    again = [line for line in forks if "ERESTART" in line]  # a signal came, and the call is made once more
    return len(begun) - len(again) + text.count("execve(")


def calls(folder: Path) -> list[str]:
    """What `fake_command` noted."""
    path = folder / "calls"
    return path.read_text().splitlines() if path.exists() else []


def wait_for(condition: Any, seconds: float = 60.0) -> None:
    """Until something in the background has happened; the limit is only there to end a broken run."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
