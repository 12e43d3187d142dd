"""`quotaline.tmux` as tmux's plugin manager runs it, in a real tmux."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from commandline import QUOTALINE
from programs import need
from shellkit import fake_command
from viewed import Viewed

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "quotaline.tmux"


class Tmux:
    """A tmux without a client; `run` runs the plugin's file as the manager does, from inside it."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.env = {**env, "TMUX_TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "TERM": "screen"}
        self.env.pop("TMUX", None)
        self.seen = Viewed(
            self.env, need("tmux"), "-L", "plugin", "-f", "/dev/null", "new-session", "cat", rows=10, columns=200
        )
        self.seen.wait(lambda: self("list-sessions").startswith("0:"))

    def __call__(self, *words: str) -> str:
        done = subprocess.run([need("tmux"), "-L", "plugin", *words], env=self.env, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).removesuffix("\n")

    def option(self, name: str) -> str:
        return self("show-option", "-gqv", name)

    def end(self) -> None:
        self("kill-server")
        self.seen.end()

    def run(self, file: Path) -> None:
        self("set-option", "-g", "status-interval", "1")
        assert self("run-shell", f"'{file}' >/dev/null 2>&1") == ""


@pytest.fixture
def tmux(tmp_path: Path, environment: dict[str, str]) -> Iterator[Tmux]:
    place = tmp_path / "bin"
    fake_command(place, "echo 'drawn'")
    server = Tmux(tmp_path, {**environment, "PATH": f"{place}:{os.environ['PATH']}"})
    yield server
    server.end()


def test_each_mark_becomes_the_job_and_everything_else_stays(tmux: Tmux, tmp_path: Path) -> None:
    tmux("set-option", "-g", "status-left", "[#S] #{quotaline} | #{quotaline}")
    tmux("set-option", "-g", "status-right", '#[fg=red]#{quotaline}#[default] \'"$x" %H:%M \\')
    job = f"#({tmp_path}/bin/quotaline prompt --shell tmux)"
    for _ in range(2):
        tmux.run(PLUGIN)
        assert tmux.option("status-left") == f"[#S] {job} | {job}"
        assert tmux.option("status-right") == f'#[fg=red]{job}#[default] \'"$x" %H:%M \\'
        assert (tmux.option("status-left-length"), tmux.option("status-right-length")) == ("120", "120")
    tmux.seen.see("drawn | drawn")
    assert set((tmp_path / "bin" / "calls").read_text().splitlines()) == {"prompt --shell tmux"}


def test_the_recipe_of_the_page_is_drawn(tmux: Tmux, tmp_path: Path) -> None:
    config = tmp_path / "tmux.conf"
    page = (ROOT / "docs/surfaces.md").read_text(encoding="utf-8")
    config.write_text(page.partition("<!-- recipe: tmux-plugin -->\n```tmux\n")[2].partition("```")[0])
    tmux("source-file", str(config))
    assert tmux.option("@plugin") == "OWNER/quotaline"
    tmux.run(PLUGIN)
    tmux.seen.see("drawn ")


def test_a_line_without_the_mark_is_left_alone(tmux: Tmux) -> None:
    before = [tmux.option(f"status-{what}") for what in ("left", "right", "left-length", "right-length")]
    tmux("set-option", "-g", "status-right-length", "200")
    tmux("set-option", "-ga", "status-right", "#{quotaline}")
    tmux.run(PLUGIN)
    assert [tmux.option("status-left"), tmux.option("status-left-length")] == [before[0], before[2]]
    assert tmux.option("status-right-length") == "200", "more room is not taken away"


def test_a_path_that_a_shell_would_read_is_named_by_the_program_alone(tmp_path: Path, environment: dict[str, str]) -> None:
    odd = tmp_path / "a b)#$(touch x)"
    fake_command(odd)
    server = Tmux(tmp_path, {**environment, "PATH": f"{odd}:{os.environ['PATH']}"})
    server("set-option", "-g", "status-right", "#{quotaline}")
    server.run(PLUGIN)
    assert server.option("status-right") == "#(quotaline prompt --shell tmux)"
    server.end()


def test_without_the_program_it_says_so_and_changes_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    place = tmp_path / "bin"
    place.mkdir()
    for name in ("tmux", "sh", "cat"):
        (place / name).symlink_to(str(shutil.which(name)))
    server = Tmux(tmp_path, {**environment, "PATH": str(place)})
    server("set-option", "-g", "status-right", "#{quotaline}")
    server.run(PLUGIN)
    assert server.option("status-right") == "#{quotaline}"
    server.seen.see("quotaline: the program is not installed")
    server.end()


def test_the_real_program_draws_there(tmp_path: Path, furnished: dict[str, str]) -> None:
    server = Tmux(tmp_path, {**furnished, "PATH": f"{Path(QUOTALINE).parent}:{os.environ['PATH']}"})
    server("set-option", "-g", "status-right", "#{quotaline}")
    server.run(PLUGIN)
    server.seen.see("42%", "$12.40 extra")
    server.end()


def test_it_is_an_executable_that_shellcheck_likes() -> None:
    assert os.access(PLUGIN, os.X_OK)
    done = subprocess.run([need("shellcheck"), str(PLUGIN)], capture_output=True, text=True, check=False)
    assert done.stdout == ""
