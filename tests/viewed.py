"""A program in a real terminal, and what its screen shows."""

from __future__ import annotations

import termios
from typing import TYPE_CHECKING, Any

import pexpect
import pyte

from shellkit import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

UTF_8 = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
ENTER, LEAVE, HIDE, SHOW = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25l", b"\x1b[?25h"


class Viewed:
    """A program in a terminal, and what its screen shows."""

    def __init__(self, env: dict[str, str], *words: str, rows: int = 60, columns: int = 80) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child: Any = pexpect.spawn(
            words[0], list(words[1:]), env={**UTF_8, **env}, dimensions=(rows, columns), timeout=60, echo=True
        )
        self.child.delaybeforesend = None
        self.modes = termios.tcgetattr(self.child.child_fd)

    def pump(self) -> None:
        """Take what has come, at most after a moment."""
        try:
            data = self.child.read_nonblocking(1 << 16, timeout=0.05)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self.stream.feed(data)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Go on looking until something has happened."""

        def happened() -> bool:
            self.pump()
            return condition()

        try:
            wait_for(happened)
        except AssertionError:
            print(self.text)  # what was seen instead
            raise

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def see(self, *words: str, unseen: str = "\0") -> str:
        """The screen, once all of `words` stand there and `unseen` does not."""
        self.wait(lambda: all(word in self.text for word in words) and unseen not in self.text)
        return self.text

    def end(self) -> tuple[int | None, int | None]:
        """Exit code and signal, once it has ended."""
        while self.child.isalive():
            self.pump()
        self.pump()
        self.child.close()
        return self.child.exitstatus, self.child.signalstatus

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def left_as_it_was(self) -> bool:
        """Whether screen and cursor were given back as often as taken, last of all, and the modes are what they were."""
        raw = self.raw
        pairs = ((ENTER, LEAVE), (HIDE, SHOW))
        given = all(raw.count(on) == raw.count(off) > 0 and raw.rfind(on) < raw.rfind(off) for on, off in pairs)
        return given and termios.tcgetattr(self.child.child_fd) == self.modes
