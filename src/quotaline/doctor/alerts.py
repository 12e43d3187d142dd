"""EFFECT Alerts: are there any, and did their commands work when they were last given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.alerts.delivery import alert_problems
from quotaline.core.formats import counted
from quotaline.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Alerts"


def checks(context: DoctorContext) -> Iterator[Check]:
    """One line for all that are well, one for each that failed; nothing where none is configured."""
    alerts, cache_dir = context.config.alert, context.where.cache_dir
    if not alerts or cache_dir is None:
        return
    problems = alert_problems(cache_dir, alerts)
    for problem in problems:
        fact, _, remedy = problem.rpartition("; ")
        yield Check(group=GROUP, name="command", status="WARN", message=f"{fact}.", remedy=remedy.rstrip("."))
    if not problems:
        count = counted(len(alerts), "alert")
        yield Check(group=GROUP, name="alerts", status="PASS", message=f"{count}, and no command failed.")
