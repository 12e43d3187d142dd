"""EFFECT Claude Code's version: from its path where that tells, else from the program itself, which gets little time."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from quotaline.files import read_file
from quotaline.sources.credentials import scrubbed_env

if TYPE_CHECKING:
    from collections.abc import Mapping

Version: TypeAlias = tuple[int, int, int]
PATIENCE = 0.4
"""Seconds in which `claude --version` must answer; it is only asked where its path does not tell."""
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
RATE_LIMITS: Version = (2, 1, 80)
"""The first version that hands rate limits to its status line."""


def client_program(command: str, env: Mapping[str, str]) -> tuple[Path, list[str]] | None:
    """The program that `command` starts, as PATH finds it, and the command's words; None where there is no such program."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    program = shutil.which(words[0], path=env.get("PATH")) if words else None
    return None if program is None else (Path(program), words)


def client_version(command: str, env: Mapping[str, str]) -> Version | None:
    """The version of the program that `command` starts; None where there is none, or it does not tell."""
    found = client_program(command, env)
    if found is None:
        return None
    real = found[0].resolve()
    candidates = [real.name, real.parent.name]
    package = next((folder / "package.json" for folder in real.parents[:3] if (folder / "package.json").is_file()), None)
    try:
        if package is not None:
            candidates.append(str(msgspec.json.decode(read_file(package)).get("version")))
        if not any(VERSION.fullmatch(text) for text in candidates):
            own = {**scrubbed_env(env), "QUOTALINE_REFRESH": "doctor"}
            run = subprocess.run(
                [*found[1], "--version"], env=own, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
            )
            candidates.append(run.stdout.decode("utf-8", "replace").split(" ")[0].strip())
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError, AttributeError):
        return None
    match = next((match for text in candidates if (match := VERSION.fullmatch(text))), None)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))
