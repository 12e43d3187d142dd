"""PURE Why extra usage cannot cover a request: in words, and as Claude Code hears it before any usage body says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from quotaline.model import ExtraUsage, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quotaline.model import SourceState

BY_CLIENT = "reason_from"
"""Stands in the extras of extra usage that its own source called on, and Claude Code's last answer from the server off."""

WORDS = {
    "overage_not_provisioned": "it was never set up",
    "org_level_disabled": "the organisation turned it off",
    "org_level_disabled_until": "the organisation turned it off for a time",
    "out_of_credits": "the credits are used up",
    "seat_tier_level_disabled": "it is off for this kind of seat",
    "member_level_disabled": "it is off for this member",
    "seat_tier_zero_credit_limit": "the cap for this kind of seat is zero",
    "group_zero_credit_limit": "the group's cap is zero",
    "member_zero_credit_limit": "this member's cap is zero",
    "org_service_level_disabled": "the organisation turned it off for this service",
    "no_limits_configured": "no limit was set",
    "fetch_error": "the server could not say",
}
NO_REASON = frozenset({"fetch_error", "unknown"})


def reason_text(reason: str | None) -> str | None:
    """`out_of_credits` → "the credits are used up"; None stays None, and an unknown reason is as the server spelled it."""
    return None if not reason else WORDS.get(reason, reason.replace("_", " "))


def client_reason(states: Iterable[SourceState]) -> tuple[str, str] | None:
    """Why, and by which source, the client says that extra usage is off; None where it does not."""
    told = ((one.disabled_reason, one.source) for one in states if one.disabled_reason)
    return next(((reason, source) for reason, source in told if reason not in NO_REASON), None)


def with_client_reason(readings: Iterable[Reading], states: Iterable[SourceState]) -> list[Reading]:
    """The readings, with extra usage off where the client says so: its money stays, as no more of it can move."""
    reason = client_reason(states)
    found = []
    for reading in readings:
        value = reading.value
        if reason is not None and isinstance(value, ExtraUsage) and value.is_enabled:
            extras = value.extras | {BY_CLIENT: reason[1]}
            value = structs.replace(value, is_enabled=False, disabled_reason=reason[0], extras=extras)
            reading = structs.replace(reading, value=value)  # noqa: PLW2901 - the same reading, completed
        found.append(reading)
    return found


def without_client_reason(readings: Iterable[Reading]) -> list[Reading]:
    """The readings as their own sources gave them: what the client said was true when it said it."""
    found = []
    for reading in readings:
        value = reading.value
        if isinstance(value, ExtraUsage) and BY_CLIENT in value.extras:
            extras = {key: item for key, item in value.extras.items() if key != BY_CLIENT}
            value = structs.replace(value, is_enabled=True, disabled_reason=None, extras=extras)
            reading = structs.replace(reading, value=value)  # noqa: PLW2901
        found.append(reading)
    return found
