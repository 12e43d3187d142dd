"""PURE `extra_usage` and its newer twin `spend` -> ExtraUsage, exact to the minor unit; a bad value costs itself only.

`used_credits` and `monthly_limit` are minor units of `currency` (sdk.d.ts 0.3.329, `SDKUsageReport`; a recorded body of
2026-07-21 has 20847.0 there and `spend.used.amount_minor` 20847). Their exponent is `decimal_places`, else the one that `spend`
names for the same currency, else the currency's own. Bodies of work seats leave `is_enabled` out: money that is told is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from quotaline.core.money import currency_exponent
from quotaline.core.values import short_label
from quotaline.model import ExtraUsage, Money
from quotaline.sources.fields import BadFieldError, decimals, kept_beside, minor_units, percent, share, sound, table

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_READ = frozenset(
    {"is_enabled", "monthly_limit", "used_credits", "utilization", "currency", "decimal_places", "disabled_reason"}
)
_KEPT_OF_SPEND = ("severity", "cap", "balance", "auto_reload")
ISO_LETTERS, LONGEST_CODE = 3, 12


def parse_extra(extra: object, spend: object, problems: list[str]) -> ExtraUsage | None:
    """Extra usage from both blocks; None when neither is there. Raises BadFieldError when they are, and tell nothing.

    `monthly_limit: null` is no cap. Where the two blocks name different amounts, `extra_usage` is shown and `problems` says so.
    """
    if extra is None and spend is None:
        return None
    before = len(problems)
    newer = _spend(table(spend), problems)
    own = _extra(table(extra), newer, problems)
    if own is not None and newer is not None and newer.used and own.used and own.used.decimal() != newer.used.decimal():
        problems.append("extra_usage: spend names another amount")
    chosen = own or newer
    if chosen is None and len(problems) == before:
        whole = isinstance(extra, dict | None) and isinstance(spend, dict | None)
        raise BadFieldError("nothing in it can be read" if whole else "not an object")
    return chosen


class _Block:
    """One of the two blocks; what in it cannot be read is None, and `problems` names it."""

    def __init__(self, name: str, block: dict[str, Any], problems: list[str]) -> None:
        self.name, self.block, self.problems, self.broken = name, block, problems, False

    def read(self, key: str, parse: Callable[[Any], T | None]) -> T | None:
        """The value of `key`; None for null or what `parse` refuses."""
        try:
            return parse(self.block.get(key))
        except BadFieldError as error:
            self.problems.append(f"{self.name}: {key}: {error}")
            self.broken = True
            return None

    def enabled(self, key: str) -> bool | None:
        """Whether it says that it is on."""
        return self.read(key, _flag)


def _extra(block: dict[str, Any], spend: ExtraUsage | None, problems: list[str]) -> ExtraUsage | None:
    """The older block; what it leaves out, and what cannot be read, comes from `spend`. None when it tells nothing."""
    found = _Block("extra_usage", block, problems)
    twin = spend.used if spend else None
    used = limit = None
    unit = _unit(found, "currency", "decimal_places", twin)
    if unit is not None:
        used = found.read("used_credits", lambda value: _amount(value, *unit))
        limit = found.read("monthly_limit", lambda value: _amount(value, *unit))
    utilization = found.read("utilization", percent)
    if utilization is None:
        utilization = share(used, limit) if unit else _bare_share(block)
    enabled, reason = found.enabled("is_enabled"), short_label(block.get("disabled_reason"))
    if enabled is None and (reason is not None or block.get("user_disabled") is True):
        enabled = False
    if spend is not None:
        own, used = used, spend.used if used is None else used
        if "monthly_limit" not in block or (limit is None and block["monthly_limit"] is not None):
            limit = spend.limit
        if own is None and not _comparable(used, limit):
            limit = spend.limit
        enabled = spend.is_enabled if enabled is None else enabled
        reason = reason or spend.disabled_reason
        utilization = share(used, limit) if utilization is None else utilization
    if used is None and utilization is None and (enabled is None or (enabled and found.broken)):
        return None
    return ExtraUsage(
        is_enabled=enabled is not False,
        used=used,
        limit=limit if _comparable(used, limit) else None,
        utilization=utilization,
        disabled_reason=reason,
        balance=spend.balance if spend else None,
        reloads=spend is not None and spend.reloads,
        extras=kept_beside(block, _READ) | (spend.extras if spend else {}),
    )


def _spend(block: dict[str, Any], problems: list[str]) -> ExtraUsage | None:
    """The newer block; None when it is missing or tells nothing."""
    found = _Block("spend", block, problems)
    used, limit, balance = (found.read(key, _money) for key in ("used", "limit", "balance"))
    enabled = found.enabled("enabled")
    if (enabled is None and used is None) or (used is None and found.broken):
        return None
    utilization = share(used, limit)
    if utilization is None and limit is not None:
        utilization = found.read("percent", percent)
    reason = short_label(block.get("disabled_reason"))
    return ExtraUsage(
        is_enabled=reason is None if enabled is None else enabled,
        used=used,
        limit=limit if _comparable(used, limit) else None,
        utilization=utilization,
        disabled_reason=reason,
        balance=balance,
        reloads=_reloads(block.get("auto_reload")),
        extras={key: sound(block[key]) for key in _KEPT_OF_SPEND if block.get(key) is not None},
    )


def _unit(found: _Block, currency_key: str, places_key: str, twin: Money | None = None) -> tuple[str, int] | None:
    """The currency and its decimals; None where one is not known, which the problems then say."""
    named = found.block.get(currency_key)
    currency = found.read(currency_key, _currency) or (None if named is not None else twin.currency if twin else "USD")
    places = found.read(places_key, decimals)
    if currency is None or (places is None and found.block.get(places_key) is not None):
        return None
    if places is None and twin is not None and twin.currency == currency:
        places = twin.exponent
    if places is None and len(currency) == ISO_LETTERS and currency.isalpha():
        places = currency_exponent(currency)
    if places is None:
        found.problems.append(f"{found.name}: {currency} is no currency that has known decimals")
        found.broken = True
        return None
    return currency, places


def _money(value: object) -> Money | None:
    """`{amount_minor, currency, exponent}`, also inside `{"money": …}`; None for null. Raises BadFieldError."""
    if value is None:
        return None
    block = table(value)
    if isinstance(block.get("money"), dict):
        block = block["money"]
    problems: list[str] = []
    unit = _unit(_Block("money", block, problems), "currency", "exponent")
    if unit is None:
        raise BadFieldError(problems[0].partition(": ")[2])
    money = minor_units(block.get("amount_minor"), *unit)
    if money is None:
        raise BadFieldError("money without an amount")
    return money


def _amount(value: object, currency: str, places: int) -> Money | None:
    """Minor units that were spent or allowed; None for null. Raises BadFieldError."""
    money = minor_units(value, currency, places)
    if money is not None and money.amount < 0:
        raise BadFieldError("an amount below zero")
    return money


def _comparable(used: Money | None, limit: Money | None) -> bool:
    """Whether a cap can be one of what was used: amounts of two currencies say nothing of each other."""
    return used is None or limit is None or used.currency == limit.currency


def _bare_share(block: dict[str, Any]) -> float | None:
    """Percent of the cap that is used, of amounts whose unit is not known; None where one of them is none."""
    try:
        return share(*(_amount(block.get(key), "", 0) for key in ("used_credits", "monthly_limit")))
    except BadFieldError:
        return None


def _reloads(value: object) -> bool:
    """Whether the balance fills itself up. No filled `auto_reload` was ever seen, so an object is on unless it says no."""
    if isinstance(value, dict):
        return bool(value) and value.get("enabled", value.get("is_enabled")) is not False
    return value is True


def _flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise BadFieldError(f"{type(value).__name__} where yes or no belongs")


def _currency(value: object) -> str | None:
    """A code in upper case, also one that is not of ISO 4217; None for null. Raises BadFieldError."""
    if value is None:
        return None
    if not (isinstance(value, str) and 0 < len(value) <= LONGEST_CODE and value.isascii() and value.isalnum()):
        raise BadFieldError("a currency that is none")
    return value.upper()
