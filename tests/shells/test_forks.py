"""Two hundred prompts in a real terminal under strace: not one process is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import shellkit
from programs import need
from shellkit import FILE, HOOKED, Terminal, code, count_processes, frames, traced, write

if TYPE_CHECKING:
    from pathlib import Path

PROMPTS = 200


def processes(shell: str, trace: Path, tmp_path: Path, *, hooked: bool) -> int:
    """Processes that an interactive shell started over PROMPTS prompts; threads are not counted."""
    write(tmp_path / "c", frames((900, "5h 42% 2h13m"), (9000, "")), FILE[shell])
    terminal = Terminal(shell, shellkit.environment(), before=tuple(traced(trace)))
    if hooked:
        terminal.source(code(shell, tmp_path / "c"), tmp_path)
    for _ in range(3):
        terminal.do(":")
    started = count_processes(trace)
    for _ in range(PROMPTS // 2):
        terminal.do(":")  # two lines, two prompts
    ended = count_processes(trace)
    terminal.child.close(force=True)  # a traced fish does not come to its end
    return ended - started


@pytest.mark.parametrize("shell", HOOKED)
def test_two_hundred_prompts_start_no_process(shell: str, tmp_path: Path) -> None:
    need("strace")
    assert processes(shell, tmp_path / "trace", tmp_path, hooked=True) == 0


def test_the_count_sees_a_process(tmp_path: Path) -> None:
    need("strace")
    trace = tmp_path / "trace"
    terminal = Terminal("bash", shellkit.environment(), before=tuple(traced(trace)))
    terminal.do(":")
    before = count_processes(trace)
    terminal.do("/bin/true")
    terminal.child.close(force=True)
    assert count_processes(trace) - before == 2
