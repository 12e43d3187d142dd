"""Budgets as fields: the one that is fullest, and the health with what pulls it down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.model import Money, Reading, Window
from quotaline.snapshot.budget_fields import budget_fields, health
from usage_history import DAY, HOUR, NOW

WEEK = 7 * DAY


def budget(key: str, share: float | None, resets_at: float, **extras: bool) -> Reading:
    """A budget of $200 of which `share` percent are spent."""
    spent = None if share is None else Money(int(share * 200))
    value = Window(
        id=f"budget_{key}",
        name=f"Budget ({key})",
        utilization=share,
        resets_at=resets_at,
        used_money=spent,
        limit_money=Money(20_000),
        extras={"estimate": True, **extras},
    )
    return Reading(value=value, source="transcripts", as_of=NOW)


def score(*readings: Reading) -> tuple[int, str | None] | None:
    found = health(readings, NOW)
    return found and (found[0].score, found[0].part)


HALF = NOW + WEEK / 2  # half of the week is gone


def test_the_fullest_budget_is_told_until_its_period_ends() -> None:
    day, week = budget("daily", 40.5, NOW + HOUR), budget("weekly", 30.0, HALF)
    assert budget_fields([week, day], NOW) == {
        "budget.used": (40.5, NOW + HOUR),
        "budget.spent": (Money(8100), NOW + HOUR),
        "budget.limit": (Money(20_000), NOW + HOUR),
        "budget.left": (Money(11_900), NOW + HOUR),
        "budget.label": ("day", NOW + HOUR),
        "budget.mark": ("~", NOW + HOUR),
        "health.score": (85, HALF),
        "health.lost": (15, HALF),
        "health.part": ("week", HALF),
    }


def test_of_two_that_are_equally_full_the_shorter_period_is_told() -> None:
    found = [budget(key, 50.0, HALF) for key in ("monthly", "weekly", "daily", "block")]
    assert [budget_fields(found[: n + 1], NOW)["budget.label"][0] for n in range(4)] == ["month", "week", "day", "block"]


def test_a_project_is_not_all_of_it_and_what_is_over_has_nothing_left() -> None:
    fields = budget_fields([budget("shop_daily", 90.0, HALF), budget("daily", 150.0, HALF, at_least=True)], NOW)
    assert (fields["budget.left"][0], fields["budget.mark"][0], fields["budget.used"][0]) == (Money(0), "≥", 150.0)
    assert {} == budget_fields([budget("shop_daily", 90.0, HALF)], NOW)
    assert {} == budget_fields([], NOW)


TABLE = {
    "nothing spent": ((0.0, None), (100, None)),
    "the week alone": ((40.0, None), (80, "week")),
    "the block as well": ((40.0, 50.0), (65, "week")),
    "the block most": ((40.0, 80.0), (56, "block")),
    "ahead of even use": ((60.0, None), (68, "week")),  # 30 + 2
    "all of it": ((100.0, 100.0), (10, "week")),
    "more than all": ((900.0, 900.0), (0, "week")),
}


@pytest.mark.parametrize("name", TABLE)
def test_health_is_what_week_block_and_pace_leave_of_a_hundred(name: str) -> None:
    (week, block), wanted = TABLE[name]
    found = [budget("weekly", week, HALF)] + ([] if block is None else [budget("block", block, NOW + HOUR)])
    assert score(*found) == wanted


def test_pace_counts_points_ahead_of_even_use_and_pulls_alone_at_most_a_fifth() -> None:
    early = NOW + WEEK - 60
    assert score(budget("weekly", 0.0, early)) == (100, None)
    found = health([budget("weekly", 30.0, early)], NOW)
    assert found is not None
    assert found[0].parts == pytest.approx({"week": 15.0, "block": 0.0, "pace": 6.0}, abs=0.01)
    behind = health([budget("weekly", 30.0, NOW + DAY)], NOW)
    assert behind is not None
    assert behind[0].parts["pace"] == 0.0


def test_without_a_weekly_budget_nobody_knows_the_health() -> None:
    assert score(budget("block", 50.0, NOW + HOUR), budget("monthly", 10.0, HALF)) is None
    assert score(budget("weekly", None, HALF)) is None


def test_health_is_true_until_the_first_of_its_periods_ends() -> None:
    found = health([budget("weekly", 10.0, HALF), budget("block", 10.0, NOW + HOUR)], NOW)
    assert found is not None
    assert found[1] == NOW + HOUR


@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(1, WEEK))
def test_health_stays_between_nothing_and_a_hundred_and_falls_as_more_is_spent(week: float, block: float, left: float) -> None:
    def at(share: float, other: float) -> int:
        found = health([budget("weekly", share, NOW + left), budget("block", other, NOW + HOUR)], NOW)
        assert found is not None
        return found[0].score

    assert 0 <= at(week, block) <= 100
    assert at(week + 1, block) <= at(week, block)
    assert at(week, block + 1) <= at(week, block)
