"""EFFECT What somebody may have meant by a word that is none of the known ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    Choice = click.Choice[str]
else:
    Choice = click.Choice  # no generic before click 8.2

# what other tools call it
OTHER_NAMES = {
    "daily": "history --by day", "weekly": "history --by week", "monthly": "history --by month",
    "session": "history --by session", "sessions": "history --by session", "blocks": "history --by block",
    "models": "history --by model", "projects": "history --by project", "cost": "history", "costs": "history",
    "html": "report", "dashboard": "report",
    "status": "usage", "show": "usage", "limits": "usage", "check": "doctor", "diagnose": "doctor",
    "settings": "config", "configure": "config", "themes": "segments", "widgets": "segments",
    "live": "watch", "monitor": "watch", "top": "watch",
    "metrics": "export", "prometheus": "export", "remove": "uninstall", "update": "refresh",
    "wizard": "setup", "onboard": "setup", "start": "setup",
}  # fmt: skip


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the nearest of the known words, else nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def instead_of(command: str, known: Iterable[str]) -> str | None:
    """The command line that may have been meant by an unknown command; None where nothing is near."""
    from difflib import get_close_matches

    if command in OTHER_NAMES:
        return OTHER_NAMES[command]
    near = get_close_matches(command, [*known, *OTHER_NAMES], n=1, cutoff=0.6)
    return OTHER_NAMES.get(near[0], near[0]) if near else None


class Host(Choice):
    """The name of a host; of one that is none it is said which may have been meant."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name. Raises click.UsageError."""
        if value not in self.choices:
            also = {"claude": "claude-code", "claudecode": "claude-code", "statusline": "claude-code"}.get(value.lower())
            meant = f" (did you mean {also!r}?)" if also else did_you_mean(value, self.choices)
            self.fail(f"there is no host {value!r}{meant}; hosts are {', '.join(self.choices)}.", param, ctx)
        return value
