"""What a segment shows, or the reason that is nearest to the truth why it shows nothing."""

from __future__ import annotations

from typing import Any

import pytest

from quotaline.config.schema import Config
from quotaline.config.segment import Segment
from quotaline.config.segments import catalogue, compile_lines
from quotaline.model import Missing
from quotaline.preview.segments import fields_of, meaning, preview, previews, reason, why_absent, why_empty
from quotaline.render.fields import Fields
from samples import NOW

GAPS = [Missing("extra_usage", "it is off"), Missing("five_hour", "no answer yet"), Missing("weekly_model", "needs the switch")]


def fields(**values: Any) -> Fields:
    found = Fields(NOW)
    found.update({name.replace("__", "."): value for name, value in values.items()})
    found.windows = sorted({name.partition("__")[0] for name in values if name.startswith(("five", "seven"))})
    return found


@pytest.mark.parametrize(
    ("field", "known", "why"),
    [
        ("model.name", {}, "shown inside Claude Code only"), ("git.branch", {"model__name": "Opus"}, "this session has none"),
        ("today.cost", {}, "no tokens today on this machine"),
        ("week.tokens", {}, "no tokens in the last seven days on this machine"),
        ("block.left", {}, "no 5-hour block is active on this machine"), ("crossing.since", {}, "no money moves"),
        ("limit.at", {}, "no window fills up before its reset, as far as can be told"),
        ("alert.text", {}, "no alert in the last ten minutes"),
        ("account.plan", {}, "needs the switch"), ("extra.used", {}, "it is off"), ("five_hour.used", {}, "no answer yet"),
        ("five_hour.pace", {}, "no answer yet"),
        ("five_hour.pace", {"five_hour__used": 1}, "nothing to tell yet: it needs readings over some time"),
        ("extra.rate", {"extra__used": 1}, "nothing to tell yet: it needs readings over some time"),
        ("extra.left", {"extra__used": 1}, "it is off"), ("spend_limit.used", {}, "no source reported spend_limit.used"),
    ],
)  # fmt: skip
def test_a_field_is_absent_for_a_reason(field: str, known: dict[str, Any], why: str) -> None:
    assert why_absent(field, fields(**known), GAPS) == why


def test_where_everything_is_missing_that_is_the_reason() -> None:
    everything = [Missing("everything", "nothing was read")]
    assert reason("five_hour", everything) == why_absent("spend_limit.used", fields(), everything) == "nothing was read"
    assert reason("five_hour", []) == ""
    assert why_absent("account.plan", fields(), []) == "no open source told the plan"


def test_an_empty_segment_says_what_its_usual_form_lacks() -> None:
    usual = Segment(summary="s", format="{five_hour.used:pct} {today.cost:money}")
    assert why_empty(usual, fields(), GAPS) == "no answer yet"
    assert why_empty(usual, fields(five_hour__used=1), GAPS) == "no tokens today on this machine"
    assert why_empty(usual, fields(five_hour__used=1, today__cost="x"), GAPS) == "a value does not fit its format"
    models = Segment(summary="s", format="{window.used:pct}", each="seven_day_*")
    assert (why_empty(models, fields(), GAPS), why_empty(models, fields(), [])) == (
        "needs the switch", "no open source reported such a window",
    )  # fmt: skip
    others = Segment(summary="s", format="{window.used:pct}", each="five_*")
    assert why_empty(others, fields(), [Missing("five_*", "so")]) == "so"


def test_a_preview_has_its_pieces_its_fields_and_its_lines() -> None:
    found = catalogue(Config(), None)
    compiled = compile_lines(Config(), found)
    told = fields(five_hour__used=42.5, five_hour__left=7980.0, extra__used=[1240, "USD", 2])
    one = preview("five_hour", found, compiled, told, GAPS)
    assert (one.text, one.why, one.own, len(one.shows)) == ("5h 42% 2h13m", "", False, 1)
    assert one.fields == ("five_hour.used", "five_hour.left", "block.tokens")
    assert set(one.lines) >= {"claude", "prompt"}
    none = preview("model", found, compiled, told, GAPS)
    assert (none.shows, none.why, none.lines) == ((), "shown inside Claude Code only", ("claude",))
    assert [each.name for each in previews(found, compiled, told, GAPS)] == sorted(found.segments)
    twice = Segment(summary="s", format="{today.cost:money} {window.used}{today.cost:money}", each="x*")
    assert fields_of(twice) == ("today.cost", "window.used")


def test_a_field_has_a_meaning() -> None:
    assert meaning("extra.used") == "money spent beyond the plan this month"
    assert meaning("five_hour.used") == meaning("seven_day_x.used") != ""
    assert meaning("nothing.there") == ""
