"""PURE The overview and the counters → metric families, of one account or of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotaline.ledger.counters import COST, MESSAGES, REQUESTS, RUNS, TOKENS
from quotaline.model import TokenUsage
from quotaline.usage.exposition import Family, Sample
from quotaline.usage.report import period_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from quotaline.ledger.counters import Counters
    from quotaline.model import Snapshot
    from quotaline.usage.local import Transcripts
    from quotaline.usage.report import Meter, Overview

ACCOUNT = "account"
SLIDING = "Its span slides, so that it falls, too: a gauge for today's numbers, not for rate()."
PRICE = "at list price, or by the client's own count of recorded runs, without models whose price is not known"
COUNTERS = {
    TOKENS: "Tokens used in all, in this machine's transcripts and recorded runs.",
    COST: f"Dollars used in all, {PRICE}.",
    MESSAGES: "API messages in all, in this machine's transcripts.",
    RUNS: "Runs of claude -p without transcripts in all, as `quotaline record` kept them.",
    REQUESTS: "Requests that quotaline itself made, by source and outcome.",
}
"""Counter → what it is. They never fall: the ledger keeps the highest value that each was exported with."""


def families(view: Overview, snapshot: Snapshot, counters: Counters, now: float, version: str) -> list[Family]:
    """All that is known of one account; a family without samples is one of which nothing is known."""
    about = {"version": version, "config_dir": view.account.config_dir, "plan": view.account.plan or ""}
    written = f"{snapshot.written_at:.3f}"
    return [
        Family("quotaline", "info", "What wrote this, and for which account.", [Sample(about, "1")]),
        _gauge("snapshot_timestamp_seconds", "When the snapshot was written.", [Sample({}, written)]),
        *_windows(view.windows, now),
        *_transcripts(view.transcripts),
        *_counters(counters),
    ]


def side_by_side(accounts: Mapping[str, Sequence[Family]]) -> list[Family]:
    """The families of several accounts as one list, in which each sample names its account."""
    return [
        whole[0]._replace(
            samples=[
                Sample({ACCOUNT: name, **sample.labels}, sample.value)
                for name, family in zip(accounts, whole, strict=True)
                for sample in family.samples
            ]
        )
        for whole in zip(*accounts.values(), strict=True)
    ]


def _windows(meters: Sequence[Meter], now: float) -> list[Family]:
    """Use, reset, age, forecast and money of each window."""
    used = [Sample(_labels(one), f"{one.utilization / 100:.6g}") for one in meters if one.utilization is not None]
    ends = [(one.id, period_end(one, now)) for one in meters]
    resets = [Sample({"window": key}, f"{end:.0f}") for key, end in ends if end is not None]
    read = [Sample(_labels(one), f"{one.as_of.timestamp():.0f}") for one in meters]
    stale = [Sample({"window": one.id}, str(int(one.stale))) for one in meters]
    today = [
        Sample({"window": one.id, "part": part}, f"{one.extras[f'{part}_today'] / 100:.6g}")
        for one in meters
        for part in ("share", "used", "left")
        if isinstance(one.extras.get(f"{part}_today"), int | float)
    ]
    ahead = [
        Sample({"window": one.id, "bound": bound}, f"{one.extras[name] / 100:.6g}")
        for one in meters
        for bound, name in (("middle", "at_reset"), ("least", "at_reset_least"), ("most", "at_reset_most"))
        if isinstance(one.extras.get(name), int | float)
    ]
    full = [
        Sample({"window": one.id, "bound": bound}, f"{one.extras[name]:.0f}")
        for one in meters
        for bound, name in (("middle", "limit_at"), ("least", "limit_earliest"), ("most", "limit_latest"))
        if isinstance(one.extras.get(name), int | float)
    ]
    coins = [(one, {"window": one.id, "currency": one.unit.upper()}) for one in meters if one.unit != "percent"]
    spent = [Sample(labels, f"{one.used}") for one, labels in coins if one.used is not None]
    caps = [Sample(labels, f"{one.limit}") for one, labels in coins if one.limit is not None]
    return [
        _gauge("window_used_ratio", "Used part of a window; 1 is all of it.", used),
        _gauge("window_reset_timestamp_seconds", "When a window starts anew.", resets),
        _gauge("window_read_timestamp_seconds", "When a window's value was true.", read),
        _gauge("window_stale", "1 while a window's value is stale.", stale),
        _gauge("window_forecast_ratio", "Forecast of the used part at the reset, an estimate.", ahead),
        _gauge("window_limit_timestamp_seconds", "Forecast of when a window is full, an estimate.", full),
        _gauge("window_today_ratio", "Today's share of a window, so that it lasts; 1 is all of it.", today),
        _gauge("money_used", "Money spent in the window's present period, in whole units of its currency.", spent),
        _gauge("money_limit", "The cap, where there is one.", caps),
    ]


def _transcripts(local: Transcripts) -> list[Family]:
    """Tokens and cost of each span, by model and source."""
    spans = [("five_hour", local.five_hour), ("today", local.today), ("seven_day", local.seven_day)]
    parts = [
        ({"span": name, "model": part.model, "source": part.source}, part)
        for name, span in spans
        if span is not None
        for part in span.models
    ]
    counts = [
        Sample({**labels, "kind": kind}, str(getattr(part.tokens, kind)))
        for labels, part in parts
        for kind in TokenUsage.__struct_fields__
    ]
    costs = [Sample(labels, part.cost_usd) for labels, part in parts if part.cost_usd is not None]
    return [
        _gauge("local_tokens", f"Tokens in this machine's transcripts and recorded runs, in a span. {SLIDING}", counts),
        _gauge("local_cost_dollars", f"Dollars in a span, {PRICE}. {SLIDING}", costs),
    ]


def _counters(counters: Counters) -> list[Family]:
    return [
        Family(
            f"quotaline_{name}",
            "counter",
            about,
            [Sample(dict(one.labels), _exact(value)) for one, value in sorted(counters.items()) if one.name == name],
        )
        for name, about in COUNTERS.items()
    ]


def _gauge(name: str, about: str, samples: Sequence[Sample]) -> Family:
    return Family(f"quotaline_{name}", "gauge", about, samples)


def _exact(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _labels(meter: Meter) -> dict[str, str]:
    """Which window, and who reported it."""
    alpha = "true" if meter.extras.get("alpha") else "false"
    return {"window": meter.id, "source": meter.source, "alpha": alpha}
