"""`quotaline guard` as scripts use it: exit codes, one line, JSON, and the command that takes its place."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pexpect
import pytest

from commandline import QUOTALINE, quotaline
from guard_snapshot import leave_snapshot as snapshot
from quotaline.guard.watch import Watch
from quotaline.ledger import open_ledger
from quotaline.ledger.store import BUSY_SECONDS, READER_SECONDS
from quotaline.locations import resolve_locations
from quotaline.model import Reading, Snapshot
from quotaline.refresh.current import current_snapshot
from usage_history import HOUR, configure, spent, tell, used


def session(percent: float, *, resets_in: float = HOUR, age: float = 0.0) -> Reading:
    now = time.time()
    return used(percent, now - age, resets_at=now + resets_in, name="Session (5h)")


def guard(env: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    done = quotaline("guard", *arguments, env=env)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_room_is_silence_and_0(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(42))
    assert guard(environment, "--five-hour", "80") == (0, "", "")


def test_no_room_is_1_and_one_line(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(83, resets_in=7980.5))
    code, out, err = guard(environment, "--five-hour", "80")
    assert (code, out) == (1, "")
    assert err.startswith("quotaline: Session (5h) is at 83 %, the limit is 80 %; it starts anew at ")
    assert err.endswith((", in 2h13m.\n", ", in 2h12m.\n"))


def test_unknown_is_3_unless_told_otherwise(home: Path, environment: dict[str, str]) -> None:
    assert guard(environment, "--five-hour", "80")[0] == 3
    snapshot(home, session(42, age=1800))
    assert guard(environment, "--five-hour", "80", "--max-age", "15m")[::2] == (
        3, "quotaline: Session (5h) is unknown: it was read 30m ago.\n"
    )  # fmt: skip
    assert guard(environment, "--five-hour", "80", "--max-age", "15m", "--unknown", "ok")[0] == 0
    assert guard(environment, "--five-hour", "80", "--max-age", "15m", "--unknown", "fail")[0] == 1
    assert guard(environment, "--five-hour", "80", "--max-age", "1h")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--five-hour", "lots"],
        ["--window", "80"],
        ["--max-extra", "five"],
        ["--max-age", "old"],
        ["--wait", "--timeout", "x"],
        ["--x"],
    ],
)
def test_wrong_usage_is_2_and_a_sentence(arguments: list[str], environment: dict[str, str]) -> None:
    code, out, err = guard(environment, *arguments)
    assert (code, out) == (2, "")
    assert "Error: " in err
    assert "Traceback" not in err


def test_limits_come_from_the_configuration_and_options_replace_them(home: Path, environment: dict[str, str]) -> None:
    configure(home, "[guard]\nfive_hour = 80\nunknown = 'fail'\nmax_age = '15m'")
    snapshot(home, session(83))
    assert guard(environment)[0] == 1
    assert guard(environment, "--five-hour", "90")[0] == 0
    snapshot(home, session(42, age=1800))
    assert guard(environment)[0] == 1


MISTAKES = ["five_hour = 'x'", "max_extra = 'x'", "max_age = 'x'", "max_age = '15'", "hook = 'shout'", "five_hours = 3"]


@pytest.mark.parametrize("line", MISTAKES)
def test_while_the_configuration_has_a_mistake_nobody_can_tell_and_nothing_runs(
    line: str, home: Path, environment: dict[str, str]
) -> None:
    configure(home, f"[guard]\n{line}")
    snapshot(home, session(42))
    for more in ([], ["--wait"], ["--max-age", "1h", "--", "echo", "ran"]):
        code, out, err = guard(environment, *more)
        assert (code, out) == (3, "")
        assert err.startswith("quotaline: config.toml: `guard")
        assert err.endswith(" Whether there is room cannot be told.\n")
        assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("limit", "code"),
    [(["--five-hour", "80"], 0), (["--five-hour=40"], 1), (["--window", "five_hour=40"], 1), (["--no-extra"], 0)],
)
@pytest.mark.parametrize("text", ["[guard", "[guard]\nfive_hour = 'x'", "[line.prompt]\nrows = [['no_such_segment']]"])
def test_limits_of_the_command_hold_whatever_the_configuration_says(
    limit: list[str], code: int, text: str, home: Path, environment: dict[str, str]
) -> None:
    configure(home, text)
    snapshot(home, session(42))
    assert code == guard(environment, *limit)[0]


def test_a_problem_that_the_last_refresh_met_is_no_room(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(42), problems=("config.toml: it is cut.",))
    assert (3, "", "quotaline: config.toml: it is cut. Whether there is room cannot be told.\n") == guard(environment)
    assert 0 == guard(environment, "--five-hour", "80")[0]


@pytest.mark.parametrize("option", ["--max-age", "--timeout"])
def test_a_time_without_a_unit_asks_for_one(option: str, home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(42))
    code, out, err = guard(environment, option, "15")
    assert (code, out) == (2, "")
    assert f"{option} is '15', which has no unit; write 15s, 15m, 15h or 15d." in err


def test_a_ledger_that_another_program_has_locked_is_waited_for_once_and_shortly(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in what SQLite is told to wait, by `guard` and by what `export` and `usage` look at."""
    where = resolve_locations(os.environ)
    assert where.ledger
    open_ledger(where.ledger).close()
    waits: list[float] = []
    connect: Any = sqlite3.connect

    def counted(*arguments: Any, timeout: float, **more: Any) -> Any:
        waits.append(timeout)
        return connect(*arguments, timeout=min(timeout, 0.05), **more)

    looks: list[Callable[[], object]] = [
        lambda: Watch(where, {"HOME": str(home)}, {}, offline=False, alpha=True).look(time.time()),
        lambda: current_snapshot(where, {"HOME": str(home)}, time.time() + 100),
    ]
    with closing(connect(where.ledger, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(sqlite3, "connect", counted)
        for look in looks:
            waits.clear()
            look()
            assert waits[0] == READER_SECONDS
            assert 0 == sum(waits[1:])
    waits.clear()
    open_ledger(where.ledger).close()
    assert waits == [BUSY_SECONDS], "whoever only writes waits as before"


def test_config_show_prints_guard_and_alerts_as_toml(home: Path, environment: dict[str, str]) -> None:
    configure(home, '[guard]\nfive_hour = 80\n[guard.windows]\nseven_day_fable = 95\n[[alert]]\nwhen = "reset"\nrun = ["true"]')
    shown = tomllib.loads(quotaline("config", "show", env=environment, check=True).stdout.decode())
    assert shown["alert"] == [{"when": "reset", "run": ["true"]}]
    assert (shown["guard"]["five_hour"], shown["guard"]["windows"]) == (80, {"seven_day_fable": 95})


def test_json_says_all_of_it(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(42), spent(1240, time.time(), currency="KWD", exponent=3))
    code, out, _ = guard(environment, "--five-hour", "80", "--max-extra", "1.00", "--json")
    told: dict[str, Any] = json.loads(out)
    assert code == told["exit_code"] == 1
    assert (told["schema_version"], told["verdict"]) == (1, "no_room")
    window, extra = told["checks"]
    assert (window["id"], window["state"], window["used"], window["limit"]) == ("five_hour", "room", 42.0, 80.0)
    assert extra["used"] == {"amount": "1.240", "currency": "KWD"}
    assert extra["limit"] == {"amount": "1.000", "currency": "KWD"}
    assert extra["until"] == told["until"]
    assert told["until"].endswith("-01T00:00:00Z")


def test_the_commands_exit_code_is_ours(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(42))
    assert guard(environment, "--", "sh", "-c", "echo out; echo err >&2; exit 7") == (7, "out\n", "err\n")
    assert guard(environment, "--json", "--", "sh", "-c", "exit 0") == (0, "", "")
    assert guard(environment, "--", "no-such-command")[::2] == (127, "quotaline: no-such-command was not found.\n")
    assert guard(environment, "--", str(home))[0] == 126


def test_without_room_the_command_does_not_run(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(100))
    assert guard(environment, "--", "touch", str(home / "ran"))[0] == 1
    assert not (home / "ran").exists()


def test_signals_are_the_commands_own(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(42))
    script = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen([QUOTALINE, "guard", "--", "sh", "-c", script], stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read() == b"caught\n"
    assert child.returncode == 9
    killed = quotaline("guard", "--", "sh", "-c", "kill -KILL $$", env=environment)
    assert killed.returncode == -signal.SIGKILL


def test_the_command_starts_with_the_signals_a_shell_would_give_it(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(42))
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc")
    out = quotaline("guard", "--", "sed", "-n", "s/^SigIgn:\t//p", "/proc/self/status", env=environment, check=True).stdout
    ignored = int(out, 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1))


def test_it_refreshes_first_where_the_snapshot_is_old_and_not_when_offline(home: Path, environment: dict[str, str]) -> None:
    env = {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}
    configure(home)
    snapshot(home, session(42, age=300), written=300)
    tell(home, time.time() - 1, {"five_hour": (91.0, time.time() + HOUR)})
    assert guard(env, "--five-hour", "80", "--offline")[0] == 0
    assert guard(env, "--five-hour", "80")[0] == 1


def test_a_window_that_was_reset_since_is_known_from_the_ledger(home: Path, environment: dict[str, str]) -> None:
    env = {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}
    configure(home)
    tell(home, time.time() - 60, {"five_hour": (95.0, time.time() + 1.5)})
    assert guard(env, "--five-hour", "80")[0] == 1
    path = home / ".cache/quotaline/default/snapshot.json"
    kept = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    while time.time() < (kept.readings[0].value.resets_at or 0):  # type: ignore[union-attr]
        time.sleep(0.05)
    quotaline("refresh", "--force", env=env)
    assert msgspec.json.decode(path.read_bytes(), type=Snapshot).readings == ()
    assert guard(env, "--five-hour", "80")[0] == 0


# The installed program, but that it looks at the snapshot every 0.2 s instead of every 5 s
IMPATIENT = """
import sys
from quotaline.__main__ import main
from quotaline.guard.watch import wait_for_room
wait_for_room.__kwdefaults__["step"] = 0.2
sys.exit(main())
"""


def test_wait_runs_the_command_when_the_data_says_there_is_room(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(95))
    words = ["guard", "--wait", "--offline", "--five-hour", "80", "--", "sh", "-c", "echo ran; exit 5"]
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as child:
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(1.0)
        snapshot(home, session(3, resets_in=5 * HOUR))
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (5, b"ran\n", b"")


def test_wait_gives_up_after_its_timeout(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(95))
    code, _, err = guard(environment, "--wait", "--timeout", "1s", "--offline", "--five-hour", "80", "--", "touch", "ran")
    assert code == 1
    assert "Session (5h) is at 95 %" in err
    assert not Path("ran").exists()


def terminal(environment: dict[str, str], *arguments: str) -> pexpect.spawn[str]:
    env = {**environment, "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    return pexpect.spawn(
        QUOTALINE,
        ["guard", *arguments],
        env=env,
        dimensions=(24, 120),
        encoding="utf-8",
        timeout=60,
        preexec_fn=as_in_a_terminal,
    )


def as_in_a_terminal() -> None:
    """A shell's background job, as under nohup, ignores the interrupt and hands that on to its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_on_a_terminal_it_counts_down_and_clears_its_line(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, session(95, resets_in=7980))
    child = terminal(environment, "--wait", "--timeout", "1s", "--offline", "--five-hour", "80")
    child.expect(r"waiting · 2h1[23]m left · Session \(5h\) is at 95 %")
    child.expect(pexpect.EOF)
    assert child.before is not None
    assert child.before.split("\r\x1b[K")[-1].startswith("quotaline: Session (5h) is at 95 %")
    child.close()
    assert child.exitstatus == 1


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN], ids=["here", "under nohup"])
def test_interrupting_the_wait_is_130_and_leaves_the_line_clean(home: Path, environment: dict[str, str], handler: Any) -> None:
    snapshot(home, session(95, resets_in=7980))
    former = signal.signal(signal.SIGINT, handler)
    try:
        child = terminal(environment, "--wait", "--offline", "--five-hour", "80", "--", "touch", "ran")
    finally:
        signal.signal(signal.SIGINT, former)
    child.expect("waiting")
    child.kill(signal.SIGINT)
    child.expect(pexpect.EOF)
    assert child.before is not None
    assert "Traceback" not in child.before
    child.close()
    assert child.exitstatus == 130
    assert not Path("ran").exists()
