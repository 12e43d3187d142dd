"""EFFECT How often the server is asked in a week of 30 shells and 5 Claude Code sessions, simulated in seconds.

    python bench/week.py

The clock is injected and the server is a model of the one that people describe; the decisions, the ledger and the locks are
the real ones. Each row is a week; who asks at each refresh sends as many requests as there are refreshes.
"""

from __future__ import annotations

import os
import random
import tempfile
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from quotaline.config.schema import ClaudeCli, Sources
from quotaline.errors import Outcome, RequestError
from quotaline.ledger import open_ledger
from quotaline.model import ExtraUsage, Money, Reading, Window
from quotaline.ratelimit import requester as requesting
from quotaline.snapshot.merge import merge
from quotaline.sources import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MONDAY = 1795392000.0  # 2026-11-23 00:00 UTC
DAY = 86400.0
SHELLS, SESSIONS = 30, 5
FRESH_FOR = 60.0
SECRET = "x" * 40
ONLY_ENDPOINT = Sources(claude_cli=ClaudeCli(enabled=False))


Answer = str | float
"""A status of the server's, or the seconds of a 429's `Retry-After`."""


class Server:
    """Answers request number `n` at time `t` with `answer(t, n)`; the invariants are held against `seen` and `promised`."""

    def __init__(self, answer: Callable[[float, int], Answer]) -> None:
        self.answer = answer
        self.seen: list[float] = []
        self.promised: list[tuple[float, float]] = []

    def read(self, _config: object, _token: object, now: float, *, account: str | None, **_watch: object) -> list[Reading]:
        """Stands in for `endpoint.read`: the windows, or the refusal of the moment."""
        self.seen.append(now)
        match self.answer(now, len(self.seen)):
            case "ok":
                return [Reading(value=value, source="endpoint", as_of=now, account=account) for value in values(now)]
            case "429":
                raise RequestError("429", Outcome.RATE_LIMITED)
            case "401":
                raise RequestError("401", Outcome.UNAUTHORIZED)
            case float(seconds):
                self.promised.append((now, now + seconds))
                raise RequestError("429", Outcome.RATE_LIMITED, seconds)
            case _:
                raise RequestError("down", Outcome.FAILED)


def values(now: float) -> tuple[Window | ExtraUsage, ...]:
    """Windows that reset each five hours and on Thursday at noon."""
    thursday = MONDAY + 3.5 * DAY
    return (
        Window(id="five_hour", name="Session (5h)", utilization=1.0, resets_at=(now // 18000 + 1) * 18000),
        Window(id="seven_day", name="Weekly", utilization=1.0, resets_at=thursday + (7 * DAY if now >= thursday else 0)),
        ExtraUsage(is_enabled=True, used=Money(1240)),
    )


class Week(Struct):
    """What came of it."""

    prompts: int
    refreshes: int
    requests: list[float]
    promised: list[tuple[float, float]]

    @property
    def shortest_gap(self) -> float:
        """Seconds between the two requests that were nearest to each other."""
        return min((b - a for a, b in zip(self.requests, self.requests[1:], strict=False)), default=float("inf"))

    @property
    def broken_promises(self) -> int:
        """Requests inside a `Retry-After`."""
        return sum(begin < asked < end for asked in self.requests for begin, end in self.promised)


def draws(dice: random.Random) -> Iterator[tuple[float, bool]]:
    """(time, whether a transcript grows then) of every prompt that is drawn in the week, in order.

    Shells are used on five days from 9 to 18; two of the five sessions stay open all week and are drawn each 10 s, idle or not.
    """
    moment = MONDAY
    while moment < MONDAY + 7 * DAY:
        hour, day = (moment - MONDAY) % DAY / 3600, (moment - MONDAY) // DAY
        at_work = day < 5 and 9 <= hour < 18
        for _ in range(2 + (SESSIONS - 2 if at_work else 0)):
            yield moment, at_work and dice.random() < 0.02
        for _ in range(SHELLS if at_work else 0):
            if dice.random() < 10 / 90:
                yield moment + dice.random() * 10, False
        moment += 10


def simulate(answer: Callable[[float, int], Answer], folder: Path) -> Week:
    """A week against a server that answers `answer(now, number of the request)`."""
    server = Server(answer)
    (folder / ".credentials.json").write_text(f'{{"claudeAiOauth": {{"accessToken": "{SECRET}"}}}}')
    env = {**os.environ, "CLAUDE_CONFIG_DIR": str(folder)}
    endpoint.read = server.read  # type: ignore[assignment]
    known: list[Reading] = []
    prompts = refreshes = 0
    written, active = 0.0, MONDAY - 3 * DAY
    with open_ledger(folder / "ledger.db") as ledger:
        requesting.last_activity = lambda _ledger, _dirs=None: active  # type: ignore[attr-defined, assignment]
        for now, grows in draws(random.Random(7)):
            prompts += 1
            active = now if grows else active
            if now - written < FRESH_FOR:
                continue
            refreshes, written = refreshes + 1, now
            asking = requesting.Requester(
                ledger=ledger, limiter=ledger, limiter_dir=folder, env=env, sources=ONLY_ENDPOINT, now=now, zone=UTC,
                account="a", current_account=lambda: "a", dice=random.Random(8),
            )  # fmt: skip
            known = merge([*known, *asking.readings(known, [])], now)
    return Week(prompts, refreshes, server.seen, server.promised)


def healthy(_now: float, _number: int) -> Answer:
    """Always answers."""
    return "ok"


def strict(_now: float, number: int) -> Answer:
    """Every sixth request is one too many: `Retry-After: 3037`, as seen on 2026-07-20."""
    return "ok" if number % 6 else 3037.0


def mute(now: float, _number: int) -> Answer:
    """429 with `Retry-After: 0` all Tuesday, as seen in spring 2026."""
    return "429" if DAY <= now - MONDAY < 2 * DAY else "ok"


def expired(now: float, _number: int) -> Answer:
    """401 all Tuesday: nobody has used Claude Code, so nobody renewed the login."""
    return "401" if DAY <= now - MONDAY < 2 * DAY else "ok"


def down(now: float, _number: int) -> Answer:
    """Not to be reached all Tuesday."""
    return "down" if DAY <= now - MONDAY < 2 * DAY else "ok"


WEEKS = {
    "answers": healthy,
    "429, Retry-After 3037, each 6th": strict,
    "429, Retry-After 0, on Tuesday": mute,
    "401 on Tuesday": expired,
    "down on Tuesday": down,
}


def row(name: str, week: Week) -> str:
    """A week as a line of the table."""
    tuesday = sum(DAY <= asked - MONDAY < 2 * DAY for asked in week.requests)
    counts = f"{week.prompts:,} | {week.refreshes:,} | {len(week.requests)} | {tuesday}"
    return f"| {name} | {counts} | {week.shortest_gap:.0f} s | {week.broken_promises} |"


def main() -> None:
    """Print the table."""
    print("| the server | prompts drawn | refreshes | requests | on Tuesday | shortest gap | inside a `Retry-After` |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, answer in WEEKS.items():
        with tempfile.TemporaryDirectory() as folder:
            print(row(name, simulate(answer, Path(folder))))


if __name__ == "__main__":
    main()
