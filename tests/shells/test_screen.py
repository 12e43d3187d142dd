"""What is on the screen: no value runs anything when the prompt is drawn, and long lines are edited as before."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import shellkit
from programs import need
from quotaline.core.snapshot import read_or_defaults
from quotaline.snapshot import prompt_files
from shellkit import FILE, HOOKED, Terminal, code, plain, wait_for, write

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAPS = [
    "$(touch canary)", "`touch canary`", "\\$(touch canary)", "\\`touch canary\\`", "%(!.a.b)%n%m", "%{x%}", "%F{red}r%f",
    "\\u\\h\\w\\[x\\]", "\\e[31mred", "!! !1 !$", "${HOME} $HOME $((1+1))", "#{host} #(touch canary)", "'; touch canary; '",
    "~/*?[a]{b,c}", "a%", "%", "\\", "$'\\x1b[31m'", "(touch canary)", "| touch canary", "&& touch canary", "%1(l.touch.x)",
]  # fmt: skip


def snapshot(value: str) -> dict[str, Any]:
    """A line of one coloured segment: a model of that name."""
    shipped = read_or_defaults("")
    segments = {**shipped["segments"], "model": {"forms": [None, [["model.name", ""]], None], "colour": "38;5;75"}}
    now = time.time()
    return {
        **shipped, "segments": segments, "written_at": now, "fresh_for": 600.0, "readings": [],
        "fields": {"model.name": [value, None]}, "lines": {"prompt": [["model"]]},
    }  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "sh", "busybox"])
@pytest.mark.parametrize(
    "setup",
    [":", "setopt prompt_subst prompt_bang", "set -o histexpand", "shopt -s extglob nullglob", "shopt -u promptvars"],
)
def test_a_prompt_with_any_name_in_it_runs_nothing_and_shows_it(shell: str, setup: str, tmp_path: Path) -> None:
    if setup != ":" and setup.startswith("setopt") != (shell == "zsh"):
        return
    if setup.startswith(("set -o", "shopt")) and shell != "bash":
        return
    folder = tmp_path / "c"
    write(folder, prompt_files.render_prompt_files(snapshot("first"), time.time())[FILE[shell]], FILE[shell])
    terminal = Terminal(shell, shellkit.environment())
    terminal.do(setup)
    terminal.do(f"cd {shlex.quote(str(tmp_path))}")
    terminal.source(code(shell, folder), tmp_path)
    for number, trap in enumerate(TRAPS):
        value = f"<{number}>{trap}</{number}>"
        write(folder, prompt_files.render_prompt_files(snapshot(value), time.time())[FILE[shell]], FILE[shell])
        terminal.do(":")
        assert shellkit.inert(value, shell) in seen(terminal.do(":"))
    terminal.close()
    assert not list(tmp_path.rglob("canary"))


def seen(text: str) -> str:
    """Without escape sequences and whatever else takes no cell."""
    return plain(text).replace("\x02", "").replace("\x01", "")


class Pane:
    """A shell in a tmux pane of 60×10, which shows what a terminal would."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.env = {**env, "TMUX_TMPDIR": str(folder)}

    def tmux(self, *words: str) -> str:
        return subprocess.run(
            [need("tmux"), "-L", "pane", "-f", "/dev/null", *words], env=self.env, capture_output=True, text=True, check=True
        ).stdout

    def see(self, text: str) -> str:
        """The screen, its wrapped lines joined, once it shows `text`."""
        last = ""

        def there() -> bool:
            nonlocal last
            last = self.tmux("capture-pane", "-p", "-J")
            return text in last

        try:
            wait_for(there, 30)
        except AssertionError:
            pytest.fail(f"{text!r} is not on the screen:\n{last}")
        return last


@pytest.fixture
def pane() -> Iterator[Pane]:
    folder = Path("/tmp") / f"qp{os.getpid()}"  # a socket's path is short
    folder.mkdir(exist_ok=True)
    shown = Pane(folder, {**shellkit.environment(), "TERM": "screen"})
    yield shown
    subprocess.run([need("tmux"), "-L", "pane", "kill-server"], env=shown.env, check=False, capture_output=True)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.mark.parametrize("shell", HOOKED)
def test_a_long_line_is_edited_as_before(shell: str, pane: Pane, tmp_path: Path) -> None:
    """Three colours in the prompt, a line of more than one row, its first character inserted last: nothing is torn."""
    folder = tmp_path / "c"
    write(folder, prompt_files.render_prompt_files(snapshot("Opus 5.5"), time.time())[FILE[shell]], FILE[shell])
    path = tmp_path / "init"
    path.write_text(code(shell, folder))
    start = {
        "bash": f"bash --rcfile {path} -i", "zsh": "zsh -f -i",
        "fish": f"fish -C 'function fish_prompt; printf PROMPT\\>\\ ; end; source {path}'",
    }[shell]  # fmt: skip
    (Path(pane.env["HOME"]) / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
    path.write_text("PS1='PROMPT> '\n" + path.read_text() if shell == "bash" else path.read_text())
    pane.tmux("new-session", "-d", "-x", "60", "-y", "10", start)
    if shell == "zsh":
        pane.see("%" if os.getuid() else "#")
        pane.tmux("send-keys", f"PROMPT='PROMPT> '; bindkey -e; source {path}", "Enter")
    pane.see("Opus 5.5")
    line = "cho " + "0123456789" * 9 + " end"
    pane.tmux("send-keys", "-l", line)
    pane.see("89 end")
    pane.tmux("send-keys", "C-a")
    pane.tmux("send-keys", "-l", "e")
    shown = pane.see("PROMPT> echo 0123456789")
    assert "echo " + "0123456789" * 9 + " end" in shown.replace("\n", "")
    pane.tmux("send-keys", "Enter")
    assert "\n" + "0123456789" * 9 + " end\n" in pane.see("\n" + "0123456789" * 6)


RIGHT_PROMPTS = {
    "by a widget": "zle-line-init() { RPS1=theirs-$((++drawn)); zle reset-prompt }; zle -N zle-line-init",
    "past the widget": "zle-line-init() { RPS1=theirs-$((++drawn)); zle .reset-prompt }; zle -N zle-line-init",
    "by a handler": """
        answered() { zle -F $1; exec {answer}<&-; RPROMPT=theirs-$((++drawn)); zle .reset-prompt; zle -R }
        asked() { exec {answer}< <(sleep 0.3; echo); zle -F $answer answered; RPROMPT=waiting }
        precmd_functions=(asked)
    """,
    "by spaceship": """
        spaceship::populate() { RPROMPT=theirs-$((++drawn)) }
        answered() { zle -F $1; exec {answer}<&-; spaceship::populate; zle .reset-prompt; zle -R }
        asked() { exec {answer}< <(sleep 0.3; echo); zle -F $answer answered; RPROMPT=waiting }
        precmd_functions=(asked)
    """,
}


@pytest.mark.parametrize("theme", RIGHT_PROMPTS)
def test_a_right_prompt_that_is_set_while_the_line_is_edited_stands_behind_ours(theme: str, pane: Pane, tmp_path: Path) -> None:
    """As vi modes, transient prompts and asynchronous themes do; from the first prompt on."""
    folder = tmp_path / "c"
    write(folder, prompt_files.render_prompt_files(snapshot("Opus 5.5"), time.time())[FILE["zsh"]], FILE["zsh"])
    never_look = "__quotaline_watch() { }\n" if theme == "by spaceship" else ""  # its line is there at once
    text = f"PROMPT='PROMPT> '; bindkey -e\n{RIGHT_PROMPTS[theme]}\n{code('zsh', folder)}\n{never_look}"
    (tmp_path / "init").write_text(text)
    pane.tmux("new-session", "-d", "-x", "60", "-y", "10", "zsh -f -i")
    pane.see("%" if os.getuid() else "#")
    pane.tmux("send-keys", f"source {tmp_path / 'init'}", "Enter")
    shown = ""
    for number in (1, 2, 3):
        shown = pane.see(f"Opus 5.5 theirs-{number}")
        pane.tmux("send-keys", f": {number}", "Enter")
    assert "Opus 5.5 Opus 5.5" not in shown
