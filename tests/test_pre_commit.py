"""The hook of `.pre-commit-hooks.yaml`, installed and run by the real pre-commit from a clone of this repository.

No network: pip builds the clone with the build tools of this environment, whose packages the hook's own environment sees.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from guard_snapshot import leave_snapshot
from usage_history import HOUR, used

pytest.importorskip("pre_commit", reason="it cannot be installed beside the lowest allowed dependencies")

ROOT = Path(__file__).resolve().parents[1]
PRE_COMMIT = [sys.executable, "-m", "pre_commit"]
YAML = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
PARTS = ("src", "scripts", "segments", "presets", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
CONFIG = """\
repos:
  - repo: {repo}
    rev: {rev}
    hooks:
      - id: quotaline-guard
        args: [--five-hour, "80", --offline]
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(folder: Path) -> str:
    """Make `folder` a repository of what is in it; its commit."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "All of it")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that uses the hook of a clone of this repository."""
    if not (ROOT / ".pre-commit-hooks.yaml").exists():
        pytest.skip("not a source tree")
    clone, folder = tmp_path / "clone", tmp_path / "project"
    for part in PARTS:
        source, target = ROOT / part, clone / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    rev = repository(clone)
    folder.mkdir()
    (folder / ".pre-commit-config.yaml").write_text(CONFIG.format(repo=clone, rev=rev))
    repository(folder)
    return folder


def test_the_hook_lets_a_commit_pass_while_there_is_room_and_stops_it_where_there_is_none(
    project: Path, home: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    env = {
        **environment,
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads the variable as the setting itself: no isolation
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }

    def run() -> subprocess.CompletedProcess[str]:
        command = [*PRE_COMMIT, "run", "--all-files", "--color", "never"]
        return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)

    now = time.time()
    leave_snapshot(home, used(42, now, resets_at=now + HOUR, name="Session (5h)"))
    passed = run()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert passed.stdout.splitlines()[-1].endswith("Passed")
    leave_snapshot(home, used(91, now, resets_at=now + HOUR, name="Session (5h)"))
    stopped = run()
    assert stopped.returncode == 1
    assert "Failed" in stopped.stdout
    assert "quotaline: Session (5h) is at 91 %, the limit is 80 %" in stopped.stdout
    assert list((tmp_path / "pre-commit").glob("repo*/py_env-*/bin/quotaline")), "the hook's own installation is what ran"


def test_the_recipe_in_the_readme_gets_a_commit_that_exists(project: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """As a reader would: paste it, and let pre-commit write the revision."""
    [recipe] = [text for text in YAML if "quotaline-guard" in text]
    clone = tmp_path / "clone"
    pasted = recipe.replace("https://github.com/OWNER/quotaline", str(clone))
    assert pasted != recipe
    (project / ".pre-commit-config.yaml").write_text(pasted)
    env = {**environment, "PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}
    [command] = re.findall(r"`pre-commit (autoupdate .*?)`", recipe)
    done = subprocess.run([*PRE_COMMIT, *command.split()], cwd=project, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"rev: {git(clone, 'rev-parse', 'HEAD')}" in (project / ".pre-commit-config.yaml").read_text()


def test_no_recipe_names_a_revision_that_is_not_there() -> None:
    """A tag of this repository, or the word that stands for a commit; a branch moves and pre-commit warns of it."""
    tags = set(git(ROOT, "tag").split())
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    named = [rev for page in pages for rev in re.findall(r"^\s*rev: (\S+)", page.read_text(encoding="utf-8"), re.MULTILINE)]
    assert named
    assert set(named) <= tags | {"COMMIT"}


def test_our_own_hooks_are_make_targets(environment: dict[str, str], tmp_path: Path) -> None:
    """Run by the real pre-commit in a repository of this configuration, with a `make` that notes what it is asked."""
    project, programs = tmp_path / "project", tmp_path / "bin"
    for folder in (project, programs):
        folder.mkdir()
    shutil.copy(ROOT / ".pre-commit-config.yaml", project)
    (project / "some.py").write_text("")
    repository(project)
    (programs / "make").write_text(f'#!/bin/sh\necho "$@" >> {programs}/asked\n')
    (programs / "make").chmod(0o755)
    env = {
        **environment,
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PATH": f"{programs}{os.pathsep}{environment['PATH']}",
    }
    command = [*PRE_COMMIT, "run", "--all-files"]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    asked = (programs / "asked").read_text().split()
    assert asked == ["lint", "types"]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(asked) <= set(targets)
