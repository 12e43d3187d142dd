"""The module in a real starship, where one is installed (1.22 or newer)."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from commandline import quotaline
from programs import need
from shellkit import FILE, Terminal, code, environment, frames, plain, write

if TYPE_CHECKING:
    from pathlib import Path


def prompt(env: dict[str, str], shell: str = "bash", trace: Path | None = None) -> str:
    """What starship draws, and on stderr nothing."""
    before = [need("strace"), "-f", "-e", "trace=execve", "-o", str(trace)] if trace else []
    done = subprocess.run(
        [*before, need("starship"), "prompt"], env={**env, "STARSHIP_SHELL": shell, "TERM": "xterm-256color"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def installed(home: Path, environment: dict[str, str]) -> dict[str, str]:
    need("starship")
    (home / ".config").mkdir()
    (home / ".config" / "starship.toml").write_text('format = "A${custom.quotaline}B"\nadd_newline = false\n')
    assert quotaline("install", "starship", env=environment).returncode == 0
    return environment


def cache(home: Path) -> Path:
    return home / ".cache" / "quotaline" / "default"


def test_the_line_is_there(installed: dict[str, str], home: Path) -> None:
    write(cache(home), frames((900, "\x1b[31m$12.40 extra\x1b[0m 5h 42%")), "prompt.starship")
    assert "A$12.40 extra 5h 42% B" == plain(prompt(installed, "fish"))


def test_nothing_to_show_is_nothing(installed: dict[str, str], home: Path) -> None:
    assert "AB" == plain(prompt(installed, "fish"))
    write(cache(home), frames((900, "")), "prompt.starship")
    assert "AB" == plain(prompt(installed, "fish"))


def test_values_are_escaped_for_the_shell_by_starship(installed: dict[str, str], home: Path) -> None:
    write(cache(home), frames((900, "$(touch canary) `touch canary` %m \\w")), "prompt.starship")
    assert "\\$(touch canary) \\`touch canary\\`" in prompt(installed, "bash")
    assert "%%m" in prompt(installed, "zsh")


def test_colours_have_no_width(installed: dict[str, str], home: Path) -> None:
    write(cache(home), frames((900, "\x1b[31mred\x1b[0m")), "prompt.starship")
    assert re.search(r"\\\[\x1b\[31m\\\]red\\\[\x1b\[0m\\\]", prompt(installed, "bash"))
    assert re.search(r"%\{\x1b\[31m%\}red%\{\x1b\[0m%\}", prompt(installed, "zsh"))


def test_it_costs_one_small_process_and_no_python(installed: dict[str, str], home: Path, tmp_path: Path) -> None:
    write(cache(home), frames((900, "x")), "prompt.starship")
    clock = quotaline("refresh", env=installed)
    assert clock.returncode in (0, 1)
    write(cache(home), frames((900, "x")), "prompt.starship")
    prompt(installed, trace=tmp_path / "trace")
    started = [line for line in (tmp_path / "trace").read_text().splitlines() if "execve(" in line and " = 0" in line]
    programs = [re.findall(r'"([^"]*)"', line)[0] for line in started]
    assert [program for program in programs if "starship" not in program and "ld-linux" not in program] == ["/bin/sh"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("order", ["starship first", "starship last"])
def test_starships_own_prompt_and_ours_stand_side_by_side(
    shell: str, order: str, installed: dict[str, str], home: Path, tmp_path: Path
) -> None:
    """Whichever is sourced first; in bash the one that came first is seen from the second prompt on."""
    assert quotaline("uninstall", "starship", env=installed).returncode == 0
    (home / ".config" / "starship.toml").write_text('format = "theirs> "\nadd_newline = false\n')
    write(tmp_path / "c", frames((900, "$12.40 extra")), FILE[shell])
    starship = need("starship")
    init = {"fish": f"{starship} init fish --print-full-init | source"}.get(
        shell, f'eval "$({starship} init {shell} --print-full-init)"'
    )
    parts = [init, code(shell, tmp_path / "c")]
    terminal = Terminal(shell, {**environment(), "STARSHIP_CONFIG": str(home / ".config" / "starship.toml")})
    terminal.source("\n".join(parts if order == "starship first" else reversed(parts)), tmp_path)
    terminal.do(":")
    shown = plain(terminal.do(":"))
    assert "$12.40 extra" in shown
    assert "theirs> " in shown
    terminal.child.close(force=True)
