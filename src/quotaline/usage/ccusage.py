"""PURE The history in the shapes of ccusage 20.0.24: what `ccusage claude daily --json` and its sisters print.

Keys, names and rules are ccusage's; tokens and prices are ours. README says where the two differ.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from quotaline.core.periods import HOUR, rfc3339
from quotaline.transcripts.row import FAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from quotaline.ledger.ccusage import Entries
    from quotaline.prices import PriceBook

BLOCK_MS = 5 * HOUR * 1000
HOUR_MS, MINUTE_MS = HOUR * 1000, 60_000
NAMES = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")
ZERO = Decimal(0)


class _Sum:
    """Entries added up, and each model by itself."""

    def __init__(self) -> None:
        self.counts, self.cost, self.entries = [0, 0, 0, 0], ZERO, 0
        self.first, self.last = 0, 0
        self.models: dict[str, tuple[list[int], list[Decimal | None]]] = {}

    def add(self, entry: Entries, prices: PriceBook) -> None:
        part, tokens = entry.part, entry.part.tokens
        name, cost = part.model + "-fast" * bool(part.flags & FAST), part.cost(prices)
        counts, costs = self.models.setdefault(name, ([0, 0, 0, 0], []))
        for place, count in enumerate(
            (tokens.input, tokens.output, tokens.cache_write_5m + tokens.cache_write_1h, tokens.cache_read)
        ):
            self.counts[place] += count
            counts[place] += count
        costs.append(cost)
        self.cost += cost or ZERO
        self.entries += part.messages
        self.first = min(self.first or entry.first, entry.first)
        self.last = max(self.last, entry.last)

    @property
    def total(self) -> int:
        return sum(self.counts)

    def row(self, **more: Any) -> dict[str, Any]:
        """A row of each report but of the blocks."""
        models = [_breakdown(name, *sums) for name, sums in self.models.items()]
        return {
            **more,
            **dict(zip(NAMES, self.counts, strict=True)),
            "totalTokens": self.total,
            "totalCost": float(self.cost),
            "modelsUsed": list(self.models),
            "modelBreakdowns": sorted(models, key=lambda model: -model["cost"]),
        }


def _breakdown(name: str, counts: list[int], costs: list[Decimal | None]) -> dict[str, Any]:
    cost = float(sum((cost for cost in costs if cost is not None), ZERO))
    row = {"modelName": name, **dict(zip(NAMES, counts, strict=True)), "cost": cost}
    return row | ({"missingPricing": True} if None in costs else {})


def _sums(
    found: Iterable[Entries], prices: PriceBook, key: Callable[[Entries], tuple[str, ...]]
) -> dict[tuple[str, ...], _Sum]:
    sums: dict[tuple[str, ...], _Sum] = defaultdict(_Sum)
    for entry in found:
        sums[key(entry)].add(entry, prices)
    return sums


def _totals(rows: list[dict[str, Any]], sums: Iterable[_Sum]) -> dict[str, Any]:
    found = {name: sum(row[name] for row in rows) for name in (*NAMES, "totalTokens")}
    found["totalCost"] = float(sum((one.cost for one in sums), ZERO))
    models = {model["modelName"] for row in rows for model in row["modelBreakdowns"] if "missingPricing" in model}
    return found | ({"unpricedModels": sorted(models)} if models else {})


def daily(
    found: Iterable[Entries], prices: PriceBook, *, instances: bool = False, project: str | None = None
) -> dict[str, Any]:
    """By day; each project by itself with `instances`, or one, which is the name of its folder."""
    apart = instances or project is not None
    chosen = (entry for entry in found if project is None or entry.project == project)
    sums = _sums(chosen, prices, lambda entry: (entry.day, entry.project if apart else ""))
    named = {key: sums[key] for key in sorted(sums)}
    rows = [one.row(date=day, **({"project": name} if apart else {})) for (day, name), one in named.items()]
    totals = _totals(rows, named.values())
    if not instances or not rows:
        return {"daily": rows, "totals": totals}
    projects: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        projects[row["project"]].append(row)
    return {"projects": projects, "totals": totals}


def weekly(found: Iterable[Entries], prices: PriceBook) -> dict[str, Any]:
    """By week; a week is called by its Sunday."""
    return _spans("weekly", "week", found, prices, lambda entry: _sunday(entry.day))


def monthly(found: Iterable[Entries], prices: PriceBook) -> dict[str, Any]:
    """By month."""
    return _spans("monthly", "month", found, prices, lambda entry: entry.day[:7])


def _spans(
    report: str, name: str, found: Iterable[Entries], prices: PriceBook, key: Callable[[Entries], str]
) -> dict[str, Any]:
    sums = _sums(found, prices, lambda entry: (key(entry),))
    rows = [sums[span].row(**{name: span[0]}) for span in sorted(sums)]
    return {report: rows, "totals": _totals(rows, sums.values())}


def _sunday(day: str) -> str:
    found = date.fromisoformat(day)
    return (found - timedelta(days=found.isoweekday() % 7)).isoformat()


def session(found: Iterable[Entries], prices: PriceBook) -> dict[str, Any]:
    """By session, the dearest first; without those that used nothing."""
    sums = {key: one for key, one in _sums(found, prices, lambda entry: (entry.project, entry.session)).items() if one.total}
    rows = [
        one.row(sessionId=key[1], projectPath=key[0], firstActivity=_moment(one.first), lastActivity=_moment(one.last))
        for key, one in sorted(sums.items(), key=lambda item: -item[1].cost)
    ]
    return {"sessions": rows, "totals": _totals(rows, sums.values())}


def blocks(found: Iterable[Entries], prices: PriceBook, now: float, asked: Callable[[float], bool]) -> dict[str, Any]:
    """5-hour blocks and the gaps between them; `asked` says of a start, epoch seconds, whether it is asked for.

    Entries are those of hours that hold their end and not their beginning: no block ends within one.
    """
    rows: list[dict[str, Any]] = []
    start, block = 0, _Sum()
    for _, group in groupby(found, lambda entry: (entry.first - 1) // HOUR_MS):
        hour = list(group)
        first = hour[0].first
        pause = first - block.last
        if block.entries and (first - start > BLOCK_MS or pause > BLOCK_MS):
            rows.append(_block(start, block, now))
            if pause > BLOCK_MS:
                rows.append(_gap(block.last + BLOCK_MS, first))
            block = _Sum()
        if not block.entries:
            start = first // HOUR_MS * HOUR_MS
        for entry in hour:
            block.add(entry, prices)
    if block.entries:
        rows.append(_block(start, block, now))
    rows.sort(key=lambda row: row["startTime"])  # a gap may begin behind the hour in which the next block does
    return {"blocks": [row for row in rows if asked(row.pop("start"))]}


def _block(start: int, block: _Sum, now: float) -> dict[str, Any]:
    end, moment = start + BLOCK_MS, int(now * 1000)
    active = moment - block.last < BLOCK_MS and moment < end
    rate = _burn_rate(block) if active else None
    return {
        "start": start / 1000,
        "id": _moment(start),
        "startTime": _moment(start),
        "endTime": _moment(end),
        "actualEndTime": _moment(block.last),
        "isActive": active,
        "isGap": False,
        "entries": block.entries,
        "tokenCounts": _counts(block.counts),
        "totalTokens": block.total,
        "costUSD": float(block.cost),
        "models": list(block.models),
        "burnRate": rate,
        "projection": _projection(block, rate, end - moment),
    }


def _gap(start: int, end: int) -> dict[str, Any]:
    return {
        "start": start / 1000,
        "id": f"gap-{_moment(start)}",
        "startTime": _moment(start),
        "endTime": _moment(end),
        "actualEndTime": None,
        "isActive": False,
        "isGap": True,
        "entries": 0,
        "tokenCounts": _counts([0, 0, 0, 0]),
        "totalTokens": 0,
        "costUSD": 0,
        "models": [],
        "burnRate": None,
        "projection": None,
    }


def _counts(counts: list[int]) -> dict[str, int]:
    names = ("inputTokens", "outputTokens", "cacheCreationInputTokens", "cacheReadInputTokens")
    return dict(zip(names, counts, strict=True))


def _burn_rate(block: _Sum) -> dict[str, float] | None:
    minutes = (block.last - block.first) / MINUTE_MS
    if minutes <= 0:
        return None
    return {
        "tokensPerMinute": block.total / minutes,
        "tokensPerMinuteForIndicator": sum(block.counts[:2]) / minutes,
        "costPerHour": float(block.cost) / minutes * 60,
    }


def _projection(block: _Sum, rate: dict[str, float] | None, left: int) -> dict[str, Any] | None:
    if rate is None:
        return None
    minutes = int(left / MINUTE_MS + 0.5)
    return {
        "totalTokens": int(block.total + rate["tokensPerMinute"] * minutes + 0.5),
        "totalCost": int((float(block.cost) + rate["costPerHour"] / 60 * minutes) * 100 + 0.5) / 100,
        "remainingMinutes": minutes,
    }


def _moment(milliseconds: int) -> str:
    return f"{rfc3339(milliseconds // 1000)[:-1]}.{milliseconds % 1000:03d}Z"
