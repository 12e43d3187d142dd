"""`quotaline segments`: each with its value or why it has none; one explained, with TOML that can be copied."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from quotaline.config import segments
from quotaline.config.fields import FIELDS, SPECS, WINDOW_FIELDS
from quotaline.config.schema import Config

QUOTALINE = [sys.executable, "-P", "-m", "quotaline", "segments"]
SHIPPED = sorted(segments.catalogue(Config(), None).segments)


def run(environment: dict[str, str], *words: str) -> str:
    found = subprocess.run([*QUOTALINE, *words], env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_every_segment_is_listed_with_a_reason_where_there_is_nothing(environment: dict[str, str]) -> None:
    del environment["QUOTALINE_REFRESH"]
    found = {one["name"]: one for one in json.loads(run(environment, "--json"))}
    assert sorted(found) == SHIPPED
    assert found.pop("why")["shows"], "it says so of all others"
    assert all(one["why"] and not one["shows"] for one in found.values())
    assert found["extra"]["why"] == "needs enable_alpha_features"
    assert found["model"]["why"] == "shown inside Claude Code only"
    assert found["today"]["why"] == "no tokens today on this machine"
    assert "no answer yet" in found["five_hour"]["why"]
    page = run(environment)
    assert all(f"\n{name} " in "\n" + page for name in SHIPPED)


def test_the_sample_shows_values(environment: dict[str, str]) -> None:
    found = {
        one["name"]: "".join(text for text, _ in one["shows"]) for one in json.loads(run(environment, "--sample", "--json"))
    }
    assert found["extra"] == "$12.40/$50.00 extra"
    assert found["five_hour"].startswith("5h 42% 2h1")
    assert found["weekly_model"].startswith("Fable 77% 3d")
    assert found["model"] == "Opus 5.5"
    assert found["today"].startswith("~$")


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_the_table_keeps_to_the_width(environment: dict[str, str], columns: str) -> None:
    for words in ([], ["--sample"], ["--fields"]):
        said = run({**environment, "COLUMNS": columns}, *words)
        assert max(len(line) for line in said.splitlines()) <= int(columns)


# The installed program, once for each name, but that the sample is laid out once for all of them
EXPLAIN = """
import sys
from quotaline.__main__ import main
from quotaline.preview import live
laid_out = []
def sampled(where, config, now, lay_out=live.sampled):
    laid_out[:] = laid_out or [lay_out(where, config, now)]
    return laid_out[0]
live.sampled = sampled
for name in sys.argv[1:]:
    sys.argv = ["quotaline", "segments", name, "--sample"]
    try:
        code = main()
    except SystemExit as error:
        code = error.code
    print(end=f"\\x1e{code}\\x1e", flush=True)
"""


@pytest.fixture(scope="session")
def explained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the command prints for each segment."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
    home = str(tmp_path_factory.mktemp("home"))
    env = {**kept, "HOME": home, "TZ": "UTC", "QUOTALINE_REFRESH": "1"}
    command = [sys.executable, "-P", "-c", EXPLAIN, *SHIPPED]
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    texts, codes = done.stdout.split("\x1e")[:-1:2], done.stdout.split("\x1e")[1::2]
    assert set(codes) <= {"0", "None"}
    return dict(zip(SHIPPED, texts, strict=True))


def test_what_is_explained_together_is_what_each_call_says(environment: dict[str, str], explained: dict[str, str]) -> None:
    for name in ("model", "extra"):
        assert explained[name] == run(environment, name, "--sample")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_explained_toml_can_be_copied(explained: dict[str, str], name: str) -> None:
    said = explained[name]
    toml = said[said.index("\nsummary") :]
    assert tomllib.loads(toml) == tomllib.loads((segments.shipped_folder() / f"{name}.toml").read_text(encoding="utf-8"))
    assert f"Copy this to ~/.config/quotaline/segments/{name}.toml and change it" in " ".join(said.split())


def test_a_copied_segment_is_yours(environment: dict[str, str], home: Path) -> None:
    own = home / ".config" / "quotaline" / "segments"
    own.mkdir(parents=True)
    (own / "extra.toml").write_text("summary = 'mine'\nformat = '{extra.used:money} gone'\n", encoding="utf-8")
    found = {one["name"]: one for one in json.loads(run(environment, "--sample", "--json"))}
    assert (found["extra"]["own"], found["extra"]["shows"]) == (True, [["$12.40 gone", ""]])
    assert "~/.config/quotaline/segments/extra.toml" in run(environment, "extra")
    assert "mine (yours)" in run(environment, "--sample")


def test_an_unknown_segment_is_one_sentence(environment: dict[str, str]) -> None:
    found = subprocess.run([*QUOTALINE, "nope"], env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert found.stderr.startswith("quotaline: 'nope' is not a segment; allowed are account, ")


def test_fields_lists_every_field_and_format(environment: dict[str, str]) -> None:
    said = run(environment, "--fields")
    for name in (*FIELDS, *(f"WINDOW.{name}" for name in WINDOW_FIELDS), *SPECS):
        assert f"\n  {name} " in said
