"""The README says what the code does: tables, pictures, recipes, examples, commands, links."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from programs import need
from quotaline.commands import COMMANDS, quotaline
from quotaline.config import load
from quotaline.config.explain import convert
from quotaline.config.schema import Config
from quotaline.config.segment import Segment, check

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "quotaline"
QUOTALINE = [sys.executable, "-P", "-m", "quotaline"]
FENCES = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
RECIPES = re.findall(r"^quotaline usage --json \| jq (-r )?'(.*)'$", README, re.MULTILINE)
TABLES = ("commands", "segments", "fields", "windows", "formats", "keys", "variables")


@pytest.mark.parametrize("script", ["reference.py", "man_page.py", "pictures.py"])
def test_what_is_made_from_the_code_is_current(script: str, environment: dict[str, str]) -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / script, "--check"], env=environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr


def test_every_table_has_its_place() -> None:
    assert sorted(TABLES) == sorted(re.findall(r"<!-- from the code: (\w+) -->", README))
    assert len(TABLES) == README.count("<!-- end -->")


def test_every_jq_recipe_answers(furnished: dict[str, str]) -> None:
    jq = need("jq")
    del furnished["QUOTALINE_REFRESH"]
    text = subprocess.run([*QUOTALINE, "usage", "--json"], env=furnished, capture_output=True, text=True, check=True).stdout
    answers = [
        subprocess.run([jq, *flags.split(), query], input=text, capture_output=True, text=True, check=True).stdout
        for flags, query in RECIPES
    ]
    assert answers[0] == "42.0\n" or answers[0] == "42\n"
    assert json.loads(answers[1]) == {"used": 12.4, "limit": 50}
    assert "Weekly (Fable) 77" in answers[2]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", answers[3])
    assert answers[4].startswith("claude-opus-5-5 ")
    assert len(answers) == 6


def test_every_example_of_a_configuration_or_segment_is_one() -> None:
    examples = [text for kind, text in FENCES if kind == "toml"]
    assert examples
    for text in examples:
        tree = tomllib.loads(text)
        if "summary" in tree:
            check(convert(tree, Segment, "README"), "README")
        else:
            assert load.parse(text) != Config()


def test_every_command_line_in_the_readme_exists() -> None:
    context = quotaline.make_context("quotaline", [], resilient_parsing=True)
    code = "\n".join([*(text for kind, text in FENCES if kind == "sh"), *re.findall(r"`([^`\n]+)`", README)])
    lines = [line.split("#")[0].split("|")[0] for line in re.findall(r"(?:^|\$\()(quotaline .*)$", code, re.MULTILINE)]
    assert len(lines) > 20
    for line in lines:
        words = re.findall(r"--[a-z-]+|[\w.-]+", line.partition(" -- ")[0])[1:]  # behind it stands somebody else's command
        group: click.Command | None = quotaline
        options: set[str] = set()
        while words and isinstance(group, click.Group) and (words[0] in group.list_commands(context)):
            group = group.get_command(context, words.pop(0))
        assert group is not None, line
        assert group is not quotaline or not words or words[0] == "COMMAND", line
        options |= {option for param in group.params for option in param.opts} | {"--help", "-h"}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_every_picture_and_file_that_is_linked_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r'(?:src|srcset)="([^"]+)"', README)
    assert len(links) >= 6
    assert [link for link in links if not (ROOT / link).is_file()] == []
    assert {path.name for path in (ROOT / "docs" / "pictures").iterdir()} == {
        Path(link).name for link in links if "pict" in link
    }


def test_every_variable_that_the_code_reads_is_in_the_readme() -> None:
    ordinary = {
        "HOME",
        "USERPROFILE",
        "LOCALAPPDATA",
        "PATH",
        "TERM",
        "COLORTERM",
        "EDITOR",
        "VISUAL",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
    }
    hosts = {"ZDOTDIR", "STARSHIP_CONFIG", "QUOTALINE_TTY"}  # where a host keeps its file; how a shell names its terminal
    read = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            holder, key = None, None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
                holder, key = node.func.value, node.args[0]
            elif isinstance(node, ast.Subscript):
                holder, key = node.value, node.slice
            if isinstance(holder, ast.Name | ast.Attribute) and isinstance(key, ast.Constant):
                name = holder.id if isinstance(holder, ast.Name) else holder.attr
                if name in ("env", "environ") and isinstance(key.value, str):
                    read.add(key.value)
    table = README[README.index("### Environment") : README.index("## How it is built")]
    assert {name for name in read - ordinary - hosts if f"`{name}`" not in table} == set()


def test_every_source_and_every_shell_is_in_the_readme() -> None:
    for name in ("statusline", "~/.claude.json", "claude -p /usage", "endpoint", "transcripts"):
        assert name in README
    for path in (SOURCE / "shells").iterdir():
        if path.name.startswith("quotaline."):
            assert path.suffix[1:] in README


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["usage", "--json"], 3),
        (["doctor"], 0),
        (["config", "show"], 0),
        (["config", "set", "style.palette", "pink"], 2),
        (["segments"], 0),
        (["segments", "nope"], 2),
        (["export"], 0),
        (["prompt"], 0),
        (["statusline"], 0),
        (["init", "bash"], 0),
        (["init", "tcsh"], 2),
        (["refresh"], 1),
        (["nope"], 2),
        (["usage", "--nope"], 2),
    ],
)
def test_the_exit_codes_in_an_empty_home(words: list[str], code: int, environment: dict[str, str]) -> None:
    found = subprocess.run([*QUOTALINE, *words], env=environment, input="", capture_output=True, text=True, check=False)
    assert found.returncode == code, found.stderr
    assert "Traceback" not in found.stderr


def test_the_first_screen_is_short() -> None:
    start = README.index("```sh")
    quick = README[start : README.index("```", start + 3)].splitlines()[1:]
    assert len(quick) == 5
    assert start < 800
    assert set(COMMANDS) >= {line.split()[1] for line in quick[2:4]}
