"""`quotaline guard --max-extra-delta`: a real command is watched, ended with all that it started, and keeps its terminal."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from commandline import QUOTALINE, quotaline
from guard_snapshot import leave_snapshot as snapshot
from quotaline.guard.watch import Watch
from quotaline.locations import resolve_locations
from usage_history import HOUR, configure, spent, tell, used

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="what is left running is looked up in /proc")

# The installed program, but that a command has half a second and not ten after each signal
IMPATIENT = """
import sys
from quotaline.__main__ import main
from quotaline.guard import fused, keeper
keeper.GRACE = keeper.LEFTOVERS_GRACE = fused.GRACE = 0.5
sys.exit(main())
"""
STUBBORN = "trap '' INT TERM; echo ready; while :; do sleep 0.05; done"
PATIENT = "echo ready; while :; do sleep 0.05; done"


STARTED: list[Fused] = []


class Fused:
    """`quotaline guard --max-extra-delta 2.00 … -- sh -c SCRIPT`, started; all that comes from it can be found."""

    def __init__(self, environment: dict[str, str], script: str, *options: str, ready: bool = True) -> None:
        self._said: tuple[str, str] | None = None
        self._mark = f"FUSE_TEST={os.urandom(8).hex()}"
        name, _, value = self._mark.partition("=")
        words = ["guard", "--max-extra-delta", "2.00", "--offline", *options, "--", "sh", "-c", script]
        self.process = subprocess.Popen(
            [sys.executable, "-c", IMPATIENT, *words],
            env={**environment, name: value}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        STARTED.append(self)
        assert self.process.stdout is not None
        if ready:
            assert self.process.stdout.readline() == "ready\n"

    def end(self) -> tuple[int, str, str]:
        """Exit code, and what was written."""
        if self._said is None:
            self._said = self.process.communicate()
        return self.process.returncode, *self._said

    def running(self) -> list[int]:
        """The processes that come from this one and run."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self._mark.encode() in (folder / "environ").read_bytes().split(b"\0") and state_of(folder) not in "ZX":
                    found.append(int(folder.name))
        return found

    def gone(self) -> bool:
        """Whether none of them runs, soon."""
        return soon(lambda: not self.running())


def state_of(folder: Path) -> str:
    return (folder / "stat").read_text().rpartition(")")[2].split()[0]


def soon(truth: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not truth():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(autouse=True)
def room(home: Path) -> None:
    snapshot(home, spent(1000, time.time() - 5), used(42, time.time(), resets_at=time.time() + HOUR, name="Session (5h)"))


@pytest.fixture(autouse=True)
def leftovers() -> Iterator[None]:
    """What a broken fuse leaves running ends with its test."""
    yield
    while STARTED:
        run = STARTED.pop()
        for process in run.running():
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        run.end()


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """As in a terminal: a job in the background, as under nohup, ignores the interrupt and hands that on to its children."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def spend(home: Path, cents: int) -> None:
    snapshot(home, spent(cents, time.time()), used(42, time.time(), resets_at=time.time() + HOUR, name="Session (5h)"))


def test_the_commands_exit_code_output_and_input_are_its_own(environment: dict[str, str]) -> None:
    words = ("guard", "--max-extra-delta", "2.00", "--offline", "--")
    done = quotaline(*words, "sh", "-c", "cat; echo err >&2; exit 7", env=environment, stdin=b"in")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"in", b"err\n")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        assert quotaline(*words, "sh", "-c", f"kill -{int(number)} $$", env=environment).returncode == 128 + number
    missing = quotaline(*words, "no-such-command", env=environment)
    assert (missing.returncode, missing.stderr) == (127, b"quotaline: no-such-command was not found.\n")


def test_the_fuse_blows_with_one_line_and_4(home: Path, environment: dict[str, str]) -> None:
    run = Fused(environment, "trap 'echo interrupted; exit 9' INT; " + PATIENT)
    spend(home, 1200)
    time.sleep(1)
    assert run.process.poll() is None
    spend(home, 1213)
    code, out, err = run.end()
    assert (code, out) == (4, "interrupted\n")
    assert err == (
        "quotaline: The fuse blew. The extra usage of this run is at $2.13, the limit is $2.00. sh ended with exit code 9.\n"
    )


def test_a_limit_that_is_passed_blows_it_too(home: Path, environment: dict[str, str]) -> None:
    run = Fused(environment, PATIENT, "--five-hour", "95")
    snapshot(home, spent(1000, time.time()), used(96, time.time(), resets_at=time.time() + 7980, name="Session (5h)"))
    code, _, err = run.end()
    assert code == 4
    assert re.fullmatch(
        r"quotaline: The fuse blew. Session \(5h\) is at 96 %, the limit is 95 %; it starts anew at .*, in 2h1[23]m\. "
        r"sh was ended by SIGINT\.\n",
        err,
    )


@pytest.mark.parametrize(("script", "end"), [("trap '' INT; " + PATIENT, "SIGTERM"), (STUBBORN, "SIGKILL")])
def test_who_does_not_hear_is_told_louder(script: str, end: str, home: Path, environment: dict[str, str]) -> None:
    run = Fused(environment, script)
    spend(home, 1300)
    code, _, err = run.end()
    assert code == 4
    assert err.endswith(f"sh was ended by {end}.\n")
    assert run.gone()


CHILDREN = {
    "in the background": f'sh -c "{STUBBORN}" & wait',
    "whose parent is gone": f'(sh -c "{STUBBORN}" &) ; sleep 300',
    "in a session of its own": f'setsid sh -c "{STUBBORN}"',
    "in a session of its own whose parent is gone": f'(setsid sh -c "{STUBBORN}" &) ; sleep 300',
}


@pytest.mark.parametrize("script", CHILDREN.values(), ids=CHILDREN)
def test_nothing_is_left_running_when_the_fuse_blows(script: str, home: Path, environment: dict[str, str]) -> None:
    run = Fused(environment, script)
    spend(home, 1300)
    assert run.end()[0] == 4
    assert run.gone()


@pytest.mark.parametrize("script", CHILDREN.values(), ids=CHILDREN)
def test_nothing_is_left_running_when_quotaline_is_killed(script: str, environment: dict[str, str]) -> None:
    run = Fused(environment, script)
    run.process.kill()
    assert run.gone()


def test_nothing_is_left_running_when_the_keeper_is_killed(environment: dict[str, str]) -> None:
    run = Fused(environment, "trap '' TERM; " + PATIENT)
    (keeper,) = [pid for pid in run.running() if parent_of(pid) == run.process.pid]
    os.kill(keeper, signal.SIGKILL)
    assert run.gone()
    assert run.end()[0] == 128 + signal.SIGKILL


def test_nothing_is_left_running_when_the_keeper_is_killed_before_it_says_a_word(environment: dict[str, str]) -> None:
    script = "trap '' TERM; kill -KILL $PPID; " + PATIENT
    run = Fused(environment, script)
    assert run.gone()
    assert run.end()[0] in (126, 128 + signal.SIGKILL), "whoever was faster"


def test_when_both_are_killed_at_once_the_command_gets_a_sigterm(environment: dict[str, str]) -> None:
    run = Fused(environment, PATIENT)
    (keeper,) = [pid for pid in run.running() if parent_of(pid) == run.process.pid]
    for process in (run.process.pid, keeper):
        os.kill(process, signal.SIGSTOP)
    for process in (run.process.pid, keeper):
        os.kill(process, signal.SIGKILL)
    assert run.gone()


def parent_of(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_what_a_command_leaves_in_its_group_ends_with_it_and_a_daemon_lives(home: Path, environment: dict[str, str]) -> None:
    run = Fused(environment, f'sh -c "{STUBBORN}" & sleep 0.5; exit 3')
    assert run.end()[::2] == (3, "")
    assert run.gone()
    daemon = Fused(
        environment, f"setsid sh -c 'echo ready; sleep 1; touch {home / 'lived'}' >&2 & sleep 0.5; echo ready; exit 3"
    )
    assert daemon.end()[0] == 3
    assert soon((home / "lived").exists)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1])
def test_signals_of_ours_are_passed_on(number: signal.Signals, environment: dict[str, str]) -> None:
    run = Fused(environment, f"trap 'echo caught; exit 9' {number.name[3:]}; " + PATIENT)
    run.process.send_signal(number)
    assert run.end()[:2] == (9, "caught\n")


def test_a_signal_that_is_ignored_here_stays_ignored_there(environment: dict[str, str]) -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run = Fused(environment, "echo ready; sleep 1; echo lived")
    finally:
        signal.signal(signal.SIGHUP, former)
    run.process.send_signal(signal.SIGHUP)
    assert run.end() == (0, "lived\n", "")


def test_without_a_reading_it_says_so_and_unknown_decides(home: Path, environment: dict[str, str]) -> None:
    snapshot(home, used(42, time.time(), resets_at=time.time() + HOUR))
    says = b"quotaline: The extra usage that this run would move is unknown: nothing has been read yet.\n"
    for more, code, out in (([], 3, b""), (["--unknown", "fail"], 1, b""), (["--unknown", "ok"], 0, b"ran\n")):
        done = quotaline("guard", "--max-extra-delta", "2", "--offline", *more, "--", "echo", "ran", env=environment)
        assert (done.returncode, done.stdout, done.stderr) == (code, out, says)


def test_what_becomes_known_during_the_run_counts_from_there(home: Path, environment: dict[str, str]) -> None:
    snapshot(home)
    run = Fused(environment, PATIENT, "--unknown", "ok")
    spend(home, 9000)
    time.sleep(1)
    assert run.process.poll() is None
    spend(home, 9201)
    code, _, err = run.end()
    assert code == 4
    assert "is at $2.01, the limit is $2.00" in err


def test_what_becomes_unknown_is_said_once_and_ends_nothing(home: Path, environment: dict[str, str]) -> None:
    run = Fused(environment, "echo ready; sleep 2")
    for age in (7200, 7201):
        snapshot(home, spent(1000, time.time() - age))
        time.sleep(0.5)
    code, _, err = run.end()
    assert code == 0
    assert err == "quotaline: The extra usage that this run would move is unknown: it was read 2h ago. sh goes on meanwhile.\n"


def test_what_was_spent_while_it_waited_for_room_is_none_of_the_runs(home: Path, environment: dict[str, str]) -> None:
    limits: dict[str, Any] = {"windows": {}, "extra": None, "no_extra": False, "max_age": HOUR, "extra_delta": [200, 2]}
    watch = Watch(resolve_locations(environment), environment, limits, offline=True, alpha=True)
    for cents in (1000, 5000):
        spend(home, cents)
        watch.look(time.time())
    watch.begin()
    for cents, outcome in ((5150, "room"), (5201, "no_room")):
        spend(home, cents)
        assert outcome == watch.look(time.time()).outcome


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--max-extra-delta", "2.00"], "--max-extra-delta watches a command while it runs; write it behind --."),
        (["--max-extra-delta", "two", "--", "true"], "--max-extra-delta is 'two'; allowed is an amount such as 2.00."),
        (["--max-extra-delta", "-1", "--", "true"], "--max-extra-delta is '-1'; allowed is an amount such as 2.00."),
    ],
)
def test_wrong_usage_is_2_and_a_sentence(words: list[str], says: str, environment: dict[str, str]) -> None:
    done = quotaline("guard", *words, env=environment)
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_a_fuse_of_nothing_is_a_fuse(home: Path, environment: dict[str, str]) -> None:
    run = Fused(environment, PATIENT, "--max-extra-delta", "0")
    spend(home, 1001)
    assert run.end()[0] == 4


def test_while_it_runs_a_refresh_is_started_when_the_snapshot_is_due(home: Path, environment: dict[str, str]) -> None:
    """The money moves in Claude Code's cache only: who reads that is the refresh in the background."""
    env = {name: value for name, value in environment.items() if name != "QUOTALINE_REFRESH"}
    configure(home, "[refresh]\nfresh_for = 1")
    end = time.time() + HOUR
    tell(home, time.time() - 30, {"five_hour": (42.0, end)}, {"used_credits": 1000.0})
    script = f"touch {home / 'runs'}; {PATIENT}"
    words = ["guard", "--max-extra-delta", "2.00", "--", "sh", "-c", script]
    with subprocess.Popen([QUOTALINE, *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env) as run:
        assert soon((home / "runs").exists)
        tell(home, time.time(), {"five_hour": (42.0, end)}, {"used_credits": 1350.0})
        _, err = run.communicate()
    assert run.returncode == 4
    assert b"is at $3.50, the limit is $2.00" in err


# A terminal


def terminal(environment: dict[str, str], *script: str, options: tuple[str, ...] = ()) -> pexpect.spawn[str]:
    words = ["guard", "--max-extra-delta", "2.00", "--offline", *options, "--", *script]
    env = {**environment, "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    return pexpect.spawn(QUOTALINE, words, env=env, dimensions=(24, 120), encoding="utf-8", timeout=60, echo=False)


def test_the_command_reads_from_the_terminal_and_its_ctrl_c_is_its_own(environment: dict[str, str]) -> None:
    child = terminal(
        environment, "sh", "-c", "trap 'echo caught; exit 9' INT; read line; echo got $line; while :; do sleep 0.1; done"
    )
    child.sendline("hello")
    child.expect("got hello")
    child.sendintr()
    child.expect("caught")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 9


def test_where_nobody_can_wake_it_ctrl_z_stops_nothing(environment: dict[str, str]) -> None:
    """As under a terminal emulator that runs it without a shell: nobody would ever send SIGCONT."""
    child = terminal(environment, "sh", "-c", "read line; echo got $line; read line; echo got $line")
    child.sendline("one")
    child.expect("got one")
    child.send("\x1a")
    child.sendline("two")
    child.expect("got two")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def shell(environment: dict[str, str]) -> pexpect.spawn[str]:
    env = {
        **environment,
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
        "PS1": "$ ",
        "PATH": f"{Path(QUOTALINE).parent}:{os.environ['PATH']}",
    }
    child = pexpect.spawn(
        "bash", ["--norc", "--noprofile"], env=env, dimensions=(24, 200), encoding="utf-8", timeout=60, echo=False
    )
    child.expect_exact("$ ")
    return child


GUARD = "quotaline guard --max-extra-delta 2.00 --offline -- "


def test_in_a_shell_with_jobs_it_stops_goes_on_and_gives_the_terminal_back(environment: dict[str, str]) -> None:
    child = shell(environment)
    child.sendline(GUARD + "sh -c 'while read line; do echo got $line; done; echo end'")
    child.sendline("one")
    child.expect_exact("got one")
    child.send("\x1a")
    child.expect("Stopped")
    child.sendline("echo in-the-shell")
    child.expect_exact("in-the-shell")
    child.sendline("fg")
    child.sendline("two")
    child.expect_exact("got two")
    child.sendeof()
    child.expect_exact("end")
    child.sendline("echo code $?")
    child.expect_exact("code 0")
    child.close()


def test_in_the_background_it_runs_on_and_who_reads_there_is_stopped(environment: dict[str, str]) -> None:
    child = shell(environment)
    child.sendline(GUARD + "sh -c 'echo begun; read line; echo got $line' &")
    child.expect_exact("begun")
    child.sendline("jobs")
    assert soon(lambda: _jobs(child) == "Stopped")
    child.sendline("fg")
    child.sendline("three")
    child.expect_exact("got three")
    child.close()


def _jobs(child: pexpect.spawn[str]) -> str:
    child.sendline("jobs")
    return str(["Stopped", "Running"][child.expect(["Stopped", "Running"])])


def test_ctrl_c_ends_the_script_around_it_too(environment: dict[str, str], home: Path) -> None:
    child = shell(environment)
    script = home / "script"
    script.write_text(f"for i in 1 2 3; do {GUARD} sh -c 'echo begun; exec sleep 60'; done; echo after")
    child.sendline(f"bash {script}")
    child.expect_exact("begun")
    child.sendintr()
    assert child.expect([r"\$ ", "begun", "after"]) == 0
    child.sendline("echo code $?")
    child.expect_exact("code 130")
    child.close()


def test_in_a_pipeline_the_pager_keeps_the_terminal(environment: dict[str, str]) -> None:
    child = shell(environment)
    child.sendline(GUARD + "sh -c 'echo piped; sleep 0.3' | sh -c 'cat; read line < /dev/tty; echo pager got $line'")
    child.expect_exact("piped")
    child.sendline("key")
    child.expect_exact("pager got key")
    child.close()


def test_who_is_ended_in_raw_mode_leaves_a_terminal_that_echoes(environment: dict[str, str], home: Path) -> None:
    child = shell(environment)
    child.sendline("stty echo; " + GUARD + "sh -c 'stty raw -echo; echo begun; exec sleep 60'; stty -a")
    child.expect_exact("begun\n")
    spend(home, 1300)
    child.expect_exact("The fuse blew")
    child.expect(r"\s(-?)icanon\s.*\s(-?)echo\s")
    assert child.match is not None
    assert child.match.groups() == ("", "")
    child.close()
