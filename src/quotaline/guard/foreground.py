"""EFFECT The terminal's foreground: lent to the command that is watched, whose the keys and Ctrl-C are then; taken back."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
from typing import Any


class Foreground:
    """The terminal of this process, if it has one, and whether a command's process group has been lent it."""

    def __init__(self) -> None:
        self._modes: Any = None
        self._lent = False
        try:
            self._terminal = os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY)
        except (OSError, AttributeError):
            self._terminal = -1

    def to_lend(self) -> int | None:
        """The terminal's descriptor, lent to the command that is started next; None where it is not ours to lend.

        It is not while we are in the background, and not in a pipeline, where somebody beside us may want the keys (`less`).
        """
        self._lent = self.is_ours() and not any(_is_pipe(descriptor) for descriptor in (0, 1, 2))
        if self.is_ours():
            with contextlib.suppress(ImportError, OSError):
                import termios  # noqa: PLC0415 - there is a terminal

                self._modes = termios.tcgetattr(self._terminal)
        return self._terminal if self._lent else None

    @property
    def is_lent(self) -> bool:
        """Whether the command had the terminal."""
        return self._lent

    def is_ours(self) -> bool:
        """Whether our process group is in the foreground of a terminal."""
        return self._holder() == os.getpgrp()

    def lend(self, group: int) -> bool:
        """Give it to a command that reads from it or goes on; whether that one has it."""
        holder = self._holder()
        if holder == os.getpgrp():
            give_terminal(self._terminal, group)
            self._lent = True
        return holder in (os.getpgrp(), group)

    def take_back(self, group: int) -> None:
        """Take it back from `group`, if that one has it."""
        if self._holder() == group:
            give_terminal(self._terminal, os.getpgrp())

    def restore_modes(self) -> None:
        """Undo what a command that was killed could not: echo and line mode as they were before it."""
        if self._modes is not None and self.is_ours():
            import termios  # noqa: PLC0415 - as above

            with contextlib.suppress(OSError, termios.error):
                termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._modes)

    def _holder(self) -> int | None:
        try:
            return os.tcgetpgrp(self._terminal) if self._terminal >= 0 else None
        except OSError:  # it was hung up
            return None


def give_terminal(terminal: int, group: int) -> None:
    """Bring a process group to the terminal's foreground, also from the background; a terminal that is gone is no error."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTTOU,))
    try:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(terminal, group)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
