"""The JSON Schema of config.toml: an editor accepts what quotaline accepts, and marks what it refuses."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner

from quotaline.commands.config import config
from quotaline.config.load import parse
from quotaline.config.palettes import PALETTES
from quotaline.config.presets import read_presets
from quotaline.config.schema import Config
from quotaline.config.segment import Segment
from quotaline.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
TEXT = (files("quotaline") / "_data" / "config.schema.json").read_text(encoding="utf-8")
SCHEMA = json.loads(TEXT)
CHECKER = jsonschema.Draft7Validator(SCHEMA)
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = [text for text in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "summary" not in text]

GOOD = [
    "",
    "enable_alpha_features = true\npreset = 'mine'",
    "[line.claude]\nrows = [['a'], []]\n[line.other]\nrows = []",
    "[guard]\nmax_extra = 5\nfive_hour = 90.5\n[guard.windows]\nseven_day_fable = 95",
    "[guard]\nmax_extra = '5.00'",
    "[budget]\nblock = 25\n[budget.projects.'~/x']\nmonthly = '80.00'",
    "[[alert]]\nwhen = 'crossing'\nrun = ['a', 'b']\n[[alert]]\nwhen = 'reset'\nrun = 'x'\nshell = true\nterminal = 'osc9'",
    "[prices.'my-model']\ninput = '2.50'\noutput = 10",
    "[segments.five_hour]\nwarn = 60\nhide_below = 10\n[segments.extra.fallback]\nshort = 'x'",
    "[style]\npalette = 'light'\nseparator = ' | '",
]
BAD = [
    "enable_alpha_features = 'yes'", "unknown = 1", "[style]\npalette = 'purple'", "[style]\ncolour = 'sometimes'",
    "[style]\nseparator = '123456789'", "[refresh]\nfresh_for = 0", "[refresh]\nstale_after = '1h'", "[guard]\nfive_hour = -1",
    "[guard]\nunknown = 'maybe'", "[guard]\nwindows = 5", "[guard.windows]\nx = 'much'", "[line.claude]\nrow = []",
    "[line.claude]",
    "[line.claude]\nrows = ['five_hour']", "[organisation]\ndays = 0", "[organisation]\ndays = 1.5", "[[alert]]\nrun = ['a']",
    "[[alert]]\nwhen = 'crossing'\nrun = [1]", "[prices.x]\ncheap = 1", "[prices.x]\ninput = true", "[budget]\nblock = true",
    "[budget.projects.'~/x']\nyearly = 1", "[sources.endpoint]\nenabled = 1", "[sources.other]\nenabled = true",
]  # fmt: skip


@pytest.mark.parametrize("text", [*GOOD, *EXAMPLES])
def test_what_quotaline_accepts_an_editor_does(text: str) -> None:
    if "preset = 'mine'" not in text:
        parse(text)
    CHECKER.validate(tomllib.loads(text))


@pytest.mark.parametrize("text", BAD)
def test_what_quotaline_refuses_an_editor_marks(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)
    with pytest.raises(jsonschema.ValidationError):
        CHECKER.validate(tomllib.loads(text))


def test_the_sample_the_presets_and_the_defaults_are_valid() -> None:
    assert len(EXAMPLES) > 5
    CHECKER.validate(tomllib.loads((files("quotaline") / "_data" / "sample_config.toml").read_text()))
    for preset in read_presets(None).values():
        CHECKER.validate({key: value for key, value in preset.items() if key != "summary"})

    def known(tree: Any) -> Any:
        return {key: known(value) for key, value in tree.items() if value is not None} if isinstance(tree, dict) else tree

    CHECKER.validate(known(json.loads(msgspec.json.encode(Config()))))


def test_every_key_is_there_with_its_sentence_and_its_default() -> None:
    assert set(SCHEMA["properties"]) == set(Config.__struct_fields__)
    assert set(SCHEMA["properties"]["segments"]["additionalProperties"]["properties"]) == set(Segment.__struct_fields__)
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| (?:`(.*?)`)? \| (.+) \|$", README[README.index("### Keys of config.toml") :], re.MULTILINE
    )
    assert len(rows) > 25
    for key, default, about in rows:
        node = SCHEMA
        for step in key.split("."):
            node = node["properties"][step]
        assert node["description"] == about.replace("\\|", "|")
        assert default == (json.dumps(node["default"]) if "default" in node else "")
    assert SCHEMA["properties"]["style"]["properties"]["palette"]["enum"] == list(PALETTES)
    assert '"null"' not in TEXT


def test_it_is_a_schema_and_is_printed() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert CliRunner().invoke(config, ["schema"]).output == TEXT
