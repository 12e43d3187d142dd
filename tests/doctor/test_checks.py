"""Each check in each of its situations, in the words that a person pastes into a report."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
import pytest
from msgspec import structs

from goldens import golden
from overviews import full
from quotaline.config import segments
from quotaline.config.schema import Alert, Config, Style
from quotaline.doctor import alerts, config, endpoint, folders, integrations, ledger, snapshot, sources, terminal
from quotaline.doctor.check import Check, DoctorContext
from quotaline.doctor.run import doctor_context
from quotaline.files import lock
from quotaline.ledger import open_ledger
from quotaline.ledger.importer import import_transcripts
from quotaline.model import Fault, Reading, Snapshot, SourceState
from quotaline.sources import claude_json
from samples import NOW
from transcript_lines import NOON, assistant, write
from usage_bodies import recorded
from usage_history import used

HOUR = 3600.0
LATER = NOON + 90_000


class Room(NamedTuple):
    """A home, and the environment of somebody who lives there."""

    home: Path
    env: dict[str, str]


@pytest.fixture
def room(home: Path) -> Room:
    (home / "bin").mkdir()
    return Room(
        home, {"HOME": str(home), "PATH": str(home / "bin"), "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLUMNS": "80"}
    )


def say(checks: Any, context: DoctorContext) -> list[str]:
    found = [context.clean(check) for check in checks]
    return [f"{one.status} {one.group}/{one.name}: {one.message}{' → ' + one.remedy if one.remedy else ''}" for one in found]


def told(room: Room, module: ModuleType, now: float = NOW, env: dict[str, str] | None = None, **changes: Any) -> list[str]:
    """What a group says; `changes` are of the context."""
    context = structs.replace(doctor_context({**room.env, **(env or {})}, now, online=False), **changes)
    return say(module.checks(context), context)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def cache(room: Room) -> Path:
    return room.home / ".cache/quotaline/default"


def kept(room: Room, found: Snapshot) -> None:
    cache(room).mkdir(mode=0o700, parents=True, exist_ok=True)
    (cache(room) / "snapshot.json").write_bytes(msgspec.json.encode(found))


def test_the_configuration(room: Room) -> None:
    path = room.home / ".config/quotaline/config.toml"
    shown = ["--- nothing", *told(room, config)]
    put(path, "enable_alpha_features = true")
    put(path.parent / "segments/mine.toml", "summary = 's'\nformat = 'x'")
    shown += ["--- a file and a segment", *told(room, config)]
    put(path.parent / "segments/bad.toml", "summary = 's'")
    shown += ["--- a bad segment", *told(room, config)]
    put(path, "style = 5")
    shown += ["--- and a bad file", *told(room, config)]
    shown += [
        "--- broken beyond reading it again",
        *told(room, config, broken="It was broken.", env={"QUOTALINE_CONFIG": "/none"}),
    ]
    nowhere = structs.replace(doctor_context(room.env, NOW, online=False).where, config_file=None)
    shown += ["--- no home", *told(room, config, broken=None, config=Config(), where=nowhere)]
    text, shipped = "\n".join(shown) + "\n", len(segments.shipped())
    golden(
        "doctor/config.txt",
        text.replace(f"{shipped} segments", "N segments").replace(f"{shipped + 1} segments", "N+1 segments"),
    )


def test_the_folders(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 64 << 20
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1 << 40, 0, free))
    shown = ["--- not there yet", *told(room, folders)]
    cache(room).mkdir(parents=True, mode=0o700)
    data = room.home / ".local/share/quotaline"
    data.mkdir(parents=True, mode=0o700)
    for mode in (0o700, 0o710, 0o701, 0o755):
        cache(room).chmod(mode)
        shown += [f"--- mode {mode:o}", *told(room, folders)]
    cache(room).chmod(0o700)
    shown += ["--- data moved away", *told(room, folders, env={"XDG_DATA_HOME": str(room.home / "snap")})]
    monkeypatch.setattr(os, "access", lambda path, _mode: not str(path).endswith("default"))
    shown += ["--- closed", *told(room, folders)]
    monkeypatch.undo()
    free = (64 << 20) - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1 << 40, 0, free))
    shown += ["--- full", *told(room, folders)]
    put(room.home / "file", "")
    shown += ["--- a file in its place", *told(room, folders, env={"QUOTALINE_CACHE_DIR": str(room.home / "file")})]
    assert folders.folder("cache", None, "X").message == "There is no home folder to keep it in."
    golden("doctor/folders.txt", "\n".join(shown) + "\n")


def test_the_snapshot(room: Room) -> None:
    shown = ["--- nothing", *told(room, snapshot)]
    put(cache(room) / "snapshot.json", '{"version": 9, "written_at": 1}')
    shown += ["--- another version", *told(room, snapshot)]
    good = full(sources=(SourceState(source="statusline"),))
    for age in (0, 59, 60, 3600, 3601, -1):
        kept(room, structs.replace(good, written_at=NOW - age))
        shown += [f"--- {age} s old", *(line for line in told(room, snapshot) if "/file" not in line)]
    faults = (
        Fault(stage="meter", message="It broke.", since=NOW - 59),
        Fault(stage="alerts", message="It broke", since=NOW - 60),
    )
    failed = SourceState(source="endpoint", problem="It is down.", note="a note")
    kept(room, structs.replace(good, problems=("config.toml: bad.",), faults=faults, sources=(failed,)))
    shown += ["--- with problems", *(line for line in told(room, snapshot) if "/file" not in line)]
    kept(room, structs.replace(good, sources=(failed,)))
    shown += ["--- with a source", *(line for line in told(room, snapshot) if "/file" not in line)]
    golden("doctor/snapshot.txt", "\n".join(shown) + "\n")
    (file,) = (line for line in told(room, snapshot) if "/file" in line)
    size = (cache(room) / "snapshot.json").stat().st_size
    assert file == f"PASS Snapshot/file: Version 1, {size // 1024} KiB, 5 readings."
    where = structs.replace(doctor_context(room.env, NOW, online=False).where, cache_dir=None)
    assert told(room, snapshot, where=where)[0].startswith("WARN Snapshot/file: Nothing has been read yet.")


def test_the_terminal(room: Room) -> None:
    shown = []
    for env in (
        {}, {"COLUMNS": "40"}, {"COLUMNS": "39"}, {"COLUMNS": ""}, {"TERM": ""}, {"TERM": "dumb"}, {"TERM": "linux"},
        {"TERM": "linux-16color"},
        {"TERM": "linux", "COLORTERM": "truecolor"}, {"TERM": "xterm", "COLORTERM": "24bit"}, {"NO_COLOR": "1"}, {"LANG": "C"},
    ):  # fmt: skip
        shown += [f"--- {env}", *told(room, terminal, env=env)]
    for style in (Style(palette="light"), Style(palette="ansi"), Style(palette="ascii"), Style(colour="never")):
        shown += [
            f"--- {style.palette}, {style.colour}",
            *told(room, terminal, env={"TERM": "vt100"}, config=Config(style=style)),
        ]
    golden("doctor/terminal.txt", "\n".join(shown) + "\n")


def test_the_alerts(room: Room) -> None:
    one, two = Alert(when="crossing", run=("a",)), Alert(when="reset", terminal="bell")
    assert told(room, alerts) == []
    assert told(room, alerts, config=Config(alert=(one,))) == ["PASS Alerts/alerts: 1 alert, and no command failed."]
    assert told(room, alerts, config=Config(alert=(one, two))) == ["PASS Alerts/alerts: 2 alerts, and no command failed."]
    given = {
        "crossing / a": {
            "period": "p",
            "at": NOW,
            "message": "m",
            "problem": "its command ended with code 3; try it in a terminal.",
        }
    }
    put(cache(room) / "alerts.json", msgspec.json.encode({"given": given}).decode())
    assert told(room, alerts, config=Config(alert=(one, two))) == [
        "WARN Alerts/command: The alert `crossing` failed: its command ended with code 3. → try it in a terminal"
    ]
    nowhere = structs.replace(doctor_context(room.env, NOW, online=False).where, cache_dir=None)
    assert told(room, alerts, config=Config(alert=(one,)), where=nowhere) == []


def test_the_ledger(room: Room) -> None:
    path = room.home / ".local/share/quotaline/ledger.db"
    shown = ["--- nothing", *told(room, ledger)]
    nowhere = structs.replace(doctor_context(room.env, NOW, online=False).where, data_dir=None)
    shown += ["--- nowhere", *told(room, ledger, where=nowhere)]
    with open_ledger(path) as opened:
        size = path.stat().st_size
        shown += ["--- empty", *told(room, ledger)]
        claude = room.home / ".claude"
        write(claude, "s1", assistant("m1", NOON, input=1), assistant("m2", NOON, model="claude-new-1", input=1))
        with (claude / "projects/-home-user-project/s1.jsonl").open("ab") as file:
            file.write(b'{"type":"assistant","message":{"usage":{"input_tokens":"x"}}}\n')
        import_transcripts(opened, [claude])
        shown += ["--- filled", *told(room, ledger, LATER)]
        with opened.transaction() as connection:
            connection.execute("UPDATE file SET problem = 'Permission denied'")
        shown += ["--- with a trouble", *(line for line in told(room, ledger, LATER) if "/import" in line)]
        version = opened.connection.execute("PRAGMA user_version").fetchone()[0]
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    shown += ["--- newer", *told(room, ledger)]
    path.unlink()
    path.mkdir()
    shown += ["--- a folder", *told(room, ledger)]
    text = "\n".join(shown) + "\n"
    assert f"{size / (1 << 20):.1f} MiB" in text
    for number in ("0.1 MiB", "0.2 MiB"):
        text = text.replace(number, "SIZE")
    golden("doctor/ledger.txt", re.sub(rf"(schema|knows) {version}\b", r"\1 N", text))


def test_the_sources(room: Room) -> None:
    opened = "enable_alpha_features = true\n"
    file = room.home / ".config/quotaline/config.toml"
    shown = ["--- nothing", *told(room, sources)]
    put(file, opened)
    shown += ["--- open", *told(room, sources)]
    put(file, opened + "".join(f"sources.{name}.enabled = false\n" for name in ("claude_json", "claude_cli", "endpoint")))
    shown += ["--- each closed", *told(room, sources)]
    put(file, opened)
    for name in ("2.1.329", "2.1.251", "2.1.79"):
        program = put(room.home / name / "claude", "")
        program.chmod(0o700)
        shown += [
            f"--- claude {name}",
            *(line for line in told(room, sources, env={"PATH": str(program.parent)}) if "laude" in line),
        ]
    package = put(room.home / "npm/cli/claude", "")
    package.chmod(0o700)
    put(room.home / "npm/package.json", '{"version": "2.1.273"}')
    shown += ["--- by npm", told(room, sources, env={"PATH": str(package.parent)})[0]]
    put(room.home / "npm/package.json", "[]")
    shown += ["--- by a broken npm", told(room, sources, env={"PATH": str(package.parent)})[0]]
    case = recorded("claude-json-2.1.329")["file"]
    put(room.home / ".claude.json", msgspec.json.encode(case).decode())
    write(room.home / ".claude", "s1", assistant("m1"))
    put(room.home / ".claude/.credentials.json", "nonsense")
    for session, age in (("a", 61), ("b", 3661)):
        limits = {"five_hour": {"used_percentage": 5, "resets_at": NOW + HOUR}}
        content = {"version": 1, "session": session, "as_of": NOW - age, "rate_limits": limits}
        inbox = put(cache(room) / f"inbox/{session}.json", msgspec.json.encode(content).decode())
        os.utime(inbox, (NOW, NOW))
        shown += [f"--- session {session}", *(line for line in told(room, sources) if "statusline" in line)]
    shown += ["--- all there", *told(room, sources, case["cachedUsageUtilization"]["fetchedAtMs"] / 1000 + 3660)]
    unread = SourceState(source="endpoint", unread=("x: a key that is no name", "y: int where a window belongs"))
    kept(room, full(sources=(unread,)))
    shown += ["--- not understood", *(line for line in told(room, sources) if "answer" in line)]
    shown += [
        "--- a login in the environment",
        *(line for line in told(room, sources, env={"CLAUDE_CODE_OAUTH_TOKEN": "x"}) if "endpoint:" in line),
    ]
    golden("doctor/sources.txt", "\n".join(shown) + "\n")


def test_the_requests(room: Room) -> None:
    file = room.home / ".config/quotaline/config.toml"
    shown = ["--- nothing is asked", *told(room, endpoint)]
    put(file, "enable_alpha_features = true\n")
    shown += ["--- never asked", *told(room, endpoint)]
    put(file, "enable_alpha_features = true\nsources.endpoint.enabled = false\n")
    shown += ["--- the endpoint is closed", *told(room, endpoint)]
    path = room.home / ".local/share/quotaline/ledger.db"
    with open_ledger(path) as opened, opened.transaction() as connection:
        connection.execute(
            "INSERT INTO request_budget (key, asked_at, outcome, blocked_until, failures) "
            "VALUES ('account ', ?, 'answered', 0, 0)",
            (NOW - 60,),
        )
    shown += ["--- asked", *told(room, endpoint)]
    path.write_bytes(b"no database" * 100)
    shown += ["--- a broken ledger", *(line.partition("ledger.db")[0] for line in told(room, endpoint))]
    golden("doctor/endpoint.txt", "\n".join(shown) + "\n")


def test_an_answer_is_laid_into_the_snapshot_that_is_there(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    context = doctor_context(room.env, NOW, online=False)
    answer: list[Reading] = [used(99, NOW, resets_at=NOW + HOUR, name="Session (5h)")]
    endpoint.keep(context, answer)
    assert not (cache(room) / "snapshot.json").exists()
    kept(room, full())
    monkeypatch.setattr(endpoint, "PATIENCE", 0.01)
    with lock(cache(room) / "refresh.lock", 1):
        endpoint.keep(context, answer)
    before = (cache(room) / "snapshot.json").read_bytes()
    assert msgspec.json.decode(before, type=Snapshot) == full()
    endpoint.keep(context, answer)
    found = msgspec.json.decode((cache(room) / "snapshot.json").read_bytes(), type=Snapshot)
    assert [one.value.utilization for one in found.readings if one.value.id == "five_hour"] == [99]
    assert len(found.readings) == len(full().readings)
    for missing in ({"cache_dir": None}, {"data_dir": None}):
        endpoint.keep(structs.replace(context, where=structs.replace(context.where, **missing)), answer)


def test_whose_login_it_is_is_read_where_that_is_open(room: Room) -> None:
    put(room.home / ".claude.json", msgspec.json.encode({"oauthAccount": {"accountUuid": "u"}}).decode())
    context = doctor_context(room.env, NOW, online=False)
    assert endpoint.current_account(context) == "u" == claude_json.read_account(room.env)[0]
    closed = msgspec.convert({"sources": {"claude_json": {"enabled": False}}}, Config)
    assert endpoint.current_account(structs.replace(context, config=closed)) is None
    assert endpoint.known(context) == ()


@pytest.mark.parametrize(
    ("host", "text", "said"),
    [
        ("bash", "", None), ("bash", "# quotaline\n", None), ("bash", "  # quotaline init\nls\n", None),
        ("bash", 'eval "$(quotaline init bash)"\n', "PASS ~/.bashrc names quotaline."),
        ("bash", 'eval "$(quotaline init bash)"\nPROMPT_COMMAND=mine\n',
         "WARN Line 2 of ~/.bashrc gives PROMPT_COMMAND away, on which the line depends."),
        ("zsh", "PROMPT_COMMAND=mine\n", None),
    ],
)  # fmt: skip
def test_a_line_by_hand_in_a_shells_file(room: Room, host: str, text: str, said: str | None) -> None:
    put(room.home / f".{host}rc", text)
    context = doctor_context(room.env, NOW, online=False)
    found = integrations.block(host, context)
    assert (found and f"{context.clean(found).status} {context.clean(found).message}") == said


def test_the_prompt_files(room: Room) -> None:
    context = doctor_context(room.env, NOW, online=False)
    found: list[Check] = [integrations.prompt_files(context)]
    cache(room).mkdir(parents=True)
    (cache(room) / "prompt.bash").write_bytes(b"quotaline 1 5 6 x\n")
    found.append(integrations.prompt_files(context))
    nowhere = structs.replace(context.where, cache_dir=None)
    found.append(integrations.prompt_files(structs.replace(context, where=nowhere)))
    golden("doctor/prompt-files.txt", "\n".join(say(found, context)) + "\n")
