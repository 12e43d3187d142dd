"""The recorded `/usage` bodies of `data/usage`, and what a person should see of each."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quotaline.model import ExtraUsage, Money, Window

FOLDER = Path(__file__).parent / "data" / "usage"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def recorded(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def told(value: Window | ExtraUsage) -> str:
    """One value as a sentence: `Weekly: 13 %, resets 2026-07-27 17:00`."""
    if isinstance(value, ExtraUsage):
        parts = [] if value.is_enabled else [f"off ({value.disabled_reason})" if value.disabled_reason else "off"]
        parts += _money(value.used, value.limit)
        if value.used and value.limit is None:
            parts.append("no cap")
        parts += [f"{value.utilization:g} %"] if value.utilization is not None else []
    else:
        parts = [f"{value.utilization:g} %"] if value.utilization is not None else []
        parts += _money(value.used_money, value.limit_money)
        if value.resets_at is not None:
            minute = datetime.fromtimestamp(round(value.resets_at / 60) * 60, UTC)
            parts.append(f"resets {minute:%Y-%m-%d %H:%M}")
    return f"{value.name}: {', '.join(parts)}"


def _money(used: Money | None, limit: Money | None) -> list[str]:
    if used is None:
        return []
    return [f"{used.decimal()} {used.currency}" + (f" of {limit.decimal()}" if limit else "")]
