"""PURE Single values out of JSON that nobody promised: a number, a time, money, a name; None where there is none.

`BadFieldError` is for a value that is there and cannot be understood: it costs the bucket that it stands in, and only that.
"""

from __future__ import annotations

import math
from datetime import UTC
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from quotaline.core.money import MOST_DECIMALS, MOST_MINOR_UNITS, dollars_to_cents, money_share
from quotaline.core.periods import DAY, parse_moment
from quotaline.core.windows import is_percent, may_reset_at
from quotaline.model import Money

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

LONGEST_BLOCK = float(DAY)
"""Seconds: a server's wish to wait for longer than a day is not taken at its word."""


MOST_LEVELS, MOST_ITEMS, LONGEST_TEXT = 8, 64, 400
"""Of what is kept beside the figures."""


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
    if result is not None and not is_percent(result):
        raise BadFieldError("a negative percentage" if result < 0 else "a percentage that is none")
    return result


def moment(value: object) -> float | None:
    """Epoch seconds from RFC 3339 (without a zone: UTC) or an epoch number (s or ms); None for null. Raises BadFieldError."""
    try:
        return parse_moment(value)
    except ValueError as error:
        raise BadFieldError(str(error)) from None


def reset(value: object, key: str, now: float | None, period: object = None) -> float | None:
    """When the window `key` ends, None for null. Raises BadFieldError, also for what is too far from `now` if that is given."""
    resets_at = moment(value)
    if resets_at is not None and now is not None and not may_reset_at(key, resets_at, now, period):
        raise BadFieldError("a reset beyond any window")
    return resets_at


def sound(value: Any, depth: int = 0) -> Any:
    """JSON as it may be kept: texts that can be written, numbers that are finite, as deep and as long as such values are."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT].encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= MOST_LEVELS:
        return None
    if isinstance(value, dict):
        return {sound(str(key)): sound(item, depth + 1) for key, item in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, list):
        return [sound(item, depth + 1) for item in value[:MOST_ITEMS]]
    return value if value is None or isinstance(value, bool) or abs(value) < MOST_MINOR_UNITS else None


def kept_beside(block: Mapping[str, Any], read: Container[str]) -> dict[str, Any]:
    """What a block says beyond the keys that are `read`, as it may be kept."""
    kept: dict[str, Any] = sound({key: value for key, value in block.items() if value is not None and key not in read})
    return kept


def decimals(value: object) -> int | None:
    """The server's own `decimal_places` or `exponent`, None for null. Raises BadFieldError."""
    places = number(value)
    if places is None:
        return None
    if not places.is_integer() or not 0 <= places <= MOST_DECIMALS:
        raise BadFieldError("decimal places that no currency has")
    return int(places)


def minor_units(value: object, currency: str, exponent: int) -> Money | None:
    """Minor units, which also come as floats like 20847.0, as exact money; None for null. Raises BadFieldError."""
    amount = number(value)
    if amount is None:
        return None
    if abs(amount) > MOST_MINOR_UNITS:
        raise BadFieldError("an amount beyond exact counting")
    return Money(int(Decimal(repr(amount)).to_integral_value(ROUND_HALF_UP)), currency, exponent)


def dollars(value: object) -> Money | None:
    """Whole US dollars (`used_dollars: 521.5`) as exact cents; None for null. Raises BadFieldError."""
    if number(value) is None:
        return None
    cents = dollars_to_cents(value)
    if cents is None:
        raise BadFieldError("an amount beyond exact counting")
    return Money(cents, "USD", 2)


def share(used: Money | None, limit: Money | None) -> float | None:
    """Percent of `limit` that is used; None where one is missing, the limit is zero or the currencies differ."""
    return money_share(*(None if one is None else [one.amount, one.currency, one.exponent] for one in (used, limit)))


def retry_after_seconds(header: str | None, now: float) -> float | None:
    """Seconds from a `Retry-After` in either form; None when it says nothing: absent, `0`, past, or not understood."""
    text = (header or "").strip()
    try:
        seconds = float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else _http_date(text) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(seconds, LONGEST_BLOCK) if seconds > 0 else None


def _http_date(text: str) -> float:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - only an odd source writes such a time

    moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
