"""Extra usage out of its two blocks: what each says alone, and what of both is believed."""

from __future__ import annotations

from typing import Any

import pytest

from goldens import golden
from quotaline.model import ExtraUsage, Money
from quotaline.sources.extra import parse_extra
from quotaline.sources.fields import BadFieldError

FULL = {"is_enabled": True, "monthly_limit": 5000, "used_credits": 1240.0, "utilization": 24.8, "currency": "USD"}
OLDER: dict[str, Any] = {
    "nothing": None,
    "a text": "1240",
    "an empty one": {},
    "full": FULL,
    "no cap": {**FULL, "monthly_limit": None, "utilization": None},
    "no word of a cap": {"is_enabled": True, "used_credits": 1240},
    "a bad cap": {**FULL, "monthly_limit": "x", "utilization": None},
    "a cap of zero": {**FULL, "monthly_limit": 0, "utilization": None},
    "nothing used": {**FULL, "used_credits": None, "utilization": None},
    "a bad use": {**FULL, "used_credits": -1, "utilization": None},
    "on alone": {"is_enabled": True},
    "on, all else bad": {"is_enabled": True, "used_credits": "x"},
    "off, all else bad": {"is_enabled": False, "used_credits": "x"},
    "a bad switch": {**FULL, "is_enabled": "yes"},
    "no switch": {"used_credits": 0, "monthly_limit": 5000},
    "no switch, a reason": {"used_credits": 0, "disabled_reason": "out_of_credits"},
    "no switch, by the user": {"used_credits": 0, "user_disabled": True},
    "off for a reason": {**FULL, "is_enabled": False, "disabled_reason": "overage_not_provisioned"},
    "a share alone": {"utilization": 12},
    "a reason alone": {"disabled_reason": "spent"},
    "no decimals known": {"used_credits": 50, "monthly_limit": 200, "currency": "CREDITS"},
    "its own decimals": {"used_credits": 12345, "currency": "CREDITS", "decimal_places": 4, "kept": "beside"},
    "bad decimals": {"used_credits": 50, "monthly_limit": 200, "decimal_places": 7},
    "yen": {"used_credits": 1300, "currency": "jpy"},
}
NEWER: dict[str, Any] = {
    "nothing": None,
    "a list": [],
    "full": {
        "used": {"amount_minor": 1300, "currency": "USD", "exponent": 2},
        "limit": {"amount_minor": 6000, "currency": "USD", "exponent": 2},
        "balance": {"money": {"amount_minor": -7, "currency": "USD", "exponent": 2}},
        "enabled": False, "disabled_reason": "spent", "auto_reload": {"enabled": True}, "severity": "low", "other": 1,
    },
    "another unit": {"used": {"amount_minor": 130, "currency": "CREDITS", "exponent": 1}, "enabled": True},
    "a share alone": {"percent": 9, "limit": {"amount_minor": 0, "currency": "USD"}, "enabled": True},
    "on, a share without a cap": {"percent": 9, "enabled": True},
    "on, all else bad": {"used": {"amount_minor": "x", "currency": "USD"}, "enabled": True},
    "a use alone": {"used": {"amount_minor": 1240, "currency": "USD"}, "disabled_reason": None},
    "a cap in another currency": {
        "used": {"amount_minor": 900, "currency": "EUR"}, "limit": {"amount_minor": 5000, "currency": "USD"}, "enabled": True,
    },
    "a use and a reason": {"used": {"amount_minor": 1240, "currency": "USD"}, "disabled_reason": "spent"},
}  # fmt: skip


def said(money: Money | None) -> str:
    return "-" if money is None else f"{money.decimal()} {money.currency}"


def told(found: ExtraUsage) -> str:
    share = "-" if found.utilization is None else f"{found.utilization:g} %"
    marks = f"{'on' if found.is_enabled else 'off'}{', ' + found.disabled_reason if found.disabled_reason else ''}"
    balance = f", balance {said(found.balance)}{' that reloads' if found.reloads else ''}"
    return f"{said(found.used)} of {said(found.limit)}, {share}, {marks}{balance} {found.extras or ''}".rstrip()


def test_what_the_two_blocks_say_together() -> None:
    lines = []
    for newer, spend in NEWER.items():
        lines.append(f"=== spend: {newer}")
        for older, extra in OLDER.items():
            problems: list[str] = []
            try:
                found = parse_extra(extra, spend, problems)
            except BadFieldError as error:
                shown = f"refused: {error}"
            else:
                shown = "nothing" if found is None else told(found)
            lines += [f"{older:<24} {shown}", *(f"{'':<24}   {problem}" for problem in problems)]
    golden("sources/extra.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("currency", "unit"),
    [
        ("A" * 12, None),
        ("A" * 13, "-"),
        ("", "-"),
        ("é", "-"),
        ("a-b", "-"),
        ("x", None),
        (5, "-"),
        ("kwd", "KWD"),
        ("e1r", None),
    ],
)
def test_a_currency_is_a_short_word_of_letters_and_digits(currency: object, unit: str | None) -> None:
    """Where it is no word nothing is counted in it; where its decimals are not known, they must be said."""
    for places in (None, 3):
        problems: list[str] = []
        block = {"is_enabled": True, "used_credits": 1, "utilization": 1, "currency": currency, "decimal_places": places}
        found = parse_extra(block, None, problems)
        assert found is not None
        known = unit != "-" and (places is not None or unit is not None)
        assert found.used == (Money(1, str(currency).upper(), 3) if known else None)
        assert problems == (
            []
            if known
            else ["extra_usage: currency: a currency that is none"]
            if unit == "-"
            else [f"extra_usage: {str(currency).upper()} is no currency that has known decimals"]
        )


@pytest.mark.parametrize(
    ("value", "reloads"),
    [(None, False), (True, True), (False, False), ({}, False), ({"enabled": False}, False), ({"is_enabled": False}, False),
     ({"enabled": True, "is_enabled": False}, True), ({"amount": 5}, True), ("on", False), (1, False)],
)  # fmt: skip
def test_a_balance_reloads_unless_it_says_no(value: object, *, reloads: bool) -> None:
    found = parse_extra(None, {"enabled": True, "auto_reload": value}, [])
    assert found is not None
    assert found.reloads is reloads
