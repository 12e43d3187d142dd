"""PURE The stages of a refresh, each with a net: a fault in one costs that one only, and is remembered with its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from quotaline.errors import QuotalineError
from quotaline.model import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
S = TypeVar("S")


class Stages:
    """What failed so far in one refresh; `before` are the faults of the last one, which say since when a stage fails."""

    def __init__(self, before: Iterable[Fault], now: float) -> None:
        self._since = {fault.stage: fault.since for fault in before}
        self._now = now
        self._faults: dict[str, Fault] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """One for each stage that failed, in the order in which they did."""
        return tuple(self._faults.values())

    def attempt(self, stage: str, work: Callable[[], T], otherwise: S) -> T | S:
        """What `work` returns; `otherwise`, usually the last good value, where it fails in whatever way. Never raises."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - this is the net
            self.note(stage, error)
            return otherwise

    def note(self, stage: str, error: Exception) -> None:
        """Remember a fault; of several in one stage the first is told."""
        since = min(self._since.get(stage, self._now), self._now)
        self._faults.setdefault(stage, Fault(stage=stage, message=explain_fault(stage, error), since=since))


def explain_fault(stage: str, error: Exception) -> str:
    """One sentence for a person. An error of ours explains itself; of any other only its kind and place: it may quote data."""
    if isinstance(error, QuotalineError):
        return f"The {stage} failed: {error}"
    if isinstance(error, OSError):
        return f"The {stage} failed: {error.strerror or type(error).__name__}."
    import traceback  # noqa: PLC0415 - for a fault of ours only

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "quotaline" in frame.filename]
    place = f" in {'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else ""
    return f"The {stage} failed ({type(error).__name__}{place}); the last good values stay. Please report this."
