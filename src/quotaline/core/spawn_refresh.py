"""EFFECT Start a refresh and never wait for it.

The child gets its own session and `/dev/null` on descriptors 0-2: one that kept our stdout would freeze `$(…)` for its whole
life. A stamp keeps a hundred shells, or a refresh that cannot write, from starting one at each prompt.
"""

import os
import sys

from quotaline.core.child_env import without_session
from quotaline.core.paths import REFRESH_MARKER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STAMP = "nudged"
CONFIG_STAMP = "nudged-config"
"""A changed configuration need not wait because an ordinary refresh was started a moment before the change."""
PAUSE = 15.0  # seconds between two starts from this account's prompts


def spawn_refresh(folder: str, env: "Mapping[str, str]", now: float, stamp: str = STAMP) -> None:
    """Start `quotaline refresh` detached, unless one was started a moment ago, by this `stamp`, or we are inside one."""
    if not folder or env.get(REFRESH_MARKER) or not sys.executable:
        return
    if not claim_spawn_slot(os.path.join(folder, stamp), now):
        return
    env = {**without_session(env), "QUOTALINE_TTY": _terminal() or env.get("QUOTALINE_TTY", "")}
    # The folder we happen to stand in is no place to import from; and who was started without PYTHON… variables gives none on.
    start = os.path.join(os.path.dirname(os.path.dirname(__file__)), "start.py")
    command = [sys.executable, "-I" if sys.flags.isolated else "-P", start, sys.argv[0], "refresh", "--background"]
    if not hasattr(os, "posix_spawn"):
        os.spawnve(os.P_DETACH, sys.executable, command, env)  # type: ignore[attr-defined]
        return
    void = os.devnull
    files = [
        (os.POSIX_SPAWN_OPEN, 0, void, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, void, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, void, os.O_WRONLY, 0),
    ]
    try:
        os.posix_spawn(sys.executable, command, env, file_actions=files, setsid=True)
    except NotImplementedError:  # this libc has no POSIX_SPAWN_SETSID: a process group of its own comes next
        os.posix_spawn(sys.executable, command, env, file_actions=files, setpgroup=0)


def _terminal() -> str:
    """The terminal that this prompt is drawn in, for an alert's bell; "" where there is none."""
    for descriptor in (2, 0):
        try:
            return os.ttyname(descriptor)
        except (OSError, AttributeError):
            pass
    return ""


def claim_spawn_slot(stamp: str, now: float) -> bool:
    """Whether nobody started a refresh within PAUSE; leaves the stamp. False where no stamp can be left."""
    try:
        if abs(now - os.stat(stamp).st_mtime) < PAUSE:
            return False
    except OSError:
        try:
            os.makedirs(os.path.dirname(stamp), 0o700, exist_ok=True)
        except OSError:
            return False
    try:
        try:
            os.utime(stamp, (now, now))  # whatever stands there: a FIFO need not be opened
        except FileNotFoundError:
            os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.utime(stamp, (now, now))
    except OSError:
        return False
    return True
