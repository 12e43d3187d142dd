"""PURE What a result of `claude -p` adds to those before it: its totals are running ones.

Clients count on within one process, and from about 2.1.240 on in a resumed session too; a fork's total then holds its
parent's. Older ones begin anew with each process (2.1.197, 2.1.225). Nothing in a result tells the one from the other but its
numbers: a total that went on is at least the earlier one and what this run's own main loop used.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNKNOWN_MODEL = "unknown model"


class Counters(Struct, frozen=True, array_like=True):
    """Tokens and web searches, in the ledger's order."""

    input: int = 0
    output: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    web_searches: int = 0

    def columns(self) -> tuple[int, ...]:
        """All six."""
        return self.input, self.output, self.cache_write_5m, self.cache_write_1h, self.cache_read, self.web_searches

    def kinds(self) -> tuple[int, ...]:
        """Input, output, cache writes, cache reads: what every version tells apart."""
        return self.input, self.output, self.cache_write_5m + self.cache_write_1h, self.cache_read

    def __sub__(self, other: Counters) -> Counters:
        """What is more, of each."""
        return Counters(*(max(0, mine - theirs) for mine, theirs in zip(self.columns(), other.columns(), strict=True)))

    def __add__(self, other: Counters) -> Counters:
        return Counters(*(mine + theirs for mine, theirs in zip(self.columns(), other.columns(), strict=True)))


class ModelTotal(Struct, frozen=True, array_like=True):
    """One model's counters, and what the client itself says that they cost, in US dollars; None where it does not."""

    counters: Counters
    cost: Decimal | None = None

    def __add__(self, other: ModelTotal) -> ModelTotal:
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return ModelTotal(self.counters + other.counters, cost)

    def __bool__(self) -> bool:
        return any(self.counters.columns()) or bool(self.cost)


NOTHING = ModelTotal(Counters(), Decimal(0))
Totals = dict[str, ModelTotal]
"""By the model's id, as the client writes it."""


def summed_kinds(totals: Totals) -> tuple[int, ...]:
    """`Counters.kinds` of all models together."""
    return sum((total.counters for total in totals.values()), Counters()).kinds()


def size(totals: Totals) -> tuple[int, Decimal]:
    """By which the larger of two totals is told: tokens, then dollars."""
    return sum(summed_kinds(totals)), sum((total.cost or Decimal(0) for total in totals.values()), Decimal(0))


def continues(later: Totals, earlier: Totals, spent: Counters | None) -> bool:
    """Whether `later` can be `earlier` gone on: no model has less, and what the run's main loop `spent` is on top."""
    if not all(_at_least(later.get(model), total) for model, total in earlier.items()):
        return False
    reached = summed_kinds(later)
    if spent is None or not any(reached):
        return True
    return all(now >= before + own for now, before, own in zip(reached, summed_kinds(earlier), spent.kinds(), strict=True))


def _at_least(later: ModelTotal | None, earlier: ModelTotal) -> bool:
    if later is None:
        return not earlier
    columns = zip(later.counters.columns(), earlier.counters.columns(), strict=True)
    dearer = later.cost is None or earlier.cost is None or later.cost >= earlier.cost
    return dearer and all(now >= before for now, before in columns)


def latest_before(later: Totals, found: Iterable[tuple[int, Totals]], spent: Counters | None) -> Totals | None:
    """Of numbered totals the largest that `later` continues; of equal ones the last."""
    held = [(size(totals), number, totals) for number, totals in found if continues(later, totals, spent)]
    return max(held, key=lambda one: one[:2])[2] if held else None


def difference(later: Totals, earlier: Totals | None) -> Totals:
    """What came on top of `earlier`, by model."""
    found: Totals = {}
    for model, total in later.items():
        before = (earlier or {}).get(model, NOTHING)
        cost = None if total.cost is None or before.cost is None else max(Decimal(0), total.cost - before.cost)
        found[model] = ModelTotal(total.counters - before.counters, cost)
    return found


def beyond(totals: Totals, spent: Counters | None) -> tuple[int, ...] | None:
    """By kind, what `totals` hold beyond the main loop's; None where that is not known, or nothing."""
    if spent is None:
        return None
    rest = tuple(all_of - own for all_of, own in zip(summed_kinds(totals), spent.kinds(), strict=True))
    return rest if min(rest) >= 0 and any(rest) else None


def outgrown(totals: Totals, spent: Counters | None) -> bool:
    """Whether a model alone has more tokens than the main loop used of all, so that it was used outside of it."""
    most: Sequence[int] = [sum(total.counters.kinds()) for total in totals.values()]
    return spent is not None and max(most, default=0) > sum(spent.kinds())
