"""The hooks in interactive shells, driven through a terminal: what a person sees, and what must stay as it was."""

from __future__ import annotations

import re
import shlex
import time
from typing import TYPE_CHECKING

import pytest

import shellkit
from shellkit import FILE, HOOKED, Terminal, calls, code, fake_command, frames, plain, write

if TYPE_CHECKING:
    from pathlib import Path

EVERY = [*HOOKED, "sh", "busybox"]
RED = {
    "bash": "\x01\x1b[31m\x02$12.40\x01\x1b[0m\x02", "zsh": "%{\x1b[31m%}$12.40%{\x1b[0m%}", "fish": "\x1b[31m$12.40\x1b[0m",
    "sh": "$12.40", "busybox": "$12.40",
}  # fmt: skip


@pytest.fixture
def env() -> dict[str, str]:
    return shellkit.environment()


def started(shell: str, tmp_path: Path, env: dict[str, str], *setup: str, times: int = 1, **options: object) -> Terminal:
    """A shell with a fresh prompt file, after `setup` was typed and the hook sourced `times` times."""
    write(tmp_path / "c", frames((900, RED[shell] + " extra")), FILE[shell])
    terminal = Terminal(shell, env, **options)  # type: ignore[arg-type]
    for line in setup:
        terminal.do(line)
    for _ in range(times):
        terminal.source(code(shell, tmp_path / "c", fake_command(tmp_path / "bin")), tmp_path)
    return terminal


@pytest.mark.parametrize("shell", EVERY)
def test_each_prompt_shows_the_line_once_even_when_sourced_twice(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    terminal = started(shell, tmp_path, env, times=2)
    seen = plain(terminal.do(":"))
    assert seen.count("$12.40 extra") >= 1
    if shell == "fish":  # it draws the prompt anew for each key
        seen = terminal.do("echo '<'(fish_right_prompt | string match -ar 12.40 | count)'>'")
        assert "<1>" in seen
        terminal.close()
        return
    for row in re.split("PROMPT> |\n", seen):
        assert row.count("$12.40 extra") <= 1, seen
    terminal.close()
    assert calls(tmp_path / "bin") == []


@pytest.mark.parametrize("shell", EVERY)
def test_no_prompt_sets_the_variable_and_leaves_the_prompt(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((900, "$12.40 extra")), FILE[shell])
    terminal = Terminal(shell, env)
    terminal.source(code(shell, tmp_path / "c", place=False), tmp_path)
    assert "12.40" not in plain(terminal.do(":"))
    assert "<$12.40 extra>" in terminal.do('echo "<$QUOTALINE>"')
    terminal.close()


@pytest.mark.parametrize("shell", EVERY)
def test_an_expired_file_starts_a_refresh_without_a_word(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    """No job number, no "Done", no question at exit, although the child still runs when the shell ends."""
    now = int(time.time())
    content = frames((900, "old"), written=now - 99, expires=now - 1)
    write(tmp_path / "c", content, FILE[shell])
    gate = tmp_path / "gate"
    command = fake_command(
        tmp_path / "bin", f"while [ ! -e '{gate}' ]; do sleep 0.05; done; echo ended >> '{tmp_path}/bin/calls'"
    )
    terminal = Terminal(shell, env)
    terminal.source(code(shell, tmp_path / "c", command), tmp_path)
    seen = terminal.do(":") + terminal.do(":")
    shellkit.wait_for(lambda: calls(tmp_path / "bin"))
    seen += terminal.do(":") + terminal.do("jobs")
    rows = [plain(row) for row in seen.split("\n")]
    assert not [row for row in rows if re.search(r"\[\d+\]|Done|Running|quotaline|Job \d", row)], rows
    terminal.close()
    assert calls(tmp_path / "bin") == ["refresh --background"]
    gate.touch()
    shellkit.wait_for(lambda: "ended" in calls(tmp_path / "bin"))


@pytest.mark.parametrize("shell", EVERY)
def test_the_exit_status_is_what_it_was(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    terminal = started(shell, tmp_path, env)
    variable = "$status" if shell == "fish" else "$?"
    assert "<7>" in terminal.do(f"sh -c 'exit 7'\necho \"<{variable}>\"")
    assert "<0>" in terminal.do(f'true\necho "<{variable}>"')
    terminal.close()


@pytest.mark.parametrize(
    ("shell", "line", "expected"),
    [
        ("bash", 'true | sh -c "exit 3" | sh -c "exit 5"\necho "<${PIPESTATUS[*]}>"', "<0 3 5>"),
        ("zsh", 'true | sh -c "exit 3" | sh -c "exit 5"\necho "<$pipestatus>"', "<0 3 5>"),
        ("fish", 'true | sh -c "exit 3" | sh -c "exit 5"\necho "<$pipestatus>"', "<0 3 5>"),
        ("bash", 'echo one last-word\necho "<$_>"', "<last-word>"),
        ("zsh", 'echo one last-word\necho "<$_>"', "<last-word>"),
    ],
)
def test_pipe_status_and_last_word_are_what_they_were(
    shell: str, line: str, expected: str, tmp_path: Path, env: dict[str, str]
) -> None:
    terminal = started(shell, tmp_path, env)
    assert expected in terminal.do(line)
    terminal.close()


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh", "busybox"])
def test_errexit_and_nounset_end_no_shell(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    terminal = started(shell, tmp_path, env, "set -eu")
    assert "<1>" in terminal.do('! true\necho "<$?>"')
    assert "$12.40 extra" in plain(terminal.do("echo alive"))
    terminal.close()


@pytest.mark.parametrize(
    ("setup", "kind"),
    [
        ("PROMPT_COMMAND='theirs=ran;'", "string"), ("PROMPT_COMMAND=(theirs=ran other=ran)", "array"),
        ("PROMPT_COMMAND=$'theirs=ran\\n\\n'", "string"), ("unset PROMPT_COMMAND", "nothing"), ("PROMPT_COMMAND=()", "array"),
    ],
)  # fmt: skip
def test_prompt_command_of_any_kind_goes_on(setup: str, kind: str, tmp_path: Path, env: dict[str, str]) -> None:
    terminal = started("bash", tmp_path, env, setup, times=2)
    assert "$12.40 extra" in plain(terminal.do(":"))
    listed = terminal.do('declare -p PROMPT_COMMAND; echo "<${theirs-none}>"')
    assert listed.count("__quotaline_hook") == 1
    assert ("<ran>" in listed) == ("theirs" in setup)
    assert ("declare -a" in listed) == (kind == "array")
    terminal.close()


TITLE = """trap '[ "$BASH_COMMAND" = "$PROMPT_COMMAND" ] || title=$title/$BASH_COMMAND' DEBUG"""


@pytest.mark.parametrize(
    "command",
    [
        "", "true", "/bin/true", "theirs 'a;b' \"c;d $HOME\" x", "history -a", "printf '\\033]0;a;b\\007'",
        'theirs "$?" ${PIPESTATUS[0]}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("array", [False, True])
def test_a_debug_trap_that_passes_over_prompt_command_sees_no_hook(
    command: str, array: bool, tmp_path: Path, env: dict[str, str]
) -> None:
    """As many set the terminal's title: it is what was typed, with us as without us, and their command still runs."""
    quoted = shlex.quote(command)
    setup = ('theirs() { got="$?-${PIPESTATUS[*]}-$#"; }', f"PROMPT_COMMAND={f'({quoted})' if array else quoted}")
    terminal = started("bash", tmp_path, env, *setup, times=2)
    terminal.do(TITLE)
    terminal.do("true")
    terminal.do("title=")
    listed = terminal.do('echo "<${title#/}>"')
    assert re.search(r"<echo end-'of'-\d+/echo \"<\$\{title#/\}>\">", listed), listed
    assert "$12.40 extra" in plain(terminal.do(":"))
    if command.startswith("theirs"):
        arguments = 2 if "?" in command else 3
        assert f"<3-0 3-{arguments}>" in terminal.do("true | sh -c 'exit 3'\necho \"<$got>\"")
    terminal.close()


@pytest.mark.parametrize(
    "command",
    ["theirs=ran;", "a b", "if true; then :; fi", "ll", "_hook", "declare seen=1", "source x", "true; true", "true #", "true &",
     'echo "$(:)"', "true\ntrue", "(true)", "true >|x", "time true", "set_later"],
)  # fmt: skip
def test_a_command_that_means_something_else_inside_a_function_is_not_called_by_ours(
    command: str, tmp_path: Path, env: dict[str, str]
) -> None:
    setup = f"alias ll=ls; _hook() {{ :; }}\nPROMPT_COMMAND={shlex.quote(command)}\n"
    script = f'{setup}{code("bash", tmp_path / "c")}\nprintf %s "$PROMPT_COMMAND"'
    assert f"{command}\n${{__quotaline_hook-:}}" == shellkit.run("bash", script, env).stdout


@pytest.mark.parametrize(
    ("command", "expected"), [("", ""), ("echo theirs", "theirs\n"), ("echo a; echo theirs", "a\ntheirs\n")]
)
def test_a_child_shell_that_inherits_prompt_command_runs_theirs_alone(
    command: str, expected: str, tmp_path: Path, env: dict[str, str]
) -> None:
    setup = f"PROMPT_COMMAND={shlex.quote(command)}\n{code('bash', tmp_path / 'c')}\nexport PROMPT_COMMAND"
    child = "bash --norc --noprofile -eu -c 'eval \"$PROMPT_COMMAND\"'"
    assert expected == shellkit.run("bash", f"{setup}\n{child}", env).stdout


def test_a_bash_theme_that_sets_ps1_in_its_own_hook_keeps_its_prompt_and_ours(tmp_path: Path, env: dict[str, str]) -> None:
    """As starship does: it takes PROMPT_COMMAND, calls what was there, and sets PS1 after that. It came later than we."""
    terminal = started("bash", tmp_path, env)
    terminal.do('kept=$PROMPT_COMMAND; theme() { eval "$kept"; PS1="theme> "; }; PROMPT_COMMAND=theme')
    assert "$12.40 extra theme> " in plain(terminal.do(":") + terminal.do(":"))
    terminal.close()


def test_bash_without_promptvars_shows_the_text_itself(tmp_path: Path, env: dict[str, str]) -> None:
    """As under liquidprompt: the newest text, once, without code and marks, whenever the option and PS1 change."""
    terminal = started("bash", tmp_path, env, "shopt -u promptvars")
    prompt = Terminal.PROMPT
    for number, setup in enumerate(
        (":", ":", "PS1='theirs> '", "shopt -s promptvars", "PS1='ours> '", "shopt -u promptvars", ":")
    ):
        shown = frames((900 + number, f"\x01\x1b[31m\x02$12.{number}\x01\x1b[0m\x02"), written=int(time.time()) - 5 - number)
        write(tmp_path / "c", shown, FILE["bash"])
        terminal.do(setup)
        prompt = setup[5:-1] if setup.startswith("PS1") else prompt
        seen = plain(terminal.do(":"))
        assert f"$12.{number} {prompt}" in seen
        assert (seen.count(prompt), seen.count("$")) == (seen.count(f"$12.{number}"),) * 2
        assert "QUOTALINE" not in seen
    write(tmp_path / "c", frames((900, "")), FILE["bash"])
    terminal.do(":")
    assert "$" not in plain(terminal.do(":"))
    terminal.close()


@pytest.mark.parametrize("variant", ["unset EPOCHSECONDS", "unset EPOCHSECONDS; __quotaline_no_printf_clock=1"])
def test_older_bash_tells_the_time_as_well(variant: str, tmp_path: Path, env: dict[str, str]) -> None:
    """4.2 by printf, 3.2 by SECONDS: the branches are forced here, since only bash 5 is at hand."""
    write(tmp_path / "c", frames((-1, "past"), (900, "now")), "prompt.bash")
    script = f"{variant}\n{code('bash', tmp_path / 'c')}\n__quotaline_hook\nprintf '[%s]' \"$QUOTALINE\""
    assert shellkit.run("bash", script, env).stdout == "[now]"


@pytest.mark.parametrize(
    "option", ["setopt prompt_subst", "unsetopt prompt_subst", "setopt prompt_subst prompt_bang ksh_arrays"]
)
def test_zsh_shows_it_on_the_right_with_any_prompt_option(option: str, tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((900, "%{\x1b[31m%}$12.40 `x` $HOME 5%%%{\x1b[0m%}")), "prompt.zsh")
    terminal = Terminal("zsh", env)
    terminal.do(option)
    terminal.do("RPROMPT=right")
    terminal.source(code("zsh", tmp_path / "c"), tmp_path)
    assert "$12.40 `x` $HOME 5% right" in plain(terminal.do(":"))
    terminal.do("setopt prompt_subst" if "unset" in option else "unsetopt prompt_subst")
    seen = plain(terminal.do(":"))
    assert "$12.40 `x` $HOME 5% right" in seen
    assert seen.count("5% $12") == 0
    terminal.close()


def test_zsh_without_its_modules_tells_the_time_and_reads_as_well(tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((-1, "past"), (900, "now")), "prompt.zsh")
    script = f"module_path=()\n{code('zsh', tmp_path / 'c')}\n__quotaline_precmd\nprintf '[%s]' $QUOTALINE"
    assert shellkit.run("zsh", script, env).stdout == "[now]"


def test_a_zsh_theme_that_sets_rprompt_in_its_own_hook_keeps_it(tmp_path: Path, env: dict[str, str]) -> None:
    terminal = started("zsh", tmp_path, env, 'theme() { RPROMPT="theirs" }; precmd_functions=(theme)')
    terminal.do(":")
    assert "$12.40 extra theirs" in plain(terminal.do(":"))
    terminal.close()


@pytest.mark.parametrize("shell", HOOKED)
def test_vi_mode_shows_it_and_edits(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((900, RED[shell] + " extra")), FILE[shell])
    terminal = Terminal(shell, env)
    terminal.source(code(shell, tmp_path / "c"), tmp_path)
    terminal.child.sendline(
        {"bash": "set -o vi", "zsh": "bindkey -v", "fish": "set -g fish_key_bindings fish_vi_key_bindings"}[shell]
    )
    terminal.child.expect(r"PROMPT> ")
    for keys in ("\x1b", "ddiecho wrongx", "\x1b", "xA-'ri'ght\r"):
        terminal.child.send(keys)
        time.sleep(0.5)  # a lone escape is told from the start of a sequence by time, in all three
    terminal.child.expect("wrong-right\r?\n")
    terminal.child.expect(r"\$12.40")
    terminal.child.close(force=True)


def test_fish_keeps_the_right_prompt_that_is_defined_later(tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((900, RED["fish"] + " extra")), "prompt.fish")
    terminal = Terminal("fish", env)
    path = tmp_path / "both.fish"
    path.write_text(code("fish", tmp_path / "c") + "\nfunction fish_right_prompt; printf theirs-$status; end\n")
    terminal.do(f"source {path}")
    assert "$12.40 extra theirs-0" in plain(terminal.do(":"))
    assert "$12.40 extra theirs-4" in plain(terminal.do("sh -c 'exit 4'"))
    terminal.close()


def test_another_account_is_another_folder(tmp_path: Path, env: dict[str, str]) -> None:
    for shell in ("bash", "zsh", "fish"):
        write(tmp_path / "one", frames((900, "first")), FILE[shell])
        write(tmp_path / "two", frames((900, "second")), FILE[shell])
        command = fake_command(tmp_path / "bin", f"[ \"$*\" = 'init --where' ] && echo '{tmp_path}/two'")
        export = "set -gx CLAUDE_CONFIG_DIR /x" if shell == "fish" else "export CLAUDE_CONFIG_DIR=/x"
        hook = shellkit.HOOK[shell]
        show = 'echo "<$QUOTALINE>"'
        script = "\n".join([code(shell, tmp_path / "one", command), hook, show, export, hook, show, hook])
        assert shellkit.run(shell, script, env).stdout == "<first>\n<second>\n"
        assert calls(tmp_path / "bin") == ["init --where"]
        (tmp_path / "bin" / "calls").unlink()


@pytest.mark.parametrize("shell", EVERY)
def test_no_color_gives_plain_text(shell: str, tmp_path: Path, env: dict[str, str]) -> None:
    write(tmp_path / "c", frames((900, "coloured")), FILE[shell])
    name = {"zsh": "prompt.zsh-plain", "bash": "prompt.bash-plain"}.get(shell, "prompt.plain")
    expected = "coloured" if shell in ("sh", "busybox") else "plain"
    write(tmp_path / "c", frames((900, "plain")), name)
    assert shellkit.shown(shell, tmp_path / "c", {**env, "NO_COLOR": "1"}) == expected
