"""The first words of a command line: options alone, words that are none, the help page, TAB."""

from __future__ import annotations

import json

import pytest

from commandline import quotaline
from quotaline.commands import COMMANDS
from quotaline.commands.suggestions import OTHER_NAMES, did_you_mean, instead_of


@pytest.mark.parametrize("words", [("--json",), ("--offline", "--json"), ("usage", "--json")])
def test_options_alone_are_those_of_usage(words: tuple[str, ...], furnished: dict[str, str]) -> None:
    done = quotaline(*words, env=furnished, check=True)
    assert json.loads(done.stdout)["schema_version"] == 1


def test_ascii_alone_draws_the_overview(furnished: dict[str, str]) -> None:
    done = quotaline("--ascii", env=furnished, check=True)
    assert done.stdout == quotaline("usage", "--ascii", env=furnished, check=True).stdout
    assert done.stdout.isascii()


@pytest.mark.parametrize("word", ["-h", "--help", "--version"])
def test_the_programs_own_options_stay_its_own(word: str, environment: dict[str, str]) -> None:
    said = quotaline(word, env=environment, check=True).stdout
    assert said.startswith(b"quotaline " if word == "--version" else b"Usage: quotaline [OPTIONS] COMMAND")


MEANT = {
    "daily": "history --by day", "blocks": "history --by block", "usge": "usage", "histroy": "history",
    "dialy": "history --by day", "instal": "install", "live": "watch", "stat": "status", "foo": None, "": None,
}  # fmt: skip


@pytest.mark.parametrize("word", MEANT)
def test_a_word_that_is_no_command_says_what_may_have_been_meant(word: str, environment: dict[str, str]) -> None:
    done = quotaline(word, env=environment)
    assert done.returncode == 2
    meant = instead_of(word, COMMANDS)
    told = done.stderr.decode()
    assert f"There is no command {word!r}." in told
    assert ("Did you mean" in told) == (meant is not None)
    if meant is not None:
        assert f"Did you mean `quotaline {meant}`?" in told
    if MEANT[word] != "status":
        assert meant == MEANT[word]


def test_what_is_suggested_is_there() -> None:
    assert {meant.split()[0] for meant in OTHER_NAMES.values()} <= set(COMMANDS)
    assert not set(OTHER_NAMES) & set(COMMANDS)
    assert did_you_mean("colur", ["style.palette"]) == ""
    assert did_you_mean("style.palete", ["style.colour", "style.palette"]) == " (did you mean 'style.palette'?)"


@pytest.mark.parametrize(("word", "meant"), [("claude", "claude-code"), ("zhs", "zsh"), ("tmucks", "tmux"), ("x", None)])
@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_a_host_that_is_none_says_which_may_have_been_meant(
    command: str, word: str, meant: str | None, environment: dict[str, str]
) -> None:
    done = quotaline(command, word, env=environment)
    told = done.stderr.decode()
    assert (done.returncode, "hosts are claude-code, bash, zsh, fish, starship, tmux." in told) == (2, True)
    assert (f"(did you mean {meant!r}?)" in told) if meant else ("did you mean" not in told)


def test_the_help_names_every_command_in_the_order_of_use_with_a_whole_sentence(environment: dict[str, str]) -> None:
    page = quotaline("--help", env={**environment, "COLUMNS": "80"}, check=True).stdout.decode()
    listed = page[page.index("Commands:") :]
    names = [line.split()[0] for line in listed.splitlines()[1:] if line[2:3] != " "]
    assert names == list(COMMANDS)
    assert "..." not in listed
    assert "stdin and pass it on unchanged" in " ".join(listed.split())
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize(
    ("before", "word", "offered"),
    [
        ("", "", "doctor"),
        ("", "hi", "history"),
        ("install ", "c", "claude-code"),
        ("", "--v", "--version"),
        ("config set preset ", "m", "money"),
        ("config set style.palette ", "", "light"),
        ("config import ", "cc", "ccline"),
    ],
)
def test_tab_offers_commands_and_what_they_take(before: str, word: str, offered: str, environment: dict[str, str]) -> None:
    env = {
        **environment,
        "_QUOTALINE_COMPLETE": "bash_complete",
        "COMP_WORDS": f"quotaline {before}{word}",
        "COMP_CWORD": str(1 + len(before.split())),
    }
    done = quotaline(env=env)
    assert f"plain,{offered}" in done.stdout.decode().splitlines()
