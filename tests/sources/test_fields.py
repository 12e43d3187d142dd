"""Single values out of JSON: what is read, what is refused and in which words, on both sides of each edge."""

from __future__ import annotations

import math
from email.utils import formatdate
from typing import Any

import pytest

from quotaline.model import Money
from quotaline.sources import fields
from quotaline.sources.fields import BadFieldError
from samples import NOW


@pytest.mark.parametrize(
    ("read", "value", "found"),
    [
        (fields.percent, 0, 0.0),
        (fields.percent, 1000, 1000.0),
        (fields.percent, 1000.5, "a percentage that is none"),
        (fields.percent, -0.5, "a negative percentage"),
        (fields.percent, None, None),
        (fields.number, True, "bool where a number belongs"),
        (fields.number, "1", "str where a number belongs"),
        (fields.number, 10**400, "a number beyond all measure"),
        (fields.number, math.inf, "a number that is not finite"),
        (fields.decimals, 0, 0),
        (fields.decimals, 6.0, 6),
        (fields.decimals, 7, "decimal places that no currency has"),
        (fields.decimals, -1, "decimal places that no currency has"),
        (fields.decimals, 1.5, "decimal places that no currency has"),
        (fields.dollars, 0.285, Money(29, "USD", 2)),
        (fields.dollars, 1e13, Money(10**15, "USD", 2)),
        (fields.dollars, 1.1e13, "an amount beyond exact counting"),
    ],
)
def test_a_value_is_read_or_refused_in_words(read: Any, value: object, found: object) -> None:
    if isinstance(found, str):
        with pytest.raises(BadFieldError, match=f"^{found}$"):
            read(value)
    else:
        assert read(value) == found


def test_minor_units_are_counted_as_far_as_they_are_exact() -> None:
    for amount in (10**15, -(10**15), 1e15):
        assert fields.minor_units(amount, "EUR", 2) == Money(int(amount), "EUR", 2)
    for amount in (10**15 + 1, -(10**15) - 1):
        with pytest.raises(BadFieldError, match="beyond exact counting"):
            fields.minor_units(amount, "EUR", 2)
    assert [fields.minor_units(half, "EUR", 2) for half in (0.5, 1.5, -0.5)] == [Money(n, "EUR", 2) for n in (1, 2, -1)]


def test_no_zero_is_negative() -> None:
    assert math.copysign(1, fields.number(-0.0) or 0.0) == 1


def test_what_is_kept_beside_the_figures_is_small() -> None:
    assert fields.sound("x" * 401) == "x" * 400
    assert fields.sound(list(range(65))) == list(range(64))
    assert fields.sound({str(n): n for n in range(65)}) == {str(n): n for n in range(64)}
    assert [fields.sound(n) for n in (10**15 - 1, 10**15, -(10**15))] == [10**15 - 1, None, None]
    assert [fields.sound(value) for value in (True, None, 1e400, 1e300, "\ud800")] == [True, None, None, 1e300, "?"]
    for wrap in (lambda inner: {"k": inner}, lambda inner: [inner]):
        nested: Any = 1
        kept: Any = 1
        for _ in range(8):
            nested, kept = wrap(nested), wrap(kept)
        assert fields.sound(nested) == wrap(wrap(wrap(wrap(wrap(wrap(wrap(wrap(None))))))))
        assert fields.sound(wrap(1)) == wrap(1)
    assert fields.kept_beside({"a": 1, "b": None, "c": {"d": None}}, {"e"}) == {"a": 1, "c": {"d": None}}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("0", None), ("0.0", None), ("0.4", 0.4), ("1", 1.0), (" 30 ", 30.0), ("1.5", 1.5),
        ("1.5.0", None), ("-1", None), ("86400", 86400.0), ("86401", 86400.0), ("٣", None), ("soon", None),
        (formatdate(NOW, usegmt=True), None),
        (formatdate(NOW + 1, usegmt=True), 1.0), (formatdate(NOW - 1, usegmt=True), None),
        (formatdate(NOW + 90, usegmt=True).replace("GMT", "-0000"), 90.0), (formatdate(NOW + 10**6, usegmt=True), 86400.0),
    ],
)  # fmt: skip
def test_a_wish_to_wait_is_taken_at_its_word_up_to_a_day(header: str | None, seconds: float | None) -> None:
    assert fields.retry_after_seconds(header, NOW) == seconds
