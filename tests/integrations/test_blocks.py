"""Marked blocks: at the end, once, and gone to the byte."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commandline import QUOTALINE, quotaline
from programs import need
from quotaline.core import shell_code
from quotaline.core.surfaces import RC_SHELLS, SHELLS, SURFACES
from quotaline.errors import HostError
from quotaline.integrations import blocks, launcher
from shellkit import frames, plain, write

HOSTS = ("bash", "zsh", "fish", "starship", "tmux")
FILES = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "fish": ".config/fish/config.fish",
    "starship": ".config/starship.toml",
    "tmux": ".tmux.conf",
}
TEXTS = {"starship": 'add_newline = false\n\n[character]\nsuccess_symbol = "x"'}


PROGRAMS = ["/usr/bin/quotaline", "'/home/John Smith/bin/quotaline'", "/opt/x-1.2/bin/quotaline"]
DATA = ["/home/x/.local/share/quotaline", "/home/John Smith/data; fi", "/opt/it's"]
BODIES = [
    SURFACES[shell].rc_block.format(program=program, file=shell_code.quote(f"{data}/shell/quotaline.{shell}", shell))
    for shell in RC_SHELLS
    for program, data in zip(PROGRAMS, DATA, strict=True)
] + [
    shell_code.shipped("tmux.conf").replace("@JOB@", "#(/bin/sh /x/tmux.sh)").replace("@FIRST@", "#(/bin/sh /x/tmux.sh first)"),
    shell_code.shipped("starship.toml").replace("@SCRIPT@", "/x/starship.sh"),
    # those of 0.2.0
    'if [[ $- == *i* && -x /x/quotaline ]]; then eval "$(PYTHONHOME= /x/quotaline init bash 2>/dev/null)"; fi\n',
    'if [[ -o interactive && -x /x/quotaline ]]; then eval "$(PYTHONHOME= /x/quotaline init zsh 2>/dev/null)"; fi\n',
    "if status is-interactive; and test -x /x/q/quotaline\n    env PYTHONHOME= /x/q/quotaline init fish | source\nend\n",
    # those of 0.1.0
    'if [[ $- == *i* && -x /x/quotaline ]]; then eval "$(/x/quotaline init bash)"; fi\n',
    'if [[ -o interactive && -x /x/quotaline ]]; then eval "$(/x/quotaline init zsh)"; fi\n',
    "if status is-interactive; and test -x /x/quotaline\n    /x/quotaline init fish | source\nend\n",
    (
        "# To place it yourself, put #{E:@quotaline} into status-left or status-right: nothing is added to a line that has it."
        '\nset -g @quotaline "#(/bin/sh /x/tmux.sh)"\n'
        'if -F "#{m:*@quotaline*,#{status-right}#{status-left}}" "" "set -ga status-right \' #{E:@quotaline}\'"\n'
        'if -F "#{e|<:#{status-right-length},120}" "set -g status-right-length 120" ""\n'
    ),
]
foreign = st.lists(
    st.sampled_from(["export PRECIOUS=1", "fi # theirs", "alias ll='ls -l'", "", "# mine", "set -g status on", "a = 1"])
)


@given(st.none() | st.text(), st.sampled_from(BODIES))
@example("x\r", BODIES[0])
def test_adding_and_removing_are_inverse(before: str | None, body: str) -> None:
    once = blocks.add(before, body)
    assert once == blocks.add(once, body)
    assert before == blocks.remove(once)


@given(st.tuples(foreign, foreign, foreign), st.sampled_from(BODIES), st.sampled_from(BODIES), st.data())
def test_no_line_of_others_is_ever_taken(
    around: tuple[list[str], list[str], list[str]], body: str, newer: str, data: st.DataObject
) -> None:
    """Lines among and around ours, a mark that was lost, CRLF, install again: whatever is not ours is there afterwards."""
    before, between, behind = around
    text = "".join(line + "\n" for line in before)
    block = blocks.add(text, body)[len(text) :].splitlines()
    lost = data.draw(st.sampled_from([None, 0, -1]))
    if lost is not None:
        del block[lost]
    at = data.draw(st.sampled_from([1, len(block) - 1, len(block)]))
    lines = [*before, *block[:at], *between, *block[at:], *behind]
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    damaged = "".join(line + end for line in lines)
    others = [*before, *between, *behind]
    for once in (damaged, blocks.add(damaged, newer), blocks.add(blocks.add(damaged, newer), body)):
        rest = blocks.remove(once)
        assert rest is not None
        assert [line for line in others if line] == [line for line in rest.splitlines() if line and line not in block]
        assert rest.count(">>> quotaline") <= once.count(">>> quotaline") - 1 or lost == 0


@pytest.mark.parametrize("end", [blocks.END, ""])
def test_a_key_that_install_does_not_write_is_not_taken_for_one_of_its_module(end: str) -> None:
    block = blocks.add("", next(body for body in BODIES if "[custom.quotaline]" in body))
    rest = blocks.remove(block.removesuffix(blocks.END) + "a = 1\n" + end)
    assert rest is not None
    assert "a = 1\n" in rest
    assert "use_stdin" not in rest


@given(st.text(), st.text(min_size=1))
def test_what_others_add_behind_the_block_stays(before: str, behind: str) -> None:
    once = blocks.add(before, BODIES[0])
    rest = blocks.remove(once + behind)
    assert rest is not None
    assert rest.startswith(before)
    assert rest.endswith(behind)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("before", [None, "", "# mine\n", "# mine, without an end", "# latin-1: \xe9\n"])
def test_install_and_uninstall_leave_every_byte(host: str, before: str | None, home: Path, environment: dict[str, str]) -> None:
    path = home / FILES[host]
    path.parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        path.write_bytes((TEXTS.get(host, "") + "\n" + before).encode("utf-8" if host == "starship" else "latin-1"))
    data = path.read_bytes() if before is not None else None
    done = quotaline("install", host, "--dry-run", env=environment)
    assert done.returncode == 0, done.stderr
    assert b">>> quotaline" in done.stdout
    assert data == (path.read_bytes() if path.exists() else None)
    assert quotaline("install", host, env=environment).returncode == 0
    first = path.read_bytes()
    assert b"nothing to change" in quotaline("install", host, env=environment).stdout
    assert first == path.read_bytes()
    assert first.startswith(data or b"")
    done = quotaline("uninstall", host, env=environment)
    assert done.returncode == 0, done.stderr
    assert data == (path.read_bytes() if path.exists() else None)
    assert [path for path in home.rglob("*") if path.is_file() and ".cache" not in path.parts] == (
        [path] if data is not None else []
    )


def test_starship_refuses_what_it_would_break(home: Path, environment: dict[str, str]) -> None:
    path = home / ".config" / "starship.toml"
    path.parent.mkdir()
    for text, said in (("a = = 1", "line 1"), ('[custom.quotaline]\ncommand = "x"\n', "of its own")):
        path.write_text(text)
        done = quotaline("install", "starship", env=environment)
        assert (1, text) == (done.returncode, path.read_text())
        assert said in done.stderr.decode()


def test_starship_says_when_the_format_leaves_it_out(home: Path, environment: dict[str, str]) -> None:
    path = home / ".config" / "starship.toml"
    path.parent.mkdir()
    path.write_text('format = "$directory$character"\n')
    assert b"${custom.quotaline}" in quotaline("install", "starship", env=environment).stdout


@pytest.mark.parametrize(
    "words", [("install", "emacs"), ("init", "tcsh"), ("init",), ("uninstall", "emacs"), ("install", "bash", "--chain")]
)
def test_an_unknown_host_or_shell_is_wrong_usage(words: tuple[str, ...], environment: dict[str, str]) -> None:
    done = quotaline(*words, env=environment)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(("shell", "options"), [("bash", ["-ic"]), ("zsh", ["-ic"]), ("fish", ["-ic"])])
def test_an_interactive_shell_reads_the_block(shell: str, options: list[str], home: Path, environment: dict[str, str]) -> None:
    """And when the program is gone, a new shell says nothing."""
    need(shell)
    quotaline("install", shell, env=environment)
    env = {**environment, "TERM": "dumb"}

    def shown() -> str:
        show = 'set -q QUOTALINE; and echo "<set>"' if shell == "fish" else 'echo "<${QUOTALINE+set}>"'
        done = subprocess.run([shell, *options, show], capture_output=True, text=True, env=env, timeout=60, check=False)
        assert "quotaline" not in done.stderr
        return done.stdout

    assert "<set>" in shown()
    path = home / FILES[shell]
    path.write_text(path.read_text().replace("/quotaline'", "/gone'").replace("/quotaline ", "/gone "))
    assert "<set>" not in shown()


BELOW = {
    ":": True, "PS1='theirs> '": True, "# PROMPT_COMMAND=theirs": True, "echo PROMPT_COMMAND": True,
    "PROMPT_COMMAND=theirs": False, "  PROMPT_COMMAND=(theirs)": False, "export PROMPT_COMMAND=theirs": False,
    "unset PROMPT_COMMAND": False, "if true; then PROMPT_COMMAND=; fi": False,
    'PROMPT_COMMAND="theirs; $PROMPT_COMMAND"': True, "PROMPT_COMMAND+=$'\\ntheirs'": True,
    'before=$PROMPT_COMMAND; both() { eval "$before"; theirs; }\nPROMPT_COMMAND=both': True,
}  # fmt: skip


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("below", BELOW)
def test_whoever_takes_bashs_prompt_command_below_the_block_is_named(
    below: str, by_hand: bool, home: Path, environment: dict[str, str]
) -> None:
    """Exactly where a real bash does not show the line: install and doctor name the line in question."""
    write(home / ".cache" / "quotaline" / "default", frames((900, "$12.40 extra")), "prompt.bash")
    rc, hook = home / ".bashrc", f'eval "$({QUOTALINE} init bash)"\n'
    rc.write_text("theirs() { PS1='theirs> '; }\nPROMPT_COMMAND=\n" + hook * by_hand)
    if not by_hand:
        quotaline("install", "bash", env=environment)
    size = len(rc.read_text().splitlines())
    rc.write_text(rc.read_text() + below + "\n")
    bash = subprocess.run(
        ["bash", "-i"], input=":\n:\n:\n", env={**environment, "TERM": "xterm"}, capture_output=True, text=True, check=True
    )
    assert BELOW[below] == ("$12.40 extra" in plain(bash.stderr))
    named = f"Line {size + 1} of {rc} gives PROMPT_COMMAND away".replace(str(home), "~")
    doctor = quotaline("doctor", env={**environment, "COLUMNS": "300"}).stdout.decode()
    assert BELOW[below] != (named in doctor)
    if not by_hand:
        said = quotaline("install", "bash", env=environment).stdout.decode().replace(str(home), "~")
        assert BELOW[below] != (named in said)
        quotaline("uninstall", "bash", env=environment)
        assert "PROMPT_COMMAND away" not in quotaline("install", "bash", env=environment).stdout.decode()


def test_the_program_is_the_running_one_else_its_twin_else_that_of_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: tmp_path / name / "quotaline" for name in ("running", "beside", "path")}
    monkeypatch.setattr(sys, "argv", [str(places["running"])])
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(places["beside"].parent))
    monkeypatch.setenv("PATH", str(places["path"].parent))
    with pytest.raises(HostError, match="was not found"):
        launcher.command()
    for name in ("path", "beside", "running"):
        places[name].parent.mkdir()
        places[name].write_text("#!/bin/sh\n")
        places[name].chmod(0o755)
        assert launcher.command() == str(places[name])


def test_init_prints_the_files_that_are_shipped(environment: dict[str, str]) -> None:
    for shell, surface in SHELLS.items():
        done = quotaline("init", shell, "--no-prompt", env=environment)
        assert done.returncode == 0
        assert done.stdout.decode().endswith(shell_code.init_code(shell))
        assert surface.init
        assert b"__quotaline_place" in done.stdout.split(b"\n")[4]
        assert b"0" in done.stdout.split(b"\n")[4]


def test_init_tells_the_folder_of_another_account(environment: dict[str, str]) -> None:
    from quotaline.core import paths

    env = {**environment, "CLAUDE_CONFIG_DIR": "/home/user/.claude-work"}
    assert paths.cache_dir(env) == quotaline("init", "--where", env=env).stdout.decode().strip()


def test_every_shell_file_is_clean_for_shellcheck(tmp_path: Path) -> None:
    folder = Path(str(__import__("quotaline").__path__[0])) / "shells"
    program = tmp_path / "program.sh"
    program.write_text(Path(QUOTALINE).read_text().partition("\n'''\n")[0] + "\n")  # what follows is Python
    files = sorted([*folder.glob("*.sh"), *folder.glob("*.bash"), program])
    assert len(files) >= 6
    done = subprocess.run([need("shellcheck"), *map(str, files)], capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stdout + done.stderr)
