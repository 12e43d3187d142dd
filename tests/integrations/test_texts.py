"""What is edited, as text: members of JSON in each layout, whose a command is, a shell's file in words, and the diff."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from goldens import golden
from quotaline.core.surfaces import RC_SHELLS, SURFACES
from quotaline.errors import HostError
from quotaline.integrations import blocks, change, claude_code, json_text, shell_rc, tmux
from quotaline.integrations.change import Change
from quotaline.integrations.claude_code import InstalledCommand, above, installed_command, text_after

LAYOUTS = [
    "{}", "{ }\n", '{"a": 1}', '{"a": 1, "b": [1,\n 2]}\n', '{\n  "a": 1\n}\n', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}',
    '{\r\n    "a": 1,\r\n    "b": 2\r\n}\r\n',
    '{\n"a": 1}', '\ufeff{\n  "s": "}",\n  "a": "\\u0073"\n}\n', '{"s": 1, "a": 2, "s": {"x": [1]}}', '  {"s": null}  ',
]  # fmt: skip


def test_a_member_is_put_and_dropped_in_each_layout() -> None:
    shown = []
    for text in LAYOUTS:
        after = json_text.put(text, "f.json", "s", {"type": "command", "n": [1]})
        assert json.loads(after.removeprefix("\ufeff"))["s"] == {"type": "command", "n": [1]}
        shown += [
            f"=== {text!r}",
            f"{json_text.get(text, 'f.json', 's')!r} {json_text.indentation(text, json_text.members(text, 'f'))!r}",
        ]
        shown += [f"put   {after!r}", f"again {json_text.drop(after, 'f.json', 's')!r}"]
        if json_text.get(text, "f.json", "s"):
            shown.append(f"drop  {json_text.drop(text, 'f.json', 's')!r}")
    golden("integrations/members.txt", "\n".join(shown) + "\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": }', "f is not valid JSON: Expecting value at line 1, column 7. Mend it there and run this again."),
        ('{"a": 1}\n\nx', "f is not valid JSON: Extra data at line 3, column 1. Mend it there and run this again."),
        ("[1]", "f holds no JSON object at line 1, column 1. Make it one, for example {}, and run this again."),
        ('{"a":' * 5000, "f is nested too deeply to be edited safely. Edit it by hand."),
    ],
)
def test_what_cannot_be_edited_says_where(text: str, says: str) -> None:
    with pytest.raises(HostError) as caught:
        json_text.members(text, "f")
    assert str(caught.value) == says


PROGRAM = "/opt/x/quotaline"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (f"{PROGRAM} statusline", InstalledCommand(PROGRAM, "")),
        (f"PYTHONHOME= {PROGRAM} statusline", InstalledCommand(PROGRAM, "")),
        (f"PYTHONHOME= {PROGRAM} statusline --padding 2", InstalledCommand(PROGRAM, "")),
        (f"{PROGRAM} statusline --other 2", None),
        (
            f"/p -I -S /q/start.py {PROGRAM} statusline --padding 2 2>/dev/null || {PROGRAM} statusline --padding 2",
            InstalledCommand(PROGRAM, ""),
        ),
        (f"/p -I -S /q/start.py {PROGRAM} statusline", None),
        (f"/p -I -S /q/other.py {PROGRAM} statusline || {PROGRAM} statusline", None),
        (f"/bin/sh /d/chain.sh 'old one' {PROGRAM}", InstalledCommand(PROGRAM, "old one")),
        (f"/bin/sh /d/chain.sh 'old one' {PROGRAM} --padding 1", InstalledCommand(PROGRAM, "old one")),
        (f"/bin/sh /d/other.sh 'old one' {PROGRAM}", None), ("/bin/sh /d/chain.sh 'old one' /x/other", None),
        (f"sh /d/chain.sh old {PROGRAM}", None),
        ("/opt/other statusline", None), (f"{PROGRAM} prompt", None), (f"{PROGRAM} statusline; ls", None), ("it's", None),
        ("", None), (None, None), (5, None),
        ("PYTHONHOME=", None), ("--padding 2", None),
    ],
)  # fmt: skip
def test_a_command_is_ours_where_install_wrote_it(command: object, found: InstalledCommand | None) -> None:
    assert installed_command(command) == found


OURS = InstalledCommand(PROGRAM, "")
SLOT = '"statusLine": {"command": "ours"}'


@pytest.mark.parametrize(
    ("text", "mine", "kept", "after"),
    [
        (f'{{{SLOT}, "a": 1}}', OURS, None, '{"a": 1}'), (f"{{{SLOT}}}", OURS, None, "{}"),
        (f'{{"a": 1, {SLOT}}}', OURS, '{"a": 1}', '{"a": 1}'), (f'{{"a": 1, {SLOT}}}', OURS, '{"a": 2}', '{"a": 1}'),
        (f'{{"a": 1, {SLOT}}}', OURS, '{"a": 1, "statusLine": 5}', '{"a": 1, "statusLine": 5}'),
        (f'{{"a": 2, {SLOT}}}', OURS, '{"a": 1, "statusLine": 5}', '{"a": 2, "statusLine": 5}'),
        (f'{{"a": 1, {SLOT}}}', OURS, "no json", '{"a": 1}'), (f"{{{SLOT}}}", OURS, "", ""),
        (f'{{"a": 1, {SLOT}}}', InstalledCommand(PROGRAM, "öld"), None,
        '{"a": 1, "statusLine": {"type": "command", "command": "öld"}}'),
        (f'{{"a": 1, {SLOT}}}', InstalledCommand(PROGRAM, "old"), '{"b": 1}',
        '{"a": 1, "statusLine": {"type": "command", "command": "old"}}'),
    ],
)  # fmt: skip
def test_the_settings_are_what_they_were(text: str, mine: InstalledCommand, kept: str | None, after: str) -> None:
    assert text_after(text, "settings.json", mine, kept) == after


def test_what_stands_above_the_persons_settings_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    managed, env = home / "managed.json", {"HOME": str(home)}
    monkeypatch.setattr(claude_code, "MANAGED", (managed,))
    folder = home / "project"
    (folder / ".claude").mkdir(parents=True)
    assert list(above(env, folder)) == []
    ours = json.dumps({"statusLine": {"command": f"{PROGRAM} statusline"}, "disableAllHooks": 1})
    for text in (ours, "[]", "no json", '{"statusLine": 5}'):
        (folder / ".claude/settings.json").write_text(text)
        assert list(above(env, folder)) == []
    managed.write_text('\ufeff{"disableAllHooks": true}')
    (folder / ".claude/settings.local.json").write_text('{"statusLine": {"command": "other"}}')
    found = [line.replace(str(home), "~") for line in above(env, folder)]
    assert found == [
        "`disableAllHooks` is true in ~/managed.json: Claude Code runs no status line here until it is taken out.",
        (
            "~/project/.claude/settings.local.json has a status line of its own, which hides this one here: take it out or "
            "chain it there."
        ),
    ]
    assert len(list(above({"HOME": str(home), "CLAUDE_CONFIG_DIR": str(folder / ".claude")}, folder))) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# <<< quotaline <<<\nls\n", None), ("# <<< quotaline <<<\nPROMPT_COMMAND=x\n", 2),
        ("PROMPT_COMMAND=x\n# <<< quotaline <<<\n", None),
        ("# <<< quotaline <<<\n\n# PROMPT_COMMAND=x\n  unset PROMPT_COMMAND\n", 4),
        ("# <<< quotaline <<<\nMY_PROMPT_COMMAND=x\n", None),
        ('eval "$(quotaline init bash)"\nls; PROMPT_COMMAND=x', 2), ("# quotaline init bash\nPROMPT_COMMAND=x\n", None),
        ('# <<< quotaline <<<\nPROMPT_COMMAND="x;$PROMPT_COMMAND"\nPROMPT_COMMAND=y\n', None),
        ("# <<< quotaline <<<\nx ${PROMPT_COMMAND}\nPROMPT_COMMAND=y\n", None),
        ("# <<< quotaline <<<\nunset -v PROMPT_COMMAND\n", 2), ("# <<< quotaline <<<\nunset PROMPT_COMMANDS\n", None),
        ("", None),
    ],
)  # fmt: skip
def test_who_takes_the_prompts_command_away_is_named_by_its_line(text: str, line: int | None) -> None:
    assert shell_rc.taken_over(text) == line


def test_a_login_shell_reads_one_file(home: Path) -> None:
    env = {"HOME": str(home)}
    assert shell_rc.login_file(env) is None
    for name, text, leads in (
        (".profile", "ls\n", False), (".bash_login", ". ~/.bashrc\n", True), (".bash_profile", "  # . ~/.bashrc\n", False),
        (".bash_profile", "ls\n. ~/.bashrc\n", True),
    ):  # fmt: skip
        (home / name).write_text(text)
        assert shell_rc.login_file(env) == (None if leads else home / name)


@pytest.mark.parametrize("shell", RC_SHELLS)
def test_a_shells_file_is_where_it_looks_for_it(shell: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variable, folder, name = SURFACES[shell].rc or ("", "", "")
    assert shell_rc.rc_file(shell, {"HOME": str(home)}) == home / folder / name
    if variable:
        assert shell_rc.rc_file(shell, {"HOME": str(home), variable: "/else"}).is_relative_to("/else")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # the password file knows nobody
    with pytest.raises(HostError, match=r"^There is no home folder to find the shell's configuration in; set HOME\.$"):
        shell_rc.rc_file(shell, {"HOME": "relative"})


def test_the_notes_beside_a_shells_line(home: Path) -> None:
    env = {"HOME": str(home)}
    assert [note[:20] for note in shell_rc.notes("bash", {**env, "TERM": "dumb"},
    "# <<< quotaline <<<\nPROMPT_COMMAND=x\n")] == [
        f"Line 2 of {home}"[:20], "A login bash (ssh, m", "This terminal is a d",
    ]  # fmt: skip
    (home / ".profile").write_text("")
    assert (
        list(shell_rc.notes("bash", env, ""))
        == list(shell_rc.notes("zsh", env, "# <<< quotaline <<<\nPROMPT_COMMAND=x\n"))
        == []
    )


def test_a_block_remembers_what_the_file_was_like() -> None:
    assert [blocks.made_folders(blocks.add(None, "x\n", count)) for count in (0, 1, 12)] == [0, 1, 12]
    assert blocks.made_folders("") == 0
    body = "set -g @quotaline 5\n"
    for before in (None, "", "a\n", "a"):
        whole = blocks.add(before, body)
        assert blocks.remove(whole) == before or (before, blocks.remove(whole)) == ("", "")
        assert blocks.add(whole, body) == whole
        assert blocks.remove(whole.replace("\n", "\r\n")) == (before and before.replace("\n", "\r\n"))
    found = blocks.find(blocks.add("a\n", body).replace(body, body + "theirs\n"))
    assert (found.rest, found.at, found.others, found.crlf) == ("a\ntheirs\n", 2, True, False)
    three = "if status is-interactive; and test -x /q; and test -r '/d/shell/quotaline.fish'\n    source '/d'\nend\n"
    assert blocks.ours(three.splitlines(keepends=True)) == 3
    assert blocks.find("a\n" + three + "# <<< quotaline <<<\nb\n").rest == "a\nb\n"
    assert blocks.find("a\nend\n# <<< quotaline <<<\nb\n").rest == "a\nend\nb\n"
    module = "[custom.quotaline]\ncommand = 'x'\nformat = 'y'\n"
    assert [
        blocks.ours((module + rest).splitlines(keepends=True)) for rest in ("", "[other]\n", "other = 1\n", "when = true\n")
    ] == [3, 3, 3, 4]


def test_a_diff_names_both_sides_and_shows_what_cannot_be_drawn() -> None:
    path = Path("/etc/x")
    assert Change(path=path, before=b"a\nb", after=b"a\n\x1bc\tt\xff\n").diff() == (
        "--- /etc/x\n+++ /etc/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+\ufffdc\tt\ufffd\n"
    )
    assert Change(path=path, before=None, after=b"a\n").diff().startswith("--- /dev/null\n+++ /etc/x\n")
    assert Change(path=path, before=b"a\n", after=None).diff().startswith("--- /etc/x\n+++ /dev/null\n")
    assert not Change(path=path, before=b"a", after=b"a").needed


def test_folders_are_counted_and_taken_away_from_the_inside(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    assert [change.missing_folders(deep / name) for name in ("x", "d/x")] == [3, 4]
    deep.mkdir(parents=True)
    assert change.missing_folders(deep / "x") == 0
    change.remove_empty(deep, 2)
    assert (tmp_path / "a").is_dir()
    assert not (tmp_path / "a" / "b").exists()
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "file").write_text("")
    change.remove_empty(deep, 9)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


@pytest.mark.parametrize("slot", ["5", "null", '"quotaline statusline"', "[]", "{}", '{"command": "other"}', '{"command": 5}'])
def test_a_slot_that_is_not_ours_is_left_alone(slot: str, home: Path) -> None:
    path = home / ".claude/settings.json"
    path.parent.mkdir()
    path.write_text(f'{{"statusLine": {slot}}}')
    env = {"HOME": str(home)}
    found = claude_code.uninstall(env)
    assert (found.path, found.needed, dict(found.scripts), found.notes) == (path, False, {}, ())
    if slot != "null":
        with pytest.raises(HostError, match=r"^Another command holds Claude Code's status line: "):
            claude_code.install(env)
    path.unlink()
    assert not claude_code.uninstall(env).needed


def test_the_file_before_the_first_install_is_kept_once(home: Path) -> None:
    env = {"HOME": str(home), "PATH": "/usr/bin"}
    for host, name in ((tmux, ".tmux.conf"), (claude_code, ".claude/settings.json")):
        path = home / name
        assert host.install(env).backup
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        first = host.install(env)
        assert first.backup
        path.write_bytes(first.after or b"")
        assert not host.install(env).backup
        assert not host.uninstall(env).backup


def test_lines_of_others_between_the_marks_are_said(home: Path) -> None:
    path, env = home / ".tmux.conf", {"HOME": str(home)}
    drops = "A running tmux drops it when it is started anew."
    assert tmux.uninstall(env).notes == (drops,)
    path.write_bytes(tmux.install(env).after or b"")
    assert tmux.uninstall(env).notes == (drops,)
    path.write_text(path.read_text().replace("# <<< quotaline <<<", "set -g mouse on\n# <<< quotaline <<<"))
    stay = f"Lines between quotaline's marks in {path} are not quotaline's: they stay."
    assert tmux.uninstall(env).notes == (drops, stay)
    assert tmux.uninstall(env).after == b"set -g mouse on\n"


def test_of_a_slot_that_is_there_twice_only_one_can_be_changed(home: Path) -> None:
    path = home / ".claude/settings.json"
    path.parent.mkdir()
    path.write_text('{"statusLine": {"command": "/x/quotaline statusline"}}')
    assert claude_code.install({"HOME": str(home)}).needed
    path.write_text('{"statusLine": 5, "statusLine": {"command": "/x/quotaline statusline"}}')
    with pytest.raises(HostError, match=r"^settings\.json has `statusLine` twice, and only the last one counts\. Take "):
        claude_code.install({"HOME": str(home)})
