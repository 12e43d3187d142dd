"""Alerts through real refreshes and real commands: once per threshold and period, for all shells together."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from commandline import quotaline
from quotaline.alerts.delivery import (
    AlertLog,
    SentAlert,
    alert_problems,
    load_alert_log,
    remove_old_hook_marks,
    ring_terminal,
    run_command,
)
from quotaline.alerts.rules import alert_key
from quotaline.config.schema import Alert
from quotaline.core import spawn_refresh
from quotaline.core.snapshot import read_or_defaults as read
from quotaline.prompt.line import prompt_text
from quotaline.refresh.run import refresh
from usage_history import DAY, HOUR, MINUTE, NOW, configure, tell

NOTE = """[[alert]]
when = "five_hour.used >= 90"
run = ["sh", "-c", 'echo "$QUOTALINE_MESSAGE" >> "$HOME/told"']
"""


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "TZ": "UTC", "PATH": os.environ["PATH"]}


def use(env: dict[str, str], percent: float, now: float, resets_at: float = NOW + 2 * HOUR) -> None:
    tell(Path(env["HOME"]), now, {"five_hour": (percent, resets_at)})
    refresh(env, now)


def told(env: dict[str, str]) -> list[str]:
    path = Path(env["HOME"], "told")
    return path.read_text().splitlines() if path.exists() else []


def cache(env: dict[str, str]) -> Path:
    return Path(env["HOME"], ".cache/quotaline/default")


def test_once_for_each_threshold_and_period(env: dict[str, str], home: Path) -> None:
    configure(home, NOTE)
    for minute, percent in enumerate((80, 89, 91, 95, 88, 97)):
        use(env, percent, NOW + minute * MINUTE)
    assert told(env) == ["Session (5h) is at 91 % (five_hour.used >= 90)"]
    use(env, 92, NOW + 3 * HOUR, NOW + 7 * HOUR)
    assert len(told(env)) == 2


def test_the_segment_shows_it_for_ten_minutes(env: dict[str, str], home: Path) -> None:
    configure(home, NOTE)
    use(env, 91, NOW)
    use(env, 91, NOW + MINUTE)
    shown = [prompt_text(["alert"], read(str(cache(env))), env, NOW + after) for after in (MINUTE, 599, 600)]
    assert shown == ["Session (5h) is at 91 % (five_hour.used >= 90)"] * 2 + [""]


def test_many_refreshes_at_once_give_it_once(env: dict[str, str], home: Path, environment: dict[str, str]) -> None:
    configure(home, NOTE)
    tell(home, time.time(), {"five_hour": (95.0, time.time() + HOUR)})
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: quotaline("refresh", "--force", env=environment), range(12)))
    assert len(told(env)) == 1


def test_a_failing_command_is_told_and_not_repeated(env: dict[str, str], home: Path) -> None:
    configure(home, '[[alert]]\nwhen = "five_hour.used >= 90"\nrun = ["sh", "-c", "echo x >> \\"$HOME/told\\"; exit 3"]')
    for minute in range(3):
        use(env, 91, NOW + minute * MINUTE)
    assert told(env) == ["x"]
    doctor = json.loads(quotaline("doctor", "--json", env=env).stdout)
    [check] = [check for check in doctor["checks"] if check["group"] == "Alerts"]
    assert (check["status"], check["says"], check["remedy"]) == (
        "WARN", "The alert `five_hour.used >= 90` failed: its command ended with code 3.", "try it in a terminal"
    )  # fmt: skip


@pytest.mark.parametrize("times", [(1.0, 2.0), (2.0, 1.0)])
def test_of_several_failures_the_last_one_is_told(times: tuple[float, float], tmp_path: Path) -> None:
    alert = Alert(when="reset", run=("x",))
    given = {
        alert_key(alert, f"reset {window}"): SentAlert(period="p", at=at, message="m", problem=f"of {at:g}")
        for window, at in zip(("five_hour", "seven_day"), times, strict=True)
    }
    (tmp_path / "alerts.json").write_bytes(msgspec.json.encode(AlertLog(given=given)))
    assert ["The alert `reset` failed: of 2"] == alert_problems(tmp_path, [alert])


def test_alerts_that_work_pass(env: dict[str, str], home: Path) -> None:
    configure(home, NOTE)
    use(env, 91, NOW)
    doctor = json.loads(quotaline("doctor", "--json", env=env).stdout)
    [check] = [check for check in doctor["checks"] if check["group"] == "Alerts"]
    assert (check["status"], check["says"]) == ("PASS", "1 alert, and no command failed.")


def test_a_command_that_is_not_there_is_told(env: dict[str, str], home: Path) -> None:
    configure(home, '[[alert]]\nwhen = "five_hour.used >= 90"\nrun = ["no-such-command"]')
    use(env, 91, NOW)
    alerts = [Alert(when="five_hour.used >= 90", run=("no-such-command",)), Alert(when="reset", run=("true",))]
    [problem] = alert_problems(cache(env), alerts)
    assert problem.startswith("The alert `five_hour.used >= 90` failed: its command cannot be run")


def test_a_message_cannot_run_anything(env: dict[str, str], home: Path) -> None:
    words = Alert(when="reset", run=("sh", "-c", 'printf %s "$1" > "$HOME/told"', "sh", "{message}"))
    assert run_command(words, '"; touch "$HOME/ran"; `touch ran` $(touch ran) \x1b[31m', env) is None
    text = {"when": "reset", "run": 'printf %s "$QUOTALINE_MESSAGE" >> "$HOME/told"', "shell": True}
    shell = msgspec.convert(text, Alert)
    assert run_command(shell, '"; touch "$HOME/ran"; $(touch ran)', env) is None
    assert not list(home.glob("ran"))
    assert "\x1b" not in "".join(told(env))


def test_a_command_that_hangs_is_ended(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quotaline.alerts.delivery.PATIENCE", 0.3)
    problem = run_command(Alert(when="reset", run=("sh", "-c", 'echo $$ > "$HOME/told"; sleep 1000')), "x", env)
    assert problem is not None
    assert "took longer" in problem
    with pytest.raises(ProcessLookupError):
        os.kill(int(told(env)[0]), signal.SIG_DFL)


def test_what_cannot_be_remembered_is_not_given(env: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    configure(home, NOTE)
    monkeypatch.setattr("quotaline.alerts.delivery.write_own", full)
    use(env, 91, NOW)
    assert told(env) == []


def test_a_folder_in_place_of_the_memory_is_moved_aside(env: dict[str, str], home: Path) -> None:
    configure(home, NOTE)
    (cache(env) / "alerts.json").mkdir(parents=True)
    (cache(env) / "alerts.json" / "x").touch()
    use(env, 91, NOW)
    assert len(told(env)) == 1
    assert (cache(env) / "alerts.json").is_file()


def test_a_broken_memory_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "alerts.json").write_text("{")
    assert load_alert_log(tmp_path).given == {}


def test_the_bell_goes_to_the_terminal_of_the_prompt_and_nowhere_else(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        assert ring_terminal("bell", "x", {"QUOTALINE_TTY": os.ttyname(theirs)})
        assert ring_terminal("osc9", "five\x07 hours", {"QUOTALINE_TTY": os.ttyname(theirs)})
        expected = b"\a\x1b]9;five hours\x1b\\"
        came = b""
        while len(came) < len(expected):
            came += os.read(ours, 100)
        assert came == expected
    finally:
        os.close(ours)
        os.close(theirs)
    (tmp_path / "file").touch()
    assert not ring_terminal("bell", "x", {"QUOTALINE_TTY": str(tmp_path / "file")})
    assert not ring_terminal("bell", "x", {"QUOTALINE_TTY": "/dev/null"})
    assert not ring_terminal("bell", "x", {"QUOTALINE_TTY": str(tmp_path / "absent")})
    assert not ring_terminal("none", "x", {})
    assert (tmp_path / "file").read_bytes() == b""


def test_what_the_hook_remembered_of_long_ago_is_removed(tmp_path: Path) -> None:
    for name, age in (("old", 41 * DAY), ("new", DAY)):
        (tmp_path / "asked").mkdir(exist_ok=True)
        (tmp_path / "asked" / name).touch()
        os.utime(tmp_path / "asked" / name, (NOW - age, NOW - age))
    remove_old_hook_marks(tmp_path, NOW)
    assert [path.name for path in (tmp_path / "asked").iterdir()] == ["new"]


def test_a_prompt_tells_the_refresh_which_terminal_it_is_drawn_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a terminal on descriptor 2 its name goes along; without one nothing does."""
    started: list[dict[str, str]] = []
    monkeypatch.setattr(os, "posix_spawn", lambda _path, _words, env, **_more: started.append(env))
    ours, theirs = pty.openpty()
    name, kept = os.ttyname(theirs), os.dup(2)
    try:
        os.dup2(theirs, 2)
        spawn_refresh.spawn_refresh(str(tmp_path / "a"), {}, 1000.0)
    finally:
        os.dup2(kept, 2)
        for descriptor in (ours, theirs, kept):
            os.close(descriptor)
    assert started[0]["QUOTALINE_TTY"] == name


def test_marks_of_the_hook_stay_for_forty_days(tmp_path: Path) -> None:
    (tmp_path / "asked").mkdir()
    for name, age in (("young", 40 * DAY), ("old", 40 * DAY + 1)):
        (tmp_path / "asked" / name).touch()
        os.utime(tmp_path / "asked" / name, (NOW - age, NOW - age))
    remove_old_hook_marks(tmp_path, NOW)
    assert [path.name for path in (tmp_path / "asked").iterdir()] == ["young"]
