"""The prompt path where its rules turn: a snapshot that fails late, the edges of freshness, an inbox file that is damaged."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from commandline import quotaline
from quotaline.core import inbox
from quotaline.core.snapshot import is_compiled, read_or_defaults
from quotaline.core.surfaces import PROMPT_SURFACES, SURFACES
from quotaline.core.values import MAX_DEPTH, MAX_ITEMS, MAX_TEXT, encode_json
from quotaline.prompt import run
from quotaline.prompt.desktop_bars import worst_level
from quotaline.prompt.line import prompt_text
from quotaline.prompt.statusline import WIDEST, parse_padding
from quotaline.render.fields import gather_fields
from samples import NOW, sample
from usage_history import HOUR

LIMITS = {"five_hour": {"used_percentage": 42, "resets_at": 1_795_251_475}}
LATE = {
    "a form whose pair lacks its second half": {"segments": {"five_hour": {"forms": [[["five_hour.used"]]]}}},
    "a form that is a number": {"segments": {"five_hour": {"forms": [7, 7, 7]}}},
    "a field that is a list": {"segments": {"five_hour": {"forms": [[[["x"], "pct"]]] * 3}}},
    "a row that is a number": {"lines": {"claude": [3]}},
    "a name in a row that is a list": {"lines": {"claude": [[["five_hour"]]]}},
    "roles that are a list": {"style": {"separator": " ", "roles": [1]}},
}


@pytest.mark.parametrize("damage", LATE.values(), ids=list(LATE))
def test_a_snapshot_that_fails_only_when_it_is_drawn_costs_no_number_of_this_session(
    damage: dict[str, Any], home: Path, environment: dict[str, str]
) -> None:
    folder = home / ".cache" / "quotaline" / "default"
    folder.mkdir(parents=True)
    kept = {"version": 1, "written_at": NOW, "readings": [], "fields": {}, **read_or_defaults(""), **damage}
    assert is_compiled(kept), "it is taken for a good one"
    (folder / "snapshot.json").write_text(json.dumps(kept))
    data = sample("after-response")
    for window in data["rate_limits"].values():
        window["resets_at"] = time.time() + HOUR
    done = quotaline("statusline", env={**environment, "NO_COLOR": "1"}, stdin=json.dumps(data).encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"42%" in done.stdout


@pytest.mark.parametrize(
    ("age", "fresh_for", "told_ago", "starts"),
    [
        (59.875, 60, None, False), (60.0, 60, None, True),  # the edge of freshness itself
        (0.0, 60, None, False), (-0.125, 60, None, True),  # the edge of the future
        (4.875, 60, 1, False), (5.0, 60, 1, True),  # the edge of what news waits for
        (3.0, 2, 1, True), (1.875, 2, 1, False), (2.0, 2, 1, True),  # who wants it fresher than that gets it
        (3.0, 2, None, True),
        (20, 60, 20, False),  # told at the very moment of the snapshot: it knew
    ],
)  # fmt: skip
def test_a_refresh_starts_on_the_edge_and_not_before(
    age: float, fresh_for: float, told_ago: float | None, starts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr("quotaline.core.spawn_refresh.spawn_refresh", lambda folder, *_: started.append(folder))
    told_at = 0.0 if told_ago is None else NOW - told_ago
    run.refresh_if_stale({"written_at": NOW - age, "fresh_for": fresh_for}, "folder", NOW, told_at=told_at)
    assert starts == bool(started)


DAMAGE = {
    "without its time": lambda text: text.replace('"as_of":100.000,', ""),
    "a time that is none": lambda text: text.replace("100.000", '"x"'),
    "a time of the future": lambda text: text.replace("100.000", "1e12"),
    "cut at its end": lambda text: text[:-1],
    "cut at its beginning": lambda text: text[1:],
    "empty": lambda _text: "",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_a_damaged_inbox_file_is_whole_again_though_the_limits_stayed_the_same(damage: Any, tmp_path: Path) -> None:
    inbox.write_if_changed(str(tmp_path), "abc", LIMITS, 100.0)
    path = tmp_path / "inbox" / "abc.json"
    whole = path.read_text()
    assert damage(whole) != whole
    path.write_text(damage(whole))
    assert inbox.write_if_changed(str(tmp_path), "abc", LIMITS, 200.0) == 200.0
    assert json.loads(path.read_text()) == {"version": 1, "session": "abc", "as_of": 200.0, "rate_limits": LIMITS}


def nested(kind: str, depth: int) -> Any:
    """`depth` lists or objects, each in the other, around a 7."""
    value: Any = 7
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


@pytest.mark.parametrize("kind", ["list", "object"])
def test_what_is_nested_deeper_than_any_rate_limit_is_left_out(kind: str) -> None:
    assert json.loads(encode_json(nested(kind, MAX_DEPTH))) == nested(kind, MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 500):
        value = json.loads(encode_json(nested(kind, depth)))
        for _ in range(MAX_DEPTH):
            value = value[0] if kind == "list" else value["a"]
        assert value is None


def test_what_is_longer_than_any_rate_limit_is_cut() -> None:
    for count, kept in ((MAX_ITEMS, MAX_ITEMS), (MAX_ITEMS + 1, MAX_ITEMS)):
        assert (
            len(json.loads(encode_json([0] * count))) == len(json.loads(encode_json({str(n): 0 for n in range(count)}))) == kept
        )
    for length, kept in ((MAX_TEXT, MAX_TEXT), (MAX_TEXT + 1, MAX_TEXT)):
        assert len(json.loads(encode_json("x" * length))) == len(next(iter(json.loads(encode_json({"x" * length: 0}))))) == kept


@pytest.mark.parametrize(
    ("words", "padding"),
    [
        ([], 0),
        (["--padding", "2"], 2),
        (["--padding=3"], 3),
        (["--other", "--padding", "4", "--more", "9"], 4),
        (["--padding"], 0),
        (["--padding", "-1"], 0),
        (["--padding", "\u0663"], 0),
        (["--padding=1000"], WIDEST),
        (["--padding=12345678"], WIDEST),
        (["--padding=123456789"], 0),
        (["--padding=1", "--padding=2"], 2),
    ],
)
def test_the_rows_padding_is_the_number_behind_its_option(words: list[str], padding: int) -> None:
    assert parse_padding(words) == padding


def test_a_bars_class_is_that_of_the_fullest_of_several_windows() -> None:
    segments = {"x": {"level": "window.used", "each": "seven_day_", "warn": 70, "critical": 90}}
    kept: dict[str, Any] = {"segments": segments, "style": {}}
    for used, expected in (
        ((None, None), ("none", None)),
        ((12, 95), ("critical", 95)),
        ((71, 12), ("warn", 71)),
        ((3, 4), ("ok", 4)),
    ):
        kept["readings"] = [
            {
                "value": {"type": "window", "id": f"seven_day_{name}", "utilization": value, "resets_at": NOW + HOUR},
                "source": "endpoint",
                "as_of": NOW,
            }
            for name, value in zip(("opus", "fable"), used, strict=True)
        ]
        assert expected == worst_level([["x"]], kept, gather_fields(kept, [], NOW))[:2]


@pytest.mark.parametrize(("locale", "ascii_in"), [("C", {"bash", "zsh", "fish", "sh", "starship"}), ("C.UTF-8", set())])
def test_where_the_locale_has_no_utf_8_shells_draw_ascii_and_others_do_not(locale: str, ascii_in: set[str]) -> None:
    shipped = read_or_defaults("")
    window = {"type": "window", "id": "five_hour", "utilization": 42, "resets_at": NOW + HOUR}
    kept = {
        **shipped,
        "readings": [{"value": window, "source": "endpoint", "as_of": NOW}],
        "lines": {"prompt": [["five_hour", "five_hour"]]},
        "style": {**shipped["style"], "separator": " · "},
    }
    surfaces = [name for name in PROMPT_SURFACES if not SURFACES[name].bar and name != "plain"]
    shown = {name: prompt_text(["--shell", name], kept, {"LC_ALL": locale}, NOW) for name in surfaces}
    assert ascii_in == {name for name, text in shown.items() if text.isascii()}


@pytest.mark.parametrize(
    ("value", "level"), [(0, "ok"), (0.5, "ok"), (69.9, "ok"), (70, "warn"), (89.9, "warn"), (90, "critical")]
)
def test_a_bars_class_turns_at_the_thresholds(value: float, level: str) -> None:
    kept: dict[str, Any] = {"segments": {"x": {"level": "five_hour.used", "warn": 70, "critical": 90}}, "style": {}}
    window = {"type": "window", "id": "five_hour", "utilization": value, "resets_at": NOW + HOUR}
    kept["readings"] = [{"value": window, "source": "statusline", "as_of": NOW}]
    fields = gather_fields(kept, [], NOW)
    assert worst_level([["x"]], kept, fields)[:2] == (level, int(value))
