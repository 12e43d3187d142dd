"""EFFECT How far the forecast is off: 200 made people of five kinds, each forecast of each model held against what came.

    make bench-forecast

Each person is made from the seed: when they work, how hard, when their week starts anew, how often somebody reads. Their
windows are replayed in order of time, each with the periods before it as all that is known; the first ones are a first day.
An error is in points of the percent at the reset, capped at 100; a model that can say nothing yet is taken as even pace.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from quotaline.forecast.models import MODELS
from quotaline.forecast.past import Past, choose, usual_error
from quotaline.forecast.profile import hours_of_week
from quotaline.forecast.replay import end_of, fold, periods, replay, seen
from quotaline.model import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOUR, DAY, WEEK = 3600.0, 86400.0, 7 * 86400.0
STEP = 300.0
START = datetime(2026, 9, 7, tzinfo=UTC).timestamp()  # a Monday
SPANS = {"five_hour": 5 * HOUR, "seven_day": WEEK}
WITHIN = 1.05
"""What the chosen model's error may be of even pace's."""


class Row(NamedTuple):
    """One replayed forecast: the error of each model and of the chosen one, and whether what came lay in its range."""

    errors: dict[str, float]
    held: bool


def steady(chance: random.Random, weeks: int) -> Iterator[tuple[float, float, float]]:
    """Every day from nine to six with a break: `(start, end, weight)` of each stretch of work."""
    for day in range(weeks * 7):
        morning = START + day * DAY + 9 * HOUR + chance.gauss(0, 1200)
        yield morning, morning + 3.5 * HOUR, chance.uniform(0.8, 1.2)
        yield morning + 4.5 * HOUR, morning + 9 * HOUR, chance.uniform(0.8, 1.2)


def bursts(chance: random.Random, weeks: int) -> Iterator[tuple[float, float, float]]:
    """A few hours of hard work, now and then, at any time."""
    at = START
    while (at := at + chance.expovariate(1 / (30 * HOUR))) < START + weeks * WEEK:
        end = at + chance.uniform(0.5, 4) * HOUR
        yield at, end, chance.uniform(1, 6)
        at = end


def nights(chance: random.Random, weeks: int) -> Iterator[tuple[float, float, float]]:
    """From nine in the evening until after midnight, on five days of seven or so."""
    for day in range(weeks * 7):
        if chance.random() < 5 / 7:
            evening = START + day * DAY + 21 * HOUR + chance.gauss(0, 2400)
            yield evening, evening + chance.uniform(2, 6) * HOUR, chance.uniform(0.5, 1.5)


def weekends_off(chance: random.Random, weeks: int) -> Iterator[tuple[float, float, float]]:
    """Office hours, Monday to Friday."""
    for day in range(weeks * 7):
        if day % 7 < 5:
            morning = START + day * DAY + 8.5 * HOUR + chance.gauss(0, 1800)
            yield morning, morning + 4 * HOUR, chance.uniform(0.6, 1.4)
            yield morning + 5 * HOUR, morning + 8.5 * HOUR, chance.uniform(0.6, 1.4)


def one_long_run(chance: random.Random, weeks: int) -> Iterator[tuple[float, float, float]]:
    """Little on each day, and once in a week a job of half a day to two days that nobody watches."""
    for week in range(weeks):
        for day in range(7):
            at = START + week * WEEK + day * DAY + chance.uniform(9, 17) * HOUR
            yield at, at + chance.uniform(0.2, 1) * HOUR, chance.uniform(0.3, 1)
        at = START + week * WEEK + chance.uniform(0, 6) * DAY
        yield at, at + chance.uniform(12, 48) * HOUR, chance.uniform(0.8, 1.6)


KINDS: dict[str, Callable[[random.Random, int], Iterator[tuple[float, float, float]]]] = {
    "steady": steady, "bursts": bursts, "nights": nights, "weekends off": weekends_off, "one long run": one_long_run,
}  # fmt: skip


def person(kind: str, chance: random.Random, weeks: int) -> dict[str, list[Reading]]:
    """The readings that the ledger would have kept of one person's two windows."""
    work = sorted(KINDS[kind](chance, weeks))
    demand = chance.lognormvariate(4.1, 0.5) * weeks / sum((end - start) * weight for start, end, weight in work)
    session = chance.uniform(3, 9)  # how many points of the session are one of the week
    week_ends = START + chance.uniform(0, 7) // (1 / 24) * HOUR
    polled = chance.random() < 0.5
    ends, used = {"five_hour": 0.0, "seven_day": week_ends}, {"five_hour": 0.0, "seven_day": 0.0}
    kept: dict[str, list[Reading]] = {name: [] for name in SPANS}
    place, at = 0, START
    while at < START + weeks * WEEK:
        at += STEP
        while place < len(work) and work[place][1] < at:
            place += 1
        weight = sum(weight for start, end, weight in work[place : place + 4] if start <= at < end)
        if at >= ends["seven_day"]:
            ends["seven_day"] += WEEK
            used["seven_day"] = 0.0
        if weight and at >= ends["five_hour"]:
            ends["five_hour"], used["five_hour"] = at // HOUR * HOUR + 5 * HOUR, 0.0
        if max(used.values()) < 100 and weight:
            rise = demand * weight * STEP * chance.uniform(0.2, 1.8)
            used["seven_day"] = min(100.0, used["seven_day"] + rise)
            used["five_hour"] = min(100.0, used["five_hour"] + rise * session)
        for name, rows in kept.items():
            if at >= ends[name] or not (weight or (polled and at % HOUR < STEP)):
                continue
            value = Window(id=name, name=name, utilization=float(int(used[name])), resets_at=ends[name])
            last = rows[-1].value if rows else None
            if last is None or last.utilization != value.utilization or at - rows[-1].as_of >= HOUR:
                rows.append(Reading(value=value, source="statusline", as_of=at))
    return kept


def judged(rows: list[Reading], now: float, rates: dict[str, list[float]]) -> Iterator[Row]:
    """Each forecast of one window, held against what came; `rates` gathers the errors that stand for a past."""
    past, hour_of_week = Past(), hours_of_week(UTC)
    for period in periods(rows):
        value = period[-1].value
        assert isinstance(value, Window)
        if (value.resets_at or 0.0) > now:
            continue
        order = choose(past, SPANS[value.id])
        for turn in replay(period, past, hour_of_week) if seen(period, SPANS[value.id]) else ():
            plain = turn.paths.get("even")
            if plain is None:
                continue
            errors = {name: abs(end_of(turn.paths.get(name, plain)) - turn.came) for name in MODELS}
            model = next(name for name in order if name in turn.paths)
            width = usual_error(past, model) * (turn.known.resets_at - turn.known.now) / turn.known.span
            yield Row({**errors, "chosen": errors[model]}, errors[model] <= width)
        past = fold(past, period, hour_of_week)
        for name, each in past.rates.items() if seen(period, SPANS[value.id]) else ():
            rates[name].append(each[-1])


def main() -> None:
    """Make the people, replay them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--weeks", type=int, default=6)
    parser.add_argument("--seed", type=int, default=14)
    asked = parser.parse_args()
    rates: dict[str, list[float]] = defaultdict(list)
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    kinds = list(KINDS)
    for number in range(asked.people):
        kind = kinds[number % len(kinds)]
        kept = person(kind, random.Random(f"{asked.seed} {number}"), asked.weeks)
        for name, rows in kept.items():
            made = list(judged(rows, START + asked.weeks * WEEK, rates))
            for key in ((name, kind), (name, "all")):
                found[key] += made
    print(f"{asked.people} people, {asked.weeks} weeks, seed {asked.seed}, {time.strftime('%Y-%m-%d', time.gmtime())}\n")
    columns = [*MODELS, "chosen"]
    print("| window | people | " + " | ".join(columns) + " | chosen of even | in its range | forecasts |")
    print("| --- | --- |" + " --- |" * (len(columns) + 3))
    worst = 0.0
    for name in SPANS:
        for kind in (*kinds, "all"):
            made_of = found[name, kind]
            errors = [median(row.errors[column] for row in made_of) for column in columns]
            plain = errors[columns.index("even")]
            of_even = 1.0 if errors[-1] == plain else errors[-1] / plain if plain else float("inf")
            worst = max(worst, of_even)
            numbers = " | ".join(f"{error:.1f}" for error in errors)
            held = sum(row.held for row in made_of) / len(made_of)
            print(f"| {name} | {kind} | {numbers} | {of_even:.0%} | {held:.0%} | {len(made_of)} |")
    told = [f"{name} {sorted(rates[name])[int(len(rates[name]) * 0.9)]:.0f}" for name in MODELS]
    print(f"\nerrors of nine periods of ten, in points for a whole period: {', '.join(told)}")
    raise SystemExit(worst > WITHIN)


if __name__ == "__main__":
    main()
