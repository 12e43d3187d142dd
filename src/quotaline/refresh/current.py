"""EFFECT The snapshot that a foreground command looks at: a fresh one where it may be made, else the one on disk."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from quotaline.config.schema import Refresh
from quotaline.core.paths import REFRESH_MARKER
from quotaline.core.snapshot import config_state
from quotaline.core.windows import EVERYTHING
from quotaline.files import HeldError, lock
from quotaline.ledger.store import short_waits
from quotaline.model import Account, Missing, Snapshot
from quotaline.refresh.run import LOCK, refresh
from quotaline.snapshot.load import load_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotaline.locations import Locations

PATIENCE = 2.0
"""Seconds that a person waits for another process's refresh."""
NOTHING = Missing(EVERYTHING, "nothing has been read yet", "run `quotaline refresh`")


def current_snapshot(where: Locations, env: Mapping[str, str], now: float, *, offline: bool = False) -> Snapshot:
    """The snapshot after a refresh, which keeps one made a moment ago; the one on disk if `offline` or inside a refresh.

    Where there is none, an empty one that says so.
    """
    with short_waits():
        kept = load_snapshot(where.snapshot) if offline or env.get(REFRESH_MARKER) else refreshed(where, env, now)
    if kept is not None:
        return kept
    gap = Missing(EVERYTHING, "the cache folder cannot be written", "set QUOTALINE_CACHE_DIR to a folder that can")
    if offline or env.get(REFRESH_MARKER) or (where.cache_dir and where.cache_dir.is_dir()):
        gap = NOTHING
    account = Account(config_dir=where.config_dir)
    usual = Refresh()
    return Snapshot(written_at=now, fresh_for=usual.fresh_for, stale_after=usual.stale_after, account=account, missing=(gap,))


def refreshed(where: Locations, env: Mapping[str, str], now: float) -> Snapshot | None:
    """The snapshot after a refresh; where somebody else's is under way, after that one, if it ends soon."""
    report = refresh(env, now)
    if report.status != "busy" or where.cache_dir is None:
        return report.snapshot
    with contextlib.suppress(HeldError, OSError), lock(where.cache_dir / LOCK, PATIENCE):
        pass
    found = load_snapshot(where.snapshot)
    if found is None or found.config_state != config_state(str(where.config_file or "")):
        return refresh(env, now).snapshot  # the one that was under way had read the configuration before it changed
    return found
