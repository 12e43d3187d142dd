"""The programs that the tests drive: `make programs` installs what is missing, and a test without its own is skipped.

    python tests/programs.py

As root on a Debian it asks apt-get, anywhere else it says what is missing. It needs Python alone.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

PACKAGES = {
    "bash": "bash",
    "zsh": "zsh",
    "fish": "fish",
    "dash": "dash",
    "busybox": "busybox",
    "tmux": "tmux",
    "strace": "strace",
    "shellcheck": "shellcheck",
    "jq": "jq",
    "chromium": "chromium",
    "postgres": "postgresql",
    "openssl": "openssl",
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "prometheus-node-exporter": "prometheus-node-exporter",
}
"""Program → Debian's package of it."""
HIDDEN = ("usr/lib/postgresql/*/bin",)
"""Where Debian keeps programs that are on nobody's PATH."""
EXTRA = ("starship", "uv", "ccusage", "node", "npm", "claude")
"""Those that tests use where they are, and that nobody need install for them."""
ABSENT = " is not installed"


def missing() -> list[str]:
    """The programs that are not here."""
    return [program for program in PACKAGES if which(program) is None]


def which(program: str) -> str | None:
    """Where a program is, on the PATH or where Debian hides it; of several versions the newest."""
    hidden = (path for pattern in HIDDEN for path in sorted(Path("/").glob(f"{pattern}/{program}"), reverse=True))
    return shutil.which(program) or next(map(str, hidden), None)


def need(program: str) -> str:
    """The program's path; where it is not here, or may not do its work, the test is skipped by its name."""
    import pytest

    found = which(program)
    if found is None:
        where = "" if program in EXTRA else f" (Debian's package {PACKAGES[program]})"
        pytest.skip(f"{program}{ABSENT}{where}")
    if program == "strace" and not may_trace(found):
        pytest.skip("no process may be traced here")
    return found


def npm_program(package: str, version: str, file: str) -> Path:
    """A file of an npm package, which is fetched once into the environment; without it the test is skipped by its name."""
    import pytest

    place = Path(sys.prefix, "npm", package.replace("/", "-"))
    found = place / "node_modules" / package / file
    if not found.exists():
        own_home = pwd.getpwuid(os.getuid()).pw_dir  # npm's own settings are there
        words = [need("npm"), "install", "--silent", "--ignore-scripts", "--prefix", str(place), f"{package}@{version}"]
        subprocess.run(words, env={**os.environ, "HOME": own_home}, capture_output=True, check=False)
    if not found.exists():
        pytest.skip(f"{package}{ABSENT}, and npm does not bring it here")
    return found


@cache
def may_trace(strace: str) -> bool:
    """Whether the system lets a process be traced, which containers often do not."""
    return subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


def summary(reasons: list[str]) -> str:
    """One line on the tests that were skipped for want of a program; "" where there were none."""
    absent = Counter(reason.partition(ABSENT)[0].split()[-1] for reason in reasons if ABSENT in reason)
    if not absent:
        return ""
    told = ", ".join(f"{program} ({count})" for program, count in sorted(absent.items()))
    return f"{absent.total()} tests were skipped for want of: {told}; `make programs` installs or names them."


def main() -> None:
    """Install what is missing, or say it; never a failure, since its tests are skipped."""
    packages = list(dict.fromkeys(PACKAGES[program] for program in missing()))
    if packages and shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", *packages]):
            subprocess.run(["apt-get", *words], env=env, stdout=subprocess.DEVNULL, check=False)
    if left := missing():
        names = " ".join(dict.fromkeys(PACKAGES[program] for program in left))
        print(f"Not here, so that their tests are skipped: {', '.join(left)}. Debian's packages: {names}.", file=sys.stderr)


if __name__ == "__main__":
    main()
