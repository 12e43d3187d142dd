"""Claude Code's settings: one member is edited, everything else stays to the byte, and uninstall gives back what was there."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandline import QUOTALINE, quotaline
from quotaline.errors import HostError
from quotaline.integrations import claude_code, json_text

START = str(Path(claude_code.__file__).parents[1] / "start.py")
PLAIN = f"PYTHONHOME= {QUOTALINE} statusline"
OURS = {
    "type": "command",
    "command": f"{sys.executable} -I -S {START} {QUOTALINE} statusline 2>/dev/null || {PLAIN}",
    "refreshInterval": 30,
}
THEIRS: dict[str, Any] = {"type": "command", "command": "~/.claude/line.sh 'a b'", "padding": 2}


@pytest.fixture
def settings_json(home: Path) -> Path:
    (home / ".claude").mkdir()
    return home / ".claude" / "settings.json"


def install(env: dict[str, str], *options: str, expect: int = 0) -> str:
    done = quotaline("install", "claude-code", *options, env=env)
    assert done.returncode == expect, done.stderr
    return (done.stdout + done.stderr).decode()


def uninstall(env: dict[str, str]) -> str:
    done = quotaline("uninstall", "claude-code", env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


FILES = {
    "nothing": "",
    "a blank line": " \n",
    "empty object": "{}",
    "empty object, spread": "{ \n}\n",
    "two spaces": '{\n  "model": "opus",\n  "hooks": {\n    "Stop": []\n  }\n}\n',
    "four spaces, no end": '{\n    "a": [1,2,   3],\n    "b": 1e5\n}',
    "tabs": '{\n\t"permissions": {"allow": ["Bash(ls:*)"]},\n\t"z": null\n}\n',
    "one line": '{"a": 1, "b": {"c": "\\u00e9"}}',
    "crlf": '{\r\n  "a": 1\r\n}\r\n',
    "bom": '\ufeff{\n  "a": 1\n}\n',
    "theirs first": '{\n  "statusLine": ' + json.dumps(THEIRS) + ',\n  "a": 1\n}\n',
    "theirs last": '{\n  "a": 1,\n  "statusLine": {\n     "command":"x",  "type":"command" }\n}\n',
    "theirs alone": '{"statusLine":{"type":"command","command":"x"}}',
    "twice": '{"statusLine": 1, "a": 2, "statusLine": {"type": "command", "command": "x"}}',
    "null": '{\n  "statusLine": null,\n  "a": 1\n}\n',
}


@pytest.mark.parametrize("text", FILES.values(), ids=list(FILES))
@pytest.mark.parametrize("option", ["--chain", "--replace"])
def test_uninstall_gives_back_every_byte(text: str, option: str, settings_json: Path, environment: dict[str, str]) -> None:
    if option == "--chain" and "null" in text:
        option = "--replace"
    settings_json.write_bytes(text.encode())
    install(environment, option)
    written = settings_json.read_bytes()
    assert json.loads(written.decode("utf-8-sig"))["statusLine"]["refreshInterval"] == 30
    install(environment, option)
    assert written == settings_json.read_bytes(), "twice is as once"
    uninstall(environment)
    assert text.encode() == settings_json.read_bytes()
    assert [settings_json.name] == [path.name for path in settings_json.parent.iterdir()]
    assert not list(Path(environment["HOME"]).glob(".local/share/quotaline/shell/*"))


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith(("theirs", "twice", "null"))])
def test_only_the_slot_changes(name: str, settings_json: Path, environment: dict[str, str]) -> None:
    before = FILES[name]
    settings_json.write_bytes(before.encode())
    install(environment)
    after = settings_json.read_bytes().decode()
    assert OURS == json.loads(after.removeprefix("\ufeff"))["statusLine"]
    if "a" in before:
        start = after.index('"statusLine"')
        assert before.startswith(after[:start].rstrip().removesuffix(","))
        assert ("\n" not in after) == ("\n" not in before)
    assert ("\r\n" in after) == ("\r\n" in before)
    assert ("\t\t" in after) == ("\t" in before)


def test_the_diff_is_shown_and_a_backup_kept(settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(FILES["two spaces"])
    settings_json.chmod(0o644)
    said = install(environment)
    assert '+  "statusLine": {' in said
    assert str(settings_json) + ".quotaline-backup" in said
    assert FILES["two spaces"] == settings_json.with_name("settings.json.quotaline-backup").read_text()
    assert stat.S_IMODE(settings_json.stat().st_mode) == 0o644


def test_a_dry_run_writes_nothing(home: Path, settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(json.dumps({"statusLine": THEIRS}))
    said = install(environment, "--chain", "--dry-run")
    assert '+{"statusLine"' in said
    assert json.dumps({"statusLine": THEIRS}) == settings_json.read_text()
    assert [settings_json] == [path for path in home.rglob("*") if path.is_file()]


def test_no_file_is_made_and_taken_away_again(settings_json: Path, environment: dict[str, str]) -> None:
    install(environment)
    assert {"statusLine": OURS} == json.loads(settings_json.read_text())
    uninstall(environment)
    assert not settings_json.exists()
    assert "not installed" in uninstall(environment)


def test_the_active_config_dir_is_edited(tmp_path: Path, environment: dict[str, str]) -> None:
    install({**environment, "CLAUDE_CONFIG_DIR": str(tmp_path / "other")})
    assert (tmp_path / "other" / "settings.json").exists()
    assert not (Path(environment["HOME"]) / ".claude").exists()


def test_a_linked_file_stays_a_link(tmp_path: Path, settings_json: Path, environment: dict[str, str]) -> None:
    target = tmp_path / "dotfiles.json"
    target.write_text('{"a": 1}\n')
    settings_json.symlink_to(target)
    install(environment)
    assert settings_json.is_symlink()
    assert "statusLine" in target.read_text()
    uninstall(environment)
    assert target.read_text() == '{"a": 1}\n'


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"a": 1,}', "line 1, column "), ('{\n  "a": 1\n  "b": 2\n}', "line 3, column 3"),
        ("[]", "line 1, column 1"), ('{"a": tru}', "line 1, column 7"), ("{} {}", "line 1, column 4"),
        ("[" * 100_000, "nested"),
        ('{\n  // a comment\n  "a": 1\n}', "line 2, column 3"),
    ],
)  # fmt: skip
def test_a_malformed_file_is_refused_with_the_position(
    text: str, where: str, settings_json: Path, environment: dict[str, str]
) -> None:
    settings_json.write_text(text)
    said = install(environment, expect=1)
    assert where in said
    assert "Traceback" not in said
    assert text == settings_json.read_text()


def test_a_held_slot_is_not_taken_without_a_word(settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(json.dumps({"statusLine": THEIRS}))
    said = install(environment, expect=1)
    assert "--chain" in said
    assert THEIRS["command"] in said
    assert {"statusLine": THEIRS} == json.loads(settings_json.read_text())


@pytest.mark.parametrize(("answer", "chained", "code"), [("chain", "old", 0), ("replace", "", 0), ("leave", None, 1)])
def test_at_a_terminal_it_asks(
    answer: str, chained: str | None, code: int, settings_json: Path, environment: dict[str, str]
) -> None:
    settings_json.write_text(json.dumps({"statusLine": THEIRS}))
    child = pexpect.spawn(QUOTALINE, ["install", "claude-code"], env=environment, encoding="utf-8", timeout=30)
    child.expect("leave it")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert code == child.exitstatus
    command = json.loads(settings_json.read_text())["statusLine"]["command"]
    mine = claude_code.installed_command(command)
    assert ({"old": THEIRS["command"]}.get(chained, chained) if chained is not None else None) == (mine and mine.chained)


@pytest.mark.parametrize("option", ["--chain", "--replace"])
def test_the_slots_other_settings_stay(option: str, settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(json.dumps({"statusLine": {**THEIRS, "refreshInterval": 5, "hideVimModeIndicator": True}}))
    install(environment, option)
    slot = json.loads(settings_json.read_text())["statusLine"]
    assert (2, 5, True) == (slot["padding"], slot["refreshInterval"], slot["hideVimModeIndicator"])


def test_other_changes_survive_an_uninstall(settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text('{\n  "a": 1,\n  "statusLine": ' + json.dumps(THEIRS) + "\n}\n")
    install(environment, "--chain")
    settings_json.write_text(settings_json.read_text().replace('"a": 1', '"a": 2, "b": 3'))
    uninstall(environment)
    assert {"a": 2, "b": 3, "statusLine": THEIRS} == json.loads(settings_json.read_text())


def test_what_hooks_switch_off_is_said(settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text('{"disableAllHooks": true}')
    assert "`disableAllHooks` is true in these settings" in install(environment)


@pytest.mark.parametrize("value", ["false", "null", "1", '"true"'])
def test_what_switches_no_hook_off_is_not_said(value: str, settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(f'{{"disableAllHooks": {value}}}')
    assert "is true" not in install(environment)
    assert b"disableAllHooks" not in quotaline("doctor", env=environment).stdout


@pytest.mark.parametrize("text", ['{"disableAllHooks":true}', '{"disableAllHooks" :\ttrue}'])
def test_what_hooks_switch_off_is_seen_in_any_spelling(text: str, settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(text)
    assert "disableAllHooks" in install(environment)
    assert b"disableAllHooks" in quotaline("doctor", env=environment).stdout


@pytest.mark.usefixtures("settings_json")
@pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
def test_a_projects_own_line_is_said_by_install_and_doctor(
    name: str, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / ".claude").mkdir(parents=True)
    (tmp_path / "project" / ".claude" / name).write_text(json.dumps({"statusLine": THEIRS}))
    monkeypatch.chdir(tmp_path / "project")
    environment["COLUMNS"] = "300"  # the path stays in one row
    assert f"project/.claude/{name} has a status line of its own" in install(environment)
    assert f"project/.claude/{name}" in quotaline("doctor", env=environment).stdout.decode()
    monkeypatch.chdir(tmp_path)
    assert "project/.claude" not in quotaline("doctor", env=environment).stdout.decode()


@pytest.mark.parametrize("option", ["--chain", "--replace"])
def test_the_padding_is_handed_over(option: str, settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(json.dumps({"statusLine": THEIRS}))
    install(environment, option)
    command = json.loads(settings_json.read_text())["statusLine"]["command"]
    assert command.endswith(" --padding 2")
    assert (claude_code.installed_command(command) or ("", None))[1] == (THEIRS["command"] if option == "--chain" else "")
    uninstall(environment)
    assert {"statusLine": THEIRS} == json.loads(settings_json.read_text())


def test_the_program_is_named_by_its_absolute_path(settings_json: Path, environment: dict[str, str]) -> None:
    install(environment)
    words = shlex.split(json.loads(settings_json.read_text())["statusLine"]["command"])
    for program in (words[0], words[words.index("||") + 2]):
        assert Path(program).is_absolute()
        assert Path(program).is_file()


@pytest.mark.parametrize("command", [PLAIN, f"{QUOTALINE} statusline", f"{QUOTALINE} statusline --padding 2"])
def test_what_older_versions_wrote_is_ours(command: str, settings_json: Path, environment: dict[str, str]) -> None:
    settings_json.write_text(json.dumps({"statusLine": {"type": "command", "command": command}}))
    install(environment)
    assert OURS == json.loads(settings_json.read_text())["statusLine"]
    uninstall(environment)
    assert json.loads(settings_json.read_text()) == {}


@pytest.mark.parametrize("gone", ["neither", "the interpreter", "our file", "an interpreter that does not start"])
def test_the_status_line_is_there_while_one_of_the_two_ways_is(
    gone: str, settings_json: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    install(environment)
    command = json.loads(settings_json.read_text())["statusLine"]["command"]
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o700)
    others = {
        "the interpreter": (sys.executable, f"{sys.executable}-gone"),
        "our file": (START, f"{START}-gone"),
        "an interpreter that does not start": (sys.executable, str(broken)),
    }
    old, new = others.get(gone, ("", ""))
    command = command.replace(old, new, 1) if old else command.replace(PLAIN, "false")
    done = subprocess.run(
        ["/bin/sh", "-c", command], input=json.dumps({"model": {"display_name": "Opus"}}), text=True, env=environment,
        capture_output=True, check=True,
    )  # fmt: skip
    assert (done.stderr, "Opus" in done.stdout) == ("", True)


@pytest.mark.parametrize(
    "command", ["a b || c statusline", "|| quotaline statusline", "x -I -S start.py statusline", "a\0b", None]
)
def test_what_is_not_written_so_is_not_ours(command: str | None) -> None:
    assert claude_code.installed_command(command) is None


members = st.dictionaries(
    st.text(max_size=6).filter(lambda key: key != "statusLine"),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=6
    ),
    max_size=5,
)


@given(members, st.sampled_from([None, 0, 2, 3, "\t"]), st.booleans(), st.integers(0, 5))
@settings(max_examples=150)
def test_putting_in_and_taking_out_are_inverse(tree: dict[str, Any], indent: Any, ascii_only: bool, at: int) -> None:
    """For any object in any indentation: the other members keep their bytes, and `drop` undoes `put`."""
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    put = json_text.put(text, "settings.json", "statusLine", OURS)
    assert {**tree, "statusLine": OURS} == json.loads(put)
    if tree:
        assert text == json_text.drop(put, "settings.json", "statusLine")
    ordered = list(tree.items())
    ordered.insert(min(at, len(ordered)), ("statusLine", THEIRS))
    held = json.dumps(dict(ordered), indent=indent, ensure_ascii=ascii_only)
    raw = json_text.get(held, "settings.json", "statusLine")
    assert raw is not None
    changed = json_text.put(held, "settings.json", "statusLine", OURS)
    assert list(dict(ordered)) == list(json.loads(changed))
    assert held == json_text.put_raw(changed, "settings.json", "statusLine", raw[1])


@given(st.text(max_size=60) | st.text(alphabet='{}[]",: \n1ae\\', max_size=40))
def test_no_text_is_edited_that_is_not_an_object(text: str) -> None:
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except ValueError:
        value = None
    if isinstance(value, dict):
        json_text.members(text, "x")
    else:
        with pytest.raises(HostError, match=r"line|nested"):
            json_text.members(text, "x")


def test_a_pipe_in_the_place_of_a_projects_settings_is_not_waited_for(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "project" / ".claude").mkdir(parents=True)
    os.mkfifo(tmp_path / "project" / ".claude" / "settings.json")
    assert [] == list(claude_code.above(environment, tmp_path / "project"))
