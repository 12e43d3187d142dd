"""The page while there is no number: an example, the steps with their state, what went wrong and nothing twice."""

from __future__ import annotations

import itertools

import pytest
from rich.cells import cell_len

from goldens import golden, printed
from quotaline.integrations.steps import FirstSteps
from quotaline.model import Account, Fault, Missing, Snapshot, SourceState
from quotaline.terminal import page
from quotaline.terminal.welcome import welcome
from quotaline.usage.report import overview
from quotaline.zone import local_zone
from samples import NOW

NEW, HALF, DONE = FirstSteps(False, "zsh", False), FirstSteps(True, "bash", False), FirstSteps(True, "fish", True)
LIMITS = (40, 50, 71, 72, 80, 120)


def empty(**more: object) -> Snapshot:
    gaps = (
        Missing("five_hour", "no answer yet"),
        Missing("everything", "nothing has been read yet"),
        Missing("weekly_model", "needs it"),
    )
    states = (SourceState(source="transcripts", problem="no transcripts were found"),)
    known = {"missing": gaps, "sources": states, **more}
    return Snapshot(written_at=NOW, fresh_for=60, stale_after=3600, account=Account(config_dir="~/.claude"), **known)  # type: ignore[arg-type]


def shown(steps: FirstSteps, limit: int, snapshot: Snapshot, *, example: bool, alpha: bool) -> str:
    view = overview(snapshot, NOW, local_zone())
    told = welcome(steps, limit, example=example, alpha=alpha)
    return printed(page.first_page(view, snapshot, told, NOW), limit)


def test_the_page_as_it_was_looked_at() -> None:
    pages = [
        f"--- {limit} {steps} example={example} alpha={alpha}\n{shown(steps, limit, empty(), example=example, alpha=alpha)}"
        for limit, (steps, example, alpha) in itertools.product(
            LIMITS, ((NEW, True, False), (HALF, False, False), (DONE, True, True))
        )
    ]
    golden("terminal/welcome.txt", "\n".join(pages))


@pytest.mark.parametrize("limit", range(40, 121))
def test_it_keeps_to_the_width(limit: int) -> None:
    for steps in (NEW, HALF, DONE):
        text = shown(steps, limit, empty(), example=True, alpha=False)
        assert max(cell_len(line) for line in text.splitlines()) <= limit
        assert "42%" in text
        assert ("resets in 2h12m" in text) == (limit >= 54)


def test_what_went_wrong_is_told_and_what_the_steps_say_is_not() -> None:
    fault = Fault(stage="totals", message="The totals failed.", since=NOW - 600)
    told = (
        SourceState(source="claude-json", problem="it is no JSON"),
        SourceState(source="transcripts", problem="no transcripts"),
    )
    gaps = (*empty().missing, Missing("seven_day_x", "it is not understood", "a newer quotaline may know it"))
    text = shown(HALF, 80, empty(faults=(fault,), sources=told, missing=gaps), example=False, alpha=True)
    for part in ("The totals failed.", "claude-json: it is no JSON", "it is not understood"):
        assert part in text
    for part in ("no answer yet", "nothing has been read yet", "needs it", "transcripts:", "This is how it will look"):
        assert part not in text
