"""EFFECT Who drew the extra dollars: the meter's steps joined with the ledger's messages of the same minutes."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, structs

from quotaline.core.periods import HOUR
from quotaline.forecast.shares import GRAIN, round_shares, step_shares
from quotaline.forecast.spending import Step, counter, steps
from quotaline.ledger.spans import Spans
from quotaline.model import ExtraUsage, Money, Reading
from quotaline.prices import model_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo
    from sqlite3 import Connection

    from quotaline.ledger.spans import Key, Which
    from quotaline.ledger.usage import UsagePart
    from quotaline.prices import PriceBook

LONG = float(HOUR)
"""Seconds of a step above which the money may have been drawn long before or after what it is shared among."""
LATE = 120.0
"""Seconds after its beginning in which a message may be billed: a step with none in its span looks that far back."""


Used: TypeAlias = "tuple[str | None, UsagePart, Decimal | None]"
"""Whose a part is (None: of what was not asked for), the part, and its list price where that is known."""


class DrawnRow(Struct, frozen=True, kw_only=True):
    """What one key drew, or what no message here explains (`key` None).

    `long` is how much of it came in steps longer than LONG. `messages` and their list price are those in the steps' spans.
    """

    key: str | None
    amount: Money
    long: Money
    messages: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_models: tuple[str, ...] = ()


class Drawn(Struct, frozen=True, kw_only=True):
    """The rows of one currency, the dearest first and what is elsewhere last; their sum is `total`, what the meter rose by.

    It was read `readings` times from `since` to `until`, epoch seconds, and showed `first` when it was read first.
    """

    total: Money
    rows: tuple[DrawnRow, ...]
    readings: int
    since: float
    until: float
    first: Money


def extra_drawn(
    connection: Connection, readings: Sequence[Reading], by: Key, tz: tzinfo, prices: PriceBook, *, which: Which, now: float
) -> list[Drawn]:
    """For each currency of the meter's `readings`, the oldest first, who drew what `which` asks for. Raises LedgerError.

    What a step across an edge of the time asked for has within is rounded; the sum over several times may be a unit off.
    """
    currencies: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        if isinstance(reading.value, ExtraUsage) and reading.value.used is not None:
            currencies[reading.value.used.currency].append(reading)
    found, spans = [], Spans(connection, by, tz, which)
    for of_currency in currencies.values():
        unit, rows = counter(of_currency, now)
        if unit is None:
            continue
        asked = [step for step in steps(rows) if step.end >= which.start and step.start < which.end]
        found.append(
            Drawn(
                rows=tuple(drawn := _Sharing(spans, prices, which).rows(asked, unit)),
                total=structs.replace(unit, amount=sum(row.amount.amount for row in drawn)),
                readings=len(rows),
                since=rows[0][0],
                until=rows[-1][0],
                first=structs.replace(unit, amount=rows[0][1]),
            )
        )
    return found


class _Sharing:
    """The sums over all steps, by key; None is what was not asked for."""

    def __init__(self, spans: Spans, prices: PriceBook, which: Which) -> None:
        self._spans, self._prices, self._which = spans, prices, which
        self._shares: dict[str | None, int] = defaultdict(int)
        self._long: dict[str | None, int] = defaultdict(int)
        self._used: dict[str, list[Used]] = defaultdict(list)
        self._elsewhere, self._elsewhere_long = 0, 0

    def rows(self, asked: Sequence[Step], unit: Money) -> list[DrawnRow]:
        """The rows of some steps of one currency."""
        spans = self._in_spans((step.start, step.end) for step in asked)
        for used in spans.values():
            for row in used:
                if row[0] is not None:
                    self._used[row[0]].append(row)
        left = [step for number, step in enumerate(asked) if not self._share(step, spans.get(number, []))]
        late = self._in_spans((step.start - LATE, step.start) for step in left)
        for number, step in enumerate(left):
            if not self._share(step, late.get(number, [])):
                self._nobodys(step)
        return self._rounded(unit)

    def _in_spans(self, spans: Iterable[tuple[float, float]]) -> dict[int, list[Used]]:
        found: dict[int, list[Used]] = defaultdict(list)
        for span, key, part in self._spans.usage(spans):
            found[span].append((key, part, part.cost(self._prices)))
        return found

    def _share(self, step: Step, used: list[Used]) -> bool:
        """Share a step; whether there was anything to share it among."""
        shares = step_shares(step.amount, used)
        for key, share in shares.items():
            self._shares[key] += share
            self._long[key] += share * _is_long(step)
        return bool(shares)

    def _nobodys(self, step: Step) -> None:
        """A step that nothing here explains: of one across an edge of the time asked for the part within, by its length."""
        inside = 0 if self._which.project is not None else _until(step, self._which.end) - _until(step, self._which.start)
        self._elsewhere += inside
        self._elsewhere_long += inside * _is_long(step)

    def _rounded(self, unit: Money) -> list[DrawnRow]:
        rows = []
        for key, amount in round_shares(self._shares).items():
            used = self._used[key] if key is not None else []
            if key is not None and (amount or used):
                rows.append(
                    DrawnRow(
                        key=key,
                        amount=structs.replace(unit, amount=amount),
                        long=structs.replace(unit, amount=min(amount, round(self._long[key] / GRAIN))),
                        messages=sum(part.messages for _, part, _ in used),
                        cost_usd=sum((cost for _, _, cost in used if cost is not None), Decimal(0)),
                        unpriced_models=tuple(sorted({model_name(part.model) for _, part, cost in used if cost is None})),
                    )
                )
        rows.sort(key=lambda row: (-row.amount.amount, -row.cost_usd, row.key or ""))
        if self._elsewhere:
            amounts = (structs.replace(unit, amount=amount) for amount in (self._elsewhere, self._elsewhere_long))
            rows.append(DrawnRow(key=None, amount=next(amounts), long=next(amounts)))
        return rows


def _is_long(step: Step) -> bool:
    return step.end - step.start > LONG


def _until(step: Step, moment: float) -> int:
    """What of a step came before `moment`, cut: what lies before and after it adds up to the step."""
    if moment >= step.end:
        return step.amount
    return int(step.amount * max(0.0, moment - step.start) / (step.end - step.start))
