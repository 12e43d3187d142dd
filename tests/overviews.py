"""A full snapshot for the tests of what people and programs see: every kind of window, money, local totals and gaps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from quotaline.config.segments import shipped_defaults
from quotaline.model import (
    Account,
    ExtraUsage,
    LocalTotals,
    LocalUsage,
    Missing,
    ModelUsage,
    Money,
    Reading,
    Snapshot,
    SourceState,
    TokenUsage,
    Window,
)
from samples import NOW

OPUS = TokenUsage(input=1200, output=48_000, cache_write_5m=9000, cache_write_1h=90_000, cache_read=1_300_000)
HAIKU = TokenUsage(input=300, output=4000, cache_read=60_000)


def local(scale: int = 1) -> LocalUsage:
    """Two models, one of them without a price."""
    tokens = TokenUsage()
    for _ in range(scale):
        tokens += OPUS + HAIKU
    return LocalUsage(
        starts_at=NOW - 7200,
        ends_at=NOW + 7980,
        tokens=tokens,
        cost_usd=Decimal("3.148205") * scale,
        unpriced_models=("claude-new-1",),
        models=(
            ModelUsage(model="claude-opus-5-5", tokens=OPUS, cost_usd=Decimal("3.148205") * scale),
            ModelUsage(model="claude-new-1", tokens=HAIKU, cost_usd=None),
        ),
    )


def window(key: str, name: str, utilization: float | None, resets_in: float | None, **more: Any) -> Window:
    resets_at = None if resets_in is None else NOW + resets_in
    return Window(id=key, name=name, utilization=utilization, resets_at=resets_at, **more)


def full(**changes: Any) -> Snapshot:
    """A snapshot at NOW with something in each place."""
    extra = ExtraUsage(is_enabled=True, used=Money(1240), limit=Money(5000), utilization=24.8)
    fable = window("seven_day_fable", "Weekly (Fable)", 91.4, 276_000, extras={"severity": "warning"})
    gateway = window(
        "spend_limit",
        "Spend limit",
        104.2,
        864_000,
        used_money=Money(52_100),
        limit_money=Money(50_000),
        extras={"period": "monthly"},
    )
    values: dict[str, Any] = {
        "written_at": NOW - 20,
        "fresh_for": 60,
        "stale_after": 3600,
        "account": Account(config_dir="~/.claude", uuid="00000000-0000-4000-8000-000000000000", plan="max_5x"),
        "readings": (
            Reading(value=window("five_hour", "Session (5h)", 42.5, 7980), source="statusline", as_of=NOW - 48),
            Reading(value=window("seven_day", "Weekly", 63, 276_000), source="statusline", as_of=NOW - 8000),
            Reading(value=fable, source="claude-json", as_of=NOW - 540, alpha=True),
            Reading(value=gateway, source="statusline", as_of=NOW - 48),
            Reading(value=extra, source="claude-json", as_of=NOW - 538, alpha=True),
        ),
        "local": LocalTotals(five_hour=local(), today=local(2), seven_day=local(9)),
        "missing": (
            Missing("weekly_model", "needs enable_alpha_features", "set `enable_alpha_features = true` in config.toml"),
            Missing("credits", "no open source reported it"),
        ),
        "sources": (
            SourceState(source="statusline", readings=3),
            SourceState(source="endpoint", problem="The endpoint asks to wait; the next request is allowed at 14:05."),
        ),
        **shipped_defaults(),
    }
    return Snapshot(**{**values, **changes})


def eventful() -> Snapshot:
    """Forecasts in each form, money that moves, a credit, a window without a number, one that is over, long names."""
    extra = ExtraUsage(is_enabled=True, used=Money(1240), limit=Money(5000), utilization=24.8, balance=Money(2500))
    credit = window("promo_credit_1", "Holiday credit of the year's last quarter", 12, 864_000)
    fields: dict[str, Any] = {
        "five_hour.at_reset": (131.5, NOW + 60), "five_hour.at_reset_least": (104.9, None),
        "five_hour.at_reset_most": (160.2, None), "five_hour.limit_error": (1800.0, None),
        "five_hour.forecast_by": ("recent", None), "five_hour.limit_at": (NOW + 4200, NOW + 60),
        "five_hour.limit_earliest": (NOW + 3600, None), "five_hour.limit_latest": (NOW + 6000, None),
        "five_hour.binds_first": (True, None),
        "seven_day.at_reset": (88, None), "seven_day.at_reset_least": (88.1, None), "seven_day.at_reset_most": (88.9, None),
        "seven_day.limit_at": (NOW, None),
        "seven_day_fable.limit_at": (NOW + 90_000, None), "seven_day_fable.limit_earliest": (NOW + 30_000, None),
        "seven_day_opus.no_forecast": ("fewer than three readings in the last hour", None),
        "spend_limit.no_forecast": ("this is true no longer", NOW), "promo_credit_1.no_forecast": ("it is young", NOW + 1),
        "extra.no_forecast": ("no money moves", None),
        "extra.at_reset": ([3120, "USD", 2], None), "extra.today": ([310, "USD", 2], None),
        "extra.rate": ([95, "USD", 2], None),
        "extra.crossed": ([80, "USD", 2], None), "extra.crossed_at": (NOW - 600, None),
    }  # fmt: skip
    readings = tuple(
        Reading(value=value, source=source, as_of=NOW - age, alpha=alpha)
        for value, source, age, alpha in (
            (window("five_hour", "Session (5h)", 100, 7980), "statusline", 60, False),
            (window("seven_day", "Weekly", 63, 276_000), "claude-cli", 3601, True),
            (window("seven_day_fable", "Weekly (Fable)", 91.4, 276_000), "claude-json", 3600, True),
            (window("seven_day_opus", "Weekly (Opus)", None, 276_000), "endpoint", 59, True),
            (window("seven_day_sonnet", "Weekly (Sonnet)", 0, -1), "endpoint", 59, True),
            (
                window("spend_limit", "Spend limit", None, 80_000, limit_money=Money(9), extras={"period": "daily"}),
                "statusline", 59, False,
            ),
            (credit, "endpoint", 59, True),
            (extra, "claude-json", 538, True),
        )
    )  # fmt: skip
    free = LocalUsage(starts_at=NOW - 7200, ends_at=NOW + 10_800, tokens=HAIKU, unpriced_models=("claude-new-1",))
    long = ModelUsage(model="claude-with-a-name-that-is-longer-than-its-column", tokens=OPUS, cost_usd=Decimal("1.005"))
    week = LocalUsage(starts_at=NOW - 9, ends_at=NOW + 9, tokens=OPUS, cost_usd=Decimal("1.005"), models=(long,))
    return full(
        readings=readings,
        fields=fields,
        local=LocalTotals(five_hour=free, today=LocalUsage(starts_at=NOW, ends_at=NOW + 9), seven_day=week),
        missing=(
            Missing("everything", "one reason"),
            Missing("weekly_model", "one reason"),
            Missing("credits", "another", "do so"),
        ),
        sources=(
            SourceState(source="statusline", readings=3),
            SourceState(source="endpoint", problem="another"),
            SourceState(source="claude-cli", note="It is not its turn before 14:05."),
        ),
    )  # fmt: skip


def bare() -> Snapshot:
    """No account's plan, extra usage that is off and has no cap, nothing used on this machine."""
    off = ExtraUsage(
        is_enabled=False, used=Money(1200, "JPY", 0), disabled_reason="out_of_credits", balance=Money(-5, "JPY", 0)
    )
    return full(
        account=Account(config_dir="~/.claude"),
        readings=(Reading(value=off, source="claude-json", as_of=NOW),),
        local=None,
        missing=(),
        sources=(),
    )
