"""PURE Single values out of JSON that nobody promised: a number, a time, money, a name; None where there is none.

`BadFieldError` is for a value that is there and cannot be understood: it costs the bucket that it stands in, and only that.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from quotaline.model import Money

NO_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

_MOST_MINOR_UNITS = 10**15  # a float counts every integer up to here exactly
_MOST_DECIMALS = 6
_MILLISECONDS_FROM = 1e11  # in seconds this is the year 5138
_LATEST = 253402300799.0  # the last second of the year 9999


class BadFieldError(ValueError):
    """A value is there and means nothing to us."""


def table(value: object) -> dict[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> float | None:
    """A finite number, None for null. Raises BadFieldError for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFieldError(f"{type(value).__name__} where a number belongs")
    try:
        result = float(value)
    except OverflowError:
        raise BadFieldError("a number beyond all measure") from None
    if not math.isfinite(result):
        raise BadFieldError("a number that is not finite")
    return result + 0.0  # -0.0 has been seen in headers


def percent(value: object) -> float | None:
    """Percent used, 0 and up (above 100 as it is), None for null. Raises BadFieldError."""
    result = number(value)
    if result is not None and result < 0:
        raise BadFieldError("a negative percentage")
    return result


def moment(value: object) -> float | None:
    """Epoch seconds from ISO-8601 (without a zone: UTC) or an epoch number (s or ms); None for null. Raises BadFieldError."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value.strip())
            result: float | None = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise BadFieldError("a date that is none") from None
    else:
        result = number(value)
        if result is not None and result > _MILLISECONDS_FROM:
            result /= 1000
    if result is not None and not 0 < result <= _LATEST:
        raise BadFieldError("a date outside of time")
    return result


def currency_exponent(currency: str) -> int:
    """The decimal places of an ISO 4217 currency: JPY 0, KWD 3, 2 for what is not listed."""
    if currency in NO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def decimals(value: object) -> int | None:
    """The server's own `decimal_places` or `exponent`, None for null. Raises BadFieldError."""
    places = number(value)
    if places is None:
        return None
    if not places.is_integer() or not 0 <= places <= _MOST_DECIMALS:
        raise BadFieldError("decimal places that no currency has")
    return int(places)


def minor_units(value: object, currency: str, exponent: int) -> Money | None:
    """Minor units, which also come as floats like 20847.0, as exact money; None for null. Raises BadFieldError."""
    amount = number(value)
    if amount is None:
        return None
    if abs(amount) > _MOST_MINOR_UNITS:
        raise BadFieldError("an amount beyond exact counting")
    return Money(int(Decimal(repr(amount)).to_integral_value(ROUND_HALF_UP)), currency, exponent)


def dollars(value: object) -> Money | None:
    """Whole US dollars (`used_dollars: 521.5`) as exact cents; None for null. Raises BadFieldError."""
    amount = number(value)
    if amount is None:
        return None
    if abs(amount) > _MOST_MINOR_UNITS / 100:
        raise BadFieldError("an amount beyond exact counting")
    return Money(int((Decimal(repr(amount)) * 100).to_integral_value(ROUND_HALF_UP)), "USD", 2)


def share(used: Money | None, limit: Money | None) -> float | None:
    """Percent of `limit` that is used; None where one is missing, the limit is zero or the currencies differ."""
    if used is None or limit is None or limit.amount <= 0 or used.currency != limit.currency:
        return None
    return float(used.decimal() * 100 / limit.decimal())


def label(value: object) -> str | None:
    """A name that a person may read: one line, no control characters, at most 40 characters; None when nothing is left."""
    if not isinstance(value, str):
        return None
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in value[:400])
    return " ".join(kept.split())[:40].rstrip() or None


def slug(name: str) -> str:
    """`Fable` -> `fable`, `Opus 5.5` -> `opus_5_5`; a name without letters or digits keeps its code points."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    words = re.findall(r"[a-z0-9]+", plain)
    return "_".join(words) or "_".join(f"u{ord(c):x}" for c in name[:8])
