"""EFFECT Many transcripts are scanned by two processes, few by this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.ledger.scan import Job, Scanned, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def scan_all(jobs: Sequence[Job]) -> Iterator[Scanned]:
    """What every job gives, in no particular order."""
    for job in jobs:
        yield from scan(job)
