"""The code that shells read is kept in files: they start without a process, and a refresh renews what an upgrade changed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import QUOTALINE, quotaline
from programs import need
from quotaline.core import shell_code
from quotaline.core.surfaces import RC_SHELLS, SHELLS
from quotaline.refresh.shell_files import renew_shell_files

START = {"bash": ["bash", "-ic"], "zsh": ["zsh", "-ic"], "fish": ["fish", "-ic"]}
SHOWN = {"bash": 'echo "<${QUOTALINE+set}>"', "zsh": 'echo "<${QUOTALINE+set}>"', "fish": "set -q QUOTALINE; and echo '<set>'"}
FOLDER = ".local/share/quotaline/shell"


@given(st.text(st.characters(exclude_characters="\0")))
def test_a_word_is_quoted_as_the_library_quotes_it(text: str) -> None:
    assert shell_code.quote(text) == shlex.quote(text)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("options", [[], ["--no-prompt"]])
def test_init_prints_the_same_by_its_short_way_and_by_the_command_line(
    shell: str, options: list[str], environment: dict[str, str]
) -> None:
    """An option that is given twice is nothing that the short way knows."""
    short = quotaline("init", shell, *options, env=environment, check=True).stdout
    long = quotaline("init", *options, *options, "--", shell, env=environment, check=True).stdout
    assert short == long
    assert short.isascii(), "no locale can spoil it"


@pytest.mark.parametrize("words", [["init"], ["init", "csh"], ["init", "bash", "--nothing"], ["init", "bash", "zsh"]])
def test_init_refuses_what_it_does_not_know_by_the_command_line(words: list[str], environment: dict[str, str]) -> None:
    done = quotaline(*words, env=environment)
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("shell", RC_SHELLS)
def test_a_shell_starts_without_a_process(shell: str, home: Path, environment: dict[str, str], tmp_path: Path) -> None:
    def started(name: str) -> tuple[int, str]:
        command = [need("strace"), "-f", "-qq", "-e", "trace=execve,clone,clone3,fork,vfork", "-o", str(tmp_path / name)]
        words = [*command, *START[shell], SHOWN[shell]]
        done = subprocess.run(
            words, env={**environment, "TERM": "dumb", "COLUMNS": "80"}, capture_output=True, text=True, check=False
        )
        calls = re.findall(r"^\d+ +(?:execve|clone3?|v?fork)\(.*", (tmp_path / name).read_text(errors="replace"), re.MULTILINE)
        return sum("CLONE_THREAD" not in call for call in calls), done.stdout

    need(START[shell][0])
    subprocess.run([*START[shell], ":"], env=environment, capture_output=True, check=False)  # makes its folders
    before, without = started("before")
    quotaline("install", shell, env=environment, check=True)
    after, shown = started("after")
    assert ("<set>" in without, "<set>" in shown) == (False, True)
    assert after == before
    shutil.rmtree(home / FOLDER)
    assert "<set>" not in started("without its file")[1]


@pytest.mark.parametrize("odd", ["nothing", "a folder", "a fifo", "a link to nothing"])
@pytest.mark.parametrize("shell", RC_SHELLS)
def test_whatever_is_in_place_of_the_file_a_new_shell_is_silent(
    odd: str, shell: str, home: Path, environment: dict[str, str]
) -> None:
    need(START[shell][0])
    quotaline("install", shell, env=environment, check=True)
    path = home / FOLDER / f"quotaline.{shell}"
    path.unlink()
    if odd == "a folder":
        path.mkdir()
    elif odd == "a fifo":
        os.mkfifo(path)
    elif odd == "a link to nothing":
        path.symlink_to("nowhere")
    done = subprocess.run(
        [*START[shell], f"{SHOWN[shell]}; echo here"], env={**environment, "TERM": "dumb"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "here" in done.stdout
    assert "<set>" not in done.stdout
    assert "quotaline" not in done.stderr


@pytest.mark.parametrize("shell", RC_SHELLS)
@pytest.mark.parametrize(
    "changed", [{}, {"XDG_CACHE_HOME": "/x/cache"}, {"QUOTALINE_CACHE_DIR": "/x/own"}, {"CLAUDE_CONFIG_DIR": "/x/work"}]
)
def test_in_another_home_or_account_the_first_prompt_finds_its_folder(
    shell: str, changed: dict[str, str], home: Path, environment: dict[str, str]
) -> None:
    need(START[shell][0])
    quotaline("install", shell, env=environment, check=True)
    env = {**environment, **changed, "TERM": "dumb"}
    hook = {"bash": "__quotaline_hook", "zsh": "__quotaline_precmd", "fish": "__quotaline_hook"}[shell]
    done = subprocess.run(
        [*START[shell], f'{hook}; echo "<$__quotaline_dir>"'], env=env, capture_output=True, text=True, check=False
    )
    assert f"<{quotaline('init', '--where', env=env, check=True).stdout.decode().strip()}>" in done.stdout
    assert (home / FOLDER / f"quotaline.{shell}").exists()


def installed_files(home: Path, environment: dict[str, str]) -> dict[Path, str]:
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text(json.dumps({"statusLine": {"type": "command", "command": "theirs"}}))
    for host in (*RC_SHELLS, "starship", "tmux"):
        quotaline("install", host, env=environment, check=True)
    quotaline("install", "claude-code", "--chain", env=environment, check=True)
    files = {path: path.read_text() for path in sorted((home / FOLDER).iterdir())}
    assert {path.name for path in files} == {*shell_code.SHELL_FILES, *shell_code.SCRIPTS}
    return files


def test_after_an_upgrade_the_next_refresh_renews_each_file_and_leaves_its_settings(
    home: Path, environment: dict[str, str]
) -> None:
    files = installed_files(home, environment)
    for path, text in files.items():
        head, _, code = text.partition("\n\n")
        assert head.startswith("# quotaline ")
        assert code
        path.write_text(head.replace("# quotaline 0", "# quotaline 00").replace(QUOTALINE, "/other/quotaline") + "\n\nfalse\n")
        path.chmod(0o640)
    quotaline("refresh", env=environment)
    for path, text in files.items():
        assert path.read_text() == text.replace(QUOTALINE, "/other/quotaline")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_is_as_it_should_be_is_not_written_again(home: Path, environment: dict[str, str]) -> None:
    files = {path: path.stat() for path in installed_files(home, environment)}
    renew_shell_files(home / FOLDER)
    assert {path: path.stat() for path in files} == files


def test_the_scripts_of_older_versions_are_renewed_too(home: Path, environment: dict[str, str]) -> None:
    files = installed_files(home, environment)
    for name in shell_code.SCRIPTS:
        path = home / FOLDER / name
        settings = shell_code.kept_settings(files[path])
        head = (
            "# Written by `quotaline install`; `quotaline uninstall` removes it.\n" if settings else "# shellcheck shell=sh\n"
        )
        path.write_text(f"{head}{settings}\n# something\n\nelse\n")
    renew_shell_files(home / FOLDER)
    assert {path: path.read_text() for path in files} == files


def test_a_file_that_is_not_there_is_not_made(home: Path, environment: dict[str, str]) -> None:
    quotaline("refresh", env=environment)
    assert not (home / FOLDER).exists()


def test_the_doctor_is_content_in_another_account_and_not_with_other_code(home: Path, environment: dict[str, str]) -> None:
    files = installed_files(home, environment)

    def told() -> dict[str, str]:
        done = quotaline("doctor", "--json", env={**environment, "CLAUDE_CONFIG_DIR": "/x/work"})
        checks = json.loads(done.stdout)["checks"]
        return {check["name"]: check["status"] for check in checks if check["name"] in (*RC_SHELLS, "starship", "tmux")}

    assert set(told().values()) == {"PASS"}
    for path in files:
        path.write_text(path.read_text() + "\nfalse\n")
    assert set(told().values()) == {"WARN"}


def test_uninstall_takes_the_files_away(home: Path, environment: dict[str, str]) -> None:
    installed_files(home, environment)
    for host in (*RC_SHELLS, "starship", "tmux", "claude-code"):
        quotaline("uninstall", host, env=environment, check=True)
    assert not list((home / FOLDER).glob("*"))
