"""EFFECT The installed command by its absolute path, and the shell files that are shipped with it.

A host's environment may lack the folder of `quotaline` in its PATH (Claude Code's often does), so nothing relies on PATH.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from quotaline.core.surfaces import SURFACES
from quotaline.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Mapping

START = "start.py"
ZSH_READER = """__quotaline_load() {{
  \\builtin emulate -L zsh
  \\builtin setopt no_aliases
  \\builtin eval "$1"
}}
__quotaline_load {}
\\builtin unset -f __quotaline_load
"""


def command() -> str:
    """The absolute path of the `quotaline` program: the one that runs, else its twin beside this Python, else PATH's.

    A link is not followed: installers keep links in place when they put a newer version behind them. Raises HostError.
    """
    here = sys.argv[0]
    found = [here] if Path(here).name == "quotaline" and os.sep in here else []
    found.append(str(Path(sysconfig.get_path("scripts"), "quotaline")))
    found.append(shutil.which("quotaline") or "")
    for path in found:
        if path and os.access(path, os.X_OK) and Path(path).is_file():
            return os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow the link
    raise HostError("The quotaline program was not found beside this Python; install the package with pip, pipx or uv.")


def start() -> list[str]:
    """The words before a prompt path command that start it in less time than the program: this Python, without `site`."""
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve().parent.parent / START)] if sys.executable else []


def shipped(*names: str) -> str:
    """Shell files of the package, one after the other."""
    folder = Path(__file__).resolve().parent.parent / "shells"  # importlib.resources costs a shell 20 ms at its start
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def init_code(shell: str, settings: Mapping[str, str]) -> str:
    """What `init` prints for a shell, without completions: `settings` as variables, then the shell's files.

    zsh reads all of an `eval` before it runs any of it, by the options and aliases of that moment: so its code is a word, which
    is read by zsh's own options and without aliases.
    """
    assignment = "set -g {} {}\n" if SURFACES[shell].quoting == "fish" else "{}={}\n"
    head = "".join(assignment.format(name, quote(value, shell)) for name, value in settings.items())
    code = shipped(*SURFACES[shell].init)
    return head + (ZSH_READER.format(quote(code, shell)) if shell == "zsh" else code)


def script(surface: str, cache_dir: str, config_dir: str, program: str) -> str:
    """A POSIX script that prints the line for `surface` without Python: `line.sh` with its arguments in it."""
    words = shlex.join([cache_dir, config_dir, program, surface])
    head = f'# Written by `quotaline install`; `quotaline uninstall` removes it.\nset -- {words} "$@"\n'
    return head + shipped("frame.sh", "line.sh")


def quote(text: str, surface: str) -> str:
    """One word for a shell; fish knows two escapes inside single quotes."""
    if SURFACES[surface].quoting == "fish":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return shlex.quote(text)
