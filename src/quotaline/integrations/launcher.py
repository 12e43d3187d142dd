"""EFFECT The installed program and this Python by their absolute paths, and the files of ours that other programs read.

A host's environment may lack the folder of `quotaline` in its PATH (Claude Code's often does), so nothing relies on PATH.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import quotaline
from quotaline.core import shell_code
from quotaline.errors import HostError
from quotaline.locations import resolve_locations

if TYPE_CHECKING:
    from collections.abc import Mapping

START = "start.py"


def command() -> str:
    """The absolute path of the `quotaline` program: the one that runs, else its twin beside this Python, else PATH's.

    A link is not followed: installers keep links in place when they put a newer version behind them. Raises HostError.
    """
    for path in (sys.argv[0], str(Path(sysconfig.get_path("scripts"), "quotaline")), shutil.which("quotaline") or ""):
        if shell_code.is_program(path):
            return os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow the link
    raise HostError("The quotaline program was not found beside this Python; install the package with pip, pipx or uv.")


def start() -> list[str]:
    """What starts a command of the prompt path in less time than the program: this Python, without `site`; [] for none."""
    file = Path(__file__).resolve().parent.parent / START
    return [sys.executable, "-I", "-S", str(file), command()] if sys.executable else []


def kept_file(name: str, env: Mapping[str, str]) -> Path:
    """Where a file for other programs is kept: with the data, so that it outlives the package's folder. Raises HostError."""
    folder = resolve_locations(env).data_dir
    if folder is None:
        raise HostError(f"There is no home folder to keep {name} in; set HOME or QUOTALINE_DATA_DIR.")
    return folder / "shell" / name


def kept_text(name: str, env: Mapping[str, str]) -> str:
    """What is in that file, with the settings of this environment. Raises HostError."""
    settings = ""
    if name in shell_code.SHELL_FILES:
        settings = shell_code.settings(shell_code.SHELL_FILES[name], env, command())
    elif name != "chain.sh":
        settings = shell_code.script_settings(name.removesuffix(".sh"), env, command())
    return shell_code.file_text(name, settings, quotaline.__version__)
