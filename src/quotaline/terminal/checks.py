"""PURE The doctor's answers as lines, group by group, made to be pasted into a report."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Column, Table
from rich.text import Text

from quotaline.terminal.text import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.doctor.check import Check
    from quotaline.terminal.text import Line

ROLES = {"PASS": "ok", "WARN": "warn", "FAIL": "critical", "SKIP": "muted"}
COUNTED = (("FAIL", "failed"), ("WARN", "to look at"), ("PASS", "passed"), ("SKIP", "skipped"))
STATUS = 6
EARLY = "Sources"
"""The group of which little is expected before the first message."""


def lines(checks: Sequence[Check], head: str) -> list[Line]:
    """Every check: status, name, sentence, remedy; then the sum."""
    page: list[Line] = [Words(head, "muted")]
    names = max(cell_len(check.name) for check in checks) + 2
    for group, members in groupby(checks, key=lambda check: check.group):
        table = Table.grid(Column(width=STATUS), Column(width=names), Column())
        for check in members:
            table.add_row(Text(check.status, ROLES[check.status]), check.name, Words(check.message))
            if check.remedy and check.status != "PASS":
                table.add_row("", "", Words("→ " + check.remedy, "muted"))
        page += [Text(), Text(group, "accent"), table]
    counts = {status: sum(check.status == status for check in checks) for status, _ in COUNTED}
    return [*page, Text(), Text(", ".join(f"{counts[status]} {word}" for status, word in COUNTED if counts[status]))]


def short_lines(checks: Sequence[Check], *, waiting: bool) -> list[Line]:
    """The sum, and what failed or should be looked at; `waiting`: no message has been sent yet."""
    early = [check for check in checks if waiting and check.group == EARLY and check.status == "WARN"]
    shown = [check for check in checks if check.status in ("FAIL", "WARN") and check not in early]
    counts = {status: sum(check.status == status for check in checks if check not in early) for status, _ in COUNTED[:3]}
    told = [f"{counts[status]} {word}" for status, word in COUNTED[:3] if counts[status]]
    told += [f"{len(early)} wait for the first message"] if early else []
    page: list[Line] = [Words(f"Doctor: {', '.join(told)}")]
    for check in shown:
        page.append(Words(f"{check.status} {check.name}: {check.message}", ROLES[check.status], indent=2))
        page += [Words("→ " + check.remedy, "muted", indent=4)] if check.remedy else []
    return page
