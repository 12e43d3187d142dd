"""EFFECT Break the code in one place at a time and see whether the tests notice: a seeded sample, and its score.

    make mutants                                   200 breaks with the seed of the day
    python bench/mutants.py --count 20 --seed 7 --room core

`breaks.py` says what a break is. Each is tried in a venv of its own, so that the processes which tests start are broken too.
The first time it is learned which test runs which line (`touched.py`). Then those that run the broken line come first, the
quickest of them before all: no other can notice it. Where nobody runs it, or it runs when its file is imported, such as a
constant that other files use, those that run its file or are of its room come next, and in the latter case all others last. A
test counts that fails with the break twice and not without it.

All of this is kept in `.mutants/`: what was noticed once is not tried again, what survived is.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breaks import SOURCE, Break, draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".mutants"
LEFT_OUT = (
    "test_house.py",
    "test_readme.py",
    "test_contributing.py",
    "test_pre_commit.py",
    "test_matrix.py",
    "test_mutants.py",
)
"""They look at the text of the tree, not at what the package does."""
FIRST = 40
"""So many of the quickest tests that run a broken line are tried before the others."""
NOT_FOUND = "ERROR: not found:"
RAN = re.compile(r"\d+ (passed|skipped)")
"""A break may end pytest itself, with 0."""


class Test(NamedTuple):
    """What was learned of one test: how long it takes, and the lines it runs of each file; `lost` where some were not seen."""

    id: str
    seconds: float
    lines: dict[str, frozenset[int]]
    lost: bool = False


class Copy:
    """A venv with a copy of the package, which may be broken; everything else is that of this Python."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, symlinks=True, with_pip=False)
        self.folder, self.python = folder, folder / "bin" / "python"
        self.site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
        (self.site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        self.package = self.site / "quotaline"
        shutil.copytree(SOURCE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        for data in ("segments", "presets"):
            shutil.copytree(ROOT / data, self.package / "_data" / data)
        script = Path(sys.executable).with_name("quotaline").read_text(encoding="utf-8")
        program = folder / "bin" / "quotaline"
        program.write_text(re.sub("^#!.*", f"#!{self.python}", script), encoding="utf-8")
        program.chmod(0o755)

    @contextlib.contextmanager
    def broken(self, it: Break) -> Iterator[None]:
        """The package with one break."""
        path = self.package / it.file
        cache = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
        former = path.read_text(encoding="utf-8")
        path.write_text(it.text, encoding="utf-8")
        cache.unlink(missing_ok=True)
        try:
            yield
        finally:
            path.write_text(former, encoding="utf-8")
            cache.unlink(missing_ok=True)

    def pytest(self, tests: Iterable[str], limit: float, seconds: float, *options: str) -> tuple[int, str]:
        """Run tests, each at most `limit` and all at most `seconds` long: pytest's exit code and what it printed."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:  # outside the tree, whose branch it would have
            return self._pytest(Path(scratch), tests, limit, seconds, *options)

    def _pytest(self, scratch: Path, tests: Iterable[str], limit: float, seconds: float, *options: str) -> tuple[int, str]:
        (scratch / "home").mkdir()
        (scratch / "ids").write_text("\n".join(tests), encoding="utf-8")
        env = {**os.environ, "TEST_TIME_LIMIT": str(limit), "HYPOTHESIS_STORAGE_DIRECTORY": str(scratch / "hypothesis")}
        env |= {"HOME": str(scratch / "home"), "PATH": f"{self.python.parent}:{os.environ['PATH']}"}
        words = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={scratch / 't'}"]
        words += [*options, f"@{scratch / 'ids'}"]
        with subprocess.Popen(
            words, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        ) as child:
            try:
                printed, _ = child.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                return -1, "never ended"
            finally:
                self._end_stragglers()
        return child.returncode, printed

    def _end_stragglers(self) -> None:
        """Processes of this venv that a broken program has left behind; where there is no /proc they stay."""
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{self.folder}/" in (entry / "cmdline").read_text(errors="replace") and int(entry.name) != os.getpid():
                    os.kill(int(entry.name), signal.SIGKILL)


class Learned(NamedTuple):
    """The tests, and of each file the lines that ran while it was imported."""

    tests: list[Test]
    imported: dict[str, set[int]]


def learn(copies: queue.Queue[Copy], jobs: int) -> Learned:
    """What is known of all tests, from the runs of now or before: a file of tests that has changed is run again.

    Of a file of the package that has changed since, only that a test runs it counts: its lines have moved.
    """
    kept = FOLDER / "touched.json"
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    tests = {str(path.relative_to(ROOT)): _digest(path) for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    package = {path.relative_to(SOURCE).as_posix(): _digest(path) for path in SOURCE.rglob("*.py")}
    known = {name: entry for name, entry in known.items() if tests.get(name) == entry["digest"]}

    def follow(name: str) -> None:
        copy = copies.get()
        shutil.copy(ROOT / "bench" / "touched.py", copy.site)
        starter, of_tests = copy.site / "touched.pth", copy.site / "touched.tests"
        starter.write_text("import touched; touched.follow()\n", encoding="utf-8")
        of_tests.unlink(missing_ok=True)
        code, printed = copy.pytest([name], 300, 1800, "-p", "touched")
        starter.unlink()
        if code not in (0, 1):  # 1: some tests mind being followed
            raise SystemExit(f"{name} cannot be followed: exit {code}\n{printed}")
        rows = [json.loads(row) for row in of_tests.read_text(encoding="utf-8").splitlines()]
        known[name] = {"digest": tests[name], "package": package, "rows": rows}
        copies.put(copy)
        print(f"learned {name}\n", end="", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(follow, [name for name in tests if name not in known and Path(name).name not in LEFT_OUT]))
    kept.write_text(json.dumps(known), encoding="utf-8")
    found, imported = [], defaultdict[str, set[int]](set)
    for entry in known.values():
        same = {name for name, digest in entry["package"].items() if package.get(name) == digest}
        for row in entry["rows"]:
            lines = {name: frozenset(numbers if name in same else ()) for name, numbers in row["lines"].items()}
            if row["test"]:
                found.append(Test(row["test"], row["seconds"], lines, row["lost"]))
            else:
                for name, numbers in lines.items():
                    imported[name] |= numbers
    return Learned(found, imported)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def in_turn(it: Break, known: Learned) -> Iterator[list[Test]]:
    """The tests that may notice a break, those that will most likely and cheaply do so first."""
    room = f"tests/{it.file.split('/')[0]}/"
    left = sorted(known.tests, key=lambda test: test.seconds)
    on_line = [test for test in left if it.line in test.lines.get(it.file, ()) or test.lost]
    seen = any(it.line in test.lines.get(it.file, ()) for test in on_line)
    in_file = [test for test in left if it.file in test.lines or test.id.startswith(room)]
    if it.line not in known.imported.get(it.file, ()):
        left = []
        in_file = [] if seen else in_file
    done: set[str] = set()
    for some in (on_line[:FIRST], on_line, in_file[:FIRST], in_file, left):
        yield [test for test in some if test.id not in done]
        done |= {test.id for test in some}


def noticed(it: Break, copy: Copy, learned: Learned, failing: set[str]) -> str:
    """How the tests noticed the break; "" when they did not. `failing` are those that fail without it as well."""
    for some in in_turn(it, learned):
        while left := [test for test in some if test.id not in failing]:
            limit = max(20.0, *(5 * test.seconds for test in left))
            seconds = 120 + 3 * sum(test.seconds for test in left)
            with copy.broken(it):
                code, printed = copy.pytest([test.id for test in left], limit, seconds, "-x")
                if NOT_FOUND in printed:  # the break has changed the tests' names
                    code, printed = copy.pytest({test.id.partition("::")[0] for test in left}, limit, seconds, "-x")
            if code == 0 and RAN.search(printed):
                break
            ids = sorted((test.id for test in left), key=len, reverse=True)
            failed = next((name for name in ids if f"FAILED {name}" in printed or f"ERROR {name}" in printed), "")
            if not failed:
                return f"exit {code} {printed[-100:]!r}"
            if copy.pytest([failed], limit, seconds)[0] == 0:
                with copy.broken(it):
                    if copy.pytest([failed], limit, seconds)[0] != 0:
                        return failed
            print(f"does not count, for it fails without a break or by chance: {failed}\n", end="", flush=True)
            failing.add(failed)
    return ""


def main() -> int:
    """Draw, break, test, print the score."""
    parser = argparse.ArgumentParser(description="Break the code in one place at a time and see whether the tests notice.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.strftime("%Y%m%d")))
    parser.add_argument("--room", default="", help="only files whose path begins so, such as core/ or ledger/sums.py")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="breaks that are tried at the same time")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    copies: queue.Queue[Copy] = queue.Queue()
    for number in range(options.jobs):
        copies.put(Copy(FOLDER / str(number)))
    learned = learn(copies, options.jobs)
    results = FOLDER / "noticed.json"
    known: dict[str, str] = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    score: Counter[bool] = Counter()
    failing: set[str] = set()

    def attempt(it: Break) -> None:
        how = known.get(it.name, "")
        if not how:
            copy = copies.get()
            how = noticed(it, copy, learned, failing)
            copies.put(copy)
        score[bool(how)] += 1
        if how:
            known[it.name] = how
            results.write_text(json.dumps(dict(known), indent=1), encoding="utf-8")
        place = f"{it.file}:{it.line}"
        print(f"{score.total():>4}  {'noticed ' if how else 'SURVIVED'}  {place:<34} {it.what:<24} {how}\n", end="", flush=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(attempt, draw(options.count, options.seed, options.room)))
    total = score.total()
    print(f"{score[True]} of {total} noticed ({100 * score[True] / max(1, total):.1f} %), seed {options.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
