"""EFFECT A command with a fuse: it runs in a process group of its own, and is ended when a limit is passed meanwhile."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.guard import keeper
from quotaline.guard.foreground import Foreground
from quotaline.guard.keeper import ENDED, FUSE, GRACE, STARTED, STOPPED, end_group, keep, send_to_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from quotaline.guard.verdict import Verdict
    from quotaline.guard.watch import Watch

BLOWN = 4
"""The exit code when the fuse blew."""
NOT_STARTED = 126
LOOK_EVERY = 0.25
"""Seconds between two looks at whether the snapshot is another."""
JUDGE_EVERY = 30.0
"""Seconds after which a snapshot that stays the same is judged again: its readings grow old."""
PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGCONT")
TERMINAL_STOPS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


def run_fused(command: list[str], watch: Watch, found: Verdict, tell: Callable[[str], None]) -> int:
    """Run `command`, of which `watch` has just found `found`; its exit code (128 + n for signal n), or BLOWN.

    A limit that is passed meanwhile ends it: SIGINT, 10 s later SIGTERM, 10 s later SIGKILL, to its process group and to what
    descends from it. `tell` is given sentences: what the fuse did, and when nothing can be known for a while.
    """
    return _Run(command, watch, tell, is_known=found.outcome == "room").run()


class _Run:
    """One run: the keeper that holds the command, our signals, the terminal, the fuse."""

    def __init__(self, command: list[str], watch: Watch, tell: Callable[[str], None], *, is_known: bool) -> None:
        self._command, self._watch, self._tell = command, watch, tell
        self._foreground = Foreground()
        self._name = Path(command[0]).name
        self._blown: Verdict | None = None
        self._group = 0
        self._heard = b""
        self._status: int | None = None
        self._seen = watch.changed()
        self._judged = time.monotonic()
        self._is_known = is_known

    def run(self) -> int:
        """Start it, watch it, and say how it ended."""
        self._watch.begin()
        keeper.adopt_orphans()  # the command's, should somebody kill the keeper
        passed_on = _passed_on()
        former = signal.pthread_sigmask(signal.SIG_BLOCK, passed_on)  # until they can be passed on, they wait
        keeper_process, self._listen, self._order = self._fork(former)
        if not self._hear() or not self._group:
            return self._end_unheard()
        keeper.let_go_of_pipes()
        noticed = keeper.wakeup_pipe()
        for number in passed_on:
            signal.signal(number, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
        while self._status is None:
            ready = select.select([self._listen, noticed], [], [], LOOK_EVERY)[0]
            if noticed in ready:
                for byte in os.read(noticed, 512):
                    self._pass_on(byte)
            if self._listen in ready and not self._hear():
                self._end_without_keeper()
                break
            if self._blown is None:
                self._look(time.time())
            _reap()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(keeper_process, 0)
        return self._account()

    def _fork(self, mask: set[int | signal.Signals]) -> tuple[int, int, int]:
        """The keeper, started: its process id, the pipe it tells on and the one whose closing ends the command."""
        control, order = os.pipe()
        listen, status = os.pipe()
        terminal = self._foreground.to_lend()
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if not process:
            os.close(order)
            os.close(listen)
            keep(self._command, terminal, control, status, mask)
        os.close(control)
        os.close(status)
        return process, listen, order

    def _hear(self) -> bool:
        """What the keeper told; False where it is gone without having told the end."""
        data = os.read(self._listen, 4096)
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            word, number = line.split()
            if word == STARTED:
                self._group = int(number)
            elif word == STOPPED:
                self._stop(int(number))
            elif word == ENDED:
                self._status = int(number)
        return bool(data)

    def _look(self, now: float) -> None:
        """Judge a snapshot that is another, have it refreshed where it is due, and blow the fuse where a limit is passed."""
        self._watch.refresh_if_due(now)
        mark = self._watch.changed()
        if mark == self._seen and time.monotonic() - self._judged < JUDGE_EVERY:
            return
        found = self._watch.look(now, refreshing=False)
        self._seen, self._judged = mark, time.monotonic()
        if found.outcome == "no_room":
            self._blown = found
            with contextlib.suppress(OSError):
                os.write(self._order, FUSE)
        elif found.outcome == "unknown" and self._is_known:
            self._tell(f"{found.message} {self._name} goes on meanwhile.")
        self._is_known = found.outcome == "room"

    def _pass_on(self, number: int) -> None:
        if number == signal.SIGCONT:
            self._go_on()
        else:
            send_to_group(self._group, number)

    def _go_on(self) -> None:
        """In the foreground with the terminal, in the background without."""
        if self._foreground.is_lent:
            self._foreground.lend(self._group)
        send_to_group(self._group, signal.SIGCONT)

    def _stop(self, number: int) -> None:
        """The command was stopped: stop as well, for whoever looks after our group, and go on together.

        One that wants the terminal gets it while we are in its foreground. Where nobody looks after our group the system does
        not let it stop, and the command goes on at once.
        """
        if number not in TERMINAL_STOPS:
            return
        if number == signal.SIGTSTP or not self._foreground.lend(self._group):
            self._foreground.take_back(self._group)
            former = signal.signal(number, signal.SIG_DFL)
            os.kill(0, number)
            signal.signal(number, former)
            self._go_on()
        else:
            send_to_group(self._group, signal.SIGCONT)

    def _end_unheard(self) -> int:
        """The keeper is gone before it said anything: end what it may have started."""
        for process in keeper.descendants(os.getpid()):
            with contextlib.suppress(OSError):
                self._group = os.getpgid(process)
                self._end_without_keeper()
        self._foreground.take_back(self._group)
        self._tell(f"{self._name} could not be started: there is no room for another process, or somebody ended it.")
        return NOT_STARTED

    def _end_without_keeper(self) -> None:
        """Somebody killed the keeper: what it was to do is done from here."""
        end_group(self._group, (signal.SIGTERM,), GRACE, everybody=self._group, pause=lambda: time.sleep(keeper.STEP))
        self._status = signal.SIGKILL

    def _account(self) -> int:
        """The terminal is ours again; what to exit with."""
        self._foreground.take_back(self._group)
        code = os.waitstatus_to_exitcode(self._status or 0)
        if self._blown is not None:
            self._foreground.restore_modes()
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            self._tell(f"The fuse blew. {self._blown.message.rstrip('.')}. {self._name} {how}.")
            return BLOWN
        if code == -signal.SIGINT and self._foreground.is_lent:
            # Ctrl-C went to the command alone; a script or `make` around us that would have got it as well learns of it now
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(0, signal.SIGINT)
        return code if code >= 0 else 128 - code


def _passed_on() -> list[signal.Signals]:
    """The signals that are handed to the command; one that is ignored here is ignored there as well."""
    there = [getattr(signal, name) for name in PASSED_ON if hasattr(signal, name)]
    return [number for number in there if signal.getsignal(number) != signal.SIG_IGN]


def _reap() -> None:
    """Let refreshes that ended go."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
