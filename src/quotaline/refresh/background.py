"""EFFECT The refresh that a prompt starts: no command line to understand, nobody who reads what it says."""

from __future__ import annotations

import gc
import os
import sys
import time

from quotaline.core.paths import REFRESH_MARKER


def main(*, force: bool = False) -> int:
    """Refresh, marked so that what it starts starts no other; ends the process with 0, however it ended.

    It runs each minute while somebody works, so it does without what a short process does not need: the search for cycles, and
    the tidying up at the end when everything is written.
    """
    os.environ.setdefault(REFRESH_MARKER, "1")
    gc.disable()
    # msgspec takes this module where there is one, and `inspect` with it, though `typing` has all it wants
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    import msgspec  # noqa: F401, PLC0415

    del sys.modules["typing_extensions"]
    from quotaline.refresh.run import refresh  # noqa: PLC0415

    result = refresh(os.environ, time.time(), force=force)
    if result.snapshot is not None and "git" in result.snapshot.style:
        from quotaline.refresh.git_step import look_at_repositories  # noqa: PLC0415 - for lines that show a git state

        look_at_repositories(os.environ, result.snapshot, eager=force)
    if result.config and result.config.accounts:
        from quotaline.refresh.all_accounts import refresh_others  # noqa: PLC0415 - for those who have several

        refresh_others(result.config, os.environ, time.time())
    os._exit(0)
