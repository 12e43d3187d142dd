"""PURE `extra_usage` and its newer twin `spend` -> ExtraUsage, exact to the minor unit.

`used_credits` and `monthly_limit` are minor units of `currency` (sdk.d.ts 0.3.329, `SDKUsageReport`; a recorded body of
2026-07-21 has 20847.0 there and `spend.used.amount_minor` 20847). Their exponent is `decimal_places`, else the one that `spend`
names for the same currency, else the currency's own.
"""

from __future__ import annotations

from typing import Any

from quotaline.core.money import currency_exponent
from quotaline.core.values import short_label
from quotaline.model import ExtraUsage, Money
from quotaline.sources.fields import BadFieldError, decimals, minor_units, percent, share, table

_READ = frozenset(
    {"is_enabled", "monthly_limit", "used_credits", "utilization", "currency", "decimal_places", "disabled_reason"}
)
_KEPT_OF_SPEND = ("severity", "cap", "balance", "auto_reload")


def parse_extra(extra: object, spend: object, problems: list[str]) -> ExtraUsage | None:
    """Extra usage from both blocks; None when neither is there. Raises BadFieldError when neither can be understood.

    `monthly_limit: null` is no cap. Where the two blocks name different amounts, `extra_usage` is shown and `problems` says so.
    """
    first, second = table(extra), table(spend)
    if not first and not second:
        if extra is None and spend is None:
            return None
        raise BadFieldError("not an object")
    fallback = _spend(second, problems)
    try:
        own = _extra(first, fallback) if first else None
    except BadFieldError as error:
        if fallback is None:
            raise
        problems.append(f"extra_usage: {error}; spend is used instead")
        own = None
    if own is None or fallback is None:
        chosen = own or fallback
        if chosen is None:
            raise BadFieldError("nothing in it can be read")
        return chosen
    if own.used is not None and fallback.used is not None and own.used.decimal() != fallback.used.decimal():
        problems.append("extra_usage and spend name different amounts")
    return own


def _extra(block: dict[str, Any], spend: ExtraUsage | None) -> ExtraUsage:
    """The older block; what it leaves out comes from `spend`. Raises BadFieldError."""
    enabled = block.get("is_enabled")
    if not isinstance(enabled, bool):
        if spend is None:
            raise BadFieldError("is_enabled is missing")
        enabled = spend.is_enabled
    currency = _currency(block.get("currency")) or (spend.used.currency if spend and spend.used else "USD")
    places = decimals(block.get("decimal_places"))
    if places is None:
        twin = spend.used if spend else None
        places = twin.exponent if twin and twin.currency == currency else currency_exponent(currency)
    used = minor_units(block.get("used_credits"), currency, places)
    limit = minor_units(block.get("monthly_limit"), currency, places)
    if used is None and spend is not None:
        used = spend.used
    if "monthly_limit" not in block and spend is not None:
        limit = spend.limit
    utilization = percent(block.get("utilization"))
    extras = {key: value for key, value in block.items() if value is not None and key not in _READ}
    return ExtraUsage(
        is_enabled=enabled,
        used=used,
        limit=limit,
        utilization=share(used, limit) if utilization is None else utilization,
        disabled_reason=short_label(block.get("disabled_reason")) or (spend.disabled_reason if spend else None),
        extras=extras | (spend.extras if spend else {}),
    )


def _spend(block: dict[str, Any], problems: list[str]) -> ExtraUsage | None:
    """The newer block; None when it is missing or broken, which `problems` then says."""
    if not isinstance(block.get("enabled"), bool):
        return None
    try:
        used, limit = _money(block.get("used")), _money(block.get("limit"))
        utilization = share(used, limit)
        return ExtraUsage(
            is_enabled=block["enabled"],
            used=used,
            limit=limit,
            utilization=percent(block.get("percent")) if utilization is None and limit is not None else utilization,
            disabled_reason=short_label(block.get("disabled_reason")),
            extras={key: block[key] for key in _KEPT_OF_SPEND if block.get(key) is not None},
        )
    except BadFieldError as error:
        problems.append(f"spend: {error}")
        return None


def _money(value: object) -> Money | None:
    """`{amount_minor, currency, exponent}`; None for null. Raises BadFieldError."""
    if value is None:
        return None
    block = table(value)
    currency = _currency(block.get("currency")) or "USD"
    places = decimals(block.get("exponent"))
    money = minor_units(block.get("amount_minor"), currency, currency_exponent(currency) if places is None else places)
    if money is None:
        raise BadFieldError("money without an amount")
    return money


def _currency(value: object) -> str | None:
    """An ISO 4217 code in upper case; None for null. Raises BadFieldError: an amount of unknown money is no amount."""
    if value is None:
        return None
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()):  # noqa: PLR2004 — ISO 4217
        raise BadFieldError("a currency that is none")
    return value.upper()
