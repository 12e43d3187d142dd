"""PURE When the next request may be made, and why not now.

What is remembered of an account (and of a token) x the situation -> a decision; a decision's outcome -> what to remember next.
Runs of `claude -p /usage` and requests to the endpoint share one limiter, because the server counts them together. The limit is
some five calls per token before a block of minutes to an hour, and calls inside the block prolong it
(anthropics/claude-code#30930, stablyai/orca#9616), so:

- At most one request in 300 s, whatever anybody wishes.
- While no transcript grows, the pause grows with the idleness, up to 30 min; a window's reset calls for one look 5 to 20 s
  after it.
- 429: `Retry-After`, at least 300 s and at most 24 h; without one (0 says nothing) 300 s, doubled each time, with jitter.
  A report of `claude` without limits is a 429 whose `Retry-After` it kept to itself: an hour (those seen were up to 3037 s),
  doubled each time, with jitter.
- 401 and 403 last until the credentials change; asked again after 10 min (doubled each time) and after a day.
- Everything else that fails: 60 s doubled to 30 min, with jitter.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from quotaline.core.formats import format_hour
from quotaline.errors import Outcome
from quotaline.sources.fields import LONGEST_BLOCK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

FLOOR = 300.0
IDLE_CEILING = 1800.0
AFTER_RESET = (5.0, 20.0)
FAILURE_FIRST, FAILURE_LONGEST = 60.0, 1800.0
UNAUTHORIZED_FIRST = 600.0
UNTOLD_FIRST = 3600.0
JITTER = 0.25


class LimiterState(Struct, frozen=True, kw_only=True):
    """What is remembered of one account or one token. Times are epoch seconds.

    `failures` counts outcomes of the present kind in a row. `credentials` is the fingerprint that a 401 or 403 was given to.
    """

    asked_at: float | None = None
    outcome: Outcome = Outcome.ANSWERED
    blocked_until: float = 0.0
    failures: int = 0
    credentials: str | None = None


class Rules(Struct, frozen=True, kw_only=True):
    """What differs between servers: seconds from one request to the next, and the words for what an outcome means."""

    floor: float
    floor_reason: str
    reasons: dict[Outcome, str]


class Situation(Struct, frozen=True, kw_only=True):
    """The moment in which somebody would like to ask.

    `active_at` is when a transcript last grew, `resets` are the resets of known windows, past ones too. `credentials` is the
    fingerprint of the token that would be sent; None for `claude -p /usage`, which has its own login. `eager` is `--force`.
    `rules` are those of whoever is asked; None: those of a login.
    """

    now: float
    active_at: float | None = None
    resets: tuple[float, ...] = ()
    credentials: str | None = None
    eager: bool = False
    rules: Rules | None = None


class Decision(Struct, frozen=True):
    """Whether a request may be made now; else when, and why not before."""

    allowed: bool
    at: float
    why: str = ""


def decide(states: Sequence[LimiterState], situation: Situation) -> Decision:
    """The strictest word of `states` on `situation`."""
    at, why = situation.now, ""
    for state in states:
        for moment, reason in _limits(state, situation):
            if moment > at:
                at, why = moment, reason
    return Decision(at <= situation.now, at, why)


def next_poll(asked_at: float, situation: Situation) -> float:
    """When a value read at `asked_at` is read again: 5 min later, backing off to 30 min while no transcript grows."""
    active = situation.active_at
    idle = IDLE_CEILING if active is None else asked_at - active
    poll = asked_at + min(max(idle, FLOOR), IDLE_CEILING)
    return min([poll, *(reset + _spread(reset) for reset in situation.resets if reset > asked_at)])


def record_attempt(state: LimiterState, situation: Situation) -> LimiterState:
    """What must be on disk before a request is sent: killed before its answer, it counts as one that failed."""
    failures = _failures(state, Outcome.FAILED)
    return LimiterState(
        asked_at=situation.now,
        outcome=Outcome.PENDING,
        blocked_until=situation.now + min(FAILURE_FIRST * 2.0 ** min(failures, 20), FAILURE_LONGEST),
        failures=failures + 1,
        credentials=situation.credentials,
    )


def record_outcome(
    before: LimiterState, situation: Situation, outcome: Outcome, retry_after: float | None, luck: float
) -> LimiterState:
    """What to remember once a request has ended. `before` is what `record_attempt` was given; `luck`, 0 to 1, is the jitter."""
    now, failures, floor = situation.now, _failures(before, outcome), (situation.rules or LOGIN).floor
    growth, spread = 2.0 ** min(failures, 20), 1 + JITTER * luck
    match outcome:
        case Outcome.ANSWERED:
            pause = 0.0
        case Outcome.RATE_LIMITED if retry_after:
            pause = min(max(retry_after, floor), LONGEST_BLOCK)
        case Outcome.RATE_LIMITED:
            pause = min(FLOOR * growth * spread, LONGEST_BLOCK)
        case Outcome.NO_LIMITS:
            pause = min(UNTOLD_FIRST * growth * spread, LONGEST_BLOCK)
        case Outcome.UNAUTHORIZED:
            pause = min(UNAUTHORIZED_FIRST * growth, LONGEST_BLOCK)
        case Outcome.FORBIDDEN:
            pause = LONGEST_BLOCK
        case _:
            pause = min(FAILURE_FIRST * growth * spread, FAILURE_LONGEST)
    return LimiterState(
        asked_at=now,
        outcome=outcome,
        blocked_until=now + pause if pause else 0.0,
        failures=0 if outcome is Outcome.ANSWERED else failures + 1,
        credentials=situation.credentials,
    )


def clamp_future_times(state: LimiterState, now: float) -> LimiterState:
    """Discard times that only a wrong clock can have written; store what this returns, or it never ends."""
    ahead = state.asked_at is not None and state.asked_at > now
    if not ahead and state.blocked_until <= now + LONGEST_BLOCK:
        return state
    return structs.replace(
        state,
        asked_at=now if ahead else state.asked_at,
        blocked_until=min(state.blocked_until, now + (FLOOR if ahead else LONGEST_BLOCK)),
    )


def explain_wait(decision: Decision, now: float, zone: tzinfo, clock: str = "24h") -> str:
    """Why there is no request now, and when there may be one: `...; the next request is allowed at 14:05 (in 4 min).`."""
    moment = datetime.fromtimestamp(decision.at, zone)
    day = "" if moment.date() == datetime.fromtimestamp(now, zone).date() else f"{moment:%Y-%m-%d} "
    hour = format_hour(moment.hour, moment.minute, clock)
    return f"{decision.why}; the next request is allowed at {day}{hour} (in {_span(decision.at - now)})."


def cause_of(decision: Decision) -> Outcome | None:
    """The outcome of a login's last request that a wait is for; None for an ordinary pause."""
    told = {**{why: outcome for outcome, why in LOGIN.reasons.items()}, _FAILED: Outcome.FAILED}
    return told.get(decision.why)


def _limits(state: LimiterState, situation: Situation) -> list[tuple[float, str]]:
    if state.asked_at is None:
        return []
    rules = situation.rules or LOGIN
    limits = [(state.asked_at + rules.floor, rules.floor_reason)]
    if not situation.eager:
        limits.append((next_poll(state.asked_at, situation), _IDLE))
    if not _lifted(state, situation):
        limits.append((state.blocked_until, rules.reasons.get(state.outcome, _FAILED)))
    return limits


def _spread(reset: float) -> float:
    """5 to 20 s, the same for all processes of one reset."""
    first, last = AFTER_RESET
    return first + zlib.crc32(str(round(reset)).encode()) % 1000 / 999 * (last - first)


def _lifted(state: LimiterState, situation: Situation) -> bool:
    """A 401 or 403 was said to credentials that are no longer used, or that `claude` renews by itself."""
    return state.outcome in {Outcome.UNAUTHORIZED, Outcome.FORBIDDEN} and state.credentials != situation.credentials


def _failures(state: LimiterState, outcome: Outcome) -> int:
    """How often in a row `outcome` has been seen. An unanswered request counts as a failed one."""
    seen = Outcome.FAILED if state.outcome is Outcome.PENDING else state.outcome
    return state.failures if seen is outcome else 0


def _span(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"  # noqa: PLR2004 — two hours


_FAILED = "The last request failed"
_IDLE = "No transcript has grown for a while, so values are read less often"
LOGIN = Rules(
    floor=FLOOR,
    floor_reason="There is at most one request in 5 minutes",
    reasons={
        Outcome.RATE_LIMITED: "The server said that there were too many requests (429)",
        Outcome.NO_LIMITS: "The last report of `claude` held no limits: too many requests, or a login without them",
        Outcome.UNAUTHORIZED: "The server did not accept the login (401); use Claude Code once to renew it",
        Outcome.FORBIDDEN: "The server refuses this login (403): it lacks the user:profile scope, or the organization "
        "forbids it",
        Outcome.PENDING: "The last request ended without an answer",
    },
)
ADMIN_KEY = Rules(
    floor=60.0,
    floor_reason="There is at most one request in a minute",
    reasons={
        Outcome.RATE_LIMITED: "The server said that there were too many requests (429)",
        Outcome.UNAUTHORIZED: "The server did not accept the key (401)",
        Outcome.FORBIDDEN: "The server refuses this key (403): it is not one for the organisation's reports",
        Outcome.PENDING: "The last request ended without an answer",
    },
)
