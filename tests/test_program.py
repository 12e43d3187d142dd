"""The installed program: from whatever installer, by path, by link, with spaces in the path, in odd environments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest

from commandline import QUOTALINE
from programs import need

ROOT = Path(__file__).resolve().parents[1]
PURELIB = sysconfig.get_path("purelib")
BASE = getattr(sys, "_base_executable", sys.executable)
STDIN = json.dumps({"model": {"display_name": "Opus"}})
pytestmark = pytest.mark.slow


class Installed(NamedTuple):
    """A program, its interpreter and environment, and whether its package lies in the interpreter's own folder."""

    program: Path
    python: str | Path
    env: dict[str, str]
    own_folder: bool = True


def run(*command: str | Path, env: dict[str, str], cwd: Path | None = None) -> tuple[str, str]:
    done = subprocess.run(command, input=STDIN, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / "scripts").is_dir():
        pytest.skip("not a source tree")
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def environment_at(folder: Path, *, pip: bool = False) -> Path:
    """A new environment of this Python; its interpreter."""
    subprocess.run([BASE, "-m", "venv", *([] if pip else ["--without-pip"]), str(folder)], check=True, capture_output=True)
    return folder / "bin" / "python"


def with_own_pip(wheel: Path, folder: Path, env: dict[str, str]) -> Installed:
    """The pip that comes with this Python, in an environment whose path has a space."""
    python = environment_at(folder / "an environment", pip=True)
    run(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel, env=env)
    return Installed(python.with_name("quotaline"), python, env)


def with_newest_pip(wheel: Path, folder: Path, env: dict[str, str]) -> Installed:
    python = environment_at(folder / "venv")
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel, env=env
    )  # fmt: skip
    return Installed(python.with_name("quotaline"), python, env)


def editable(wheel: Path, folder: Path, env: dict[str, str]) -> Installed:
    assert wheel.exists()
    python = environment_at(folder / "venv")
    words = ["install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run(sys.executable, "-m", "pip", "--python", python, *words, env={**env, "PYTHONPATH": PURELIB})
    return Installed(python.with_name("quotaline"), python, env)


def for_the_user(wheel: Path, folder: Path, env: dict[str, str]) -> Installed:
    env = {**env, "PYTHONUSERBASE": str(folder / "user base")}
    if subprocess.run([BASE, "-m", "pip", "--version"], env=env, capture_output=True, check=False).returncode:
        pytest.skip("this Python has no pip of its own")
    words = ["install", "--quiet", "--no-index", "--no-deps", "--user"]
    run(BASE, "-m", "pip", *words, wheel, env={**env, "PIP_BREAK_SYSTEM_PACKAGES": "1"})
    return Installed(folder / "user base" / "bin" / "quotaline", BASE, env, own_folder=False)


def with_uv(wheel: Path, folder: Path, env: dict[str, str]) -> Installed:
    need("uv")
    python = environment_at(folder / "an environment")
    run("uv", "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps", "--python", python, wheel, env=env)
    return Installed(python.with_name("quotaline"), python, env)


INSTALLERS = (with_own_pip, with_newest_pip, editable, for_the_user, with_uv)


@pytest.fixture(scope="module", params=INSTALLERS, ids=lambda make: make.__name__)
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder), "QUOTALINE_REFRESH": "1"}
    made: Installed = request.param(wheel, folder, env)
    for packages in made.program.parents[1].glob("lib/python*/site-packages"):
        (packages / "libraries.pth").write_text(PURELIB + "\n", encoding="utf-8")  # what quotaline needs, lent by the tests
    return made


def test_it_runs_by_path_by_link_and_by_name(installed: Installed, tmp_path: Path) -> None:
    links = tmp_path / "of mine"
    links.mkdir()
    (links / "quotaline").symlink_to(installed.program)
    (links / "ql").symlink_to("quotaline")
    by_name = {**installed.env, "PATH": f"{links}:{installed.env['PATH']}"}
    for words, env in (
        ((installed.program,), installed.env),
        ((links / "quotaline",), installed.env),
        ((links / "ql",), installed.env),
        (("./ql",), installed.env),
        (("/usr/bin/env", "quotaline"), by_name),
        (("/bin/sh", "-c", 'ql "$@"', "sh"), by_name),
    ):
        assert "Opus" in run(*words, "statusline", env=env, cwd=links)[0], words
        assert run(*words, "--version", env=env, cwd=links)[0].startswith("quotaline "), words


def test_it_knows_itself_by_the_path_that_it_was_called_by(installed: Installed, tmp_path: Path) -> None:
    link = tmp_path / "quotaline"
    link.symlink_to(installed.program)
    assert f"__quotaline_command={link}\n" in run(link, "init", "bash", env=installed.env)[0]


def test_a_prompt_waits_for_no_wrapper_and_where_it_can_for_no_site(installed: Installed) -> None:
    """`re`, which the wrappers of pip up to 24 import, is half of the time that a prompt takes."""
    env = {**installed.env, "PYTHONPROFILEIMPORTTIME": "1"}
    told = run(installed.program, "statusline", env=env)[1]
    assert ("" == told) == installed.own_folder
    assert imported(told) - imported(run(installed.python, "-c", "pass", env=env)[1]) <= {"_json"}


def imported(told: str) -> set[str]:
    """What is not ours among the modules that Python lists as imported."""
    names = {line.rpartition("|")[2].strip() for line in told.splitlines()[1:]}
    return {name for name in names if name.partition(".")[0] != "quotaline"}


HOSTILE = {
    "another Python's home": {"PYTHONHOME": "/nowhere"},
    "modules of the same names": {"PYTHONPATH": "modules"},
    "a file that each Python reads": {"PYTHONSTARTUP": "modules/os.py", "PYTHONINSPECT": "1", "PYTHONVERBOSE": "1"},
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("arguments", [["statusline"], ["prompt"], ["guard", "--hook", "--five-hour", "80"]])
def test_no_variable_of_python_reaches_what_a_prompt_waits_for(
    name: str, arguments: list[str], tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "modules" / "quotaline").mkdir(parents=True)
    for module in ("sitecustomize", "usercustomize", "_json", "time", "quotaline/__init__"):
        (tmp_path / "modules" / f"{module}.py").write_text("raise SystemExit('not ours')\n")
    plain = {key: value for key, value in environment.items() if not key.startswith("PYTHON")}
    expected = run(QUOTALINE, *arguments, env=plain, cwd=tmp_path)
    assert run(QUOTALINE, *arguments, env={**plain, **HOSTILE[name]}, cwd=tmp_path) == expected


def test_a_refresh_that_a_prompt_starts_is_not_stopped_by_a_variable_of_python(home: Path, environment: dict[str, str]) -> None:
    env = {**environment, "PYTHONHOME": "/nowhere"}
    del env["QUOTALINE_REFRESH"]
    command = [QUOTALINE, "prompt"]
    subprocess.run([need("strace"), "-f", "-qq", "-o", "/dev/null", *command], env=env, capture_output=True, check=True)
    assert (home / ".cache/quotaline/default/snapshot.json").exists(), "strace followed the refresh to its end"


@pytest.mark.parametrize(
    "first",
    [
        "#!{python}",
        "#!{python} -E",  # pipx
        "#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''",  # uv
        "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''",  # relocatable
    ],
)
@pytest.mark.parametrize("name", ["python", "py -thon", "py thon"])
def test_the_interpreter_is_read_in_whatever_form_it_is_written(
    first: str, name: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    python, program, twin = tmp_path / name, tmp_path / "quotaline", tmp_path / ".quotaline"
    for link in {python, tmp_path / "python"}:
        link.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        link.chmod(0o700)
    shutil.copy(QUOTALINE, program)
    rest = Path(QUOTALINE).with_name(".quotaline").read_text().partition("\n")[2]
    twin.write_text(first.format(python=python) + "\n" + rest)
    twin.chmod(0o700)
    assert run(program, "--version", env=environment)[0].startswith("quotaline ")
    assert "Opus" in run(program, "statusline", env=environment)[0]


def test_an_environment_that_was_moved_runs_where_its_first_line_is_mended(tmp_path: Path, environment: dict[str, str]) -> None:
    """As `conda-pack`, `virtualenv-clone` and people with sed do: then the program is Python's."""
    program = tmp_path / "quotaline"
    program.write_bytes(f"#!{sys.executable}\n".encode() + Path(QUOTALINE).read_bytes().partition(b"\n")[2])
    program.chmod(0o700)
    assert "Opus" in run(program, "statusline", env=environment)[0]
    assert f"__quotaline_command={program}\n" in run(program, "init", "bash", env=environment)[0]


def test_without_its_other_half_or_its_python_it_says_so(tmp_path: Path, environment: dict[str, str]) -> None:
    program, twin = tmp_path / "quotaline", tmp_path / ".quotaline"
    shutil.copy(QUOTALINE, program)
    for said in (f"{twin} is missing", "/nowhere/python is gone"):
        done = subprocess.run([program, "usage"], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (127, "")
        assert done.stderr == f"quotaline: {said}; install the package again.\n"
        twin.write_text("#!/nowhere/python\n", encoding="utf-8")
