"""EFFECT Give each alert once: remembered on disk for all shells, under the refresh's lock, before its command runs.

A refresh in the background has no terminal of its own. The prompt that started it says in `QUOTALINE_TTY` which one it is drawn
in; the bell and OSC 9 go there, or to the terminal of a foreground command. Whatever else happens, the segment `alert`
shows the last message for ten minutes.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from quotaline.core.child_env import without_admin_key, without_session
from quotaline.core.periods import DAY
from quotaline.core.values import printable
from quotaline.files import read_file, write_own
from quotaline.zone import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from quotaline.alerts.rules import Firing
    from quotaline.config.schema import Alert
    from quotaline.model import Snapshot

SHOWN_FOR = 600.0
KEPT_FOR = 40.0 * DAY
PATIENCE = 10.0
"""Seconds that an alert's command may take."""


class SentAlert(Struct, kw_only=True):
    """An alert that was given: for which period, when, what it said, and what went wrong with its command."""

    period: str
    at: float
    message: str
    problem: str | None = None


class AlertLog(Struct, kw_only=True):
    """`alerts.json` in the cache folder."""

    given: dict[str, SentAlert] = field(default_factory=dict)


class AlertRun:
    """The alerts of one refresh. Make it under the refresh's lock; `deliver` when the snapshot is written."""

    def __init__(
        self, cache_dir: Path, alerts: Sequence[Alert], snapshot: Snapshot, before: Snapshot | None, now: float
    ) -> None:
        self._path, self._now = cache_dir / "alerts.json", now
        self._book = load_alert_log(cache_dir)
        self._due: list[Firing] = []
        if alerts:
            from quotaline.alerts.rules import due_alerts  # noqa: PLC0415 - many have no alerts
            from quotaline.render.fields import gather_fields  # noqa: PLC0415

            fields = gather_fields(msgspec.json.decode(msgspec.json.encode(snapshot)), [], now)
            previous = msgspec.to_builtins(before.readings) if before else []
            self._due = [one for one in due_alerts(alerts, fields, previous, now, local_zone()) if self._is_new(one)]
        for one in self._due:
            self._book.given[one.key] = SentAlert(period=one.period, at=now, message=one.message)
        if self._due and not self._save():
            self._due = []  # what cannot be remembered would be given again and again

    def fields(self) -> dict[str, tuple[Any, float | None]]:
        """The ready field of the last message that is still news."""
        last = max(self._book.given.values(), key=lambda given: given.at, default=None)
        if last is None or not 0 <= self._now - last.at < SHOWN_FOR:
            return {}
        return {"alert.text": (last.message, last.at + SHOWN_FOR)}

    def deliver(self, env: Mapping[str, str]) -> None:
        """Run the commands and ring the bells. A command that fails is remembered for `doctor` and not tried again."""
        for one in self._due:
            self._book.given[one.key].problem = run_command(one.alert, one.message, env)
            ring_terminal(one.alert.terminal, one.message, env)
        if self._due:
            self._save()

    def _is_new(self, one: Firing) -> bool:
        given = self._book.given.get(one.key)
        return given is None or given.period != one.period

    def _save(self) -> bool:
        recent = {key: given for key, given in self._book.given.items() if self._now - given.at < KEPT_FOR}
        try:
            write_own(self._path, msgspec.json.encode(AlertLog(given=recent)))
        except OSError:
            return False
        return True


def load_alert_log(cache_dir: Path) -> AlertLog:
    """What was given so far; a broken file is an empty one."""
    try:
        return msgspec.json.decode(read_file(cache_dir / "alerts.json"), type=AlertLog)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return AlertLog()


def alert_problems(cache_dir: Path, alerts: Sequence[Alert]) -> list[str]:
    """One sentence for each of `alerts` whose command failed when it was last given: for `doctor`."""
    from quotaline.alerts.rules import alert_key  # noqa: PLC0415

    given = load_alert_log(cache_dir).given
    found = []
    for alert in alerts:
        tail = alert_key(alert, "")
        failed = [one for key, one in given.items() if key.startswith(alert.when) and key.endswith(tail) and one.problem]
        if failed:
            found.append(f"The alert `{alert.when}` failed: {max(failed, key=lambda one: one.at).problem}")
    return found


def run_command(alert: Alert, message: str, env: Mapping[str, str]) -> str | None:
    """Run an alert's command, without a shell unless it asked for one; what went wrong in a sentence, or None.

    The message is `QUOTALINE_MESSAGE` in its environment, and stands for `{message}` in the words of a list. Nothing of ours
    reaches it but that: stdin is empty, its output is thrown away.
    """
    if not alert.run:
        return None
    import signal  # noqa: PLC0415 - most refreshes start nothing
    import subprocess  # noqa: PLC0415

    command: Any = alert.run if alert.shell else [word.replace("{message}", printable(message)) for word in alert.run]
    try:
        child = subprocess.Popen(
            command,
            shell=alert.shell,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**without_admin_key(without_session(env)), "QUOTALINE_MESSAGE": printable(message), "QUOTALINE_REFRESH": "1"},
        )
    except (OSError, ValueError) as error:
        return f"its command cannot be run ({error}); correct `alert.run` in config.toml."
    try:
        code = child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return f"its command took longer than {PATIENCE:g} s and was ended; let it start its work in the background."
    return f"its command ended with code {code}; try it in a terminal." if code else None


def ring_terminal(how: str, message: str, env: Mapping[str, str]) -> bool:
    """Send the bell or OSC 9 to the terminal of the prompt that asked for this refresh, else to our own; whether it was."""
    signs = {"bell": "\a", "osc9": f"\x1b]9;{printable(message)}\x1b\\"}.get(how)
    if signs is None:
        return False
    try:
        descriptor = os.open(env.get("QUOTALINE_TTY") or "/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        facts = os.fstat(descriptor)
        is_terminal = stat.S_ISCHR(facts.st_mode) and os.isatty(descriptor)
        if is_terminal:
            os.write(descriptor, signs.encode())
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return is_terminal


def remove_old_hook_marks(cache_dir: Path, now: float) -> None:
    """Remove what the hook remembered of periods long past."""
    try:
        for path in (cache_dir / "asked").iterdir():
            if now - path.stat().st_mtime > KEPT_FOR:
                path.unlink(missing_ok=True)
    except OSError:
        return
