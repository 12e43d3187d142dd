"""EFFECT The two sources that ask somebody: `claude -p /usage`, then the endpoint. One conscience for all processes.

Lock of the account -> decision -> noted on disk -> request -> outcome noted. Nothing is asked for that is fresh enough already,
and at most one of the two is asked at a time: they share a budget.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from msgspec import structs

from quotaline.core.paths import account_slug
from quotaline.core.windows import is_budget
from quotaline.errors import Outcome, RequestError, SourceError
from quotaline.files import HeldError, lock, private_dir
from quotaline.ledger.accounts import last_activity
from quotaline.model import EXPIRED, SourceState
from quotaline.ratelimit import log
from quotaline.ratelimit.home import fingerprint_key
from quotaline.ratelimit.policy import Decision, Situation, cause_of, explain_wait, next_poll
from quotaline.sources import claude_cli, credentials
from quotaline.sources.usage_body import source_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from quotaline.config.schema import Sources
    from quotaline.ledger import Ledger
    from quotaline.model import Reading

FLEET = "fleet"
WHOLE = frozenset({"claude-json", "claude-cli", "endpoint"})
"""Sources that give a whole usage body: windows of models and extra usage, which stdin does not have."""


class SharedLimiter(Protocol):
    """The word of a login's other machines, beside the local limiter, which stays the floor. None of it raises."""

    def remembered(self, now: float) -> Decision:
        """What was last heard, without asking anybody."""

    def begin(self, now: float) -> Decision:
        """Whether a request may be made now; where it may, the other machines know of it. Allowed where nobody answers."""

    def ended(self, now: float, outcome: Outcome, pause: float) -> None:
        """How it went, and for how many seconds nobody may ask again."""

    def withdrawn(self, now: float) -> None:
        """It was not made."""


@dataclass(kw_only=True)
class Requester:
    """What a request needs to know. `account` is the login's uuid, if known; `current_account()` reads it anew.

    `ledger` tells when anybody last worked; `limiter`, in `limiter_dir`, counts the requests of this login.
    """

    ledger: Ledger
    limiter: Ledger
    limiter_dir: Path
    env: Mapping[str, str]
    sources: Sources
    now: float
    zone: tzinfo
    account: str | None
    current_account: Callable[[], str | None]
    eager: bool = False
    clock: str = "24h"
    shared: SharedLimiter | None = None
    """What the other machines that use the same login did; None where there is no fleet."""
    dice: random.Random = field(default_factory=random.Random)
    watch: Callable[[object], None] | None = None
    """Is shown the endpoint's decoded body; `doctor --online` looks at its keys."""

    def readings(self, known: Sequence[Reading], states: list[SourceState]) -> list[Reading]:
        """What the next source that may be asked says, unless `known` is fresh enough; `states` gets how each fared.

        `known` are this account's readings so far, those of the last snapshot included. Raises LedgerError.
        """
        situation = self._situation(known)
        asked: tuple[tuple[str, bool, Callable[[Situation], list[Reading]]], ...] = (
            ("claude-cli", self.sources.claude_cli.enabled and not claude_cli.inside(self.env), self._claude_cli),
            ("endpoint", self.sources.endpoint.enabled, self._endpoint),
        )
        turns = [turn for turn in asked if turn[1]]
        due = self._due(known, situation)
        if self.shared is not None and due.allowed:
            due = self.shared.remembered(self.now)
        if not due.allowed:
            states += [SourceState(source=turn[0], note=explain_wait(due, self.now, self.zone, self.clock)) for turn in turns]
            return []
        for source, _, read in sorted(turns, key=self._standing):
            try:
                found = read(situation)
            except _NotNowError as error:
                states.append(SourceState(source=source, note=str(error), cause=error.cause, until=error.until))
            except SourceError as error:
                states.append(SourceState(source=source, problem=str(error), cause=_cause(error)))
            else:
                states.append(source_state(source, found))
                return found
        return []

    def next_request(self, known: Sequence[Reading]) -> Decision:
        """When the budget allows the next request, and why not before. Raises LedgerError."""
        return log.peek_decision(self.limiter, self._keys(), self._situation(known))

    def _standing(self, turn: tuple[str, bool, object]) -> float:
        """Cheapest and safest first; but one that just failed lets the other go first, which else would never get its turn."""
        return log.last_failure(self.limiter, self._keys()[0], turn[0], self.now)

    def _situation(self, known: Sequence[Reading]) -> Situation:
        told = [reading.value for reading in known if not is_budget(reading.value.id)]
        return Situation(
            now=self.now,
            active_at=last_activity(self.ledger),
            resets=log.known_resets(
                self.limiter,
                self._keys()[0],
                [resets for value in told if (resets := getattr(value, "resets_at", None)) is not None],
                self.now,
            ),
            eager=self.eager,
        )

    def _due(self, known: Sequence[Reading], situation: Situation) -> Decision:
        """Whether what is known is old enough to ask again."""
        newest = max((r.as_of for r in known if _is_whole(r)), default=None)
        if newest is None or self.eager:
            return Decision(True, self.now)
        look = next_poll(min(newest, self.now), situation)
        return Decision(look <= self.now, look, "The values are fresh enough")

    def _claude_cli(self, situation: Situation) -> list[Reading]:
        config, folder = self.sources.claude_cli, private_dir(self.limiter_dir / "empty")
        self._permit(log.peek_decision(self.limiter, self._keys(), situation))  # no program is even started in vain
        version = claude_cli.version(config.command, self.env, folder)
        if not claude_cli.reports(version) or version in log.unsupported_versions(self.limiter, self.now):
            raise SourceError(claude_cli.unsupported(config.command))

        def run() -> list[Reading]:
            return claude_cli.read(config.command, self.env, self.now, folder=folder, account=self.account)

        try:
            return self._ask("claude-cli", [], situation, run)
        except claude_cli.UnsupportedError:
            log.note_unsupported(self.limiter, version, self.now)
            raise

    def _endpoint(self, situation: Situation) -> list[Reading]:
        from quotaline.sources import endpoint  # noqa: PLC0415 - httpx, for the few refreshes that come this far

        config = self.sources.endpoint
        self._permit(log.peek_decision(self.limiter, self._keys(), situation))  # the login is not even read in vain
        with credentials.no_core_dumps():
            login = credentials.find(self.env, self.now, keychain=config.keychain)
            mark = login.token.fingerprint(fingerprint_key(self.limiter_dir))

            def run() -> list[Reading]:
                return endpoint.read(config, login.token, self.now, account=self.account, watch=self.watch)

            return self._ask("endpoint", [f"token:{mark}"], structs.replace(situation, credentials=mark), run)

    def _ask(self, source: str, also: list[str], situation: Situation, run: Callable[[], list[Reading]]) -> list[Reading]:
        """Make one request, if the budget allows it, under the account's lock. Raises SourceError."""
        keys = self._keys()
        try:
            with lock(self.limiter_dir / f"request-{account_slug(keys[0])}.lock"):
                asked = log.begin_request(self.limiter, source, counted=[keys[0], *also], heard=keys, situation=situation)
                if isinstance(asked, Decision):
                    self._permit(asked)
                    return []
                try:
                    self._permit(self.shared.begin(self.now) if self.shared else Decision(True, self.now))
                    found = run()
                except SourceError as error:
                    if isinstance(error, RequestError) and not isinstance(error, claude_cli.RejectedError):
                        self._ended(asked, error.outcome, error.retry_after)
                        raise
                    asked.withdrawn()
                    if self.shared:
                        self.shared.withdrawn(self.now)
                    raise
                self._ended(asked, Outcome.ANSWERED, None)
        except HeldError:
            raise _NotNowError("Another process is asking at this moment; its answer will be here soon.") from None
        if self.current_account() != self.account:
            raise SourceError("The login changed while the answer was under way; it was not kept.")
        return found

    def _ended(self, asked: log.PendingRequest, outcome: Outcome, retry_after: float | None) -> None:
        until = asked.ended(outcome, retry_after, self.dice.random())
        if self.shared:
            self.shared.ended(self.now, outcome, max(0.0, until - self.now))

    def _keys(self) -> list[str]:
        return log.request_keys(self.account, self.env)

    def _permit(self, decision: Decision) -> None:
        if not decision.allowed:
            raise _NotNowError(explain_wait(decision, self.now, self.zone, self.clock), decision)


def _is_whole(reading: Reading) -> bool:
    """Whether a reading is of a whole usage body, read here or by another machine of the fleet."""
    return reading.source in WHOLE or (reading.source == FLEET and reading.value.extras.get("read_by") in WHOLE)


class _NotNowError(SourceError):
    """It is not the time to ask; `cause` says where that is more than an ordinary pause, and `until` until when."""

    def __init__(self, message: str, decision: Decision | None = None) -> None:
        super().__init__(message)
        self.cause = cause_of(decision) if decision else None
        self.until = decision.at if decision and self.cause else None


def _cause(error: SourceError) -> str | None:
    """What a failure comes down to, in the words of `SourceState.cause`."""
    if isinstance(error, credentials.ExpiredError):
        return EXPIRED
    return error.outcome if isinstance(error, RequestError) else None
