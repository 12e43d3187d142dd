"""Pages by a 12-hour clock and with names of one's own for models; what programs read is as ever."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commandline import quotaline

OWN = '\n[style]\nclock = "12h"\n[style.models]\n"claude-opus-*" = "Big O"\nFable = "Fabulous"\n'
HOURS_12, HOURS_24 = re.compile(r"\b1?\d:[0-5]\d [AP]M\b"), re.compile(r"\b[0-2]\d:[0-5]\d\b(?! [AP]M)")


def said(env: dict[str, str], *words: str) -> str:
    return quotaline(*words, env=env).stdout.decode()


@pytest.fixture
def pages(furnished: dict[str, str]) -> dict[str, tuple[str, str]]:
    """What each command says, without and with the style."""
    commands = {
        "usage": ("usage", "--offline"), "usage-json": ("usage", "--json", "--offline"),
        "prompt": ("prompt", "resets", "limit_at"),
        "history": ("history", "--by", "model"), "history-json": ("history", "--by", "model", "--json"),
        "history-csv": ("history", "--by", "model", "--csv"), "plot": ("history", "--plot", "--since", "yesterday"),
        "models": ("prompt", "weekly_model"),
        "page": ("history", "--html", "-"),
    }  # fmt: skip
    plain = {name: said(furnished, *words) for name, words in commands.items()}
    config = Path(furnished["QUOTALINE_CONFIG"])
    config.write_text(config.read_text() + OWN)
    said(furnished, "refresh", "--force")
    return {name: (plain[name], said(furnished, *words)) for name, words in commands.items()}


def test_people_read_it_and_programs_do_not(pages: dict[str, tuple[str, str]]) -> None:
    for name in ("usage", "prompt", "plot"):
        plain, styled = pages[name]
        assert HOURS_24.search(plain), name
        assert not HOURS_12.search(plain), name
        assert HOURS_12.search(styled), name
        assert not HOURS_24.search(styled), name
    for name in ("usage", "history", "page"):
        plain, styled = pages[name]
        assert "claude-opus-5-5" in plain, name
        assert "claude-opus-5-5" not in styled, name
        assert "Big O" in styled, name
    assert "Weekly (Fable)" in pages["usage"][0]
    assert "Weekly (Fabulous)" in pages["usage"][1]
    assert pages["models"][0].startswith("Fable ")
    assert pages["models"][1].startswith("Fabulous ")
    for name in ("history-json", "history-csv"):
        assert pages[name][0] == pages[name][1], name
    before, after = (json.loads(text) for text in pages["usage-json"])
    assert after["transcripts"]["today"]["models"] == before["transcripts"]["today"]["models"]
    assert "Big O" not in pages["usage-json"][1]
    assert not HOURS_12.search(pages["usage-json"][1])


def test_the_guard_and_its_hook_tell_the_time_so(furnished: dict[str, str]) -> None:
    config = Path(furnished["QUOTALINE_CONFIG"])
    config.write_text(config.read_text() + OWN)
    said(furnished, "refresh", "--force")
    done = quotaline("guard", "--five-hour", "1", "--offline", env=furnished)
    assert HOURS_12.search(done.stderr.decode())
    event = json.dumps({"session_id": "s", "hook_event_name": "PreToolUse"}).encode()
    told = quotaline("guard", "--hook", "--five-hour", "1", env=furnished, stdin=event).stdout.decode()
    assert HOURS_12.search(told)
