"""EFFECT The tests on every Python that pyproject.toml names and the next one, and once on the lowest allowed dependencies.

    make matrix
    python bench/matrix.py [--whole] [VERSION | lowest]...

Each has an environment of its own in `.matrix/`, which is kept: the second time only the wheel is installed anew. A Python
is looked for on PATH, among pyenv's versions and where uv keeps its own. One that cannot be had is named and costs nothing;
exit 1 says that the tests of one that is there did not pass, or that its environment could not be made.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".matrix"
LOWEST = "lowest"
PYTHON = re.compile(r"Programming Language :: Python :: 3\.(\d+)")
BOUND = re.compile(r"([A-Za-z0-9_.-]+)>=([0-9.]+)")
NEW_TOOLS = ("mypy", "pre-commit", "ruff")
"""Tools that the tests do without; pre-commit wants newer releases of what the program itself may have older."""


def project() -> dict[str, Any]:
    """`pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def versions(tree: Mapping[str, Any]) -> list[str]:
    """The Pythons that the classifiers name, and the one after them: what breaks there is known before it is named."""
    minors = sorted(int(found[1]) for text in tree["project"]["classifiers"] if (found := PYTHON.fullmatch(text)))
    return [f"3.{minor}" for minor in [*minors, minors[-1] + 1]]


def lowest_pins(tree: Mapping[str, Any]) -> list[str]:
    """The runtime dependencies at their lower bounds. Raises ValueError for one that has none."""
    pins = []
    for dependency in tree["project"]["dependencies"]:
        found = BOUND.fullmatch(dependency)
        if found is None:
            raise ValueError(f"{dependency!r} has no lower bound of the form NAME>=VERSION")
        pins.append(f"{found[1]}=={found[2]}")
    return pins


def candidates(version: str, env: Mapping[str, str]) -> Iterator[str]:
    """Programs that may be this Python: on PATH, pyenv's from the newest patch down, uv's."""
    path = env.get("PATH", "")
    if found := shutil.which(f"python{version}", path=path):
        yield found
    versions_of_pyenv = Path(env.get("PYENV_ROOT") or Path(env.get("HOME", "/"), ".pyenv"), "versions")
    patches = [folder for folder in versions_of_pyenv.glob(f"{version}.*") if folder.name.rpartition(".")[2].isdigit()]
    for folder in sorted(patches, key=lambda folder: int(folder.name.rpartition(".")[2]), reverse=True):
        yield str(folder / "bin" / "python")
    if uv := shutil.which("uv", path=path):
        command = [uv, "python", "find", "--no-python-downloads", version]
        done = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield done.stdout.strip()


def find(version: str, env: Mapping[str, str]) -> str | None:
    """An interpreter that runs and is this version; a shim on PATH may be there without one behind it."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for program in candidates(version, env):
        try:
            done = subprocess.run([program, "-c", ask], env=dict(env), capture_output=True, text=True, check=False)
        except OSError:
            continue
        if (done.returncode, done.stdout.strip()) == (0, version):
            return program
    return None


def install(program: str, folder: Path, *, lowest: bool) -> Path:
    """An environment with quotaline's wheel and the tools in it; its interpreter. Raises CalledProcessError."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([program, "-m", "venv", folder], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    if lowest:
        tree = project()
        tools = [tool for tool in tree["dependency-groups"]["dev"] if tool not in NEW_TOOLS]
        needs = [*lowest_pins(tree), *tools]
        subprocess.run([*pip, "--upgrade", "pip"], check=True, cwd=ROOT)
        subprocess.run([*pip, *needs], check=True, cwd=ROOT)
    else:
        pip += ["--constraint", "constraints.txt"]
        subprocess.run([*pip, "pip"], check=True, cwd=ROOT)
        subprocess.run([*pip, "--group", "dev"], check=True, cwd=ROOT)
        subprocess.run([*pip, "--no-build-isolation", "."], check=True, cwd=ROOT)
    wheel = [*pip, "--no-build-isolation", "--force-reinstall", "--no-deps", "."]
    subprocess.run(wheel, check=True, cwd=ROOT)
    return python


def tests(python: Path, *, whole: bool) -> tuple[bool, str]:
    """Run them; whether all passed, and pytest's last line."""
    command = [
        str(python),
        "-m",
        "pytest",
        "-q",
        "-n",
        "auto",
        "-p",
        "no:cacheprovider",
        *(() if whole else ("-m", "not slow")),
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, end="")
    return done.returncode == 0, (done.stdout.strip().splitlines() or ["no output"])[-1].strip("= ")


def run(name: str, env: Mapping[str, str], *, whole: bool) -> tuple[bool, str]:
    """One row of the matrix: whether it may stand, and what is to be said about it."""
    lowest = name == LOWEST
    version = versions(project())[0] if lowest else name
    program = find(version, env)
    if program is None:
        return True, f"not tested: no python{version} on PATH, under pyenv or with uv"
    try:
        python = install(program, FOLDER / name, lowest=lowest)
    except subprocess.CalledProcessError as error:
        return False, f"no environment could be made: {error}"
    passed, summary = tests(python, whole=whole)
    return passed, f"{summary}, Python {version} with {', '.join(lowest_pins(project()))}" if lowest else summary


def main(words: Sequence[str]) -> int:
    """Run what is named, else everything."""
    known = [*versions(project()), LOWEST]
    parser = argparse.ArgumentParser(description="The tests on several versions of Python.")
    parser.add_argument("names", nargs="*", metavar="VERSION", help=f"some of {', '.join(known)}; all where none is named")
    parser.add_argument("--whole", action="store_true", help="the whole suite instead of the quick tests")
    given = parser.parse_args(words)
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"{', '.join(unknown)} is not in the matrix: {', '.join(known)}")
    results = {}
    for name in given.names or known:
        results[name] = run(name, os.environ, whole=given.whole)
        print(f"{name:>7}  {'' if results[name][0] else 'FAILED  '}{results[name][1]}", flush=True)
    return int(not all(passed for passed, _ in results.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
