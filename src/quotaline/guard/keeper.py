"""EFFECT The keeper: a process between quotaline and the command it watches, whose only work is that nothing is left running.

It is the command's parent, and on Linux everything that the command starts falls to it when its own parent is gone. It ends
the command when it is told to, or when quotaline is gone: its end of the pipe is then closed, by `kill -9` too. If the keeper
itself is killed, quotaline ends the command; if both are at once, Linux sends the command SIGTERM.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.guard.foreground import give_terminal
from quotaline.guard.watch import exec_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

INTERRUPT, TERMINATE, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGKILL
ENDING = (INTERRUPT, TERMINATE, KILL, signal.SIGHUP, signal.SIGQUIT)
GRACE = 10.0
"""Seconds that a command has after SIGINT, and after SIGTERM."""
LEFTOVERS_GRACE = 2.0
"""Seconds that what a command left behind in its process group has after SIGTERM."""
STEP = 0.05
LOOKS_AFTER_KILL = 40
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
STOPPED, STARTED, ENDED, FUSE = b"stopped", b"started", b"ended", b"!"
"""What is said over the pipes: to quotaline a word and a number per line, to the keeper that the command is to end."""


def keep(command: list[str], terminal: int | None, control: int, status: int, mask: Iterable[int]) -> None:
    """Run `command` in a process group of its own until it ends or is ended; the keeper's whole life, it never returns.

    With `terminal`, a descriptor, the command's group comes to its foreground; `mask` are the signals that are blocked for it.
    Written to `status`: the command's process id, each signal that stops it, its wait status at the end.
    """
    code = 1
    try:
        os.setpgid(0, 0)  # a kill of quotaline's group is none of the keeper
        prctl = adopt_orphans()
        child = start(command, terminal, prctl, mask)
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
        noticed = wakeup_pipe()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _tell(status, STARTED, child)
        let_go_of_pipes()
        _Keeping(child, control, status, noticed).run()
        code = 0
    finally:
        os._exit(code)


def start(command: list[str], terminal: int | None, prctl: Callable[[int, int], None], mask: Iterable[int]) -> int:
    """Fork and become `command` there, as the leader of a new process group; its process id. Raises OSError."""
    child = os.fork()
    if child:
        with contextlib.suppress(OSError):  # it has done so itself
            os.setpgid(child, child)
        return child
    try:
        os.setpgid(0, 0)
        if terminal is not None:
            give_terminal(terminal, os.getpid())
        prctl(PR_SET_PDEATHSIG, TERMINATE)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os._exit(exec_command(command))
    finally:
        os._exit(126)


class _Keeping:
    """The keeper's loop: what the command does is told on `status`, what quotaline wants comes over `control`."""

    def __init__(self, child: int, control: int, status: int, noticed: int) -> None:
        self._child, self._control, self._status, self._noticed = child, control, status, noticed
        self._result: int | None = None

    def run(self) -> None:
        """Until nothing of the command runs."""
        self._reap()  # it may have ended before anybody listened
        while self._result is None:
            ready = select.select([self._control, self._noticed], [], [])[0]
            self._reap()
            if self._control in ready:
                told = os.read(self._control, 1)
                self._end((INTERRUPT, TERMINATE) if told == FUSE else (TERMINATE,), GRACE, everybody=os.getpid())
                break
        else:
            self._end((TERMINATE,), LEFTOVERS_GRACE)
        _tell(self._status, ENDED, KILL if self._result is None else self._result)

    def _end(self, signals: tuple[signal.Signals, ...], grace: float, *, everybody: int | None = None) -> None:
        end_group(self._child, signals, grace, everybody=everybody, pause=self._pause)

    def _pause(self) -> None:
        select.select([self._noticed], [], [], STEP)
        self._reap()

    def _reap(self) -> None:
        """Take note of whoever ended or was stopped."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._noticed, 512):
                pass
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG | os.WUNTRACED))[0]:
                process, status = found
                if process == self._child and os.WIFSTOPPED(status):
                    _tell(self._status, STOPPED, os.WSTOPSIG(status))
                elif process == self._child:
                    self._result = status


def end_group(
    group: int, signals: tuple[signal.Signals, ...], grace: float, *, everybody: int | None, pause: Callable[[], None]
) -> None:
    """Send each signal to a process group and wait `grace` seconds, at last SIGKILL; return as soon as nobody is left.

    `everybody` is a process whose descendants get them as well when they have left the group, but for SIGINT. `pause` waits a
    little and takes note of who ended.
    """

    def others() -> list[int]:
        return [] if everybody is None else [one for one in descendants(everybody) if not _is_in(group, one)]

    def is_alive() -> bool:
        pause()
        return group_is_alive(group) or bool(others())

    for number in signals:
        if not is_alive():
            return
        until = time.monotonic() + grace
        send(number, group, others() if number != INTERRUPT else [])
        while time.monotonic() < until:
            if not is_alive():
                return
    for _ in range(LOOKS_AFTER_KILL):  # between two looks at the table of processes more may have come
        if not is_alive():
            return
        send(KILL, group, others())


def send(number: int, group: int, others: Iterable[int]) -> None:
    """Send a signal to a process group and to others, and wake who is stopped; one that is gone is no error."""
    send_to_group(group, number)
    for process in others:
        with contextlib.suppress(OSError):
            os.kill(process, number)
            os.kill(process, signal.SIGCONT)


def _is_in(group: int, process: int) -> bool:
    try:
        return os.getpgid(process) == group
    except OSError:
        return True  # it is gone


def send_to_group(group: int, number: int) -> None:
    """Send a signal to a process group, and let one that is stopped take note of it; one that is gone is no error."""
    with contextlib.suppress(OSError):
        os.killpg(group, number)
        if number in ENDING:
            os.killpg(group, signal.SIGCONT)


def group_is_alive(group: int) -> bool:
    """Whether a process is in the group; what is only waited for by its parent counts."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of one that only waits to be reaped
        return sys.platform != "darwin"
    return True


def descendants(root: int) -> list[int]:
    """The children of a process, and theirs, that have not ended; [] where there is no /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent = entry.read_bytes().rpartition(b")")[2].split()[:2]  # the name before may hold anything
            if state not in (b"Z", b"X"):
                parents.setdefault(int(parent), []).append(int(entry.parent.name))
    return list(_below(parents, root))


def _below(parents: dict[int, list[int]], root: int) -> Iterator[int]:
    for child in parents.get(root, ()):
        yield child
        yield from _below(parents, child)


def wakeup_pipe() -> int:
    """A pipe to which Python writes the number of each signal that has a handler; the end to read from."""
    ends = os.pipe()
    for descriptor in ends:
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(ends[1], warn_on_full_buffer=False)
    return ends[0]


def let_go_of_pipes() -> None:
    """Put /dev/null in the place of stdin and stdout: who reads from the command sees its end when it closes them."""
    with contextlib.suppress(OSError):
        void = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(void, descriptor)
        os.close(void)


def _tell(status: int, word: bytes, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        os.write(status, b"%s %d\n" % (word, number))


def adopt_orphans() -> Callable[[int, int], None]:
    """Become, on Linux, the parent of whatever descends from this process and has none any more; Linux's `prctl`."""
    prctl = _prctl()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    return prctl


def _prctl() -> Callable[[int, int], None]:
    """Linux's `prctl`; elsewhere something that does nothing."""
    if not sys.platform.startswith("linux"):
        return lambda _option, _value: None
    try:
        import ctypes  # noqa: PLC0415 - a fuse on Linux alone needs it

        call = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return lambda _option, _value: None

    def prctl(option: int, value: int) -> None:
        call(option, value, 0, 0, 0)

    return prctl
