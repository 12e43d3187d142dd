"""EFFECT The snapshot on disk as types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

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
