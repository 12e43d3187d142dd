"""`quotaline watch` in a real terminal: what is seen, what it leaves behind, what it touches while nothing happens."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from commandline import QUOTALINE, quotaline
from programs import need
from viewed import ENTER, HIDE, LEAVE, SHOW, UTF_8, Viewed

WATCH = (QUOTALINE, "watch")


def change(home: Path, **session: Any) -> None:
    """Write the snapshot anew, with other facts of the 5-hour window."""
    path = home / ".cache/quotaline/default/snapshot.json"
    tree = json.loads(path.read_text())
    for reading in tree["readings"]:
        if reading["value"].get("id") == "five_hour":
            reading["value"].update(session)
    scratch = path.with_name("scratch")
    scratch.write_text(json.dumps(tree))
    scratch.replace(path)


def test_it_shows_what_usage_prints_and_draws_a_new_snapshot(furnished: dict[str, str], home: Path) -> None:
    viewed = Viewed(furnished, *WATCH)
    text = viewed.see("Session (5h)", "42%", "q ends")
    printed = quotaline("usage", "--offline", env={**UTF_8, **furnished, "COLUMNS": "80"}).stdout.decode().splitlines()
    assert len(printed) > 12
    assert len(set(printed) & set(text.splitlines())) > 10, "but for ages and countdowns of another second"
    assert viewed.screen.display[-1].startswith("q ends · r refreshes")
    change(home, utilization=97.0)
    viewed.see("97%", unseen="42%")
    assert viewed.raw.count(ENTER) == 1
    assert b"\x1b[2J" not in viewed.raw, "nothing is wiped, so nothing flickers"
    viewed.child.send("q")
    assert viewed.end() == (0, None)


@pytest.mark.parametrize("way", ["q", "\x03", signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_it_leaves_the_terminal_as_it_was(way: str | int, furnished: dict[str, str]) -> None:
    viewed = Viewed(furnished, *WATCH)
    viewed.see("q ends")
    assert not viewed.left_as_it_was(), "it can be told"
    if isinstance(way, str):
        viewed.child.send(way)
    else:
        os.kill(viewed.child.pid, way)
        os.kill(viewed.child.pid, signal.SIGCONT)  # as `timeout` does
    viewed.wait(viewed.left_as_it_was)
    asked = isinstance(way, str) or way == signal.SIGINT
    assert viewed.end() == ((0, None) if asked else (None, way)), "who ended it by a signal is told so"
    assert viewed.raw.count(ENTER) == 1
    assert viewed.raw.endswith(SHOW + LEAVE) or viewed.raw.endswith(LEAVE), "nothing is printed below the prompt"


def test_it_stops_and_goes_on_as_a_job_of_a_shell(furnished: dict[str, str]) -> None:
    viewed = Viewed({**furnished, "PS1": "PROMPT> "}, need("bash"), "--norc", "--noprofile", "-i")
    viewed.see("PROMPT>")
    viewed.child.sendline("stty -g > before; " + QUOTALINE + " watch")
    for count in (1, 2):
        viewed.see("q ends", "42%")
        viewed.child.send("\x1a")
        viewed.see("Stopped")
        assert (viewed.raw.count(ENTER), viewed.raw.count(LEAVE)) == (count, count)
        assert viewed.raw.count(HIDE) == viewed.raw.count(SHOW)
        viewed.screen.reset()
        viewed.child.sendline("stty -g > stopped; cmp before stopped && echo 'the same'; fg")
    viewed.see("q ends", "42%")
    viewed.child.send("q")
    viewed.wait(lambda: viewed.raw.count(LEAVE) == 3)
    viewed.child.sendline("stty -g > after; cmp before after && echo 'as 'before")
    viewed.see("as before")
    assert len(re.findall(rb"(?<!')the same\r", viewed.raw)) == 2
    viewed.child.sendline("exit")
    viewed.end()


def test_in_the_background_it_waits_for_its_turn(furnished: dict[str, str]) -> None:
    viewed = Viewed({**furnished, "PS1": "PROMPT> "}, need("bash"), "--norc", "--noprofile", "-i")
    viewed.see("PROMPT>")
    viewed.child.sendline(f"{QUOTALINE} watch &")

    def stopped() -> bool:
        viewed.child.sendline("jobs")
        return "Stopped" in viewed.text

    viewed.wait(stopped)
    viewed.child.sendline("clear; fg")
    viewed.see("q ends", "42%")
    viewed.child.send("q")
    viewed.wait(lambda: viewed.raw.count(LEAVE) == viewed.raw.count(ENTER))
    viewed.child.sendline("echo an'd 'back")
    viewed.see("and back")
    viewed.child.sendline("exit")
    viewed.end()


def test_it_follows_the_size_of_the_terminal(furnished: dict[str, str]) -> None:
    viewed = Viewed(furnished, *WATCH, rows=60, columns=100)
    viewed.see("q ends")
    for rows, columns in ((50, 40), (12, 120), (60, 80), (3, 20)):
        viewed.resize(rows, columns)
        viewed.see("q ends")
        viewed.wait(lambda: "q ends" in "".join(viewed.screen.display[-2:]))
    viewed.resize(60, 40)
    text = viewed.see("Session", "q ends")
    assert max(map(len, text.splitlines())) <= 40
    viewed.child.send("q")
    viewed.end()


def test_a_longer_page_is_scrolled(furnished: dict[str, str]) -> None:
    viewed = Viewed(furnished, *WATCH, rows=10, columns=80)
    text = viewed.see("Claude usage", "↑↓ 1-9 of ")
    total = int(re.findall(r"of (\d+)$", text, re.MULTILINE)[-1])
    last = total - 8
    up_and_down = (("j", 2), ("\x1b[B", 3), ("k", 2), ("\x1bOA", 1), (" ", 9), ("b", 1))
    for keys, top in (*up_and_down, ("G", last), ("jj", last), ("g", 1)):
        viewed.child.send(keys)
        viewed.see(f"↑↓ {top}-{top + 8} of {total}")
    viewed.child.send("x\x1b[Z\xffq")
    assert viewed.end() == (0, None)


def test_a_configuration_that_breaks_leaves_the_last_good_page(furnished: dict[str, str], home: Path) -> None:
    config = home / "config.toml"
    good = config.read_text()
    viewed = Viewed(furnished, *WATCH)
    viewed.see("q ends", "42%", unseen="config.toml")
    config.write_text("[style]\npalette = 'purple'\n")
    viewed.see("42%", "style.palette", "Shown as before.")
    change(home, utilization=43.0)
    viewed.see("43%", "Shown as before.")
    config.write_text(good)
    viewed.see("43%", "q ends", unseen="Shown as before.")
    viewed.child.send("q")
    viewed.end()


def test_a_snapshot_that_goes_or_breaks_leaves_the_last_page(furnished: dict[str, str], home: Path) -> None:
    viewed = Viewed(furnished, *WATCH)
    viewed.see("42%")
    path = home / ".cache/quotaline/default/snapshot.json"
    kept = path.read_text()
    path.write_text(kept[:100])
    before = len(viewed.raw)
    viewed.resize(60, 120)
    viewed.wait(lambda: viewed.raw.find(b"q ends", before) > 0)
    viewed.see("42%", unseen="Nothing to show")
    path.unlink()
    path.write_text(kept.replace("42", "41"))
    viewed.see("41%")
    viewed.child.send("q")
    viewed.end()


def test_all_accounts_stand_below_each_other(furnished: dict[str, str], home: Path) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text() + '[accounts]\nhome = "~/.claude"\nwork = "~/.claude-work"\n')
    work = {**furnished, "CLAUDE_CONFIG_DIR": str(home / ".claude-work")}
    limits = {"seven_day": {"used_percentage": 7, "resets_at": time.time() + 9000}}
    quotaline("statusline", env=work, stdin=json.dumps({"session_id": "w", "rate_limits": limits}).encode(), check=True)
    quotaline("refresh", "--background", env=work, check=True)
    viewed = Viewed(furnished, *WATCH, "--all")
    text = viewed.see("home", "42%", "work", "7%", "q ends")
    assert text.index("42%") < text.index("work")
    limits["seven_day"]["used_percentage"] = 8
    quotaline("statusline", env=work, stdin=json.dumps({"session_id": "w", "rate_limits": limits}).encode(), check=True)
    quotaline("refresh", "--force", env=work, check=True)
    viewed.see("42%", "8%", unseen=" 7%")
    config.write_text(config.read_text().replace("work =", "office ="))
    viewed.see("office", "8%", unseen="work  ")
    viewed.child.send("q")
    assert viewed.end() == (0, None)
    assert "office" in quotaline("watch", "--all", env=furnished).stdout.decode()


def test_an_old_snapshot_starts_a_refresh_without_a_key(furnished: dict[str, str], home: Path) -> None:
    path = home / ".cache/quotaline/default/snapshot.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "written_at": 1000.0}))
    before = path.stat().st_ino
    viewed = Viewed({name: value for name, value in furnished.items() if name != "QUOTALINE_REFRESH"}, *WATCH)
    viewed.wait(lambda: path.stat().st_ino != before)
    viewed.see("q ends")
    viewed.child.send("q")
    viewed.end()


def test_it_asks_for_a_refresh_as_prompts_do(furnished: dict[str, str], home: Path) -> None:
    folder = home / ".cache/quotaline/default"
    env = {name: value for name, value in furnished.items() if name != "QUOTALINE_REFRESH"}
    os.utime(folder / "snapshot.json")
    before = (folder / "snapshot.json").stat().st_ino
    viewed = Viewed(env, *WATCH)
    viewed.see("q ends")
    (folder / "nudged").unlink(missing_ok=True)
    viewed.child.send("r")
    viewed.wait(lambda: (folder / "snapshot.json").stat().st_ino != before)
    assert (folder / "nudged").exists(), "by the same stamp"
    children = Path(f"/proc/{viewed.child.pid}/task/{viewed.child.pid}/children")
    viewed.wait(lambda: not children.exists() or not children.read_text())
    (folder / "nudged").write_text(f"{int(time.time())}")
    viewed.child.send("r")
    viewed.see("a refresh was started a moment ago")
    viewed.child.send("q")
    viewed.end()


def test_nothing_is_opened_while_nothing_changes(furnished: dict[str, str], home: Path, tmp_path: Path) -> None:
    log = tmp_path / "trace"
    calls = "trace=openat,open,socket,connect,execve,newfstatat,stat,write"
    viewed = Viewed(furnished, need("strace"), "-qq", "-s", "65536", "-e", calls, "-o", str(log), QUOTALINE, "watch")
    viewed.see("q ends")
    looks = '/snapshot.json"'

    def looked(start: int, times: int) -> bool:
        return log.read_text()[start:].count(looks) >= times

    viewed.wait(lambda: looked(log.read_text().find("q ends"), 2))
    minute, before, idle = -1.0, 0, ""
    while time.time() // 60 != minute:  # at a new one the page is drawn anew
        minute, before = time.time() // 60, len(log.read_text())
        viewed.wait(partial(looked, before, 10))
        idle = log.read_text()[before:]
    assert not re.findall(r"^(open|socket|connect|execve|write).*", idle, re.MULTILINE)
    change(home, utilization=12.0)
    viewed.see("12%")
    assert "write(1" in log.read_text()[before + len(idle) :], "it can be told"
    viewed.child.send("q")
    viewed.end()


def test_a_pipe_a_dumb_terminal_and_no_output_at_all_get_the_page_once(furnished: dict[str, str]) -> None:
    env = {**furnished, **UTF_8}
    assert b"alpha feature" in quotaline("usage", "--offline", env=env).stderr, "which is said once"
    piped = quotaline("watch", env=env)
    usual = quotaline("usage", "--offline", env=env)
    assert (piped.returncode, piped.stderr) == (0, b"")
    assert b"\x1b" not in piped.stdout
    assert len(set(piped.stdout.splitlines()) & set(usual.stdout.splitlines())) > 10
    dumb = Viewed({**furnished, "TERM": "dumb"}, *WATCH, rows=80)
    assert dumb.end() == (0, None)
    assert "printed once" in dumb.text.replace("\n", "")
    assert "Session (5h)" in dumb.text
    assert ENTER not in dumb.raw
    closed = Viewed(env, "/bin/sh", "-c", f'"{QUOTALINE}" watch >&-')
    assert closed.end() == (0, None)
    assert closed.raw == b""


def test_colours_and_signs_are_those_that_the_terminal_may_have(furnished: dict[str, str]) -> None:
    usual: dict[str, str] = {}
    posix = {"LANG": "C", "LC_ALL": "C"}
    for more, colours, ascii_only in ((usual, True, False), ({"NO_COLOR": "1"}, False, False), (posix, True, True)):
        viewed = Viewed({**furnished, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **more}, *WATCH)
        viewed.see("q ends", "Session (5h)")
        assert (re.search(rb"\x1b\[[0-9;]*38;", viewed.raw) is not None) is colours
        if ascii_only:
            assert viewed.raw.isascii()
        viewed.child.send("q")
        viewed.end()


def test_a_terminal_that_goes_ends_it(furnished: dict[str, str]) -> None:
    viewed = Viewed(furnished, *WATCH)
    viewed.see("q ends")
    os.close(os.dup(viewed.child.child_fd))
    viewed.child.ptyproc.fileobj.close()
    pid, status = os.waitpid(viewed.child.pid, 0)
    assert pid == viewed.child.pid
    assert os.waitstatus_to_exitcode(status) in (-signal.SIGHUP, 0)
    viewed.child.ptyproc.terminated = True


def test_an_error_is_told_on_the_screen_that_was_there_before(furnished: dict[str, str]) -> None:
    code = (
        "from quotaline.terminal.alternate_screen import AlternateScreen; from rich.console import Console\n"
        "with AlternateScreen(Console(force_terminal=True)) as screen:\n"
        "    screen.show([]); raise RuntimeError('no such luck')"
    )
    viewed = Viewed(furnished, sys.executable, "-P", "-c", code)
    assert viewed.end() == (1, None)
    assert viewed.raw.count(ENTER) == viewed.raw.count(LEAVE) == 1
    assert viewed.raw.index(LEAVE) < viewed.raw.index(b"no such luck")
