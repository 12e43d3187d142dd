"""`pace.days`: which texts are days of work, and the one sentence for those that are not."""

from __future__ import annotations

import pytest

from quotaline.config.load import parse
from quotaline.config.pace_days import pace_days
from quotaline.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", "1111100"), ("mon,wed-fri", "1011100"), ("fri-mon", "1000111"), ("sun", "0000001"), ("mon-sun", "1111111"),
        (" Tue , THU - sat ", "0101110"), ("mon-mon", "1000000"), ("mon,mon", "1000000"), ("sun-mon", "1000001"),
        ("tue-mon", "1111111"),
    ],
)  # fmt: skip
def test_days_and_spans_of_days(text: str, days: str) -> None:
    assert "".join(str(int(day)) for day in pace_days(text) or ()) == days


@pytest.mark.parametrize(
    "text", ["", "monday", "mon-", "-fri", "mon fri", "mon;fri", "1-5", "mon,,fri", "mon-wed-fri", "lun-ven"]
)
def test_anything_else_is_told_in_one_sentence(text: str) -> None:
    with pytest.raises(ConfigError) as told:
        parse(f'[pace]\ndays = "{text}"')
    allowed = "allowed are days and spans of days such as mon-fri or mon,wed-fri."
    assert str(told.value) == f"config.toml: `pace.days` is {text!r}; {allowed}"


def test_what_is_no_text_is_told_as_everywhere() -> None:
    with pytest.raises(ConfigError, match=r"`pace.days` must be text, not a list"):
        parse('[pace]\ndays = ["mon"]')
