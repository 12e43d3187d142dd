"""The laws of the prompt path: what it may import, open and start, counted in real processes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commandline import QUOTALINE, quotaline
from programs import need
from quotaline.prompt import run
from repositories import repository
from samples import sample

ALLOWED = {"posix", "os", "sys", "time", "_json"}
OWN = "quotaline"
HOT = ("core", "render", "prompt")
PROBE = """
import sys
before = set(sys.modules)
sys.argv = ["quotaline", *{arguments!r}]
import posix
leave = posix._exit
def tell(code):
    posix.write(2, chr(10).join(set(sys.modules) - before).encode())
    leave(code)
posix._exit = tell
from quotaline.__main__ import main
main()
"""
PULL_REQUEST = {"number": 7, "url": "https://example.org/pull/7"}
COMMANDS = [
    ["statusline"],
    ["statusline", "--enrich"],
    ["prompt"],
    ["prompt", "--shell", "zsh", "extra"],
    ["prompt", "--shell=tmux"],
    ["prompt", "--shell", "env"],
    ["guard", "--hook"],
    ["guard", "--hook", "--tell"],
]


def stdin() -> bytes:
    return json.dumps(sample("after-response")).encode()


@pytest.mark.parametrize("arguments", COMMANDS)
@pytest.mark.parametrize("with_snapshot", [False, True])
def test_the_prompt_path_imports_nothing_outside_its_list(
    arguments: list[str], with_snapshot: bool, environment: dict[str, str]
) -> None:
    if with_snapshot:
        quotaline("refresh", "--background", env=environment, check=True)
    probe = PROBE.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", probe], input=stdin(), env=environment, capture_output=True, check=True)
    imported = set(done.stderr.decode().split())
    assert "quotaline.prompt.run" in imported, "the probe tells something"
    foreign = {name for name in imported if name.partition(".")[0] != OWN} - ALLOWED
    assert foreign == set()
    own = {name.removeprefix(f"{OWN}.").partition(".")[0] for name in imported if name.startswith(f"{OWN}.")}
    assert own <= {*HOT, "__main__"}


def test_no_module_of_the_prompt_path_imports_the_workshop_or_names_a_foreign_module() -> None:
    folder = Path(QUOTALINE).parents[1]
    files = [file for room in HOT for file in folder.glob(f"lib/python*/site-packages/quotaline/{room}/*.py")]
    assert len(files) > 20
    for file in files:
        own = tuple(f"{OWN}.{room}" for room in (HOT[: HOT.index(file.parent.name) + 1]))
        for found in re.finditer(r"^( *)(?:from|import) +([\w.]+)", file.read_text(), re.MULTILINE):
            name = found[2]
            typing_only = name in ("typing", "collections.abc")
            assert typing_only or name in (*ALLOWED, "json") or name.startswith(own), (file.name, name)


def trace(arguments: list[str], env: dict[str, str], tmp_path: Path, told: bytes = b"") -> str:
    log = tmp_path / "trace"
    calls = "trace=openat,open,socket,connect,execve,fork,vfork,clone,clone3,wait4,waitid,flock,fcntl"
    command = [need("strace"), "-f", "-qq", "-e", calls, "-o", str(log), QUOTALINE, *arguments]
    subprocess.run(command, input=told or stdin(), env=env, capture_output=True, check=True)
    return log.read_text()


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_prompt_opens_no_socket_no_credential_no_transcript_and_starts_nothing(
    arguments: list[str], environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    claude = home / ".claude"
    (claude / "projects" / "-p").mkdir(parents=True)
    (claude / "projects" / "-p" / "s.jsonl").write_text("{}\n")
    (claude / ".credentials.json").write_text("{}")
    (home / ".claude.json").write_text("{}")
    quotaline("refresh", "--background", env=environment, check=True)
    calls = trace(arguments, environment, tmp_path)
    assert "snapshot.json" in calls, "the trace sees what is opened"
    for forbidden in ("socket(", "connect(", "fork(", "clone", "wait4(", "waitid(", "flock("):
        assert forbidden not in calls
    for secret in (".credentials.json", ".claude.json", ".jsonl", ".toml", "ledger.db"):
        assert secret not in calls
    assert calls.count("execve(") == 2, "the program is a few lines of sh, in whose place the interpreter comes"


EVERYTHING = """
[style]
clock = "12h"
links = "always"
models."claude-opus-*" = "Opus"
[line.claude]
rows = [["model", "git", "git_state", ">", "why", "pr", "resets"]]
"""


def test_so_it_is_with_all_that_a_line_can_show(environment: dict[str, str], home: Path, tmp_path: Path) -> None:
    config = home / ".config" / "quotaline" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(EVERYTHING)
    top = repository(tmp_path / "r")
    (top / "new").touch()
    told = sample("after-response") | {"cwd": str(top), "workspace": {"current_dir": str(top)}, "pr": PULL_REQUEST}
    told["rate_limits"] = {"five_hour": {"used_percentage": 42, "resets_at": int(time.time()) + 7000}}
    env = {**environment, "COLUMNS": "100", "NO_COLOR": "1"}
    shown = ""
    for _ in range(2):
        quotaline("refresh", "--force", env=env)
        shown = quotaline("statusline", env=env, stdin=json.dumps(told).encode(), check=True).stdout.decode()
    assert shown.startswith("Opus · trunk · ?1   ")
    assert f"\x1b]8;;{PULL_REQUEST['url']}\x07#7\x1b]8;;\x07 · resets " in shown
    calls = trace(["statusline"], env, tmp_path, json.dumps(told).encode())
    assert calls.count("execve(") == 2
    for forbidden in ("socket(", "connect(", "fork(", "clone", "wait4(", "waitid(", "flock(", ".toml"):
        assert forbidden not in calls
    probe = PROBE.format(arguments=["statusline"])
    done = subprocess.run(
        [sys.executable, "-c", probe], input=json.dumps(told).encode(), env=env, capture_output=True, check=True
    )
    imported = set(done.stderr.decode().split())
    assert {name for name in imported if name.partition(".")[0] != OWN} <= ALLOWED
    assert {name.split(".")[1] for name in imported if name.startswith(f"{OWN}.")} <= {*HOT, "__main__"}
    assert "quotaline.prompt.git_state" in imported


def test_a_stale_snapshot_starts_one_refresh_and_nobody_waits_for_it(
    environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    environment.pop("QUOTALINE_REFRESH")
    log = tmp_path / "trace"
    command = [need("strace"), "-f", "-qq", "-e", "trace=execve,setsid,wait4,waitid", "-o", str(log), QUOTALINE, "prompt"]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    calls = log.read_text()
    assert calls.count('"refresh"') == 1
    assert "setsid(" in calls
    assert not re.search(r"wait(4|id)\(", calls.partition("setsid(")[0])
    assert (home / ".cache/quotaline/default/snapshot.json").exists(), "strace followed the refresh to its end"
    second = tmp_path / "second"
    command[command.index(str(log))] = str(second)
    (home / ".cache/quotaline/default/snapshot.json").unlink()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert '"refresh"' not in second.read_text(), "a stamp keeps a hundred prompts from starting a hundred"


def test_a_changed_configuration_is_followed_at_the_next_prompt(
    environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    environment.pop("QUOTALINE_REFRESH")
    quotaline("refresh", "--background", env=environment, check=True)
    assert '"refresh"' not in trace(["prompt"], environment, tmp_path)
    config = home / ".config" / "quotaline" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[line.prompt]\nrows = [["seven_day"]]\n')
    assert '"refresh"' in trace(["prompt"], environment, tmp_path)


def test_a_refresh_that_a_prompt_starts_does_not_hold_its_output_open(environment: dict[str, str], tmp_path: Path) -> None:
    environment.pop("QUOTALINE_REFRESH")
    log = tmp_path / "trace"
    command = [need("strace"), "-f", "-qq", "-e", "trace=openat,execve", "-o", str(log), QUOTALINE, "prompt"]
    subprocess.run(command, env=environment, capture_output=True, check=True)
    before_the_refresh = log.read_text().partition('"refresh"')[0]
    assert before_the_refresh.count('"/dev/null"') == 3, "or $(quotaline prompt) would wait for the refresh to end"


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, RecursionError, AttributeError, OSError])
def test_no_exception_leaves_the_prompt_path(error: type[Exception]) -> None:
    def work() -> None:
        raise error

    run.guarded(work)


@pytest.mark.slow
def test_a_hot_module_is_read_from_its_cache_without_being_looked_for_and_no_other_is() -> None:
    """Python's own import leaves a spec on a module, ours does not."""
    code = """
import sys
from quotaline.__main__ import import_faster
import_faster()
from quotaline.core import periods
from quotaline.render.paint import width
from quotaline.config.palettes import PALETTES
for name in ("core.periods", "render.paint", "config.palettes", "config"):
    print(name, sys.modules[f"quotaline.{name}"].__spec__ is None)
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "core.periods True\nrender.paint True\nconfig.palettes False\nconfig False\n"


@pytest.mark.slow
def test_every_room_is_read_so_for_a_refresh_and_whatever_imports_by_name_goes_on() -> None:
    """A codec is imported by `__import__` with names for its arguments."""
    code = """
import sys
from quotaline.__main__ import import_faster
import_faster(every_room=True)
from quotaline.config.palettes import PALETTES
from quotaline.ledger import open_ledger
import quotaline.core.periods
for name in ("config.palettes", "config", "ledger.store", "ledger"):
    print(name, sys.modules[f"quotaline.{name}"].__spec__ is None)
print("é".encode("cp1252"), b"\\xff\\xfex\\0".decode("utf-16"), __import__("encodings.ascii", fromlist=["*"], level=0).__name__)
print(quotaline.core.periods.DAY)
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "config.palettes True\nconfig False\nledger.store True\nledger False\nb'\\xe9' x encodings.ascii\n86400\n"
    )
