"""PURE The doctor's answers as lines, group by group, made to be pasted into a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.terminal.text import Line, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotaline.doctor.check import Check

ROLES = {"PASS": "ok", "WARN": "warn", "FAIL": "critical", "SKIP": "muted"}
COUNTED = (("FAIL", "failed"), ("WARN", "to look at"), ("PASS", "passed"), ("SKIP", "skipped"))
STATUS = 6


def lines(checks: Sequence[Check], head: str, limit: int) -> list[Line]:
    """Every check: status, name, sentence, remedy; then the sum."""
    page: list[Line] = [[(text, "muted")] for text in wrapped(head, limit)]
    names = max((len(check.name) for check in checks), default=0) + 2
    group = ""
    for check in checks:
        if check.group != group:
            group = check.group
            page += [[], [(group, "accent")]]
        margin = STATUS + names
        texts = wrapped(check.message, limit - margin)
        page.append(
            [(f"{check.status:<{STATUS}}", ROLES[check.status]), (f"{check.name:<{names}}", "text"), (texts[0], "text")]
        )
        page += [[(" " * margin, ""), (text, "text")] for text in texts[1:]]
        if check.remedy and check.status != "PASS":
            page += [[(" " * margin, ""), (text, "muted")] for text in wrapped("→ " + check.remedy, limit - margin)]
    counts = {status: sum(check.status == status for check in checks) for status, _ in COUNTED}
    said = ", ".join(f"{counts[status]} {word}" for status, word in COUNTED if counts[status])
    return [*page, [], [(said, "text")]]
