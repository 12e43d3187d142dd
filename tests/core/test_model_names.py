"""Names of one's own for models: which fit, and where they are shown."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.config.load import parse
from quotaline.config.segments import catalogue, compile_lines
from quotaline.core.model_names import fits, own_name, window_name
from quotaline.errors import ConfigError
from quotaline.prompt.statusline import statusline_text
from quotaline.render.fields import gather_fields
from samples import NOW, sample

NAMES = {"claude-opus-5-5": "Opus", "*haiku*": "small", "claude-*-4-*": "old", "Fable": "F"}


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        (("claude-opus-5-5",), "Opus"), (("Claude-OPUS-5-5",), "Opus"), (("claude-opus-5-5[1m]",), "Opus"),
        (("claude-opus-5-5-20260801",), "Opus"), (("claude-opus-5-5-20260801[1m]",), "Opus"), (("claude-opus-5-50",), None),
        (("claude-opus-5-5-2026",), None), (("us.anthropic.claude-opus-5-5",), None), (("Opus 5.5", "claude-opus-5-5"), "Opus"),
        (("eu.anthropic.claude-haiku-4-6-v1:0",), "small"), (("claude-haiku-4-6",), "small"),
        (("claude-sonnet-4-6",), "old"), (("claude-sonnet-4",), None), (("Fable",), "F"), ((), None), (("",), None),
    ],
)  # fmt: skip
def test_the_first_that_fits_takes_the_models_place(called: tuple[str, ...], shown: str | None) -> None:
    assert own_name(NAMES, *called) == shown


@pytest.mark.parametrize(
    ("key", "name", "shown"),
    [
        ("seven_day_fable", "Weekly (Fable)", "Weekly (F)"), ("seven_day_opus", "Weekly (Opus)", "Weekly (Opus)"),
        ("seven_day", "Weekly (Fable)", "Weekly (Fable)"), ("five_hour", "Session (5h)", "Session (5h)"),
        ("seven_day_x", "Weekly", "Weekly"),
    ],
)  # fmt: skip
def test_a_models_window_is_called_so_too(key: str, name: str, shown: str) -> None:
    assert window_name(NAMES, key, name) == shown
    value = {"type": "window", "id": key, "name": name, "utilization": 5.0, "resets_at": NOW + 99}
    kept = {"readings": [{"value": value, "as_of": NOW, "source": "endpoint"}], "style": {"models": NAMES}}
    assert gather_fields(kept, [], NOW)[f"{key}.name"] == shown
    assert value["name"] == name


@given(st.text(st.sampled_from("ab*"), max_size=8), st.text(st.sampled_from("ab"), max_size=8))
def test_a_star_is_any_text(pattern: str, name: str) -> None:
    assert fits(pattern.split("*"), name) == bool(re.match(fnmatch.translate(pattern), name))


def line(text: str) -> str:
    config = parse(f'[line.claude]\nrows = [["model"]]\n{text}')
    kept = {**compile_lines(config, catalogue(config, None)), "readings": [], "fields": {}}
    return statusline_text(sample("after-response"), kept, {"NO_COLOR": "1"}, NOW, NOW)


def test_the_line_shows_it() -> None:
    assert line("") == "Opus 5.5"
    assert line('[style.models]\n"claude-opus-*" = "Big O"') == "Big O"
    assert line('[style.models]\n"Opus 5.5" = "by its display name"') == "by its display name"
    assert line('[style.models]\n"claude-sonnet-*" = "another"') == "Opus 5.5"


@pytest.mark.parametrize("shown", ["", " ", "\\u001b[31mx", "a\\u202eb"])
def test_a_name_is_text(shown: str) -> None:
    with pytest.raises(ConfigError, match=r"style\.models\.x"):
        parse(f'[style.models]\nx = "{shown}"')
