"""The line in a real tmux, seen from a terminal that another tmux plays."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commandline import quotaline
from programs import need
from quotaline.core.snapshot import read_or_defaults
from quotaline.snapshot import prompt_files
from shellkit import fake_command, frames, traced, wait_for, write

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAPS = [
    "#", "##", "###x", "#[fg=red]", "#[", "##[bold]", "#{host}", "##{host}", "#(touch canary)", "##(touch canary)", "#(:)",
    "##(:)", "42%H %Y %%", "a,b}c", "#{?1,a,b}", "#,#}", "$(touch canary)", "`touch canary`", "\\#[x]", "x#",
]  # fmt: skip


class Screen:
    """A tmux inside a tmux: the inner one draws its status line on the outer one's pane."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.env = {**env, "TMUX_TMPDIR": str(folder), "TERM": "screen", "LC_ALL": "C.UTF-8"}
        self.env.pop("TMUX", None)
        self.config = folder / "base.conf"
        self.config.write_text(
            "set -g status-interval 1\nset -g status-left ''\nset -g status-right 'BEGIN'\nset -g default-shell /bin/sh\n"
        )

    def tmux(self, *words: str) -> str:
        done = subprocess.run([need("tmux"), *words], env=self.env, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def start(self, trace: Path | None = None) -> None:
        """Both; with `trace` strace notes there what the inner one starts, until it is stopped."""
        command = [need("tmux"), "-L", "inner", "-f", str(self.config), "new-session", "-d", "-x", "200", "-y", "10", "cat"]
        self.tracer = subprocess.Popen([*traced(trace), *command] if trace else command, env=self.env)
        wait_for(lambda: "inner" not in self.tmux("-L", "inner", "has-session"))
        self.tmux(
            "-L", "outer", "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "11", "env -u TMUX tmux -L inner attach"
        )

    def see(self, text: str) -> str:
        """The status line once it holds `text`."""
        last = ""

        def there() -> bool:
            nonlocal last
            last = self.tmux("-L", "outer", "capture-pane", "-p", "-t", ":0")
            return text in last

        try:
            wait_for(there)
        except AssertionError:
            pytest.fail(f"{text!r} is not on the screen:\n{last}")
        return last

    def stop(self) -> None:
        self.tmux("-L", "inner", "kill-server")
        self.tmux("-L", "outer", "kill-server")
        self.tracer.wait()


@pytest.fixture
def screen(environment: dict[str, str]) -> Iterator[Screen]:
    folder = Path("/tmp") / f"qt{os.getpid()}"  # a socket's path is short
    folder.mkdir(exist_ok=True)
    shown = Screen(folder, environment)
    yield shown
    shown.stop()
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def cache(home: Path) -> Path:
    return home / ".cache" / "quotaline" / "default"


def test_install_shows_the_line_once_and_uninstall_takes_it_away(
    screen: Screen, home: Path, environment: dict[str, str]
) -> None:
    write(cache(home), frames((900, "#[fg=red]$12.40 extra#[default] 5h 42% 2h13m")), "prompt.tmux")
    assert quotaline("install", "tmux", env=environment).returncode == 0
    screen.start()
    for _ in range(2):
        assert screen.tmux("-L", "inner", "source-file", str(home / ".tmux.conf")) == ""
    seen = screen.see("$12.40 extra 5h 42% 2h13m")
    assert seen.count("$12.40") == 1
    assert "BEGIN $12.40" in seen
    assert quotaline("uninstall", "tmux", env=environment).returncode == 0
    assert not (home / ".tmux.conf").exists()


def test_nothing_to_show_is_nothing(screen: Screen, home: Path, environment: dict[str, str]) -> None:
    write(cache(home), frames((900, "")), "prompt.tmux")
    quotaline("install", "tmux", env=environment)
    screen.config.write_text(screen.config.read_text() + f"source-file {home}/.tmux.conf\nset -ga status-right 'END'\n")
    screen.start()
    screen.see("BEGIN END")


def test_no_value_is_read_as_a_format(screen: Screen, home: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    """Each trap as a model's name, coloured and not, shows as it is written; no canary appears; both ways to place it agree."""
    shipped = read_or_defaults("")
    segments = {**shipped["segments"], "agent": {"forms": [None, [["agent.name", ""]], None], "colour": "38;5;75"}}
    segments["model"] = {"forms": [None, [["model.name", ""]], None], "colour": ""}
    quotaline("install", "tmux", env=environment)
    text = (home / ".tmux.conf").read_text()
    script = home / ".local/share/quotaline/shell/tmux.sh"
    screen.config.write_text(screen.config.read_text() + text + "set -g status-right-length 190\n")
    screen.start(tmp_path / "trace")
    job = screen.tmux("-L", "inner", "show-options", "-gv", "@quotaline-line").strip()
    assert job == f"#(/bin/sh {script})"
    for number, trap in enumerate(TRAPS):
        now = time.time()
        kept = {
            **shipped, "segments": segments, "written_at": now, "fresh_for": 600.0, "readings": [],
            "fields": {"model.name": [f"{number}:{trap}", None], "agent.name": [trap, None]},
            "lines": {"prompt": [["model", "agent"]]}, "style": {**shipped["style"], "separator": "|"},
        }  # fmt: skip
        write(cache(home), prompt_files.render_prompt_files(kept, now)["prompt.tmux"], "prompt.tmux")
        # tmux runs one command once a second at most; each spelling of the same path is another command
        screen.tmux("-L", "inner", "set", "-g", "@quotaline-line", job.replace(f" {script}", f" {'/' * number}{script}"))
        screen.see(f"BEGIN {number}:{trap}|{trap}")
    screen.tmux("-L", "inner", "set", "-g", "status-right", f"DIRECT #(/bin/sh {script})")
    screen.see(f"DIRECT {len(TRAPS) - 1}:{TRAPS[-1]}|{TRAPS[-1]}")
    assert not list(home.rglob("canary"))
    assert not list(tmp_path.rglob("canary"))
    screen.stop()
    if not traced(tmp_path / "trace"):
        return
    started = re.findall(r"execve\((.*?\])", (tmp_path / "trace").read_text())
    assert len(started) > len(TRAPS)
    known = (f'{script}"', '"cat"', "/tmp/qt", "utempter", '"date", "+%s"')
    assert [words for words in started if not any(word in words for word in known)] == []


def test_the_job_asks_for_a_refresh_when_the_file_has_expired(home: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    quotaline("install", "tmux", env=environment)
    script = home / ".local/share/quotaline/shell/tmux.sh"
    command = fake_command(tmp_path / "bin")
    text = script.read_text().replace(next(line for line in script.read_text().splitlines() if line.startswith("set -- ")),
                                      f"set -- {cache(home)} '' {command} tmux")  # fmt: skip
    script.write_text(text)
    env = {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}
    for _ in range(3):
        subprocess.run(["/bin/sh", str(script)], env=env, check=True, timeout=60)
    wait_for((tmp_path / "bin" / "calls").exists)
    assert (tmp_path / "bin" / "calls").read_text() == "refresh --background\n"
    done = subprocess.run(
        ["/bin/sh", str(script)], env={**env, "CLAUDE_CONFIG_DIR": "/x"}, check=True, timeout=60, capture_output=True
    )
    assert done.stderr == b""
    assert "prompt --shell tmux" in (tmp_path / "bin" / "calls").read_text()
