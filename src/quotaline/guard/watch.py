"""EFFECT What `quotaline guard` looks at, how it waits, and how it hands over to the command it guards."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from quotaline.core.child_env import without_admin_key
from quotaline.core.limits import UNTOLD, untold_limits
from quotaline.core.paths import REFRESH_MARKER
from quotaline.core.spawn_refresh import spawn_refresh
from quotaline.errors import LedgerError
from quotaline.guard.verdict import Verdict, current_crossing, verdict
from quotaline.ledger import open_ledger
from quotaline.ledger.readings import latest_readings
from quotaline.ledger.store import short_waits
from quotaline.model import ExtraUsage
from quotaline.refresh.run import refresh
from quotaline.snapshot.load import is_fresh, load_snapshot, snapshot_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quotaline.locations import Locations
    from quotaline.model import Reading, Snapshot

STEP = 5.0
"""Seconds between two looks at the clock: a machine that slept notices within them that the time has come."""
GRACE = 10.0
"""Seconds after a reset at which it is looked again: the clocks of two machines are never the same."""


class Watch:
    """What is known of one account, looked at again and again; a refresh is made only when the snapshot is old."""

    account: str | None = None
    """How the account is called, where one was asked for by its name."""

    def __init__(
        self,
        where: Locations,
        env: Mapping[str, str],
        limits: dict[str, Any],
        *,
        offline: bool,
        alpha: bool,
        own_limits: bool = False,
        problem: str = "",
    ) -> None:
        """`own_limits`: some came on the command line, and hold whatever `problem` the configuration has."""
        self._where, self._env, self._limits, self._alpha = where, env, limits, alpha
        self._own_limits, self._problem = own_limits, problem
        self._offline = offline or bool(env.get(REFRESH_MARKER))
        self._last: Snapshot | None = None
        self._extra: list[Reading] = []

    def look(self, now: float, *, refreshing: bool = True) -> Verdict:
        """The verdict at `now`; `refreshing` makes an old snapshot new first."""
        with short_waits():
            self._last = self._snapshot(now, refreshing=refreshing and not self._offline)
            return self._judge(self._last, now)

    def begin(self) -> None:
        """A command starts: how far it moves extra usage counts from the reading that was looked at last."""
        del self._extra[:-1]

    def refresh_if_due(self, now: float) -> None:
        """Start a refresh as prompts do, if the snapshot that was looked at last has become old; nobody waits for it."""
        folder = self._where.cache_dir
        if not self._offline and folder and (self._last is None or not is_fresh(self._last, self._where.config_file, now)):
            spawn_refresh(str(folder), self._env, now)

    def _snapshot(self, now: float, *, refreshing: bool) -> Snapshot | None:
        snapshot = load_snapshot(self._where.snapshot)
        if refreshing and (snapshot is None or not is_fresh(snapshot, self._where.config_file, now)):
            return refresh(self._env, now).snapshot or snapshot
        return snapshot

    def _judge(self, snapshot: Snapshot | None, now: float) -> Verdict:
        problem = self._problem or untold_limits(snapshot.problems if snapshot else None)
        if problem and not self._own_limits:
            return Verdict(outcome="unknown", checks=(), message=f"{problem} {UNTOLD}")
        if snapshot is None:
            return verdict([], self._limits, now, extra=self._extra)
        known = self._known(snapshot)
        self._extra += [one for one in known if isinstance(one.value, ExtraUsage) and one not in self._extra[-1:]]
        return verdict(known, self._limits, now, crossing=current_crossing(snapshot, now), extra=self._extra)

    def changed(self) -> tuple[int, int]:
        """Something that is another when the snapshot is."""
        return snapshot_state(self._where.snapshot)

    def _known(self, snapshot: Snapshot) -> list[Reading]:
        """The snapshot's readings, and from the ledger the last one of each window that was reset since."""
        known = {reading.value.id: reading for reading in snapshot.readings}
        try:
            if self._where.ledger is not None and self._where.ledger.exists():
                with open_ledger(self._where.ledger) as ledger:
                    kept = latest_readings(ledger, snapshot.account.config_dir, snapshot.account.uuid)
                known = {r.value.id: r for r in kept if self._alpha or not r.alpha} | known
        except (LedgerError, OSError):
            pass  # the snapshot alone says enough
        return list(known.values())


def wait_for_room(
    look: Callable[[float], Verdict],
    changed: Callable[[], Any],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float | None = None,
    tell: Callable[[Verdict, float], None] | None = None,
    step: float = STEP,
) -> Verdict:
    """Wait until there is room, or nobody knows any more, or `timeout` seconds have passed; the last verdict.

    It wakes at the reset that binds and whenever the snapshot changes; the network is not asked in between. The time is read
    from the wall clock after each short sleep, so that a suspended machine goes on where it should.
    """
    began = clock()
    seen, found, looked = changed(), look(began), began
    while found.outcome == "no_room":
        now = clock()
        if timeout is not None and now - began >= timeout:
            break
        if tell is not None:
            tell(found, now)
        due = found.until is not None and looked < found.until + GRACE <= now
        mark = changed()
        if due or mark != seen or now < looked:
            found, looked, seen = look(now), now, changed()
            continue
        ahead = [step]
        ahead += [found.until + GRACE - now] if found.until is not None and found.until + GRACE > now else []
        ahead += [began + timeout - now] if timeout is not None else []
        sleep(max(0.01, min(ahead)))
    return found


def exec_command(command: list[str]) -> int:
    """Replace this process by `command`: its exit code, its signals and its terminal are then its own. Returns only to fail.

    127 when it is not found, 126 when it cannot be run, like a shell.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a new program would inherit that
        signal.signal(ignored, signal.SIG_DFL)
    try:
        os.execvpe(command[0], command, without_admin_key(os.environ))  # noqa: S606 - the user's own command, without a shell
    except FileNotFoundError:
        code, why = 127, "was not found"
    except OSError as error:
        code, why = 126, f"cannot be run: {error.strerror}"
    sys.stderr.write(f"quotaline: {command[0]} {why}.\n")
    return code
