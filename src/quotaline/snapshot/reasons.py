"""PURE Why extra usage cannot cover a request, in words; an unknown reason is shown as the server spelled it."""

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


def reason_text(reason: str | None) -> str | None:
    """`out_of_credits` → "the credits are used up"; None stays None."""
    return None if not reason else WORDS.get(reason, reason.replace("_", " "))
