"""EFFECT The snapshot on disk as types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from quotaline.core.snapshot import config_state
from quotaline.files import read_file
from quotaline.model import SNAPSHOT_VERSION, Snapshot

if TYPE_CHECKING:
    from pathlib import Path


def load_snapshot(path: Path | None) -> Snapshot | None:
    """The snapshot as types; anything wrong with it is no snapshot."""
    try:
        snapshot = msgspec.json.decode(read_file(path), type=Snapshot) if path else None
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return None
    return snapshot if snapshot and snapshot.version == SNAPSHOT_VERSION else None


def is_fresh(snapshot: Snapshot, config_file: Path | None, now: float) -> bool:
    """Whether no refresh is due: it was written a moment ago, from the configuration as it is on disk."""
    current = snapshot.config_state == config_state(str(config_file or ""))
    return current and 0 <= now - snapshot.written_at < snapshot.fresh_for


def snapshot_state(path: Path | None) -> tuple[int, int]:
    """Something that is another when the snapshot on disk is."""
    try:
        facts = path.stat() if path else None
    except OSError:
        facts = None
    return (facts.st_mtime_ns, facts.st_ino) if facts else (0, 0)
