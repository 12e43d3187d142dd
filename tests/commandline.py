"""Runs the installed `quotaline` as a child process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

QUOTALINE = str(Path(sys.executable).with_name("quotaline"))


def quotaline(
    *arguments: str, env: dict[str, str], stdin: bytes = b"", cwd: Path | None = None, check: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """One call of the installed script; nothing of the caller's terminal reaches it."""
    return subprocess.run([QUOTALINE, *arguments], input=stdin, capture_output=True, env=env, cwd=cwd, check=check)
