"""Forms and fields where nothing else looks: a repeated segment's other fields, and what extra usage leaves."""

from __future__ import annotations

from typing import Any

import pytest

from quotaline.core.snapshot import read_or_defaults
from quotaline.render.fields import Fields, add_window_fields, gather_fields
from quotaline.render.layout import expand_segment, render_form
from quotaline.render.paint import paint
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
    add_window_fields(found, [{"value": value, "source": "endpoint", "as_of": NOW}], NOW, HOUR)
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
