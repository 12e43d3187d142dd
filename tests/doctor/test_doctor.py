"""`quotaline doctor`: the runtime's own predicates, one remedy each, nothing personal, and not a second."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quotaline.doctor import endpoint, integrations, sources
from quotaline.doctor.check import Check, DoctorContext, worst
from quotaline.doctor.run import doctor_context, run_checks
from quotaline.sources.client_version import client_version
from samples import NOW
from usage_bodies import NAMES, recorded
from usage_server import UsageServer, usage_server

QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
FAKE_TOKEN = "sk-ant-" + "oat01-" + "x" * 24


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QUOTALINE, *words], env=environment, capture_output=True, text=True, check=False)


def asked(environment: dict[str, str], *words: str) -> dict[str, dict[str, Any]]:
    """The checks by `Group/name`."""
    found = json.loads(run(environment, "doctor", "--json", *words).stdout)
    return {f"{check['group']}/{check['name']}": check for check in found["checks"]}


def look(environment: dict[str, str]) -> DoctorContext:
    return doctor_context(environment, NOW, online=False)


def config(home: Path, text: str) -> None:
    path = home / ".config" / "quotaline" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_an_empty_home_fails_nothing_and_says_what_to_do(environment: dict[str, str]) -> None:
    found = run(environment, "doctor")
    assert found.returncode == 0, found.stdout
    assert "FAIL" not in found.stdout
    assert "→ run `quotaline refresh`" in found.stdout
    assert "→ run `quotaline install claude-code`" in " ".join(found.stdout.split())


def test_a_broken_configuration_fails_with_the_runtimes_own_sentence(home: Path, environment: dict[str, str]) -> None:
    config(home, "style.palette = 'pink'\n")
    check = asked(environment)["Configuration/config.toml"]
    assert (check["status"], run(environment, "doctor").returncode) == ("FAIL", 1)
    assert f"quotaline: {check['says']}\n" == run(environment, "usage").stderr


def test_what_was_refreshed_passes(home: Path, environment: dict[str, str]) -> None:
    (home / ".claude" / "projects").mkdir(parents=True)
    del environment["QUOTALINE_REFRESH"]
    run(environment, "refresh")
    found = asked(environment)
    names = ("Snapshot/file", "Snapshot/age", "Folders/cache", "Folders/data", "Ledger/schema", "Ledger/rows",
             "Ledger/prices", "Ledger/quick_check", "Sources/transcripts")  # fmt: skip
    assert dict.fromkeys(names, "PASS") == {name: found[name]["status"] for name in names}


def test_a_snapshot_that_the_prompt_cannot_read_fails(home: Path, environment: dict[str, str]) -> None:
    folder = home / ".cache" / "quotaline" / "default"
    folder.mkdir(parents=True)
    (folder / "snapshot.json").write_text('{"version": 1', encoding="utf-8")
    assert asked(environment)["Snapshot/file"]["status"] == "FAIL"


def test_folders_that_others_may_read_are_told(home: Path, environment: dict[str, str]) -> None:
    folder = home / ".cache" / "quotaline" / "default"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    check = asked(environment)["Folders/cache"]
    assert (check["status"], check["remedy"]) == ("WARN", "chmod 700 ~/.cache/quotaline/default")


def test_a_folder_that_is_a_file_fails(home: Path, environment: dict[str, str]) -> None:
    (home / "file").write_text("", encoding="utf-8")
    environment["QUOTALINE_CACHE_DIR"] = str(home / "file")
    assert asked(environment)["Folders/cache"]["status"] == "FAIL"


def test_the_folder_of_the_requests_is_looked_at_where_it_is_another_one(home: Path, environment: dict[str, str]) -> None:
    assert "Folders/requests" not in asked(environment)
    (home / ".local").write_text("in the way", encoding="utf-8")
    found = asked({**environment, "XDG_DATA_HOME": str(home / "snap")})
    assert ("PASS", "FAIL") == (found["Folders/data"]["status"], found["Folders/requests"]["status"])


def test_a_ledger_that_is_no_database_fails(home: Path, environment: dict[str, str]) -> None:
    folder = home / ".local" / "share" / "quotaline"
    folder.mkdir(parents=True)
    (folder / "ledger.db").write_bytes(b"no database" * 100)
    found = asked(environment)
    assert found["Ledger/file"]["status"] == "FAIL"
    assert "rebuilt" in found["Ledger/file"]["remedy"]


def test_a_newer_quotalines_ledger_fails(home: Path, environment: dict[str, str]) -> None:
    folder = home / ".local" / "share" / "quotaline"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert asked(environment)["Ledger/schema"]["status"] == "FAIL"


def test_doctor_writes_nothing(home: Path, environment: dict[str, str]) -> None:
    run(environment, "doctor")
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_nothing_personal_is_printed(home: Path, environment: dict[str, str]) -> None:
    mail = "someone" + "@" + "example.org"
    config(home, f"enable_alpha_features = true\nsources.claude_cli.command = 'claude --token {FAKE_TOKEN} {mail}'\n")
    (home / ".claude").mkdir()
    (home / ".claude" / ".credentials.json").write_text(json.dumps({"claudeAiOauth": {"accessToken": FAKE_TOKEN}}))
    environment |= {"CLAUDE_CODE_OAUTH_TOKEN": FAKE_TOKEN, "HTTPS_PROXY": f"http://me:{FAKE_TOKEN}@127.0.0.1:9"}
    for words in (["doctor"], ["doctor", "--json"]):
        said = run(environment, *words).stdout
        assert FAKE_TOKEN not in said
        assert mail not in said
        assert str(home) not in said
        assert "(token)" in said


def test_scrubbing_knows_the_home_folder_only_as_a_folder(environment: dict[str, str], home: Path) -> None:
    context = look(environment)
    assert context.scrub(f"{home}/x, {home}: {home}less") == f"~/x, ~: {home}less"
    assert context.scrub("Bearer abc.def http://me:pw@host/ \x1b[31m") == "(token) http://(login)@host/ [31m"


def test_a_check_that_breaks_is_an_answer(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: DoctorContext) -> list[Check]:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(sources, "checks", breaks)
    broken = [check for check in run_checks(look(environment)) if check.status == "FAIL"]
    assert [check.message for check in broken] == ["The check itself broke: ZeroDivisionError: oh."]


def test_exit_1_on_any_fail_only() -> None:
    one = Check(group="a", name="b", status="WARN", message="c")
    assert worst([one]) == "WARN"
    assert worst([one, Check(group="a", name="b", status="FAIL", message="c")]) == "FAIL"


@pytest.mark.parametrize(
    ("version", "status", "says"),
    [
        ("2.1.329", "PASS", "reports rate limits on stdin, spend limits, `claude -p /usage` for programs."),
        ("2.1.197", "PASS", "reports rate limits on stdin. Not yet: spend limits, `claude -p /usage` for programs."),
        ("1.0.71", "WARN", "reports nothing to its status line."),
    ],
)
def test_what_this_claude_code_can_report(
    home: Path, environment: dict[str, str], version: str, status: str, says: str
) -> None:
    folder = home / "versions"
    folder.mkdir()
    (folder / version).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (folder / version).chmod(0o700)
    (home / "bin").mkdir()
    (home / "bin" / "claude").symlink_to(folder / version)
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment['PATH']}"
    check = asked(environment)["Sources/Claude Code"]
    assert (check["status"], check["says"]) == (status, f"Version {version} {says}")


def test_claude_code_is_asked_where_its_path_does_not_tell(home: Path, environment: dict[str, str]) -> None:
    (home / "claude").write_text("#!/bin/sh\necho '2.1.300 (Claude Code)'\n", encoding="utf-8")
    (home / "claude").chmod(0o700)
    assert client_version(f"{home}/claude", environment) == (2, 1, 300)
    config(home, f"sources.claude_cli.command = '{home}/claude'\n")
    assert "Version 2.1.300 reports" in sources.claude_code(look(environment)).message


def test_the_remedy_for_no_session_is_the_one_that_is_left(environment: dict[str, str]) -> None:
    assert asked(environment)["Sources/statusline"]["remedy"] == "run `quotaline setup`, and send one message in Claude Code"
    run(environment, "install", "claude-code")
    assert asked(environment)["Sources/statusline"]["remedy"] == "send one message in Claude Code"


def test_that_there_are_no_transcripts_is_told_once(environment: dict[str, str]) -> None:
    run({**environment, "QUOTALINE_REFRESH": ""}, "refresh")
    found = asked(environment)
    assert (found["Snapshot/refresh"]["status"], found["Sources/transcripts"]["status"]) == ("PASS", "WARN")


def test_new_keys_of_an_answer_are_named_and_their_values_never() -> None:
    body = {"five_hour": None, "nimbus_quill": {"utilization": 1}, "brand_new": "secret", "a1b2": 1, "x" * 50: 2, "me@": 3}
    check = endpoint.shape(body)
    assert check.status == "WARN"
    assert "brand_new" in check.message
    assert "a key that is no name" in check.message
    for hidden in ("secret", "nimbus_quill", "a1b2", "xxx", "me@"):
        assert hidden not in check.message
    assert endpoint.shape({"five_hour": None, "tangelo": None}).status == "PASS"


def test_what_no_version_knows_in_the_last_answer_is_named_without_asking_anybody(
    home: Path, environment: dict[str, str]
) -> None:
    config(home, "enable_alpha_features = true\nsources.claude_cli.enabled = false\nsources.endpoint.enabled = false\n")
    file = recorded("claude-json-2.1.329")["file"]
    file["cachedUsageUtilization"]["utilization"] |= {"brand_new": "secret", "seven_day_opus": 7}
    (home / ".claude.json").write_text(json.dumps(file), encoding="utf-8")
    check = asked(environment)["Sources/claude-json answer"]
    assert check["status"] == "WARN"
    assert "brand_new: a key" in check["says"]
    assert "seven_day_opus: int" in check["says"]
    assert "secret" not in check["says"]
    run(environment, "refresh")
    usage = run(environment, "usage", "--json", "--offline")
    assert {"brand_new", "seven_day_opus"} <= {gap["id"] for gap in json.loads(usage.stdout)["missing"]}


def test_the_code_names_of_the_recorded_answers_are_quiet() -> None:
    for name in (name for name in NAMES if name.startswith("20")):
        content = recorded(name)
        assert endpoint.shape(content.get("body", content)).status == "PASS", name


def test_without_online_nothing_is_sent_and_no_login_is_read(home: Path, environment: dict[str, str]) -> None:
    config(home, "enable_alpha_features = true\nsources.endpoint.base_url = 'http://127.0.0.1:9'\n")
    environment["CLAUDE_CODE_OAUTH_TOKEN"] = FAKE_TOKEN
    found = asked(environment)
    assert (found["Endpoint/endpoint"]["status"], found["Budget/next request"]["status"]) == ("SKIP", "PASS")
    closed = asked({**environment, "QUOTALINE_CONFIG": str(home / "none.toml")}, "--online")
    assert closed["Endpoint/endpoint"]["says"] == "It is closed; nothing is ever sent."


def online(home: Path, environment: dict[str, str], server: UsageServer) -> dict[str, str]:
    config(
        home, f"enable_alpha_features = true\nsources.claude_cli.enabled = false\nsources.endpoint.base_url = '{server.url}'\n"
    )
    return {**environment, "CLAUDE_CODE_OAUTH_TOKEN": FAKE_TOKEN}


def test_online_asks_once_and_then_waits_for_the_budget(home: Path, environment: dict[str, str]) -> None:
    with usage_server() as server:
        asking = online(home, environment, server)
        first, second = asked(asking, "--online"), asked(asking, "--online")
        assert len(server.requests) == 1
    assert (first["Endpoint/request"]["status"], first["Endpoint/shape"]["status"]) == ("PASS", "PASS")
    assert second["Endpoint/request"]["status"] == "SKIP"
    assert "at most one request in 5 minutes" in second["Endpoint/request"]["says"]
    assert "next request is allowed at" in second["Budget/next request"]["says"]


def test_a_refused_login_fails_with_the_runtimes_sentence(home: Path, environment: dict[str, str]) -> None:
    with usage_server() as server:
        server.mode = "403"
        check = asked(online(home, environment, server), "--online")["Endpoint/request"]
    assert check["status"] == "FAIL"
    assert "user:profile scope" in check["says"]
    assert FAKE_TOKEN not in json.dumps(check)


def test_an_answer_is_kept_in_the_snapshot(home: Path, environment: dict[str, str]) -> None:
    with usage_server() as server:
        asking = online(home, environment, server)
        config(home, "enable_alpha_features = true\nsources.claude_cli.enabled = false\nsources.endpoint.enabled = false\n")
        run({key: value for key, value in asking.items() if key != "QUOTALINE_REFRESH"}, "refresh")
        online(home, environment, server)
        asked(asking, "--online")
    windows = json.loads(run(asking, "usage", "--json", "--offline").stdout)["windows"]
    assert {window["source"] for window in windows} == {"endpoint"}


def settings(home: Path, value: object) -> None:
    path = home / ".claude" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"statusLine": value}), encoding="utf-8")


@pytest.mark.parametrize(
    ("value", "status", "says"),
    [
        (None, "WARN", "~/.claude/settings.json has no status line."),
        ({"type": "command", "command": "~/line.sh"}, "WARN", "belongs to another command"),
        ({"command": "quotaline statusline"}, "FAIL", "is not of the type `command`"),
        ("quotaline statusline", "FAIL", "is not of the type `command`"),
    ],
)
def test_the_status_lines_slot(home: Path, environment: dict[str, str], value: object, status: str, says: str) -> None:
    settings(home, value)
    check = asked(environment)["Claude Code/status line"]
    assert check["status"] == status
    assert says in check["says"]


def test_the_configured_command_is_run_as_it_is(home: Path, environment: dict[str, str]) -> None:
    run(environment, "install", "claude-code")
    found = asked(environment)
    assert {found[f"Claude Code/{name}"]["status"] for name in ("status line", "command")} <= {"PASS", "WARN"}
    assert "works" in found["Claude Code/command"]["says"] or "in time" in found["Claude Code/command"]["says"]
    assert not (home / ".cache" / "quotaline" / "default" / "inbox").exists(), "the sample's limits are nobody's"


@pytest.mark.parametrize(("body", "says"), [("exit 3", "ended with 3"), ("true", "prints nothing")])
def test_a_command_that_shows_nothing_fails(home: Path, environment: dict[str, str], body: str, says: str) -> None:
    program = home / "bin" / "quotaline"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o700)
    settings(home, {"type": "command", "command": f"{program} statusline"})
    check = asked(environment)["Claude Code/command"]
    assert check["status"] == "FAIL"
    assert says in check["says"]


def test_the_shells_are_found_by_their_block_or_by_hand(home: Path, environment: dict[str, str]) -> None:
    assert asked(environment)["Shells/init"]["status"] == "SKIP"
    run(environment, "install", "bash")
    (home / ".zshrc").write_text('eval "$(quotaline init zsh)"\n', encoding="utf-8")
    found = asked(environment)
    assert (found["Shells/bash"]["status"], found["Shells/zsh"]["status"]) == ("PASS", "PASS")
    assert found["Shells/prompt files"]["status"] == "WARN"
    rc = home / ".bashrc"
    rc.write_text(rc.read_text(encoding="utf-8").replace("-x ", "-x /older"), encoding="utf-8")
    assert asked(environment)["Shells/bash"]["remedy"] == "run `quotaline install bash`"
    del environment["QUOTALINE_REFRESH"]
    run(environment, "refresh")
    assert asked(environment)["Shells/prompt files"]["status"] == "PASS"


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("alias ll='ls -l'\n", False),
        ("# quotaline was here\n", False),
        ("  # quotaline init zsh\nls\n", False),
        ("ls\nquotaline init zsh | cat\n", True),
        ("", False),
    ],
)
def test_a_line_by_hand_is_one_that_names_us_and_is_no_comment(
    text: str, is_ours: bool, home: Path, environment: dict[str, str]
) -> None:
    (home / ".zshrc").write_text(text, encoding="utf-8")
    check = integrations.block("zsh", look(environment))
    assert is_ours == (check is not None and check.message.endswith("names quotaline."))


@pytest.mark.parametrize(("root", "text", "shown"), [("/", "in / now", "in / now"), ("/r", "in /r now", "in ~ now")])
def test_a_home_at_the_root_is_no_name_to_hide(root: str, text: str, shown: str, environment: dict[str, str]) -> None:
    assert look({**environment, "HOME": root}).scrub(text) == shown


def test_the_login_of_the_endpoint_is_found_unread(home: Path, environment: dict[str, str]) -> None:
    config(home, "enable_alpha_features = true\n")
    assert sources.endpoint(look(environment)).status == "WARN"
    (home / ".claude").mkdir()
    (home / ".claude" / ".credentials.json").write_text("nonsense", encoding="utf-8")
    check = sources.endpoint(look(environment))
    assert (check.status, check.message) == ("PASS", "There is a .credentials.json; it was not read.")
    config(home, "enable_alpha_features = true\nsources.endpoint.keychain = true\n")
    assert sources.endpoint(look(environment)).message == "The Keychain may be asked."


@pytest.mark.parametrize(
    ("command", "status"),
    [("sh", "PASS"), ("sh -x", "PASS"), ("no-such-program sh", "WARN"), ("", "WARN"), ("it's", "WARN"), ('"sh" -x', "PASS")],
)
def test_the_program_that_tells_usage_is_looked_for_by_its_first_word(
    command: str, status: str, home: Path, environment: dict[str, str]
) -> None:
    config(home, f"enable_alpha_features = true\nsources.claude_cli.command = {json.dumps(command)}\n")
    check = sources.claude_cli(look(environment))
    assert (check.status, f"`{command}" in check.message) == (status, True)


def test_a_slow_command_is_told_with_its_milliseconds(environment: dict[str, str]) -> None:
    check = integrations.works("sleep 0.4; echo line", look(environment))
    assert check.status == "WARN"
    assert int(check.message.split()[-2]) >= 400


@pytest.mark.parametrize(("command", "status"), [("sleep 3", "FAIL"), ("/bin/sh /x/chain.sh 'sleep 3' quotaline", "WARN")])
def test_a_command_that_does_not_end_may_be_one_that_ours_stands_behind(
    environment: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch, command: str, status: str
) -> None:
    monkeypatch.setattr(integrations, "PATIENCE", 0.2)
    if status == "WARN":
        (home / "chain.sh").write_text("sleep 3\n")
        command = command.replace("/x/", f"{home}/")
    check = integrations.works(command, look(environment))
    assert (check.status, "did not end within 0.2 s" in check.message) == (status, True)
    assert ("`sleep 3`" in check.remedy) is (status == "WARN")
