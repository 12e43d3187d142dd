"""Readings over time, as the ledger keeps them, for the tests of meter, forecast, guard and alerts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quotaline.model import ExtraUsage, Money, Reading, Window

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NOW = 1_795_269_600.0  # 2026-11-21 14:00:00 UTC


def at(text: str) -> float:
    """An ISO time; UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def spent(
    amount: int,
    as_of: float,
    *,
    currency: str = "USD",
    exponent: int = 2,
    limit: int | None = None,
    enabled: bool = True,
    reason: str | None = None,
) -> Reading:
    cap = None if limit is None else Money(limit, currency, exponent)
    value = ExtraUsage(is_enabled=enabled, used=Money(amount, currency, exponent), limit=cap, disabled_reason=reason)
    return Reading(value=value, source="endpoint", as_of=as_of, alpha=True)


def used(
    percent: float | None, as_of: float, *, resets_at: float | None = NOW + 2 * HOUR, key: str = "five_hour", name: str = ""
) -> Reading:
    value = Window(id=key, name=name or key, utilization=percent, resets_at=resets_at)
    return Reading(value=value, source="endpoint", as_of=as_of, alpha=True)


def tell(home: Path, now: float, windows: dict[str, tuple[float, float]], extra: dict[str, Any] | None = None) -> None:
    """What Claude Code would have cached at `now`: `{"five_hour": (percent, resets_at)}` and the block of extra usage."""
    body: dict[str, Any] = {
        key: {"utilization": percent, "resets_at": datetime.fromtimestamp(resets_at, UTC).isoformat()}
        for key, (percent, resets_at) in windows.items()
    }
    if extra is not None:
        body["extra_usage"] = {"is_enabled": True, "monthly_limit": None, "utilization": None, "currency": "USD"} | extra
    account = "00000000-0000-4000-8000-00000000000a"
    cache = {"fetchedAtMs": int(now * 1000), "accountUuid": account, "utilization": body}
    content = {"cachedUsageUtilization": cache, "oauthAccount": {"accountUuid": account, "organizationType": "claude_max"}}
    (home / ".claude.json").write_text(json.dumps(content), encoding="utf-8")


def configure(home: Path, text: str = "") -> None:
    """The configuration: undocumented sources open, nothing asked over the network."""
    folder = home / ".config" / "quotaline"
    folder.mkdir(parents=True, exist_ok=True)
    closed = "[sources]\nclaude_cli.enabled = false\nendpoint.enabled = false\n"
    (folder / "config.toml").write_text(f"enable_alpha_features = true\n{text}\n{closed}", encoding="utf-8")
