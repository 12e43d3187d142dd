"""PURE The names that the reports are known to use, and their single values: counts, exact amounts, names, days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from quotaline.core.money import MOST_MINOR_UNITS
from quotaline.sources.fields import BadFieldError, table

LONGEST_NAME, LARGEST_COUNT = 200, 2**53


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


ENVELOPE = _words("data has_more next_page data_refreshed_at organization_id")
ROW = _words("starting_at ending_at group usage cost")
GROUPS = _words(
    "actor actor_type agent_id api_key_id claude_tag_category claude_tag_user_id context_window cost_type deployment_id",
    "environment_id inference_geo model organization_id product rbac_group_id service_tier session_id slack_channel_id speed",
    "token_type user_profile_id workspace_id",
)
COUNTS = _words(
    "uncached_input_tokens cache_creation cache_read_input_tokens output_tokens server_tool_use total_tokens requests"
)
COST_FIELDS = _words("amount list_amount currency requests")
LEGACY = COUNTS | _words(
    "account_id api_key_id context_window inference_geo model service_account_id service_tier workspace_id speed"
)
LEGACY_COST = _words(
    "amount context_window cost_type currency description inference_geo model service_tier token_type workspace_id"
)
PERSON = _words(
    "actor core_metrics customer_type date is_remote model_breakdown organization_id terminal_type tool_actions",
    "subscription_type",
)


def actor_name(actor: Any) -> str | None:
    """A person's address or name, a service account, a key or a federated identity; of an unknown kind whatever names it."""
    told = table(actor)
    for field in ("email_address", "email", "name", "user_id", "service_account_id", "api_key_id", "api_key_name", "subject"):
        if isinstance(told.get(field), str) and told[field]:
            return read_name(told[field])
    provider = table(told.get("provider"))
    rest = [value for part in (told, provider) for key, value in part.items() if key != "type" and isinstance(value, str)]
    return read_name(next(iter(rest), None) or provider.get("type") or told.get("type"))


def read_tokens(told: dict[str, Any]) -> dict[str, Any]:
    """A row's counters, as both interfaces name them. Raises BadFieldError."""
    cache, tools = table(told.get("cache_creation")), table(told.get("server_tool_use"))
    return {
        "input": read_count(told.get("uncached_input_tokens")) or 0,
        "output": read_count(told.get("output_tokens")) or 0,
        "cache_write_5m": read_count(cache.get("ephemeral_5m_input_tokens")) or 0,
        "cache_write_1h": read_count(cache.get("ephemeral_1h_input_tokens")) or 0,
        "cache_read": read_count(told.get("cache_read_input_tokens")) or 0,
        "web_searches": read_count(tools.get("web_search_requests")) or 0,
        "requests": read_count(told.get("requests")),
    }


def read_money(told: dict[str, Any]) -> dict[str, Any]:
    """A row's amounts in hundredths of its currency's unit. Raises BadFieldError, InvalidOperation."""
    cents = read_cents(told.get("amount"))
    if cents is None:
        raise BadFieldError("a cost without an amount")
    currency = told.get("currency") or "USD"
    if not isinstance(currency, str) or not (currency.isascii() and currency.isalpha() and len(currency) == 3):  # noqa: PLR2004 - ISO 4217
        raise BadFieldError("a currency that is none")
    return {
        "cents": cents,
        "list_cents": read_cents(told.get("list_amount")),
        "currency": currency.upper(),
        "requests": read_count(told.get("requests")),
    }


def read_cents(value: Any) -> Decimal | None:
    """An exact decimal, as text or as a number; None for null. Raises BadFieldError, InvalidOperation."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadFieldError("an amount that is none")
    amount = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    if not amount.is_finite() or abs(amount) > MOST_MINOR_UNITS:
        raise BadFieldError("an amount beyond exact counting")
    return amount


def read_count(value: Any) -> int | None:
    """A count, None for null. Raises BadFieldError."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LARGEST_COUNT or value != int(value):
        raise BadFieldError("a count that is none")
    return int(value)


def read_name(value: Any) -> str | None:
    """A name, None for null. Raises BadFieldError."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadFieldError("a name that is no text")
    return value[:LONGEST_NAME].encode("utf-8", "replace").decode()


def read_day(value: Any) -> str:
    """The day (UTC) of a time; "" where it is none."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return ""


def items(value: Any) -> list[Any]:
    """A list as it is; anything else holds nothing."""
    return value if isinstance(value, list) else []
