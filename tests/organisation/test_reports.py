"""A page of a report, whatever it holds: rows, or a failure in one sentence; every cent counts once."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotaline.errors import Outcome, RequestError
from quotaline.ledger import Ledger
from quotaline.ledger.store import migrate
from quotaline.organisation.plan import CLAUDE_CODE, COST, USAGE, Question
from quotaline.organisation.reports import Page, read_page
from quotaline.organisation.rows import WAYS, reported, total_reported
from quotaline.organisation.store import keep_page
from quotaline.organisation.values import actor_name

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 25)
QUESTIONS = [
    Question("analytics", COST, FIRST, LAST),
    Question("analytics", USAGE, FIRST, LAST),
    Question("legacy", COST, FIRST, LAST),
    Question("legacy", USAGE, FIRST, LAST),
    Question("legacy", CLAUDE_CODE, LAST, LAST),
]
WORDS = """data group cost usage results actor type amount currency model date starting_at model_breakdown tokens core_metrics
has_more next_page estimated_cost list_amount email_address requests cache_creation provider"""
NAMES = st.sampled_from(WORDS.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5)
    | st.sampled_from(["2026-11-25T00:00:00Z", "1.5", "USD", "user_actor"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.api} {question.report}")
@given(data=VALUES, more=st.dictionaries(NAMES, VALUES, max_size=4))
def test_whatever_comes_is_a_page_or_a_failure_that_says_so(question: Question, data: Any, more: dict[str, Any]) -> None:
    today = {"starting_at": "2026-11-25T00:00:00Z", "date": "2026-11-25"}
    for body in (data, {**more, "data": data}, {"data": [{**more, **today}]}):
        page = read_or_failure(question, body)
        if isinstance(page, Page):
            assert {row.day for row in page.rows} <= {day.isoformat() for day in question.days()}
        else:
            assert (page.outcome, str(page)[-1]) == (Outcome.FAILED, ".")


def read_or_failure(question: Question, body: Any) -> Page | RequestError:
    try:
        return read_page(question, body)
    except RequestError as error:
        return error


def rows_of(amounts: list[tuple[int, str, Decimal, str]]) -> list[dict[str, Any]]:
    return [
        {
            "starting_at": f"2026-11-{day:02}T00:00:00Z",
            "group": {"model": f"claude-{name}", "workspace_id": name, "api_key_id": name, "product": "claude_code",
                      "actor": {"type": "api_actor", "api_key_id": name}},
            "cost": {"amount": str(cents), "currency": currency},
        }
        for day, name, cents, currency in amounts
    ]  # fmt: skip


AMOUNTS = st.tuples(
    st.integers(1, 25), st.sampled_from("abc"), st.decimals(0, 10**6, places=7), st.sampled_from(["USD", "USD", "EUR"])
)


@given(st.lists(AMOUNTS, min_size=1, max_size=20), st.integers(1, 5))
def test_every_cent_counts_once_however_it_is_paged_and_by_whatever_it_is_told_apart(
    amounts: list[tuple[int, str, Decimal, str]], size: int
) -> None:
    rows = rows_of(amounts)
    chunks = [rows[start : start + size] for start in range(0, len(rows), size)]
    with ledger_in_memory() as ledger:
        for number, chunk in enumerate(chunks):
            more = number + 1 < len(chunks)
            question = QUESTIONS[0]._replace(page=f"p{number}" if number else None)
            body = json.loads(json.dumps({"data": chunk, "has_more": more, "next_page": f"p{number + 1}" if more else None}))
            assert keep_page(ledger, "o", question, read_page(question, body), 1.0)
        dollars = sum((cents for *_, cents, currency in amounts if currency == "USD"), Decimal(0)) / 100
        euros = sum((cents for *_, cents, currency in amounts if currency == "EUR"), Decimal(0)) / 100
        for by in WAYS:
            total = total_reported(reported(ledger.connection, "o", by, legacy=False))  # type: ignore[arg-type]
            assert dollars == (total.cost_usd or 0)
            assert euros == dict(total.others).get("EUR", 0)


def ledger_in_memory() -> Ledger:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, 0)
    return Ledger(connection)


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        ({"type": "user_actor", "user_id": "user_1", "email_address": "dev@example.com", "name": "Dev"}, "dev@example.com"),
        ({"type": "user_actor", "user_id": "user_1", "email_address": None, "name": None}, "user_1"),
        ({"type": "service_account_actor", "service_account_id": "svac_1"}, "svac_1"),
        ({"type": "api_actor", "api_key_id": "apikey_1"}, "apikey_1"),
        ({"type": "api_actor", "api_key_name": "build"}, "build"),
        ({"type": "federated_actor", "subject": None, "provider": {"type": "gcp", "project_number": "12"}}, "12"),
        ({"type": "federated_actor", "subject": None, "provider": {"type": "oidc", "issuer": None}}, "oidc"),
        ({"type": "robot_actor", "robot_id": "r2"}, "r2"),
        ({"type": "robot_actor"}, "robot_actor"),
        (None, None),
    ],
)
def test_an_actor_has_a_name_of_whatever_kind_it_is(actor: Any, name: str | None) -> None:
    assert name == actor_name(actor)
