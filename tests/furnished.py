"""A home with the bundled sample, as the real commands read it: made once in a while and copied, as making it takes seconds."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from quotaline.preview import sample

QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
OLDEST = 60.0
"""Seconds after which a template is made anew: its times are counted from when it was made."""


class Template:
    """A furnished home to copy; a refresh has read all of it, and a status line was drawn."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made, self._count = folder, 0.0, 0

    def copy(self, home: Path, environment: dict[str, str]) -> dict[str, str]:
        """Furnish `home`, which is empty; `environment` with the variables that the sample needs."""
        if time.time() - self._made > OLDEST:
            self._make(environment)
        source = self._source()
        shutil.copytree(source, home, symlinks=True, dirs_exist_ok=True)
        ledger = home / ".local" / "share" / "quotaline" / "ledger.db"
        with contextlib.closing(sqlite3.connect(ledger)) as connection, connection:
            for table in ("config_dir", "folder", "file"):  # the ledger names transcripts by their whole path
                connection.execute(f"UPDATE {table} SET path = replace(path, ?, ?)", (f"{source}/", f"{home}/"))  # noqa: S608
        return {**environment, "QUOTALINE_CONFIG": str(home / "config.toml"), "QUOTALINE_REFRESH": "1"}

    def _source(self) -> Path:
        return self._folder / str(self._count)

    def _make(self, environment: dict[str, str]) -> None:
        self._made, self._count = time.time(), self._count + 1
        home = self._source()
        home.mkdir()
        env = {**environment, **sample.furnish(home, self._made)}
        line = json.dumps(sample.load("statusline.json", self._made))
        subprocess.run([*QUOTALINE, "statusline"], env=env, input=line, text=True, capture_output=True, check=True)
        subprocess.run([*QUOTALINE, "refresh", "--force", "--background"], env=env, capture_output=True, check=True)
