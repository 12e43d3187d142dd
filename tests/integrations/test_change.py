"""A file that somebody else owns: its owner, mode, links, names and mounts stay, and folders of ours go."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from commandline import quotaline
from programs import need
from quotaline.integrations import change


def test_every_name_of_a_file_stays_its_name(home: Path, environment: dict[str, str]) -> None:
    (home / "dotfiles").mkdir()
    original = home / "dotfiles" / "bashrc"
    original.write_text("PS1='me> '\n")
    (home / ".bashrc").hardlink_to(original)
    assert quotaline("install", "bash", env=environment).returncode == 0
    assert ">>> quotaline" in original.read_text()
    assert quotaline("uninstall", "bash", env=environment).returncode == 0
    assert original.read_text() == "PS1='me> '\n"
    assert (home / ".bashrc").samefile(original)


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV, errno.EPERM])
def test_a_file_that_cannot_be_renamed_over_is_written_in_place(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a single file that a container mounts."""
    path = tmp_path / "folder" / "settings.json"
    path.parent.mkdir()
    path.write_text("a longer text than the new one")
    path.chmod(0o640)

    def refuse(*_words: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "replace", refuse)
    before = path.stat().st_ino
    change.write_like(path, b"new", path)
    assert (b"new", before, 0o640) == (path.read_bytes(), path.stat().st_ino, stat.S_IMODE(path.stat().st_mode))
    assert [path] == list(path.parent.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_root_leaves_a_file_and_its_copy_to_their_owner(home: Path, environment: dict[str, str]) -> None:
    path = home / ".bashrc"
    path.write_text("# mine\n")
    for owned in (home, path):
        os.chown(owned, 4242, 4243)
    quotaline("install", "bash", env=environment)
    quotaline("install", "fish", env=environment)
    made = [path, path.with_name(".bashrc.quotaline-backup"), home / ".config", home / ".config/fish/config.fish"]
    assert {(4242, 4243)} == {(found.stat().st_uid, found.stat().st_gid) for found in made}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in another user's home")
def test_what_root_does_in_a_users_home_stays_the_users(home: Path, environment: dict[str, str]) -> None:
    probe = [sys.executable, "-c", "import os, quotaline"]
    try:
        subprocess.run(probe, user=4242, group=4243, extra_groups=[], capture_output=True, check=True, cwd="/")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this Python is closed to other users")
    os.chown(home, 4242, 4243)
    for folder in home.parents:  # pytest's own are closed to others
        if folder.stat().st_uid == 0 and folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    assert quotaline("install", "tmux", env=environment).returncode == 0
    quotaline("refresh", "--force", env=environment)
    quotaline("statusline", env=environment, stdin=b'{"rate_limits": {"five_hour": {"used_percentage": 42}}}')
    found = list(home.rglob("*"))
    assert any(path.name == "snapshot.json" for path in found)
    assert {4242} == {path.stat().st_uid for path in found}


@pytest.mark.parametrize("host", ["bash", "zsh", "fish", "starship", "tmux", "claude-code"])
def test_nothing_is_left_where_nothing_was(host: str, home: Path, environment: dict[str, str]) -> None:
    (home / ".local" / "share").mkdir(parents=True)  # everybody's
    before = sorted(home.rglob("*"))
    assert quotaline("install", host, env=environment).returncode == 0
    assert quotaline("uninstall", host, env=environment).returncode == 0
    assert before == sorted(home.rglob("*"))


@pytest.mark.parametrize(("name", "text"), [(".bash_profile", "PS1='me> '\n"), (".profile", "# bashrc is not read\nx=1\n")])
def test_a_login_bash_that_reads_no_bashrc_gets_the_line_too(
    name: str, text: str, home: Path, environment: dict[str, str]
) -> None:
    (home / name).write_text(text)
    quotaline("install", "bash", env=environment)
    assert ">>> quotaline" in (home / name).read_text()
    quotaline("uninstall", "bash", env=environment)
    assert (home / name).read_text() == text
    (home / name).write_text(text + ". ~/.bashrc\n")
    quotaline("install", "bash", env=environment)
    assert ">>> quotaline" not in (home / name).read_text()


def test_zsh_is_asked_where_its_files_are(home: Path, environment: dict[str, str]) -> None:
    need("zsh")
    (home / ".zshenv").write_text("ZDOTDIR=$HOME/.config/zsh\n")
    (home / ".config/zsh").mkdir(parents=True)
    quotaline("install", "zsh", env=environment)
    assert ">>> quotaline" in (home / ".config/zsh/.zshrc").read_text()
    assert not (home / ".zshrc").exists()


def test_a_file_that_was_not_there_is_private(tmp_path: Path) -> None:
    change.write_like(tmp_path / "new", b"x", tmp_path / "nothing")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
