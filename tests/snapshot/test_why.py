"""The segment `why`: a word or two of why numbers are missing or old, and nothing where all is well."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from quotaline.config.load import parse
from quotaline.config.segments import catalogue, compile_lines
from quotaline.errors import Outcome
from quotaline.model import EXPIRED, Account, ExtraUsage, Fault, Money, Reading, Snapshot, SourceState, Window
from quotaline.prompt.line import prompt_text
from quotaline.prompt.statusline import statusline_text
from quotaline.ratelimit.policy import LOGIN, Decision, cause_of
from quotaline.snapshot.missing import why_fields
from quotaline.snapshot.prompt_files import render_prompt_files
from samples import NOW, sample

SESSION = Window(id="five_hour", name="Session", utilization=42.0, resets_at=NOW + 7980)
WINDOW = Reading(value=SESSION, source="statusline", as_of=NOW)
EXTRA = ExtraUsage(is_enabled=True, used=Money(1240))
ROWS = '[line.claude]\nrows = [["why"]]\n[line.prompt]\nrows = [["five_hour", "why"]]\n'


def snapshot(*readings: Reading, config: str = ROWS, **more: Any) -> Snapshot:
    told = parse(config)
    usual: dict[str, Any] = {"written_at": NOW, "fresh_for": 60, "stale_after": 3600, "account": Account(config_dir="")}
    return Snapshot(readings=readings, **(usual | compile_lines(told, catalogue(told, None)) | more))


def money(age: float) -> Reading:
    return Reading(value=EXTRA, source="endpoint", as_of=NOW - age, alpha=True)


def waiting(cause: str, until: float | None = None) -> tuple[SourceState, ...]:
    return (SourceState(source="claude-cli", note="x"), SourceState(source="endpoint", note="x", cause=cause, until=until))


def shown(told: Snapshot, *, alpha: bool = True, now: float = NOW, **style: str) -> str:
    whole = msgspec.structs.replace(told, fields=why_fields(told, alpha=alpha))
    kept = json.loads(msgspec.json.encode(whole))
    kept["style"] |= style
    return prompt_text(["why"], kept, {}, now)


def test_nothing_is_said_while_all_is_well() -> None:
    assert shown(snapshot(WINDOW, money(60))) == ""
    assert shown(snapshot(WINDOW), alpha=False) == "", "no line shows what needs the switch"
    assert shown(snapshot(WINDOW, money(600), sources=waiting(Outcome.RATE_LIMITED, NOW + 4000))) == "", "they are not old"
    assert shown(snapshot(WINDOW, sources=(SourceState(source="endpoint", note="an ordinary pause"),))) == ""


@pytest.mark.parametrize(
    ("cause", "until", "text"),
    [
        (Outcome.RATE_LIMITED, NOW + 3000, "429 until 07:50"), (Outcome.RATE_LIMITED, None, "429"),
        (EXPIRED, None, "login expired"),
        (Outcome.UNAUTHORIZED, NOW + 600, "login refused until 07:10"), (Outcome.FORBIDDEN, None, "login not allowed"),
        (Outcome.NO_LIMITS, None, "no limits told"), (Outcome.FAILED, None, "no answer"),
    ],
)  # fmt: skip
def test_a_source_that_is_not_answered_says_so_once_its_values_are_old(cause: str, until: float | None, text: str) -> None:
    for readings in ((WINDOW,), (WINDOW, money(601)), ()):
        assert shown(snapshot(*readings, sources=waiting(cause, until))) == text
    assert shown(snapshot(WINDOW, sources=waiting(cause, until)), alpha=False) == ""
    if until:
        assert shown(snapshot(WINDOW, sources=waiting(cause, until)), now=until) == ""


def test_by_a_clock_of_twelve_hours() -> None:
    told = snapshot(WINDOW, sources=waiting(Outcome.RATE_LIMITED, NOW + 8 * 3600))
    assert shown(told, clock="12h") == "429 until 3:00 PM"


def test_windows_that_nobody_reported_faults_and_the_switch() -> None:
    assert shown(snapshot()) == "no limits yet"
    assert shown(snapshot(), alpha=False) == "no limits yet"
    gateway = Reading(value=Window(id="spend_limit", name="x", utilization=1.0), source="statusline", as_of=NOW)
    assert shown(snapshot(gateway)) == ""
    fault = Fault(stage="ledger", message="x", since=NOW)
    assert shown(snapshot(WINDOW, money(60), faults=(fault,))) == "refresh failing"
    for name in ("extra", "weekly_model", "account", "crossing"):
        lines = f'[line.prompt]\nrows = [["five_hour", "{name}", "why"]]\n[line.claude]\nrows = [["why"]]'
        assert shown(snapshot(WINDOW, config=lines), alpha=False) == "switch off"
        assert shown(snapshot(WINDOW, money(60), config=lines), alpha=False) == ""


def test_a_session_that_has_limits_is_not_told_that_there_are_none() -> None:
    told = snapshot()
    kept = json.loads(msgspec.json.encode(msgspec.structs.replace(told, fields=why_fields(told, alpha=True))))
    env = {"NO_COLOR": "1", "HOME": "/home/user"}
    assert statusline_text(sample("before-first-response"), kept, env, NOW, NOW) == "no limits yet"
    assert statusline_text(sample("after-response"), kept, env, NOW, NOW) == ""


def test_an_old_snapshot_says_that_nobody_refreshed_it_in_the_shells_too() -> None:
    told = snapshot(WINDOW, money(60))
    assert [shown(told, now=NOW + age) for age in (3600, 3601)] == ["", "not refreshed"]
    waits = snapshot(WINDOW, sources=waiting(Outcome.RATE_LIMITED, NOW + 1800))
    kept = json.loads(msgspec.json.encode(msgspec.structs.replace(waits, fields=why_fields(waits, alpha=True))))
    kept["style"]["colour"] = "never"
    lines = render_prompt_files(kept, NOW)["prompt.fish"].decode().splitlines()[1:]
    frames = [(int(until) - int(NOW), text) for until, text in (line.split("\t") for line in lines)]
    first = [text for until, text in frames if until <= 1800]
    later = [text for until, text in frames if 1800 < until <= 3600]
    last = [text for until, text in frames if until > 3601]
    assert first
    assert all(text.endswith(" · 429 until 07:30") for text in first)
    assert all("429" not in text and "refreshed" not in text for text in later)
    assert all(text.endswith("not refreshed") for text in last)


def test_the_cause_of_a_wait_is_what_the_last_request_came_to() -> None:
    for outcome, why in LOGIN.reasons.items():
        assert cause_of(Decision(False, NOW, why)) is outcome
    assert cause_of(Decision(False, NOW, LOGIN.floor_reason)) is None
    assert cause_of(Decision(True, NOW)) is None
