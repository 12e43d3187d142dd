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
