"""The plugin for Claude Code: its files have the documented form, and name commands that there are."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import click
import pytest

from programs import need
from quotaline.commands import quotaline

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ROOT / "plugin"
COMMANDS = sorted((PLUGIN / "commands").glob("*.md"))

# https://code.claude.com/docs/en/plugins-reference and .../slash-commands
MANIFEST_KEYS = {
    "name", "version", "description", "author", "homepage", "repository", "license", "keywords", "commands", "agents", "skills",
    "hooks", "mcpServers", "outputStyles", "lspServers",
}  # fmt: skip
AUTHOR_KEYS = {"name", "email", "url"}
COMMAND_KEYS = {"description", "allowed-tools", "argument-hint", "model", "disable-model-invocation"}


def test_the_manifest_has_documented_keys() -> None:
    manifest = json.loads((PLUGIN / ".claude-plugin" / "plugin.json").read_text())
    assert set(manifest) <= MANIFEST_KEYS
    assert set(manifest["author"]) <= AUTHOR_KEYS
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", manifest["name"])
    assert {path.name for path in (PLUGIN / ".claude-plugin").iterdir()} == {"plugin.json"}, "nothing else is looked for there"


def test_the_marketplace_lists_the_plugin() -> None:
    market = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text())
    assert set(market) <= {"name", "owner", "metadata", "plugins"}
    (entry,) = market["plugins"]
    manifest = json.loads((ROOT / entry["source"] / ".claude-plugin" / "plugin.json").read_text())
    assert {name: entry[name] for name in ("name", "description")} == {name: manifest[name] for name in ("name", "description")}


def test_its_commands_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "surfaces.md").read_text(encoding="utf-8")
    assert {path.stem for path in COMMANDS} == set(re.findall(r"`/quotaline:(\w+)`", page)) == {"setup", "usage"}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_a_command_has_documented_keys_and_calls_what_there_is(path: Path) -> None:
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    keys = dict(line.split(": ", 1) for line in head.splitlines())
    assert set(keys) <= COMMAND_KEYS
    assert keys["description"]
    context = quotaline.make_context("quotaline", [], resilient_parsing=True)
    lines = re.findall(r"(?<!command -v )\bquotaline ((?:-|[a-z])[\w. -]*)[`)]", keys["allowed-tools"] + body)
    lines += re.findall(r"Bash\(quotaline ([\w -]+):\*\)", keys["allowed-tools"])
    assert lines
    for line in lines:
        name, *words = line.split()
        if name == "--version":
            continue
        command = quotaline.get_command(context, name)
        assert command is not None, line
        if isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.slow
@pytest.mark.parametrize("folder", [ROOT, PLUGIN], ids=["marketplace", "plugin"])
def test_the_real_client_validates_it(folder: Path) -> None:
    done = subprocess.run(
        [need("claude"), "plugin", "validate", folder], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation passed" in done.stdout
