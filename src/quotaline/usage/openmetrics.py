"""PURE The overview as OpenMetrics text, for Prometheus's textfile collector and its friends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.model import TokenUsage
from quotaline.usage.report import period_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quotaline.model import Snapshot
    from quotaline.usage.local import Transcripts
    from quotaline.usage.report import Meter, Overview

Sample = tuple[dict[str, str], str]


def text(view: Overview, snapshot: Snapshot, now: float, version: str) -> str:
    """Every family with its help and type, then `# EOF`. What is not known has no sample: absent is never zero."""
    about = {"version": version, "config_dir": view.account.config_dir, "plan": view.account.plan or ""}
    families = [
        family("quotaline", "info", "What wrote this, and for which account.", [(about, "1")]),
        family(
            "quotaline_snapshot_timestamp_seconds",
            "gauge",
            "When the snapshot was written.",
            [({}, f"{snapshot.written_at:.3f}")],
        ),
        *windows(view.windows, now),
        *transcripts(view.transcripts),
    ]
    return "".join(families) + "# EOF\n"


def windows(meters: Sequence[Meter], now: float) -> list[str]:
    """Use, reset, age, forecast and money of each window."""
    used = [(labels(one), f"{one.utilization / 100:.6g}") for one in meters if one.utilization is not None]
    ends = [(one.id, period_end(one, now)) for one in meters]
    resets = [({"window": key}, f"{end:.0f}") for key, end in ends if end is not None]
    read = [(labels(one), f"{one.as_of.timestamp():.0f}") for one in meters]
    stale = [({"window": one.id}, str(int(one.stale))) for one in meters]
    today = [
        ({"window": one.id, "part": part}, f"{one.extras[f'{part}_today'] / 100:.6g}")
        for one in meters
        for part in ("share", "used", "left")
        if isinstance(one.extras.get(f"{part}_today"), int | float)
    ]
    ahead = [
        ({"window": one.id, "bound": bound}, f"{one.extras[name] / 100:.6g}")
        for one in meters
        for bound, name in (("middle", "at_reset"), ("least", "at_reset_least"), ("most", "at_reset_most"))
        if isinstance(one.extras.get(name), int | float)
    ]
    full = [
        ({"window": one.id, "bound": bound}, f"{one.extras[name]:.0f}")
        for one in meters
        for bound, name in (("middle", "limit_at"), ("least", "limit_earliest"), ("most", "limit_latest"))
        if isinstance(one.extras.get(name), int | float)
    ]
    coins = [one for one in meters if one.unit != "percent"]
    spent = [({"window": one.id, "currency": one.unit.upper()}, f"{one.used}") for one in coins if one.used is not None]
    caps = [({"window": one.id, "currency": one.unit.upper()}, f"{one.limit}") for one in coins if one.limit is not None]
    return [
        family("quotaline_window_used_ratio", "gauge", "Used part of a window; 1 is all of it.", used),
        family("quotaline_window_reset_timestamp_seconds", "gauge", "When a window starts anew.", resets),
        family("quotaline_window_read_timestamp_seconds", "gauge", "When a window's value was true.", read),
        family("quotaline_window_stale", "gauge", "1 while a window's value is stale.", stale),
        family("quotaline_window_forecast_ratio", "gauge", "Forecast of the used part at the reset, an estimate.", ahead),
        family("quotaline_window_limit_timestamp_seconds", "gauge", "Forecast of when a window is full, an estimate.", full),
        family("quotaline_window_today_ratio", "gauge", "Today's share of a window, so that it lasts; 1 is all of it.", today),
        family("quotaline_money_used", "gauge", "Money spent, in whole units of its currency.", spent),
        family("quotaline_money_limit", "gauge", "The cap, where there is one.", caps),
    ]


def transcripts(local: Transcripts) -> list[str]:
    """Tokens and cost of each span, by model and source."""
    spans = [("five_hour", local.five_hour), ("today", local.today), ("seven_day", local.seven_day)]
    parts = [(name, part) for name, span in spans if span is not None for part in span.models]
    counts = [
        ({"span": name, "model": part.model, "source": part.source, "kind": kind}, str(getattr(part.tokens, kind)))
        for name, part in parts
        for kind in TokenUsage.__struct_fields__
    ]
    costs = [
        ({"span": name, "model": part.model, "source": part.source}, part.cost_usd)
        for name, part in parts
        if part.cost_usd is not None
    ]
    price = "Their list price, or the client's own count of recorded runs, without models whose price is not known."
    return [
        family("quotaline_local_tokens", "gauge", "Tokens in this machine's transcripts and recorded runs.", counts),
        family("quotaline_local_cost_dollars", "gauge", price, costs),
    ]


def labels(meter: Meter) -> dict[str, str]:
    """Which window, and who reported it."""
    alpha = "true" if meter.extras.get("alpha") else "false"
    return {"window": meter.id, "source": meter.source, "alpha": alpha}


def family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    """A metric family; nothing where it has no sample."""
    suffix = "_info" if kind == "info" else ""
    lines = [f"{name}{suffix}{braces(found)} {value}\n" for found, value in samples]
    return f"# TYPE {name} {kind}\n# HELP {name} {about}\n" + "".join(lines) if lines else ""


def braces(found: dict[str, str]) -> str:
    """Labels as OpenMetrics writes them; what could move a cursor or turn the writing direction stands as `<1b>`."""
    escaped = {
        key: _visible(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for key, value in found.items()
    }
    return "{" + ",".join(f'{key}="{value}"' for key, value in escaped.items()) + "}" if found else ""


def _visible(text: str) -> str:
    """Two names stay two: a file in which two samples are one is refused whole."""
    return "".join(letter if letter.isprintable() or letter == "\n" else f"<{ord(letter):x}>" for letter in text)
