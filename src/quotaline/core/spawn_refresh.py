"""EFFECT Start a refresh and never wait for it.

The child gets its own session and `/dev/null` on descriptors 0-2: one that kept our stdout would freeze `$(…)` for its whole
life. A stamp keeps a hundred shells, or a refresh that cannot write, from starting one at each prompt: the epoch second of the
last start, which every shell's own code reads and writes as well.
"""

import os
import sys

from quotaline.core.child_env import without_session
from quotaline.core.paths import REFRESH_MARKER
from quotaline.core.values import read_small_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STAMP = "nudged"
CONFIG_STAMP = "nudged-config"
"""A changed configuration need not wait because an ordinary refresh was started a moment before the change."""
PAUSE = 15.0
"""Seconds between two starts from this account's prompts. A shell, which has no news that others wait for, waits a minute."""
LONGEST_STAMP = 16


def spawn_refresh(folder: str, env: "Mapping[str, str]", now: float, stamp: str = STAMP) -> bool:
    """Start `quotaline refresh` detached, unless one was started a moment ago, by this `stamp`, or we are inside one.

    Whether it was started.
    """
    if not folder or env.get(REFRESH_MARKER) or not sys.executable:
        return False
    if not claim_spawn_slot(os.path.join(folder, stamp), now):
        return False
    env = {**without_session(env), "QUOTALINE_TTY": _terminal() or env.get("QUOTALINE_TTY", "")}
    # The folder we happen to stand in is no place to import from; and who was started without PYTHON… variables gives none on.
    start = os.path.join(os.path.dirname(os.path.dirname(__file__)), "start.py")
    command = [sys.executable, "-I" if sys.flags.isolated else "-P", start, sys.argv[0], "refresh", "--background"]
    if not hasattr(os, "posix_spawn"):
        os.spawnve(os.P_DETACH, sys.executable, command, env)  # type: ignore[attr-defined]
        return True
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
    return True


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
    asked = _asked(stamp)
    if asked is not None and abs(now - asked) < PAUSE:
        return False
    try:
        os.makedirs(os.path.dirname(stamp), 0o700, exist_ok=True)
        try:
            descriptor = os.open(stamp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0), 0o600)
            try:
                os.write(descriptor, b"%d\n" % now)
            finally:
                os.close(descriptor)
        except OSError:
            os.utime(stamp, (now, now))  # a FIFO or a folder that stands there tells the time as well
    except OSError:
        return False
    return True


def _asked(stamp: str) -> "float | None":
    """When somebody started a refresh: what is written in the stamp, else the time of whatever stands in its place."""
    written = read_small_file(stamp, LONGEST_STAMP).strip()
    if written.isdigit():
        return float(written)
    try:
        return os.stat(stamp).st_mtime
    except OSError:
        return None
