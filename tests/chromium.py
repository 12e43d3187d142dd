"""Drives a real headless Chromium by its DevTools protocol over two pipes, which needs no library.

`with Chromium() as browser: browser.open(url)`; `evaluate` gives what a script in the page says, `screenshot` a PNG.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import subprocess
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from programs import need

FLAGS = (
    "--headless=new", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-proxy-server", "--hide-scrollbars", "--lang=en-GB",
    "--remote-debugging-pipe",
)  # fmt: skip
COMMANDS, ANSWERS = 3, 4
"""The descriptors from which Chromium reads and into which it writes."""


class Chromium:
    """One browser with one page. `requests` are the addresses that the page asked for, `problems` what its console said."""

    def __init__(self, width: int = 1200, height: int = 900, *, dark: bool = False, scripts: bool = True) -> None:
        self._size, self._dark, self._scripts = (width, height), dark, scripts
        self._count, self._session, self._rest = 0, "", b""
        self._events: list[dict[str, Any]] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._stack = stack
            self._start()
            self._stack = stack.pop_all()
        return self

    def _start(self) -> None:
        program = need("chromium")
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="quotaline-", ignore_cleanup_errors=True))
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # which Chromium demands of root, as in a container
        flags = (*FLAGS, *root, f"--user-data-dir={folder}")
        ours, theirs = _pipes()
        self._read, self._write = ours
        self._child = subprocess.Popen(
            [program, *flags, "about:blank"],
            preexec_fn=partial(_hand_over, *theirs),  # noqa: PLW1509 - two dup2, which no lock of a thread can hold up
            pass_fds=(COMMANDS, ANSWERS),
            env={**os.environ, "HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for descriptor in theirs:
            os.close(descriptor)
        self._stack.callback(self._end)
        [target] = [one for one in self.say("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        self._session = self.say("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.say(f"{domain}.enable")
        self.resize(*self._size)
        self.dark(on=self._dark)
        self.say("Emulation.setScriptExecutionDisabled", value=not self._scripts)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def _end(self) -> None:
        os.close(self._write)
        os.close(self._read)
        self._child.terminate()
        self._child.wait()

    def say(self, method: str, **arguments: Any) -> dict[str, Any]:
        """One command and its answer."""
        self._count += 1
        told = {"id": self._count, "method": method, "params": arguments}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._write, json.dumps(told).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            self._events.append(answer)
        assert "error" not in answer, (method, answer)
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._read, 1 << 20)
            assert piece, "Chromium has ended"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is there."""
        self._events.clear()
        self.say("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._events.append(self._next())

    def show(self, path: Path) -> None:
        """Open a file."""
        self.open(path.as_uri())

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.say("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, text: str = "") -> None:
        """One key, down and up."""
        for kind in ("keyDown", "keyUp"):
            self.say("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text if kind == "keyDown" else "",
                     windowsVirtualKeyCode={"Tab": 9, "Enter": 13, " ": 32}.get(key, 0))  # fmt: skip

    def type(self, text: str) -> None:
        """Text into whatever has the focus."""
        self.say("Input.insertText", text=text)

    def resize(self, width: int, height: int = 900) -> None:
        """The size of the window."""
        self.say("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, *, on: bool) -> None:
        """What the system prefers."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]
        self.say("Emulation.setEmulatedMedia", features=features)

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.say("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.say("Page.printToPDF", printBackground=False, preferCSSPageSize=True)["data"])

    @property
    def requests(self) -> list[str]:
        """The addresses asked for since the last `open`."""
        return [
            event["params"]["request"]["url"] for event in self._events if event.get("method") == "Network.requestWillBeSent"
        ]

    @property
    def problems(self) -> list[str]:
        """What the console said since the last `open`."""
        logged = [event["params"]["entry"]["text"] for event in self._events if event.get("method") == "Log.entryAdded"]
        thrown = [str(event["params"]) for event in self._events if event.get("method") == "Runtime.exceptionThrown"]
        return logged + thrown


def _pipes() -> tuple[tuple[int, int], tuple[int, int]]:
    """Where we read and write, and where Chromium does; none of them is one of the two that it will have."""
    found = []
    for descriptor in (*os.pipe(), *os.pipe()):
        found.append(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(descriptor)
    return (found[0], found[3]), (found[2], found[1])


def _hand_over(commands: int, answers: int) -> None:
    """In the child, before it becomes Chromium."""
    os.dup2(commands, COMMANDS)
    os.dup2(answers, ANSWERS)
