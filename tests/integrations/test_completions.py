"""TAB completes quotaline's commands in bash, zsh and fish, and `init` starts no process for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quotaline.commands import COMMANDS
from quotaline.integrations.completions import script

PROGRAM = Path(sys.executable).parent / "quotaline"


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not here")
    return found


def offered(environment: dict[str, str], *words: str) -> list[str]:
    env = {**environment, "_QUOTALINE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["quotaline", *words])}
    run = subprocess.run([PROGRAM], env={**env, "COMP_CWORD": str(len(words))}, capture_output=True, text=True, check=True)
    return [line.partition(",")[2] for line in run.stdout.splitlines()]


def test_commands_options_segments_and_keys_are_offered(environment: dict[str, str]) -> None:
    assert set(COMMANDS) <= set(offered(environment, ""))
    assert offered(environment, "usage", "--js") == ["--json"]
    assert offered(environment, "segments", "five") == ["five_hour"]
    assert offered(environment, "config", "set", "style.") == ["style.colour", "style.palette"]


def path_with(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "PATH": f"{PROGRAM.parent}{os.pathsep}{environment['PATH']}"}


def test_bash_completes(environment: dict[str, str]) -> None:
    press = 'COMP_WORDS=(quotaline seg); COMP_CWORD=1; _quotaline_completion quotaline; echo "${COMPREPLY[*]}"; declare -p type'
    run = subprocess.run(
        [shell("bash"), "--norc", "-c", f"{script('bash')}\n{press}"],
        env=path_with(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "segments\n"
    assert "type: not found" in run.stderr, "no variable is left behind"


def test_fish_completes(environment: dict[str, str]) -> None:
    run = subprocess.run(
        [shell("fish"), "--no-config", "-c", f"{script('fish')}\ncomplete --do-complete 'quotaline seg'"],
        env=path_with(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("segments")


def test_zsh_is_silent_without_compinit_and_registers_with_it(environment: dict[str, str]) -> None:
    for before, registered in (("", ""), ("autoload -Uz compinit; compinit -D -u\n", "_quotaline_completion")):
        run = subprocess.run(
            [shell("zsh"), "-f", "-c", f"{before}{script('zsh')}\nprint -- ${{_comps[quotaline]:-}}"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (run.stdout, run.stderr) == (registered + "\n", "")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_defining_it_starts_no_process(name: str, environment: dict[str, str]) -> None:
    empty = {**environment, "PATH": "/nonexistent"}
    norc = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}[name]
    run = subprocess.run([shell(name), norc, "-c", script(name)], env=empty, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_other_shells_get_nothing() -> None:
    assert script("sh") == ""
