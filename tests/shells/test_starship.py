"""The module in a real starship, where one is installed (1.22 or newer)."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from commandline import quotaline
from hostile_names import HALVES, NAMES, prompt_file, short_names
from programs import need
from shellkit import FILE, Terminal, code, count_processes, environment, frames, inert, plain, traced, write


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
    write(cache(home), frames((900, "$(touch canary) %m")), "prompt.starship")
    assert ("＄" if os.geteuid() == 0 else "\\$") + "(touch canary)" in prompt(installed, "bash")
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


# As starship's own `init` has each shell draw it; fish shows its prompt to terminals only.
DRAWS = {
    "bash": ("bash --norc --noprofile -i", "PROMPT_COMMAND='PS1=\"$(STARSHIP_SHELL=bash starship prompt)\"'"),
    "zsh": ("zsh -f -i", "setopt prompt_subst; PROMPT='$(STARSHIP_SHELL=zsh starship prompt)'"),
    "fish": ("fish --no-config", "function fish_prompt; STARSHIP_SHELL=fish starship prompt; end; fish_prompt"),
}
FORMATS = ['format = "($output )"', 'format = "([$output]($style) )"\nstyle = "bold yellow"']


def drawn(shell: str, form: str, names: tuple[str, ...], home: Path, env: dict[str, str]) -> tuple[str, int]:
    """What a shell prints that draws starship's prompt with these names, and how many processes it starts; it makes no file."""
    toml, where, trace = home / ".config" / "starship.toml", home / "where", home / "trace"
    toml.write_text(toml.read_text().replace(FORMATS[0], form))
    write(cache(home), prompt_file("prompt.starship", time.time(), *names), "prompt.starship")
    where.mkdir(exist_ok=True)
    words, setup = DRAWS[shell]
    need(words.partition(" ")[0])
    env = {**env, "TERM": "xterm", "HISTFILE": "", "PS1": "> "}
    done = subprocess.run(
        [*traced(trace), *words.split()], input=f"cd {shlex.quote(str(where))}\n{setup}\n:\nexit\n",
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert sorted(where.iterdir()) == [], names
    return plain(done.stdout + done.stderr), count_processes(trace)


def seen(names: tuple[str, ...], shell: str) -> str:
    """The line with these names. To root bash shows the `$` that starship escapes as `#`: there it is a look-alike."""
    text = "|".join([*(inert(name, "starship") for name in names), "$12.40"])
    return text.replace("$", "＄") if shell == "bash" and os.geteuid() == 0 else text


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("shell", list(DRAWS))
def test_no_name_starts_anything_or_is_shown_otherwise(shell: str, form: str, installed: dict[str, str], home: Path) -> None:
    usual = drawn(shell, form, ("plain",), home, installed)[1]
    for names in [*((name,) for name in NAMES), *HALVES]:
        text, processes = drawn(shell, form, names, home, installed)
        assert processes == usual, names
        assert seen(names, shell) in text


@pytest.mark.parametrize("shell", list(DRAWS))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=short_names())
def test_no_pair_of_short_names_starts_anything(
    shell: str, names: tuple[str, str], installed: dict[str, str], home: Path
) -> None:
    usual = drawn(shell, FORMATS[0], ("plain", "plain"), home, installed)[1]
    assert usual == drawn(shell, FORMATS[0], names, home, installed)[1]
