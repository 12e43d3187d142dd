"""How `install` ends, the demo, and the first page: every sentence is true when it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commandline import quotaline

MESSAGE = "send one message in Claude Code; a session that is open shows the line by itself"
SWITCH = "`quotaline config set enable_alpha_features true`: dollars and each model's week, from undocumented sources"
LINE = "`quotaline install claude-code`: the numbers come from Claude Code's status line"


def ended(env: dict[str, str], host: str, *options: str) -> tuple[str, list[str]]:
    """What is printed before the steps, and the steps."""
    text = quotaline("install", host, *options, env={**env, "SHELL": "/bin/zsh"}, check=True).stdout.decode()
    before, _, after = text.partition("\nNext\n")
    assert not after or after.splitlines()[-1] == f"Undo: quotaline uninstall {host}"
    return before, [line.removeprefix("  · ") for line in after.splitlines()[:-1]]


def test_after_claude_code_comes_a_look_at_the_line_and_one_message(environment: dict[str, str]) -> None:
    before, steps = ended(environment, "claude-code")
    drawn = before.partition("It will look like this, with your numbers after the first answer:\n\n")[2]
    assert drawn.startswith("  Opus 5.5 · ")
    assert "\n  5h 42% " in drawn
    assert "\x1b" not in drawn
    shell = "`quotaline install zsh`: the same numbers in your shell"
    assert steps[:3] == [MESSAGE, shell, SWITCH]
    assert ended(environment, "claude-code")[1] == steps, "also when there is nothing to change"


def test_after_a_shell_comes_a_new_one_and_claude_code(environment: dict[str, str]) -> None:
    assert ended(environment, "zsh")[1][:3] == [
        "open a new zsh, or `exec zsh`; nothing shows until the first number is there",
        LINE,
        SWITCH,
    ]
    ended(environment, "claude-code")
    assert ended(environment, "tmux")[1][:2] == [MESSAGE, SWITCH]


def test_what_is_done_is_no_next_step(home: Path, furnished: dict[str, str]) -> None:
    before, steps = ended(furnished, "claude-code")
    assert "It will look like this:\n" in before
    assert steps == [
        "`quotaline install zsh`: the same numbers in your shell",
        "`quotaline`: everything that is known, and why something is missing",
    ]
    assert home.exists()


def test_the_look_has_the_persons_own_rows_and_touches_no_cache(home: Path, environment: dict[str, str]) -> None:
    folder = home / ".config" / "quotaline"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[line.claude]\nrows = [["seven_day"], ["model"]]\n', encoding="utf-8")
    before, _ = ended(environment, "claude-code")
    assert before.endswith("  7d 63% 3d4h\n  Opus 5.5\n")
    assert not (home / ".cache").exists()


def test_a_dry_run_says_no_next_step(environment: dict[str, str]) -> None:
    assert ended(environment, "claude-code", "--dry-run")[1] == []


def test_a_chained_line_is_looked_at_with_both_and_one_that_fails_is_left_out(home: Path, environment: dict[str, str]) -> None:
    (home / ".claude").mkdir()
    settings = home / ".claude" / "settings.json"
    settings.write_text(json.dumps({"statusLine": {"type": "command", "command": "echo theirs"}}), encoding="utf-8")
    before, _ = ended(environment, "claude-code", "--chain")
    assert ":\n\n  theirs\n  Opus 5.5" in before


def test_the_demo_shows_it_all_and_leaves_nothing(home: Path, environment: dict[str, str]) -> None:
    (home / ".claude.json").write_text('{"oauthAccount": {"emailAddress": "me@example.org"}}', encoding="utf-8")
    (home / "tmp").mkdir()
    done = quotaline("demo", env={**environment, "TMPDIR": str(home / "tmp")}, check=True)
    text = done.stdout.decode()
    assert text.startswith("quotaline with made numbers; nothing is installed, nothing of yours is read.\n")
    for part in (
        "Opus 5.5",
        "5h 42%",
        "$12.40/$50.00 extra",
        "Session (5h)",
        "Extra usage",
        "This machine",
        "Next: `quotaline setup`, then one message",
    ):
        assert part in text
    assert (done.stderr, list((home / "tmp").iterdir())) == (b"", [])
    assert sorted(path.name for path in home.iterdir()) == [".claude.json", "tmp"]


@pytest.mark.parametrize(
    ("installed", "remedy"),
    [
        (False, "run `quotaline install claude-code`"),
        (True, "send a message in Claude Code; with an API key there are no windows"),
    ],
)
def test_the_remedy_is_the_one_that_is_left(*, installed: bool, remedy: str, environment: dict[str, str]) -> None:
    if installed:
        quotaline("install", "claude-code", env=environment, check=True)
    del environment["QUOTALINE_REFRESH"]
    done = quotaline("usage", "--json", env=environment)
    gaps = {gap["id"]: gap for gap in json.loads(done.stdout)["missing"]}
    assert (done.returncode, gaps["five_hour"]["remedy"]) == (3, remedy)
    page = quotaline("usage", env=environment).stdout.decode()
    assert page.count("Three steps") == 1
    assert ("1  Claude Code's line   not installed" in page) is not installed
    assert ("✓  Claude Code's line   installed" in page) is installed
    assert "This is how it will look" not in page, "made numbers are for a terminal only"
