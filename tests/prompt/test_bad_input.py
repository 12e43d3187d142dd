"""Law 2: whatever is on stdin or on disk, exit 0, no word on stderr, and what can be shown is shown."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bad_stdin import GOOD, INPUTS
from commandline import quotaline
from quotaline.core import session, values
from quotaline.core.rate_limits import session_readings
from quotaline.core.snapshot import read_or_defaults, read_snapshot
from quotaline.prompt.line import prompt_text
from quotaline.render import layout
from quotaline.render.fields import gather_fields
from samples import NOW
from shellkit import wait_for


@pytest.mark.parametrize("name", INPUTS)
def test_bad_stdin_costs_only_itself(name: str, environment: dict[str, str]) -> None:
    done = quotaline("statusline", env=environment, stdin=INPUTS[name])
    assert (done.returncode, done.stderr) == (0, b"")


def test_numbers_as_strings_are_still_shown(environment: dict[str, str]) -> None:
    done = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=INPUTS["strings"])
    assert done.stdout.decode() == "M · ctx ████░░░░░░ 42% · ~$1.50 session\n"


AROUND = {"byte order mark": (b"\xef\xbb\xbf", b""), "nuls": (b"\0\0", b"\0" * 64), "all": (b"\n\xef\xbb\xbf ", b"\r\n\0")}
INSIDE = {
    "endless integer": b"9" * 5000,
    "long integer": b"9" * 401,
    "deep": b"[" * 980 + b"]" * 980,
    "deeper": b"[" * 5000 + b"]" * 5000,
    "infinite": b"1e400",
}
LIMITS = b'"rate_limits":{"five_hour":{"used_percentage":42,"resets_at":null}}'


@pytest.mark.parametrize("name", [*AROUND, *INSIDE])
def test_one_odd_value_never_blanks_the_row(name: str, environment: dict[str, str]) -> None:
    before, after = AROUND.get(name, (b"", b""))
    text = b'{"model":{"display_name":"M"},"odd":' + INSIDE.get(name, b"1") + b"," + LIMITS + b"}"
    done = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=before + text + after)
    assert done.stdout.decode() == "M\n5h 42%\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("after", [b"", b"\n"])
def test_utf_16_behind_its_mark_is_read(encoding: str, after: bytes, environment: dict[str, str]) -> None:
    text = ('\ufeff{"model":{"display_name":"Mé"},' + LIMITS.decode() + "}").encode(encoding) + after
    done = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=text)
    assert done.stdout.decode() == "Mé\n5h 42%\n"


@pytest.mark.parametrize("odd", ["1e30", "-1", "1001", "1795251000", "9" * 401, "true"])
def test_a_number_that_is_none_is_not_drawn(odd: str, environment: dict[str, str]) -> None:
    cost = "-0.5" if odd == "-1" else "1e30"
    text = (
        f'{{"model":{{"display_name":"M"}},"context_window":{{"used_percentage":{odd}}},'
        f'"rate_limits":{{"five_hour":{{"used_percentage":{odd}}}}},"cost":{{"total_cost_usd":{cost}}}}}'
    )
    done = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=text.encode())
    assert done.stdout.decode() == "M\n"


def test_windows_are_shown_even_when_stdin_is_broken(environment: dict[str, str], home: Path) -> None:
    seed(home)
    done = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=b"{")
    assert b"7d 63%" in done.stdout


def seed(home: Path) -> Path:
    """A snapshot whose windows never end."""
    folder = home / ".cache" / "quotaline" / "default"
    folder.mkdir(parents=True)
    window = {"type": "window", "id": "seven_day", "name": "Weekly", "utilization": 63.0, "resets_at": 4e9}
    reading = {"value": window, "source": "statusline", "as_of": 3.9e9}
    content = {"version": 1, "written_at": 1.0, "fresh_for": 60, "stale_after": 3600, "readings": [reading], "fields": {}}
    path = folder / "snapshot.json"
    path.write_text(json.dumps({**content, **read_or_defaults("")}))
    return path


@pytest.mark.slow
def test_a_snapshot_cut_at_any_byte_is_no_snapshot(home: Path) -> None:
    path = seed(home)
    whole = path.read_bytes()
    assert read_snapshot(str(path)) is not None
    for end in reversed(range(len(whole.rstrip()))):
        os.truncate(path, end)  # a file that is written anew 6,000 times takes 15 times as long
        assert read_snapshot(str(path)) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"version":2,"written_at":1}', b'{"version":1}', b"\xff" * 99])
def test_a_foreign_or_newer_snapshot_is_no_snapshot(content: bytes, home: Path, environment: dict[str, str]) -> None:
    seed(home).write_bytes(content)
    done = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=GOOD)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Opus 5.5" in done.stdout


@pytest.mark.parametrize("part", ["readings", "fields", "segments", "lines", "style"])
@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, [None], {"a": None}, [[["x"]]], {"claude": 3}, {"extra": {"forms": 1}}]
)
def test_any_part_of_a_snapshot_may_be_nonsense(part: str, value: object, home: Path, environment: dict[str, str]) -> None:
    path = seed(home)
    content = json.loads(path.read_bytes())
    content[part] = value
    path.write_text(json.dumps(content))
    environment["NO_COLOR"] = "1"
    for command in ("statusline", "prompt"):
        done = quotaline(command, env=environment, stdin=GOOD)
        assert (done.returncode, done.stderr) == (0, b"")
        assert command == "prompt" or (part == "lines" and value) or b"Opus 5.5" in done.stdout


@pytest.mark.parametrize("command", ["statusline", "prompt"])
def test_a_snapshot_that_nobody_can_draw_is_written_anew(command: str, home: Path, environment: dict[str, str]) -> None:
    """Also while it says of itself that it is fresh."""
    path = seed(home)
    content = json.loads(path.read_bytes())
    content |= {"written_at": time.time(), "fresh_for": 1e6}
    content["segments"]["seven_day"]["forms"] = [[["seven_day.used", "pct", "more"]]] * 3
    path.write_text(json.dumps(content))
    del environment["QUOTALINE_REFRESH"]
    assert quotaline(command, env=environment, stdin=GOOD).returncode == 0
    wait_for(lambda: json.loads(path.read_text())["written_at"] != content["written_at"])


@pytest.mark.parametrize("command", [("statusline",), ("prompt", "--shell", "bash")])
@pytest.mark.parametrize("odd", ["\x1b[2J", "\x9b2J", "\u202e", "\u2028", "\n\x07", "31m\x1b]0;x\x07"])
def test_damage_in_a_snapshot_sends_no_control_character(
    odd: str, command: tuple[str, ...], home: Path, environment: dict[str, str]
) -> None:
    """In the words of a segment, in its colour, between two of them; the icons of a font stay."""
    path = seed(home)
    content = json.loads(path.read_bytes())
    content["segments"]["seven_day"] |= {"forms": [[f"\ue0b0{odd}", ["seven_day.used", "pct"]]] * 3, "colour": odd}
    content["style"] |= {"separator": f"|{odd}", "roles": dict.fromkeys(content["style"]["roles"], odd)}
    content["lines"] = {"claude": [["model", "seven_day"]], "prompt": [["seven_day", "seven_day"]]}
    path.write_text(json.dumps(content))
    shown = quotaline(*command, env={**environment, "FORCE_COLOR": "1"}, stdin=GOOD).stdout.decode()
    assert "\ue0b0" in shown
    bare = re.sub(r"\x01|\x02|\x1b\[[0-9;]*m", "", shown.removesuffix("\n")).replace("\ue0b0", "")
    assert bare.isprintable(), repr(shown)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_cache_folder_costs_only_the_inbox(environment: dict[str, str], home: Path) -> None:
    (home / ".cache").mkdir(mode=0o500)
    done = quotaline("statusline", env=environment, stdin=GOOD)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Opus" in done.stdout


def test_a_file_where_the_cache_folder_belongs_costs_only_the_inbox(environment: dict[str, str], home: Path) -> None:
    (home / ".cache").write_text("")
    environment.pop("QUOTALINE_REFRESH")
    done = quotaline("statusline", env=environment, stdin=GOOD)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Opus" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_costs_only_the_inbox(environment: dict[str, str]) -> None:
    environment["QUOTALINE_CACHE_DIR"] = "/dev/full"
    done = quotaline("statusline", env=environment, stdin=GOOD)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Opus" in done.stdout


@pytest.mark.parametrize("home_is", [None, "", "relative/path", "/nonexistent"])
def test_no_home_is_no_failure(home_is: str | None, environment: dict[str, str]) -> None:
    environment.pop("HOME")
    if home_is is not None:
        environment["HOME"] = home_is
    environment["XDG_CACHE_HOME"] = "/nonexistent"
    for command in (["statusline"], ["prompt"]):
        done = quotaline(*command, env=environment, stdin=GOOD)
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_clock_in_the_past_shows_what_there_is(home: Path) -> None:
    kept = read_or_defaults(str(seed(home).parent))
    assert "7d 63%" in prompt_text(["seven_day"], kept, {}, 1000.0)


def test_a_reader_that_is_gone_is_no_error(environment: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    import subprocess

    from commandline import QUOTALINE

    done = subprocess.run(
        [QUOTALINE, "statusline"], input=GOOD, stdout=write, stderr=subprocess.PIPE, env=environment, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_our_reader_of_json_agrees_with_the_library(value: object) -> None:
    text = json.dumps(value, allow_nan=False) if msgspec.json.encode(value) and _finite(value) else "null"
    assert values.loads_json(text) == json.loads(text)


def _finite(value: object) -> bool:
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, dict):
        return all(_finite(item) for item in value.values())
    return all(_finite(item) for item in value) if isinstance(value, list) else True


KEYS = [
    "model",
    "cost",
    "workspace",
    "cwd",
    "context_window",
    "rate_limits",
    "prompt_cache",
    "session_id",
    "effort",
    "pr",
    "vim",
]
INNER = [
    "display_name",
    "total_cost_usd",
    "current_dir",
    "used_percentage",
    "five_hour",
    "resets_at",
    "expires_at",
    "level",
    "number",
]
hostile = st.dictionaries(
    st.sampled_from(KEYS),
    json_values | st.dictionaries(st.sampled_from(INNER), json_values | st.text(), max_size=5),
    max_size=8,
)


@given(hostile)
@settings(max_examples=300)
def test_no_json_makes_the_line_fail_or_sends_a_control_character(data: dict[str, object]) -> None:
    kept = {**read_or_defaults(""), "readings": []}
    fields = gather_fields(kept, session_readings(data.get("rate_limits"), NOW, NOW), NOW)
    fields.update(session.session_fields(data, "/home/user", NOW))
    rows = layout.draw(kept["lines"]["claude"], kept, fields, surface="claude", colour=False, limit=76)
    assert all(row.isprintable() for row in rows)
