"""Which report is asked for next: the newest days first, what still changes again, nothing twice."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quotaline.organisation.plan import (
    ANALYTICS,
    CHANGING_DAYS,
    CLAUDE_CODE,
    COST,
    LONGEST_SPAN,
    USAGE,
    Question,
    next_question,
)
from usage_history import DAY, HOUR, MINUTE, at

NOW = at("2026-11-25T12:00")
TODAY = date(2026, 11, 25)


def run(now: float, days: int, until: float, closed: dict[str, float] | None = None) -> list[tuple[float, Question]]:
    """Every question until `until`, a minute apart, each answered at once."""
    asked: dict[str, dict[date, float]] = {}
    found = []
    while now < until:
        question = next_question(asked, closed or {}, now, days)
        if question is not None:
            found.append((now, question))
            asked.setdefault(question.report, {}).update(dict.fromkeys(question.days(), now))
        now += MINUTE
    return found


def test_today_comes_first_of_each_report_and_a_question_is_a_month_at_the_most() -> None:
    questions = [question for _, question in run(NOW, 90, NOW + 8 * MINUTE)]
    assert [(question.report, question.last) for question in questions[:3]] == [(r, TODAY) for r in (COST, USAGE, CLAUDE_CODE)]
    assert max(len(question.days()) for question in questions) == LONGEST_SPAN


@given(st.integers(1, 62), st.integers(0, 300))
def test_every_day_is_asked_for_and_none_that_nobody_wants(days: int, ago: int) -> None:
    now, today = NOW - ago * DAY, TODAY - timedelta(days=ago)
    wanted = {day for number in range(days) if (day := today - timedelta(days=number)) >= date(2026, 1, 1)}
    questions = [question for _, question in run(now, days, now + 80 * MINUTE)]
    for report in (COST, USAGE):
        assert wanted == {day for question in questions if question.report == report for day in question.days()}


def test_within_the_hour_nothing_is_asked_twice_and_after_it_only_what_changes() -> None:
    questions = run(NOW, 31, NOW + 3 * HOUR)
    again = [(when, question) for when, question in questions if when >= NOW + HOUR and question.report == COST]
    assert {tuple(question.days()) for _, question in again} == {tuple(TODAY - timedelta(days=n) for n in (2, 1, 0))}
    assert len(again) == 2


def test_a_day_is_final_once_it_was_asked_for_when_it_no_longer_changes() -> None:
    day = date(2026, 11, 20)
    final = at("2026-11-20") + CHANGING_DAYS * DAY
    everything = {TODAY - timedelta(days=number): NOW for number in range(10)}
    for asked_at, due in ((final - 1, True), (final, False), (NOW + DAY, True)):
        asked = {report: {**everything, day: asked_at} for report in (COST, USAGE, CLAUDE_CODE)}
        assert (next_question(asked, {}, NOW, 10) is not None) is due


def test_what_is_closed_is_left_for_a_week() -> None:
    questions = [question for _, question in run(NOW, 5, NOW + 30 * MINUTE, {ANALYTICS: NOW, CLAUDE_CODE: NOW})]
    assert {(question.api, question.report) for question in questions} == {("legacy", COST), ("legacy", USAGE)}
    questions = [question for _, question in run(NOW, 5, NOW + 30 * MINUTE, {ANALYTICS: NOW - 8 * DAY})]
    assert "analytics" in {question.api for question in questions}
