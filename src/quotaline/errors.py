"""PURE What can go wrong in a foreground command: few errors, each with its exit code and one clear sentence.

QuotalineError (1)
├── ConfigError (2)     the user's configuration or a segment file
├── LedgerError (1)     the database cannot be used
├── HostError (1)       a host's configuration cannot be edited
├── FleetError (1)      the fleet's database cannot be reached or used
└── SourceError (1)     a source that answered with something unusable; caught per source by the refresh
    └── RequestError    a request was made and failed; the rate limiter wants to know how
"""

from __future__ import annotations

from enum import StrEnum

from quotaline.core.values import printable


class Outcome(StrEnum):
    """How a request ended. `PENDING` stands on disk before it is sent, so that a process killed in between has asked."""

    PENDING = "pending"
    ANSWERED = "answered"
    RATE_LIMITED = "rate limited"
    NO_LIMITS = "no limits"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    FAILED = "failed"


class QuotalineError(Exception):
    """Base of all; `str(error)` is one sentence of fact and, where there is one, the remedy.

    It may quote what stands in a file: nothing of that reaches a terminal that is more than text.
    """

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class ConfigError(QuotalineError):
    """The configuration says something that quotaline cannot follow."""

    exit_code = 2


class LedgerError(QuotalineError):
    """The ledger cannot be opened or understood."""


class HostError(QuotalineError):
    """A host's configuration file cannot be edited safely."""


class FleetError(QuotalineError):
    """The fleet's database cannot be reached or used; this machine goes on without it."""


class SourceError(QuotalineError):
    """A source could not be read; the other sources go on."""


class RequestError(SourceError):
    """A request was made and brought nothing; `retry_after` is what the server asked for, in seconds."""

    def __init__(self, message: str, outcome: Outcome, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.retry_after = retry_after
