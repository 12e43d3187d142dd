"""EFFECT A page that is kept current on the alternate screen, until a key or a signal ends it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from quotaline.core.periods import MINUTE
from quotaline.terminal import page, scrolled
from quotaline.terminal.alternate_screen import AlternateScreen
from quotaline.terminal.text import Flow, Words
from quotaline.terminal.watched import reap

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from rich.segment import Segment

    from quotaline.terminal.text import Line
    from quotaline.terminal.watched import Watched

POLL = 1.0
"""Seconds between two looks at the times of the files that are watched."""
STARTED, TOO_SOON = "a refresh was started", "a refresh was started a moment ago"


class Viewer:
    """`with Viewer(watched, env) as viewer: viewer.run()`."""

    def __init__(self, watched: Watched, env: Mapping[str, str], *, ascii_only: bool) -> None:
        self._watched, self._env, self._ascii_only = watched, env, ascii_only
        self._console = page.console(watched.config, env, force_terminal=True)
        self._screen = AlternateScreen(self._console)
        self._note = ""
        self._seen = scrolled.screenful(0, 0, 1)

    def __enter__(self) -> Self:
        self._screen.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._screen.__exit__(kind, error, trace)

    def run(self) -> int | None:
        """Draw whatever is new; the signal that ended it, None where a key did. Raises OSError where nothing can be drawn."""
        state, minute, drawn = self._watched.state(), 0, None
        while True:
            now = time.time()
            if minute != (minute := int(now // MINUTE)):
                self._watched.refresh_if_due(now)
            if state != (state := self._watched.state()):
                self._note = ""
            mark = (state, minute, self._screen.size, self._screen.taken, self._seen.top, self._note)
            if mark != drawn:
                self._draw(now)
                drawn = (*mark[:4], self._seen.top, self._note)
            events = self._screen.wait(POLL)
            reap()
            if events.ended_by is not None:
                return events.ended_by
            for action in scrolled.actions(events.keys):
                if action == "end":
                    return None
                drawn = None if action == "redraw" else drawn
                self._act(action)

    def _act(self, action: str) -> None:
        if action == "refresh":
            self._note = STARTED if self._watched.refresh(time.time()) else TOO_SOON
        else:
            self._seen = scrolled.screenful(scrolled.moved(self._seen, action), self._seen.rows, self._seen.height)

    def _draw(self, now: float) -> None:
        columns, rows = self._screen.size
        limit = page.page_width(self._env, columns)
        lines = self._rows(self._watched.lines(now, limit), limit)
        problem = [Words(self._watched.problem, "critical")] if self._watched.problem else []
        foot: list[list[Segment]] = [[]]
        for _ in range(2):  # how many rows the foot takes decides what is seen, which the foot tells
            self._seen = scrolled.screenful(self._seen.top, len(lines), rows - len(foot))
            foot = self._rows([*problem, Flow(scrolled.footer(self._seen, self._note))], min(limit, columns))
        shown = lines[self._seen.top : self._seen.end]
        self._screen.show([*shown, *([[]] * (rows - len(foot) - len(shown))), *foot])

    def _rows(self, lines: list[Line], limit: int) -> list[list[Segment]]:
        ascii_only = self._ascii_only or page.needs_ascii(self._watched.config)
        return page.painted_rows(self._console, lines, self._watched.config, limit, ascii_only=ascii_only)
