"""Forms and fields where nothing else looks: a repeated segment's other fields, and what extra usage leaves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.core.snapshot import read_or_defaults
from quotaline.render import fields as fields_module
from quotaline.render.fields import Fields, add_window_fields, gather_fields
from quotaline.render.layout import arrange, expand_segment, render_form
from quotaline.render.paint import fit, paint, width
from quotaline.render.sgr import parse_sgr, tmux_style
from usage_history import HOUR, NOW


def fields(*windows: str, **found: Any) -> Fields:
    """Fields by name, with two underscores for the point."""
    fields = Fields(NOW)
    fields.windows += windows
    fields.update({name.replace("__", "."): value for name, value in found.items()})
    return fields


def test_in_a_segment_that_is_repeated_only_the_windows_own_fields_take_its_name() -> None:
    known = fields(seven_day_fable__used=77.0, seven_day_fable__label="Fable", model__name="Opus", windowless="plain")
    form = [["model.name", ""], " ", ["window.label", ""], " ", ["window.used", "pct"], " ", ["windowless", ""]]
    assert render_form(form, known, {}, "seven_day_fable") == "Opus Fable 77% plain"
    assert render_form([["window.used", "pct"]], known, {}) is None, "without a window there is none to speak of"


def test_each_window_of_a_repeated_segment_has_its_own_piece_and_level() -> None:
    known = fields(
        "five_hour", "seven_day_a", "seven_day_b", seven_day_a__used=10.0, seven_day_b__used=95.0, model__name="Opus"
    )
    segment = {
        "forms": [None, [["model.name", ""], " ", ["window.used", "pct"]], None],
        "each": "seven_day_", "level": "window.used", "critical": 90, "colour": "2",
    }  # fmt: skip
    pieces = expand_segment(segment, known, {"roles": {"critical": "31"}}, long=False)
    assert [(piece["forms"][1], piece["sgr"]) for piece in pieces] == [("Opus 10%", "2"), ("Opus 95%", "31")]


@pytest.mark.parametrize(
    ("used", "limit", "left"),
    [
        ([1240, "USD", 2], [5000, "USD", 2], [3760, "USD", 2]),
        ([5001, "USD", 2], [5000, "USD", 2], [0, "USD", 2]),
        ([5000, "USD", 2], [5000, "USD", 2], [0, "USD", 2]),
        ([4999, "USD", 2], [5000, "USD", 2], [1, "USD", 2]),
        ([1, "USD", 2], [5000, "EUR", 2], None),
        ([1, "USD", 2], [5000, "USD", 0], [499_999, "USD", 2]),
        ([1, "USD", 2], None, None),
        (None, [5000, "USD", 2], None),
    ],
)
def test_what_is_left_of_extra_usage_is_the_limit_less_what_is_used(used: object, limit: object, left: object) -> None:
    found = fields()
    value = {"type": "extra_usage", "is_enabled": True, "used": used, "limit": limit}
    add_window_fields(found, [{"value": value, "source": "endpoint", "as_of": NOW}], HOUR)
    assert left == found.get("extra.left")


def test_a_value_is_old_after_its_edge_and_a_ready_one_ends_on_its_second() -> None:
    reading = {
        "value": {"type": "window", "id": "five_hour", "name": "x", "utilization": 1.0, "resets_at": None},
        "source": "endpoint", "as_of": NOW,
    }  # fmt: skip
    kept = {"readings": [reading], "stale_after": HOUR, "written_at": NOW, "fields": {"today.cost": [1.0, NOW + 2 * HOUR]}}
    for late, old in ((HOUR, set()), (HOUR + 0.001, {"five_hour", "today"})):
        assert gather_fields(kept, [], NOW + late).stale == old
    for late, there in ((2 * HOUR - 0.001, True), (2 * HOUR, False)):
        assert ("today.cost" in gather_fields(kept, [], NOW + late)) == there


@pytest.mark.parametrize(
    ("sgr", "style"),
    [("99", "default"), ("", "default"), ("1", "bold"), ("29", "default"), ("30", "fg=colour0"), ("37", "fg=colour7"),
     ("38", "default"), ("39", "default"), ("89", "default"), ("90", "fg=colour8"), ("97", "fg=colour15"), ("98", "default"),
     ("38;5", "default"), ("38;5;255", "fg=colour255"),  ("x;1", "bold"),
     ("38;2;1;2", "default"), ("38;2;1;2;3;4", "underscore,fg=#010203"), ("48;5;1", "default"), ("48;2;1;2;3;1", "bold"),
     ("58;5;7;31", "fg=colour1"), ("38;5;;1", "bold,fg=colour0"), ("38;9;1", "bold")],
)  # fmt: skip
def test_sgr_that_tmux_cannot_have_is_its_default_and_never_an_empty_style(sgr: str, style: str) -> None:
    assert style == tmux_style(sgr) != ""
    assert "#[]" not in paint("x", sgr, "tmux")
    assert parse_sgr("99") == ([], None)


def test_the_shipped_rows_need_no_window_to_be_drawn() -> None:
    assert gather_fields({**read_or_defaults("")}, [], NOW).windows == []


def many(count: int) -> dict[str, Any]:
    """The shipped lines with `count` windows of models."""
    value = {"type": "window", "utilization": 1.0, "resets_at": NOW + HOUR}
    readings = [
        {"value": {**value, "id": f"seven_day_m{at}", "name": f"Weekly (M{at})"}, "source": "endpoint", "as_of": NOW}
        for at in range(count)
    ]
    return {**read_or_defaults(""), "readings": readings, "written_at": NOW}


@given(st.integers(0, 12), st.integers(0, 90), st.booleans())
def test_of_many_windows_those_that_cannot_fit_are_not_drawn_and_all_else_is_as_ever(
    count: int, limit: int, long: bool
) -> None:
    kept = many(count)
    rows = [["model", "weekly_model", "extra"]]
    each = next(segment for segment in kept["segments"].values() if segment.get("each"))
    shown = arrange(rows, kept, gather_fields(kept, [], NOW), long=long, limit=limit)
    fields = gather_fields(kept, [], NOW)
    segments, room = [kept["segments"][name] for name in rows[0]], 1000
    pieces = [piece for one in segments for piece in expand_segment(one, fields, kept["style"], long=long, limit=room)]
    gap = width(str(kept["style"]["separator"]))
    best = max(pieces, key=lambda piece: piece["priority"], default=None)
    fitted = [(form, one["sgr"]) for one, form in fit(pieces, limit, gap)]
    assert shown == ([fitted] if fitted else [[(best["forms"][-1], best["sgr"])]] if best else [])
    assert each["each"]


def test_only_the_windows_of_a_line_are_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    reckoned: list[str] = []
    window = fields_module._window

    def noted(value: dict[str, Any], key: str, now: float) -> dict[str, Any]:
        reckoned.append(key)
        return window(value, key, now)

    monkeypatch.setattr(fields_module, "_window", noted)
    kept = many(50)
    found = gather_fields(kept, [], NOW)
    assert found.get("five_hour.used") is None
    assert reckoned == []
    assert (found["seven_day_m7.used"], "seven_day_m7.left" in found, "seven_day_m7.money" in found) == (1.0, True, False)
    assert reckoned == ["seven_day_m7"]
    with pytest.raises(KeyError):
        found["seven_day_m8.nothing"]
    assert len(gather_fields(kept, [], NOW).whole()) == 50 * 9
    assert len(found.windows) == 50


def test_of_two_readings_with_one_name_the_later_speaks_and_a_ready_field_before_both() -> None:
    kept = many(1)
    first = kept["readings"][0]
    found = fields()
    add_window_fields(found, [first, {**first, "value": {**first["value"], "utilization": 2.0}}], HOUR)
    assert found["seven_day_m0.used"] == 2.0
    ready = gather_fields({**kept, "fields": {"seven_day_m0.left": [7.0, None]}}, [], NOW)
    assert (ready["seven_day_m0.left"], ready.whole()["seven_day_m0.left"]) == (7.0, 7.0)
