"""EFFECT The files that shells, tmux and starship read at their start, renewed after an upgrade."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import quotaline
from quotaline.core import shell_code
from quotaline.files import read_file, write_atomic

if TYPE_CHECKING:
    from pathlib import Path


def renew_shell_files(folder: Path) -> None:
    """Give each file that `install` keeps in `folder` the code of this version; its settings stay. Raises OSError."""
    for name in (*shell_code.SHELL_FILES, *shell_code.SCRIPTS):
        path = folder / name
        if not path.is_file():
            continue
        old = read_file(path).decode("utf-8", "surrogateescape")
        code = shell_code.code_of(name)
        if old.startswith(shell_code.OPENING) and old.partition("\n\n")[2] == code:
            continue
        new = shell_code.file_text(name, shell_code.kept_settings(old), quotaline.__version__)
        place = path.resolve()
        write_atomic(place, new.encode("utf-8", "surrogateescape"), mode=stat.S_IMODE(place.stat().st_mode))
