"""TAB completes quotaline's commands in bash, zsh and fish, and `init` starts no process for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from programs import need
from quotaline.commands import COMMANDS
from quotaline.integrations.completions import script

PROGRAM = Path(sys.executable).parent / "quotaline"


def offered(environment: dict[str, str], *words: str) -> list[str]:
    env = {**environment, "_QUOTALINE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["quotaline", *words])}
    run = subprocess.run([PROGRAM], env={**env, "COMP_CWORD": str(len(words))}, capture_output=True, text=True, check=True)
    return [line.partition(",")[2] for line in run.stdout.splitlines()]


def test_commands_options_segments_and_keys_are_offered(environment: dict[str, str]) -> None:
    assert set(COMMANDS) <= set(offered(environment, ""))
    assert offered(environment, "usage", "--js") == ["--json"]
    assert offered(environment, "segments", "five") == ["five_hour"]
    assert offered(environment, "config", "set", "style.") == [
        "style.colour", "style.palette", "style.separator", "style.show", "style.clock", "style.links",
    ]  # fmt: skip


def path_with(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "PATH": f"{PROGRAM.parent}{os.pathsep}{environment['PATH']}"}


def code(name: str, environment: dict[str, str]) -> str:
    return subprocess.run([PROGRAM, "init", name], env=environment, capture_output=True, text=True, check=True).stdout


def test_bash_completes(environment: dict[str, str]) -> None:
    press = 'COMPREPLY=(); COMP_WORDS=(quotaline seg); COMP_CWORD=1; _quotaline_completion quotaline; echo "${COMPREPLY[*]}"; '
    for tab in (press, press + press, press + "declare -p type"):
        run = subprocess.run(
            [need("bash"), "--norc", "-c", f"{code('bash', environment)}\n{tab}"],
            env=path_with(environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.stdout == "segments\n" * tab.count(press)
        assert ("type: not found" in run.stderr) == ("declare" in tab), "no variable is left behind"


def test_fish_completes(environment: dict[str, str]) -> None:
    press = "complete --do-complete 'quotaline seg'; "
    run = subprocess.run(
        [need("fish"), "--no-config", "-c", f"{code('fish', environment)}\n{press}{press}"],
        env=path_with(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["segments", "segments"]


def test_zsh_is_silent_without_compinit_and_registers_with_it(environment: dict[str, str]) -> None:
    for before, registered in (("", ""), ("autoload -Uz compinit; compinit -D -u\n", "_quotaline_completion")):
        run = subprocess.run(
            [need("zsh"), "-f", "-c", f"{before}{code('zsh', environment)}\nprint -- ${{_comps[quotaline]:-}}"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (run.stdout, run.stderr) == (registered + "\n", "")


def test_zsh_completes_at_a_terminal(environment: dict[str, str], home: Path) -> None:
    (home / ".zshrc").write_text(f"autoload -Uz compinit; compinit -D -u\n{code('zsh', environment)}PS1='ready> '\n")
    child = pexpect.spawn(need("zsh"), ["-i"], env={**path_with(environment), "TERM": "dumb"}, encoding="utf-8", timeout=60)
    child.expect_exact("ready> ")
    child.send("quotaline segm\t --he\t")
    child.expect("segments .*--help ")
    child.close(force=True)


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_defining_it_starts_no_process_and_without_a_program_tab_says_nothing(name: str, environment: dict[str, str]) -> None:
    written = code(name, environment).replace(str(PROGRAM), "/nonexistent/quotaline")
    norc = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}[name]
    for press in ("", "_quotaline_completion quotaline"):
        empty = {**environment, "PATH": environment["PATH"] if press else "/nonexistent", "COMP_CWORD": "1"}
        run = subprocess.run(
            [need(name), norc, "-c", f"{written}\n{press if name != 'zsh' else ''}\n:"],
            env=empty, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (run.stdout, run.stderr) == ("", "")


def test_other_shells_get_nothing() -> None:
    assert script("sh") == ""
