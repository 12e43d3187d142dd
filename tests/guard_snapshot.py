"""A snapshot as a refresh would have left it, for tests of what reads one."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from quotaline.model import Account, Reading, Snapshot


def leave_snapshot(home: Path, *readings: Reading, written: float = 0.0, problems: tuple[str, ...] = ()) -> None:
    """Replace the snapshot of the default account by one of `readings`, `written` seconds ago."""
    folder = home / ".cache/quotaline/default"
    folder.mkdir(parents=True, exist_ok=True)
    account = Account(config_dir="~/.claude")
    kept = Snapshot(
        written_at=time.time() - written,
        fresh_for=60,
        stale_after=3600,
        account=account,
        readings=readings,
        problems=problems,
    )
    (folder / "new").write_bytes(msgspec.json.encode(kept))
    (folder / "new").replace(folder / "snapshot.json")
