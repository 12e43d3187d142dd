"""`statusline --enrich`: another program's line gets what Claude Code said, to the byte, and what is known beyond it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bad_stdin import INPUTS
from commandline import QUOTALINE, quotaline
from guard_snapshot import leave_snapshot
from programs import need, npm_program
from quotaline.core.inbox import ENRICHED
from quotaline.core.rate_limits import parse_rate_limits
from quotaline.prompt import run
from quotaline.prompt.enrich import enriched
from samples import NOW, sample
from usage_history import DAY, HOUR, spent, used

BEFORE = sample("before-first-response")
AFTER = sample("after-response")


def kept(now: float = NOW, age: float = 60.0, **more: Any) -> dict[str, Any]:
    """A snapshot with every kind of reading, as old as `age`."""
    windows = [
        ("five_hour", "Session (5h)", 42.0, HOUR), ("seven_day", "Weekly", 63.5, DAY),
        ("seven_day_fable", "Weekly (Fable)", 77.0, DAY), ("seven_day_opus", "Weekly (Opus)", 12.0, DAY),
        ("wattle_ember", "Credit", 20.0, DAY), ("budget_weekly", "Weekly budget", 5.0, DAY),
    ]  # fmt: skip
    readings = [
        {
            "value": {"type": "window", "id": key, "name": name, "utilization": percent, "resets_at": now + left},
            "source": "x",
            "as_of": now - age,
        }
        for key, name, percent, left in windows
    ]
    extra = {
        "type": "extra_usage",
        "is_enabled": True,
        "used": [1240, "USD", 2],
        "limit": [5000, "USD", 2],
        "utilization": 24.8,
    }
    return {"stale_after": 3600.0, "readings": [*readings, {"value": extra, "source": "x", "as_of": now - age}], **more}


def passed(data: Any, snapshot: dict[str, Any], **how: Any) -> tuple[bytes, Any]:
    raw = json.dumps(data, **how).encode()
    out = enriched(raw, data, snapshot, NOW, NOW)
    return out, json.loads(out)


def test_what_is_not_there_is_added_in_the_clients_own_form() -> None:
    _, out = passed(BEFORE, kept())
    assert {name: out[name] for name in BEFORE} == BEFORE
    assert list(out) == [*BEFORE, "rate_limits", ENRICHED]
    assert out["rate_limits"] == {
        "five_hour": {"used_percentage": 42, "resets_at": int(NOW + HOUR)},
        "seven_day": {"used_percentage": 63.5, "resets_at": int(NOW + DAY)},
        "seven_day_opus": {"used_percentage": 12, "resets_at": int(NOW + DAY)},
        "extra_usage": {
            "is_enabled": True, "used_credits": 1240, "monthly_limit": 5000, "utilization": 24.8, "currency": "USD",
            "decimal_places": 2, "disabled_reason": None,
        },
        "model_scoped": [
            {"display_name": "Fable", "utilization": 77, "resets_at": "2026-11-22T07:00:00Z"},
            {"display_name": "Opus", "utilization": 12, "resets_at": "2026-11-22T07:00:00Z"},
        ],
    }  # fmt: skip
    assert set(out[ENRICHED]["as_of"]) == set(out["rate_limits"])
    assert set(out[ENRICHED]["as_of"].values()) == {int(NOW - 60)}
    found = {window["id"]: window["utilization"] for window in parse_rate_limits(out["rate_limits"], NOW)}
    assert found == {"five_hour": 42, "seven_day": 63.5, "seven_day_fable": 77, "seven_day_opus": 12}, "our own parser reads it"


def test_what_claude_code_says_itself_stays() -> None:
    out, tree = passed(AFTER, kept())
    assert tree["rate_limits"]["five_hour"] == AFTER["rate_limits"]["five_hour"]
    assert list(tree["rate_limits"])[:2] == ["five_hour", "seven_day"]
    assert "model_scoped" in tree["rate_limits"]
    own: dict[str, Any] = {"model_scoped": [], "extra_usage": None, "five_hour": None, "seven_day": {}, "seven_day_opus": 1}
    raw = json.dumps({"rate_limits": own}).encode()
    assert enriched(raw, {"rate_limits": own}, kept(), NOW, NOW) == raw
    assert enriched(out, tree, kept(), NOW, NOW) == out, "nothing is added twice"


def test_what_is_stale_over_or_of_another_kind_is_not_passed_off_as_fresh() -> None:
    raw = json.dumps(BEFORE).encode()
    assert enriched(raw, BEFORE, kept(age=3601.0), NOW, NOW) == raw
    assert enriched(raw, BEFORE, {}, NOW, NOW) == raw
    over = kept(now=NOW - 2 * DAY, age=0.0, stale_after=1e9)
    assert list(passed(BEFORE, over)[1]["rate_limits"]) == ["extra_usage"], "a window that was reset is not there"
    assert list(passed(BEFORE, kept(stale_after=61.0))[1]["rate_limits"]) != []
    odd: Any
    for odd in (None, [], "x"):
        data: dict[str, Any] = {"rate_limits": odd}
        raw = json.dumps(data).encode()
        assert enriched(raw, data, kept(), NOW, NOW) == raw


def test_money_is_exact_and_no_cap_is_told_that_is_not_known() -> None:
    def extra(**value: Any) -> dict[str, Any]:
        one = {"value": {"type": "extra_usage", **value}, "source": "x", "as_of": NOW}
        found: dict[str, Any] = passed({}, {"readings": [one]})[1]["rate_limits"]["extra_usage"]
        return found

    assert extra(is_enabled=True, used=[20847, "USD", 2])["monthly_limit"] is None, "no cap"
    yen = extra(is_enabled=True, used=[500, "JPY", 0], limit=[3000, "JPY", 0])
    assert (yen["used_credits"], yen["monthly_limit"], yen["currency"], yen["decimal_places"]) == (500, 3000, "JPY", 0)
    assert "monthly_limit" not in extra(is_enabled=True, used=[500, "JPY", 0], limit=[3000, "USD", 2])
    off = extra(is_enabled=False, disabled_reason="out_of_credits", limit=[4000, "EUR", 2])
    assert (off["is_enabled"], off["used_credits"], off["disabled_reason"], off["currency"]) == (
        False,
        None,
        "out_of_credits",
        "EUR",
    )


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=10
)
OBJECTS = st.dictionaries(st.text() | st.sampled_from(["rate_limits", "model_scoped"]), TREES, max_size=4)


@given(
    data=OBJECTS, limits=st.none() | OBJECTS, indent=st.none() | st.integers(0, 3), ascii_only=st.booleans(),
    around=st.sampled_from([("", ""), ("\ufeff", "\n"), (" \n", "\0\0"), ("\0", "")]),
)  # fmt: skip
def test_no_byte_of_the_input_is_lost_or_moved(
    data: dict[str, Any], limits: dict[str, Any] | None, indent: int | None, ascii_only: bool, around: tuple[str, str]
) -> None:
    if limits is not None:
        data = {**data, "rate_limits": limits}
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    raw = (around[0] + text + around[1]).encode()
    data = json.loads(text)
    out = enriched(raw, data, kept(), NOW, NOW)
    rest = iter(out)
    assert all(byte in rest for byte in raw), "the input, with something between"
    tree = json.loads(out.decode().strip("\ufeff\0 \n"))
    added = tree.pop(ENRICHED, {"as_of": {}})["as_of"] if ENRICHED not in data else {}
    for name in added:
        del tree["rate_limits"][name]
    assert tree in (data, {**data, "rate_limits": {}})
    assert bool(added) is (ENRICHED not in data and isinstance(data.get("rate_limits", {}), dict))


def test_numbers_keys_and_escapes_are_as_they_were() -> None:
    raw = b'{ "a": 1.0, "a": 1e400, "big": 12345678901234567890123, "\\u0072ate_limits" : {"x":"\\ud83d\xff"} ,"z":[] }\r\n'
    data = {"a": 1, "rate_limits": {"x": "?"}, "z": []}
    out = enriched(raw, data, kept(), NOW, NOW)
    assert out.startswith(raw[: raw.index(b"\xff") + 2] + b',"five_hour":')
    assert b'} ,"z":[],"quotaline":{' in out
    assert out.endswith(b"}} }\r\n")


@pytest.mark.parametrize("name", [*INPUTS, "utf-16", "two objects", "twice"])
def test_whatever_is_no_object_is_passed_through_byte_for_byte(name: str, environment: dict[str, str], home: Path) -> None:
    leave_snapshot(home, used(42, time.time(), resets_at=time.time() + HOUR, key="five_hour", name="Session (5h)"))
    more = {
        "utf-16": '{"a":1}'.encode("utf-16"),
        "two objects": b'{"a":1}\n{"b":2}\n',
        "twice": b'{"rate_limits":{},"rate_limits":[]}',
    }
    raw = {**INPUTS, **more}[name]
    done = quotaline("statusline", "--enrich", env=environment, stdin=raw)
    assert (done.returncode, done.stderr) == (0, b"")
    if name in ("invalid utf-8", "nan", "huge", "strings", "nul"):
        rest = iter(done.stdout)
        assert all(byte in rest for byte in raw)
        assert len(done.stdout) > len(raw), "an object is completed"
    else:
        assert done.stdout == raw


def test_much_more_than_a_status_line_is_passed_on_as_it_comes(environment: dict[str, str]) -> None:
    raw = b'{"cwd":"' + os.urandom(run.STDIN_LIMIT).hex().encode() + b'"}'
    assert quotaline("statusline", "--enrich", env=environment, stdin=raw).stdout == raw


def test_the_session_leaves_its_limits_in_the_inbox_and_what_we_added_is_not_among_them(
    environment: dict[str, str], home: Path
) -> None:
    now = time.time()
    leave_snapshot(home, used(77, now, resets_at=now + DAY, key="seven_day_fable", name="Weekly (Fable)"), spent(1240, now))
    limits = {"five_hour": {"used_percentage": 42, "resets_at": int(now + HOUR)}}
    raw = json.dumps({**AFTER, "rate_limits": limits}).encode()
    done = quotaline("statusline", "--enrich", env=environment, stdin=raw)
    inbox = home / ".cache/quotaline/default/inbox"
    (told,) = inbox.iterdir()
    assert json.loads(told.read_text())["rate_limits"] == limits
    added = json.loads(done.stdout)["rate_limits"]
    assert [row["display_name"] for row in added["model_scoped"]] == ["Fable"]
    told.unlink()
    assert b"Opus" in quotaline("statusline", env=environment, stdin=done.stdout).stdout
    assert list(inbox.iterdir()) == [], "nobody takes it for what the server told this session"


@pytest.fixture
def known(environment: dict[str, str], home: Path) -> dict[str, str]:
    """A home with a snapshot of a moment ago; and no login that another program could ask with."""
    now = time.time()
    percents = {"five_hour": 41, "seven_day": 63, "seven_day_opus": 12, "seven_day_fable": 77}
    names = {"seven_day_opus": "Weekly (Opus)", "seven_day_fable": "Weekly (Fable)"}
    leave_snapshot(home, *(used(p, now, resets_at=now + HOUR, key=k, name=names.get(k, k)) for k, p in percents.items()))
    return environment


def piped(program: list[str], env: dict[str, str], *, enrich: bool) -> str:
    """What another program's line shows of a session that was not answered yet."""
    raw = json.dumps(BEFORE).encode()
    if enrich:
        raw = subprocess.run([QUOTALINE, "statusline", "--enrich"], input=raw, env=env, capture_output=True, check=True).stdout
    return subprocess.run(program, input=raw, env=env, capture_output=True, check=True).stdout.decode()


def test_the_real_ccstatusline_shows_our_numbers(known: dict[str, str], home: Path) -> None:
    program = [need("node"), str(npm_program("ccstatusline", "2.2.30", "dist/ccstatusline.js"))]
    settings = home / ".config/ccstatusline/settings.json"
    settings.parent.mkdir(parents=True)
    kinds = ("session-usage", "weekly-usage", "weekly-opus-usage")
    settings.write_text(json.dumps({"version": 3, "lines": [[{"id": kind, "type": kind}] for kind in kinds]}))
    assert "Session: 41" not in piped(program, known, enrich=False), "by itself it knows nothing"
    shown = piped(program, known, enrich=True).replace("\xa0", " ")
    for text in ("Session: 41.0%", "Weekly: 63.0%", "Opus: 12.0%"):
        assert text in shown


def test_the_real_ccline_draws_what_it_drew(known: dict[str, str]) -> None:
    """It takes model, folder and context from stdin and asks the server for usage itself: our members do not disturb it."""
    program = [str(npm_program("@cometix/ccline-linux-x64", "1.1.2", "ccline"))]
    shown = piped(program, known, enrich=True)
    assert "Opus 5.5" in shown
    assert shown == piped(program, known, enrich=False)


def test_the_real_starship_reads_it(known: dict[str, str]) -> None:
    program = [need("starship"), "statusline", "claude-code"]
    if subprocess.run([*program[:2], "--help"], env=known, capture_output=True, check=False).returncode:
        pytest.skip("a starship with `statusline` is not installed")
    assert piped(program, known, enrich=True) == piped(program, known, enrich=False) != ""
