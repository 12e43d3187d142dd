"""CONTRIBUTING.md: each example of an addition is applied to a copy of the program, touches the files it says, and works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import quotaline
from programs import need

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE))
COUNTS = {name: int(count) for name, count in re.findall(r"^\| ([a-z ]+) \| (\d+) \|", PAGE, re.MULTILINE)}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)

pytestmark = pytest.mark.slow


def changes(recipe: str) -> dict[str, list[tuple[str, str]]]:
    """File → `(old, new)` texts; a new file has the one change from nothing."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, block in FENCE.findall(recipe):
        head, _, body = block.partition("\n")
        if kind != "diff":
            found.setdefault(head.removeprefix("# "), []).append(("", body))
            continue
        for hunk in body.split("@@\n"):
            lines = hunk.splitlines(keepends=True)
            assert {line[0] for line in lines} <= set("+- "), hunk
            old, new = ("".join(line[1:] for line in lines if line[0] != other) for other in "+-")
            found.setdefault(head.removeprefix("+++ "), []).append((old, new))
    return found


class Changed:
    """A copy of the program with one recipe in it."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.files = changes(RECIPES[name])
        for part in ("src/quotaline", "segments", "presets", "docs"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "README.md", folder)
        for file, hunks in self.files.items():
            for old, new in hunks:
                self.change(file, old, new)
        self.env = {**environment, "PYTHONPATH": str(folder / "src")}

    def change(self, file: str, old: str, new: str) -> None:
        """Replace what stands in a file exactly once, or make the file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert bool(old) == path.exists(), f"{file}: a new file is given whole, one that is there by a change"
        assert text.count(old) == 1, f"{file} does not hold once: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *words: str | Path, stdin: str = "", code: int = 0) -> str:
        """What a Python of the changed program prints."""
        done = subprocess.run(
            [sys.executable, "-P", *words], env=self.env, input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def quotaline(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """What a command of the changed program prints."""
        return self.run("-m", "quotaline", *words, stdin=stdin, code=code)

    def python(self, program: str) -> Any:
        """The value of an expression, or of the last of several lines, as JSON."""
        *before, last = program.strip().splitlines()
        return json.loads(self.run("-c", "\n".join(["import json", *before, f"print(json.dumps({last}))"])))

    def told(self, **windows: dict[str, Any]) -> None:
        """Claude Code hands over these windows, and a refresh reads them."""
        self.quotaline("statusline", stdin=json.dumps({"session_id": "one", "rate_limits": windows}))
        self.quotaline("refresh", "--force")


@pytest.fixture
def changed(request: pytest.FixtureRequest, tmp_path: Path, environment: dict[str, str]) -> Changed:
    found = Changed(request.param, tmp_path / "tree", environment)
    assert COUNTS[request.param] == len(found.files), sorted(found.files)
    return found


def recipe(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("changed", [name], indirect=True)


@recipe("segment")
def test_a_segment_is_one_file_shipped_or_the_users_own(
    changed: Changed, home: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    at = time.time() + 3000
    changed.told(five_hour={"used_percentage": 42, "resets_at": at})
    clock = datetime.fromtimestamp(at, UTC).strftime("%H:%M")
    assert re.fullmatch(rf"5h until (\w+ )?{clock}\n", changed.quotaline("prompt", "session_end"))
    [(file, [(_, body)])] = changed.files.items()
    assert "session_end" in changed.quotaline("segments")

    own = home / ".config" / "quotaline" / "segments" / Path(file).name
    own.parent.mkdir(parents=True)
    own.write_text(body)
    plain = {**environment, "QUOTALINE_CACHE_DIR": str(tmp_path / "other")}
    done = subprocess.run(
        [sys.executable, "-m", "quotaline", "segments"], env=plain, capture_output=True, text=True, check=True
    )
    assert "session_end" in done.stdout


@recipe("currency")
def test_a_currency_is_one_row_that_prints_and_is_parsed(changed: Changed) -> None:
    """Printed in a line, and understood where a person writes an amount."""
    assert changed.python("from quotaline.core.money import format_money as f\nf([1240, 'TRY', 2])") == "₺12.40"
    assert changed.python("from quotaline.core.money import parse_amount as p\np('₺12.40')") == [1240, 2]
    assert "alert" in changed.quotaline("config", "show")
    parse = "from quotaline.config.alert_rules import parse_condition as p\nstr(p('extra.used >= ₺5').number)"
    assert changed.python(parse) == "5"
    changed.told(five_hour={"used_percentage": 42, "resets_at": time.time() + 3000})
    changed.quotaline("guard", "--max-extra", "₺5", code=3)


@recipe("source")
def test_a_source_is_a_module_and_its_turn(changed: Changed, home: Path) -> None:
    reset = datetime.fromtimestamp(time.time() + 3000, UTC).isoformat()
    (home / ".usage.json").write_text(json.dumps({"five_hour": {"utilization": 37, "resets_at": reset}}))
    changed.quotaline("refresh", "--force")
    [window] = [one for one in json.loads(changed.quotaline("usage", "--json"))["windows"] if one["id"] == "five_hour"]
    assert (window["used"], window["source"]) == (37.0, "usage-file")
    (home / ".usage.json").write_text("{")
    said = changed.quotaline("refresh", "--force", code=1)
    assert "usage-file: .usage.json cannot be read; run the script that writes it." in said
    shown = json.loads(changed.quotaline("usage", "--json", "--offline"))["windows"]
    assert [37.0] == [one["used"] for one in shown if one["id"] == "five_hour"], "the last good value stays"


@recipe("window kind")
def test_a_window_kind_is_an_entry_and_a_segment(changed: Changed) -> None:
    """Stdin, the usage body, fields, titles, guard, the order of pages: all know it from the registry."""
    reset = time.time() + 9000
    changed.told(thirty_day={"used_percentage": 42, "resets_at": reset})
    assert changed.quotaline("prompt", "thirty_day").startswith("30d 42% 2h")
    changed.quotaline("guard", "--window", "thirty_day=80", "--offline")
    changed.quotaline("guard", "--window", "thirty_day=40", "--offline", code=1)
    assert "Monthly" in changed.quotaline("usage", "--offline")
    windows = "from quotaline.core import windows as w\n"
    assert changed.python(windows + "[w.window_title('thirty_day'), w.window_label('thirty_day', '')]") == ["Monthly", "30d"]
    assert changed.python(windows + "w.window_length('thirty_day')") == 30 * 86400
    assert changed.python("from quotaline.config.fields import is_field\nis_field('thirty_day.at_reset')") is True
    body = "from quotaline.sources.usage_body import parse\n[w.name for w in parse({'thirty_day': {'utilization': 3}}).values]"
    assert changed.python(body) == ["Monthly"]


@recipe("window kind")
def test_a_window_of_every_plan_also_has_its_key_and_then_its_option(changed: Changed) -> None:
    file = "src/quotaline/core/windows.py"
    changed.change(file, 'body={"thirty_day": ""}', 'body={"thirty_day": ""}, adjective="monthly"')
    changed.change(
        "src/quotaline/config/schema.py",
        "    seven_day: Percent | None = None\n",
        "    seven_day: Percent | None = None\n    thirty_day: Percent | None = None\n",
    )
    changed.told(thirty_day={"used_percentage": 42, "resets_at": time.time() + 9000})
    changed.quotaline("guard", "--thirty-day", "80", "--offline")
    changed.quotaline("guard", "--thirty-day", "40", "--offline", code=1)
    hook = json.dumps({"session_id": "one", "hook_event_name": "UserPromptSubmit"})
    assert "Monthly is at 42 %" in changed.quotaline("guard", "--hook", "--thirty-day", "40", stdin=hook)


@recipe("shell")
def test_a_shell_is_an_entry(changed: Changed, home: Path) -> None:
    """The code is run by dash, which reads what every POSIX shell reads."""
    changed.told(five_hour={"used_percentage": 42, "resets_at": time.time() + 9000})
    assert next(home.rglob("prompt.ksh")).read_text().startswith("quotaline 1 ")
    code = changed.quotaline("init", "ksh")
    done = subprocess.run(
        [need("dash"), "-eu", "-c", f'PS1="$ "\n{code}\nprintf %s "$QUOTALINE"'],
        env=changed.env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.startswith("5h 42% 2h")
    shown = changed.quotaline("install", "ksh", "--dry-run")
    assert ".kshrc" in shown
    assert "init ksh 2>/dev/null" in " ".join(shown.split())
    changed.quotaline("prompt", "--shell", "ksh")
    assert "ksh" in changed.quotaline("doctor")


@recipe("doctor check")
def test_a_doctor_check_is_one_function(changed: Changed) -> None:
    assert re.search(r"^PASS +home +~ is there\.$", changed.quotaline("doctor"), re.MULTILINE)


@recipe("command")
def test_a_command_is_a_module_and_its_rows(changed: Changed) -> None:
    assert changed.quotaline("plan") == "unknown\n"
    assert "plan" in changed.quotaline("--help")
    changed.run(changed.folder / "docs" / "reference.py")
    assert "| `plan` | Print the plan, if an open source told it. | 0 |" in (changed.folder / "README.md").read_text()


def test_every_recipe_is_counted_and_tried() -> None:
    assert set(COUNTS) == set(RECIPES)
    tried = re.findall(r'^@recipe\("(.+)"\)', Path(__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert set(tried) == set(RECIPES)


def test_every_path_and_command_that_the_page_names_exists() -> None:
    new = {file for text in RECIPES.values() for file, hunks in changes(text).items() if hunks[0][0] == ""}
    text = FENCE.sub(lambda found: found[2] if found[1] != "python" else found[2].partition("\n")[0], PAGE)
    paths = set(re.findall(r"(?<![\w/.~-])((?:src|tests|docs|bench|segments|\.ci)/[\w./-]*\w|\b[\w-]+\.(?:toml|md))", text))
    assert len(paths) > 15
    places = (ROOT, ROOT / "src" / "quotaline")
    missing = {path for path in paths - new if not any((place / path).exists() for place in places)}
    assert missing == {"config.toml"}, "the user's own file"
    rooms = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", PAGE))
    assert len(rooms) > 5
    gone = {room for room in rooms if not any((place / room).exists() for place in places)}
    assert gone <= {"dist/"}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for line in re.findall(r"(?:`|^)make ([a-z -]+)", PAGE, re.MULTILINE) for word in line.split()}
    assert named <= targets
    assert {"quick", "test", "matrix"} <= named


def test_every_name_in_capitals_that_the_page_sends_a_reader_to_is_there() -> None:
    sources = [*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py"), ROOT / "pyproject.toml"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources if path != Path(__file__))
    prose = FENCE.sub("", PAGE)
    names = set(re.findall(r"`([A-Z]\w+)`", prose)) - {"PURE", "EFFECT"}
    assert {"GROUPS", "DECIMALS", "WindowKind", "SourceError", "LimiterState"} <= names
    assert {name for name in names if not re.search(rf"^(?:class )?{name}\b", code, re.MULTILINE)} == set()


def test_what_the_page_on_security_names_is_there() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:src|tests)/[\w./]+)`", page))
    assert len(paths) > 5
    assert {path for path in paths if not (ROOT / path).exists()} == set()
    keys = set(re.findall(r"`((?:sources|guard|refresh)\.[a-z_.]+)", page))
    assert keys
    reference = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {key for key in keys if f"`{key}`" not in reference} == set()
    version = quotaline.__version__
    assert f"| {version.rpartition('.')[0]} | yes |" in page


def test_a_newcomer_is_sent_to_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    working = readme[readme.index("## Working on it") :]
    for page in ("CONTRIBUTING.md", "SECURITY.md"):
        assert f"]({page})" in working
        assert (ROOT / page).is_file()
