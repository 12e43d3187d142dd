"""PURE The overviews of all accounts as one page: each under its name, what the marks mean once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from quotaline.terminal.page import clock_of, legend_of, paragraphs, usage_blocks
from quotaline.terminal.text import Flow, Words, clock_with_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.model import Snapshot
    from quotaline.terminal.text import Line
    from quotaline.usage.report import AccountOverview

NOTHING = "Nothing is known of it yet: send a message in Claude Code with this account."


def accounts_page(pages: Sequence[tuple[AccountOverview, Snapshot]], now: float, limit: int) -> list[Line]:
    """The page as lines of at most `limit` cells."""
    blocks: list[list[Line]] = []
    for view, snapshot in pages:
        head = [_name(view, now, clock_of(snapshot))]
        if view.empty:
            blocks += [[*head, Words(NOTHING, "muted")]]
        else:
            blocks += [head, *usage_blocks(view, snapshot, now, limit)]
        blocks.append([Text("─" * limit, "muted")])
    return paragraphs([*blocks[:-1], legend_of([view for view, _ in pages], now)])


def _name(view: AccountOverview, now: float, clock: str) -> Line:
    told = [(view.name, "accent")]
    plan = view.account.plan and view.account.plan.replace("_", " ")
    told += [(text, "text") for text in (plan, view.account.config_dir) if text and text != view.name]
    if view.also:
        told.append((f"also {', '.join(view.also)}", "muted"))
    return Flow([*told, (clock_with_zone(now, now, clock), "muted")])
