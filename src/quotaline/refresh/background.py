"""EFFECT The refresh that a prompt starts: no command line to understand, nobody who reads what it says."""

from __future__ import annotations

import os
import time

from quotaline.core.paths import REFRESH_MARKER
from quotaline.refresh.run import refresh


def main(*, force: bool = False) -> int:
    """Refresh, marked so that what it starts starts no other; 0, however it ended."""
    os.environ.setdefault(REFRESH_MARKER, "1")
    refresh(os.environ, time.time(), force=force)
    return 0
