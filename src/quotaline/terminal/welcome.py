"""PURE What is shown while there is no number yet: an example, the three steps with their state, where dollars come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from quotaline.core.formats import format_left
from quotaline.core.windows import PLAN_KINDS
from quotaline.terminal.text import Words
from quotaline.terminal.windows import bar

if TYPE_CHECKING:
    from quotaline.integrations.steps import FirstSteps
    from quotaline.terminal.text import Line

EXAMPLE = ((42, 0.56, 7_920.0), (63, 0.55, 273_600.0))
"""Percent, the part of the period that is gone, and the seconds that are left, of each window that every plan has."""
BAR, NARROW = 16, 72


def welcome(steps: FirstSteps, limit: int, *, example: bool, alpha: bool) -> list[list[Line]]:
    """Blocks of lines of at most `limit` cells; `example` draws made windows, `alpha`: undocumented sources are open."""
    blocks: list[list[Line]] = [[Words("Nothing to show yet.")]]
    if example:
        blocks = [[Words("Nothing to show yet. This is how it will look, an example and not your numbers:")], _example(limit)]
    blocks.append([Text("Three steps", "accent"), *_steps(steps, limit)])
    if not steps.claude_code:
        blocks[-1].append(Words("`quotaline setup` goes through them, and asks before it changes anything."))
    if not alpha:
        why = "Dollars beyond the plan and each model's week need sources that Anthropic does not document:"
        blocks.append([Words(why), Words("quotaline config set enable_alpha_features true", "accent", indent=2)])
    more = "With an API key there are no windows; tokens and list prices appear once Claude Code has run here."
    blocks.append([Words(more), Words("Something is odd? `quotaline doctor`. All commands: `quotaline --help`.")])
    return blocks


def _example(limit: int) -> list[Line]:
    names = max(cell_len(kind.name) for kind in PLAN_KINDS)
    drawn: list[Line] = []
    for kind, (percent, gone, left) in zip(PLAN_KINDS, EXAMPLE, strict=True):
        line = Text(f"  {kind.name:<{names}}  {percent}%  ", "muted")
        line.append(bar(percent / 100, gone, BAR, "muted").plain)
        reset = f"  resets in {format_left(left)}"
        line.append(reset if line.cell_len + len(reset) <= limit else "")
        drawn.append(line)
    return drawn


def _steps(steps: FirstSteps, limit: int) -> list[Line]:
    rows = (
        (steps.claude_code, "Claude Code's line", "not installed", "quotaline install claude-code"),
        (False, "one message", "none seen yet", "send any message in Claude Code"),
        (steps.in_shell, "your shell's prompt", "not installed", f"quotaline install {steps.shell}"),
    )
    lines: list[Line] = []
    for number, (done, name, state, action) in enumerate(rows, start=1):
        mark, told, do = ("✓", "installed", "") if done else (str(number), state, action)
        if limit < NARROW:
            lines.append(Text(f"  {mark}  {name}: {told}", "muted" if done else ""))
            lines += [Words(do, "accent", indent=5)] if do else []
        else:
            line = Text(f"  {mark}  {name:<20} {told:<15}", "muted" if done else "")
            lines.append(line.append(do, "accent"))
    return lines
