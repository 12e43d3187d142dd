"""The prompt file: at every second it says what `quotaline prompt` would print then, for every surface, and nothing else."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from quotaline.core.periods import DAY, WEEK, midnight
from quotaline.core.snapshot import read_or_defaults
from quotaline.core.surfaces import PROMPT_FILES, SURFACES, Surface
from quotaline.render import layout
from quotaline.render.ascii import GLYPHS
from quotaline.render.fields import gather_fields
from quotaline.render.paint import LOOK_ALIKES, paint_at, width
from quotaline.snapshot import frames, prompt_files
from samples import NOW


def kept(readings: list[dict[str, Any]], rows: list[list[str]] | None = None, **more: Any) -> dict[str, Any]:
    """A snapshot as the prompt path reads it."""
    shipped = read_or_defaults("")
    lines = {**shipped["lines"], "prompt": rows or shipped["lines"]["prompt"]}
    return {
        **shipped,
        "lines": lines,
        "written_at": NOW,
        "fresh_for": 60.0,
        "stale_after": 3600.0,
        "readings": readings,
        "fields": {},
        **more,
    }


def window(key: str, used: float, resets_in: float | None, age: float = 0.0) -> dict[str, Any]:
    value = {"type": "window", "id": key, "name": key, "utilization": used}
    if resets_in is not None:
        value["resets_at"] = NOW + resets_in
    return {"value": value, "source": "statusline", "as_of": NOW - age}


EXTRA = {
    "value": {"type": "extra_usage", "is_enabled": True, "used": [1240, "USD", 2], "limit": [5000, "USD", 2]},
    "source": "claude-json", "as_of": NOW - 60,
}  # fmt: skip


def at(content: bytes, moment: int) -> str:
    """What a shell shows at `moment`: the first frame that is not over."""
    for line in content.decode().splitlines()[1:]:
        until, _, text = line.partition("\t")
        if moment < int(until):
            return text
    raise AssertionError("the last frame is for ever")


def printed(snapshot: dict[str, Any], moment: int, surface: str = "plain") -> str:
    """What `quotaline prompt --shell SURFACE` prints at `moment`."""
    fields = gather_fields(snapshot, [], float(moment))
    rows = layout.draw(
        snapshot["lines"]["prompt"],
        snapshot,
        fields,
        surface=surface,
        colour=SURFACES[surface].coloured,
        limit=0,
    )
    return "\x1f".join(rows)


def test_windows_that_no_line_shows_cost_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[int] = []

    def counting(kept: dict[str, Any], own: list[dict[str, Any]], now: float) -> Any:
        gathered.append(len(kept["readings"]))
        return gather_fields(kept, own, now)

    monkeypatch.setattr(frames, "gather_fields", counting)
    shown = [window("five_hour", 42, 7980), window("seven_day", 63, 400_000), EXTRA]
    models = [window(f"seven_day_model_{n}", 1, 300_000 + n * 61, age=n) for n in range(200)]
    hidden = {f"seven_day_model_{n}.limit_at": [NOW + n, NOW + 5000 + n] for n in range(200)}
    counted = []
    for found, fields in ((shown, {}), (shown + models, hidden)):
        gathered.clear()
        prompt_files.render_prompt_files(kept(found, fields=fields), NOW)
        counted.append(len(gathered))
    alone, beside = counted
    assert beside <= alone * 1.5, "one of them stays, so that no fallback is shown while there are windows"
    assert max(gathered) <= len(shown) + 1


def test_no_piece_is_painted_twice_for_a_surface(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[tuple[str, str, str]] = []

    def counting(text: str, sgr: str, place: Surface) -> str:
        painted.append((text, sgr, place.name))
        return paint_at(text, sgr, place)

    monkeypatch.setattr(prompt_files, "paint_at", counting)
    prompt_files.render_prompt_files(kept([window("five_hour", 42, 17_999), window("seven_day", 63, 400_000), EXTRA]), NOW)
    assert painted
    assert len(painted) == len(set(painted))


def test_a_day_in_frames() -> None:
    content = prompt_files.render_prompt_files(kept([window("five_hour", 42, 7980), EXTRA]), NOW)["prompt.plain"]
    assert content.startswith(f"quotaline 1 {int(NOW)} {int(NOW) + 60} ".encode())
    assert [
        "$12.40 extra · 5h 42% 2h13m", "$12.40 extra · 5h 42% 2h13m", "$12.40 extra · 5h 42% 2h12m",
        "$12.40 extra · 5h 42% 1h14m",
        "?$12.40 extra · ?5h 42% 1h12m", "?$12.40 extra · ?5h 42% <1m", "?$12.40 extra",
    ] == [at(content, int(NOW) + second) for second in (-9999, 0, 1, 3540, 3660, 7979, 7980)]  # fmt: skip


readings = st.lists(
    st.builds(
        window,
        st.sampled_from(["five_hour", "seven_day", "seven_day_opus", "seven_day_fable"]),
        st.floats(0, 120),
        st.none() | st.floats(-5000, 8 * 86400),
        st.floats(0, 9000),
    ),
    max_size=3,
    unique_by=lambda reading: reading["value"]["id"],
)


@given(readings, st.booleans(), st.floats(1, 9000), st.lists(st.integers(0, 5 * 3600 - 1), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_for_five_hours_every_second_is_exact(
    found: list[dict[str, Any]], extra: bool, stale_after: float, seconds: list[int]
) -> None:
    snapshot = kept([*found, *([EXTRA] if extra else [])], stale_after=stale_after)
    files = prompt_files.render_prompt_files(snapshot, NOW)
    for second in seconds:
        for surface in PROMPT_FILES:
            assert printed(snapshot, int(NOW) + second, surface) == at(files[f"prompt.{surface}"], int(NOW) + second)


ROWS = st.sampled_from([
    None, [["weekly_model"]], [["five_hour"], ["extra"]], [["seven_day", "limit_at"]], [["resets"], ["five_hour", "today"]],
])  # fmt: skip


@given(readings, ROWS, st.none() | st.floats(-10, 90_000), st.lists(st.integers(0, 5 * 3600 - 1), min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_what_is_left_out_of_the_frames_is_never_seen(
    found: list[dict[str, Any]], rows: list[list[str]] | None, full_in: float | None, seconds: list[int]
) -> None:
    until = None if full_in is None else NOW + full_in
    fields: dict[str, Any] = {"seven_day_opus.limit_at": [NOW + 9, until], "five_hour.limit_at": [NOW + 99, until]}
    snapshot = kept(found, rows=rows, fields={**fields, "today.cost": [1.5, until], "today.mark": ["~", until]})
    content = prompt_files.render_prompt_files(snapshot, NOW)["prompt.plain"]
    for second in seconds:
        assert printed(snapshot, int(NOW) + second) == at(content, int(NOW) + second)


def test_a_countdown_moves_each_minute_for_five_hours_and_then_each_ten() -> None:
    snapshot = kept([window("five_hour", 42, DAY - 60)], rows=[["five_hour"]], stale_after=2 * DAY)
    lines = prompt_files.render_prompt_files(snapshot, NOW)["prompt.plain"].decode().splitlines()[1:-1]
    moments = [int(line.partition("\t")[0]) - int(NOW) for line in lines]
    steps = [(before, after - before) for before, after in pairwise(moments) if after < DAY - 7200]
    assert {60} == {step for before, step in steps if before < 5 * 3600 - 60}
    assert {600} == {step for before, step in steps if before > 5 * 3600 + 600}


def test_only_the_named_fields_of_a_window_move_with_the_time() -> None:
    snapshot = kept([window("five_hour", 42, 7980), window("seven_day", 63, 400_000), EXTRA], fields={"today.cost": [1, None]})
    one, other = (gather_fields(snapshot, [], moment).whole() for moment in (NOW, NOW + 61))
    assert set(frames.MOVING) == {name.rpartition(".")[2] for name in one if one[name] != other[name]}


@pytest.mark.parametrize("name", ["limit_at", "resets"])
def test_a_clock_gets_its_weekday_a_week_before_and_loses_it_at_midnight(name: str) -> None:
    due = NOW + 7.6 * DAY + 0.5
    snapshot = kept([window("five_hour", 42, due - NOW)], rows=[[name]], fields={"limit.at": [due, None]})
    content = prompt_files.render_prompt_files(snapshot, NOW)["prompt.plain"]
    changes = [int(due - WEEK) + 1, int(midnight(due))]
    for second in [moment + beside for moment in changes for beside in (-1, 0, 1)]:
        assert printed(snapshot, second) == at(content, second)
    assert all(at(content, moment) != at(content, moment - 1) for moment in changes)


def test_a_mark_of_problems_stands_behind_the_first_row_there_is() -> None:
    rows = [["extra"], ["five_hour"], ["seven_day"]]
    snapshot = kept([window("five_hour", 42, 100), window("seven_day", 63, 4000)], rows=rows, problems=["a setting"])
    content = prompt_files.render_prompt_files(snapshot, NOW)["prompt.plain"]
    for second in (0, 99, 100, 3999, 4000):
        assert printed(snapshot, int(NOW) + second) == at(content, int(NOW) + second)
    assert [at(content, int(NOW) + second).split("\x1f")[0][-1:] for second in (0, 100, 4000)] == ["×", "×", ""]


@given(readings, st.lists(st.integers(5 * 3600, 40 * 86400), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_after_that_it_is_wrong_by_ten_minutes_at_most_and_after_a_day_by_an_hour(
    found: list[dict[str, Any]], seconds: list[int]
) -> None:
    """Which windows are shown, and which marks they carry, stays exact for ever."""
    snapshot = kept(found, rows=[["five_hour", "seven_day"]])
    content = prompt_files.render_prompt_files(snapshot, NOW)["prompt.plain"]
    for second in seconds:
        shown, true = at(content, int(NOW) + second), printed(snapshot, int(NOW) + second)
        assert re.sub(r"\d+[dhm]|<1m", "", true).split() == re.sub(r"\d+[dhm]|<1m", "", shown).split()
        assert abs(minutes(true) - minutes(shown)) <= (10 if second < 86_400 else 60) * len(found)


def minutes(text: str) -> int:
    """The countdowns of a line added up."""
    return sum(int(number) * {"d": 1440, "h": 60, "m": 1}[unit] for number, unit in re.findall(r"(\d+)([dhm])", text))


def test_other_frames_of_the_same_second_have_another_head() -> None:
    """A refresh publishes what it knows before it asks anybody, and again when it was answered: a shell must see both."""
    heads = {
        prompt_files.render_prompt_files(kept([window("five_hour", used, 7980)]), NOW)["prompt.bash"].split(b"\n")[0]
        for used in (41, 42)
    }
    assert len(heads) == 2


def test_a_value_that_is_true_until_then_is_gone_then() -> None:
    snapshot = kept([], rows=[["today"]], fields={"today.cost": [3.5, NOW + 1000.5], "today.mark": ["~", NOW + 1000.5]})
    content = prompt_files.render_prompt_files(snapshot, NOW)["prompt.plain"]
    assert ["~$3.50 today", "~$3.50 today", ""] == [at(content, int(NOW) + second) for second in (0, 1000, 1001)]


def test_extra_usage_ends_with_its_month() -> None:
    content = prompt_files.render_prompt_files(kept([EXTRA]), NOW)["prompt.plain"]
    december = 1_796_083_200
    assert ["?$12.40 extra", ""] == [at(content, december - 1), at(content, december)]


def test_no_colour_by_configuration_is_no_escape_anywhere() -> None:
    shipped = read_or_defaults("")
    files = prompt_files.render_prompt_files(kept([EXTRA], style={**shipped["style"], "colour": "never"}), NOW)
    assert not [name for name, content in files.items() if b"\x1b" in content or b"#[" in content]


HOSTILE = st.text(
    st.sampled_from(list("$`\\%{}[]#!()'\"<>|&;*?~ \t\r\n\x1b\x07\x01\x02\x1d\x1f\x7f\x9b\u202e\u2066\u0301\u200d\u4e2d🙂"))
    | st.characters(),
    max_size=40,
)
MARKS = {
    "bash": r"\x01(\x1b\[[0-9;]*m)?\x02", "zsh": r"%\{\x1b\[[0-9;]*m%\}|(?<=\$)%\{\x02%\}", "fish": r"\x1b\[[0-9;]*m",
    "starship": r"\x1b\[[0-9;]*m",
    "tmux": r"#\[[a-z0-9,=#]*\]", "sh": r"\x01\x02", "plain": r"(?!)",
    "zsh-plain": r"(?<=\$)%\{\x02%\}", "bash-plain": r"\x01\x02",
}  # fmt: skip


WIDE_ASCII = {ord(glyph): form for glyph, form in GLYPHS.items() if len(form) > 1}


def visible(text: str, surface: str) -> str:
    """What is left on the screen: without our own marks, the surface's escapes read back."""
    if surface == "tmux":
        return read_tmux(text)
    text = re.sub(MARKS[surface], "", text)
    return text.replace("%%", "%") if surface.startswith("zsh") else text


def read_tmux(text: str) -> str:
    """As tmux 3.3a was seen to: a run of `#` halves twice, before `[` once, and an odd one there opens a style."""
    shown, position = "", 0
    while run_of := re.compile(r"(#+)(\[[^\]]*\])?").search(text, position):
        shown += text[position : run_of.start()]
        count, style = len(run_of[1]), run_of[2]
        shown += "#" * (-(-count // 4) if style is None else count // 2)
        position = run_of.end() if style is None or count % 2 else run_of.end(1)  # what is no style is read on from its `[`
    return shown + text[position:]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE)
@example("#[")
@example("#[#")
def test_no_value_moves_the_cursor_or_has_another_width_than_it_says(value: str) -> None:
    """Whatever a model is called: one frame, and beside our own marks only printable text, as wide as it should be."""
    snapshot = kept([], rows=[["model"]], fields={"model.name": [value, None]})
    files = prompt_files.render_prompt_files(snapshot, NOW)
    plain = at(files["prompt.plain"], int(NOW))
    assert plain.isprintable()
    for surface in PROMPT_FILES:
        content = files[f"prompt.{surface}"]
        assert content.count(b"\n") <= 3
        text = at(content, int(NOW))
        shown = visible(text, surface)
        assert shown.isprintable()
        assert (plain.translate(LOOK_ALIKES) if SURFACES[surface].escape in ("shell", "zsh") else plain) == shown
        assert width(plain) == width(shown)
        if SURFACES[surface].ascii_form:
            form = at(files[f"prompt.{surface}-ascii"], int(NOW))
            assert form.isascii()
            assert width(plain.translate(WIDE_ASCII)) == width(visible(form, surface))


@given(HOSTILE, HOSTILE)
def test_two_values_side_by_side_cannot_make_an_escape_together(one: str, two: str) -> None:
    snapshot = kept([], rows=[["model", "agent"]], fields={"model.name": [one, None], "agent.name": [two, None]})
    files = prompt_files.render_prompt_files(snapshot, NOW)
    plain = at(files["prompt.plain"], int(NOW))
    assume(plain)
    for surface in ("bash", "zsh", "tmux", "starship"):
        shown = visible(at(files[f"prompt.{surface}"], int(NOW)), surface)
        assert (plain.translate(LOOK_ALIKES) if surface != "tmux" else plain) == shown


def test_several_rows_are_kept_apart_and_empty_ones_left_out() -> None:
    snapshot = kept([window("five_hour", 42, 7980), EXTRA], rows=[["extra"], ["model"], ["five_hour"]])
    assert at(prompt_files.render_prompt_files(snapshot, NOW)["prompt.bash"], int(NOW)).count("\x1f") == 1


@pytest.mark.parametrize("surface", PROMPT_FILES)
def test_a_file_stays_small(surface: str) -> None:
    """The longest one: a whole session ahead of it and the last day of a week."""
    content = prompt_files.render_prompt_files(
        kept([window("five_hour", 42, 17_999), window("seven_day", 80, 86_399), EXTRA]), NOW
    )
    assert len(content[f"prompt.{surface}"]) < 80_000
