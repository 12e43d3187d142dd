"""A row and a named window of one limit, together; names that a server gives to people and to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from quotaline.model import Money, Window
from quotaline.sources.limits import combine, says_nothing
from quotaline.sources.usage_body import name_of, parse
from samples import NOW

HOUR = 3600.0


def window(utilization: float | None = None, resets_at: float | None = None, **more: Any) -> Window:
    return Window(id="five_hour", name=more.pop("name", "Session (5h)"), utilization=utilization, resets_at=resets_at, **more)


LATER = NOW + HOUR


@pytest.mark.parametrize(
    ("row", "named", "found"),
    [
        (window(), window(42.5, LATER), window(42.5, LATER)),
        (window(42, LATER), window(42.5, LATER), window(42.5, LATER)),
        (window(50, LATER), window(42.5, LATER), window(42.5, LATER)),
        (window(42, LATER), window(42.5, LATER + 600), window(42, LATER)),
        (window(42), window(42.5, LATER), window(42.5, LATER)),
        (window(42), window(42.99, LATER), window(42.99, LATER)),
        (window(42), window(43.0, LATER), window(42, LATER)),
        (window(43), window(42.0, LATER), window(43, LATER)),
        (window(42), window(42.5, NOW), window(42)),
        (window(42), window(42.5, NOW + 0.5), window(42.5, NOW + 0.5)),
        (window(42, LATER), window(42.5, NOW), window(42, LATER)),
        (window(42), window(None, LATER), window(42, LATER)),
        (window(None, LATER), window(42.5), window(42.5, LATER)),
        (window(None, LATER), window(42.5, LATER + 600), window(42.5, LATER + 600)),
        (window(42, LATER), window(None, None, used_money=Money(5)), window(42, LATER)),
        (window(42), window(None, None, used_money=Money(5)), window(42, None, used_money=Money(5))),
        (window(42, LATER, name="Row", extras={"a": 1}), window(42.5, LATER, extras={"a": 2, "b": 3}),
         window(42.5, LATER, name="Row", extras={"a": 1, "b": 3})),
    ],
)  # fmt: skip
def test_a_row_and_its_named_window_are_one(row: Window, named: Window, found: Window) -> None:
    assert combine(row, named, NOW) == found


def test_without_a_moment_nothing_is_over() -> None:
    assert combine(window(42), window(42.5, NOW), None) == window(42.5, NOW)


def test_money_or_a_reset_is_something_said() -> None:
    assert says_nothing(window())
    assert [says_nothing(one) for one in (window(0.0), window(None, NOW), window(None, None, used_money=Money(0)))] == [
        False
    ] * 3


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("a" * 40, "a" * 40),
        ("a" * 41, ""),
        ("brand_new", "brand_new"),
        ("a1", ""),
        ("a-b", ""),
        ("é", ""),
        ("", ""),
        (5, ""),
        ("_", ""),
    ],
)
def test_a_key_that_could_be_data_is_not_named(key: object, name: str) -> None:
    assert name_of(key) == (name or "(a key that is no name)")


def test_only_a_credit_has_the_name_that_the_server_gave_it() -> None:
    block = {"utilization": 5, "label": "Gift", "resets_at": None}
    found = parse({"five_hour": block, "wattle_ember": block, "cinder_cove": {"utilization": 6}}, NOW).values
    assert [(value.id, value.name) for value in found] == [
        ("five_hour", "Session (5h)"), ("cinder_cove", "Credit grant"), ("wattle_ember", "Gift"),
    ]  # fmt: skip
