"""EFFECT The terminal's alternate screen, its keys and its signals, while a page is watched; afterwards all is as it was.

Signals are noted and told by `wait`, so none of them comes in the middle of a drawing; the second of one kind that ends a
process ends ours at once, as if nobody had noted it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from rich.console import ConsoleDimensions
from rich.live import Live
from rich.segment import Segment, SegmentLines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import Console

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))
NOTED = tuple(getattr(signal, name) for name in ("SIGWINCH", "SIGCONT", "SIGTSTP") if hasattr(signal, name))
KEYS_AT_ONCE = 1024  # bytes


class Events(NamedTuple):
    """What came while we waited: what was typed, and the signal that wants us to end."""

    keys: bytes = b""
    ended_by: int | None = None


class AlternateScreen:
    """`with AlternateScreen(console) as screen`: rows are shown, keys and signals are waited for."""

    def __init__(self, console: Console) -> None:
        """`console` writes to this process's own stdout, which is a terminal."""
        self._console = console
        self._live: Live | None = None
        self._modes: Any = None
        self._keys = 0 if os.isatty(0) else -1
        self.taken = 0
        """How often the screen was taken, each time empty: the first time, and after each stop."""
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self._former_wake = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (*ENDING, *NOTED):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                self._handlers[number] = signal.signal(number, _note)
        try:
            self._take()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._give_back()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self._former_wake)
            os.close(self._woken)
            os.close(self._wake)

    @property
    def size(self) -> os.terminal_size:
        """Columns and rows of the terminal now."""
        try:
            found = os.get_terminal_size(1)
        except OSError:
            found = os.terminal_size((0, 0))
        return os.terminal_size((found.columns or 80, found.lines or 24))

    def show(self, rows: Sequence[Sequence[Segment]]) -> None:
        """Draw `rows` from the top, over what was there: nothing is wiped, so nothing flickers. Raises OSError."""
        self._console.size = ConsoleDimensions(*self.size)
        if self._live is not None:
            self._live.update(SegmentLines([list(row) for row in rows], new_lines=True), refresh=True)

    def wait(self, seconds: float) -> Events:
        """What was typed or signalled, at the latest after `seconds`. A stop and a later start are seen to on the way."""
        sources = [self._woken, *([self._keys] if self._keys >= 0 else [])]
        ready = select.select(sources, [], [], seconds)[0]
        told = self._signals() if self._woken in ready else b""
        ended = _ending(told)
        if ended is None and signal.SIGTSTP in told:
            ended = _ending(self._stop())
        elif ended is None and signal.SIGCONT in told:  # who stopped us may have left the terminal otherwise
            self._give_back()
            self._take()
        keys = b""
        if self._keys in ready:
            with contextlib.suppress(OSError):
                keys = os.read(self._keys, KEYS_AT_ONCE)
            if not keys:
                self._keys = -1  # it was hung up
        return Events(keys, ended)

    def _signals(self) -> bytes:
        with contextlib.suppress(OSError):
            return os.read(self._woken, 256)
        return b""

    def _take(self) -> None:
        import termios  # noqa: PLC0415 - there is a terminal

        os.set_blocking(1, True)  # a program before us may have left it otherwise
        if self._keys >= 0:
            try:
                self._modes, own = (termios.tcgetattr(self._keys) for _ in range(2))
            except termios.error as error:  # it is gone
                raise OSError(*error.args) from error
            own[0] &= ~termios.IXON  # or Ctrl-S would hold us, and with us every signal
            own[3] &= ~(termios.ECHO | termios.ICANON)
            own[6][termios.VMIN], own[6][termios.VTIME] = 1, 0
            _set_modes(self._keys, own)
        self._live = Live(console=self._console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._live.start()
        self.taken += 1

    def _give_back(self) -> None:
        """The screen, the cursor and the modes as they were; a terminal that is gone is no error."""
        live, self._live = self._live, None
        with contextlib.suppress(OSError):
            if live is not None:
                live.stop()
        if self._modes is not None:
            _set_modes(0, self._modes)
            self._modes = None

    def _stop(self) -> bytes:
        """Stop as anybody does at Ctrl-Z, with the terminal given back, and go on when we are told to; what came with that."""
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, _note)
        told = self._signals()
        self._take()
        return told


def _set_modes(descriptor: int, modes: Any) -> None:
    """Set the terminal's modes; one that is gone is no error. In the background this stops us until we are in front."""
    import termios  # noqa: PLC0415 - there is a terminal

    while True:
        try:
            termios.tcsetattr(descriptor, termios.TCSANOW, modes)
        except (OSError, termios.error) as error:
            if error.args[0] == errno.EINTR:  # we were stopped, and go on now
                continue
        return


def _ending(told: bytes) -> int | None:
    """The first signal in `told` that ends us."""
    return next((number for number in told if number in ENDING), None)


def _note(number: int, _frame: object) -> None:
    """A signal that the wake-up pipe tells; the next one that ends a process is not held up by a terminal that hangs."""
    if number in ENDING:
        signal.signal(number, signal.SIG_DFL)


def end_by(number: int) -> int:
    """End as the signal would have ended us, who have tidied up; Ctrl-C is a way to leave. The exit code, for that."""
    if number == signal.SIGINT:
        return 0
    sys.stdout.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
