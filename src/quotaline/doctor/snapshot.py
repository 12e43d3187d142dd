"""EFFECT The snapshot: there, of this version, of late, and without a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.core.formats import format_left
from quotaline.core.periods import MINUTE
from quotaline.core.snapshot import read_snapshot
from quotaline.doctor.check import Check
from quotaline.ledger.skipped import NO_TRANSCRIPTS
from quotaline.model import SNAPSHOT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotaline.doctor.check import DoctorContext

GROUP = "Snapshot"
REFRESH = "run `quotaline refresh` and see what it says"


def checks(context: DoctorContext) -> Iterator[Check]:
    """The file as the prompt path reads it, its age, and what the last refresh could not do."""
    path = context.where.snapshot
    kept = read_snapshot(str(path)) if path else None
    if path is None or not path.exists():
        message = "Nothing has been read yet."
        yield Check(group=GROUP, name="file", status="WARN", message=message, remedy="run `quotaline refresh`")
        return
    if kept is None or context.snapshot is None:
        message = f"{path} is not a snapshot of version {SNAPSHOT_VERSION}."
        yield Check(group=GROUP, name="file", status="FAIL", message=message, remedy="run `quotaline refresh`: it is made anew")
        return
    found = context.snapshot
    message = f"Version {found.version}, {path.stat().st_size >> 10} KiB, {len(found.readings)} readings."
    yield Check(group=GROUP, name="file", status="PASS", message=message)
    age = context.now - found.written_at
    if age < 0:
        message = "It is from the future: the clock was changed."
        yield Check(group=GROUP, name="age", status="WARN", message=message, remedy=REFRESH)
    elif age > found.stale_after:
        yield Check(group=GROUP, name="age", status="WARN", message=f"It was written {format_left(age)} ago.", remedy=REFRESH)
    else:
        yield Check(group=GROUP, name="age", status="PASS", message=f"It was written {format_left(age)} ago.")
    for problem in found.problems:
        yield Check(group=GROUP, name="refresh", status="FAIL", message=problem, remedy="mend it and run `quotaline refresh`")
    for fault in found.faults:
        lasts = context.now - fault.since
        since = f", for {format_left(lasts)} now" if lasts >= MINUTE else ""
        yield Check(
            group=GROUP, name=fault.stage, status="FAIL", message=f"{fault.message.rstrip('.')}{since}.", remedy=REFRESH
        )
    told = (None, "", NO_TRANSCRIPTS)  # which the sources' own checks tell
    failed = [f"{state.source}: {state.problem}" for state in found.sources if state.problem not in told]
    for message in failed:
        yield Check(group=GROUP, name="refresh", status="WARN", message=message, remedy=REFRESH)
    if not (found.problems or found.faults or failed):
        yield Check(group=GROUP, name="refresh", status="PASS", message="The last refresh read all that is open.")
