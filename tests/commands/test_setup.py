"""`quotaline setup`: from an empty home to a drawn line, in a terminal and without; nothing changes before the last answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from commandline import QUOTALINE, quotaline
from quotaline.commands.setup_questions import _hosts
from quotaline.integrations import claude_code
from quotaline.integrations.found import FoundHost, look_around
from quotaline.terminal.setup import found_lines

if TYPE_CHECKING:
    from collections.abc import Callable

THEIRS = "printf 'theirs\\n'"
HELD = json.dumps({"model": "opus", "statusLine": {"type": "command", "command": THEIRS, "padding": 0}}, indent=2) + "\n"
QUESTION = r"\]: $"
MESSAGE = "send one message in Claude Code; a session that is open shows the line by itself"


@pytest.fixture
def env(home: Path, environment: dict[str, str]) -> dict[str, str]:
    """A login whose shell is bash, on a machine with bash, zsh and no other host."""
    (home.parent / "bin").mkdir()
    for name in ("bash", "zsh", "sh", "env", "cat", "printf"):
        (home.parent / "bin" / name).symlink_to(f"/bin/{name}")
    return {**environment, "SHELL": "/bin/bash", "PATH": str(home.parent / "bin"), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def settings(home: Path) -> Path:
    (home / ".claude").mkdir()
    return home / ".claude" / "settings.json"


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def slot(settings: Path) -> claude_code.InstalledCommand | None:
    return claude_code.installed_command(json.loads(settings.read_text(encoding="utf-8"))["statusLine"]["command"])


def config_of(home: Path) -> str:
    path = home / ".config" / "quotaline" / "config.toml"
    return path.read_text(encoding="utf-8") if path.exists() else ""


class Dialogue:
    """`quotaline setup` in a terminal of 80 columns."""

    def __init__(self, env: dict[str, str], *options: str) -> None:
        self.child = pexpect.spawn(
            QUOTALINE, ["setup", *options], env={**env, "TERM": "xterm"}, dimensions=(24, 80), encoding="utf-8", timeout=60,
            echo=False, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        self.seen = ""

    def answer(self, text: str) -> str:
        """Wait for a question, answer it; the question with what stood above it."""
        self.child.expect(QUESTION)
        asked = str(self.child.before) + str(self.child.after)
        self.seen += asked
        self.child.sendline(text)
        return asked.replace("\r\n", "\n")

    def end(self) -> tuple[int | None, str]:
        """The exit code, and what was printed after the last answer."""
        self.child.expect(pexpect.EOF)
        last = str(self.child.before).replace("\r\n", "\n")
        self.child.close()
        assert "Traceback" not in self.seen + last
        return self.child.exitstatus, last


def test_enter_alone_leads_from_an_empty_home_to_a_drawn_line(home: Path, env: dict[str, str]) -> None:
    dialogue = Dialogue(env)
    first = dialogue.answer("")
    assert "claude-code  not found in PATH, its status line is free;\n" in first
    assert "bash         your shell; ~/.bashrc" in first
    assert "made numbers, as none of yours are known yet; preset" in first
    assert "\n  5h 42% 2h12m · 7d 63% 3d4h\n" in first
    assert "extra" not in first, "dollars are shown where undocumented sources are open only"
    assert files(home) == {}
    assert first.endswith("\n1. Where? Of: claude-code bash zsh [claude-code bash]: ")
    assert dialogue.answer("").startswith("\n2. Which preset")
    last = dialogue.answer("")
    assert "$12.40/$50.00 extra" in last
    assert last.endswith("\n3. Open them? [y/N]: ")
    assert files(home) == {}
    code, told = dialogue.end()
    assert code == 0
    assert "claude-code: set in ~/.claude/settings.json\n" in told
    assert "bash: set in ~/.bashrc\n" in told
    assert "Doctor: " in told
    assert "failed" not in told
    after = told.partition("\nNext\n")[2].splitlines()
    assert after[0] == f"  · {MESSAGE}"
    assert after[1].startswith("  · open a new bash, or `exec bash`")
    assert after[2:] == ["Undo: quotaline uninstall claude-code; quotaline uninstall bash"]
    assert config_of(home) == "", "what is the default is not written down"
    stdin = json.dumps({"model": {"display_name": "Opus"}, "rate_limits": {"five_hour": {"used_percentage": 7}}}).encode()
    command = json.loads((home / ".claude/settings.json").read_text())["statusLine"]["command"]
    drawn = subprocess.run(["/bin/sh", "-c", command], input=stdin, env=env, capture_output=True, check=True).stdout.decode()
    assert "5h 7%" in drawn


def test_each_answer_is_followed(home: Path, settings: Path, env: dict[str, str]) -> None:
    settings.write_text(HELD, encoding="utf-8")
    dialogue = Dialogue(env)
    assert "its status line is another command's" in dialogue.answer("claude-kode")
    assert "did you mean 'claude-code'?" in dialogue.answer("zsh, claude-code")
    assert THEIRS in dialogue.answer("replace")
    dialogue.answer("?")
    assert "two short rows: where you are" in dialogue.answer("nope")
    assert "'nope' is no preset." in dialogue.answer("money")
    last = dialogue.answer("y")
    assert "preset money" in last.replace("\n", " ")
    assert "Nerd Font" not in last
    code, told = dialogue.end()
    assert code == 0
    assert "undocumented interfaces that may break" in told
    assert slot(settings) == claude_code.InstalledCommand(QUOTALINE, "")
    assert (home / ".zshrc").exists()
    assert not (home / ".bashrc").exists()
    assert config_of(home) == 'preset = "money"\nenable_alpha_features = true\n'


@pytest.mark.parametrize(("preset", "told"), [("powerline", True), ("powerline-plain", False)])
def test_signs_that_need_a_font_are_said(preset: str, *, told: bool, env: dict[str, str]) -> None:
    done = quotaline("setup", "--dry-run", "--preset", preset, env=env, check=True)
    assert told is (b"the preset powerline-plain needs none" in done.stdout.replace(b"\n", b" "))


@pytest.mark.parametrize("replace", [False, True])
def test_another_tools_line_stays_above_ours_unless_it_is_to_go(settings: Path, env: dict[str, str], *, replace: bool) -> None:
    settings.write_text(HELD, encoding="utf-8")
    quotaline("setup", "--yes", *(["--replace"] if replace else []), env=env, check=True)
    found = slot(settings)
    assert found is not None
    assert found.chained == ("" if replace else THEIRS)


STOPS: dict[str, Callable[[pexpect.spawn[str]], object]] = {
    "Ctrl-C": lambda child: child.sendintr(),
    "end of file": lambda child: child.sendeof(),
}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("answered", [0, 1, 2, 3])
def test_who_leaves_in_the_middle_leaves_everything_as_it_was(
    answered: int, stop: str, home: Path, settings: Path, env: dict[str, str]
) -> None:
    settings.write_text(HELD, encoding="utf-8")
    before = files(home)
    dialogue = Dialogue(env)
    for _ in range(answered):
        dialogue.answer("")
    dialogue.child.expect(QUESTION)
    told = ""
    while not told.endswith("Nothing was changed.\n"):  # a key that comes before the read begins may be lost on a busy machine
        STOPS[stop](dialogue.child)
        dialogue.child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=5)
        told = str(dialogue.child.before).replace("\r\n", "\n")
    dialogue.child.close()
    assert "Traceback" not in told
    assert dialogue.child.exitstatus == 1
    assert files(home) == before


@pytest.mark.parametrize("words", [(), ("--host", "bash", "--preset", "money", "--no-alpha")])
def test_without_a_terminal_nothing_is_asked_and_nothing_changed(
    words: tuple[str, ...], home: Path, env: dict[str, str]
) -> None:
    done = quotaline("setup", *words, env=env, stdin=b"\n\n\n\n\n")
    assert done.returncode == 1
    assert b"`quotaline setup --yes`" in done.stderr
    assert b"It will look like this" in done.stdout
    assert files(home) == {}


def test_a_terminal_whose_output_is_piped_is_none(home: Path, env: dict[str, str]) -> None:
    child = pexpect.spawn("/bin/sh", ["-c", f"{QUOTALINE} setup | cat"], env=env, encoding="utf-8", timeout=60)
    child.expect("Nothing was changed: there is no terminal to ask at")
    child.expect(pexpect.EOF)
    child.close()
    assert files(home) == {}


def test_a_dry_run_shows_each_change_and_makes_none(home: Path, settings: Path, env: dict[str, str]) -> None:
    settings.write_text(HELD, encoding="utf-8")
    before = files(home)
    done = quotaline("setup", "--dry-run", "--host", "claude-code", "--host", "bash", "--preset", "money", "--alpha", env=env)
    told = done.stdout.decode()
    assert done.returncode == 0
    assert '+    "command": "/bin/sh ' in told
    assert "+# >>> quotaline" in told
    assert "`preset = money` would be set" in told
    assert "`enable_alpha_features = true` would be set" in told
    assert told.endswith("Nothing was changed.\n")
    assert files(home) == before


def test_again_is_harmless_and_keeps_what_was_set(home: Path, settings: Path, env: dict[str, str]) -> None:
    settings.write_text(HELD, encoding="utf-8")
    quotaline("setup", "--yes", "--host", "claude-code", "--host", "zsh", "--preset", "money", "--alpha", env=env, check=True)
    kept = {
        name: text for name, text in files(home).items() if not name.startswith((".cache", ".local/share/quotaline/ledger"))
    }
    done = quotaline("setup", "--yes", env=env, check=True)
    assert b"zsh: is there already in ~/.zshrc" in done.stdout
    assert b"bash" not in done.stdout.partition(b"\nclaude-code: ")[2].partition(b"Doctor")[0]
    assert kept == {name: text for name, text in files(home).items() if name in kept}
    assert config_of(home) == 'preset = "money"\nenable_alpha_features = true\n'


def test_uninstall_brings_each_file_back(home: Path, settings: Path, env: dict[str, str]) -> None:
    settings.write_text(HELD, encoding="utf-8")
    (home / ".bashrc").write_bytes(b"alias ll='ls -l'\r\n# \xff no end")
    (home / ".config" / "fish").mkdir(parents=True)
    (home / ".config" / "fish" / "config.fish").write_bytes(b"")
    before = files(home)
    hosts = ("claude-code", "bash", "zsh", "fish", "starship", "tmux")
    quotaline("setup", "--yes", *(word for host in hosts for word in ("--host", host)), env=env, check=True)
    assert all(files(home)[name] != text for name, text in before.items())
    for host in hosts:
        quotaline("uninstall", host, env=env, check=True)
    left = {name: text for name, text in files(home).items() if not name.startswith((".cache/quotaline/", ".local/share/"))}
    assert left == before


def test_a_host_that_cannot_be_set_up_costs_that_host_only(home: Path, settings: Path, env: dict[str, str]) -> None:
    settings.write_text('{"statusLine": ', encoding="utf-8")
    done = quotaline("setup", "--yes", env=env)
    told = done.stdout.decode()
    assert (done.returncode, done.stderr) == (1, b"")
    assert told.count("settings.json is not valid JSON") >= 2, "where it is found, and where it fails"
    assert "bash: set in ~/.bashrc\n" in told
    assert "`quotaline install claude-code`: the numbers come from Claude Code's status line" in told
    assert told.endswith("Undo: quotaline uninstall bash\n")
    assert settings.read_text(encoding="utf-8") == '{"statusLine": '
    assert (home / ".bashrc").exists()


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_the_exit_code_tells_of_a_host_that_only_setup_knows_of(option: str, home: Path, env: dict[str, str]) -> None:
    (home / ".config").mkdir()
    (home / ".config" / "starship.toml").write_text("[custom.quotaline]\ncommand = 'x'\n", encoding="utf-8")
    done = quotaline("setup", option, "--host", "starship", "--host", "bash", env=env)
    assert done.returncode == 1
    assert b"starship: " in done.stdout
    assert b"has a [custom.quotaline] of its own" in done.stdout
    assert b"failed" not in done.stdout
    assert (home / ".bashrc").exists() is (option == "--yes")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_settings_that_may_not_be_written_are_said(settings: Path, env: dict[str, str]) -> None:
    settings.write_text("{}\n", encoding="utf-8")
    settings.parent.chmod(0o500)
    settings.chmod(0o400)
    done = quotaline("setup", "--yes", env=env)
    settings.parent.chmod(0o700)
    assert done.returncode == 1
    assert b"cannot be written" in done.stdout


def test_a_file_where_a_folder_should_be_is_said(home: Path, env: dict[str, str]) -> None:
    (home / ".claude").write_text("", encoding="utf-8")
    done = quotaline("setup", "--yes", env=env)
    assert done.returncode == 1
    assert b"\nclaude-code: " in done.stdout
    assert b"Traceback" not in done.stderr
    assert (home / ".bashrc").exists()


def test_a_broken_configuration_is_left_as_it_is(home: Path, env: dict[str, str]) -> None:
    (home / ".config" / "quotaline").mkdir(parents=True)
    (home / ".config" / "quotaline" / "config.toml").write_text("x", encoding="utf-8")
    done = quotaline("setup", "--yes", "--preset", "money", env=env)
    assert done.returncode == 1
    assert b"config.toml is not valid TOML" in done.stdout
    assert config_of(home) == "x"
    assert (home / ".bashrc").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--chain", "--replace"), "exclude each other"),
        (("--host", "bsh"), "did you mean 'bash'?"),
        (("--preset", "nope"), "`preset` is 'nope'; allowed are default,"),
    ],
)
def test_wrong_options_change_nothing(words: tuple[str, ...], says: str, home: Path, env: dict[str, str]) -> None:
    done = quotaline("setup", "--yes", *words, env=env)
    assert (done.returncode, says in done.stderr.decode()) == (2, True)
    assert files(home) == {}


def test_own_numbers_are_shown_where_there_are_some(home: Path, furnished: dict[str, str]) -> None:
    del furnished["QUOTALINE_CONFIG"]
    before = files(home)
    told = quotaline("setup", "--dry-run", env=furnished, check=True).stdout.decode()
    assert "your own numbers; preset default" in told
    assert files(home) == before


def client(home: Path, version: str) -> dict[str, str]:
    """An environment with a `claude` of that version."""
    program = home / ".local/share/claude/versions" / version
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    (home / "bin").mkdir()
    (home / "bin" / "claude").symlink_to(program)
    return {"HOME": str(home), "PATH": str(home / "bin"), "SHELL": "/usr/bin/fish"}


def test_what_is_found_is_told(home: Path) -> None:
    found = look_around(client(home, "2.1.79"))
    assert (found.version, found.program) == ((2, 1, 79), True)
    assert found.usual == ("claude-code", "fish")
    table = found_lines(found, str)[1]
    assert "too old" in "".join(str(cell) for column in table.columns for cell in column._cells)  # type: ignore[union-attr]


def test_who_draws_the_prompt_by_starship_has_the_line_there(home: Path) -> None:
    env = client(home, "2.1.300")
    (home / "bin" / "starship").symlink_to("/bin/true")
    assert look_around(env).usual == ("claude-code", "fish")
    rc = home / ".config" / "fish" / "config.fish"
    rc.parent.mkdir(parents=True)
    rc.write_text("# starship init fish | source\n", encoding="utf-8")
    assert look_around(env).usual == ("claude-code", "fish")
    rc.write_text("starship init fish | source\n", encoding="utf-8")
    assert look_around(env).usual == ("claude-code", "starship")


def test_a_shell_that_has_no_line_is_not_touched(home: Path) -> None:
    env = {**client(home, "2.1.300"), "SHELL": "/usr/bin/nu"}
    assert look_around(env).usual == ("claude-code",)


OTHER = {"version": 4, "lines": [[{"type": "model"}, {"type": "session-usage"}, {"type": "free-memory"}]]}


def test_another_tools_line_can_be_the_preset(home: Path, settings: Path, env: dict[str, str]) -> None:
    settings.write_text(json.dumps({"statusLine": {"type": "command", "command": "true ccstatusline"}}), encoding="utf-8")
    own = home / ".config" / "ccstatusline" / "settings.json"
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps(OTHER), encoding="utf-8")
    dialogue = Dialogue(env)
    dialogue.answer("")
    dialogue.answer("replace")
    asked = dialogue.answer("ccstatusline")
    assert "ccstatusline is your line of that tool, taken over.\n" in asked
    assert "powerline ccstatusline [default]" in asked.replace("\n", "")
    assert "\n  Opus 5.5 · 5h 42%\n" in dialogue.answer("")
    code, told = dialogue.end()
    assert code == 0
    assert "config import" not in told
    assert config_of(home) == 'preset = "ccstatusline"\n'
    quotaline("setup", "--yes", env={**env, "QUOTALINE_REFRESH": ""}, check=True)
    assert config_of(home) == 'preset = "ccstatusline"\n', "and it stays"
    stdin = b'{"model": {"display_name": "Opus"}, "rate_limits": {"five_hour": {"used_percentage": 7}}}'
    assert quotaline("statusline", env=env, stdin=stdin, check=True).stdout.decode() == "Opus · 5h 7%\n"


def test_settings_of_another_tool_that_cannot_be_taken_over_are_not_offered(
    home: Path, settings: Path, env: dict[str, str]
) -> None:
    settings.write_text(json.dumps({"statusLine": {"type": "command", "command": "true ccstatusline"}}), encoding="utf-8")
    (home / ".config" / "ccstatusline").mkdir(parents=True)
    (home / ".config" / "ccstatusline" / "settings.json").write_text("{", encoding="utf-8")
    done = quotaline("setup", "--yes", "--preset", "ccstatusline", env=env)
    assert (done.returncode, b"allowed are default" in done.stderr) == (2, True)


def test_what_stands_in_the_settings_is_shown_as_text(settings: Path, env: dict[str, str]) -> None:
    settings.write_text(json.dumps({"statusLine": {"type": "command", "command": "true \u001b]0;x\u0007"}}), encoding="utf-8")
    dialogue = Dialogue(env)
    dialogue.answer("")
    asked = dialogue.answer("")
    assert "true " in asked
    assert "\x1b]0" not in asked
    dialogue.child.close()


@pytest.mark.parametrize("tool", ["ccstatusline", "claude-powerline", "ccline"])
def test_a_known_tool_is_named_and_can_be_taken_over(tool: str, settings: Path, env: dict[str, str]) -> None:
    held = {"statusLine": {"type": "command", "command": f"true {tool}"}}
    settings.write_text(json.dumps(held), encoding="utf-8")
    told = quotaline("setup", "--yes", "--replace", env=env, check=True).stdout.decode()
    assert f"its status line is {tool}'s" in told.replace("\n                ", " ")
    assert f"`quotaline config import {tool}`" in told


def test_words_for_hosts(home: Path) -> None:
    found = look_around({"HOME": str(home), "SHELL": "/bin/zsh", "PATH": ""})
    assert [host.name for host in found.hosts] == ["claude-code", "zsh"]
    assert isinstance(found.hosts[0], FoundHost)
    assert _hosts("none", found) == ()
    assert _hosts("ALL", found) == ("claude-code", "zsh")
    assert _hosts("tmux;tmux, bash", found) == ("tmux", "bash")
    assert _hosts(("bash",), found) == ("bash",)
