"""`quotaline config import`: shown, written as a preset and chosen; everything else stays, and one word undoes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commandline import quotaline

LINE = {"version": 3, "lines": [[{"type": "model", "color": "red"}, {"type": "session-usage"}, {"type": "tokens-input"}]]}
CONFIG = "# mine\n[style]\npalette = 'light'  # bright\n"


@pytest.fixture
def theirs(home: Path) -> Path:
    path = home / ".config" / "ccstatusline" / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(LINE), encoding="utf-8")
    return path


@pytest.fixture
def config(home: Path) -> Path:
    path = home / ".config" / "quotaline" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(CONFIG, encoding="utf-8")
    return path


def lines(path: Path) -> list[str]:
    """The lines of a file that are not empty."""
    return list(filter(None, path.read_text(encoding="utf-8").splitlines()))


def test_it_is_shown_written_and_chosen(theirs: Path, config: Path, environment: dict[str, str]) -> None:
    before = theirs.read_bytes()
    told = quotaline("config", "import", "ccstatusline", env=environment, check=True).stdout.decode()
    assert told.startswith("ccstatusline: ~/.config/ccstatusline/settings.json\n")
    assert "\n  Opus 5.5 · 5h 42%\n" in told
    assert "model · session-usage → ccstatusline-session-usage" in told
    assert "Without an equal\ntokens-input\n" in told
    assert told.endswith("Undo: quotaline config set preset default\n")
    assert lines(config) == ["# mine", 'preset = "ccstatusline"', *CONFIG.splitlines()[1:]]
    assert theirs.read_bytes() == before
    stdin = json.dumps({"model": {"display_name": "Opus"}, "rate_limits": {"five_hour": {"used_percentage": 7}}}).encode()
    quotaline("refresh", env={**environment, "QUOTALINE_REFRESH": ""})
    drawn = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=stdin, check=True).stdout.decode()
    assert drawn == "Opus · 5h 7%\n"
    assert "ccstatusline · yours · chosen" in quotaline("presets", env=environment, check=True).stdout.decode()
    shown = quotaline("segments", "ccstatusline-session-usage", env=environment, check=True).stdout.decode()
    assert "[segments.ccstatusline-session-usage]" in shown


def test_and_one_word_undoes_it(theirs: Path, config: Path, environment: dict[str, str]) -> None:
    assert theirs.exists()
    quotaline("config", "set", "preset", "money", env=environment, check=True)
    told = quotaline("config", "import", "ccstatusline", env=environment, check=True).stdout.decode()
    undo = told.splitlines()[-1].removeprefix("Undo: quotaline ").split()
    quotaline(*undo, env=environment, check=True)
    assert 'preset = "money"' in config.read_text(encoding="utf-8")
    quotaline("config", "unset", "preset", env=environment, check=True)
    assert lines(config) == CONFIG.splitlines()


def test_a_dry_run_writes_nothing(home: Path, theirs: Path, environment: dict[str, str]) -> None:
    told = quotaline("config", "import", "ccstatusline", "--dry-run", env=environment, check=True).stdout.decode()
    assert "Opus 5.5" in told
    assert told.endswith("Nothing was changed.\n")
    assert [path for path in home.rglob("*") if path.is_file()] == [theirs]


def test_a_former_one_is_kept_and_twice_is_as_once(theirs: Path, config: Path, environment: dict[str, str]) -> None:
    quotaline("config", "import", "ccstatusline", env=environment, check=True)
    place = config.parent / "presets" / "ccstatusline.toml"
    first = place.read_bytes()
    quotaline("config", "import", "ccstatusline", env=environment, check=True)
    assert sorted(path.name for path in place.parent.iterdir()) == ["ccstatusline.toml"]
    theirs.write_text(json.dumps({"lines": [[{"type": "version"}]]}), encoding="utf-8")
    told = quotaline("config", "import", "ccstatusline", str(theirs), env=environment, check=True).stdout.decode()
    assert "as it was: ~/.config/quotaline/presets/ccstatusline.toml.quotaline-backup" in told
    assert place.with_name("ccstatusline.toml.quotaline-backup").read_bytes() == first


def test_what_config_toml_says_itself_is_named(theirs: Path, config: Path, environment: dict[str, str]) -> None:
    assert theirs.exists()
    config.write_text('[line.claude]\nrows = [["extra"]]\n[segments.model]\ncolour = "blue"\n', encoding="utf-8")
    told = quotaline("config", "import", "ccstatusline", env=environment, check=True).stdout.decode()
    assert "config.toml itself says line.claude.rows, segments.model.colour: that counts" in told


def test_a_budget_comes_along_unless_there_is_one(config: Path, environment: dict[str, str]) -> None:
    theirs = json.dumps({"budget": {"today": {"amount": 50}}}).encode()
    done = quotaline("config", "import", "claude-powerline", "-", env=environment, stdin=theirs, check=True)
    assert b'budget.daily = "50.00" comes along.' in done.stdout
    assert done.stdout.endswith(b"Undo: quotaline config set preset default; quotaline config unset budget.daily\n")
    assert '[budget]\ndaily = "50.00"\n' in config.read_text(encoding="utf-8")
    quotaline("config", "set", "budget.daily", "7", env=environment, check=True)
    done = quotaline("config", "import", "claude-powerline", "-", env=environment, stdin=theirs, check=True)
    assert b"budget.daily stays as config.toml has it." in done.stdout
    assert b"config unset" not in done.stdout
    assert "daily = 7\n" in config.read_text(encoding="utf-8")


def test_standard_input_and_a_tool_that_needs_a_file(home: Path, environment: dict[str, str]) -> None:
    done = quotaline("config", "import", "ccstatusline", "-", env=environment, stdin=json.dumps(LINE).encode(), check=True)
    assert done.stdout.startswith(b"ccstatusline: standard input\n")
    assert (home / ".config/quotaline/presets/ccstatusline.toml").exists()


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (("ccline",), b"", "There is no configuration of ccline at ~/.claude/ccline/config.toml; name its file."),
        (("claude-powerline", "nope.json"), b"", "nope.json cannot be read: No such file or directory."),
        (("ccstatusline", "-"), b"", "standard input is empty"),
        (("ccstatusline", "-"), b"{", "standard input is not JSON"),
        (("ccstatusline", "-"), b'{"version": 9}', "known are 1 to 4"),
        (("ccstatuslin",), b"", "did you mean 'ccstatusline'?"),
    ],
)
def test_bad_input_changes_nothing(
    words: tuple[str, ...], stdin: bytes, says: str, home: Path, environment: dict[str, str]
) -> None:
    done = quotaline("config", "import", *words, env=environment, stdin=stdin)
    assert done.returncode == 2
    assert says in done.stderr.decode()
    assert done.stderr.decode().count("\n") <= 4
    assert list(home.iterdir()) == []


def test_a_broken_config_toml_is_said_first(theirs: Path, config: Path, environment: dict[str, str]) -> None:
    assert theirs.exists()
    config.write_text("x", encoding="utf-8")
    done = quotaline("config", "import", "ccstatusline", env=environment)
    assert (done.returncode, config.read_text(encoding="utf-8")) == (2, "x")
    assert not (config.parent / "presets").exists()
